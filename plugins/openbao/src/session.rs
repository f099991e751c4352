//! What a sign-in leaves behind, and how long it is good for. One login serves all instances and processes: the session is
//! the truth, and what an instance remembers of it only spares it the look.

use harmony_config_sdk::{Expected, Failure, session::Kept};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    call::{Call, Repeat},
    http::{Answer, Method, Outgoing, Says as _},
    login::{self, Principal, Way},
    time,
    trouble::Deed,
    world::World,
};

/// How long a credential that was refused is not tried again. OpenBao locks an account after five wrong passwords.
const REFUSED_SECONDS: u64 = 300;

/// A token that a login brought.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Lease {
    token: String,
    /// When it began, by the wall clock, in seconds since 1970.
    start: u64,
    /// How long it lasts, in seconds; 0 is for ever.
    lasts: u64,
    renewable: bool,
    /// It is good for a number of uses.
    limited: bool,
    batch: bool,
    policies: Vec<String>,
}

/// A credential that was refused.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Refused {
    fingerprint: String,
    start: u64,
    until: u64,
    why: String,
    /// What to do, where that is known.
    #[serde(default)]
    remedy: Option<String>,
}

/// What is kept under the name of a principal. The host blots out the member `token`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Session {
    Signed(Lease),
    Refused(Refused),
}

/// What is to be done about a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Due,
    Ended,
}

impl Lease {
    fn state(&self, now: u64) -> State {
        // The clock was set back: when it ends is not known any more.
        let is_known = self.start <= now;
        let age = now.saturating_sub(self.start);
        match () {
            () if self.lasts == 0 => State::Fresh,
            () if !is_known && self.renewable => State::Due,
            () if !is_known => State::Fresh,
            () if age >= self.lasts => State::Ended,
            () if self.renewable && (self.lasts - age).saturating_mul(3) < self.lasts => State::Due,
            () => State::Fresh,
        }
    }
}

/// A token to send, and what is known of it.
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) origin: Origin,
    /// A login of this very call brought it.
    pub(crate) fresh: bool,
    /// To ask for it would use it up, or tell nothing.
    pub(crate) mute: bool,
    pub(crate) policies: Vec<String>,
}

pub(crate) enum Origin {
    /// Where it was given.
    Given(String),
    /// Who signed in, for people: `userpass`, and the credential.
    Login { method: &'static str, credential: String },
}

impl<W: World> Call<'_, W> {
    /// A token: the one that was given, or one of a session, or one of a login.
    pub(crate) fn sign_in(&self) -> Result<Signed, Failure> {
        self.signed(None)
    }

    /// The same, but not this token, which the server does not accept any more.
    pub(crate) fn sign_in_again(&self, bad: &str) -> Result<Signed, Failure> {
        self.store.signed.replace(None);
        self.signed(Some(bad))
    }

    /// Whether this instance knows of a token of this session that is good.
    pub(crate) fn is_signed_in(&self, name: &str) -> bool {
        self.remembered(name).is_some()
    }

    fn remembered(&self, name: &str) -> Option<Lease> {
        let signed = self.store.signed.borrow();
        let (_, lease) = signed.as_ref().filter(|(remembered, _)| remembered == name)?;
        (lease.state(self.world.now()) == State::Fresh).then(|| lease.clone())
    }

    fn signed(&self, bad: Option<&str>) -> Result<Signed, Failure> {
        self.signed_at(bad, self.store.settings.auth.len() > 1)
    }

    fn signed_at(&self, bad: Option<&str>, may_go_on: bool) -> Result<Signed, Failure> {
        match self.choose()? {
            Way::Given { token, from } => Ok(Signed {
                // The servers' own form of a batch token. It has no life of its own that could be asked for.
                mute: token.starts_with("b.") || token.starts_with("hvb."),
                token,
                origin: Origin::Given(from),
                fresh: false,
                policies: Vec::new(),
            }),
            Way::Login(mut principal) => {
                let (lease, fresh) = match self.lease(&mut principal, bad) {
                    // Somebody was signed in, and is not any more: then another way may be there, as where nobody was.
                    Err(failure)
                        if may_go_on && principal.is_of_an_identity() && failure.code == "interaction-required" =>
                    {
                        return self.signed_at(bad, false);
                    }
                    leased => leased?,
                };
                self.store.signed.replace(Some((principal.name, lease.clone())));
                Ok(Signed {
                    token: lease.token,
                    origin: Origin::Login { method: principal.method, credential: principal.credential },
                    fresh,
                    mute: lease.limited || lease.batch,
                    policies: lease.policies,
                })
            }
        }
    }

