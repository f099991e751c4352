//! What differs between what is wanted and what is there, thing by thing, in the order in which it has to be made. Pure:
//! the server was asked before, and is told after.

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value};

use crate::{
    Access, Client, Error, Principal, Wanted,
    call::Call,
    change::{ANY, Change, TOKEN_MAX_TTL, TOKEN_TTL, claims_type},
    compare,
    found::Found,
    policy,
    wanted::{Jwt, RoleClaim},
    words,
};

/// Something that a team needs on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thing {
    /// The mount that the values are in.
    KvMount(String),
    /// A policy, by its name.
    Policy(String),
    /// A mount where one signs in: its path, and its kind.
    AuthMount(String, &'static str),
    /// The OpenID provider of a JWT mount.
    JwtConfig(String),
    /// A role of people at a JWT mount: mount and name.
    JwtRole(String, String),
    /// A user with a password: mount and name.
    User(String, String),
    /// A role of machines: mount and name.
    AppRole(String, String),
    /// The secret that a machine signs in with: mount and name of its role.
    SecretId(String, String),
}

impl Thing {
    /// What kind of thing it is, in one word that does not change.
    pub fn kind(&self) -> &'static str {
        match self {
            Thing::KvMount(_) => "kv-mount",
            Thing::Policy(_) => "policy",
            Thing::AuthMount(..) => "auth-mount",
            Thing::JwtConfig(_) => "jwt-config",
            Thing::JwtRole(..) => "jwt-role",
            Thing::User(..) => "user",
            Thing::AppRole(..) => "approle",
            Thing::SecretId(..) => "secret-id",
        }
    }

    /// Its name, or the path of its mount.
    pub fn name(&self) -> &str {
        match self {
            Thing::KvMount(name) | Thing::Policy(name) | Thing::AuthMount(name, _) | Thing::JwtConfig(name) => name,
            Thing::JwtRole(_, name) | Thing::User(_, name) | Thing::AppRole(_, name) | Thing::SecretId(_, name) => name,
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Thing::KvMount(mount) => write!(f, "the KV mount `{mount}`"),
            Thing::Policy(name) => write!(f, "the policy `{name}`"),
            Thing::AuthMount(mount, kind) if mount == kind => write!(f, "the auth mount `{mount}`"),
            Thing::AuthMount(mount, kind) => write!(f, "the auth mount `{mount}` ({kind})"),
            Thing::JwtConfig(mount) => write!(f, "the OpenID provider of `{mount}`"),
            Thing::JwtRole(mount, name) => write!(f, "the role `{name}` at `{mount}`"),
            Thing::User(mount, name) => write!(f, "the user `{name}` at `{mount}`"),
            Thing::AppRole(mount, name) => write!(f, "the role `{name}` at `{mount}`"),
            Thing::SecretId(mount, name) => write!(f, "a secret id of the role `{name}` at `{mount}`"),
        }
    }
}

/// How a thing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is as it is wanted.
    Same,
    /// It is not there.
    Missing,
    /// It is there, and these things of it are otherwise, in words.
    Differs(Vec<String>),
}

/// One thing, how it stands, and what would be done about it.
#[derive(Clone, Debug)]
pub struct Step {
    pub(crate) thing: Thing,
    pub(crate) state: State,
    pub(crate) change: Option<Change>,
    call: Option<Call>,
}

impl Step {
    fn same(thing: Thing) -> Self {
        Step { thing, state: State::Same, change: None, call: None }
    }

    fn to_do(thing: Thing, state: State, change: Change) -> Result<Self, Error> {
        let call = Some(change.call("")?);
        Ok(Step { thing, state, change: Some(change), call })
    }

    /// Missing where nothing was found; else by what differs of it.
    fn of(thing: Thing, found: Option<Vec<String>>, change: Change) -> Result<Self, Error> {
        match found {
            None => Step::to_do(thing, State::Missing, change),
            Some(none) if none.is_empty() => Ok(Step::same(thing)),
            Some(differences) => {
                let differences = differences.iter().map(|words| words::plain(words)).collect();
                Step::to_do(thing, State::Differs(differences), change)
            }
        }
    }

    /// What it is about.
    pub fn thing(&self) -> &Thing {
        &self.thing
    }

    /// How that stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The request that would be sent, if one would.
    pub fn call(&self) -> Option<&Call> {
        self.call.as_ref()
    }
}

