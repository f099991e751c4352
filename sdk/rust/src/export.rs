//! From the exports of a component to a `Source`: one instance, made by `configure`. What is translated is only what the
//! contract says otherwise than the trait.

use std::{cell::OnceCell, marker::PhantomData, thread::LocalKey};

use crate::{
    Entry, Expected, Failure, Identity, Page, Request, Source, Token, TokenRequest,
    bindings::{exports::harmony::config::config_source::Guest, harmony::config::types::SourceInfo},
    identity_bindings::exports::harmony::config::identity::Guest as IdentityGuest,
    settings,
};

/// What [`export_plugin!`](crate::export_plugin) states of a source.
pub trait Exported: Source {
    /// The plugin's name.
    const NAME: &'static str;
    /// The plugin's version.
    const VERSION: &'static str;
    /// Where its one instance is kept.
    fn slot() -> &'static LocalKey<OnceCell<Self>>;
}

/// The exports of a component that is this source.
pub struct Adapter<S>(PhantomData<S>);

fn with<S: Exported, T>(act: impl FnOnce(&S) -> Result<T, Failure>) -> Result<T, Failure> {
    S::slot().with(|slot| match slot.get() {
        Some(source) => act(source),
        None => Err(Failure::unavailable("the plugin was called before it was configured")),
    })
}

impl<S: Exported> Guest for Adapter<S> {
    fn configure(settings: String) -> Result<SourceInfo, Failure> {
        let (settings, host) = settings::read(&settings)?;
        let source = S::configure(settings, host)?;
        let features = source.features().iter().map(|feature| feature.as_str().to_owned()).collect();
        S::slot()
            .with(|slot| slot.set(source))
            .map_err(|_| Failure::invalid("the plugin was configured twice; that is the host's mistake"))?;
        Ok(SourceInfo { name: S::NAME.to_owned(), version: S::VERSION.to_owned(), features, extra: Vec::new() })
    }

    fn get(request: Request) -> Result<Option<Entry>, Failure> {
        with::<S, _>(|source| source.get(&request))
    }

    fn get_many(requests: Vec<Request>) -> Vec<Result<Option<Entry>, Failure>> {
        let answers = with::<S, _>(|source| Ok(source.get_many(&requests)));
        answers.unwrap_or_else(|failure| requests.iter().map(|_| Err(failure.clone())).collect())
    }

    fn set(request: Request, value: String, expected: Option<String>) -> Result<Option<String>, Failure> {
        with::<S, _>(|source| source.set(&request, &value, &Expected::from_contract(expected)))
    }

    fn delete(request: Request, expected: Option<String>) -> Result<(), Failure> {
        with::<S, _>(|source| source.delete(&request, &Expected::from_contract(expected)))
    }

    fn list_keys(namespace: String, prefix: String, after: Option<String>) -> Result<Page, Failure> {
        with::<S, _>(|source| source.list_keys(&namespace, &prefix, after.as_deref()))
    }

    fn check() -> Result<Vec<String>, Failure> {
        with::<S, _>(S::check)
    }
}

impl<S: Exported + Identity> IdentityGuest for Adapter<S> {
    fn token(request: TokenRequest) -> Result<Token, Failure> {
        with::<S, _>(|identity| identity.token(&request))
    }

    fn sign_in(request: TokenRequest) -> Result<String, Failure> {
        with::<S, _>(|identity| identity.sign_in(&request))
    }

    fn sign_out() -> Result<Vec<String>, Failure> {
        with::<S, _>(S::sign_out)
    }

    fn who() -> Result<Option<String>, Failure> {
        with::<S, _>(S::who)
    }
}

/// What a native build does with a source: it type-checks it. The exports are the component's.
pub const fn exported<S: Exported>() {}

/// The same with an identity.
pub const fn exported_identity<S: Exported + Identity>() {}

/// Whether a text can stand between quotes in JSON as it is.
pub const fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        if *byte < b' ' || *byte == b'"' || *byte == b'\\' {
            return false;
        }
        rest = after;
    }
    true
}

/// Makes a [`Source`](crate::Source) the plugin that this crate is, and states its facts: they stand in the component's
/// section `harmony-config-plugin`, where the host reads them without running anything.
///
/// `features` is the most that it can do, `settings` the JSON Schema of its settings (an object without additional
/// properties), `wants` the capabilities that it needs: `environment`, `sql`, `prompt`, `attention`, `files`, `document`,
/// `keyring`, `session`, each an object. `sql`, `files` and `document` name the setting that has the path:
/// `{ "files": { "setting": "dir" } }`; `http` the one that has the address, if there is one; `credential-files` is a list
/// of the settings that name such a file, `*` for any member: `["auth.*.file"]`; `identities` is a list of the settings
/// that name an identity, written the same way: `["auth.*.identity"]`.
/// The version is the crate's.
///
/// The macro also makes `FACTS`, the whole JSON text, for a test that reads it. The example is the crate's.
#[macro_export]
macro_rules! export_plugin {
    (
        $source:ty,
        name: $name:literal,
        description: $description:literal,
        features: [$($feature:literal),* $(,)?],
        settings: $settings:literal,
        wants: $wants:literal $(,)?
    ) => {
        $crate::__export! {
            $source, $name, $description, [$($feature),*], $settings, $wants,
            exported, [bindings]
        }
    };
}

