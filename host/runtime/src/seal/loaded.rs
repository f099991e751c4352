//! What a program or a command asks of all sources of a chain at once: another key, and sealing what lies in plain.

use harmony_config_core::{ConfigError, Coordinate};

use super::{KeyPlace, Rekeyed, SealedNow, SealingKeys, rotate};
use crate::Loaded;

impl Loaded {
    /// Changes the key that seals secrets: a new one, in this place, or in that of the one before. Every value that the
    /// chain's sources have sealed is sealed anew; the old key goes after the last of them. Broken off at any moment, it
    /// is ended by calling it again.
    ///
    /// # Errors
    /// [`ConfigError::Unavailable`] where the keys cannot be had or made. That single values could not be sealed anew is
    /// part of the answer: their key stays.
    pub async fn rekey(&self, place: Option<KeyPlace>) -> Result<Rekeyed, ConfigError> {
        let done = rotate::rekey(self.host.ring(), &self.keepers, &self.namespaces(), place).await;
        done.map_err(ConfigError::from_failure)
    }

    /// Seals the values that lie in plain where they would be sealed if they were written now, and that `is_secret` says
    /// are secret. A program that shares the store and does not know sealing cannot read them any more.
    ///
    /// # Errors
    /// [`ConfigError::Unavailable`] where the keys cannot be had or made. That single values could not be sealed is part
    /// of the answer.
    pub async fn seal(&self, is_secret: impl Fn(&Coordinate) -> bool + Sync) -> Result<SealedNow, ConfigError> {
        let done = rotate::seal_plain(self.host.ring(), &self.keepers, &self.namespaces(), &is_secret).await;
        done.map_err(ConfigError::from_failure)
    }

    /// How the keys are that seal secrets. Each is read, and none is made or changed.
    pub async fn sealing_keys(&self) -> SealingKeys {
        self.host.ring().look().await
    }

    fn namespaces(&self) -> [&str; 2] {
        [self.manager.namespace(), &self.manifest.app]
    }
}
