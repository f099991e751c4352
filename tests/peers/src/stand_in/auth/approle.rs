//! Roles for programs: a role id that stays, and secret ids that are used up.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{Admitted, Terms, refused};
use crate::stand_in::{
    ids,
    ledger::{recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Operation},
    time::{self, Moment},
};

#[derive(Debug, Default)]
pub(crate) struct Roles {
    all: BTreeMap<String, Role>,
}

#[derive(Debug)]
struct Role {
    id: String,
    bind_secret_id: bool,
    secret_id_uses: u64,
    secret_id_ttl: Duration,
    terms: Terms,
    secrets: BTreeMap<String, SecretId>,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            id: ids::uuid(),
            bind_secret_id: true,
            secret_id_uses: 0,
            secret_id_ttl: Duration::ZERO,
            terms: Terms::default(),
            secrets: BTreeMap::new(),
        }
    }
}

#[derive(Debug)]
struct SecretId {
    accessor: String,
    uses_left: Option<u64>,
    created: Moment,
    until: Option<Moment>,
    metadata: BTreeMap<String, String>,
}

impl Roles {
    pub(crate) fn exists(&self, path: &str) -> bool {
        path.strip_prefix("role/").is_some_and(|name| self.all.contains_key(name))
    }

    pub(super) fn log_in(&mut self, call: &Call, now: Moment) -> Result<Admitted, Reply> {
        let fields = call.fields();
        let id = fields.text("role_id").filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| refused("missing role_id", unrecorded("approle: login without a role id")))?;
        let unknown = || refused("invalid role or secret ID", recorded("approle", "unknown role id"));
        let (name, role) = self.all.iter_mut().find(|(_, role)| role.id == id).ok_or_else(unknown)?;
        let mut metadata = BTreeMap::from([("role_name".to_owned(), name.clone())]);
        if role.bind_secret_id {
            let secret = fields.text("secret_id").filter(|id| !id.is_empty());
            let secret = secret.ok_or_else(|| refused("missing secret_id", recorded("approle", "no secret id")))?;
            metadata.extend(role.spend(&secret, now)?);
        }
        let basis = recorded("approle", "log in");
        Ok(Admitted { name: role.id.clone(), metadata, terms: role.terms.clone(), basis })
    }

    pub(super) fn answer(&mut self, call: &Call, path: &str, now: Moment) -> Answer {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        if first != "role" {
            return Err(Reply::unsupported_path());
        }
        let (name, part) = rest.split_once('/').unwrap_or((rest, ""));
        match (call.operation, part) {
            (Operation::List, "") if name.is_empty() => {
                let keys: Vec<String> = self.all.keys().cloned().collect();
                Ok(Reply::keys(&keys, unrecorded("approle: list of roles")))
            }
            (Operation::Write, "") => self.write(call, name),
            (Operation::Delete, "") => {
                self.all.remove(name);
                Ok(Reply::nothing(unrecorded("approle: delete of a role")))
            }
            (_, _) => {
                let absent = match call.operation {
                    Operation::Read => Reply::absent(unrecorded("approle: no such role to read")),
                    _ => refused(format!("role {name:?} does not exist"), unrecorded("approle: no such role")),
                };
                self.all.get_mut(name).ok_or(absent)?.answer(call, part, now)
            }
        }
    }

    fn write(&mut self, call: &Call, name: &str) -> Answer {
        let fields = call.fields();
        let ttl = fields.duration("secret_id_ttl")?;
        let mut terms = self.all.get(name).map(|role| role.terms.clone()).unwrap_or_default();
        terms.read(&fields)?;
        let role = self.all.entry(name.to_owned()).or_default();
        role.terms = terms;
        role.bind_secret_id = fields.flag("bind_secret_id").unwrap_or(role.bind_secret_id);
        role.secret_id_uses = fields.number("secret_id_num_uses").unwrap_or(role.secret_id_uses);
        role.id = fields.text("role_id").unwrap_or_else(|| role.id.clone());
        role.secret_id_ttl = ttl.unwrap_or(role.secret_id_ttl);
        Ok(Reply::nothing(recorded("approle", "role")))
    }
}

