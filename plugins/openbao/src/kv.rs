//! What lies at a path of KV version 2, as the server says it: a value in Harmony's form, `{"value": "<JSON text>"}`, or the
//! plain object that other tools read and write.

use harmony_config_sdk::Failure;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    call::Call,
    http::{Answer, Says as _},
    mount::Facts,
    trouble::Deed,
    world::World,
};

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lying {
    Value(Stored),
    /// Its latest version was deleted or destroyed; the next one follows it.
    Deleted(u64),
    Nothing,
}

/// A value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) form: Form,
    /// A JSON text; in Harmony's form it is not known yet whether it is one.
    pub(crate) text: String,
    pub(crate) version: u64,
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stored({:?}, v{})", self.form, self.version)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Harmony,
    Plain,
}

/// Harmony's own form: this member and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Harmony {
    value: String,
}

/// The text in Harmony's form, if an object is of it.
pub(crate) fn harmony(object: &str) -> Option<String> {
    serde_json::from_str::<Harmony>(object).ok().map(|harmony| harmony.value)
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    version: u64,
}

impl<W: World> Call<'_, W> {
    /// What the answer to a read says.
    pub(crate) fn lying(&self, answer: &Answer, deed: &Deed) -> Result<Lying, Failure> {
        if !matches!(answer.status, 200 | 404) {
            return Err(self.of_answer(answer, deed));
        }
        let Ok(Body { data }) = serde_json::from_slice(&answer.body) else {
            return Err(match answer.status {
                200 => self.not_json(answer, deed),
                _ => self.of_answer(answer, deed),
            });
        };
        match data {
            Some(Data { data: Some(raw), metadata: Some(Metadata { version }) }) if answer.status == 200 => {
                let (form, text) = match harmony(raw.get()) {
                    Some(text) => (Form::Harmony, text),
                    None => (Form::Plain, raw.get().to_owned()),
                };
                Ok(Lying::Value(Stored { form, text, version }))
            }
            Some(Data { data: None, metadata: Some(Metadata { version }) }) => Ok(Lying::Deleted(version)),
            // Version 1 has no metadata.
            Some(_) if answer.status == 200 => Err(self.wrong_mount(&Facts::Kv1, deed)),
            _ if answer.status == 200 => Err(self.not_json(answer, deed)),
            _ if answer.errors().is_empty() => {
                self.expect_kv2(deed)?;
                Ok(Lying::Nothing)
            }
            _ => Err(self.of_answer(answer, deed)),
        }
    }

    /// The JSON text of a value.
    pub(crate) fn json(&self, stored: &Stored, path: &str) -> Result<String, Failure> {
        match serde_json::from_str::<IgnoredAny>(&stored.text) {
            Ok(_) => Ok(stored.text.trim().to_owned()),
            // The error says where, and quotes nothing.
            Err(error) => Err(Failure::invalid(format!(
                "{} of OpenBao at {} is not JSON in its member `value`, line {}, column {}",
                self.shown(path, stored.version),
                self.address.shown,
                error.line(),
                error.column()
            ))
            .remedy("set the value anew, or correct it: `value` is to be a text that is JSON")),
        }
    }

    /// The place of a value, as `bao` names it, without its version.
    pub(crate) fn place(&self, path: &str) -> String {
        format!("{}/data/{path}", self.mount)
    }

    /// The place of a value, for people.
    pub(crate) fn shown(&self, path: &str, version: u64) -> String {
        format!("{} v{version}", self.place(path))
    }
}
