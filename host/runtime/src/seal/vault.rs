//! What the host itself keeps sealed and could do without: sessions. The key is one of its own, beside the one of the
//! values: that one is never made anew while something is sealed, and here a lost key costs a sign-in and no more.

use harmony_config_core::Coordinate;
use serde_json::Value;

use super::{
    cipher::{self, NoRandomness, Place},
    ring::Ring,
};
use crate::Places;

/// What the entry is called in the keyring's own window.
const SERVICE: &str = "harmony-config session key";

/// The namespace that the cipher binds; the names in it are digests.
const NAMESPACE: &str = "session";

/// Seals what the host keeps for plugins.
pub(crate) struct Vault {
    ring: Ring,
}

impl Vault {
    pub(crate) fn new(places: &Places) -> Self {
        Vault { ring: Ring::at(places.session_key(), SERVICE, places.keyring) }
    }

    /// Seals a value for an app, an owner, and a digest of what it is about.
    ///
    /// # Errors
    /// Why it cannot be sealed.
    pub(crate) async fn seal(&self, app: &str, owner: &str, digest: &str, value: &Value) -> Result<Value, String> {
        let at = at(digest)?;
        let mut turn = self.ring.turn().await.map_err(|failure| failure.message)?;
        if turn.key.is_none() {
            drop(turn);
            self.ring.make_first().await.map_err(|failure| failure.message)?;
            turn = self.ring.turn().await.map_err(|failure| failure.message)?;
        }
        let key = turn.key.clone().ok_or("the key went away")?;
        cipher::seal(&key, Place { app, source: owner, at: &at }, value)
            .map_err(|NoRandomness| "the system gave no random bytes".to_owned())
    }

    /// Opens what was sealed for them.
    ///
    /// # Errors
    /// Why it does not open.
    pub(crate) async fn open(&self, app: &str, owner: &str, digest: &str, sealed: &Value) -> Result<Value, String> {
        let at = at(digest)?;
        let head = cipher::head(sealed).ok_or("it is not sealed")?.map_err(|why| format!("{why:?}"))?;
        let key = self.ring.key(&head.key).await.map_err(|failure| failure.message)?;
        cipher::open(&key, Place { app, source: owner, at: &at }, sealed).map_err(|why| format!("{why:?}"))
    }
}

fn at(digest: &str) -> Result<Coordinate, String> {
    Coordinate::parse(NAMESPACE, &format!("S{digest}")).map_err(|error| error.to_string())
}
