//! Servers that tests run against, and faults between.
//!
//! - [`Peer`]: an OpenBao for a suite that runs unchanged; the real one where `BAO_BIN` or PATH has one, else the
//!   stand-in. [`Peer::which`] is the line for the report.
//! - [`Admin`]: what a test sets up there and looks at: mounts, values, policies, ways to log in, tokens, the seal.
//! - [`stand_in`]: the stand-in itself, for what only it can do: a clock that moves, refusals that are ordered, the log of
//!   requests, a certificate of another name, a second node, and the report of what its answers rest on.
//! - [`real`]: the real server as a process of the test.
//! - [`proxy`]: faults of the network, between any client and any server.
//! - [`oidc`]: OpenID providers, on Zitadel's own library and on npm's, and a browser for their pages.
//! - [`scripted`]: answers that no honest server gives, byte by byte.
//! - [`jwt`]: tokens signed for a test, and verifiers of what issuers signed.
//!
//! Everything listens on a free port of this machine's own address, runs on a thread of its own and stops when it is
//! dropped; nothing here needs a runtime, and nothing disturbs one. What is tested is not known here: no plugin, no host.
//! A further peer brings its own module and takes `background`, `certificates` and `client`.

mod admin;
mod background;
mod certificates;
mod client;
mod discovery;
mod error;
pub mod jwt;
pub mod oidc;
mod peer;
pub mod proxy;
pub mod real;
pub mod scripted;
pub mod stand_in;

pub use self::{
    admin::Admin,
    certificates::Certificate,
    error::{Error, Result},
    peer::{Kind, Peer},
};
