//! What a test orders of a provider, over the listener that no client is told of.

use std::{
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Endpoint, MachineKey, Provider};
use crate::error::{Error, Result};

/// What can be set while a provider runs. [`super::Kind::Zitadel`] alone.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'a> {
    /// How long access tokens live from here on.
    AccessTokensLive(Duration),
    /// How long `id_tokens` live from here on.
    IdTokensLive(Duration),
    /// How long a person has for a login that is begun from here on.
    CodesLive(Duration),
    /// The pause between two polls that a device is told; `None`: it is told nothing. At first it is a second.
    Interval(Option<Duration>),
    /// Access tokens that say nothing to who holds them, instead of JWTs.
    OpaqueAccessTokens(bool),
    /// Name and email in the `id_token`, not at userinfo alone. At first so.
    UserinfoInIdToken(bool),
    /// Roles in tokens without a scope that asks for them. At first so.
    AssertRoles(bool),
    /// Each refresh gives another refresh token and ends the old one. At first so.
    RotateRefreshTokens(bool),
    /// Members that are missing in the answer to a login: `id_token`, `refresh_token` …
    OmitAtLogin(&'a [&'a str]),
    /// Members that are missing in the answer to a refresh.
    OmitAtRefresh(&'a [&'a str]),
    /// Holds up the token endpoint before it looks at a request. Who goes away meanwhile has changed nothing.
    DelayBefore(Delay),
    /// Holds up its answer after the tokens were made: what was rotated stays so, whoever goes away.
    DelayAfter(Delay),
}

/// How long the token endpoint is held up. What is held up already is let go when a shorter one is set: so a long one is a
/// gate, which a test opens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delay {
    /// None at zero.
    pub time: Duration,
    /// Refreshes alone.
    pub refreshes_only: bool,
}

impl Delay {
    /// Of each request at the token endpoint.
    #[must_use]
    pub fn of_all(time: Duration) -> Self {
        Self { time, refreshes_only: false }
    }

    /// Of refreshes alone.
    #[must_use]
    pub fn of_refreshes(time: Duration) -> Self {
        Self { time, refreshes_only: true }
    }

    fn json(self) -> Value {
        let grant = if self.refreshes_only { "refresh_token" } else { "" };
        json!({ "milliseconds": u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX), "grant": grant })
    }
}

impl Setting<'_> {
    fn json(self) -> Value {
        match self {
            Setting::AccessTokensLive(time) => json!({ "access_token_seconds": time.as_secs() }),
            Setting::IdTokensLive(time) => json!({ "id_token_seconds": time.as_secs() }),
            Setting::CodesLive(time) => json!({ "device_code_seconds": time.as_secs() }),
            Setting::Interval(time) => json!({ "interval_seconds": time.map_or(0, |time| time.as_secs()) }),
            Setting::OpaqueAccessTokens(on) => json!({ "opaque_access_tokens": on }),
            Setting::UserinfoInIdToken(on) => json!({ "userinfo_in_id_token": on }),
            Setting::AssertRoles(on) => json!({ "assert_roles": on }),
            Setting::RotateRefreshTokens(on) => json!({ "rotate_refresh_tokens": on }),
            Setting::OmitAtLogin(names) => json!({ "omit_at_login": names }),
            Setting::OmitAtRefresh(names) => json!({ "omit_at_refresh": names }),
            Setting::DelayBefore(delay) => json!({ "delay_before": delay.json() }),
            Setting::DelayAfter(delay) => json!({ "delay_after": delay.json() }),
        }
    }
}

/// A login that waits for a person.
#[derive(Clone, Debug, Deserialize)]
pub struct Pending {
    /// What the device shows.
    pub user_code: String,
    /// The client that began it.
    pub client: String,
    /// What it asks for.
    pub scopes: Vec<String>,
}

/// A request that a provider got; no token is in it.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// `GET` or `POST`.
    pub method: String,
    /// Without its query.
    pub path: String,
    /// The grant type, at the token endpoint.
    pub grant: String,
    /// Of the answer.
    pub status: u16,
    /// The error that the answer names, or nothing.
    pub error: String,
    /// When it came, in milliseconds since the provider began: for the pauses between polls.
    pub at: u64,
}

/// A person. Two are there from the start: `anna` with the role `developer`, and `ben` without any.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// The subject in tokens.
    pub id: String,
    /// What they log in by.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Their address; empty where there is none.
    pub email: String,
    /// Their roles, in the shape that Zitadel gives them.
    pub roles: Vec<String>,
    /// Further claims.
    pub claims: Value,
}

#[derive(Deserialize)]
struct Log {
    requests: Vec<Seen>,
    refreshes: usize,
    sessions: usize,
}

impl Provider {
    /// Approves a login, without a browser.
    ///
    /// # Errors
    /// If there is no such code or user, or it was decided already.
    pub fn approve(&self, user_code: &str, user: &str) -> Result<()> {
        self.order("approve", &json!({ "user_code": user_code, "user": user }))
    }

    /// Denies a login, without a browser.
    ///
    /// # Errors
    /// If there is no such code, or it was decided already.
    pub fn deny(&self, user_code: &str) -> Result<()> {
        self.order("deny", &json!({ "user_code": user_code }))
    }

    /// Ends the time that a person has.
    ///
    /// # Errors
    /// If there is no such code.
    pub fn expire(&self, user_code: &str) -> Result<()> {
        self.order("expire", &json!({ "user_code": user_code }))
    }

