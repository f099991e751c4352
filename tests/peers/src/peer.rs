//! One server for a suite of tests that runs unchanged: a real OpenBao where there is one, else the stand-in.

use std::{net::SocketAddr, path::Path};

use crate::{
    admin::Admin,
    certificates::Certificate,
    error::Result,
    real::Real,
    stand_in::{Options, StandIn, Start},
};

/// Which server a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A dev server: open, with a KV v2 mount `secret`. A restart forgets everything but the root token.
    Dev,
    /// The same over TLS.
    DevTls,
    /// Initialised and unsealed for real, without a mount. A restart keeps everything, and leaves it sealed.
    Initialised,
}

/// A server that runs, and is stopped when this is dropped.
#[derive(Debug)]
pub struct Peer {
    server: Server,
    admin: Admin,
}

#[derive(Debug)]
enum Server {
    StandIn(Box<StandIn>),
    Real(Box<Real>),
}

impl Peer {
    /// The real one if `BAO_BIN` names it or `bao` is on PATH, else the stand-in.
    ///
    /// # Errors
    /// If it cannot be started. A real one that is named and does not start is an error, not a stand-in.
    pub fn any(kind: Kind) -> Result<Self> {
        match Real::start(kind)? {
            Some(real) => {
                let admin = real.admin();
                Ok(Self { server: Server::Real(Box::new(real)), admin })
            }
            None => Self::stand_in(kind),
        }
    }

    /// The stand-in, whatever there is: for what only it can do.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn stand_in(kind: Kind) -> Result<Self> {
        let start = if kind == Kind::Initialised { Start::Initialised } else { Start::Dev };
        let certificate = (kind == Kind::DevTls).then(Certificate::local).transpose()?;
        let stand_in = StandIn::with(Options { start, certificate, verifier: None })?;
        let admin = stand_in.admin();
        Ok(Self { server: Server::StandIn(Box::new(stand_in)), admin })
    }

    /// Whether it is a real server.
    #[must_use]
    pub fn is_real(&self) -> bool {
        matches!(self.server, Server::Real(_))
    }

    /// The stand-in, if it is one: its clock, its requests, its report.
    #[must_use]
    pub fn as_stand_in(&self) -> Option<&StandIn> {
        match &self.server {
            Server::StandIn(stand_in) => Some(stand_in),
            Server::Real(_) => None,
        }
    }

    /// `http://127.0.0.1:…` or `https://127.0.0.1:…`.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.server {
            Server::StandIn(stand_in) => stand_in.address(),
            Server::Real(real) => real.address(),
        }
    }

    /// The address for a proxy in front of it.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        match &self.server {
            Server::StandIn(stand_in) => stand_in.socket(),
            Server::Real(real) => real.socket(),
        }
    }

    /// The PEM file that a client has to trust, where it speaks TLS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        match &self.server {
            Server::StandIn(stand_in) => stand_in.ca_file(),
            Server::Real(real) => real.ca_file(),
        }
    }

    /// A token that may do all.
    #[must_use]
    pub fn root_token(&self) -> &str {
        match &self.server {
            Server::StandIn(stand_in) => stand_in.root_token(),
            Server::Real(real) => real.root_token(),
        }
    }

    /// Speaks to it as root.
    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Seals it.
    ///
    /// # Errors
    /// If it refuses.
    pub fn seal(&self) -> Result<()> {
        self.admin.seal()
    }

    /// Opens its seal, with its own keys.
    ///
    /// # Errors
    /// If it does not begin to serve.
    pub fn unseal(&self) -> Result<()> {
        let keys = match &self.server {
            Server::StandIn(stand_in) => {
                let (keys, needed) = stand_in.unseal_keys();
                keys.into_iter().take(needed).collect()
            }
            Server::Real(real) => real.unseal_keys()?,
        };
        self.admin.unseal(&keys)
    }

    /// Ends it as a crash does; the port refuses until [`Peer::restart`].
    pub fn stop(&mut self) {
        match &mut self.server {
            Server::StandIn(stand_in) => stand_in.stop(),
            Server::Real(real) => real.stop(),
        }
    }

    /// Stops it and starts it at the same port. What is kept depends on its [`Kind`].
    ///
    /// # Errors
    /// If it does not start again.
    pub fn restart(&mut self) -> Result<()> {
        match &mut self.server {
            Server::StandIn(stand_in) => stand_in.restart(),
            Server::Real(real) => real.restart(),
        }
    }

    /// One line for a report of tests: which server it was, and what a stand-in's answers rest on.
    #[must_use]
    pub fn which(&self) -> String {
        match &self.server {
            Server::StandIn(stand_in) => {
                let report = stand_in.report();
                let (with, without) = (report.recorded(), report.unrecorded());
                format!("stand-in, {with} answers with a recording, {without} without")
            }
            Server::Real(real) => real.which(),
        }
    }
}
