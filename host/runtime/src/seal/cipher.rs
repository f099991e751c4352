//! One value under one key: XChaCha20-Poly1305, bound to where the value belongs, in the core's envelope. Which key it is,
//! and where keys are kept, is not known here.
//!
//! Stops: reading a value, changing it, and putting it elsewhere (another key, namespace, instance, app or source) without
//! the key. Does not stop: putting an older sealed value of the same place back, or removing it.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use harmony_config_core::{Coordinate, envelope};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hex;

/// The bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

const NONCE_BYTES: usize = 24;

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRandomness;

/// What tells one key from another: part of its digest, so that a damaged key is not taken for a whole one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KeyId(Arc<str>);

impl KeyId {
    /// An id as it was written down.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 16 && text.bytes().all(plain)).then(|| KeyId(Arc::from(text)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that seals. Overwritten when it is dropped, never shown.
pub(crate) struct Key {
    id: KeyId,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    /// A new one, of the system's randomness.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        let generated = chacha20poly1305::Key::try_generate().map_err(|_| NoRandomness)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        bytes.copy_from_slice(&generated);
        Ok(Key::of(bytes))
    }

    /// The key of these bytes; none where they are too many or too few.
    pub(crate) fn from_bytes(given: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if given.len() != KEY_BYTES {
            return None;
        }
        bytes.copy_from_slice(given);
        Some(Key::of(bytes))
    }

    fn of(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let digest = Sha256::new().chain_update(b"harmony-config sealing key id\0").chain_update(&bytes[..]).finalize();
        Key { id: KeyId(Arc::from(hex::short(&digest, 8))), bytes }
    }

    pub(crate) fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Where a value belongs. Sealed for one place, it opens in no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) app: &'a str,
    pub(crate) source: &'a str,
    pub(crate) at: &'a Coordinate,
}

impl Place<'_> {
    /// What the cipher binds. JSON, so that no two places have the same text.
    fn bound(&self, key: &KeyId) -> Vec<u8> {
        let Place { app, source, at } = self;
        let parts = json!([
            envelope::MARK,
            envelope::VERSION,
            "xchacha20-poly1305",
            key.as_str(),
            app,
            source,
            at.namespace(),
            at.key(),
            at.instance()
        ]);
        parts.to_string().into_bytes()
    }
}

/// Why a sealed value does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsealable {
    /// The envelope is not one that this program writes.
    Malformed(&'static str),
    /// It says itself that it was sealed for another app or source.
    Elsewhere(String),
    /// The cipher says that it was changed, or belongs elsewhere.
    Refused,
}

/// What an envelope says in plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) key: KeyId,
    nonce: [u8; NONCE_BYTES],
    /// For people alone: what counts is bound by the cipher.
    pub(crate) app: String,
    pub(crate) source: String,
}

/// Reads what an envelope says in plain; none where the value is not sealed.
pub(crate) fn head(value: &Value) -> Option<Result<Head, Unsealable>> {
    let sealed = envelope::sealed(value)?;
    Some(read_head(value, sealed))
}

fn read_head(value: &Value, sealed: &Value) -> Result<Head, Unsealable> {
    let version = value.get(envelope::MARK).and_then(|mark| mark.get("version")).and_then(Value::as_u64);
    if version != Some(envelope::VERSION) {
        return Err(Unsealable::Malformed("a newer version of this program sealed it"));
    }
    let text = |name: &str| sealed.get(name).and_then(Value::as_str);
    let key = text("key").and_then(KeyId::parse).ok_or(Unsealable::Malformed("it does not name its key"))?;
    let nonce = text("nonce").and_then(|nonce| BASE64.decode(nonce).ok()?.try_into().ok());
    let nonce = nonce.ok_or(Unsealable::Malformed("it has no nonce"))?;
    let owned =
        |name: &str| text(name).unwrap_or_default().chars().filter(|c| c.is_ascii_graphic()).take(128).collect();
    Ok(Head { key, nonce, app: owned("app"), source: owned("source") })
}

/// Seals a value for a place.
pub(crate) fn seal(key: &Key, place: Place<'_>, value: &Value) -> Result<Value, NoRandomness> {
    let plain = Zeroizing::new(value.to_string());
    let nonce = XNonce::try_generate().map_err(|_| NoRandomness)?;
    let bound = place.bound(key.id());
    let payload = Payload { msg: plain.as_bytes(), aad: &bound };
    // It fails on texts of 256 GiB alone, and a value has a bound far below.
    let sealed = key.cipher().encrypt(&nonce, payload).unwrap_or_default();
    Ok(json!({
        envelope::MARK: {
            "version": envelope::VERSION,
            "sealed": { "key": key.id().as_str(), "nonce": BASE64.encode(nonce), "app": place.app, "source": place.source },
        },
        "value": BASE64.encode(sealed),
    }))
}

/// Opens a sealed value of a place.
pub(crate) fn open(key: &Key, place: Place<'_>, value: &Value) -> Result<Value, Unsealable> {
    let head = head(value).unwrap_or(Err(Unsealable::Malformed("it is not sealed")))?;
    if head.app != place.app {
        return Err(Unsealable::Elsewhere(format!("for the app `{}`", head.app)));
    }
    if head.source != place.source {
        return Err(Unsealable::Elsewhere(format!("by a source of the name `{}`", head.source)));
    }
    let sealed = value.get("value").and_then(Value::as_str).and_then(|text| BASE64.decode(text).ok());
    let sealed = sealed.ok_or(Unsealable::Malformed("what it holds is not Base64"))?;
    let bound = place.bound(&head.key);
    let payload = Payload { msg: &sealed, aad: &bound };
    let plain = key.cipher().decrypt(&XNonce::from(head.nonce), payload).map_err(|_| Unsealable::Refused)?;
    let plain = Zeroizing::new(plain);
    // serde's words would quote the value.
    serde_json::from_slice(&plain).map_err(|_| Unsealable::Malformed("what was sealed is not JSON"))
}

#[cfg(test)]
mod tests;