    /// The logins that wait for a person, the oldest first.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn pending(&self) -> Result<Vec<Pending>> {
        self.ask("pending", &json!({}))
    }

    /// Waits until a client has begun a login, and gives the first one that waits.
    ///
    /// # Errors
    /// If none does within the time.
    pub fn wait_for_pending(&self, patience: Duration) -> Result<Pending> {
        let found = || Ok(self.pending()?.into_iter().next());
        wait(patience, "no client has begun a login", found)
    }

    /// Answers the next polls with `slow_down`.
    ///
    /// # Errors
    /// If it is not [`super::Kind::Zitadel`].
    pub fn slow_down(&self, times: usize) -> Result<()> {
        self.order("slow-down", &json!({ "times": times }))
    }

    /// Ends all sessions of a user, as an administrator does; says how many there were.
    ///
    /// # Errors
    /// If there is no such user, or it is not [`super::Kind::Zitadel`].
    pub fn end_sessions(&self, user: &str) -> Result<usize> {
        let answer: Value = self.ask("end-sessions", &json!({ "user": user }))?;
        let ended = answer.get("ended").and_then(Value::as_u64).unwrap_or_default();
        Ok(usize::try_from(ended).unwrap_or(usize::MAX))
    }

    /// Signs with a new key from here on. The old ones are still published, or no longer.
    ///
    /// # Errors
    /// If it is not [`super::Kind::Zitadel`].
    pub fn rotate_keys(&self, keep_old: bool) -> Result<()> {
        self.order("rotate-keys", &json!({ "keep": keep_old }))
    }

    /// Changes how it is from here on.
    ///
    /// # Errors
    /// If it is not [`super::Kind::Zitadel`].
    pub fn set(&self, setting: Setting<'_>) -> Result<()> {
        self.order("settings", &setting.json())
    }

    /// Makes a person, or changes one of the same id.
    ///
    /// # Errors
    /// If it is not [`super::Kind::Zitadel`].
    pub fn user(&self, user: &User) -> Result<()> {
        let body = serde_json::to_value(user).map_err(|error| Error::while_doing("a user", error))?;
        self.order("user", &body)
    }

    /// Makes a machine that logs in by a key.
    ///
    /// # Errors
    /// If there is a user of that name, or it is not [`super::Kind::Zitadel`].
    pub fn machine(&self, login: &str, roles: &[&str]) -> Result<MachineKey> {
        self.ask("machine", &json!({ "login": login, "roles": roles }))
    }

    /// Lets in another client like the first one.
    ///
    /// # Errors
    /// If it is not [`super::Kind::Zitadel`].
    pub fn allow_client(&self, id: &str) -> Result<()> {
        self.order("client", &json!({ "client": id }))
    }

    /// Calls itself something else from here on: the address of a proxy in front of it, or its own with a slash at the end.
    /// [`super::Kind::Node`] forgets all that it knew.
    ///
    /// # Errors
    /// If it is no address.
    pub fn move_to(&mut self, issuer: &str) -> Result<()> {
        self.order("issuer", &json!({ "issuer": issuer }))?;
        issuer.clone_into(&mut self.issuer);
        Ok(())
    }

    /// What clients and browsers asked, since it began or since [`Provider::forget_requests`]. A request is noted when its
    /// answer is made, though that may be held up.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn requests(&self) -> Result<Vec<Seen>> {
        Ok(self.log()?.requests)
    }

    /// How many requests one endpoint got.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn asked(&self, endpoint: Endpoint) -> Result<usize> {
        let path = self.path(endpoint);
        Ok(self.requests()?.iter().filter(|seen| seen.path == path).count())
    }

    /// How many refreshes gave tokens.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn refreshes(&self) -> Result<usize> {
        Ok(self.log()?.refreshes)
    }

    /// Waits until so many refreshes were made, whether or not their answers arrived.
    ///
    /// # Errors
    /// If they are not within the time.
    pub fn wait_for_refreshes(&self, count: usize, patience: Duration) -> Result<()> {
        let found = || Ok((self.refreshes()? >= count).then_some(()));
        wait(patience, &format!("not {count} refreshes were made"), found)
    }

    /// How many sessions there are that were not ended. [`super::Kind::Node`] does not count them.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn sessions(&self) -> Result<usize> {
        Ok(self.log()?.sessions)
    }

    /// Counts requests and refreshes from here.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn forget_requests(&self) -> Result<()> {
        self.order("forget-requests", &json!({}))
    }

    fn log(&self) -> Result<Log> {
        self.ask("requests", &json!({}))
    }

    fn order(&self, verb: &str, body: &Value) -> Result<()> {
        self.ask::<Value>(verb, body).map(drop)
    }

    fn ask<T: DeserializeOwned>(&self, verb: &str, body: &Value) -> Result<T> {
        let failed = |why: &dyn std::fmt::Display| Error::new(format!("{verb} at the {:?} provider: {why}", self.kind));
        let body = Full::from(Bytes::from(body.to_string()));
        let request = Request::post(format!("/{verb}")).body(body).map_err(|error| failed(&error))?;
        let answer = self.control.send_blocking(request)?;
        if answer.status != 200 {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let why = body.get("error").and_then(Value::as_str).unwrap_or("it cannot do that");
            return Err(failed(&why));
        }
        serde_json::from_slice(&answer.body).map_err(|error| failed(&error))
    }
}

fn wait<T>(patience: Duration, what: &str, look: impl Fn() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > patience {
            return Err(Error::new(format!("{what} within {} s", patience.as_secs())));
        }
        thread::sleep(Duration::from_millis(20));
    }
}
