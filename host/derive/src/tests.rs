//! The derive's words: which types it refuses, what it says, and to which text the error points.

use proc_macro2::TokenStream;

use crate::{
    expand,
    names::{self, Case},
};

/// What the error says, and the text it points to.
fn refusal(source: &str) -> (String, String) {
    let tokens: TokenStream = source.parse().unwrap();
    let error = expand::derive(tokens).expect_err("this type should have been refused");
    (error.to_string(), error.span().source_text().unwrap())
}

fn written(source: &str) -> String {
    let tokens: TokenStream = source.parse().unwrap();
    expand::derive(tokens).unwrap().to_string()
}

#[test]
fn the_key_is_the_name_of_the_type_unless_it_says_otherwise() {
    assert!(written("struct BrocadeSwitchAuth { host: String }").contains("= \"BrocadeSwitchAuth\""));
    assert!(written("#[config(key = \"switch-auth\")] struct A { host: String }").contains("= \"switch-auth\""));
    assert!(written("struct r#Auth { host: String }").contains("= \"Auth\""));
}

#[test]
fn an_unknown_word_is_pointed_at_with_the_nearest_one_that_is_known() {
    let (message, text) = refusal("struct A { #[config(secrt)] password: String }");
    assert_eq!(message, "`secrt` is not known here; did you mean `secret`?");
    assert_eq!(text, "secrt");
    let (message, text) = refusal("#[config(prefix = \"x\")] struct A { a: u8 }");
    assert_eq!(message, "`prefix` is not known here; on a type there is: `key`, `secret`, `crate`");
    assert_eq!(text, "prefix");
}

#[test]
fn a_word_of_the_type_on_a_field_is_refused() {
    let (message, text) = refusal("struct A { #[config(key = \"b\")] a: u8 }");
    assert_eq!((message.as_str(), text.as_str()), ("this belongs on the type, not on a field", "key"));
}

#[test]
fn a_key_given_twice_is_pointed_at_the_second_time() {
    for source in [
        "#[config(key = \"a\", key = \"b\")] struct A { a: u8 }",
        "#[config(key = \"a\")] #[config(key = \"b\")] struct A { a: u8 }",
    ] {
        let (message, text) = refusal(source);
        assert_eq!((message.as_str(), text.as_str()), ("`key` stands here a second time", "key"), "{source}");
    }
}

#[test]
fn a_key_outside_the_grammar_is_pointed_at() {
    for (key, word) in [
        ("", "empty"),
        ("a/b", "'/'"),
        ("..", "begins with '.'"),
        ("1a", "begins with '1'"),
        ("a__b", "`__`"),
        ("a-_b", "`-_`"),
        ("a_", "ends in `_`"),
        ("a b", "' '"),
        ("Profile", "reserved"),
        ("NON-INTERACTIVE", "reserved"),
    ] {
        let (message, text) = refusal(&format!("#[config(key = {key:?})] struct A {{ a: u8 }}"));
        assert!(message.contains(word), "{key:?}: {message}");
        assert_eq!(text, format!("{key:?}"));
    }
    let long = "k".repeat(129);
    assert!(refusal(&format!("#[config(key = {long:?})] struct A {{ a: u8 }}")).0.contains("129 bytes"));
}

#[test]
fn a_type_whose_own_name_cannot_be_a_key_is_pointed_at() {
    let (message, text) = refusal("struct Home { path: String }");
    assert!(message.contains("reserved") && message.contains("#[config(key"), "{message}");
    assert_eq!(text, "Home");
}

#[test]
fn parameters_are_refused_with_the_reason() {
    for source in ["struct A<T> { a: T }", "struct A<'a> { a: &'a str }", "struct A<const N: usize> { a: [u8; N] }"] {
        let (message, text) = refusal(source);
        assert!(message.contains("no parameters: its key names one type"), "{message}");
        assert!(text.starts_with('<'), "{text}");
    }
}

#[test]
fn a_mark_inside_an_enum_is_refused_with_what_to_do_instead() {
    let (message, text) = refusal("enum A { #[config(secret)] Token(String) }");
    assert!(message.contains("a variant cannot be marked") && message.contains("Secret<"), "{message}");
    assert_eq!(text, "secret");
    let (message, text) = refusal("enum A { Token { #[config(secret)] token: String } }");
    assert!(message.contains("a field in a variant cannot be marked"), "{message}");
    assert_eq!(text, "secret");
}

#[test]
fn a_mark_on_one_of_several_nameless_fields_is_refused() {
    let (message, text) = refusal("struct A(String, #[config(secret)] String);");
    assert!(message.contains("a field without a name cannot be marked"), "{message}");
    assert_eq!(text, "secret");
    assert!(written("struct A(#[config(secret)] String);").contains("schema_of :: < Self > (true"));
}

#[test]
fn a_union_is_refused() {
    assert!(refusal("union A { a: u8, b: u8 }").0.contains("union"));
}

#[test]
fn names_are_those_that_serde_reads() {
    let paths = |source: &str| written(source).split_once("fn secret_paths").unwrap().1.to_owned();
    let all = paths(
        "#[serde(rename_all = \"camelCase\", deny_unknown_fields)] struct A {
            #[config(secret)] api_token: String,
            #[config(secret)] #[serde(rename = \"pass-word\", default = \"none\")] password: String,
            #[config(secret)] #[serde(rename(serialize = \"out\", deserialize = \"in\"))] other: String,
            #[config(secret)] #[serde(skip)] cache: String,
            #[config(secret)] r#type: String,
            #[serde(with = \"module\", bound(deserialize = \"T: X\"))] plain: String,
        }",
    );
    for (name, there) in
        [("apiToken", true), ("pass-word", true), ("in", true), ("type", true), ("cache", false), ("plain", false)]
    {
        assert_eq!(all.contains(&format!("\"{name}\"")), there, "{name}: {all}");
    }
}

#[test]
fn every_case_of_serde_is_known() {
    for (case, name) in [
        (Case::AsIs, "api_token"),
        (Case::Lower, "api_token"),
        (Case::Snake, "api_token"),
        (Case::Upper, "API_TOKEN"),
        (Case::ScreamingSnake, "API_TOKEN"),
        (Case::Pascal, "ApiToken"),
        (Case::Camel, "apiToken"),
        (Case::Kebab, "api-token"),
        (Case::ScreamingKebab, "API-TOKEN"),
    ] {
        assert_eq!(case.of_field("api_token"), name, "{case:?}");
    }
    let wrong: syn::DeriveInput = syn::parse_quote!(
        #[serde(rename_all = "Camel")]
        struct A {}
    );
    assert!(names::case_of_type(&wrong.attrs).is_err());
}
