//! What is kept of who is signed in: one record for each issuer and client, of one subject. The host seals it, and blots
//! out what is called a token.

use harmony_config_sdk::{Expected, Failure, session::Kept};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{call::Call, time, verify::Verified, world::World};

/// How old a token may be that is handed out without asking the issuer: so soon a person who was locked out there is
/// locked out here.
pub(crate) const FRESH_SECONDS: u64 = 300;

/// How long a token must be good yet to be handed out without asking.
const GOOD_SECONDS: u64 = 60;

/// What a session can keep.
const MAX_BYTES: usize = 64 << 10;

/// Who is signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Record {
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) audiences: Vec<String>,
    pub(crate) id_token: String,
    /// When the id_token came, by the clock here, in seconds since 1970.
    pub(crate) since: u64,
    /// When the id_token ends.
    pub(crate) expires: u64,
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    pub(crate) signed_in_at: u64,
    /// When a renewal was begun of which nobody knows the end. It costs one more write for each renewal, which is one in
    /// five minutes at most and takes three requests; without it, a refresh token that a program took with it when it was
    /// killed looks like a session that an administrator ended.
    #[serde(default)]
    pub(crate) refreshing_since: Option<u64>,
}

/// A record, and what to hand back to change it.
pub(crate) struct Stored {
    pub(crate) record: Record,
    pub(crate) version: Expected,
}

impl Record {
    pub(crate) fn new(verified: Verified, id_token: String, refresh_token: Option<String>, now: u64) -> Self {
        Record {
            subject: verified.subject,
            name: verified.name,
            email: verified.email,
            roles: verified.roles,
            audiences: verified.audiences,
            id_token,
            since: now,
            expires: verified.expires,
            refresh_token,
            signed_in_at: now,
            refreshing_since: None,
        }
    }

    /// Whether its token may be handed out without asking.
    pub(crate) fn is_fresh(&self, now: u64) -> bool {
        // A clock that was set back says nothing of its age.
        self.since <= now && now - self.since <= FRESH_SECONDS && self.expires.saturating_sub(now) >= GOOD_SECONDS
    }

    /// Whether its token has not ended.
    pub(crate) fn is_valid(&self, now: u64) -> bool {
        self.expires > now
    }

    /// Whether somebody is signed in: the token is good, or another one can be had.
    pub(crate) fn is_signed_in(&self, now: u64) -> bool {
        self.is_valid(now) || self.refresh_token.is_some()
    }

    /// What people and programs are told.
    pub(crate) fn who(&self) -> Map<String, Value> {
        let mut who = Map::new();
        let mut say = |name: &str, value: Value| who.insert(name.to_owned(), value);
        say("subject", json!(self.subject));
        if let Some(name) = &self.name {
            say("name", json!(name));
        }
        if let Some(email) = &self.email {
            say("email", json!(email));
        }
        say("roles", json!(self.roles));
        say("expires", json!(time::rfc3339(self.expires)));
        who
    }
}

impl<W: World> Call<'_, W> {
    /// The name of the session.
    pub(crate) fn session_name(&self) -> Result<String, Failure> {
        Ok(json!([self.issuer.as_str(), self.client_id()?]).to_string())
    }

    /// What is kept; none where nothing is, or nothing that can be read.
    pub(crate) fn stored(&self, name: &str) -> Result<Option<Stored>, Failure> {
        let Some(Kept { value, version }) = self.world.load(name)? else { return Ok(None) };
        Ok(serde_json::from_str(&value).ok().map(|record| Stored { record, version: Expected::Version(version) }))
    }

    /// Keeps a record, and answers what it takes to change it.
    pub(crate) fn keep(&self, name: &str, record: &Record, expected: &Expected) -> Result<Expected, Failure> {
        let text = serde_json::to_string(record).unwrap_or_default();
        if text.len() > MAX_BYTES {
            return Err(Failure::invalid(format!(
                "what the issuer {} hands out is too large to be kept: the id_token has {} KiB, the refresh token {} KiB, \
                 and a session keeps 64 KiB",
                self.issuer.as_str(),
                record.id_token.len() >> 10,
                record.refresh_token.as_deref().map_or(0, str::len) >> 10,
            ))
            .remedy("ask for less: see the settings `scopes` and `project-id`, and which claims the issuer adds"));
        }
        self.world.save(name, &text, expected).map(Expected::Version)
    }
}
