//! Signing in on a page: RFC 8628. The person opens it wherever there is a browser, and confirms a code there.

use std::time::Duration;

use harmony_config_plugin_shared::http::Fault;
use harmony_config_sdk::{Expected, Failure, attention::Page};
use openidconnect::url::Url;
use serde::Deserialize;

use crate::{
    call::Call,
    provider::Provider,
    record::Record,
    tokens::Tokens,
    trouble::{Deed, error_of},
    world::{Notice, World},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How often it is asked whether the person is done, where the issuer does not say.
const INTERVAL: Duration = Duration::from_secs(5);

/// How much less often from then on, where the issuer says that it is too often.
const SLOWER: Duration = Duration::from_secs(5);

/// The longest that is waited for an issuer that gives no answer.
const LONGEST: Duration = Duration::from_secs(30);

/// The longest that a code is believed to live.
const LONGEST_CODE: Duration = Duration::from_secs(3_600);

/// Whether a sign-in of somebody else is as good.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Whoever is signed in.
    Anybody,
    /// The person who is asked now.
    ThisPerson,
}

/// What the issuer answers first.
#[derive(Deserialize)]
struct Started {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

/// What comes of a question whether the person is done.
enum Asked {
    Done(Tokens),
    /// Not yet, and how it goes, for the person.
    Waits {
        say: String,
        rest: Duration,
    },
}

impl<W: World> Call<'_, W> {
    /// Signs a person in, and keeps the session.
    pub(crate) fn sign_in_on_page(&self, name: &str, wanted: Wanted) -> Result<Record, Failure> {
        let provider = self.provider()?;
        let started = self.start(self.device_endpoint(&provider)?)?;
        let lives = Duration::from_secs(started.expires_in).min(LONGEST_CODE);
        let mut page = Page::new(
            format!("Sign in at {}", self.issuer.host),
            started.verification_uri.as_str(),
            started.user_code.as_str(),
        )
        .expires_in_ms(u64::try_from(lives.as_millis()).unwrap_or(u64::MAX));
        page.address_with_code = started.verification_uri_complete.clone();
        let before = self.world.load(name)?.map(|kept| kept.version);
        let ends = self.world.clock() + lives;
        let notice = self.world.show(&page).map_err(|failure| self.not_shown(failure, &started.verification_uri))?;
        self.attended(|| {
            let mut interval = started.interval.map_or(INTERVAL, |seconds| Duration::from_secs(seconds.clamp(1, 60)));
            let mut rest = interval;
            loop {
                notice.wait(rest).map_err(|failure| self.with_login(failure))?;
                if self.world.clock() >= ends {
                    return Err(self.expired());
                }
                // Somebody at another terminal was quicker: one sign-in serves both.
                if wanted == Wanted::Anybody
                    && let Some(kept) = self.world.load(name)?
                    && Some(&kept.version) != before.as_ref()
                    && let Some(stored) = self.stored(name)?
                    && stored.record.is_fresh(self.world.now())
                {
                    return Ok(stored.record);
                }
                match self.ask(&provider, &started.device_code, &mut interval, rest)? {
                    Asked::Waits { say, rest: next } => {
                        notice.say(&say);
                        rest = next;
                    }
                    Asked::Done(tokens) => return self.accept(name, &provider, tokens),
                }
            }
        })
    }

    fn start(&self, device: &Url) -> Result<Started, Failure> {
        let deed = Deed { doing: "asking for a code", url: device };
        let form = [("client_id", self.client_id()?), ("scope", &self.store.settings.scopes())];
        let answer = self.post(device, &form).map_err(|fault| self.of_fault(fault, deed))?;
        match answer.status {
            200 => self.json(&answer, deed),
            _ => Err(self.of_answer(&answer, deed)),
        }
    }

