//! Mounts of secrets: enabling, listing, what a client may see of one. Mounts of logins share the listing; see `auth`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    acl::Acl,
    ids,
    kv1::Kv1,
    kv2::Kv2,
    ledger::{recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Fields, Operation},
    state::{Namespace, State},
    time::Moment,
};

/// What any mount has.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) kind: String,
    pub(crate) accessor: String,
    pub(crate) uuid: String,
    pub(crate) description: String,
    default_lease_ttl: u64,
    max_lease_ttl: u64,
}

impl Facts {
    pub(crate) fn new(kind: &str, fields: &Fields) -> Self {
        Self {
            kind: kind.to_owned(),
            accessor: ids::mount_accessor(kind),
            uuid: ids::uuid(),
            description: fields.text("description").unwrap_or_default(),
            default_lease_ttl: 0,
            max_lease_ttl: 0,
        }
    }

    /// Takes `default_lease_ttl` and `max_lease_ttl` from fields.
    pub(crate) fn tune(&mut self, fields: &Fields) -> Result<(), Reply> {
        if let Some(ttl) = fields.duration("default_lease_ttl")? {
            self.default_lease_ttl = ttl.as_secs();
        }
        if let Some(ttl) = fields.duration("max_lease_ttl")? {
            self.max_lease_ttl = ttl.as_secs();
        }
        self.description = fields.text("description").unwrap_or_else(|| self.description.clone());
        Ok(())
    }

    pub(crate) fn config(&self) -> Map<String, Value> {
        let mut config = Map::new();
        config.insert("default_lease_ttl".to_owned(), json!(self.default_lease_ttl));
        config.insert("force_no_cache".to_owned(), json!(false));
        config.insert("max_lease_ttl".to_owned(), json!(self.max_lease_ttl));
        config
    }

