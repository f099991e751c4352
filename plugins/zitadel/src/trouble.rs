//! What it means that a request got no answer, or one that is no good. A message names the issuer and the address that was
//! asked; no token and nothing of a body is in it but the error codes of the protocol.

use harmony_config_plugin_shared::http::{Answer, Fault};
use harmony_config_sdk::Failure;
use openidconnect::url::Url;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{call::Call, world::World};

/// How long the host leaves a source alone that may come back by itself.
const LEFT_ALONE_MS: u64 = 1_000;

/// The same, where it took all of the time.
const LEFT_ALONE_AFTER_WAITING_MS: u64 = 10_000;

/// What is done where, for people.
#[derive(Clone, Copy)]
pub(crate) struct Deed<'a> {
    /// For example `reading its keys`.
    pub(crate) doing: &'static str,
    pub(crate) url: &'a Url,
}

impl Deed<'_> {
    /// The end of a message.
    fn shown(&self) -> String {
        format!(" ({}, {})", self.doing, self.address())
    }

    fn address(&self) -> String {
        let authority = crate::issuer::authority(self.url).unwrap_or_default();
        format!("{}://{authority}{}", self.url.scheme(), self.url.path())
    }
}

/// The error code of an answer, as RFC 6749 has it; none where there is none that is a word.
pub(crate) fn error_of(answer: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }
    let Body { error } = serde_json::from_slice(&answer.body).ok()?;
    let is_word = (1..=64).contains(&error.len())
        && error.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    is_word.then_some(error)
}

/// Whether a failure says that another time it may be otherwise.
pub(crate) fn may_pass(failure: &Failure) -> bool {
    failure.code == "unavailable"
}

