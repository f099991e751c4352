//! Why a request got no answer: the code that the guest sees, and words for the person, which the host has and the guest
//! has not. No body, header or token is in them.

use std::{
    error::Error as StdError,
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use harmony_config_core::{Failure, FailureCode};
use wasmtime_wasi_http::Error;

/// Why a request got no answer.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The policy refused it.
    Denied(Failure),
    /// The name leads nowhere.
    Dns(String),
    /// All addresses of the name are forbidden.
    Prohibited(String),
    /// Nobody listens, or the network is down.
    Refused(String),
    /// No connection within the time for one.
    ConnectTimeout(String),
    /// The certificate is not accepted.
    Certificate { words: String, remedy: String },
    /// TLS failed otherwise.
    Tls(String),
    /// The proxy would not.
    Proxy(String),
    /// The terms cannot be used.
    Terms { words: String, remedy: String },
    /// The connection ended before the answer was whole.
    Incomplete(String),
    /// No beginning of an answer within the time for one.
    Timeout,
    /// The answer is larger than what is taken.
    TooLarge(u64),
    /// Its headers are.
    HeadersTooLarge,
    /// Not HTTP.
    Protocol(String),
}

impl Fault {
    /// Of a connection that was made and then failed.
    pub(crate) fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_parse_too_large() {
            return Fault::HeadersTooLarge;
        }
        if let Some(fault) = found::<Fault>(error) {
            return fault.clone();
        }
        if error.is_parse() || error.is_parse_status() {
            return Fault::Protocol("what answers there does not speak HTTP".to_owned());
        }
        Fault::Incomplete(format!("the connection ended before the answer was whole{}", cause(error)))
    }

    /// Of the client as a whole.
    pub(crate) fn of_client(error: &hyper_util::client::legacy::Error) -> Self {
        if let Some(fault) = found::<Fault>(error) {
            return fault.clone();
        }
        if let Some(hyper) = found(error) {
            return Fault::of_hyper(hyper);
        }
        Fault::Incomplete(format!("the connection failed{}", cause(error)))
    }

    /// Of a connection that was not made.
    pub(crate) fn of_connect(to: &str, error: &io::Error) -> Self {
        Fault::Refused(match error.kind() {
            io::ErrorKind::ConnectionRefused => format!("nobody listens at {to}"),
            _ => format!("no connection to {to}: {error}"),
        })
    }

    /// What the guest is told.
    pub(crate) fn to_wasi(&self) -> Error {
        match self {
            Fault::Denied(_) => Error::HttpRequestDenied,
            Fault::Dns(_) => Error::DnsError { rcode: None, info_code: None },
            Fault::Prohibited(_) => Error::DestinationIpProhibited,
            Fault::Refused(_) => Error::ConnectionRefused,
            Fault::ConnectTimeout(_) => Error::ConnectionTimeout,
            Fault::Certificate { .. } => Error::TlsCertificateError,
            Fault::Tls(_) => Error::TlsProtocolError,
            Fault::Proxy(_) => Error::DestinationUnavailable,
            Fault::Terms { .. } => Error::ConfigurationError,
            Fault::Incomplete(_) => Error::HttpResponseIncomplete,
            Fault::Timeout => Error::HttpResponseTimeout,
            Fault::TooLarge(size) => Error::HttpResponseBodySize(Some(*size)),
            Fault::HeadersTooLarge => Error::HttpResponseHeaderSectionSize(None),
            Fault::Protocol(_) => Error::HttpProtocolError,
        }
    }

    /// What to do about it, where the host knows.
    pub(crate) fn remedy(&self) -> Option<&str> {
        match self {
            Fault::Denied(failure) => failure.remedy.as_deref(),
            Fault::Certificate { remedy, .. } | Fault::Terms { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    /// What a plugin's failure is worth, where the host knows the code better.
    pub(crate) fn code(&self) -> Option<FailureCode> {
        match self {
            Fault::Denied(failure) => Some(failure.code),
            Fault::Prohibited(_) => Some(FailureCode::Denied),
            Fault::Terms { .. } => Some(FailureCode::Invalid),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Denied(failure) => f.write_str(&failure.message),
            Fault::Dns(words)
            | Fault::Prohibited(words)
            | Fault::Refused(words)
            | Fault::ConnectTimeout(words)
            | Fault::Certificate { words, .. }
            | Fault::Tls(words)
            | Fault::Proxy(words)
            | Fault::Terms { words, .. }
            | Fault::Incomplete(words)
            | Fault::Protocol(words) => f.write_str(words),
            Fault::Timeout => f.write_str("no answer came in the time for one"),
            Fault::TooLarge(_) => {
                write!(f, "the answer is larger than {} MiB", crate::limits::MAX_HTTP_BODY_BYTES >> 20)
            }
            Fault::HeadersTooLarge => f.write_str("the headers of the answer are too large"),
        }
    }
}

impl StdError for Fault {}

/// The first error of this kind on the way down to the cause.
fn found<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| (**error).source()).find_map(|error| error.downcast_ref())
}

/// What the system said, if it said something.
fn cause(error: &(dyn StdError + 'static)) -> String {
    found::<io::Error>(error).map(|io| format!(": {io}")).unwrap_or_default()
}

/// What went wrong with the requests of one call, noted by tasks of their own.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Option<Fault>>>);

impl Heard {
    /// Notes a fault, and answers with what the guest is told.
    pub(crate) fn note(&self, fault: Fault) -> Error {
        let told = fault.to_wasi();
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The first refusal stays: what comes after it may be for want of what was refused.
        if !matches!(*noted, Some(Fault::Denied(_))) {
            *noted = Some(fault);
        }
        told
    }

    /// The last one; of refusals the first.
    pub(crate) fn last(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
