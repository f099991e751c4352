//! What it means that a request got no answer, or one that is no good. A message names the address and the path; no token
//! and nothing of a body is in it. What a refused token means is `refusal`'s.

use harmony_config_sdk::Failure;
use serde::Deserialize;

use crate::{
    address::without_secrets,
    call::{Call, Repeat},
    http::{Answer, Fault, Method, Outgoing, Says as _},
    world::World,
};

/// How long the host leaves a source alone that may come back by itself.
const LEFT_ALONE_MS: u64 = 1_000;

/// What is done to what, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// For example `reading`.
    pub(crate) doing: &'static str,
    /// For example `secret/data/harmony/AppConfig`.
    pub(crate) path: String,
    /// What a policy calls it.
    pub(crate) capability: &'static str,
    /// Whether it changes a value.
    pub(crate) changes: bool,
}

impl Deed {
    pub(crate) fn reading(path: impl Into<String>) -> Self {
        Deed { doing: "reading", path: path.into(), capability: "read", changes: false }
    }

    pub(crate) fn listing(path: impl Into<String>) -> Self {
        Deed { doing: "listing", path: path.into(), capability: "list", changes: false }
    }

    pub(crate) fn writing(path: impl Into<String>) -> Self {
        Deed { doing: "writing", path: path.into(), capability: "create and update", changes: true }
    }

    pub(crate) fn deleting(path: impl Into<String>) -> Self {
        Deed { doing: "deleting", path: path.into(), capability: "delete", changes: true }
    }

    pub(crate) fn signing_in(path: impl Into<String>) -> Self {
        Deed { doing: "signing in at", path: path.into(), capability: "update", changes: false }
    }
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Health {
    pub(crate) initialized: bool,
    pub(crate) sealed: bool,
    pub(crate) standby: bool,
    #[serde(default)]
    pub(crate) version: String,
}

impl<W: World> Call<'_, W> {
    /// Why there is no answer.
    pub(crate) fn of_fault(&self, fault: Fault, deed: &Deed) -> Failure {
        let (at, doing) = (&self.address.shown, self.doing(deed));
        let failure = match fault {
            Fault::Denied => Failure::denied(format!("OpenBao at {at} may not be reached{doing}"))
                .remedy("see that the address is right: OPENBAO_URL, or the setting `address`"),
            Fault::Unreachable => Failure::unavailable(format!("OpenBao at {at} cannot be reached{doing}")).remedy(
                "see that the server runs and that its address is right: OPENBAO_URL, or the setting `address`",
            ),
            Fault::Tls => Failure::unavailable(format!("there is no secure connection to OpenBao at {at}{doing}"))
                .remedy(
                    "see that the address has the name that the certificate is for; BAO_CACERT names a file with the \
                         certificates to trust",
                ),
            Fault::Lost => Failure::unavailable(format!("the connection to OpenBao at {at} was lost{doing}"))
                .remedy("try again; if it stays so, see what lies between here and the server"),
            Fault::TimedOut => Failure::unavailable(format!("OpenBao at {at} did not answer in time{doing}"))
                .remedy("try again, or give the source a longer `timeout`"),
            Fault::TooLarge => Failure::invalid(format!("the answer of OpenBao at {at} is too large{doing}"))
                .remedy("see what is stored there; a value has at most 4 MiB"),
            Fault::Protocol => Failure::unavailable(format!("what answers at {at} does not speak HTTP{doing}"))
                .remedy("see that the address is right, and whether the server wants https://"),
        };
        let failure = match failure.code == "unavailable" {
            true => failure.retry_after_ms(LEFT_ALONE_MS),
            false => failure,
        };
        if deed.changes && fault.may_have_been_sent() { unknown(failure) } else { failure }
    }

    /// What an answer means that is none of those that the deed expects.
    pub(crate) fn of_answer(&self, answer: &Answer, deed: &Deed) -> Failure {
        let (at, doing, status) = (&self.address.shown, self.doing(deed), answer.status);
        match status {
            503 => self.of_health(answer, deed),
            429 => {
                let milliseconds = answer.retry_after().map_or(LEFT_ALONE_MS, |time| {
                    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(LEFT_ALONE_MS)
                });
                Failure::unavailable(format!("OpenBao at {at} takes no more requests for now (429){doing}"))
                    .remedy("try again in a while, or ask for a higher rate limit quota")
                    .retry_after_ms(milliseconds)
            }
            500.. => {
                let failure = Failure::unavailable(format!("OpenBao at {at} failed ({status}){doing}"))
                    .remedy("try again; the server's log says why")
                    .retry_after_ms(LEFT_ALONE_MS);
                if deed.changes { unknown(failure) } else { failure }
            }
            300..400 => {
                let to = answer.head.location.as_deref().map_or("somewhere else".to_owned(), without_secrets);
                Failure::unavailable(format!("{at} points to {to} ({status}), which is not followed{doing}"))
                    .remedy(format!(
                        "if {to} is your OpenBao, name that address: OPENBAO_URL, or the setting `address`"
                    ))
                    .retry_after_ms(LEFT_ALONE_MS)
            }
            404 if answer.says("namespace not found") => {
                let namespace = self.namespace.as_deref().unwrap_or_default();
                Failure::invalid(format!("OpenBao at {at} has no namespace `{namespace}`{doing}"))
                    .remedy("see `bao namespace list`; the setting is `openbao-namespace`, the variable BAO_NAMESPACE")
            }
            404 if answer.says("no handler for route") => self.no_mount(deed),
            413 => Failure::invalid(format!("OpenBao at {at} takes no request as large as this{doing}"))
                .remedy("make the value smaller, or raise `max_request_size` of the server"),
            _ if !is_json(answer) => self.not_json(answer, deed),
            _ => Failure::invalid(format!("OpenBao at {at} did not take the request ({status}){doing}"))
                .remedy("see that the address is one of an OpenBao of version 2, and the mount one of KV version 2"),
        }
    }

