//! Keys of all kinds that an issuer may sign with, made for these tests and used nowhere else, and tokens that they sign.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey as _,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm as Algorithm, CoreRsaPrivateSigningKey},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::Sha256;

pub(super) const FIRST_PEM: &str = include_str!("first.pem");

/// Who signs a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    First,
    /// Another one of the same kind.
    Second,
    /// On the curve P-256.
    Curve,
    Edwards,
    /// Nobody: `alg: none`.
    Nobody,
    /// Whoever knows the first one's public key: HS256 with it as the secret.
    PublicKey,
}

fn rsa(pem: &str, kid: &str) -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(pem, Some(JsonWebKeyId::new(kid.to_owned()))).unwrap()
}

fn edwards() -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(include_str!("edwards.pem"), Some(JsonWebKeyId::new("edwards".into())))
        .unwrap()
}

fn curve() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    fn kid(self) -> &'static str {
        match self {
            Signer::First | Signer::PublicKey | Signer::Nobody => "first",
            Signer::Second => "second",
            Signer::Curve => "curve",
            Signer::Edwards => "edwards",
        }
    }

    fn alg(self) -> &'static str {
        match self {
            Signer::First | Signer::Second => "RS256",
            Signer::Curve => "ES256",
            Signer::Edwards => "EdDSA",
            Signer::Nobody => "none",
            Signer::PublicKey => "HS256",
        }
    }

    /// As the issuer publishes it.
    pub(super) fn public(self) -> Value {
        match self {
            Signer::First => serde_json::to_value(rsa(FIRST_PEM, "first").as_verification_key()).unwrap(),
            Signer::Second => {
                serde_json::to_value(rsa(include_str!("second.pem"), "second").as_verification_key()).unwrap()
            }
            Signer::Edwards => serde_json::to_value(edwards().as_verification_key()).unwrap(),
            Signer::Curve => {
                let point = curve().verifying_key().to_sec1_point(false);
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "curve",
                        "x": encoded(point.x().unwrap()), "y": encoded(point.y().unwrap()) })
            }
            Signer::Nobody | Signer::PublicKey => panic!("it has no public key"),
        }
    }

    /// A token with these claims.
    pub(super) fn token(self, claims: &Value) -> String {
        let header = json!({ "alg": self.alg(), "typ": "JWT", "kid": self.kid() });
        let text = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let bytes = text.as_bytes();
        let signature = match self {
            Signer::First => rsa(FIRST_PEM, "first").sign(&Algorithm::RsaSsaPkcs1V15Sha256, bytes).unwrap(),
            Signer::Second => {
                rsa(include_str!("second.pem"), "second").sign(&Algorithm::RsaSsaPkcs1V15Sha256, bytes).unwrap()
            }
            Signer::Edwards => edwards().sign(&Algorithm::EdDsa, bytes).unwrap(),
            Signer::Curve => {
                let signature: Signature = curve().sign(bytes);
                signature.to_bytes().to_vec()
            }
            Signer::Nobody => Vec::new(),
            Signer::PublicKey => {
                let public = Signer::First.public().to_string();
                let mut mac = Hmac::<Sha256>::new_from_slice(public.as_bytes()).unwrap();
                mac.update(bytes);
                mac.finalize().into_bytes().to_vec()
            }
        };
        format!("{text}.{}", encoded(signature))
    }
}
