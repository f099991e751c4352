//! Tokens: how long they live, how often they may be used, whose they are. The store; its paths are in `auth/token.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    ids,
    time::{self, Moment},
};

/// What a token lives if nothing is said, and at most: 768 hours.
pub(crate) const LONGEST: Duration = Duration::from_secs(2_764_800);

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) accessor: String,
    pub(crate) namespace: String,
    pub(crate) grant: Grant,
    pub(crate) created: Moment,
    /// `None` never: a root token.
    pub(crate) expires: Option<Moment>,
    pub(crate) uses_left: Option<u64>,
    pub(crate) renewed: Option<Moment>,
}

/// What a token is to be like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grant {
    pub(crate) id: Option<String>,
    pub(crate) policies: BTreeSet<String>,
    pub(crate) path: String,
    pub(crate) display_name: String,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    pub(crate) ttl: Duration,
    pub(crate) max_ttl: Duration,
    pub(crate) explicit_max_ttl: Duration,
    pub(crate) period: Duration,
    pub(crate) renewable: bool,
    pub(crate) uses: u64,
    pub(crate) parent: Option<String>,
    pub(crate) batch: bool,
    pub(crate) entity: String,
}

impl Grant {
    /// A period is the life; nothing outlives its own limit or the server's.
    fn life(&self, wanted: Duration) -> Duration {
        let wanted = if self.period.is_zero() { wanted } else { self.period };
        let wanted = if wanted.is_zero() { LONGEST } else { wanted };
        let limits = [self.max_ttl, self.explicit_max_ttl, LONGEST];
        let limits = limits.into_iter().filter(|limit| !limit.is_zero());
        if self.period.is_zero() { limits.fold(wanted, Duration::min) } else { wanted.min(LONGEST) }
    }

    /// What the server says where less is given than was asked for.
    pub(crate) fn capped(&self, wanted: Duration) -> Option<String> {
        let given = self.life(wanted);
        let words = || {
            let (wanted, given) = (time::in_words(wanted), time::in_words(given));
            format!("TTL of {wanted:?} exceeded the effective max_ttl of {given:?}; TTL value is capped accordingly")
        };
        (given < wanted).then(words)
    }
}

impl Token {
    pub(crate) fn is_root(&self) -> bool {
        self.grant.policies.contains("root")
    }

    /// Of the kind that was recorded: what is told of others has further or fewer facts.
    pub(crate) fn is_plain(&self) -> bool {
        let kept = self.expires.is_some() && self.renewed.is_none() && self.grant.period.is_zero();
        kept && self.namespace.is_empty() && !self.grant.batch
    }

    pub(crate) fn ttl(&self, now: Moment) -> Duration {
        self.expires.map(|end| end.saturating_sub(now)).unwrap_or_default()
    }

    pub(crate) fn policies(&self) -> Vec<&String> {
        self.grant.policies.iter().collect()
    }

    /// As `auth` of an answer has it, of a token that has just been made or renewed.
    pub(crate) fn as_auth(&self, now: Moment) -> Value {
        json!({
            "client_token": self.id,
            "accessor": self.accessor,
            "policies": self.policies(),
            "token_policies": self.policies(),
            "metadata": self.grant.metadata,
            "lease_duration": self.ttl(now).as_secs(),
            "renewable": self.grant.renewable,
            "entity_id": self.grant.entity,
            "token_type": self.kind(),
            "orphan": self.grant.parent.is_none(),
            "mfa_requirement": null,
            "num_uses": self.grant.uses,
        })
    }

    /// As a look-up tells of it.
    pub(crate) fn as_facts(&self, now: Moment) -> Value {
        let grant = &self.grant;
        let mut facts = json!({
            "accessor": self.accessor,
            "creation_time": self.created.as_secs(),
            "creation_ttl": if self.expires.is_some() { grant.life(grant.ttl).as_secs() } else { 0 },
            "display_name": grant.display_name,
            "entity_id": grant.entity,
            "expire_time": self.expires.map(time::timestamp),
            "explicit_max_ttl": grant.explicit_max_ttl.as_secs(),
            "id": self.id,
            "issue_time": time::timestamp(self.created),
            "meta": grant.metadata,
            "num_uses": self.uses_left.unwrap_or_default(),
            "orphan": grant.parent.is_none(),
            "path": grant.path,
            "policies": self.policies(),
            "renewable": grant.renewable,
            "ttl": self.ttl(now).as_secs(),
            "type": self.kind(),
        });
        if let Some(facts) = facts.as_object_mut() {
            if !grant.period.is_zero() {
                facts.insert("period".to_owned(), json!(grant.period.as_secs()));
            }
            if let Some(renewed) = self.renewed {
                facts.insert("last_renewal".to_owned(), json!(time::timestamp(renewed)));
                facts.insert("last_renewal_time".to_owned(), json!(renewed.as_secs()));
            }
            if !self.namespace.is_empty() {
                facts.insert("namespace_path".to_owned(), json!(self.namespace));
            }
        }
        facts
    }

