//! The issuer: an address that is compared to the character. Whoever checks its tokens does so too.

use harmony_config_sdk::Failure;
use openidconnect::{IssuerUrl, url::Url};

/// An issuer.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) url: IssuerUrl,
    /// Host and port, for people.
    pub(crate) host: String,
    pub(crate) secure: bool,
    pub(crate) is_loopback: bool,
}

impl Issuer {
    /// Reads the setting. What was given may have a password in it, so it is in no message.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::invalid(format!("the setting `issuer` {why}")).remedy(
                "give it as the issuer's own configuration has it: https://HOST, with or without a slash at its end",
            )
        };
        let parsed = Url::parse(text).map_err(|_| wrong("is no address"))?;
        if !matches!(parsed.scheme(), "https" | "http") {
            return Err(wrong("does not begin with https:// or http://"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong("has a user name in it"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong("has a query or a fragment in it"));
        }
        let host = authority(&parsed).ok_or_else(|| wrong("names no host"))?;
        let url = IssuerUrl::new(text.to_owned()).map_err(|_| wrong("is no address"))?;
        let name = parsed.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        Ok(Issuer {
            is_loopback: name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
            secure: parsed.scheme() == "https",
            url,
            host,
        })
    }

    /// To the character.
    pub(crate) fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Where it describes itself.
    pub(crate) fn well_known(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.as_str().trim_end_matches('/'))
    }
}

/// Host and port of an address, as a request names them.
pub(crate) fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_kept_to_the_character() {
        for text in ["https://sso.example.com", "https://sso.example.com/", "http://localhost:8080/realms/a"] {
            assert_eq!(Issuer::parse(text).unwrap().as_str(), text);
        }
        let issuer = Issuer::parse("https://sso.example.com:8443/").unwrap();
        assert_eq!(issuer.well_known(), "https://sso.example.com:8443/.well-known/openid-configuration");
        assert_eq!((issuer.host.as_str(), issuer.secure, issuer.is_loopback), ("sso.example.com:8443", true, false));
        assert!(Issuer::parse("http://[::1]:8080").unwrap().is_loopback);
    }

    #[test]
    fn what_is_no_issuer_is_named_and_not_quoted() {
        for (text, why) in [
            ("sso.example.com", "no address"),
            ("ftp://sso", "does not begin"),
            ("https://canary:canary@sso", "a user name"),
            ("https://sso/?canary", "a query"),
            ("https://sso/#canary", "a fragment"),
            ("https://", "no address"),
        ] {
            let failure = Issuer::parse(text).unwrap_err();
            assert!(failure.code == "invalid" && failure.message.contains(why), "{text}: {failure:?}");
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
    }
}