    /// As lists of mounts tell it.
    pub(crate) fn shown(&self, options: &Value, config: Map<String, Value>) -> Value {
        json!({
            "accessor": self.accessor,
            "config": config,
            "deprecation_status": "supported",
            "description": self.description,
            "external_entropy_access": false,
            "local": false,
            "options": options,
            "plugin_version": "",
            "running_plugin_version": "v2.0.0+builtin.bao",
            "running_sha256": "",
            "seal_wrap": false,
            "type": self.kind,
            "uuid": self.uuid,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) facts: Facts,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    One(Kv1),
    Two(Box<Kv2>),
}

impl Mount {
    pub(crate) fn kv(version: u8, fields: &Fields) -> Self {
        let engine = if version == 2 { Engine::Two(Box::default()) } else { Engine::One(Kv1::default()) };
        Self { facts: Facts::new("kv", fields), engine }
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        match &self.engine {
            Engine::One(engine) => engine.exists(path),
            Engine::Two(engine) => engine.exists(path),
        }
    }

    pub(crate) fn answer(&mut self, call: &Call, path: &str, now: Moment) -> Answer {
        match &mut self.engine {
            Engine::One(engine) => engine.answer(call, path),
            Engine::Two(engine) => engine.answer(call, path, now),
        }
    }

    fn shown(&self) -> Value {
        let version = if matches!(self.engine, Engine::One(_)) { "1" } else { "2" };
        self.facts.shown(&json!({ "version": version }), self.facts.config())
    }
}

/// `sys/mounts`, and what is below it.
pub(crate) fn answer(state: &mut State, call: &Call, rest: &str) -> Answer {
    let namespace = state.namespace_mut(&call.namespace)?;
    let (path, tune) = rest.strip_suffix("/tune").map_or((rest, false), |path| (path, true));
    let path = format!("{}/", path.trim_matches('/'));
    match call.operation {
        Operation::Read if rest.is_empty() => {
            let shown = |(path, mount): (&String, &Mount)| (path.clone(), mount.shown());
            let all: Map<_, _> = namespace.mounts.iter().map(shown).collect();
            Ok(Reply::data_twice(Value::Object(all), unrecorded("sys/mounts: list")))
        }
        Operation::Read => {
            let missing = || {
                let words = format!("No secret engine mount at {path}");
                Reply::error(400, words, unrecorded("sys/mounts: no such mount"))
            };
            let mount = namespace.mounts.get(&path).ok_or_else(missing)?;
            let mut data = mount.shown();
            if tune {
                let mut config = mount.facts.config();
                config.insert("description".to_owned(), json!(mount.facts.description));
                config.insert("options".to_owned(), data.get("options").cloned().unwrap_or_default());
                data = Value::Object(config);
            }
            Ok(Reply::data_twice(data, unrecorded("sys/mounts: one mount")))
        }
        Operation::Write if tune => {
            let missing = || Reply::error(400, "no mount found", unrecorded("sys/mounts: tune of no mount"));
            let mount = namespace.mounts.get_mut(&path).ok_or_else(missing)?;
            mount.facts.tune(&call.fields())?;
            Ok(Reply::nothing(unrecorded("sys/mounts: tune")))
        }
        Operation::Write => enable(namespace, &path, &call.fields()),
        Operation::Delete => {
            namespace.mounts.remove(&path);
            Ok(Reply::nothing(unrecorded("sys/mounts: disable")))
        }
        _ => Err(Reply::unsupported_operation()),
    }
}

fn enable(namespace: &mut Namespace, path: &str, fields: &Fields) -> Answer {
    let kind = fields.text("type").unwrap_or_default();
    let options = fields.get("options").and_then(Value::as_object).cloned().unwrap_or_default();
    let named = Fields(options).text("version");
    let version = match (kind.as_str(), named.as_deref()) {
        ("kv-v2", _) | ("kv", Some("2")) => 2,
        ("kv" | "kv-v1" | "generic", None | Some("1")) => 1,
        ("kv", Some(other)) => {
            let words = format!("unknown version {other:?} for kv engine");
            return Err(Reply::error(400, words, unrecorded("sys/mounts: a version that is none")));
        }
        _ => {
            let words = format!("plugin not found in the catalog: {kind}");
            return Err(Reply::error(400, words, unrecorded("sys/mounts: a type that is not played")));
        }
    };
    if let Some(taken) = namespace.mounts.keys().find(|mount| mount.starts_with(path) || path.starts_with(*mount)) {
        let words = format!("path is already in use at {taken}");
        return Err(Reply::error(400, words, recorded("mounts", "enable it again")));
    }
    if ["auth/", "sys/", "identity/", "cubbyhole/"].iter().any(|reserved| path.starts_with(reserved)) {
        let words = format!("path is already in use at {path}");
        return Err(Reply::error(400, words, unrecorded("sys/mounts: a path of the server's own")));
    }
    let mut mount = Mount::kv(version, fields);
    let config = fields.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    mount.facts.tune(&Fields(config))?;
    mount.facts.description = fields.text("description").unwrap_or_default();
    namespace.mounts.insert(path.to_owned(), mount);
    Ok(Reply::nothing(recorded("mounts", "enable a KV v2 mount")))
}

/// `sys/internal/ui/mounts/{path}`: what anyone may see who may do something there.
pub(crate) fn seen_by_a_client(namespace: &Namespace, acl: &Acl, prefix: &str, rest: &str) -> Answer {
    let path = format!("{}/", rest.trim_end_matches('/'));
    let refused = || {
        let words = format!(
            "preflight capability check returned 403, please ensure client's policies grant access to path {path:?}"
        );
        Reply::error(403, words, recorded("mounts", "mount facts of no mount"))
    };
    let (name, mount) = match path.strip_prefix("auth/").and_then(|path| namespace.auth_of(path)) {
        Some((name, _)) => {
            let shown = namespace.auths.get(&name).map(super::auth::AuthMount::shown);
            (format!("auth/{name}"), shown)
        }
        None => {
            let (name, _) = namespace.mount_of(&path).ok_or_else(refused)?;
            let shown = namespace.mounts.get(&name).map(Mount::shown);
            (name, shown)
        }
    };
    let mut mount = mount.filter(|_| acl.reaches(&format!("{prefix}{name}"))).ok_or_else(refused)?;
    if let Some(facts) = mount.as_object_mut() {
        facts.insert("path".to_owned(), json!(name));
    }
    Ok(Reply::data(mount, recorded("mounts", "mount facts as seen by a client")))
}

/// `sys/internal/ui/mounts`: all of them, for the same eyes.
pub(crate) fn all_seen_by_a_client(namespace: &Namespace, acl: &Acl, prefix: &str) -> Answer {
    let seen = |path: &str| acl.reaches(&format!("{prefix}{path}"));
    let secret: BTreeMap<_, _> =
        namespace.mounts.iter().filter(|(path, _)| seen(path)).map(|(path, mount)| (path, mount.shown())).collect();
    let auth: BTreeMap<_, _> = namespace.auths.iter().filter(|(path, _)| seen(&format!("auth/{path}"))).collect();
    let auth: BTreeMap<_, _> = auth.into_iter().map(|(path, mount)| (path, mount.shown())).collect();
    Ok(Reply::data(json!({ "secret": secret, "auth": auth }), unrecorded("sys/internal/ui/mounts: list")))
}
