//! Servers that tests run against.

mod admin;
mod background;
mod certificates;
mod client;
mod discovery;
mod error;
pub mod jwt;
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
