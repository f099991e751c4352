//! What is sent to OpenBao, and what its answers say in its own way. How both travel is the `http` of all plugins.

use harmony_config_plugin_shared::http;
pub(crate) use harmony_config_plugin_shared::http::{Answer, Fault, Method};
use serde::Deserialize;

use crate::address::Address;

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

impl<'a> Outgoing<'a> {
    pub(crate) fn to(&self, server: &'a Address) -> http::Outgoing<'a> {
        let mut headers = Vec::with_capacity(4);
        let mut header = |name: &str, value: &str| headers.push((name.to_owned(), value.as_bytes().to_vec()));
        if let Some(token) = self.token {
            header("x-vault-token", token);
        }
        if let Some(namespace) = self.namespace {
            header("x-vault-namespace", namespace);
        }
        if self.body.is_some() {
            header("content-type", "application/json");
        }
        http::Outgoing {
            method: self.method,
            secure: server.secure,
            authority: &server.authority,
            path: format!("{}/v1/{}", server.prefix, self.path),
            headers,
            body: self.body,
        }
    }
}

/// What OpenBao says in a body.
pub(crate) trait Says {
    /// What went wrong. For telling one thing from another, not for people: it may quote what was sent.
    fn errors(&self) -> Vec<String>;

    /// Whether one of the errors has this phrase.
    fn says(&self, phrase: &str) -> bool {
        self.errors().iter().any(|error| error.contains(phrase))
    }

    fn is_sealed(&self) -> bool;
}

impl Says for Answer {
    fn errors(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct Errors {
            #[serde(default)]
            errors: Vec<String>,
        }
        serde_json::from_slice::<Errors>(&self.body).map(|said| said.errors).unwrap_or_default()
    }

    fn is_sealed(&self) -> bool {
        self.status == 503 && self.says("sealed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_what_openbao_reads_and_nothing_else() {
        let server = Address::parse("https://bao.example.com/team").unwrap();
        let mut outgoing = Outgoing { method: Method::List, path: "a/b", token: None, namespace: None, body: None };
        let plain = outgoing.to(&server);
        assert_eq!((plain.secure, plain.authority, plain.path.as_str()), (true, "bao.example.com", "/team/v1/a/b"));
        assert!(plain.headers.is_empty() && plain.body.is_none());
        outgoing = Outgoing { token: Some("t"), namespace: Some("n"), body: Some(b"{}"), ..outgoing };
        let names: Vec<String> = outgoing.to(&server).headers.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x-vault-token", "x-vault-namespace", "content-type"]);
    }
}
