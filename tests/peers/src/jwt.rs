//! JSON web tokens: signing them for a test, verifying them for a stand-in. What their claims mean is not known here.

mod issuers;
mod keys;

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde_json::{Value, json};

pub(crate) use self::issuers::{Issuers, Published};
use crate::error::{Error, Result};

/// Says of a token whether its issuer signed it: how a stand-in for an issuer is put behind a stand-in for OpenBao.
#[derive(Clone)]
pub struct Verifier(Arc<Verify>);

type Verify = dyn Fn(&str, &str) -> bool + Send + Sync;

impl Verifier {
    /// `verify` gets the issuer's address as the auth mount was given it, and the token.
    pub fn new(verify: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(verify))
    }

    /// Verifies as a stand-in does that was given no verifier: with the keys that the issuer publishes, which are fetched
    /// where they are needed, and again for a token of a key that is not known.
    #[must_use]
    pub fn by_discovery() -> Self {
        let issuers = Issuers::default();
        Self::new(move |issuer, token| issuers.verified(Published::By { issuer, ca: None }, token) == Ok(true))
    }

    /// Whether the issuer at this address signed the token.
    #[must_use]
    pub fn accepts(&self, issuer: &str, token: &str) -> bool {
        (self.0)(issuer, token)
    }
}

impl Debug for Verifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

/// How a stand-in tells whether an issuer signed a token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// What a test put in the place of the issuers.
    pub(crate) verifier: Option<Verifier>,
    pub(crate) issuers: Issuers,
}

impl Trust {
    pub(crate) fn accepts(&self, published: Published<'_>, token: &str) -> std::result::Result<bool, String> {
        let (Published::By { issuer: url, .. } | Published::At { url, .. }) = published;
        match &self.verifier {
            Some(verifier) => Ok(verifier.accepts(url, token)),
            None => self.issuers.verified(published, token),
        }
    }
}

/// A key made for a test, which signs with ES256.
pub struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Debug for Signer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

/// What stands before the point of a P-256 key in its file: the algorithm and the curve.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

impl Signer {
    /// A new key.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new() -> Result<Self> {
        let random = SystemRandom::new();
        let failed = |_| Error::new("no key could be made: the system has no random numbers");
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
        Ok(Self { pair: pair.map_err(|error| Error::while_doing("the new key cannot be read", error))?, random })
    }

    /// The public key in PEM, as `jwt_validation_pubkeys` takes it.
    #[must_use]
    pub fn public_key(&self) -> String {
        let der: Vec<u8> = P256.iter().chain(self.pair.public_key().as_ref()).copied().collect();
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn sign(&self, claims: &Value) -> Result<String> {
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let failed = |_| Error::new("a token cannot be signed: the system has no random numbers");
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(failed)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Says whether a token was signed by this key.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let key = self.public_key();
        Verifier::new(move |_, token| verify(&key, token))
    }
}

/// Whether a token was signed by the owner of a public key in PEM.
pub(crate) fn verify(key: &str, token: &str) -> bool {
    let verified = || {
        let (signed, signature) = token.rsplit_once('.')?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split('.').next()?).ok()?).ok()?;
        let algorithm: &'static dyn VerificationAlgorithm = match header.get("alg")?.as_str()? {
            "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
            "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
            "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
            "ES256" => &signature::ECDSA_P256_SHA256_FIXED,
            "ES384" => &signature::ECDSA_P384_SHA384_FIXED,
            "EdDSA" => &signature::ED25519,
            _ => return None,
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = key_of(key).ok()?;
        UnparsedPublicKey::new(algorithm, key).verify(signed.as_bytes(), &signature).ok()
    };
    verified().is_some()
}

/// The claims of a token, whoever signed it.
#[must_use]
pub fn claims(token: &str) -> Option<Value> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok().filter(Value::is_object)
}

/// What a token says that it was signed with.
pub(crate) fn algorithm(token: &str) -> Option<String> {
    keys::Signed::read(token).map(|signed| signed.algorithm)
}

pub(crate) fn check_key(pem: &str) -> std::result::Result<(), String> {
    key_of(pem).map(|_| ())
}

/// The bits of a public key, out of the sequence (algorithm, bits) that a PEM file holds.
fn key_of(pem: &str) -> std::result::Result<Vec<u8>, String> {
    let none = || "data does not contain any valid RSA, ECDSA, or ED25519 public keys".to_owned();
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| none())?;
    let bits = || {
        let (both, _) = element(0x30, der.as_ref())?;
        let (_, bits) = element(0x30, both)?;
        let (bits, _) = element(0x03, bits)?;
        bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
    };
    bits().ok_or_else(none)
}

/// One element of DER with the given tag: its content, and what follows.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_accepted_with_the_key_that_signed_it_and_with_no_other() {
        let (mine, other) = (Signer::new().expect("a key"), Signer::new().expect("a key"));
        let token = mine.sign(&json!({ "sub": "anna" })).expect("a token");
        assert!(verify(&mine.public_key(), &token));
        assert!(!verify(&other.public_key(), &token));
        assert_eq!(claims(&token), Some(json!({ "sub": "anna" })));
    }

    #[test]
    fn changed_claims_are_not_accepted() {
        let signer = Signer::new().expect("a key");
        let token = signer.sign(&json!({ "sub": "anna" })).expect("a token");
        let mut parts: Vec<&str> = token.split('.').collect();
        let forged = URL_SAFE_NO_PAD.encode(json!({ "sub": "root" }).to_string());
        parts[1] = &forged;
        assert!(!verify(&signer.public_key(), &parts.join(".")));
    }
}
