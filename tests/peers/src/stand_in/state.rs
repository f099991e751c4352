//! What the stand-in knows: its seal, its namespaces with their mounts and policies, its tokens.

use std::collections::BTreeMap;

use super::{
    acl::Policy,
    auth::AuthMount,
    ids,
    ledger::{Ledger, recorded},
    lifecycle::Seal,
    mounts::Mount,
    quotas::Limits,
    replies::Reply,
    time::{Clock, Moment},
    tokens::Tokens,
    wrapping::Wrapped,
};
use crate::jwt::Trust;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) seal: Seal,
    /// By path, with a slash at the end; the root is `""`.
    pub(crate) namespaces: BTreeMap<String, Namespace>,
    pub(crate) tokens: Tokens,
    pub(crate) limits: Limits,
    pub(crate) wrapped: BTreeMap<String, Wrapped>,
    pub(crate) ledger: Ledger,
    pub(crate) trust: Trust,
    /// One entity for each name at each auth mount.
    entities: BTreeMap<(String, String), String>,
}

#[derive(Debug, Default)]
pub(crate) struct Namespace {
    pub(crate) id: String,
    pub(crate) uuid: String,
    /// By path, with a slash at the end.
    pub(crate) mounts: BTreeMap<String, Mount>,
    pub(crate) auths: BTreeMap<String, AuthMount>,
    pub(crate) policies: BTreeMap<String, Policy>,
}

impl Namespace {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            id: ids::letters::<6>(),
            uuid: ids::uuid(),
            policies: BTreeMap::from([("default".to_owned(), Policy::default_policy(now))]),
            ..Self::default()
        }
    }

    /// The mount that a path lies in, and what follows the mount's own path.
    pub(crate) fn mount_of<'a>(&self, path: &'a str) -> Option<(String, &'a str)> {
        longest(self.mounts.keys(), path)
    }

    /// The same for `auth/…`; the path without that word.
    pub(crate) fn auth_of<'a>(&self, path: &'a str) -> Option<(String, &'a str)> {
        longest(self.auths.keys(), path)
    }
}

fn longest<'a, 'b>(mounts: impl Iterator<Item = &'b String>, path: &'a str) -> Option<(String, &'a str)> {
    let within = |mount: &'b String| path.strip_prefix(mount.as_str()).map(|rest| (mount.clone(), rest));
    mounts.filter_map(within).max_by_key(|(mount, _)| mount.len())
}

impl State {
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn namespace(&self, path: &str) -> Result<&Namespace, Reply> {
        self.namespaces.get(path).ok_or_else(no_namespace)
    }

    pub(crate) fn namespace_mut(&mut self, path: &str) -> Result<&mut Namespace, Reply> {
        self.namespaces.get_mut(path).ok_or_else(no_namespace)
    }

    /// The namespace that a header and the beginning of a path name together, and the path within it.
    pub(crate) fn locate(&self, header: &str, path: &str) -> Result<(String, String), Reply> {
        let header = header.trim_matches('/');
        let mut namespace = if header.is_empty() || header == "root" { String::new() } else { format!("{header}/") };
        if !self.namespaces.contains_key(&namespace) {
            return Err(no_namespace());
        }
        let mut path = path;
        while let Some((first, rest)) = path.split_once('/') {
            let deeper = format!("{namespace}{first}/");
            if !self.namespaces.contains_key(&deeper) {
                break;
            }
            (namespace, path) = (deeper, rest);
        }
        Ok((namespace, path.to_owned()))
    }

    /// The entity that a name at an auth mount stands for.
    pub(crate) fn entity(&mut self, accessor: &str, name: &str) -> String {
        self.entities.entry((accessor.to_owned(), name.to_owned())).or_insert_with(ids::uuid).clone()
    }
}

fn no_namespace() -> Reply {
    Reply::error(404, "namespace not found", recorded("namespaces", "a namespace that is none"))
}
