//! One request, one answer, and why there may be none. How they travel is `network`'s.

use std::time::Duration;

use serde::Deserialize;

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    List,
    Post,
    Delete,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::List => "LIST",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// What is sent.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    /// Below `/v1/`, percent-encoded.
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    /// OpenBao's own, for its header.
    pub(crate) namespace: Option<&'a str>,
    /// A JSON text.
    pub(crate) body: Option<&'a [u8]>,
}

/// What came back, whole.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) head: Head,
}

/// The headers that say something. A good answer in JSON has none that are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) content_encoding: Option<String>,
}

impl Answer {
    /// What the server says went wrong. For telling one thing from another, not for people: it may quote what was sent.
    pub(crate) fn errors(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct Errors {
            #[serde(default)]
            errors: Vec<String>,
        }
        serde_json::from_slice::<Errors>(&self.body).map(|said| said.errors).unwrap_or_default()
    }

    /// Whether one of its errors has this phrase.
    pub(crate) fn says(&self, phrase: &str) -> bool {
        self.errors().iter().any(|error| error.contains(phrase))
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.status == 503 && self.says("sealed")
    }

    /// How long the server wants to be left alone, where it says so in seconds.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.head.retry_after.as_ref()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
    }
}

/// The longest that a server's `Retry-After` is taken to mean.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Why there is no answer. In what words, the host knows better: it adds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was not granted.
    Denied,
    /// There was no connection.
    Unreachable,
    /// There was no secure one.
    Tls,
    /// The connection ended after the request was sent, or while it was.
    Lost,
    /// The time was over.
    TimedOut,
    /// The answer is larger than what is taken.
    TooLarge,
    /// What answers there does not speak HTTP.
    Protocol,
}

impl Fault {
    /// Whether the server may have got the request.
    pub(crate) fn may_have_been_sent(self) -> bool {
        !matches!(self, Fault::Denied | Fault::Unreachable | Fault::Tls)
    }
}
