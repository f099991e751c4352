//! Scheme, host and port: what a grant of the network is about, and what a request goes to. In one spelling, so that equal
//! texts are equal places. Which addresses a host may have is `address`'s.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

/// Scheme, host and port (RFC 6454), such as `https://bao.example.com:8200`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    secure: bool,
    host: Host<String>,
    port: u16,
}

impl Origin {
    /// The origin that a person wrote: `http` or `https`, a host, and perhaps a port. Nothing may stand behind it.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow its text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (origin, rest) = Origin::of_address(text)?;
        match rest.trim_matches('/').is_empty() {
            true => Ok(origin),
            false => Err(format!("has more than an origin in it; give {origin}")),
        }
    }

    /// The origin of an address, and the path that stands behind it.
    ///
    /// # Errors
    /// As [`Origin::parse`].
    pub(crate) fn of_address(text: &str) -> Result<(Self, String), String> {
        let url = Url::parse(text).map_err(|error| format!("is no address: {error}; one is https://HOST:PORT"))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(format!("has the scheme `{other}`; it has to be http or https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user or password in it; those belong into the settings of the login".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a query or fragment in it".to_owned());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err("has no host".to_owned());
        };
        Ok((Origin { secure, host: without_dot(host.to_owned()), port }, url.path().to_owned()))
    }

    /// What a page that a person is to open is of, and its address in the one spelling that a browser makes of it.
    ///
    /// # Errors
    /// What is odd about it, in words that follow its text.
    pub(crate) fn of_page(address: &str) -> Result<(Self, String), String> {
        let mut url = Url::parse(address).map_err(|error| format!("is no address of a web page: {error}"))?;
        let whole = url.to_string();
        url.set_query(None);
        url.set_fragment(None);
        let (origin, _) = Origin::of_address(url.as_str())?;
        Ok((origin, whole))
    }

    /// What a request of a guest goes to. Only the plain spelling of a host is taken: who writes an address in another way
    /// wants it to be taken for something else.
    ///
    /// # Errors
    /// What is odd about it, in words that follow its text.
    pub(crate) fn of_request(secure: bool, authority: &str) -> Result<Self, String> {
        if authority.contains('@') {
            return Err("has a user in it".to_owned());
        }
        let scheme = if secure { "https" } else { "http" };
        let (origin, _) = Origin::of_address(&format!("{scheme}://{authority}"))?;
        let plain = [origin.authority(), format!("{}:{}", origin.host, origin.port)];
        match plain.iter().any(|plain| plain.eq_ignore_ascii_case(authority)) {
            true => Ok(origin),
            false => Err(format!("is an odd spelling of {}", origin.authority())),
        }
    }

    /// Whether it is spoken to over TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host, as it stands in an address.
    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The address, where the host is none but one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
            Host::Domain(_) => None,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, without the port that the scheme has by itself.
    pub(crate) fn authority(&self) -> String {
        match (self.secure, self.port) {
            (true, 443) | (false, 80) => self.host.to_string(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }
}

/// The name with the root's dot at its end is the same name.
fn without_dot(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').map_or(name.clone(), str::to_owned)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Origin::parse(text).unwrap().to_string()
    }

    #[test]
    fn an_origin_has_one_spelling() {
        assert_eq!(shown("HTTPS://Bao.Example.COM:443/"), "https://bao.example.com");
        assert_eq!(shown("http://127.0.0.1:8200"), "http://127.0.0.1:8200");
        assert_eq!(shown("http://[::1]:80"), "http://[::1]");
        assert_eq!(shown("https://bao.example.com."), "https://bao.example.com");
        // A person may write a number; what is granted is what it means.
        assert_eq!(shown("http://2130706433"), "http://127.0.0.1");
    }

    #[test]
    fn what_is_no_origin_is_refused_in_words() {
        for (text, words) in [
            ("bao.example.com", "is no address"),
            ("ftp://a", "scheme `ftp`"),
            ("https://me:pw@a", "has a user or password"),
            ("https://a/v1", "has more than an origin"),
            ("https://a?x=1", "a query"),
            ("https://", "is no address"),
        ] {
            let error = Origin::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("pw"));
        }
    }

    #[test]
    fn an_address_may_have_a_path_behind_it() {
        let (origin, path) = Origin::of_address("https://a.example/bao").unwrap();
        assert_eq!((origin.to_string().as_str(), path.as_str()), ("https://a.example", "/bao"));
    }

    #[test]
    fn a_request_is_taken_in_the_plain_spelling_alone() {
        for plain in ["127.0.0.1:8200", "Bao.example.com", "bao.example.com:443", "[::1]:8200"] {
            Origin::of_request(true, plain).unwrap();
        }
        for odd in [
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "127.0.0.1.",
            "bao.example.com.",
            "bao%2eexample.com",
            "me@bao.example.com",
            "[0:0:0:0:0:0:0:1]",
            "[::1%25eth0]",
            "bao.example.com:0443",
            "bao.example.com:",
            "b\u{e4}o.example",
            "",
            ":8200",
            "a b",
            "a/b",
            "a#b",
        ] {
            assert!(Origin::of_request(true, odd).is_err(), "{odd}");
        }
    }
}
