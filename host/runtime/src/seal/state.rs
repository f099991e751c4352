//! How the keys are, found out without making or changing any: for a command that looks for what is wrong.

use std::path::PathBuf;

use harmony_config_core::Failure;

use super::{
    KeyPlace, Ring,
    ledger::Seen,
    record::{Kept, Record},
};

/// How the keys are that seal secrets.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SealingKeys {
    /// The folder where it is written down which keys there are; none without a home.
    pub folder: Option<PathBuf>,
    /// Where the key is kept that seals; none where nothing was sealed yet.
    pub place: Option<KeyPlace>,
    /// How many keys of before are there: what they sealed still needs them.
    pub old: usize,
    /// How many values are sealed.
    pub sealed: usize,
    /// Why a key cannot be had, or none could be made.
    pub trouble: Option<Failure>,
}

impl Ring {
    /// How the keys are now. Every key is read.
    pub(super) async fn look(&self) -> SealingKeys {
        let mut keys = SealingKeys { folder: self.folder().ok().map(PathBuf::from), ..SealingKeys::default() };
        match self.record() {
            Ok(record) => self.look_at(&record, &mut keys).await,
            Err(failure) => keys.trouble = Some(failure),
        }
        if let Ok(rows) = self.ledger.rows() {
            keys.sealed = rows.values().filter(|seen| matches!(seen, Seen::Sealed(_))).count();
        }
        keys
    }

    async fn look_at(&self, record: &Record, keys: &mut SealingKeys) {
        keys.place = record.current().map(|kept| kept.place);
        keys.old = record.keys.len().saturating_sub(1);
        for id in record.keys.iter().filter_map(Kept::id) {
            if let Err(failure) = self.key(&id).await {
                keys.trouble = Some(failure);
                return;
            }
        }
        if record.keys.is_empty() {
            keys.trouble = self.can_seal().await.err();
        }
    }
}
