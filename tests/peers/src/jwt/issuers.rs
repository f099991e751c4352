//! The keys of issuers, fetched from where their discovery documents say, and kept until a token names one that is not
//! among them: as OpenBao's own client does it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::keys::{self, Key, Signed};
use crate::{client, discovery, error::Error};

/// For the two requests of one look.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where keys are published, and what CA is trusted there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Published<'a> {
    /// By an issuer, whose discovery document has to name it to the character.
    By { issuer: &'a str, ca: Option<&'a str> },
    /// At an address.
    At { url: &'a str, ca: Option<&'a str> },
}

/// The keys that were fetched, by where they came from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Issuers(Arc<Mutex<BTreeMap<String, Vec<Key>>>>);

impl Issuers {
    /// Whether one of the published keys signed a token. It blocks while keys are fetched.
    pub(crate) fn verified(&self, published: Published<'_>, token: &str) -> Result<bool, String> {
        let Some(signed) = Signed::read(token) else { return Ok(false) };
        let (Published::By { issuer: place, .. } | Published::At { url: place, .. }) = published;
        let verifies = |keys: &[Key]| keys.iter().filter(|key| key.is_meant(&signed)).any(|key| key.verifies(&signed));
        let known = self.known(place);
        if known.iter().any(|key| key.is_meant(&signed)) {
            // A signature that is wrong is no reason to fetch; a token that names no key may mean a new one.
            if verifies(&known) || signed.key.is_some() {
                return Ok(verifies(&known));
            }
        }
        let fetched = fetch(published)?;
        let right = verifies(&fetched);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place.to_owned(), fetched);
        Ok(right)
    }

    fn known(&self, place: &str) -> Vec<Key> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned().unwrap_or_default()
    }
}

fn fetch(published: Published<'_>) -> Result<Vec<Key>, String> {
    let get = async {
        let (url, ca) = match published {
            Published::At { url, ca } => (url.to_owned(), ca),
            Published::By { issuer, ca } => {
                let document = discovery::document(issuer, ca).await?;
                let named = document.get("jwks_uri").and_then(Value::as_str);
                (named.ok_or("the discovery document has no jwks_uri")?.to_owned(), ca)
            }
        };
        Ok(keys::read(&discovery::get(&url, ca).await?))
    };
    let limited = async {
        let ended = tokio::time::timeout(PATIENCE, get).await;
        Ok(ended.unwrap_or_else(|_| Err(format!("no keys for {} s", PATIENCE.as_secs()))))
    };
    client::block_on(limited).unwrap_or_else(|error: Error| Err(error.to_string()))
}