impl<W: World> Call<'_, W> {
    /// Why there is no answer.
    pub(crate) fn of_fault(&self, fault: Fault, deed: Deed<'_>) -> Failure {
        let (at, shown) = (self.issuer.as_str(), deed.shown());
        let failure = match fault {
            Fault::Denied => {
                return Failure::denied(format!("the issuer {at} names an address that may not be reached{shown}"))
                    .remedy(format!(
                        "it must be of the origin of the issuer: see that the issuer is right, and what it says at {}",
                        self.issuer.well_known()
                    ));
            }
            Fault::TooLarge => {
                return Failure::invalid(format!("the answer of the issuer {at} is too large{shown}"))
                    .remedy("see that the issuer is right: HARMONY_SSO_URL, or the setting `issuer`");
            }
            Fault::Unreachable => Failure::unavailable(format!("the issuer {at} cannot be reached{shown}"))
                .remedy("see that it runs and that its address is right: HARMONY_SSO_URL, or the setting `issuer`"),
            Fault::Tls => Failure::unavailable(format!("there is no secure connection to the issuer {at}{shown}"))
                .remedy("see that the address has the name that the certificate is for, and whom `tls.ca-file` trusts"),
            Fault::Lost => Failure::unavailable(format!("the connection to the issuer {at} was lost{shown}"))
                .remedy("try again; if it stays so, see what lies between here and the issuer"),
            // Whoever asks again so soon waits as long again.
            Fault::TimedOut => {
                return Failure::unavailable(format!("the issuer {at} did not answer in time{shown}"))
                    .remedy("try again, or give the source a longer `timeout`")
                    .retry_after_ms(LEFT_ALONE_AFTER_WAITING_MS);
            }
            Fault::Protocol => {
                Failure::unavailable(format!("what answers for the issuer {at} does not speak HTTP{shown}"))
                    .remedy("see that the address is right, and whether it wants https://")
            }
        };
        failure.retry_after_ms(LEFT_ALONE_MS)
    }

    /// What an answer means that is none of those that the deed expects.
    pub(crate) fn of_answer(&self, answer: &Answer, deed: Deed<'_>) -> Failure {
        let (at, shown, status) = (self.issuer.as_str(), deed.shown(), answer.status);
        let wanted = answer.retry_after().and_then(|time| u64::try_from(time.as_millis()).ok());
        let left_alone = wanted.unwrap_or_default().max(LEFT_ALONE_MS);
        match status {
            429 => Failure::unavailable(format!("the issuer {at} takes no more requests for now (429){shown}"))
                .remedy("try again in a while")
                .retry_after_ms(left_alone),
            500.. => Failure::unavailable(format!("the issuer {at} failed ({status}){shown}"))
                .remedy("try again; if it stays so, see what the issuer logs")
                .retry_after_ms(left_alone),
            300..=399 => Failure::invalid(format!("the issuer {at} sends one to another address ({status}){shown}"))
                .remedy("give the issuer as it is after the redirect; its own configuration says it to the character"),
            404 => Failure::invalid(format!("there is nothing at this address of the issuer {at} (404){shown}"))
                .remedy(
                    "see that the issuer is right, with the path that it has: HARMONY_SSO_URL, or the setting `issuer`",
                ),
            _ => match error_of(answer) {
                Some(error) => self.of_error(&error, deed),
                None => self.not_json(answer, deed),
            },
        }
    }

    /// What an error of the protocol means, whatever was asked.
    pub(crate) fn of_error(&self, error: &str, deed: Deed<'_>) -> Failure {
        let (at, shown) = (self.issuer.as_str(), deed.shown());
        match error {
            "invalid_client" => Failure::denied(format!(
                "the issuer {at} knows no such client, or wants a secret of it{shown}"
            ))
            .remedy(
                "see HARMONY_SSO_CLIENT_ID or the setting `client-id`: it is the client id of an application of type \
                     Native, which has no secret",
            ),
            "unauthorized_client" | "unsupported_grant_type" => Failure::denied(format!(
                "the client may not do that at the issuer {at}: {error}{shown}"
            ))
            .remedy(
                "in the console of Zitadel, open the application: its type must be Native, and its grant types must \
                 have Device Code and Refresh Token",
            ),
            "invalid_scope" => Failure::denied(format!("the issuer {at} does not grant one of the scopes{shown}"))
                .remedy("see the settings `scopes` and `project-id`"),
            _ => Failure::denied(format!("the issuer {at} refused: {error}{shown}"))
                .remedy("see what the issuer logs of this request"),
        }
    }

    /// Reads a good answer.
    pub(crate) fn json<T: DeserializeOwned>(&self, answer: &Answer, deed: Deed<'_>) -> Result<T, Failure> {
        serde_json::from_slice(&answer.body).map_err(|_| self.not_json(answer, deed))
    }

    /// A good status, and a body that is not what it should be.
    pub(crate) fn not_json(&self, answer: &Answer, deed: Deed<'_>) -> Failure {
        let (at, shown) = (self.issuer.as_str(), deed.shown());
        let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body);
        if answer.head.content_encoding.as_deref().is_some_and(|it| !it.eq_ignore_ascii_case("identity")) {
            return Failure::invalid(format!(
                "the answer of the issuer {at} is packed, though nobody asked for that{shown}"
            ))
            .remedy("see what lies between here and the issuer: a proxy must leave answers as they are");
        }
        match parsed {
            Ok(_) => Failure::invalid(format!("the answer of the issuer {at} misses what it should have{shown}"))
                .remedy("see that the issuer is right: HARMONY_SSO_URL, or the setting `issuer`"),
            Err(error) if error.is_eof() && answer.body.first() == Some(&b'{') => {
                Failure::unavailable(format!("the answer of the issuer {at} was cut short{shown}"))
                    .remedy("try again; if it stays so, see what lies between here and the issuer")
                    .retry_after_ms(LEFT_ALONE_MS)
            }
            Err(_) => Failure::invalid(format!(
                "what answers for the issuer {at} is none: the answer ({}) is not its JSON{shown}",
                answer.status
            ))
            .remedy(
                "see that the issuer is right, with the path that it has: HARMONY_SSO_URL, or the setting `issuer`",
            ),
        }
    }
}
