//! A machine signs in with a key: a JWT that it signs itself (RFC 7523). There is no session to renew; the key is always
//! there.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use harmony_config_sdk::{Expected, Failure};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey as _,
    core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    call::Call,
    device::Wanted,
    record::Record,
    tokens::Tokens,
    trouble::{Deed, error_of, may_pass},
    world::World,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long what the key signs is good.
const LIVES_SECONDS: u64 = 300;

/// The setting of the file.
const FILE: [&str; 1] = ["key-file"];

/// A key as the console of Zitadel hands it out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Key {
    #[serde(rename = "type")]
    kind: String,
    pub(crate) key_id: String,
    key: String,
    pub(crate) user_id: String,
}

impl<W: World> Call<'_, W> {
    /// The key of the setting `key-file`.
    pub(crate) fn key(&self) -> Result<Key, Failure> {
        let make = "in the console of Zitadel, open the service user, add a key of type JSON, and save it there";
        let Some(text) = self.world.credential_file(&FILE)? else {
            return Err(Failure::interaction_required("there is no file at the setting `key-file`, or nothing in it")
                .remedy(make));
        };
        let key: Key = serde_json::from_str(&text).map_err(|_| {
            Failure::invalid("the file of the setting `key-file` is no key of Zitadel: it must be JSON with `type`, `keyId`, `key` and `userId`")
                .remedy(make)
        })?;
        match key.kind.as_str() {
            "serviceaccount" => Ok(key),
            _ => Err(Failure::invalid("the key of the setting `key-file` is none of a service user").remedy(make)),
        }
    }

    pub(crate) fn name_of(&self, key: &Key) -> String {
        json!([self.issuer.as_str(), "key", key.user_id]).to_string()
    }

    /// A token of the machine.
    pub(crate) fn machine(&self, wanted: Wanted) -> Result<Record, Failure> {
        let key = self.key()?;
        let name = self.name_of(&key);
        let good = |call: &Self| -> Result<Option<Record>, Failure> {
            let stored = call.stored(&name)?.filter(|_| wanted == Wanted::Anybody);
            Ok(stored.map(|stored| stored.record).filter(|record| record.is_fresh(call.world.now())))
        };
        if let Some(record) = good(self)? {
            return Ok(record);
        }
        let _turn = self.world.enter(&name)?;
        if let Some(record) = good(self)? {
            return Ok(record);
        }
        match self.by_key(&key) {
            Ok(record) => {
                self.keep(&name, &record, &Expected::Anything)?;
                Ok(record)
            }
            Err(failure) => {
                let old = self.stored(&name)?.map(|stored| stored.record);
                match old.filter(|record| record.is_valid(self.world.now())) {
                    Some(record) if may_pass(&failure) => Ok(record),
                    Some(_) if failure.code == "denied" => {
                        self.forget(&name, &Expected::Anything);
                        Err(failure)
                    }
                    _ => Err(failure),
                }
            }
        }
    }

    fn by_key(&self, key: &Key) -> Result<Record, Failure> {
        let provider = self.provider()?;
        let url = self.token_endpoint(&provider)?;
        let deed = Deed { doing: "signing in with a key", url };
        let (assertion, scopes) = (self.assertion(key)?, self.store.settings.scopes());
        let form = [("grant_type", GRANT), ("assertion", assertion.as_str()), ("scope", &scopes)];
        let answer = self.post(url, &form).map_err(|fault| self.of_fault(fault, deed))?;
        let at = self.issuer.as_str();
        if answer.status != 200 {
            return Err(match error_of(&answer).as_deref() {
                Some("invalid_grant" | "invalid_request" | "access_denied") => {
                    let clock =
                        self.wrong_clock().map_or(String::new(), |words| format!("; the clock here is wrong: {words}"));
                    Failure::denied(format!(
                        "the issuer {at} refused the key `{}` of the user `{}`{clock}",
                        key.key_id, key.user_id
                    ))
                    .remedy(
                        "see whether the key has ended or was removed, and whether the user is active, in the console \
                             of Zitadel; another key in the file of the setting `key-file` is used at once",
                    )
                }
                _ => self.of_answer(&answer, deed),
            });
        }
        let Tokens { id_token, .. } = self.json(&answer, deed)?;
        let id_token = id_token.ok_or_else(|| {
            Failure::unsupported(format!("the issuer {at} handed the machine no id_token"))
                .remedy("see that the issuer hands one out for the scope `openid` with a key, as Zitadel does")
        })?;
        let verified = self.verify(&provider, &id_token)?;
        if verified.subject != key.user_id {
            return Err(Failure::denied(format!(
                "the issuer {at} handed out a token of `{}` for the key of `{}`",
                verified.subject, key.user_id
            ))
            .remedy("see what the issuer logs"));
        }
        Ok(Record::new(verified, id_token, None, self.world.now()))
    }

    /// What the machine says of itself, signed.
    fn assertion(&self, key: &Key) -> Result<String, Failure> {
        let unusable = |_| {
            Failure::invalid("the `key` in the file of the setting `key-file` is no RSA key in PEM (PKCS #1)")
                .remedy("save the key as the console of Zitadel hands it out")
        };
        let id = JsonWebKeyId::new(key.key_id.clone());
        let signer = CoreRsaPrivateSigningKey::from_pem(&key.key, Some(id)).map_err(unusable)?;
        let now = self.world.now();
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key.key_id });
        let claims = json!({
            "iss": key.user_id, "sub": key.user_id, "aud": self.issuer.as_str(), "iat": now, "exp": now + LIVES_SECONDS,
        });
        let encode = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = signer
            .sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, signed.as_bytes())
            .map_err(|error| unusable(error.to_string()))?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}