impl Role {
    fn answer(&mut self, call: &Call, part: &str, now: Moment) -> Answer {
        let fields = call.fields();
        match (call.operation, part) {
            (Operation::Read, "") => {
                let mut shown: Map<String, Value> = self.terms.shown();
                shown.insert("bind_secret_id".to_owned(), json!(self.bind_secret_id));
                shown.insert("local_secret_ids".to_owned(), json!(false));
                shown.insert("secret_id_bound_cidrs".to_owned(), Value::Null);
                shown.insert("secret_id_num_uses".to_owned(), json!(self.secret_id_uses));
                shown.insert("secret_id_ttl".to_owned(), json!(self.secret_id_ttl.as_secs()));
                Ok(Reply::data(Value::Object(shown), unrecorded("approle: a role")))
            }
            (Operation::Read, "role-id") => {
                Ok(Reply::data(json!({ "role_id": self.id }), recorded("approle", "role id")))
            }
            (Operation::Write, "role-id") => {
                self.id = fields.text("role_id").unwrap_or_else(|| self.id.clone());
                Ok(Reply::nothing(unrecorded("approle: a role id of one's own")))
            }
            (Operation::Write, "secret-id" | "custom-secret-id") => {
                let uses = fields.number("num_uses").unwrap_or(self.secret_id_uses);
                let ttl = fields.duration("ttl")?.unwrap_or(self.secret_id_ttl);
                let id = fields.text("secret_id").filter(|_| part == "custom-secret-id").unwrap_or_else(ids::uuid);
                let metadata = fields.text("metadata").and_then(|text| serde_json::from_str(&text).ok());
                let secret = SecretId {
                    accessor: ids::uuid(),
                    uses_left: (uses > 0).then_some(uses),
                    created: now,
                    until: (!ttl.is_zero()).then(|| now.saturating_add(ttl)),
                    metadata: metadata.unwrap_or_default(),
                };
                let data = json!({
                    "secret_id": id, "secret_id_accessor": secret.accessor, "secret_id_num_uses": uses,
                    "secret_id_ttl": ttl.as_secs(),
                });
                self.secrets.insert(id, secret);
                Ok(Reply::data(data, recorded("approle", "secret id")))
            }
            (Operation::List, "secret-id/") => {
                let keys: Vec<String> = self.secrets.values().map(|secret| secret.accessor.clone()).collect();
                Ok(Reply::keys(&keys, unrecorded("approle: list of secret ids")))
            }
            (Operation::Write, "secret-id/lookup") => {
                let id = fields.text("secret_id").unwrap_or_default();
                let secret = self.secrets.get(&id);
                let secret = secret.ok_or_else(|| Reply::bodiless(204, unrecorded("approle: no such secret id")))?;
                let data = json!({
                    "cidr_list": [],
                    "creation_time": time::timestamp(secret.created),
                    "expiration_time": secret.until.map_or("0001-01-01T00:00:00Z".to_owned(), time::timestamp),
                    "last_updated_time": time::timestamp(secret.created),
                    "metadata": secret.metadata,
                    "secret_id_accessor": secret.accessor,
                    "secret_id_num_uses": secret.uses_left.unwrap_or_default(),
                    "secret_id_ttl": secret.until.map_or(0, |until| until.saturating_sub(secret.created).as_secs()),
                    "token_bound_cidrs": [],
                });
                Ok(Reply::data(data, unrecorded("approle: a secret id")))
            }
            (Operation::Write | Operation::Delete, "secret-id/destroy") => {
                self.secrets.remove(&fields.text("secret_id").unwrap_or_default());
                Ok(Reply::nothing(unrecorded("approle: destroy of a secret id")))
            }
            _ => Err(Reply::unsupported_operation()),
        }
    }

    /// Uses a secret id once, and gives the metadata that came with it.
    fn spend(&mut self, id: &str, now: Moment) -> Result<BTreeMap<String, String>, Reply> {
        let refusal = || refused("invalid role or secret ID", recorded("approle", "a secret id used up"));
        let secret = self.secrets.get_mut(id).ok_or_else(refusal)?;
        if secret.until.is_some_and(|until| until <= now) {
            self.secrets.remove(id);
            return Err(refusal());
        }
        let metadata = secret.metadata.clone();
        if let Some(left) = &mut secret.uses_left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.secrets.remove(id);
            }
        }
        Ok(metadata)
    }
}
