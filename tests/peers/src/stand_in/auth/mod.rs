//! Ways to log in: the mounts of them, what users and roles say of the tokens that are handed out, and the login itself.

mod approle;
mod claims;
mod jwt;
pub(crate) mod token;
mod userpass;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    ledger::{Basis, recorded, unrecorded},
    mounts::Facts,
    replies::{Answer, Reply},
    request::{Call, Fields, Operation},
    state::State,
    tokens::Grant,
};

#[derive(Debug)]
pub(crate) struct AuthMount {
    facts: Facts,
    method: Method,
}

#[derive(Debug)]
enum Method {
    Userpass(userpass::Users),
    Approle(approle::Roles),
    Jwt(Box<jwt::Jwt>),
}

impl AuthMount {
    fn new(kind: &str, fields: &Fields) -> Option<Self> {
        let method = match kind {
            "userpass" => Method::Userpass(userpass::Users::default()),
            "approle" => Method::Approle(approle::Roles::default()),
            "jwt" | "oidc" => Method::Jwt(Box::default()),
            _ => return None,
        };
        Some(Self { facts: Facts::new(kind, fields), method })
    }

    /// Whether a path below the mount is one that needs no token.
    pub(crate) fn is_login(&self, path: &str) -> bool {
        match &self.method {
            Method::Userpass(_) => path.starts_with("login/"),
            Method::Approle(_) | Method::Jwt(_) => path == "login",
        }
    }

    /// What tells a creation from an update.
    pub(crate) fn exists(&self, path: &str) -> bool {
        match &self.method {
            Method::Userpass(users) => users.exists(path),
            Method::Approle(roles) => roles.exists(path),
            Method::Jwt(jwt) => jwt.exists(path),
        }
    }

    pub(crate) fn shown(&self) -> Value {
        let mut config = self.facts.config();
        config.insert("token_type".to_owned(), json!("default-service"));
        self.facts.shown(&Value::Null, config)
    }
}

/// `sys/auth`, and what is below it.
pub(crate) fn mounts(state: &mut State, call: &Call, rest: &str) -> Answer {
    let path = format!("{}/", rest.trim_matches('/'));
    let fields = call.fields();
    match call.operation {
        Operation::Read if rest.is_empty() => {
            let namespace = state.namespace(&call.namespace)?;
            let shown = |(path, mount): (&String, &AuthMount)| (path.clone(), mount.shown());
            let mut all: Map<_, _> = namespace.auths.iter().map(shown).collect();
            let token = Facts::new("token", &Fields::default());
            all.insert("token/".to_owned(), token.shown(&Value::Null, token.config()));
            Ok(Reply::data_twice(Value::Object(all), unrecorded("sys/auth: list")))
        }
        Operation::Read => {
            let missing =
                || Reply::error(400, format!("No auth engine at {path}"), unrecorded("sys/auth: no such mount"));
            let namespace = state.namespace(&call.namespace)?;
            let mount = namespace.auths.get(&path).ok_or_else(missing)?;
            Ok(Reply::data_twice(mount.shown(), unrecorded("sys/auth: one mount")))
        }
        Operation::Write if rest.ends_with("/tune") => {
            let path = path.trim_end_matches("tune/");
            let missing = || Reply::error(400, "no mount found", unrecorded("sys/auth: tune of no mount"));
            let namespace = state.namespace_mut(&call.namespace)?;
            namespace.auths.get_mut(path).ok_or_else(missing)?.facts.tune(&fields)?;
            Ok(Reply::nothing(unrecorded("sys/auth: tune")))
        }
        Operation::Write => {
            let kind = fields.text("type").unwrap_or_default();
            let namespace = state.namespace_mut(&call.namespace)?;
            let taken = |mount: &String| mount.starts_with(&path) || path.starts_with(mount.as_str());
            if path == "token/" || namespace.auths.keys().any(taken) {
                let words = format!("path is already in use at {path}");
                return Err(Reply::error(400, words, unrecorded("sys/auth: enable it again")));
            }
            let unknown = || {
                let words = format!("plugin not found in the catalog: {kind}");
                Reply::error(400, words, unrecorded("sys/auth: a type that is not played"))
            };
            let mount = AuthMount::new(&kind, &fields).ok_or_else(unknown)?;
            let basis = match mount.method {
                Method::Userpass(_) => recorded("userpass", "enable userpass"),
                Method::Approle(_) => recorded("approle", "enable"),
                Method::Jwt(_) => recorded("jwt", "enable jwt"),
            };
            namespace.auths.insert(path, mount);
            Ok(Reply::nothing(basis))
        }
        Operation::Delete => {
            state.namespace_mut(&call.namespace)?.auths.remove(&path);
            state.tokens.revoke_by_path(&call.namespace, &format!("auth/{path}"));
            Ok(Reply::nothing(unrecorded("sys/auth: disable")))
        }
        _ => Err(Reply::unsupported_operation()),
    }
}