    fn kind(&self) -> &'static str {
        if self.grant.batch { "batch" } else { "service" }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    all: BTreeMap<String, Token>,
}

impl Tokens {
    pub(crate) fn issue(&mut self, namespace: &str, mut grant: Grant, now: Moment) -> Token {
        if grant.batch {
            (grant.renewable, grant.uses) = (false, 0);
        }
        let endless = grant.policies.contains("root") && grant.ttl.is_zero() && grant.period.is_zero();
        let id = grant.id.take();
        let token = Token {
            id: id.unwrap_or_else(|| if grant.batch { ids::batch_token() } else { ids::service_token() }),
            accessor: if grant.batch { String::new() } else { ids::accessor() },
            namespace: namespace.to_owned(),
            created: now,
            expires: (!endless).then(|| now.saturating_add(grant.life(grant.ttl))),
            uses_left: (grant.uses > 0).then_some(grant.uses),
            renewed: None,
            grant,
        };
        self.all.insert(token.id.clone(), token.clone());
        token
    }

    /// A token that is valid now; one that has ended goes, and its children with it.
    pub(crate) fn valid(&mut self, id: &str, now: Moment) -> Option<&Token> {
        if self.all.get(id)?.expires.is_some_and(|end| end <= now) {
            self.revoke(id);
        }
        self.all.get(id)
    }

    pub(crate) fn by_accessor(&mut self, accessor: &str, now: Moment) -> Option<&Token> {
        let id = self.all.values().find(|token| !accessor.is_empty() && token.accessor == accessor)?.id.clone();
        self.valid(&id, now)
    }

    pub(crate) fn accessors(&self) -> Vec<String> {
        self.all.values().map(|token| token.accessor.clone()).filter(|accessor| !accessor.is_empty()).collect()
    }

    /// Counts one use, and says whether it was the last: that one is still served.
    pub(crate) fn spend(&mut self, id: &str) -> bool {
        let Some(left) = self.all.get_mut(id).and_then(|token| token.uses_left.as_mut()) else { return false };
        *left = left.saturating_sub(1);
        *left == 0
    }

    /// `None` where it cannot be renewed.
    pub(crate) fn renew(&mut self, id: &str, increment: Duration, now: Moment) -> Option<Token> {
        let token = self.all.get_mut(id).filter(|token| token.grant.renewable && token.expires.is_some())?;
        let wanted = if increment.is_zero() { token.grant.ttl } else { increment };
        let mut end = now.saturating_add(token.grant.life(wanted));
        if token.grant.period.is_zero() {
            let last = token.grant.life(LONGEST);
            end = end.min(token.created.saturating_add(last));
        }
        token.expires = Some(end);
        token.renewed = Some(now);
        Some(token.clone())
    }

    /// Ends a token and all that were made with it.
    pub(crate) fn revoke(&mut self, id: &str) {
        self.all.remove(id);
        let child = |token: &Token| token.grant.parent.as_deref() == Some(id);
        let children: Vec<String> = self.all.values().filter(|token| child(token)).map(|t| t.id.clone()).collect();
        for child in children {
            self.revoke(&child);
        }
    }

    /// Ends a token alone: its children have no parent any more.
    pub(crate) fn revoke_orphan(&mut self, id: &str) {
        self.all.remove(id);
        for token in self.all.values_mut().filter(|token| token.grant.parent.as_deref() == Some(id)) {
            token.grant.parent = None;
        }
    }

    /// Ends all that came from an auth mount that is taken away.
    pub(crate) fn revoke_by_path(&mut self, namespace: &str, prefix: &str) {
        let hit = |token: &Token| token.namespace == namespace && token.grant.path.starts_with(prefix);
        let gone: Vec<String> = self.all.values().filter(|token| hit(token)).map(|token| token.id.clone()).collect();
        for id in gone {
            self.revoke(&id);
        }
    }
}
