//! Plugins that misbehave (`tests/guests`): each ends in a named failure, in bounded time, and the same host goes on.
//! `foreach_guest!` is the list that the guests are made from: a guest without a test of its name does not compile. The
//! modules are named as the guests' are; `world` is what every test stands on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod capabilities;
mod compute;
mod flood;
mod identity;
mod network;
mod not_guests;
mod twins;
mod wasi;
mod words;
mod world;

include!("../../guests/src/list.rs");

/// All tests under one name.
mod tests {
    pub(crate) use super::{capabilities::*, compute::*, flood::*, identity::*, network::*, wasi::*, words::*};
}

macro_rules! assert_tested {
    ($($group:ident: [$($guest:ident),* $(,)?])*) => {
        $($(
            #[expect(unused_imports, reason = "only so that a guest without a test does not compile")]
            use self::tests::$guest as _;
        )*)*
    };
}

foreach_guest!(assert_tested);
