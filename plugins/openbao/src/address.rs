//! Where a server is: `http(s)://HOST[:PORT][/PREFIX]`. What in its path must be written otherwise is `paths`'.

use harmony_config_sdk::Failure;

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) secure: bool,
    /// Host and port, as they were given.
    pub(crate) authority: String,
    /// What stands before `/v1/`: empty, or begins with `/` and does not end with one.
    pub(crate) prefix: String,
    /// The whole, for people and for the names of sessions.
    pub(crate) shown: String,
}

impl Address {
    /// Reads an address. What was given may have a password in it, so it is in no message.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::invalid(format!("the setting `address` {why}"))
                .remedy("give it as https://HOST:PORT, with a path behind it if the server has one")
        };
        if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
            return Err(wrong("has white space in it"));
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("does not begin with http:// or https://"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("does not begin with http:// or https://")),
        };
        if rest.contains(['?', '#', '\\']) {
            return Err(wrong("has a query, a fragment or a backslash in it"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(wrong("has a user name in it"));
        }
        if authority.is_empty() || authority.starts_with(':') {
            return Err(wrong("names no host"));
        }
        let prefix = path.trim_end_matches('/');
        if prefix.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
            return Err(wrong("has a path with an empty part, `.` or `..` in it"));
        }
        // People copy it from the documentation of the API.
        let prefix = prefix.strip_suffix("/v1").unwrap_or(prefix);
        let scheme = if secure { "https" } else { "http" };
        let shown = format!("{scheme}://{authority}{prefix}");
        Ok(Address { secure, authority: authority.to_owned(), prefix: prefix.to_owned(), shown })
    }

    /// Whether what is sent there stays on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.authority.split(':').next().unwrap_or(&self.authority),
        };
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Where a redirect points, without what may be a secret in it.
pub(crate) fn without_secrets(location: &str) -> String {
    let location = location.split(['?', '#']).next().unwrap_or(location);
    match location.split_once("://") {
        None => "another path".to_owned(),
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or(rest);
            let authority = authority.rsplit('@').next().unwrap_or(authority);
            format!("{scheme}://{authority}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn an_address_may_have_a_port_and_a_path() {
        let plain = address("http://127.0.0.1:8200/");
        assert_eq!((plain.secure, plain.authority.as_str(), plain.prefix.as_str()), (false, "127.0.0.1:8200", ""));
        let behind = address("HTTPS://bao.example.com/team/bao");
        assert_eq!((behind.secure, behind.prefix.as_str()), (true, "/team/bao"));
        assert_eq!(behind.shown, "https://bao.example.com/team/bao");
        assert_eq!(address("https://bao:8200/v1/").prefix, "");
    }

    #[test]
    fn what_is_no_address_is_named_and_not_quoted() {
        for (text, why) in [
            ("bao.example.com:8200", "does not begin"),
            ("ftp://bao", "does not begin"),
            ("https://canary:canary@bao", "a user name"),
            ("https://bao/?canary=1", "a query"),
            ("https://bao/#canary", "a query"),
            ("https://", "no host"),
            ("https://:8200", "no host"),
            ("https://bao/../canary", "`..`"),
            ("https://bao//canary", "empty part"),
            ("https://bao canary", "white space"),
        ] {
            let failure = Address::parse(text).unwrap_err();
            assert!(failure.code == "invalid" && failure.message.contains(why), "{text}: {failure:?}");
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
    }

    #[test]
    fn what_stays_on_this_machine_is_known() {
        for (text, stays) in [
            ("http://localhost:8200", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:8200", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(address(text).is_loopback(), stays, "{text}");
        }
    }

    #[test]
    fn a_redirect_is_shown_without_user_and_query() {
        assert_eq!(without_secrets("https://canary@b:1/v1/x?canary"), "https://b:1");
        assert_eq!(without_secrets("/ui/?canary"), "another path");
    }
}
