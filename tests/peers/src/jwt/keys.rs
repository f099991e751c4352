//! The public keys that an issuer publishes, as JSON: RSA and elliptic curves. What is of another kind is no key to us.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

/// A key that signs tokens, and by which name tokens call it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    id: Option<String>,
    /// The only one that it is for, if it says so.
    algorithm: Option<String>,
    bits: Bits,
}

#[derive(Clone, Debug)]
enum Bits {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point, uncompressed.
    P256(Vec<u8>),
    P384(Vec<u8>),
}

/// What of a token is verified, and by what it says that it is.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    pub(super) fn read(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split('.').next()?).ok()?).ok()?;
        Some(Self {
            algorithm: header.get("alg")?.as_str()?.to_owned(),
            key: header.get("kid").and_then(Value::as_str).map(str::to_owned),
            message: message.as_bytes(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }
}

/// The signing keys of a set in JSON.
pub(super) fn read(set: &Value) -> Vec<Key> {
    set.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Key::read).collect()
}

impl Key {
    fn read(json: &Value) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|used| used != "sig") {
            return None;
        }
        let point = |length: usize| {
            let mut point = vec![4];
            for name in ["x", "y"] {
                let number = bytes(name)?;
                point.extend(vec![0; length.checked_sub(number.len())?]);
                point.extend(number);
            }
            Some(point)
        };
        let bits = match (text("kty")?, text("crv")) {
            // Numbers begin where they are more than nothing.
            ("RSA", _) => {
                let number = |name| Some(bytes(name)?.into_iter().skip_while(|byte| *byte == 0).collect());
                Bits::Rsa { modulus: number("n")?, exponent: number("e")? }
            }
            ("EC", Some("P-256")) => Bits::P256(point(32)?),
            ("EC", Some("P-384")) => Bits::P384(point(48)?),
            _ => return None,
        };
        Some(Self { id: text("kid").map(str::to_owned), algorithm: text("alg").map(str::to_owned), bits })
    }

    /// Whether a token may mean this key: it names it, or names none.
    pub(super) fn is_meant(&self, signed: &Signed<'_>) -> bool {
        signed.key.is_none() || signed.key == self.id
    }

    /// Whether it signed this. The algorithm has to fit the key: `none` and those of shared secrets fit no key that is
    /// published.
    pub(super) fn verifies(&self, signed: &Signed<'_>) -> bool {
        if self.algorithm.as_ref().is_some_and(|only| *only != signed.algorithm) {
            return false;
        }
        let (message, sign) = (signed.message, signed.signature.as_slice());
        let verified = match (&self.bits, signed.algorithm.as_str()) {
            (Bits::Rsa { modulus, exponent }, algorithm) => {
                let algorithm = match algorithm {
                    "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
                    "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
                    "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
                    "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
                    _ => return false,
                };
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(algorithm, message, sign)
            }
            (Bits::P256(point), "ES256") => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, sign)
            }
            (Bits::P384(point), "ES384") => {
                UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point).verify(message, sign)
            }
            _ => return false,
        };
        verified.is_ok()
    }
}
