//! OpenBao as a source: against a real server where there is one (`BAO_BIN`, or `bao` on PATH), else against the stand-in that
//! answers as recorded. The same tests run against both; what only a stand-in can do (its clock, a refusal on demand) is asked of
//! one beside it. The last line of `report` says which it was.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod concurrency;
mod fallback;
mod faults;
mod logins;
mod outages;
mod reading;
mod world;
mod writing;
