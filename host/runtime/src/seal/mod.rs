//! Sealing: a secret is encrypted by the host before a source that keeps plain files sees it, and opened when it comes
//! back. Here is what one source does about it. The cipher is `cipher`'s, the keys are `ring`'s, which values are sealed is
//! written down by `ledger`, and changing keys is `rotate`'s.
//!
//! Stops: secrets in backups, in a copied or stolen database, in what other programs read of it; a value moved to another
//! place; a value that was sealed and lies there in plain (it is flagged). Does not stop: whoever is this user already, an
//! old value put back in its own place, a value removed.

mod cipher;
mod ledger;
mod loaded;
mod lock;
mod record;
mod ring;
mod rotate;
mod state;
mod vault;

use std::sync::Arc;

use harmony_config_core::{Blame, Entry, Failure, FailureCode, Request, Sensitivity};
use serde_json::Value;

use self::{
    cipher::{Key, KeyId, NoRandomness, Place, Unsealable},
    ledger::{Row, Seen},
};
pub use self::{
    record::KeyPlace,
    rotate::{Rekeyed, SealedNow, Unchanged},
    state::SealingKeys,
};
pub(crate) use self::{ring::Ring, vault::Vault};

/// What one source does about sealing.
pub(crate) struct Seal {
    ring: Arc<Ring>,
    app: String,
    source: Arc<str>,
    /// The file or folder that it keeps plain values in; none where it keeps none.
    store: Option<String>,
    on: bool,
}

impl Seal {
    /// `store`: where plain values would lie. `on`: whether the person wants secrets sealed there.
    pub(crate) fn new(ring: Arc<Ring>, app: &str, source: Arc<str>, store: Option<String>, on: bool) -> Self {
        Seal { ring, app: app.to_owned(), source, store, on }
    }

    /// Whether a value of this request is sealed when it is written. What is sealed stays so, though it is called no secret
    /// any more: the one who says so may be a document that came with a project.
    pub(crate) fn seals(&self, request: &Request) -> bool {
        self.is_on()
            && (request.sensitivity == Sensitivity::Secret || matches!(self.seen(request), Some(Seen::Sealed(_))))
    }

    /// What is written down of the value.
    fn seen(&self, request: &Request) -> Option<Seen> {
        self.ring.ledger.seen(&self.row(request)?)
    }

    fn place<'a>(&'a self, request: &'a Request) -> Place<'a> {
        Place { app: &self.app, source: &self.source, at: &request.at }
    }

    fn row(&self, request: &Request) -> Option<Row> {
        let store = self.store.clone()?;
        Some(Row { store, source: self.source.to_string(), at: request.at.clone() })
    }

    /// Whether secrets are sealed there.
    fn is_on(&self) -> bool {
        self.on && self.store.is_some()
    }

    /// Whether the source keeps values in plain files, sealed or not.
    pub(crate) fn keeps_plain(&self) -> bool {
        self.store.is_some()
    }

    /// Whether an envelope says that it is of this source.
    fn sealed(&self, head: &cipher::Head) -> bool {
        head.app == self.app && *head.source == *self.source
    }

    /// Whether a row that is written down is of this source.
    fn is_of_store(&self, row: &Row) -> bool {
        *row.source == *self.source && self.store.as_ref() == Some(&row.store)
    }

    /// An entry as the chain is to see it: opened where it is sealed, and with a note where it should be and is not.
    pub(crate) async fn open(&self, request: &Request, mut entry: Entry) -> Result<Entry, Failure> {
        let head = match cipher::head(&entry.value) {
            None => {
                self.look_at_plain(request, &mut entry);
                return Ok(entry);
            }
            Some(head) => head.map_err(|why| self.does_not_open(&entry.location, &why))?,
        };
        let key = self.ring.key(&head.key).await.map_err(|failure| Failure {
            message: format!("{} is sealed, and {}", entry.location, failure.message),
            ..failure
        })?;
        entry.value = self.open_with(&key, request, &entry)?;
        Ok(entry)
    }

    fn open_with(&self, key: &Key, request: &Request, entry: &Entry) -> Result<Value, Failure> {
        cipher::open(key, self.place(request), &entry.value).map_err(|why| self.does_not_open(&entry.location, &why))
    }

    /// Notes a value that was sealed when it was last seen, and lies there in plain now.
    fn look_at_plain(&self, request: &Request, entry: &mut Entry) {
        if !self.is_on() {
            return;
        }
        let was_sealed = match self.seen(request) {
            Some(Seen::Sealed(_)) => true,
            seen => seen.is_some() && request.sensitivity == Sensitivity::Secret,
        };
        if was_sealed {
            entry.note = Some(format!(
                "it lies there in plain, and was sealed before: an older program wrote it, or somebody else; to seal it: \
                 harmony-config -n {} seal {}",
                request.at.namespace(),
                request.at
            ));
        }
    }

