//! Plugins that misbehave, each in one way: one component, of which the setting `guest` says which one it is, because
//! building and compiling forty components takes minutes. Every guest answers for keys that begin with `Good`, and
//! misbehaves for every other. Which guests there are is `list.rs`; what each does is in the modules, by theme.
//!
//! A guest that tries to reach something answers `denied` with all the refusals that it met, and a value that names the
//! breach where it met none.

// Outside a host there is nothing to misbehave against.
#![cfg(target_arch = "wasm32")]

include!("list.rs");

mod attempt;
mod capabilities;
mod compute;
mod flood;
mod identity;
mod network;
mod wasi;
mod words;

use harmony_config_sdk::{
    Coordinate, Entry, Expected, Failure, Feature, Host, Page, Request, Sensitivity, Source, export_identity,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    guest: String,
    /// Where a local server of the test listens.
    #[serde(default)]
    address: String,
    // The host's to use.
    #[serde(default, rename = "dir")]
    _dir: String,
    #[serde(default, rename = "path")]
    _path: String,
    #[serde(default, rename = "document")]
    _document: String,
    #[serde(default, rename = "credential")]
    _credential: String,
    #[serde(default, rename = "identity")]
    _identity: String,
    #[serde(default, rename = "read-only")]
    _read_only: bool,
}

/// What a guest knows when it is called.
pub(crate) struct Guest {
    name: String,
    address: String,
    prefix: String,
    /// What `capability_in_configure` met.
    configured: Option<Failure>,
}

macro_rules! dispatch {
    (
        get: [$($get:ident),* $(,)?]
        configure: [$($configure:ident),* $(,)?]
        set: [$($set:ident),* $(,)?]
        list: [$($list:ident),* $(,)?]
        get_many: [$($many:ident),* $(,)?]
    ) => {
        impl Guest {
            fn misbehave_in_get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
                match self.name.as_str() {
                    $(stringify!($get) => in_get::$get(self, request),)*
                    "token_as_value" => in_get::token_as_value(self, request),
                    _ => match &self.configured {
                        Some(failure) => Err(failure.clone()),
                        None => good(),
                    },
                }
            }

            fn misbehave_in_configure(&mut self) {
                match self.name.as_str() {
                    $(stringify!($configure) => in_configure::$configure(self),)*
                    _ => {}
                }
            }

            fn misbehave_in_set(&self, value: &str) -> Result<Option<String>, Failure> {
                match self.name.as_str() {
                    $(stringify!($set) => in_set::$set(value),)*
                    _ => Ok(None),
                }
            }

            fn misbehave_in_list(&self, namespace: &str) -> Result<Page, Failure> {
                match self.name.as_str() {
                    $(stringify!($list) => in_list::$list(namespace),)*
                    _ => Ok(Page { entries: Vec::new(), next: None }),
                }
            }
        }

        const NAMES: &[&str] = &[
            "none", "slow_identity", "asking_identity", "identity", "token_as_value",
            $(stringify!($get),)* $(stringify!($configure),)* $(stringify!($set),)* $(stringify!($list),)*
            $(stringify!($many),)*
        ];
    };
}

foreach_guest!(dispatch);

/// What misbehaves in `get`.
mod in_get {
    pub(crate) use crate::{capabilities::*, compute::*, flood::*, identity::*, network::*, wasi::*, words::*};
}

mod in_configure {
    pub(crate) use crate::{
        capabilities::capability_in_configure,
        compute::{spin_in_configure, trap_in_configure},
    };
}

mod in_set {
    pub(crate) use crate::{
        compute::{spin_in_set, trap_in_set},
        words::leak_in_set,
    };
}

mod in_list {
    pub(crate) use crate::{flood::huge_list, words::foreign_keys};
}

/// The answer of a guest that behaves.
pub(crate) fn good() -> Result<Option<Entry>, Failure> {
    Ok(Some(Entry::new(r#"{"from":"guest"}"#, "a guest")))
}

fn is_good(request: &Request) -> bool {
    request.at.key.starts_with("Good")
}

impl Source for Guest {
    type Settings = Settings;

    fn configure(settings: Settings, host: Host) -> Result<Self, Failure> {
        if !NAMES.contains(&settings.guest.as_str()) {
            return Err(Failure::invalid(format!("there is no guest `{}`", settings.guest)));
        }
        let mut guest =
            Guest { name: settings.guest, address: settings.address, prefix: host.prefix, configured: None };
        guest.misbehave_in_configure();
        Ok(guest)
    }

    fn features(&self) -> &'static [Feature] {
        &[Feature::Persists, Feature::Writable, Feature::Lists]
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        if is_good(request) { good() } else { self.misbehave_in_get(request) }
    }

    fn get_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        let few = self.name == "wrong_count" && !requests.iter().all(is_good);
        requests.iter().skip(usize::from(few)).map(|request| self.get(request)).collect()
    }

    fn set(&self, request: &Request, value: &str, _: &Expected) -> Result<Option<String>, Failure> {
        if is_good(request) { Ok(None) } else { self.misbehave_in_set(value) }
    }

    fn list_keys(&self, namespace: &str, prefix: &str, _: Option<&str>) -> Result<Page, Failure> {
        if !prefix.starts_with("Good") {
            return self.misbehave_in_list(namespace);
        }
        let at = Coordinate { namespace: namespace.to_owned(), key: "GoodKey".to_owned(), instance: None };
        Ok(Page { entries: vec![(at, Sensitivity::Standard)], next: None })
    }
}

export_identity! {
    Guest,
    name: "hostile",
    description: "Misbehaves, for the tests of the host",
    features: ["persists", "writable", "lists"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "required": ["guest"],
        "properties": {
            "guest": { "type": "string" },
            "address": { "type": "string" },
            "dir": { "type": "string" },
            "path": { "type": "string" },
            "document": { "type": "string" },
            "credential": { "type": "string" },
            "identity": { "type": "string" },
            "read-only": { "type": "boolean" }
        }
    }"#,
    wants: r#"{"environment":{},"sql":{"setting":"path"},"files":{"setting":"dir"},"document":{"setting":"document"},"keyring":{},"prompt":{},"attention":{},"http":{},"session":{},"credential-files":["credential"],"identities":["identity"]}"#,
}
