//! From the type to the implementation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Path, Result, Type, ext::IdentExt, spanned::Spanned};

use crate::{
    attributes::{self, OnType},
    names::{self, Case, InJson},
    nested,
};

/// One field, as far as it concerns the value.
struct Field<'a> {
    /// Its name in the JSON; none where its own fields stand in its place, or where it is the whole value.
    name: Option<String>,
    flattened: bool,
    secret: bool,
    ty: &'a Type,
}

/// The implementation of `Config` for the type.
pub(crate) fn derive(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    refuse_parameters(&input)?;
    let mut on_type = OnType::read(&input.attrs)?;
    let case = names::case_of_type(&input.attrs)?;
    let fields = fields(&input, case, &mut on_type.secret)?;
    let key = match &on_type.key {
        Some(key) => key.clone(),
        None => {
            let key = input.ident.unraw().to_string();
            attributes::check_key(&key, input.ident.span())?;
            LitStr::new(&key, input.ident.span())
        }
    };
    let (krate, ident) = (&on_type.krate, &input.ident);
    let class = class(krate, ident, &fields, on_type.secret);
    let schema = schema(krate, ident, &fields, on_type.secret);
    let secret_paths = secret_paths(krate, &fields);
    let name = ident.unraw().to_string();
    Ok(quote! {
        #[automatically_derived]
        impl #krate::Config for #ident {
            const KEY: &'static str = #key;
            const CLASS: #krate::Sensitivity = #class;
            fn schema() -> ::core::option::Option<#krate::__private::Value> {
                #schema
            }
            fn secret_paths() -> &'static [&'static str] {
                #secret_paths
            }
        }
        #krate::__private::inventory::submit! {
            #krate::__private::Declaration::of::<#ident>(
                ::core::concat!(::core::module_path!(), "::", #name),
                ::core::file!(),
                ::core::line!(),
                ::core::cfg!(test),
            )
        }
    })
}

fn refuse_parameters(input: &DeriveInput) -> Result<()> {
    if input.generics.params.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        input.generics.span(),
        "a configuration type has no parameters: its key names one type. Write the type out, or implement `Config` by \
         hand for each type that is stored, with a key of its own",
    ))
}

/// The fields that are in the JSON. A mark that holds for the whole value is put into `whole`.
fn fields<'a>(input: &'a DeriveInput, case: Case, whole: &mut bool) -> Result<Vec<Field<'a>>> {
    match &input.data {
        Data::Struct(data) => fields_of_struct(&data.fields, case, whole),
        Data::Enum(data) => {
            let mut fields = Vec::new();
            for variant in &data.variants {
                attributes::none_on_variant(&variant.attrs)?;
                for field in &variant.fields {
                    if let Some(span) = attributes::secret_of_field(&field.attrs)? {
                        return Err(Error::new(
                            span,
                            "a field in a variant cannot be marked: give it the type `Secret<…>`, or put \
                             `#[config(secret)]` on the enum, which makes all of it secret",
                        ));
                    }
                    fields.push(Field { name: None, flattened: false, secret: false, ty: &field.ty });
                }
            }
            Ok(fields)
        }
        Data::Union(data) => Err(Error::new(data.union_token.span(), "a union cannot be a configuration type")),
    }
}

fn fields_of_struct<'a>(fields: &'a Fields, case: Case, whole: &mut bool) -> Result<Vec<Field<'a>>> {
    let mut found = Vec::new();
    for field in fields {
        let secret = attributes::secret_of_field(&field.attrs)?;
        let Some(ident) = &field.ident else {
            if let Some(span) = secret {
                if fields.len() > 1 {
                    return Err(Error::new(
                        span,
                        "a field without a name cannot be marked: put `#[config(secret)]` on the struct, which makes \
                         all of it secret, or give the field the type `Secret<…>`",
                    ));
                }
                *whole = true;
            }
            found.push(Field { name: None, flattened: false, secret: false, ty: &field.ty });
            continue;
        };
        let (name, flattened) = match names::in_json(ident, &field.attrs, case)? {
            InJson::Absent => continue,
            InJson::Named(name) => (Some(name), false),
            InJson::Flattened => (None, true),
        };
        found.push(Field { name, flattened, secret: secret.is_some(), ty: &field.ty });
    }
    Ok(found)
}

/// Secret where a mark says so, or where a type within is a `Secret<T>`.
fn class(krate: &Path, own: &Ident, fields: &[Field<'_>], whole: bool) -> TokenStream {
    if whole || fields.iter().any(|field| field.secret) {
        return quote!(#krate::Sensitivity::Secret);
    }
    let mut types = Vec::new();
    for field in fields {
        nested::mentioned(field.ty, own, &mut types);
    }
    quote! {{
        #[allow(unused_imports, reason = "needed where no type within is secret")]
        use #krate::__private::Unmarked as _;
        #krate::__private::strictest(&[#(<#krate::__private::Probe<#types>>::CLASS),*])
    }}
}

fn schema(krate: &Path, own: &Ident, fields: &[Field<'_>], whole: bool) -> TokenStream {
    let nested = fields.iter().filter(|field| !field.secret).filter_map(|field| {
        let mut types = Vec::new();
        nested::mentioned(field.ty, own, &mut types);
        if types.is_empty() {
            return None;
        }
        let place = match (&field.name, field.flattened) {
            (Some(name), _) => quote!(#krate::__private::Place::Field(#name)),
            (None, true) => quote!(#krate::__private::Place::Flattened),
            (None, false) => quote!(#krate::__private::Place::Whole),
        };
        Some(quote!((#place, &[#(<#krate::__private::Probe<#types>>::MARKED),*])))
    });
    quote! {
        #[allow(unused_imports, reason = "needed where no type within is a configuration type")]
        use #krate::__private::Unmarked as _;
        ::core::option::Option::Some(#krate::__private::schema_of::<Self>(#whole, &[#(#nested),*]))
    }
}

fn secret_paths(krate: &Path, fields: &[Field<'_>]) -> TokenStream {
    let secret = fields.iter().filter(|field| field.secret);
    let names: Vec<&String> = secret.clone().filter_map(|field| field.name.as_ref()).collect();
    let flattened: Vec<&Type> = secret.filter(|field| field.flattened).map(|field| field.ty).collect();
    if flattened.is_empty() {
        return quote!(&[#(#names),*]);
    }
    // The names of a flattened type's fields are known to its schema only.
    quote! {
        static PATHS: ::std::sync::LazyLock<::std::vec::Vec<&'static str>> = ::std::sync::LazyLock::new(|| {
            let mut names = ::std::vec![#(#names),*];
            #(#krate::__private::names_within::<#flattened>(&mut names);)*
            names
        });
        &PATHS
    }
}