    fn does_not_open(&self, location: &str, why: &Unsealable) -> Failure {
        let (message, remedy) = match why {
            Unsealable::Malformed(why) => (
                format!("{location} is sealed, and cannot be opened: {why}"),
                "put it back from a backup, or set it anew".to_owned(),
            ),
            Unsealable::Elsewhere(whom) => (
                format!("{location} was sealed {whom}, and opens there alone"),
                "read it there, and `set` it here; a source that got a new name has its old one back in the manifest"
                    .to_owned(),
            ),
            Unsealable::Refused => (
                format!("{location} is sealed, and was changed or moved from another place: it does not open"),
                "put it back from a backup, or set it anew".to_owned(),
            ),
        };
        Failure::new(FailureCode::Invalid, message).with_remedy(remedy).blamed_on(Blame::Store)
    }

    /// Whether a secret could be sealed now, found out before a person is asked for it.
    pub(crate) async fn can_seal(&self, request: &Request) -> Result<(), Failure> {
        match self.seals(request) {
            true => self.ring.can_seal().await,
            false => Ok(()),
        }
    }

    /// A turn in which values may be sealed and written; none where there is no key yet.
    pub(crate) async fn turn(&self) -> Result<Option<SealTurn<'_>>, Failure> {
        let turn = self.ring.turn().await?;
        Ok(turn.key.clone().map(|key| SealTurn { seal: self, _turn: turn, key }))
    }

    /// A turn in which nobody else seals.
    async fn turn_alone(&self) -> Result<SealTurn<'_>, Failure> {
        let turn = self.ring.turn_alone().await?;
        match turn.key.clone() {
            Some(key) => Ok(SealTurn { seal: self, _turn: turn, key }),
            None => Err(went_away()),
        }
    }

    /// Makes the first key, unless somebody else has just done so.
    pub(crate) async fn make_first_key(&self) -> Result<(), Failure> {
        self.ring.make_first().await
    }

    /// The failure of a first key that is not made, because this is sealed already and its key is lost. A key of which only
    /// the record was lost is written down again.
    pub(crate) async fn sealed_by_lost_key(&self, entry: &Entry) -> Option<Failure> {
        let head = cipher::head(&entry.value)?.ok()?;
        if head.app != self.app || self.ring.adopt(&head.key).await.is_ok() {
            return None;
        }
        let message = format!(
            "{} is sealed with the key {}, and that key is not on this machine; no second one is made beside it",
            entry.location, head.key
        );
        Some(
            Failure::new(FailureCode::Unavailable, message)
                .with_remedy("put the key back from a backup; if it is lost, take away what it sealed first: harmony-config unset KEY --in SOURCE")
                .blamed_on(Blame::Person),
        )
    }

    /// To be called after something was written in plain, by the person's own will.
    pub(crate) async fn wrote_plain(&self, request: &Request) {
        self.forget(request).await;
    }

    /// To be called after something was removed.
    pub(crate) async fn removed(&self, request: &Request) {
        self.forget(request).await;
    }

    async fn forget(&self, request: &Request) {
        let Some(row) = self.row(request) else { return };
        if self.ring.ledger.seen(&row).is_none() {
            return;
        }
        // Without a turn the list may just be written anew; what is noted wrongly is a warning too many.
        let turn = self.ring.turn().await;
        if let Err(error) = self.ring.ledger.note(&row, None) {
            tracing::debug!("the list of sealed values cannot be written: {error}");
        }
        drop(turn);
    }
}

/// The failure where a key was there a moment ago.
pub(crate) fn went_away() -> Failure {
    Failure::new(FailureCode::Unavailable, "the key that seals secrets went away while it was used")
        .with_remedy("try again")
}

/// A turn in which values may be sealed.
pub(crate) struct SealTurn<'a> {
    seal: &'a Seal,
    _turn: ring::Turn,
    key: Arc<Key>,
}

impl SealTurn<'_> {
    /// The value as it is to be written. That it is sealed is written down before, unless it was sealed already: then what
    /// is written down still holds if the write fails.
    pub(crate) fn seal(&self, request: &Request, value: &Value) -> Result<Value, Failure> {
        let sealed = cipher::seal(&self.key, self.seal.place(request), value).map_err(|NoRandomness| {
            Failure::new(FailureCode::Unavailable, "the system gave no random bytes to seal with")
                .with_remedy("try again")
                .blamed_on(Blame::Host)
        })?;
        let row = self.seal.row(request);
        if row.is_some_and(|row| self.seal.ring.ledger.seen(&row).is_none()) {
            self.note(request)?;
        }
        Ok(sealed)
    }

    /// To be called after it was written.
    pub(crate) fn written(&self, request: &Request) {
        if let Err(failure) = self.note(request) {
            tracing::debug!("{}", failure.message);
        }
    }

    fn note(&self, request: &Request) -> Result<(), Failure> {
        let Some(row) = self.seal.row(request) else { return Ok(()) };
        let seen = Seen::Sealed(self.key.id().clone());
        self.seal.ring.ledger.note(&row, Some(&seen)).map_err(|error| self.seal.ring.unusable(&error))
    }

    fn key_id(&self) -> &KeyId {
        self.key.id()
    }
}