    /// A good lease, and whether it is new.
    fn lease(&self, principal: &mut Principal, bad: Option<&str>) -> Result<(Lease, bool), Failure> {
        if let Some(lease) = self.at_hand(principal, bad)? {
            return Ok((lease, false));
        }
        if let Some(bad) = bad {
            self.forget(&principal.name, bad);
        }
        let turn = self.world.enter(&principal.name)?;
        // Whoever had the turn before may have done it.
        match self.kept(principal, bad)? {
            Some((lease, State::Fresh)) => return Ok((lease, false)),
            // Where a login may be possible only once, what can be renewed is renewed, even if it seems to have ended.
            Some((lease, state)) if lease.renewable && (state == State::Due || principal.once) => {
                if let Some(renewed) = self.renew(principal, &lease, state) {
                    return Ok((renewed, false));
                }
            }
            _ => {}
        }
        if !principal.lacks_token() {
            return Ok((self.log_in(principal)?, true));
        }
        // The identity has a turn of its own, and may ask a person: nobody waits for this one meanwhile.
        drop(turn);
        self.equip(principal)?;
        // It may be another person who signed in there, with a session that is good.
        if let Some(lease) = self.at_hand(principal, bad)? {
            return Ok((lease, false));
        }
        let _turn = self.world.enter(&principal.name)?;
        match self.kept(principal, bad)? {
            Some((lease, State::Fresh)) => Ok((lease, false)),
            _ => Ok((self.log_in(principal)?, true)),
        }
    }

    /// A lease that is good, of this instance's memory or of the session.
    fn at_hand(&self, principal: &Principal, bad: Option<&str>) -> Result<Option<Lease>, Failure> {
        if let Some(lease) = self.remembered(&principal.name) {
            return Ok(Some(lease));
        }
        Ok(self.kept(principal, bad)?.filter(|(_, state)| *state == State::Fresh).map(|(lease, _)| lease))
    }

    /// What the session says, unless it is of the token that is known to be bad.
    fn kept(&self, principal: &Principal, bad: Option<&str>) -> Result<Option<(Lease, State)>, Failure> {
        let Some(Kept { value, .. }) = self.world.load(&principal.name)? else { return Ok(None) };
        let now = self.world.now();
        match serde_json::from_str(&value) {
            Ok(Session::Signed(lease)) if bad != Some(lease.token.as_str()) => {
                let state = lease.state(now);
                Ok(Some((lease, state)))
            }
            Ok(Session::Refused(refused))
                if Some(&refused.fingerprint) == principal.fingerprint().as_ref()
                    && (refused.start..refused.until).contains(&now) =>
            {
                Err(self.refused(principal, &refused))
            }
            _ => Ok(None),
        }
    }

    /// Forgets a token that is not good any more, unless somebody has put another one in its place.
    fn forget(&self, name: &str, bad: &str) {
        let Ok(Some(Kept { value, version })) = self.world.load(name) else { return };
        if matches!(serde_json::from_str(&value), Ok(Session::Signed(lease)) if lease.token == bad)
            && let Err(failure) = self.world.remove(name, &Expected::Version(version))
        {
            self.world.debug(&format!("the session was not forgotten: {}", failure.message));
        }
    }

    fn keep(&self, name: &str, session: &Session) {
        let text = serde_json::to_string(session).unwrap_or_default();
        // Without it there are more logins than needed, and that is all.
        if let Err(failure) = self.world.save(name, &text, &Expected::Anything) {
            self.world.debug(&format!("the session was not kept: {}", failure.message));
        }
    }

    /// A longer life for the same token; none where a login is needed.
    fn renew(&self, principal: &Principal, lease: &Lease, state: State) -> Option<Lease> {
        let body = json!({ "increment": format!("{}s", lease.lasts) }).to_string();
        let request = Outgoing {
            method: Method::Post,
            path: "auth/token/renew-self",
            token: Some(&lease.token),
            namespace: self.namespace.as_deref(),
            body: Some(body.as_bytes()),
        };
        match self.exchange_one(request, Repeat::Never) {
            Ok(answer) if answer.status == 200 => {
                let renewed = self.read_lease(&answer)?;
                let about = time::length(renewed.lasts);
                self.world.debug(&format!("the token at {} was renewed for {about}", self.address.shown));
                self.keep(&principal.name, &Session::Signed(renewed.clone()));
                Some(renewed)
            }
            Ok(Answer { status: 400 | 403, .. }) => {
                self.world.debug(&format!("the token at {} cannot be renewed", self.address.shown));
                None
            }
            // It is good for a while yet: what it is wanted for decides.
            _ if state == State::Due => Some(lease.clone()),
            _ => None,
        }
    }

