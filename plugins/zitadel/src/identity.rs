//! What an identity is asked: for a token, to sign in and out, and who is there.

use harmony_config_sdk::{Expected, Failure, Token, TokenRequest};
use serde_json::{Value, json};

use crate::{
    call::Call, device::Wanted, record::Record, renew::Renewed, settings::scope_of_audience, time, world::World,
};

impl<W: World> Call<'_, W> {
    pub(crate) fn token(&self, request: &TokenRequest) -> Result<Token, Failure> {
        let record = match self.store.settings.is_machine {
            true => self.machine(Wanted::Anybody)?,
            false => self.person(request.may_ask())?,
        };
        if let Some(audience) = &request.audience
            && !record.audiences.contains(audience)
        {
            return Err(self.for_others(&record, audience));
        }
        let left = record.expires.saturating_sub(self.world.now());
        let subject = json!([self.issuer.as_str(), record.subject]).to_string();
        Ok(Token::new(record.id_token, subject).expires_in_ms(left.saturating_mul(1_000)))
    }

    /// Whoever is signed in, or signs in.
    fn person(&self, may_ask: bool) -> Result<Record, Failure> {
        let name = self.session_name()?;
        let why = match self.stored(&name)? {
            Some(stored) if stored.record.is_fresh(self.world.now()) => return Ok(stored.record),
            Some(_) => match self.renewed(&name)? {
                Renewed::Good(record) => return Ok(record),
                Renewed::Ended(why) => why,
            },
            None => self.nobody(),
        };
        match may_ask {
            true => {
                self.world.debug(&why);
                self.sign_in_on_page(&name, Wanted::Anybody)
            }
            false => Err(self.somebody_is_needed(&why)),
        }
    }

    fn somebody_is_needed(&self, why: &str) -> Failure {
        Failure::interaction_required(why).remedy(format!("run `{}`", self.login()))
    }

    fn for_others(&self, record: &Record, audience: &str) -> Failure {
        let are: Vec<String> = record.audiences.iter().map(|audience| format!("`{audience}`")).collect();
        let failure = Failure::denied(format!(
            "the token of {} is not for `{audience}`; it is for {}",
            self.issuer.as_str(),
            are.join(", ")
        ));
        match self.store.settings.ask_for(audience) {
            // It was made before the setting was.
            true => failure.remedy(format!("run `{}`: the sign-in is older than the setting that asks for it", self.login())),
            false => failure.remedy(format!(
                "where `{audience}` is the id of a project, set `project-id = \"{audience}\"` (or `scopes = [\"{}\"]`) in \
                 the settings of this identity, and run `{}`",
                scope_of_audience(audience),
                self.login()
            )),
        }
    }

    pub(crate) fn sign_in(&self, request: &TokenRequest) -> Result<String, Failure> {
        let record = if self.store.settings.is_machine {
            self.machine(Wanted::ThisPerson)?
        } else if request.may_ask() {
            self.sign_in_on_page(&self.session_name()?, Wanted::ThisPerson)?
        } else {
            return Err(self.somebody_is_needed(&format!(
                "to sign in at {}, a person is needed, and none may be asked",
                self.issuer.as_str()
            )));
        };
        Ok(self.told(&record).to_string())
    }

    /// Ends the session. It is removed here whatever the issuer says.
    pub(crate) fn sign_out(&self) -> Result<Vec<String>, Failure> {
        let at = self.issuer.as_str();
        let name = self.name()?;
        // Not while it is renewed; but a renewal that hangs keeps nobody from leaving.
        let _turn = self.world.enter(&name);
        let Some(stored) = self.stored(&name)? else {
            // What cannot be read goes, too.
            self.world.remove(&name, &Expected::Anything)?;
            return Ok(vec![self.nobody()]);
        };
        // First: whatever the issuer says, and however long it takes, nobody gets a token of it any more.
        self.world.remove(&name, &Expected::Anything)?;
        let mut done = Vec::new();
        if self.store.settings.is_machine {
            done.push(
                "the key of the setting `key-file` is as good as before: remove it in the console of Zitadel"
                    .to_owned(),
            );
        } else if let Some(token) = &stored.record.refresh_token {
            done.push(match self.provider().and_then(|provider| self.revoke(&provider, token)) {
                Ok(true) => format!("{at} took the session back"),
                Ok(false) => format!("{at} has no way to take a session back: it lives there until it ends"),
                Err(failure) => {
                    format!("{at} did not take the session back, and it lives there until it ends: {}", failure.message)
                }
            });
        }
        done.push(format!("the session at {at} was removed from this machine"));
        let now = self.world.now();
        if stored.record.is_valid(now) {
            done.push(format!(
                "a token that was handed out already is good until {}",
                time::rfc3339(stored.record.expires)
            ));
        }
        Ok(done)
    }

    /// Who is signed in, as far as the session tells.
    pub(crate) fn who(&self) -> Result<Option<Record>, Failure> {
        let stored = self.stored(&self.name()?)?;
        Ok(stored.map(|stored| stored.record).filter(|record| record.is_signed_in(self.world.now())))
    }

    pub(crate) fn name(&self) -> Result<String, Failure> {
        match self.store.settings.is_machine {
            true => Ok(self.name_of(&self.key()?)),
            false => self.session_name(),
        }
    }

    /// What `who` and `sign_in` tell: who it is, and what is known of the session.
    pub(crate) fn told(&self, record: &Record) -> Value {
        let mut who = record.who();
        let renewable = record.refresh_token.is_some() || self.store.settings.is_machine;
        for (name, value) in [
            ("issuer", json!(self.issuer.as_str())),
            ("signed-in-at", json!(time::rfc3339(record.signed_in_at))),
            ("renewable", json!(renewable)),
        ] {
            who.insert(name.to_owned(), value);
        }
        Value::Object(who)
    }
}
