//! Renewing a session without a person. One at a time does it, whatever many processes start at once: a refresh token is
//! good for one time, and who waited finds a new id_token.

use std::time::Duration;

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
        let turn = self.world.enter(name);
        let Some(stored) = self.stored(name)? else { return Ok(Renewed::Ended(self.nobody())) };
        // Whoever had the turn before did it.
        if stored.record.is_fresh(self.world.now()) {
            return Ok(Renewed::Good(stored.record));
        }
        let _turn = match turn {
            Ok(turn) => turn,
            Err(failure) => return self.old_or_failure(stored.record, failure),
        };
        let Some(token) = stored.record.refresh_token.clone() else {
            return Ok(self.old_or(stored.record, "the issuer gave no refresh token when it began"));
        };
        if stored.record.is_valid(self.world.now()) && self.world.clock() < self.store.left_alone.get() {
            return Ok(Renewed::Good(stored.record));
        }
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
            Err(failure) if failure.code == "conflict" => self.overtaken(name),
            Err(failure) => self.old_or_failure(stored.record, failure),
        }
    }

    /// Somebody signed in, or out, in the meantime: theirs is what counts.
    fn overtaken(&self, name: &str) -> Result<Renewed, Failure> {
        Ok(match self.stored(name)? {
            Some(stored) if stored.record.is_valid(self.world.now()) => Renewed::Good(stored.record),
            _ => Renewed::Ended(self.nobody()),
        })
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
        let mut is_kept = false;
        let mut keep = |record: &Record| -> Result<(), Failure> {
            version = self.keep(name, record, &version)?;
            is_kept = true;
            Ok(())
        };
        // To look for a key takes a request, which may not come to its end.
        let verified = tokens.id_token.as_ref().map(|id_token| self.verify_after(provider, id_token, || keep(&kept)));
        let result = match (verified, tokens.id_token) {
            (Some(Ok(verified)), _) if verified.subject != old.subject => {
                self.forget(name, &version);
                self.discard(provider, refresh_token.as_deref());
                return Err(self.of_another(&old, &verified.subject));
            }
            (Some(Ok(verified)), Some(id_token)) => {
                let record = Record::new(verified, id_token, refresh_token.clone(), self.world.now());
                let record = Record { signed_in_at: old.signed_in_at, ..record };
                self.keep(name, &record, &version).map(|_| Renewed::Good(record))
            }
            (Some(Err(failure)), _) => {
                let kept_now = if is_kept { Ok(()) } else { self.keep(name, &kept, &version).map(drop) };
                kept_now.and_then(|()| self.old_or_failure(kept, failure))
            }
            (None, _) | (_, None) => self
                .keep(name, &kept, &version)
                .map(|_| self.old_or(kept, "the issuer renewed it without a new id_token")),
        };
        match result {
            Err(failure) if failure.code == "conflict" => {
                self.discard(provider, refresh_token.as_deref());
                self.overtaken(name)
            }
            result => result,
        }
    }

    fn of_another(&self, old: &Record, subject: &str) -> Failure {
        Failure::denied(format!(
            "the issuer {} renewed the session of `{}` with a token of `{subject}`: the session was ended here",
            self.issuer.as_str(),
            old.subject,
        ))
        .remedy(format!("run `{}`, and tell whoever runs the issuer", self.login()))
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
        if let Some(milliseconds) = failure.retry_after_ms {
            // As the issuer wants it; this instance asks it nothing until then where it need not.
            self.store.left_alone.set(self.world.clock() + Duration::from_millis(milliseconds));
        }
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
