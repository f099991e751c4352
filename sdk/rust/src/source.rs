//! The trait that an author implements. How it is called is `export`'s.

use serde::de::DeserializeOwned;

use crate::{Entry, Failure, Host, Page, Request};

/// A source of configuration values.
///
/// The host may make several instances and drop any of them at any time, so a source keeps no state of its own between
/// calls: what is in the struct are its settings. Values are JSON texts. A key, namespace or instance was checked by
/// the host: `[A-Za-z_][A-Za-z0-9_-]*`, no two of `_` and `-` in a row, none at the end, at most 128 bytes.
pub trait Source: Sized + 'static {
    /// The settings of the manifest, already checked against the schema that [`export_plugin!`](crate::export_plugin)
    /// states. [`NoSettings`](crate::NoSettings) where there are none.
    type Settings: DeserializeOwned;

    /// Makes the source. Nothing may be used here: every capability is refused.
    ///
    /// # Errors
    /// `invalid`, naming the setting that cannot be used.
    fn configure(settings: Self::Settings, host: Host) -> Result<Self, Failure>;

    /// What it can do with these settings.
    fn features(&self) -> &'static [Feature];

    /// The value, as it is now. `Ok(None)` means that there is none, and nothing else does.
    ///
    /// # Errors
    /// Why the source could not answer.
    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure>;

    /// Many values, in the order of the requests. Worth implementing where one trip brings them all.
    fn get_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        requests.iter().map(|request| self.get(request)).collect()
    }

    /// Stores the whole value, and answers its new version, if the source has versions.
    ///
    /// # Errors
    /// `conflict` where `expected` does not hold; then nothing was written.
    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        let _ = (request, value, expected);
        Err(Failure::unsupported("this source cannot be written to"))
    }

    /// Removes the value. That there is none is no failure, unless a version was expected.
    ///
    /// # Errors
    /// `conflict` where `expected` does not hold; then nothing was removed.
    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        let _ = (request, expected);
        Err(Failure::unsupported("this source cannot be written to"))
    }

    /// What is stored in a namespace, keys beginning with `prefix`, in a stable order. `after` is what the page before
    /// had as `next`.
    ///
    /// # Errors
    /// Why the source could not answer.
    fn list_keys(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        let _ = (namespace, prefix, after);
        Err(Failure::unsupported("this source cannot list what it has"))
    }

    /// Health in words, one finding a line. Nothing to say is well.
    ///
    /// # Errors
    /// Why the source cannot be used.
    fn check(&self) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }
}

/// What a source can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// It may be chosen to keep an answer.
    Persists,
    /// `set` and `delete` work.
    Writable,
    /// `list_keys` works.
    Lists,
    /// It asks a person; it is skipped where that is forbidden.
    Interactive,
    /// It looks where `Request::locations` says, in its own notation: see [`located`](crate::located). A source that does
    /// not say so is never asked to.
    Refs,
}

impl Feature {
    /// Its name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Feature::Persists => "persists",
            Feature::Writable => "writable",
            Feature::Lists => "lists",
            Feature::Interactive => "interactive",
            Feature::Refs => "refs",
        }
    }
}

/// The condition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// None.
    Anything,
    /// There is no value yet.
    Nothing,
    /// The value has this version.
    Version(String),
}

impl Expected {
    pub(crate) fn as_contract(&self) -> Option<&str> {
        match self {
            Expected::Anything => None,
            Expected::Nothing => Some(""),
            Expected::Version(version) => Some(version),
        }
    }

    pub(crate) fn from_contract(expected: Option<String>) -> Self {
        match expected {
            None => Expected::Anything,
            Some(version) if version.is_empty() => Expected::Nothing,
            Some(version) => Expected::Version(version),
        }
    }
}
