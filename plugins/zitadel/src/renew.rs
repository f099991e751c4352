//! Renewing a session without a person. One at a time does it, whatever many processes start at once: a refresh token is
//! good for one time, and who waited finds a new id_token.

use harmony_config_sdk::{Expected, Failure};

use crate::{
    call::Call,
    provider::Provider,
    record::{Record, Stored},
    time,
    tokens::Tokens,
    trouble::{Deed, error_of, may_pass},
    world::World,
};

/// What comes of it.
pub(crate) enum Renewed {
    /// A token that is good.
    Good(Record),
    /// A person is needed, and why.
    Ended(String),
}

impl<W: World> Call<'_, W> {
    /// A token that is fresh, or good at least where no fresh one can be had.
    pub(crate) fn renewed(&self, name: &str) -> Result<Renewed, Failure> {
        let _turn = self.world.enter(name)?;
        let Some(stored) = self.stored(name)? else { return Ok(Renewed::Ended(self.nobody())) };
        // Whoever had the turn before did it.
        if stored.record.is_fresh(self.world.now()) {
            return Ok(Renewed::Good(stored.record));
        }
        let Some(token) = stored.record.refresh_token.clone() else {
            return Ok(self.old_or(stored.record, "the issuer gave no refresh token when it began"));
        };
        // Until the refresh token is sent, nothing can be lost.
        let provider = match self.provider() {
            Ok(provider) => provider,
            Err(failure) => return self.old_or_failure(stored.record, failure),
        };
        // The mark of one that did not come to its end stays: when that was is what counts.
        let since = stored.record.refreshing_since.unwrap_or_else(|| self.world.now());
        let marked = Record { refreshing_since: Some(since), ..stored.record.clone() };
        match self.keep(name, &marked, &stored.version) {
            Ok(version) => self.exchange(name, &provider, Stored { version, ..stored }, &token),
            Err(failure) => self.old_or_failure(stored.record, failure),
        }
    }

    fn exchange(&self, name: &str, provider: &Provider, stored: Stored, token: &str) -> Result<Renewed, Failure> {
        let Stored { record, version } = stored;
        let url = self.token_endpoint(provider)?;
        let deed = Deed { doing: "renewing the session", url };
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", self.client_id()?)];
        let answer = match self.post(url, &form) {
            Ok(answer) => answer,
            Err(fault) => {
                if !fault.may_have_been_sent() {
                    self.unmark(name, &record, &version);
                }
                return self.old_or_failure(record, self.of_fault(fault, deed));
            }
        };
        if answer.status != 200 {
            if error_of(&answer).as_deref() == Some("invalid_grant") {
                self.forget(name, &version);
                return Ok(Renewed::Ended(self.refused(&record)));
            }
            if answer.status < 500 {
                self.unmark(name, &record, &version);
            }
            return self.old_or_failure(record, self.of_answer(&answer, deed));
        }
        match self.json(&answer, deed) {
            Ok(tokens) => self.take(name, provider, Stored { record, version }, tokens),
            Err(failure) => self.old_or_failure(record, failure),
        }
    }

    /// Keeps what came. The refresh token before it may be used up, so the new one is kept at once, whatever else is wrong.
    fn take(&self, name: &str, provider: &Provider, stored: Stored, tokens: Tokens) -> Result<Renewed, Failure> {
        let Stored { record: old, mut version } = stored;
        let refresh_token = tokens.refresh_token.or(old.refresh_token.clone());
        let kept = Record { refresh_token: refresh_token.clone(), refreshing_since: None, ..old.clone() };
        let Some(id_token) = tokens.id_token else {
            self.keep(name, &kept, &version)?;
            return Ok(self.old_or(kept, "the issuer renewed it without a new id_token"));
        };
        let mut is_kept = false;
        if self.is_of_unknown_key(provider, &id_token) {
            // To look for the key takes a request, which may not come to its end.
            version = self.keep(name, &kept, &version)?;
            is_kept = true;
        }
        let verified = match self.verify(provider, &id_token) {
            Ok(verified) => verified,
            Err(failure) => {
                if !is_kept {
                    self.keep(name, &kept, &version)?;
                }
                return if may_pass(&failure) { self.old_or_failure(kept, failure) } else { Err(failure) };
            }
        };
        if verified.subject != old.subject {
            self.forget(name, &version);
            return Err(Failure::denied(format!(
                "the issuer {} renewed the session of `{}` with a token of `{}`: the session was ended here",
                self.issuer.as_str(),
                old.subject,
                verified.subject
            ))
            .remedy(format!("run `{}`, and tell whoever runs the issuer", self.login())));
        }
        let record = Record {
            signed_in_at: old.signed_in_at,
            ..Record::new(verified, id_token, refresh_token, self.world.now())
        };
        self.keep(name, &record, &version)?;
        self.world.debug(&format!("the session at {} was renewed", self.issuer.as_str()));
        Ok(Renewed::Good(record))
    }

    /// The old token where it is good, else a person.
    fn old_or(&self, record: Record, why: &str) -> Renewed {
        match record.is_valid(self.world.now()) {
            true => Renewed::Good(record),
            false => Renewed::Ended(format!(
                "the session at {} ended at {}: {why}",
                self.issuer.as_str(),
                time::rfc3339(record.expires)
            )),
        }
    }

    /// The old token where it is good and the failure one that passes, else the failure.
    fn old_or_failure(&self, record: Record, failure: Failure) -> Result<Renewed, Failure> {
        if may_pass(&failure) && record.is_valid(self.world.now()) {
            self.world.debug(&format!("the session was not renewed, and is good yet: {}", failure.message));
            return Ok(Renewed::Good(record));
        }
        Err(failure)
    }

    /// Why a refresh token is not accepted any more.
    fn refused(&self, record: &Record) -> String {
        let at = self.issuer.as_str();
        match record.refreshing_since {
            None => format!("the issuer {at} ended the session: it was revoked there, or not used for too long"),
            Some(since) => format!(
                "the issuer {at} does not accept the refresh token: a renewal was under way at {} when a program ended \
                 or its answer was lost, and took it with it; or the session was revoked there",
                time::rfc3339(since)
            ),
        }
    }

    pub(crate) fn nobody(&self) -> String {
        format!("nobody is signed in at {}", self.issuer.as_str())
    }

    fn unmark(&self, name: &str, record: &Record, version: &Expected) {
        // As it was before: where it had a mark of another renewal, it has it again.
        if let Err(failure) = self.keep(name, record, version) {
            self.world.debug(&format!("the session was not written again: {}", failure.message));
        }
    }

    pub(crate) fn forget(&self, name: &str, version: &Expected) {
        if let Err(failure) = self.world.remove(name, version) {
            self.world.debug(&format!("the session was not removed: {}", failure.message));
        }
    }
}
