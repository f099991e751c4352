//! A stand-in for an OpenBao server. It keeps state and answers as the recordings in `wire/` do; each answer says which
//! of them it follows, or that there is none. Handles and options are here; what is answered, and in which order it is
//! judged, begins in `answer.rs`.

mod acl;
mod answer;
mod auth;
mod ids;
mod kv1;
mod kv2;
mod kv2_key;
mod ledger;
mod lifecycle;
mod mounts;
mod namespaces;
mod policy_text;
mod quotas;
#[cfg(test)]
mod replay;
mod replies;
mod request;
mod serve;
mod state;
mod sys;
mod time;
mod tokens;
mod wrapping;

use std::{
    fmt::{self, Debug, Formatter},
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

pub use self::ledger::{Report, Seen};
use self::{
    mounts::Mount,
    request::Fields,
    serve::Node,
    state::{Namespace, State},
};
use crate::{
    admin::Admin,
    background::{self, Background},
    certificates::Certificate,
    client::Target,
    error::Result,
    jwt::Verifier,
};

/// In which state a stand-in begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// As `bao server -dev`: open, with a KV v2 mount `secret`; a restart forgets everything.
    #[default]
    Dev,
    /// Initialised and unsealed, without a mount; a restart keeps everything and leaves it sealed.
    Initialised,
    /// As a server that was only just installed.
    Uninitialised,
}

/// How a stand-in is to be.
#[derive(Debug, Default)]
pub struct Options {
    /// The state that it begins in.
    pub start: Start,
    /// Its certificate; without one it speaks in the clear.
    pub certificate: Option<Certificate>,
    /// Says which tokens the issuers signed that JWT mounts name. Without one, their own keys do, which are fetched from
    /// where the issuers publish them.
    pub verifier: Option<Verifier>,
}

/// A stand-in that runs. It stops when it is dropped.
pub struct StandIn {
    node: Arc<Node>,
    socket: SocketAddr,
    start: Start,
    root_token: String,
    certificate: Option<Arc<Certificate>>,
    running: Option<Background>,
}

/// Without what it knows: tokens are in that.
impl Debug for StandIn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "stand-in at {}", self.address())
    }
}

impl StandIn {
    /// One like `bao server -dev`.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn dev() -> Result<Self> {
        Self::with(Options::default())
    }

    /// The same over TLS, with a certificate for 127.0.0.1 and localhost.
    ///
    /// # Errors
    /// If no certificate can be made, or it cannot listen.
    pub fn dev_tls() -> Result<Self> {
        Self::with(Options { certificate: Some(Certificate::local()?), ..Options::default() })
    }

    /// One as the options say.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn with(options: Options) -> Result<Self> {
        let mut state = State::default();
        state.trust.verifier = options.verifier;
        let root_token = begin(&mut state, options.start, None);
        let (listener, socket) = background::listen(background::loopback())?;
        let node = Arc::new(Node { state: Arc::new(Mutex::new(state)), standby: false });
        let certificate = options.certificate.map(Arc::new);
        let tls = certificate.as_ref().map(|certificate| certificate.server()).transpose()?;
        let running = Some(serve::start(Arc::clone(&node), listener, tls)?);
        Ok(Self { node, socket, start: options.start, root_token, certificate, running })
    }

    /// A second node of the same cluster, which is a standby: it serves what the first one knows, and its health differs.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn second_node(&self) -> Result<Self> {
        let (listener, socket) = background::listen(background::loopback())?;
        let node = Arc::new(Node { state: Arc::clone(&self.node.state), standby: true });
        let tls = self.certificate.as_ref().map(|certificate| certificate.server()).transpose()?;
        let running = Some(serve::start(Arc::clone(&node), listener, tls)?);
        let (root_token, certificate) = (self.root_token.clone(), self.certificate.clone());
        Ok(Self { node, socket, start: self.start, root_token, certificate, running })
    }

    /// `http://127.0.0.1:…` or `https://127.0.0.1:…`.
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.socket)
    }

    /// The address for a proxy in front of it.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The PEM file that a client has to trust, where it speaks TLS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.certificate.as_ref().map(|certificate| certificate.ca_file())
    }

    /// A token that may do all. Of an uninitialised server it is empty.
    #[must_use]
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// The keys that open the seal, in hex, and how many of them are needed.
    #[must_use]
    pub fn unseal_keys(&self) -> (Vec<String>, usize) {
        let state = self.lock();
        (state.seal.keys.clone(), state.seal.threshold)
    }

    /// Moves the server's clock forward: tokens end, lock-outs pass.
    pub fn advance(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// Refuses the next requests as one too many, health and seal status excepted; with `Retry-After`, if seconds are
    /// given.
    pub fn throttle(&self, requests: usize, retry_after: Option<u64>) {
        let mut state = self.lock();
        state.limits.refusals = requests;
        state.limits.retry_after = retry_after;
    }

    /// What was asked since it began, or since [`StandIn::forget_requests`].
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.lock().ledger.seen().to_vec()
    }

    /// Counts requests from here.
    pub fn forget_requests(&self) {
        self.lock().ledger.forget_seen();
    }

    /// What its answers rest on.
    #[must_use]
    pub fn report(&self) -> Report {
        self.lock().ledger.report()
    }

    /// Ends it as a crash does: connections break, the port refuses. [`StandIn::restart`] brings it back.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Stops it and starts it again at the same port. One that keeps its data comes back sealed, as a real one does.
    ///
    /// # Errors
    /// If the port was taken meanwhile.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        {
            let mut state = self.lock();
            if self.start == Start::Dev {
                state.namespaces.clear();
                state.tokens = tokens::Tokens::default();
                begin(&mut state, Start::Dev, Some(self.root_token.clone()));
            } else {
                state.seal.close();
            }
        }
        let (listener, _) = background::listen(self.socket)?;
        let tls = self.certificate.as_ref().map(|certificate| certificate.server()).transpose()?;
        self.running = Some(serve::start(Arc::clone(&self.node), listener, tls)?);
        Ok(())
    }

    /// Speaks to it as root, whatever names its certificate has.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.target(), &self.root_token)
    }

    pub(crate) fn target(&self) -> Target {
        let tls = self.certificate.as_ref().map(|it| (it.ca_file().to_owned(), it.name().to_owned()));
        Target { authority: self.socket.to_string(), tls }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.node.lock()
    }
}

/// Fills an empty state; gives the root token.
fn begin(state: &mut State, start: Start, root_token: Option<String>) -> String {
    let now = state.now();
    state.seal.durable = start != Start::Dev;
    let mut root = Namespace::new(now);
    if start == Start::Dev {
        root.mounts.insert("secret/".to_owned(), Mount::kv(2, &Fields::default()));
    }
    state.namespaces.insert(String::new(), root);
    if start == Start::Uninitialised {
        return String::new();
    }
    let (shares, threshold) = if start == Start::Dev { (1, 1) } else { (3, 2) };
    state.seal.make_keys(shares, threshold);
    state.seal.open();
    lifecycle::root_token(state, root_token)
}
