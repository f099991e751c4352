//! KV version 2: the paths of a mount, over the versions that `kv2_key.rs` keeps.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    kv1::{keys_below, page},
    kv2_key::{Key, Limits, Version},
    ledger::{Basis, recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Fields, Operation},
    time::{self, Moment},
};

#[derive(Debug, Default)]
pub(crate) struct Kv2 {
    limits: Limits,
    keys: BTreeMap<String, Key>,
}

impl Kv2 {
    /// What tells a creation from an update.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let key = path.split_once('/').map_or("", |(_, key)| key);
        self.keys.contains_key(key)
    }

    pub(crate) fn answer(&mut self, call: &Call, path: &str, now: Moment) -> Answer {
        if path == "config" {
            return self.config(call);
        }
        let (kind, key) = path.split_once('/').ok_or_else(Reply::unsupported_path)?;
        if key.contains("..") {
            return Err(Reply::error(400, "relative paths not supported", recorded("kv2", "key with .. in it")));
        }
        match (kind, call.operation) {
            ("data", Operation::Read) => self.read(call, key, now),
            ("data", Operation::Write) => self.write(call, key, now),
            ("data", Operation::Patch) => self.patch(call, key, now),
            ("data", Operation::Delete) => {
                let latest = self.keys.get(key).map(|key| key.current).into_iter().collect::<Vec<_>>();
                let basis = match latest.as_slice() {
                    [] => recorded("kv2", "delete what is not there"),
                    _ => recorded("kv2", "soft delete of the latest version"),
                };
                self.mark(key, &latest, |version| version.delete(now), basis)
            }
            ("delete", Operation::Write) => {
                self.mark(key, &versions(call)?, |v| v.delete(now), unrecorded("KV v2: delete of named versions"))
            }
            ("undelete", Operation::Write) => {
                self.mark(key, &versions(call)?, Version::undelete, recorded("kv2", "undelete"))
            }
            ("destroy", Operation::Write) => {
                self.mark(key, &versions(call)?, Version::destroy, recorded("kv2", "destroy version 1"))
            }
            ("metadata", Operation::List) => Ok(self.list(call, key)),
            ("metadata", Operation::Read) => {
                let key = self.keys.get(key).ok_or_else(|| Reply::absent(recorded("kv2", "metadata of nothing")))?;
                Ok(Reply::data(key.metadata(), recorded("kv2", "metadata")))
            }
            ("metadata", Operation::Write) => {
                let fields = call.fields();
                self.keys.entry(key.to_owned()).or_insert_with(|| Key::new(now)).configure(&fields, now)?;
                Ok(Reply::nothing(recorded("kv2", "require cas on a key")))
            }
            ("metadata", Operation::Delete) => {
                self.keys.remove(key);
                Ok(Reply::nothing(recorded("kv2", "delete all versions and metadata")))
            }
            ("data" | "delete" | "undelete" | "destroy" | "metadata", _) => Err(Reply::unsupported_operation()),
            _ => Err(Reply::unsupported_path()),
        }
    }

    /// The root of the mount is listed as `metadata/`.
    fn list(&self, call: &Call, folder: &str) -> Reply {
        let (keys, basis) = page(call, keys_below(self.keys.keys(), folder), recorded("kv2", "list"));
        Reply::keys(&keys, basis)
    }

    fn read(&self, call: &Call, key: &str, now: Moment) -> Answer {
        let found = self.keys.get(key);
        let found = found.ok_or_else(|| Reply::absent(recorded("kv2", "read what was never written")))?;
        let number = call.query.get("version").and_then(|text| text.parse().ok()).filter(|number| *number > 0);
        let number = number.unwrap_or(found.current);
        let version = found.versions.get(&number);
        let version = version.ok_or_else(|| Reply::absent(recorded("kv2", "read a version that never was")))?;
        let metadata = version.facts(number, found.custom_metadata.as_ref());
        let (status, data, basis) = match &version.data {
            None => (404, &None, recorded("kv2", "read a destroyed version")),
            Some(_) if version.is_deleted(now) => (404, &None, recorded("kv2", "read after a soft delete")),
            data => (200, data, recorded("kv2", "read")),
        };
        Ok(Reply::data_as(status, json!({ "data": data, "metadata": metadata }), basis))
    }

    fn write(&mut self, call: &Call, key: &str, now: Moment) -> Answer {
        let fields = call.fields();
        let Some(Value::Object(data)) = fields.get("data") else {
            return Err(Reply::error(400, "no data provided", recorded("kv2", "write without data")));
        };
        self.check_and_set(&fields, key)?;
        let basis = match fields.get("options").and_then(|options| options.get("cas")) {
            Some(_) => recorded("kv2", "write with the right cas"),
            None => recorded("kv2", "first write"),
        };
        Ok(self.put(key, data.clone(), now, basis))
    }

    fn patch(&mut self, call: &Call, key: &str, now: Moment) -> Answer {
        let fields = call.fields();
        let Some(Value::Object(changes)) = fields.get("data") else {
            return Err(Reply::error(400, "no data provided", unrecorded("KV v2: patch without data")));
        };
        let absent = || Reply::bodiless(404, recorded("kv2", "patch what is not there"));
        let current = self.keys.get(key).and_then(|key| key.versions.get(&key.current));
        let current = current.filter(|version| !version.is_deleted(now)).and_then(|version| version.data.clone());
        let mut data = Value::Object(current.ok_or_else(absent)?);
        self.check_and_set(&fields, key)?;
        merge(&mut data, &Value::Object(changes.clone()));
        let Value::Object(data) = data else { return Err(absent()) };
        Ok(self.put(key, data, now, recorded("kv2", "patch")))
    }

    fn put(&mut self, key: &str, data: Map<String, Value>, now: Moment, basis: Basis) -> Reply {
        let limits = self.limits;
        let key = self.keys.entry(key.to_owned()).or_insert_with(|| Key::new(now));
        key.add(data, limits, now);
        let facts = key.versions.get(&key.current).map(|new| new.facts(key.current, key.custom_metadata.as_ref()));
        Reply::data(facts.unwrap_or_default(), basis)
    }

    fn check_and_set(&self, fields: &Fields, key: &str) -> Result<(), Reply> {
        let key = self.keys.get(key);
        let required = self.limits.cas_required || key.is_some_and(|key| key.limits.cas_required);
        let given = fields.get("options").and_then(|options| options.get("cas")).and_then(Value::as_u64);
        let refused = |words: &str, name| Err(Reply::error(400, words, recorded("kv2", name)));
        match given {
            None if required => refused("check-and-set parameter required for this call", "write to it without cas"),
            Some(given) if given != key.map_or(0, |key| key.current) => {
                refused("check-and-set parameter did not match the current version", "write with a stale cas")
            }
            _ => Ok(()),
        }
    }

    /// Changes versions of a key; what is not there is passed over.
    fn mark(&mut self, key: &str, numbers: &[u64], change: impl Fn(&mut Version), basis: Basis) -> Answer {
        if let Some(key) = self.keys.get_mut(key) {
            for number in numbers {
                if let Some(version) = key.versions.get_mut(number) {
                    change(version);
                }
            }
        }
        Ok(Reply::nothing(basis))
    }

    fn config(&mut self, call: &Call) -> Answer {
        match call.operation {
            Operation::Read => {
                let data = json!({
                    "cas_required": self.limits.cas_required,
                    "delete_version_after": time::in_words(self.limits.delete_version_after),
                    "max_versions": self.limits.max_versions,
                    "metadata_cas_required": false,
                });
                Ok(Reply::data(data, unrecorded("KV v2: configuration of the mount")))
            }
            Operation::Write => {
                self.limits.read(&call.fields())?;
                Ok(Reply::nothing(unrecorded("KV v2: configuration of the mount")))
            }
            _ => Err(Reply::unsupported_operation()),
        }
    }
}

fn versions(call: &Call) -> Result<Vec<u64>, Reply> {
    let numbers = call.fields().numbers("versions");
    if numbers.is_empty() {
        return Err(Reply::error(400, "No version number provided", unrecorded("KV v2: no version number")));
    }
    Ok(numbers)
}

/// RFC 7386.
fn merge(target: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *target = changes.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}