    fn ask(
        &self,
        provider: &Provider,
        code: &str,
        interval: &mut Duration,
        rested: Duration,
    ) -> Result<Asked, Failure> {
        let url = self.token_endpoint(provider)?;
        let deed = Deed { doing: "asking whether somebody signed in", url };
        let host = &self.issuer.host;
        let form = [("grant_type", GRANT), ("device_code", code), ("client_id", self.client_id()?)];
        let answer = match self.post(url, &form) {
            Ok(answer) => answer,
            Err(fault @ (Fault::Denied | Fault::TooLarge)) => return Err(self.of_fault(fault, deed)),
            // The person is at the page: a network that is away for a while ends nothing.
            Err(_) => {
                let say = format!("no answer from {host}; trying again");
                return Ok(Asked::Waits { say, rest: (rested * 2).min(LONGEST).max(*interval) });
            }
        };
        let waits = |say: String, rest: Duration| Ok(Asked::Waits { say, rest });
        match (answer.status, error_of(&answer).as_deref()) {
            (200, _) => self.json(&answer, deed).map(Asked::Done),
            (_, Some("authorization_pending")) => waits(String::new(), *interval),
            (_, Some("slow_down")) => {
                *interval += SLOWER;
                waits(String::new(), *interval)
            }
            (_, Some("expired_token")) => Err(self.expired()),
            (_, Some("access_denied")) => Err(Failure::denied(format!(
                "the sign-in at {} was refused on the page",
                self.issuer.as_str()
            ))
            .remedy(format!(
                "run `{}` again, and allow it; if nobody refused it, see whether this person may use the application",
                self.login()
            ))),
            (429 | 500.., _) => {
                let wanted = answer.retry_after().unwrap_or_default();
                waits(format!("{host} is busy ({}); trying again", answer.status), (*interval * 2).max(wanted))
            }
            _ => Err(self.of_answer(&answer, deed)),
        }
    }

    /// Verifies what came, and keeps it.
    fn accept(&self, name: &str, provider: &Provider, tokens: Tokens) -> Result<Record, Failure> {
        let Some(id_token) = tokens.id_token else {
            return Err(Failure::invalid(format!("the issuer {} handed out no id_token", self.issuer.as_str()))
                .remedy("see that the application may have the scope `openid`"));
        };
        let verified = self.verify(provider, &id_token).inspect_err(|_| {
            self.discard(provider, tokens.refresh_token.as_deref());
        })?;
        let record = Record::new(verified, id_token, tokens.refresh_token, self.world.now());
        // Without the turn it is kept all the same: whoever has it renews a session that is no more.
        let _turn = self.world.enter(name);
        let old = self.stored(name)?.map(|stored| stored.record);
        self.keep(name, &record, &Expected::Anything).inspect_err(|_| {
            self.discard(provider, record.refresh_token.as_deref());
        })?;
        if let Some(old) = old.filter(|old| old.subject != record.subject) {
            self.discard(provider, old.refresh_token.as_deref());
        }
        self.world.debug(&format!("signed in at {}", self.issuer.as_str()));
        Ok(record)
    }

    fn expired(&self) -> Failure {
        // Nobody said no.
        Failure::interaction_required(format!("nobody signed in at {} before the code ended", self.issuer.as_str()))
            .remedy(format!("run `{}` again", self.login()))
    }

    /// The page that the issuer names was not shown.
    fn not_shown(&self, failure: Failure, address: &str) -> Failure {
        match failure.code.as_str() {
            "denied" => {
                let address = address.split(['?', '#']).next().unwrap_or_default();
                let address: String = address.chars().filter(|character| !character.is_control()).take(200).collect();
                Failure::denied(format!(
                    "the issuer {} wants people to sign in at {address}, which may not be shown: {}",
                    self.issuer.as_str(),
                    failure.message
                ))
                .remedy("it must be of the origin of the issuer: see that the issuer is right")
            }
            _ => self.with_login(failure),
        }
    }

    /// Adds what to do.
    fn with_login(&self, failure: Failure) -> Failure {
        match failure.remedy {
            Some(_) => failure,
            None => failure.remedy(format!("run `{}`", self.login())),
        }
    }
}