    fn log_in(&self, principal: &Principal) -> Result<Lease, Failure> {
        let deed = Deed::signing_in(principal.path.as_str());
        let Some(body) = principal.body() else {
            return Err(Failure::unavailable(format!("the session with OpenBao at {} ended", self.address.shown))
                .remedy("try again"));
        };
        let request = Outgoing {
            method: Method::Post,
            path: &principal.path,
            token: None,
            namespace: self.namespace.as_deref(),
            body: Some(body.as_bytes()),
        };
        // A credential that is good for one time must not be used up by an answer that was lost.
        let repeat = if principal.once { Repeat::NotHappened } else { Repeat::Safe };
        let answer = self.exchange_one(request, repeat).map_err(|fault| self.of_fault(fault, &deed))?;
        match answer.status {
            200 => {
                let lease = self.read_lease(&answer).ok_or_else(|| self.no_token(&answer, principal, &deed))?;
                self.world.debug(&format!("signed in at {} with {}", self.address.shown, principal.credential));
                self.keep(&principal.name, &Session::Signed(lease.clone()));
                Ok(lease)
            }
            400 | 500 if answer.errors().iter().any(|error| error.starts_with("missing ")) => Err(Failure::invalid(
                format!("OpenBao at {} misses something in the login{}", self.address.shown, self.doing(&deed)),
            )
            .remedy(format!("see {}: the auth mount may be one of another method", principal.from))),
            404 if answer.says("no handler for route") => Err(Failure::invalid(format!(
                "OpenBao at {} has no such login{}",
                self.address.shown,
                self.doing(&deed)
            ))
            .remedy("see `bao auth list`; the setting is `mount` of the method, the variable OPENBAO_AUTH_MOUNT")),
            400 | 403 => {
                let (said, now) = (answer.errors(), self.world.now());
                let explained = if answer.status == 400 { principal.explained(&said, now) } else { None };
                let (why, remedy) = match explained {
                    Some((why, remedy)) => (why, Some(remedy)),
                    None if answer.status == 403 => {
                        ("the account is locked after wrong tries, or there is no such auth mount".to_owned(), None)
                    }
                    None => (login::reason(&said).to_owned(), None),
                };
                let refused = Refused {
                    fingerprint: principal.fingerprint().unwrap_or_default(),
                    start: now,
                    until: now + REFUSED_SECONDS,
                    why,
                    remedy,
                };
                self.keep(&principal.name, &Session::Refused(refused.clone()));
                Err(self.refused(principal, &refused))
            }
            _ => Err(self.of_answer(&answer, &deed)),
        }
    }

    fn refused(&self, principal: &Principal, refused: &Refused) -> Failure {
        Failure::denied(format!(
            "OpenBao at {} refused {}: {} ({}); the same is not tried again before {}",
            self.address.shown,
            principal.credential,
            refused.why,
            principal.path,
            time::of_day(refused.until),
        ))
        .remedy(match &refused.remedy {
            Some(remedy) => remedy.clone(),
            None => format!("correct {}: another one is tried at once", principal.from),
        })
    }

    /// A login that went well and brought no token.
    fn no_token(&self, answer: &Answer, principal: &Principal, deed: &Deed) -> Failure {
        #[derive(Deserialize)]
        struct Body {
            auth: Option<Auth>,
        }
        #[derive(Deserialize)]
        struct Auth {
            mfa_requirement: Option<serde::de::IgnoredAny>,
        }
        match serde_json::from_slice(&answer.body) {
            Ok(Body { auth: Some(Auth { mfa_requirement: Some(_) }) }) => Failure::denied(format!(
                "OpenBao at {} wants a second factor after {}{}",
                self.address.shown,
                principal.credential,
                self.doing(deed)
            ))
            .remedy("sign in with `bao login` and set OPENBAO_TOKEN, or use a way to sign in that needs none"),
            _ => self.not_json(answer, deed),
        }
    }

    fn read_lease(&self, answer: &Answer) -> Option<Lease> {
        #[derive(Deserialize)]
        struct Body {
            auth: Auth,
        }
        #[derive(Deserialize)]
        struct Auth {
            client_token: String,
            #[serde(default)]
            policies: Option<Vec<String>>,
            #[serde(default)]
            lease_duration: u64,
            #[serde(default)]
            renewable: bool,
            #[serde(default)]
            num_uses: u64,
            #[serde(default)]
            token_type: String,
        }
        let Body { auth } = serde_json::from_slice(&answer.body).ok()?;
        (!auth.client_token.is_empty()).then(|| Lease {
            token: auth.client_token,
            start: self.world.now(),
            lasts: auth.lease_duration,
            renewable: auth.renewable,
            limited: auth.num_uses > 0,
            batch: auth.token_type == "batch",
            policies: auth.policies.unwrap_or_default(),
        })
    }
}