    /// A good status, and a body that is not what it should be.
    pub(crate) fn not_json(&self, answer: &Answer, deed: &Deed) -> Failure {
        let (at, doing) = (&self.address.shown, self.doing(deed));
        let encoding = answer.head.content_encoding.as_deref().filter(|it| !it.eq_ignore_ascii_case("identity"));
        let is_cut = serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_err_and(|error| error.is_eof());
        let failure = if let Some(encoding) = encoding {
            // A word of the protocol, or it is not repeated.
            let known = ["gzip", "br", "deflate", "zstd"].into_iter().find(|it| it.eq_ignore_ascii_case(encoding));
            let how = known.map_or(String::new(), |known| format!(" ({known})"));
            Failure::invalid(format!("the answer of {at} is packed{how}, though nobody asked for that{doing}"))
                .remedy("see what lies between here and OpenBao: a proxy must leave answers as they are")
        } else if is_cut && answer.body.first() == Some(&b'{') {
            Failure::unavailable(format!("the answer of OpenBao at {at} was cut short{doing}"))
                .remedy("try again; if it stays so, see what lies between here and the server")
                .retry_after_ms(LEFT_ALONE_MS)
        } else {
            Failure::invalid(format!("what answers at {at} is not OpenBao: the answer is not its JSON{doing}"))
                .remedy("see that the address is right: OPENBAO_URL, or the setting `address`")
        };
        if deed.changes && answer.status < 300 { unknown(failure) } else { failure }
    }

    /// The mount is not there, or something else lies at it.
    pub(crate) fn no_mount(&self, deed: &Deed) -> Failure {
        let (at, mount, doing) = (&self.address.shown, &self.mount, self.doing(deed));
        Failure::invalid(format!("OpenBao at {at} has no mount `{mount}`{doing}")).remedy(format!(
            "see `bao secrets list`; the setting is `mount`, the variable OPENBAO_KV_MOUNT. To make it: `bao secrets \
             enable -path={mount} -version=2 kv`"
        ))
    }

    /// Not ready: sealed, not initialised, or without an active node. Only the health tells which.
    fn of_health(&self, answer: &Answer, deed: &Deed) -> Failure {
        let (at, doing) = (&self.address.shown, self.doing(deed));
        let failure = match self.health() {
            Ok(Health { initialized: false, .. }) => not_initialised(at, &doing),
            Ok(Health { sealed: true, .. }) => sealed(at, &doing),
            Ok(Health { standby: true, .. }) => {
                Failure::unavailable(format!("OpenBao at {at} is a standby and reaches no active node{doing}"))
                    .remedy("see `bao operator raft list-peers` and `bao status`")
            }
            _ if answer.is_sealed() => sealed(at, &doing),
            _ => Failure::unavailable(format!("OpenBao at {at} is not ready (503){doing}"))
                .remedy("see `bao status`, and what lies between here and the server"),
        };
        let wanted = answer.retry_after().and_then(|time| u64::try_from(time.as_millis()).ok());
        failure.retry_after_ms(wanted.unwrap_or_default().max(LEFT_ALONE_MS))
    }

    /// What the server says of itself. It answers without a token, in whatever state it is.
    pub(crate) fn health(&self) -> Result<Health, Failure> {
        // In no namespace: it is the server's.
        let request = Outgoing { method: Method::Get, path: "sys/health", token: None, namespace: None, body: None };
        let deed = Deed::reading("sys/health");
        let answer = self.exchange_one(request, Repeat::Never).map_err(|fault| self.of_fault(fault, &deed))?;
        match serde_json::from_slice(&answer.body) {
            Ok(health) => Ok(health),
            // What does not say that it is OpenBao.
            Err(_) if answer.status == 503 => {
                Err(Failure::unavailable(format!("{} is not ready (503)", self.address.shown))
                    .retry_after_ms(LEFT_ALONE_MS))
            }
            Err(_) => Err(self.of_answer(&answer, &deed)),
        }
    }

    /// The end of a message.
    pub(crate) fn doing(&self, deed: &Deed) -> String {
        format!(" ({} {})", deed.doing, deed.path)
    }
}

/// The failure of a server that waits to be unsealed.
pub(crate) fn sealed(at: &str, doing: &str) -> Failure {
    Failure::unavailable(format!("OpenBao at {at} is sealed{doing}"))
        .remedy("unseal it: `bao operator unseal`")
        .retry_after_ms(LEFT_ALONE_MS)
}

/// The failure of a server that is new.
pub(crate) fn not_initialised(at: &str, doing: &str) -> Failure {
    Failure::unavailable(format!("OpenBao at {at} is not initialised{doing}"))
        .remedy("initialise it: `bao operator init`, then `bao operator unseal`")
        .retry_after_ms(LEFT_ALONE_MS)
}

fn is_json(answer: &Answer) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_ok()
}

/// Of a write that may have happened. The host reads again to find out, so it must not leave the source alone.
fn unknown(failure: Failure) -> Failure {
    Failure { retry_after_ms: None, ..failure }.unknown_outcome()
}
