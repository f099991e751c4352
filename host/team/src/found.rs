//! What a server has of what is wanted. Only reads; what the difference comes to is `plan`'s business.
//!
//! Answers are looked at member by member: the response types of vaultrs want members that OpenBao does not send.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Access, Client, Error, Wanted, policy};

/// What a server has of what is wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The KV mount, as `sys/mounts` describes it.
    pub(crate) kv_mount: Option<Value>,
    /// The texts of the policies, by name.
    pub(crate) policies: BTreeMap<String, String>,
    /// The kinds of the auth mounts, by path without the slash at its end.
    pub(crate) auth_mounts: BTreeMap<String, String>,
    /// How the provider of the JWT mount is configured.
    pub(crate) jwt_config: Option<Value>,
    /// The roles at the JWT mount, by name.
    pub(crate) jwt_roles: BTreeMap<String, Value>,
    /// The users, by name.
    pub(crate) users: BTreeMap<String, Value>,
    /// The roles of machines, by name.
    pub(crate) approles: BTreeMap<String, Value>,
    /// The roles of machines that have a secret id.
    pub(crate) secret_ids: BTreeSet<String>,
}

impl Found {
    /// Asks the server.
    pub(crate) async fn read(client: &Client, wanted: &Wanted) -> Result<Self, Error> {
        let mut found = Found {
            kv_mount: client
                .read("sys/mounts")
                .await?
                .and_then(|all| all.get(format!("{}/", wanted.kv_mount)).cloned()),
            ..Found::default()
        };
        for access in [Access::Read, Access::Write] {
            for name in wanted.policies(access) {
                let policy = client.read(&format!("sys/policies/acl/{name}")).await?;
                let text = policy.as_ref().and_then(|policy| policy.get("policy")).and_then(Value::as_str);
                found.policies.extend(text.map(|text| (name, text.to_owned())));
            }
        }
        if wanted.auth_mounts().is_empty() {
            return Ok(found);
        }
        let mounts = client.read("sys/auth").await?.unwrap_or_default();
        for (path, facts) in mounts.as_object().into_iter().flatten() {
            if let Some(kind) = facts.get("type").and_then(Value::as_str) {
                found.auth_mounts.insert(path.trim_end_matches('/').to_owned(), kind.to_owned());
            }
        }
        found.read_principals(client, wanted).await?;
        Ok(found)
    }

    /// Below mounts that are there; below others there is nothing, and the server says `no handler` instead.
    async fn read_principals(&mut self, client: &Client, wanted: &Wanted) -> Result<(), Error> {
        if let Some(jwt) = wanted.jwt.as_ref().filter(|jwt| self.auth_mounts.contains_key(&jwt.mount)) {
            self.jwt_config = client.read(&format!("auth/{}/config", jwt.mount)).await?;
            for role in &jwt.roles {
                let at = format!("auth/{}/role/{}", jwt.mount, role.name);
                self.jwt_roles.extend(client.read(&at).await?.map(|facts| (role.name.clone(), facts)));
            }
        }
        if self.auth_mounts.contains_key(&wanted.userpass_mount) {
            for user in &wanted.users {
                let at = format!("auth/{}/users/{}", wanted.userpass_mount, user.name);
                self.users.extend(client.read(&at).await?.map(|facts| (user.name.clone(), facts)));
            }
        }
        if self.auth_mounts.contains_key(&wanted.approle_mount) {
            for role in &wanted.approles {
                let at = format!("auth/{}/role/{}", wanted.approle_mount, role.name);
                let Some(facts) = client.read(&at).await? else { continue };
                self.approles.insert(role.name.clone(), facts);
                if !client.list(&format!("{at}/secret-id")).await?.is_empty() {
                    self.secret_ids.insert(role.name.clone());
                }
            }
        }
        Ok(())
    }

    /// Whose a policy is, by its first line; none where that says nothing of it.
    pub(crate) fn owner(&self, name: &str) -> Option<&str> {
        self.policies.get(name)?.lines().next().map(str::trim).filter(|line| line.starts_with(policy::OWNER))
    }
}