/// A path below `auth/` that is not the tokens'.
pub(crate) fn answer(state: &mut State, call: &Call, name: &str, path: &str) -> Answer {
    let now = state.now();
    let trust = state.trust.clone();
    let mount = state.namespace_mut(&call.namespace)?.auths.get_mut(name);
    let mount = mount.ok_or_else(|| Reply::no_route(&call.path))?;
    let login = mount.is_login(path);
    if login && call.operation != Operation::Write {
        return Err(Reply::unsupported_operation());
    }
    let outcome = match (&mut mount.method, login) {
        (Method::Userpass(users), true) => users.log_in(call, path, now)?,
        (Method::Approle(roles), true) => roles.log_in(call, now)?,
        (Method::Jwt(jwt), true) => jwt.log_in(call, &trust, now)?,
        (Method::Userpass(users), false) => return users.answer(call, path),
        (Method::Approle(roles), false) => return roles.answer(call, path, now),
        (Method::Jwt(jwt), false) => return jwt.answer(call, path),
    };
    let accessor = mount.facts.accessor.clone();
    let mut grant = outcome.terms.grant();
    grant.path = format!("auth/{name}{path}");
    grant.display_name = format!("{}-{}", name.trim_end_matches('/'), outcome.name);
    grant.metadata = Some(outcome.metadata);
    grant.entity = state.entity(&accessor, &outcome.name);
    let token = state.tokens.issue(&call.namespace, grant, now);
    Ok(Reply::login(token.as_auth(now), outcome.basis))
}

/// Someone who is let in.
struct Admitted {
    name: String,
    metadata: BTreeMap<String, String>,
    terms: Terms,
    basis: Basis,
}

/// What a user or a role says of the tokens that it gives.
#[derive(Clone, Debug, Default)]
struct Terms {
    policies: Vec<String>,
    ttl: u64,
    max_ttl: u64,
    explicit_max_ttl: u64,
    period: u64,
    uses: u64,
    no_default_policy: bool,
    kind: String,
}

impl Terms {
    /// Takes what fields say; `policies`, `ttl` and `max_ttl` are older names.
    fn read(&mut self, fields: &Fields) -> Result<(), Reply> {
        if let Some(policies) = fields.list("token_policies").or_else(|| fields.list("policies")) {
            self.policies = policies;
        }
        let seconds = |new: &str, old: &str, before: u64| -> Result<u64, Reply> {
            let found = fields.duration(new)?;
            let found = if found.is_none() { fields.duration(old)? } else { found };
            Ok(found.map_or(before, |duration| duration.as_secs()))
        };
        self.ttl = seconds("token_ttl", "ttl", self.ttl)?;
        self.max_ttl = seconds("token_max_ttl", "max_ttl", self.max_ttl)?;
        self.explicit_max_ttl = seconds("token_explicit_max_ttl", "token_explicit_max_ttl", self.explicit_max_ttl)?;
        self.period = seconds("token_period", "period", self.period)?;
        self.uses = fields.number("token_num_uses").or_else(|| fields.number("num_uses")).unwrap_or(self.uses);
        self.no_default_policy = fields.flag("token_no_default_policy").unwrap_or(self.no_default_policy);
        self.kind = fields.text("token_type").unwrap_or_else(|| self.kind.clone());
        if self.max_ttl > 0 && self.ttl > self.max_ttl {
            let words = "'token_ttl' cannot be greater than 'token_max_ttl'";
            return Err(Reply::error(400, words, unrecorded("a ttl above its maximum")));
        }
        Ok(())
    }

    fn shown(&self) -> Map<String, Value> {
        let shown = json!({
            "token_bound_cidrs": [],
            "token_explicit_max_ttl": self.explicit_max_ttl,
            "token_max_ttl": self.max_ttl,
            "token_no_default_policy": self.no_default_policy,
            "token_num_uses": self.uses,
            "token_period": self.period,
            "token_policies": self.policies,
            "token_strictly_bind_ip": false,
            "token_ttl": self.ttl,
            "token_type": if self.kind.is_empty() { "default" } else { &self.kind },
        });
        shown.as_object().cloned().unwrap_or_default()
    }

    fn grant(&self) -> Grant {
        let seconds = std::time::Duration::from_secs;
        let mut policies: std::collections::BTreeSet<String> = self.policies.iter().cloned().collect();
        if !self.no_default_policy {
            policies.insert("default".to_owned());
        }
        Grant {
            policies,
            ttl: seconds(self.ttl),
            max_ttl: seconds(self.max_ttl),
            explicit_max_ttl: seconds(self.explicit_max_ttl),
            period: seconds(self.period),
            renewable: true,
            uses: self.uses,
            batch: self.kind == "batch",
            ..Grant::default()
        }
    }
}

/// An error of a login: 400, told from others by its words alone.
fn refused(words: impl Into<String>, basis: Basis) -> Reply {
    Reply::error(400, words, basis)
}