/// Makes an [`Identity`](crate::Identity) the plugin that this crate is: as [`export_plugin!`](crate::export_plugin), with
/// the same facts, of which `features` has `identity` besides; it need not be said.
///
/// ```
/// use harmony_config_sdk::{
///     Entry, Failure, Feature, Host, Identity, Request, Source, Token, TokenRequest, credential_file, export_identity,
/// };
/// use serde::Deserialize;
///
/// /// Whoever a file says: something else writes the token into it.
/// struct Workload {
///     name: String,
/// }
///
/// #[derive(Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Settings {
///     name: String,
///     #[allow(dead_code, reason = "the host reads the file")]
///     file: String,
/// }
///
/// impl Source for Workload {
///     type Settings = Settings;
///
///     fn configure(settings: Settings, _: Host) -> Result<Self, Failure> {
///         Ok(Workload { name: settings.name })
///     }
///
///     fn features(&self) -> &'static [Feature] {
///         &[]
///     }
///
///     fn get(&self, _: &Request) -> Result<Option<Entry>, Failure> {
///         Ok(None)
///     }
/// }
///
/// impl Identity for Workload {
///     fn token(&self, _: &TokenRequest) -> Result<Token, Failure> {
///         let token = credential_file::read(&["file"])?;
///         let token = token.ok_or_else(|| Failure::unavailable("there is no token in the file of the setting `file`"))?;
///         Ok(Token::new(token, &self.name))
///     }
///
///     fn sign_in(&self, _: &TokenRequest) -> Result<String, Failure> {
///         Err(Failure::unsupported("nobody signs in here"))
///     }
///
///     fn sign_out(&self) -> Result<Vec<String>, Failure> {
///         Ok(vec!["nobody is signed in; the file is not touched".to_owned()])
///     }
///
///     fn who(&self) -> Result<Option<String>, Failure> {
///         Ok(Some(format!(r#"{{"subject":"{}"}}"#, self.name)))
///     }
/// }
///
/// export_identity! {
///     Workload,
///     name: "workload",
///     description: "A token that something else writes into a file",
///     features: [],
///     settings: r#"{
///         "type": "object",
///         "additionalProperties": false,
///         "required": ["name", "file"],
///         "properties": { "name": { "type": "string" }, "file": { "type": "string" } }
///     }"#,
///     wants: r#"{ "credential-files": ["file"] }"#,
/// }
/// # fn main() {
/// assert!(FACTS.contains(r#""features":["identity"]"#));
/// # }
/// ```
#[macro_export]
macro_rules! export_identity {
    (
        $source:ty,
        name: $name:literal,
        description: $description:literal,
        features: [$($feature:literal),* $(,)?],
        settings: $settings:literal,
        wants: $wants:literal $(,)?
    ) => {
        $crate::__export! {
            $source, $name, $description, [$($feature,)* "identity"], $settings, $wants,
            exported_identity, [bindings, identity_bindings]
        }
    };
}

/// What both macros do. Not part of the API.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (
        $source:ty, $name:literal, $description:literal,
        [$($first:literal $(, $feature:literal)*)?],
        $settings:literal, $wants:literal, $exported:ident, [$($bindings:ident),*]
    ) => {
        /// What this plugin says of itself.
        #[cfg_attr(not(any(test, target_arch = "wasm32")), allow(dead_code, reason = "for the component, and for tests"))]
        const FACTS: &str = ::core::concat!(
            "{\"version\":1,\"name\":\"", $name,
            "\",\"plugin-version\":\"", ::core::env!("CARGO_PKG_VERSION"),
            "\",\"description\":\"", $description,
            "\",\"features\":[", $("\"", $first, "\"", $(",\"", $feature, "\"",)*)? "],",
            "\"settings\":", $settings, ",\"wants\":", $wants, "}",
        );

        const _: () = {
            ::core::assert!($crate::__private::is_plain($name), "the name has a character that JSON must escape");
            ::core::assert!(
                $crate::__private::is_plain($description),
                "the description has a character that JSON must escape",
            );

            ::std::thread_local! {
                static SLOT: ::std::cell::OnceCell<$source> = const { ::std::cell::OnceCell::new() };
            }

            $crate::__private::$exported::<$source>();

            impl $crate::__private::Exported for $source {
                const NAME: &'static str = $name;
                const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");

                fn slot() -> &'static ::std::thread::LocalKey<::std::cell::OnceCell<Self>> {
                    &SLOT
                }
            }

            #[cfg(target_arch = "wasm32")]
            #[allow(unsafe_code, reason = "names a section of the component; nothing reads or writes it here")]
            #[unsafe(link_section = "harmony-config-plugin")]
            #[used]
            static SECTION: [u8; FACTS.len()] = {
                let mut bytes = [0; FACTS.len()];
                bytes.copy_from_slice(FACTS.as_bytes());
                bytes
            };
        };

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "the component's exports are functions of fixed names")]
        const _: () = {
            type Component = $crate::__private::Adapter<$source>;
            $($crate::__private::$bindings::export!(Component with_types_in $crate::__private::$bindings);)*
        };
    };
}
