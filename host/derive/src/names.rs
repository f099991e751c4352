//! What serde calls a field in the JSON: `rename`, `rename_all`, `flatten`, `skip`. Where reading and writing have two
//! names, it is the name for reading: what cannot be read again is no configuration.

use syn::{Attribute, Error, Ident, LitStr, Result, Token, ext::IdentExt, meta::ParseNestedMeta, token};

/// How serde writes the names of all fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    AsIs,
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    fn named(text: &LitStr) -> Result<Self> {
        Ok(match text.value().as_str() {
            "lowercase" => Case::Lower,
            "UPPERCASE" => Case::Upper,
            "PascalCase" => Case::Pascal,
            "camelCase" => Case::Camel,
            "snake_case" => Case::Snake,
            "SCREAMING_SNAKE_CASE" => Case::ScreamingSnake,
            "kebab-case" => Case::Kebab,
            "SCREAMING-KEBAB-CASE" => Case::ScreamingKebab,
            _ => return Err(Error::new(text.span(), "serde has no such case")),
        })
    }

    /// A field's name in this case. Fields are taken to be written in snake case, as serde takes them.
    pub(crate) fn of_field(self, field: &str) -> String {
        let pascal = || {
            field.split('_').fold(String::new(), |mut name, word| {
                let mut letters = word.chars();
                name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                name.push_str(letters.as_str());
                name
            })
        };
        match self {
            Case::AsIs | Case::Lower | Case::Snake => field.to_owned(),
            Case::Upper | Case::ScreamingSnake => field.to_ascii_uppercase(),
            Case::Pascal => pascal(),
            Case::Camel => {
                let name = pascal();
                let mut letters = name.chars();
                letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
            }
            Case::Kebab => field.replace('_', "-"),
            Case::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// `rename_all` of the type.
pub(crate) fn case_of_type(attributes: &[Attribute]) -> Result<Case> {
    let mut case = Case::AsIs;
    each(attributes, |meta| {
        if meta.path.is_ident("rename_all")
            && let Some(text) = name_for_reading(&meta)?
        {
            case = Case::named(&text)?;
        } else {
            pass_over(&meta)?;
        }
        Ok(())
    })?;
    Ok(case)
}

/// What serde says of one field.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum InJson {
    /// It has this name.
    Named(String),
    /// Its own fields stand in its place.
    Flattened,
    /// It is not in the JSON.
    Absent,
}

pub(crate) fn in_json(ident: &Ident, attributes: &[Attribute], case: Case) -> Result<InJson> {
    let mut renamed = None;
    let mut flattened = false;
    let mut absent = false;
    each(attributes, |meta| {
        if meta.path.is_ident("rename") {
            if let Some(text) = name_for_reading(&meta)? {
                renamed = Some(text.value());
            }
        } else if meta.path.is_ident("flatten") {
            flattened = true;
        } else if meta.path.is_ident("skip") || meta.path.is_ident("skip_deserializing") {
            absent = true;
        } else {
            pass_over(&meta)?;
        }
        Ok(())
    })?;
    Ok(match (absent, flattened) {
        (true, _) => InJson::Absent,
        (false, true) => InJson::Flattened,
        (false, false) => InJson::Named(renamed.unwrap_or_else(|| case.of_field(&ident.unraw().to_string()))),
    })
}

fn each(attributes: &[Attribute], mut word: impl FnMut(ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(&mut word)?;
    }
    Ok(())
}

/// `= "name"`, or `(serialize = "…", deserialize = "name")`.
fn name_for_reading(meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    let mut name = None;
    meta.parse_nested_meta(|inner| {
        let text: LitStr = inner.value()?.parse()?;
        if inner.path.is_ident("deserialize") {
            name = Some(text);
        }
        Ok(())
    })?;
    Ok(name)
}

/// Serde's other words mean nothing here; serde itself complains of the wrong ones.
fn pass_over(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(token::Paren) {
        let inside;
        syn::parenthesized!(inside in meta.input);
        inside.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}
