//! What `#[config(…)]` may say on a type and on a field. Serde's attributes are in `names`.

use proc_macro2::Span;
use syn::{Attribute, Error, LitStr, Path, Result, meta::ParseNestedMeta, spanned::Spanned};

/// `#[config(…)]` on the type.
pub(crate) struct OnType {
    pub(crate) key: Option<LitStr>,
    pub(crate) secret: bool,
    pub(crate) krate: Path,
}

impl OnType {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut key: Option<LitStr> = None;
        let mut secret = false;
        let mut krate: Option<Path> = None;
        each(attributes, |meta| {
            if meta.path.is_ident("key") {
                let text: LitStr = meta.value()?.parse()?;
                if key.is_some() {
                    return Err(twice(&meta, "key"));
                }
                check_key(&text.value(), text.span())?;
                key = Some(text);
            } else if meta.path.is_ident("secret") {
                if secret {
                    return Err(twice(&meta, "secret"));
                }
                secret = true;
            } else if meta.path.is_ident("crate") {
                let text: LitStr = meta.value()?.parse()?;
                if krate.is_some() {
                    return Err(twice(&meta, "crate"));
                }
                krate = Some(text.parse_with(Path::parse_mod_style)?);
            } else {
                return Err(unknown(&meta, &["key", "secret", "crate"], "a type"));
            }
            Ok(())
        })?;
        let krate = krate.unwrap_or_else(|| syn::parse_quote!(::harmony_config));
        Ok(OnType { key, secret, krate })
    }
}

/// `#[config(secret)]` on a field: where it stands, if it does.
pub(crate) fn secret_of_field(attributes: &[Attribute]) -> Result<Option<Span>> {
    let mut secret = None;
    each(attributes, |meta| {
        if meta.path.is_ident("secret") {
            if secret.is_some() {
                return Err(twice(&meta, "secret"));
            }
            secret = Some(meta.path.span());
            return Ok(());
        }
        if meta.path.is_ident("key") || meta.path.is_ident("crate") {
            return Err(meta.error("this belongs on the type, not on a field"));
        }
        Err(unknown(&meta, &["secret"], "a field"))
    })?;
    Ok(secret)
}

/// Refuses any `#[config(…)]` on the variant of an enum.
pub(crate) fn none_on_variant(attributes: &[Attribute]) -> Result<()> {
    each(attributes, |meta| {
        Err(meta.error(
            "a variant cannot be marked: put `#[config(secret)]` on the enum, which makes all of it secret, or give the \
             secret field in the variant the type `Secret<…>`",
        ))
    })
}

fn each(attributes: &[Attribute], mut word: impl FnMut(ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("config")) {
        attribute.parse_nested_meta(&mut word)?;
    }
    Ok(())
}

fn twice(meta: &ParseNestedMeta<'_>, word: &str) -> Error {
    Error::new(meta.path.span(), format!("`{word}` stands here a second time"))
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &[&str], place: &str) -> Error {
    let word = meta.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&word, known), known))
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance);
    let list: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
    let message = match near {
        Some((_, near)) => format!("`{word}` is not known here; did you mean `{near}`?"),
        None => format!("`{word}` is not known here; on {place} there is: {}", list.join(", ")),
    };
    Error::new(meta.path.span(), message)
}

/// Names that the environment source keeps for itself. The same list is in the core, which checks again when it runs.
const RESERVED: &[&str] = &["NAMESPACE", "PROFILE", "MANIFEST", "TRUST", "NON_INTERACTIVE", "HOME", "LOG"];

/// The grammar of keys, as the core checks it at run time: here it is found out earlier, and with a place.
pub(crate) fn check_key(key: &str, span: Span) -> Result<()> {
    let wrong = |why: String| Err(Error::new(span, format!("the key `{key}` {why}")));
    if key.is_empty() {
        return Err(Error::new(span, "the key is empty"));
    }
    if key.len() > 128 {
        return Err(Error::new(span, format!("the key is {} bytes long; the most is 128", key.len())));
    }
    if let Some(first) = key.chars().next().filter(|c| !(c.is_ascii_alphabetic() || *c == '_')) {
        return wrong(format!("begins with {first:?}: a key begins with an ASCII letter or `_`"));
    }
    if let Some(bad) = key.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
        return wrong(format!("has {bad:?} in it: a key has ASCII letters, digits, `_` and `-` only"));
    }
    let separator = |c: char| matches!(c, '_' | '-');
    if let Some((first, second)) = key.chars().zip(key.chars().skip(1)).find(|(a, b)| separator(*a) && separator(*b)) {
        return wrong(format!("has `{first}{second}` in it, which in a variable's name separates the parts"));
    }
    if let Some(last) = key.chars().last().filter(|c| separator(*c)) {
        return wrong(format!("ends in `{last}`, which in a variable's name runs into what follows"));
    }
    if RESERVED.iter().any(|reserved| key.replace('-', "_").eq_ignore_ascii_case(reserved)) {
        return wrong(
            "is reserved: its variable means something else; choose another with `#[config(key = \"…\")]`".to_owned(),
        );
    }
    Ok(())
}
