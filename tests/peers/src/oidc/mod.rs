//! OpenID providers as processes of a test: one on Zitadel's own library, which does whatever a test orders, and one on
//! `oidc-provider`, as a second opinion. Their sources are in `oidc/`; what they are told is in `oidc/control.rs`, and what
//! a client asks of them in `oidc/client.rs`.

mod browser;
mod client;
mod control;
mod make;
mod process;

use std::{
    fmt::{self, Debug, Formatter},
    net::SocketAddr,
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;

use self::process::Process;
pub use self::{
    browser::Browser,
    client::{Client, Device, MachineKey, Refusal, Tokens},
    control::{Delay, Pending, Seen, Setting, User},
};
use crate::{
    client as http_client,
    client::Target,
    discovery,
    error::{Error, Result},
    jwt::Verifier,
};

/// Which provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On `github.com/zitadel/oidc`: Zitadel's claims and paths, and all that [`Provider`] can be ordered to do.
    Zitadel,
    /// On npm's `oidc-provider`: discovery, device logins, refresh and revocation. It sends no interval, and of the orders
    /// it knows approval, denial, expiry, the list of what waits, the log of requests and another issuer.
    Node,
}

/// Where a request goes, whatever a provider calls the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The discovery document.
    Discovery,
    /// The published keys.
    Keys,
    /// Where a device begins a login.
    DeviceAuthorization,
    /// Polls, refreshes and the logins of machines.
    Token,
    /// What is said about who owns an access token.
    Userinfo,
    /// Where a token is given back.
    Revocation,
    /// The page on which a person approves.
    Page,
}

/// A provider that runs. It ends when this is dropped, and when the process of the test does.
pub struct Provider {
    kind: Kind,
    issuer: String,
    socket: SocketAddr,
    control: Target,
    clients: Vec<String>,
    process: Process,
}

/// The line that a provider prints when it listens.
#[derive(Deserialize)]
struct Listening {
    issuer: String,
    listens: SocketAddr,
    control: String,
    clients: Vec<String>,
}

/// For a process that has only to begin. Not for building it.
const PATIENCE: Duration = Duration::from_secs(60);

impl Provider {
    /// Builds it where that was not done, and starts it; its issuer is its own address, without a slash at the end.
    ///
    /// # Errors
    /// If a program is missing (the error says what to install), it cannot be built or it does not start.
    pub fn start(kind: Kind) -> Result<Self> {
        let process = Process::start(make::command(kind)?)?;
        let line = process.line(PATIENCE)?;
        let unreadable = |error| Error::while_doing("what the provider says of itself", error);
        let listening: Listening = serde_json::from_str(&line).map_err(unreadable)?;
        Ok(Self {
            kind,
            issuer: listening.issuer,
            socket: listening.listens,
            control: Target { authority: listening.control, tls: None },
            clients: listening.clients,
            process,
        })
    }

    /// On Zitadel's library.
    ///
    /// # Errors
    /// As [`Provider::start`].
    pub fn zitadel() -> Result<Self> {
        Self::start(Kind::Zitadel)
    }

    /// On npm's `oidc-provider`.
    ///
    /// # Errors
    /// As [`Provider::start`].
    pub fn node() -> Result<Self> {
        Self::start(Kind::Node)
    }

    /// Which one it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it calls itself, to the character.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client that it knows from its start: public, for devices. [`Kind::Node`] has a second one, whose id_tokens are
    /// signed with ES256: `harmony-cli-es256`. OpenBao takes those only where the mount's `jwt_supported_algs` names ES256.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.clients.first().map_or("harmony-cli", String::as_str)
    }

    /// Where it listens: for a proxy in front of it, see [`Provider::move_to`].
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// Ends it as a crash does: its port refuses from here on, and what it knew is gone. For one that comes back, put a proxy
    /// in front of it.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    /// The path of an endpoint.
    #[must_use]
    pub fn path(&self, endpoint: Endpoint) -> &'static str {
        match (endpoint, self.kind) {
            (Endpoint::Discovery, _) => "/.well-known/openid-configuration",
            (Endpoint::Page, _) => "/device",
            (Endpoint::Keys, Kind::Zitadel) => "/oauth/v2/keys",
            (Endpoint::Keys, Kind::Node) => "/jwks",
            (Endpoint::DeviceAuthorization, Kind::Zitadel) => "/oauth/v2/device_authorization",
            (Endpoint::DeviceAuthorization, Kind::Node) => "/device/auth",
            (Endpoint::Token, Kind::Zitadel) => "/oauth/v2/token",
            (Endpoint::Token, Kind::Node) => "/token",
            (Endpoint::Userinfo, Kind::Zitadel) => "/oidc/v1/userinfo",
            (Endpoint::Userinfo, Kind::Node) => "/me",
            (Endpoint::Revocation, Kind::Zitadel) => "/oauth/v2/revoke",
            (Endpoint::Revocation, Kind::Node) => "/token/revocation",
        }
    }

    /// Its discovery document, which has to name [`Provider::issuer`].
    ///
    /// # Errors
    /// If it cannot be fetched, or names another issuer.
    pub fn discover(&self) -> Result<Value> {
        let document = async { discovery::document(&self.issuer, None).await.map_err(Error::new) };
        http_client::block_on(document)
    }

    /// Says which tokens this issuer signed, by the keys that it publishes. A stand-in for OpenBao that is given no verifier
    /// does the same by itself.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let (own, keys) = (self.issuer.clone(), Verifier::by_discovery());
        Verifier::new(move |issuer, token| issuer == own && keys.accepts(issuer, token))
    }

    /// A client of it, for what a test wants without the program that it tests.
    #[must_use]
    pub fn client(&self) -> Client<'_> {
        Client::new(self, self.client_id())
    }

    /// The same under another id.
    #[must_use]
    pub fn client_named<'a>(&'a self, id: &'a str) -> Client<'a> {
        Client::new(self, id)
    }
}

impl Debug for Provider {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} provider {}", self.kind, self.issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So nothing is left of a test that was killed.
    #[test]
    fn a_provider_ends_when_its_input_does() {
        for kind in [Kind::Zitadel, Kind::Node] {
            let mut provider = Provider::start(kind).expect("a provider");
            provider.process.end();
            assert!(std::net::TcpStream::connect(provider.socket()).is_err(), "{kind:?}");
        }
    }
}
