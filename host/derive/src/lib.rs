//! `#[derive(Config)]`: writes the implementation of `Config` for a type. Programs get it from `harmony-config`, together
//! with the trait. What a key may be and what a mark does is said there; here it is only written out.
#![deny(missing_docs)]

mod attributes;
mod expand;
mod names;
mod nested;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a type a configuration type: its key is its name, its schema is what `JsonSchema` says, its secret fields are
/// those marked so.
///
/// The type also derives `Serialize`, `Deserialize` and `JsonSchema` (schemars 1). The names that serde gives to the
/// fields (`rename`, `rename_all`, `flatten`, `skip`) are the names that hold.
///
/// # On the type
/// - `#[config(key = "…")]`: another key than the type's name. A key begins with a letter or `_`, goes on with letters,
///   digits, `_` and `-`, has no two of these in a row and none at its end, and has at most 128 bytes.
/// - `#[config(secret)]`: the value is secret as a whole: no field of it is ever shown.
/// - `#[config(crate = "…")]`: where the items of `harmony-config` are, if not in a crate of that name.
///
/// # On a field
/// - `#[config(secret)]`: its value is never shown, logged or put in an error. The whole type becomes secret-class: it
///   is kept where secrets are kept. A field of type `Secret<T>` needs no mark.
///
/// A field whose type derives `Config` too brings its own marks along; a list or a map of such values is secret as a
/// whole. A nested struct that does not derive `Config` marks its secret fields with `Secret<T>`, or with schemars' own
/// attribute: `#[schemars(extend("x-harmony-secret" = true))]`. (Nothing looks through it for `Config` types within.)
///
/// # Example
/// ```
/// # use harmony_config::Config;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// #[config(key = "firewall-login")]
/// struct Login {
///     user: String,
///     #[config(secret)]
///     #[serde(rename = "pass-word")]
///     password: String,
/// }
///
/// assert_eq!(Login::KEY, "firewall-login");
/// assert_eq!(Login::secret_paths(), ["pass-word"]);
/// ```
///
/// # What is refused
/// Types with parameters, because one key is one type:
///
/// ```compile_fail
/// # use harmony_config::Config;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// struct Wrapper<T> {
///     inner: Vec<T>,
/// }
/// ```
///
/// A key that could not be a variable's or a file's name:
///
/// ```compile_fail
/// # use harmony_config::Config;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// #[config(key = "../AppConfig")]
/// struct AppConfig {
///     port: u16,
/// }
/// ```
///
/// A word that is not known:
///
/// ```compile_fail
/// # use harmony_config::Config;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// struct AppConfig {
///     #[config(secrt)]
///     password: String,
/// }
/// ```
///
/// A mark inside an enum, whose variants look different in the JSON:
///
/// ```compile_fail
/// # use harmony_config::Config;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// enum Login {
///     #[config(secret)]
///     Token(String),
/// }
/// ```
#[proc_macro_derive(Config, attributes(config))]
pub fn derive_config(input: TokenStream) -> TokenStream {
    expand::derive(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
