//! Values, written and deleted. A write reads first: it keeps the form of what lies there, so that other tools go on reading
//! it, and it sees that the mount is of KV version 2.

use harmony_config_sdk::{Coordinate, Expected, Failure};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    call::{Call, Repeat},
    http::{Answer, Method, Says as _},
    kv::{Form, Lying, harmony},
    paths,
    refusal::Wanted,
    trouble::Deed,
    world::World,
};

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    data: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Options>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Harmony { value: &'a str },
    Plain(&'a RawValue),
}

#[derive(Clone, Copy, Serialize)]
struct Options {
    cas: u64,
}

impl<W: World> Call<'_, W> {
    /// Writes a value, and answers its version.
    pub(crate) fn set(&self, at: &Coordinate, value: &str, expected: &Expected) -> Result<String, Failure> {
        let path = paths::of(at);
        let there = self.read_one(&path)?;
        let current = match &there {
            Lying::Value(stored) => stored.version,
            // The next version follows it: "must not exist" is said with its number.
            Lying::Deleted(version) => *version,
            Lying::Nothing => 0,
        };
        self.compare(&path, &there, expected)?;
        let cas = (*expected != Expected::Anything).then_some(current);
        let plain = match &there {
            Lying::Value(stored) if stored.form == Form::Plain => as_plain(value),
            _ => None,
        };
        let data = || plain.map_or(Data::Harmony { value }, Data::Plain);
        let mut answer = self.post(&path, data(), cas)?;
        if answer.status == 400 && cas.is_none() && answer.says("check-and-set parameter required") {
            // The mount or the key wants one: what was just read is what is replaced.
            answer = self.post(&path, data(), Some(current))?;
        }
        let deed = Deed::writing(self.place(&path));
        match answer.status {
            200 => version(&answer).map(|version| version.to_string()).ok_or_else(|| self.not_json(&answer, &deed)),
            400 if answer.says("check-and-set parameter did not match") => Err(self.changed(&path)),
            404 if answer.errors().is_empty() => Err(self.no_mount(&deed)),
            _ => Err(self.of_answer(&answer, &deed)),
        }
    }

    /// Deletes the latest version; the ones before stay, and it can be undeleted.
    pub(crate) fn delete(&self, at: &Coordinate, expected: &Expected) -> Result<(), Failure> {
        let path = paths::of(at);
        let deed = Deed::deleting(self.place(&path));
        match expected {
            // On a mount of version 1 the path may be that of something else.
            Expected::Anything => self.expect_kv2(&deed)?,
            // The server has no check-and-set for it: what is written between this read and the deletion is deleted too.
            _ => {
                let there = self.read_one(&path)?;
                self.compare(&path, &there, expected)?;
                if !matches!(there, Lying::Value(_)) {
                    return Ok(());
                }
            }
        }
        let wanted = Wanted { method: Method::Delete, path: self.data_path(&path), body: None, deed: deed.clone() };
        let answer = self.ask_one(wanted, Repeat::NotHappened)?;
        match answer.status {
            204 | 200 => Ok(()),
            404 if answer.errors().is_empty() => Ok(()),
            _ => Err(self.of_answer(&answer, &deed)),
        }
    }

    fn post(&self, path: &str, data: Data<'_>, cas: Option<u64>) -> Result<Answer, Failure> {
        let body = Body { data, options: cas.map(|cas| Options { cas }) };
        let deed = Deed::writing(self.place(path));
        let body = serde_json::to_string(&body)
            .map_err(|_| Failure::invalid(format!("the value cannot be written as JSON{}", self.doing(&deed))))?;
        let wanted = Wanted { method: Method::Post, path: self.data_path(path), body: Some(body), deed };
        self.ask_one(wanted, Repeat::NotHappened)
    }

    fn compare(&self, path: &str, there: &Lying, expected: &Expected) -> Result<(), Failure> {
        let holds = match (expected, there) {
            (Expected::Anything, _) => true,
            (Expected::Nothing, Lying::Value(_)) => false,
            (Expected::Nothing, _) => true,
            (Expected::Version(version), Lying::Value(stored)) => *version == stored.version.to_string(),
            (Expected::Version(_), _) => false,
        };
        if holds { Ok(()) } else { Err(self.changed(path)) }
    }

    fn changed(&self, path: &str) -> Failure {
        Failure::conflict(format!("{} is not what it was when it was read", self.place(path)))
            .remedy("read it again, and repeat the change if it is still wanted")
    }
}

/// A value that can lie there as a plain object: one that would not be read as Harmony's form.
fn as_plain(value: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(value).ok()?;
    (raw.get().starts_with('{') && harmony(value).is_none()).then_some(raw)
}

fn version(answer: &Answer) -> Option<u64> {
    #[derive(Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        version: u64,
    }
    serde_json::from_slice(&answer.body).ok().map(|Body { data }| data.version)
}
