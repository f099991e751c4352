//! Whether an id_token is what it says: signed by the issuer, for this client, and valid now. The issuer's signature is
//! checked even though the token came over TLS from it: what gets it next does so, too, and here it can be said why not.

use harmony_config_sdk::Failure;
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenVerifier, SignatureVerificationError,
    core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm as Algorithm},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{call::Call, provider::Provider, time, world::World};

/// How much two clocks may differ.
const SKEW_SECONDS: u64 = 60;

/// From when on a clock is said to be wrong.
pub(crate) const WRONG_CLOCK_SECONDS: u64 = 120;

/// What is accepted: signatures with a public key. A shared secret there is none, and no signature is none.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// The claims that no standard names.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Besides {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for Besides {}

type Token = IdToken<Besides, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, Algorithm>;

/// What a token that was verified says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) subject: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) roles: Vec<String>,
    /// In seconds since 1970.
    pub(crate) expires: u64,
}

/// Why it is not accepted.
enum Refusal {
    UnknownKey,
    Other(String, String),
}

impl<W: World> Call<'_, W> {
    /// Verifies an id_token. A key that is not known is looked for once more: the issuer may have a new one.
    pub(crate) fn verify(&self, provider: &Provider, text: &str) -> Result<Verified, Failure> {
        self.verify_after(provider, text, || Ok(()))
    }

    /// The same, with something to be done before the keys are looked at again.
    pub(crate) fn verify_after(
        &self,
        provider: &Provider,
        text: &str,
        before: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Verified, Failure> {
        let result = match self.try_verify(text, provider) {
            Err(Refusal::UnknownKey) => {
                before()?;
                self.fetch_keys(provider)?;
                self.try_verify(text, provider)
            }
            result => result,
        };
        result.map_err(|refusal| {
            let (why, remedy) = match refusal {
                Refusal::Other(why, remedy) => (why, remedy),
                Refusal::UnknownKey => (
                    "is signed with a key that the issuer does not publish".to_owned(),
                    "see what lies between here and the issuer".to_owned(),
                ),
            };
            Failure::denied(format!("the id_token of the issuer {} {why}", self.issuer.as_str())).remedy(remedy)
        })
    }

    fn try_verify(&self, text: &str, provider: &Provider) -> Result<Verified, Refusal> {
        let other = |why: &str, remedy: &str| Refusal::Other(why.to_owned(), remedy.to_owned());
        let issuer_logs = "see what the issuer logs, and its configuration of this client";
        let Ok(token) = text.parse::<Token>() else {
            return Err(other("is no JWT that can be read, or is signed in a way that is not known", issuer_logs));
        };
        let now = self.world.now();
        let machine = self.store.settings.is_machine;
        let client = match machine {
            true => String::new(),
            false => self.client_id().map(str::to_owned).unwrap_or_default(),
        };
        let verifier = IdTokenVerifier::new_public_client(
            ClientId::new(client.clone()),
            self.issuer.url.clone(),
            self.keys(provider),
        )
        .set_allowed_algs(ALGORITHMS)
        // A machine is no client: its tokens are for whom it asks.
        .require_audience_match(!machine)
        // Whom else a token is for, the settings say: a project, and whoever uses it.
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(|| time::moment(now.saturating_sub(SKEW_SECONDS)));
        // The grant of devices sends no nonce.
        let claims = token.claims(&verifier, |_: Option<&openidconnect::Nonce>| Ok(())).map_err(|error| {
            let public =
                |text: &str| text.chars().filter(|character| !character.is_control()).take(300).collect::<String>();
            match error {
                ClaimsVerificationError::Expired(_) => self.of_time("has expired already", now),
                ClaimsVerificationError::InvalidIssuer(text) => other(
                    &format!("is of another issuer: {}", public(&text)),
                    "the issuer must call itself the same everywhere, to the character",
                ),
                ClaimsVerificationError::InvalidAudience(text) => other(
                    &format!("is not for this client: {}", public(&text)),
                    "see HARMONY_SSO_CLIENT_ID, or the setting `client-id`",
                ),
                ClaimsVerificationError::SignatureVerification(error) => match error {
                    SignatureVerificationError::NoMatchingKey => Refusal::UnknownKey,
                    SignatureVerificationError::NoSignature => other("is not signed (`alg: none`)", issuer_logs),
                    SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                        other(
                            "is signed in a way that proves nothing to a client without a secret",
                            "let the issuer sign with RS256, ES256 or EdDSA",
                        )
                    }
                    SignatureVerificationError::AmbiguousKeyId(_) => {
                        other("does not say which of the issuer's keys signed it", issuer_logs)
                    }
                    _ => other("has a signature that is wrong", "see what lies between here and the issuer"),
                },
                _ => other("has claims that cannot be used", issuer_logs),
            }
        })?;
        let besides = &claims.additional_claims().claims;
        let not_before =
            besides.get("nbf").and_then(Value::as_u64).unwrap_or(0).max(time::seconds(claims.issue_time()));
        if not_before > now.saturating_add(SKEW_SECONDS) {
            return Err(self.of_time("is not valid yet", now));
        }
        if let Some(party) = claims.authorized_party().filter(|_| !machine)
            && party.as_str() != client
        {
            return Err(other(
                "was made for another client (`azp`)",
                "see HARMONY_SSO_CLIENT_ID, or the setting `client-id`",
            ));
        }
        let name = claims.name().and_then(|names| names.get(None)).map(|name| name.to_string());
        Ok(Verified {
            subject: claims.subject().to_string(),
            audiences: claims.audiences().iter().map(|audience| audience.to_string()).collect(),
            name: name.or_else(|| claims.preferred_username().map(|name| name.to_string())),
            email: claims.email().map(|email| email.to_string()),
            roles: roles(besides, self.store.settings.project_id.as_deref()),
            expires: time::seconds(claims.expiration()),
        })
    }

    /// A token of another time: the clocks differ, or the issuer hands out what is of no use.
    fn of_time(&self, why: &str, now: u64) -> Refusal {
        match self.wrong_clock() {
            Some(words) => Refusal::Other(
                format!("{why} by the clock here, which says {}: {words}", time::of_day(now)),
                "set the clock of this machine; `timedatectl` says whether it is kept right".to_owned(),
            ),
            None => Refusal::Other(
                format!("{why}, and the clocks agree"),
                "see how long the issuer lets an id_token live: in the console of Zitadel, Settings, OIDC token lifetimes"
                    .to_owned(),
            ),
        }
    }

    /// How much the clocks differ, where that is much.
    pub(crate) fn wrong_clock(&self) -> Option<String> {
        let ahead = self.ahead.get()?;
        let by = ahead.unsigned_abs();
        let which = if ahead > 0 { "behind" } else { "ahead of" };
        (by > WRONG_CLOCK_SECONDS).then(|| format!("it is {} {which} the issuer's", time::length(by)))
    }
}

/// The names of the roles. Zitadel has them as the members of an object: in the claim of a project, or of all of them.
fn roles(claims: &Map<String, Value>, project: Option<&str>) -> Vec<String> {
    let of_project = project.map(|project| format!("urn:zitadel:iam:org:project:{project}:roles"));
    let names = of_project.iter().map(String::as_str).chain(["urn:zitadel:iam:org:project:roles"]);
    let mut roles: Vec<String> =
        names.filter_map(|name| claims.get(name)?.as_object()).flat_map(|roles| roles.keys().cloned()).collect();
    roles.sort();
    roles.dedup();
    roles
}
