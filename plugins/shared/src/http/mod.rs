//! Requests over `wasi:http`, for plugins that speak HTTP themselves: one request, one answer, and why there may be none.
//! How they travel is `network`'s; it exists only inside a host, so a plugin keeps [`send`] behind a trait of its own.

use std::time::Duration;

#[cfg(target_arch = "wasm32")]
mod network;

#[cfg(target_arch = "wasm32")]
pub use network::send;

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// OpenBao's own.
    List,
    /// Writes, or asks for something.
    Post,
    /// Removes.
    Delete,
}

impl Method {
    /// Its name in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::List => "LIST",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// What is sent. The length of a body is said by itself; all other headers are the caller's.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// How.
    pub method: Method,
    /// Whether over TLS.
    pub secure: bool,
    /// Host and port.
    pub authority: &'a str,
    /// Path and query, percent-encoded, from the first slash on.
    pub path: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What is sent behind them.
    pub body: Option<&'a [u8]>,
}

/// What came back, whole.
#[derive(Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body. No `Debug`: it may hold a secret.
    pub body: Vec<u8>,
    /// What the headers say, where they were wanted.
    pub head: Head,
}

/// The headers that say something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How long the server wants to be left alone.
    pub retry_after: Option<String>,
    /// Where it sends one to.
    pub location: Option<String>,
    /// How the body is packed.
    pub content_encoding: Option<String>,
    /// What the server's clock says.
    pub date: Option<String>,
}

/// Of which answers the headers are wanted: to read them costs a call of the host for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// Of all.
    Always,
    /// Not of a good one in JSON, and of none that says that something is not there.
    WhereWrong,
}

#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "for the network"))]
impl Heads {
    fn are_wanted(self, status: u16, body: &[u8]) -> bool {
        self == Heads::Always || !(matches!(status, 200 | 204 | 404) && matches!(body.first(), None | Some(b'{')))
    }
}

impl Answer {
    /// How long the server wants to be left alone, where it says so in seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.head.retry_after.as_ref()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
    }
}

/// The longest that a server's `Retry-After` is taken to mean.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Why there is no answer. In what words, the host knows better: it adds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
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
    pub fn may_have_been_sent(self) -> bool {
        !matches!(self, Fault::Denied | Fault::Unreachable | Fault::Tls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_a_good_answer_are_read_only_where_they_are_wanted() {
        for (status, body, wanted) in [(200, "{}", false), (404, "", false), (200, "<html>", true), (503, "{}", true)] {
            assert_eq!(Heads::WhereWrong.are_wanted(status, body.as_bytes()), wanted, "{status} {body}");
            assert!(Heads::Always.are_wanted(status, body.as_bytes()));
        }
    }

    #[test]
    fn a_server_may_ask_to_be_left_alone_for_half_a_minute_and_not_for_longer() {
        let answer = |text: &str| Answer {
            head: Head { retry_after: Some(text.to_owned()), ..Head::default() },
            ..Answer::default()
        };
        assert_eq!(answer(" 7").retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(answer("86400").retry_after(), Some(MAX_RETRY_AFTER));
        assert_eq!(answer("Wed, 25 Nov 2026 16:51:03 GMT").retry_after(), None);
    }
}