/// What has to be done so that a server has what is wanted.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// Looks at the server, and sends it no write.
    ///
    /// # Errors
    /// [`Error::Usage`] where what is wanted cannot be meant; [`Error::KvVersion1`] and [`Error::Taken`] where something
    /// stands in the way that is not this command's to change; and what a server that cannot be asked answers.
    pub async fn of(client: &Client, wanted: &Wanted) -> Result<Plan, Error> {
        wanted.check()?;
        client.ready().await?;
        plan(wanted, &Found::read(client, wanted).await?)
    }

    /// Every thing that is wanted, in the order in which it is made.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether something is not as it is wanted.
    pub fn differs(&self) -> bool {
        self.steps.iter().any(|step| step.state != State::Same)
    }

    /// The users that are not there yet: each needs a password.
    pub fn new_users(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter(|step| step.state == State::Missing).filter_map(|step| match &step.thing {
            Thing::User(_, name) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// What has to be done. Pure.
pub(crate) fn plan(wanted: &Wanted, found: &Found) -> Result<Plan, Error> {
    let mut steps = vec![kv_mount(wanted, found)?];
    for namespace in &wanted.namespaces {
        for access in [Access::Read, Access::Write] {
            steps.push(policy_of(wanted, found, namespace, access)?);
        }
    }
    for (mount, kind) in wanted.auth_mounts() {
        steps.push(auth_mount(mount, kind, found)?);
    }
    if let Some(jwt) = &wanted.jwt {
        steps.push(jwt_config(jwt, found)?);
        for role in &jwt.roles {
            let bound_claim = role.held_by.as_ref().map(RoleClaim::pointer);
            let there = found.jwt_roles.get(&role.name);
            let policies = wanted.policies(role.access);
            let differences = there.map(|there| {
                let claims = bound_claim.iter().map(|at| (at.clone(), ANY.into())).collect::<Map<String, Value>>();
                let mut expected = vec![
                    compare::text(there, "role_type", "jwt"),
                    compare::text(there, "user_claim", "sub"),
                    compare::text(there, "groups_claim", ""),
                    compare::list(there, "bound_audiences", std::slice::from_ref(&jwt.client_id)),
                    compare::text(there, "bound_claims_type", claims_type(bound_claim.as_deref())),
                    compare::map(there, "bound_claims", &claims),
                ];
                expected.extend(token(there, &policies));
                expected.into_iter().flatten().collect()
            });
            let change = Change::SetJwtRole {
                mount: jwt.mount.clone(),
                name: role.name.clone(),
                client_id: jwt.client_id.clone(),
                bound_claim,
                policies: with_those_of(there, policies),
            };
            steps.push(Step::of(Thing::JwtRole(jwt.mount.clone(), role.name.clone()), differences, change)?);
        }
    }
    for Principal { name, access } in &wanted.users {
        let (mount, policies, there) = (wanted.userpass_mount.clone(), wanted.policies(*access), found.users.get(name));
        let differences = there.map(|there| token(there, &policies).into_iter().flatten().collect());
        let thing = Thing::User(mount.clone(), name.clone());
        let policies = with_those_of(there, policies);
        let change = match there {
            None => Change::CreateUser { mount, name: name.clone(), policies },
            Some(_) => Change::UpdateUser { mount, name: name.clone(), policies },
        };
        steps.push(Step::of(thing, differences, change)?);
    }
    for Principal { name, access } in &wanted.approles {
        let (mount, policies) = (wanted.approle_mount.clone(), wanted.policies(*access));
        let there = found.approles.get(name);
        let differences = there.map(|there| {
            let bound = [compare::truth(there, "bind_secret_id")];
            bound.into_iter().chain(token(there, &policies)).flatten().collect()
        });
        let change =
            Change::SetAppRole { mount: mount.clone(), name: name.clone(), policies: with_those_of(there, policies) };
        steps.push(Step::of(Thing::AppRole(mount.clone(), name.clone()), differences, change)?);
        let secret = found.secret_ids.contains(name).then(Vec::new);
        let change = Change::GenerateSecretId { mount: mount.clone(), role: name.clone() };
        steps.push(Step::of(Thing::SecretId(mount, name.clone()), secret, change)?);
    }
    Ok(Plan { steps })
}

fn kv_mount(wanted: &Wanted, found: &Found) -> Result<Step, Error> {
    let mount = &wanted.kv_mount;
    let thing = Thing::KvMount(mount.clone());
    let Some(there) = &found.kv_mount else {
        return Step::to_do(thing, State::Missing, Change::EnableKv { mount: mount.clone() });
    };
    let version = there.pointer("/options/version").and_then(Value::as_str);
    match there.get("type").and_then(Value::as_str) {
        Some("kv") if version == Some("2") => Ok(Step::same(thing)),
        Some("kv") => Err(Error::KvVersion1 { mount: mount.clone() }),
        kind => Err(Error::Taken {
            thing,
            found: words::plain(&format!("a mount of kind `{}` is there", kind.unwrap_or("unknown"))),
            remedy: "name another one: --kv-mount MOUNT".to_owned(),
        }),
    }
}

fn policy_of(wanted: &Wanted, found: &Found, namespace: &str, access: Access) -> Result<Step, Error> {
    let name = policy::name(&wanted.policy_prefix, namespace, access);
    let text = policy::text(&wanted.kv_mount, namespace, access);
    let thing = Thing::Policy(name.clone());
    if let Some(owner) = found.owner(&name).filter(|owner| *owner != policy::owner(&wanted.kv_mount, namespace)) {
        return Err(Error::Taken {
            thing,
            found: words::plain(&format!("it is for {}", owner.trim_start_matches(policy::OWNER))),
            remedy: "give these policies other names: --policy-prefix PREFIX".to_owned(),
        });
    }
    let differences = found.policies.get(&name).map(|there| {
        let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<String>>();
        let (is, should) = (lines(there.trim_end()), lines(text.trim_end()));
        let only = |these: &[String], others: &[String], word: &str| {
            let only = these.iter().filter(|line| !line.is_empty() && !others.contains(line));
            only.map(|line| format!("{word} {line}")).collect::<Vec<String>>()
        };
        let mut differences = [only(&should, &is, "lacks"), only(&is, &should, "has besides")].concat();
        if differences.is_empty() && is != should {
            differences.push("has its lines in another order".to_owned());
        }
        differences
    });
    Step::of(thing, differences, Change::PutPolicy { name, text })
}

fn auth_mount(mount: &str, kind: &'static str, found: &Found) -> Result<Step, Error> {
    let thing = Thing::AuthMount(mount.to_owned(), kind);
    match found.auth_mounts.get(mount).map(String::as_str) {
        None => Step::to_do(thing, State::Missing, Change::EnableAuth { mount: mount.to_owned(), kind }),
        // The same plugin under its other name.
        Some(there) if there == kind || (kind == "jwt" && there == "oidc") => Ok(Step::same(thing)),
        Some(there) => Err(Error::Taken {
            thing,
            found: words::plain(&format!("an auth mount of kind `{there}` is there")),
            remedy: format!("name another one: --{kind}-mount MOUNT"),
        }),
    }
}

/// A provider that is there already is not replaced: others may sign in with it, and its client secret cannot be read back.
fn jwt_config(jwt: &Jwt, found: &Found) -> Result<Step, Error> {
    let thing = Thing::JwtConfig(jwt.mount.clone());
    let Some(there) = &found.jwt_config else {
        let change = Change::ConfigureJwt { mount: jwt.mount.clone(), discovery_url: jwt.discovery_url.clone() };
        return Step::to_do(thing, State::Missing, change);
    };
    let text = |name: &str| there.get(name).and_then(Value::as_str).unwrap_or_default();
    let (url, issuer) = (text("oidc_discovery_url"), text("bound_issuer"));
    if url == jwt.discovery_url && (issuer.is_empty() || issuer == url) {
        return Ok(Step::same(thing));
    }
    let found = match url {
        "" => "it is configured without the address of a provider".to_owned(),
        url if url == jwt.discovery_url => format!("it takes tokens of the issuer `{issuer}` only"),
        url => format!("it is configured for `{url}`, not for `{}`", jwt.discovery_url),
    };
    let almost = url.trim_end_matches('/') == jwt.discovery_url.trim_end_matches('/') && url != jwt.discovery_url;
    let remedy = match almost {
        true => format!("an issuer is compared to the character: say --oidc-discovery-url {url}"),
        false => format!(
            "name another mount (--jwt-mount MOUNT), or change this one yourself: bao write auth/{}/config …",
            jwt.mount
        ),
    };
    Err(Error::Taken { thing, found: words::plain(&found), remedy: words::plain(&remedy) })
}

/// The policies, and those that are there already: what another project or another hand gave is not taken away.
fn with_those_of(there: Option<&Value>, policies: Vec<String>) -> Vec<String> {
    let there = there.and_then(|there| there.get("token_policies")).and_then(Value::as_array);
    let mut all: BTreeSet<String> =
        there.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    all.extend(policies);
    all.into_iter().collect()
}

/// What is otherwise of the tokens that a role or user gets.
fn token(there: &Value, policies: &[String]) -> [Option<String>; 3] {
    let has = compare::texts(there, "token_policies");
    let lacking: Vec<String> =
        policies.iter().filter(|name| !has.contains(name.as_str())).map(|name| format!("`{name}`")).collect();
    [
        (!lacking.is_empty()).then(|| format!("token_policies lacks {}", lacking.join(", "))),
        compare::number(there, "token_ttl", TOKEN_TTL),
        compare::number(there, "token_max_ttl", TOKEN_MAX_TTL),
    ]
}

#[cfg(test)]
mod tests;
