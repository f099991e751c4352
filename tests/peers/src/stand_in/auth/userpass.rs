//! Users with passwords. Five wrong passwords lock a user out for a quarter of an hour, with the words of any refusal.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Admitted, Terms, refused};
use crate::stand_in::{
    ledger::{Basis, recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Operation},
    time::Moment,
};

const TRIES: u32 = 5;
const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Default)]
pub(crate) struct Users {
    all: BTreeMap<String, User>,
    failures: BTreeMap<String, Failures>,
}

#[derive(Debug, Default)]
struct User {
    password: Vec<u8>,
    terms: Terms,
    /// Its policies were given by the older name, and are shown by both.
    old_name: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: Moment,
}

impl Failures {
    fn locked(self, now: Moment) -> bool {
        self.count >= TRIES && now.saturating_sub(self.last) < LOCKED_FOR
    }
}

/// The stand-in holds no password: what is printed of it by accident is none.
fn digest(password: &str) -> Vec<u8> {
    Sha256::digest(password.as_bytes()).to_vec()
}

impl Users {
    pub(crate) fn exists(&self, path: &str) -> bool {
        path.strip_prefix("users/").is_some_and(|name| self.all.contains_key(&name.to_lowercase()))
    }

    pub(super) fn log_in(&mut self, call: &Call, path: &str, now: Moment) -> Result<Admitted, Reply> {
        let name = path.strip_prefix("login/").unwrap_or_default().to_lowercase();
        let fields = call.fields();
        let missing = || Reply::error(500, "missing password", recorded("userpass", "no password"));
        let password = fields.text("password").filter(|text| !text.is_empty()).ok_or_else(missing)?;
        let mut failures = self.failures.get(&name).copied().unwrap_or_default();
        if failures.locked(now) {
            return Err(Reply::denied(recorded("userpass", "locked out after many wrong passwords")));
        }
        if now.saturating_sub(failures.last) >= FORGOTTEN_AFTER {
            failures.count = 0;
        }
        let user = self.all.get(&name);
        let Some(user) = user.filter(|user| user.password == digest(&password)) else {
            let basis = match user {
                Some(_) => recorded("userpass", "wrong password"),
                None => recorded("userpass", "no such user"),
            };
            self.failures.insert(name, Failures { count: failures.count + 1, last: now });
            return Err(refused("invalid username or password", basis));
        };
        let terms = user.terms.clone();
        self.failures.remove(&name);
        let metadata = BTreeMap::from([("username".to_owned(), name.clone())]);
        Ok(Admitted { name, metadata, terms, basis: recorded("userpass", "log in") })
    }

    pub(super) fn answer(&mut self, call: &Call, path: &str) -> Answer {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        if first != "users" {
            return Err(Reply::unsupported_path());
        }
        let (name, part) = rest.split_once('/').unwrap_or((rest, ""));
        let name = name.to_lowercase();
        match (call.operation, part) {
            (Operation::List, "") => {
                let keys: Vec<String> = self.all.keys().cloned().collect();
                Ok(Reply::keys(&keys, unrecorded("userpass: list of users")))
            }
            (Operation::Read, "") => {
                let absent = || Reply::absent(unrecorded("userpass: no such user to read"));
                let user = self.all.get(&name).ok_or_else(absent)?;
                let mut shown = user.terms.shown();
                if user.old_name {
                    shown.insert("policies".to_owned(), json!(user.terms.policies));
                }
                Ok(Reply::data(Value::Object(shown), unrecorded("userpass: a user")))
            }
            (Operation::Write, "") => {
                let new = !self.all.contains_key(&name);
                let basis =
                    if new { recorded("userpass", "create a user") } else { unrecorded("userpass: change of a user") };
                self.write(call, name, basis)
            }
            (Operation::Write, "password" | "policies") => {
                self.write(call, name, unrecorded("userpass: change of a user"))
            }
            (Operation::Delete, "") => {
                self.all.remove(&name);
                Ok(Reply::nothing(unrecorded("userpass: delete of a user")))
            }
            _ => Err(Reply::unsupported_operation()),
        }
    }

    fn write(&mut self, call: &Call, name: String, basis: Basis) -> Answer {
        let fields = call.fields();
        let password = fields.text("password").filter(|text| !text.is_empty());
        if password.is_none() && !self.all.contains_key(&name) {
            return Err(Reply::error(400, "missing password", unrecorded("userpass: a user without a password")));
        }
        let mut terms = self.all.get(&name).map(|user| user.terms.clone()).unwrap_or_default();
        terms.read(&fields)?;
        let user = self.all.entry(name).or_default();
        user.terms = terms;
        user.old_name |= fields.get("policies").is_some();
        if let Some(password) = password {
            user.password = digest(&password);
        }
        Ok(Reply::nothing(basis))
    }
}
