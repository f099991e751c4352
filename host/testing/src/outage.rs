//! What can be wrong with a source.

use std::time::Duration;

use harmony_config_core::{Failure, FailureCode};

/// What is wrong with a source, for all keys or for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// Reads and writes fail with this code.
    Fails(FailureCode),
    /// Reads work; writes fail with this code, and that is known before a person is asked.
    ReadOnly(FailureCode),
    /// Reads work; writes fail with this code, which nobody could know before.
    WritesFail(FailureCode),
    /// A write happens, and its answer is lost on the way: whether it happened is not known.
    WriteAnswersLost,
    /// A write is lost on the way, and so whether it happened is not known.
    WritesLost,
    /// Every call takes this long.
    Slow(Duration),
    /// No call ever answers: the source's deadline ends it.
    Hangs,
}

impl Outage {
    /// How long a call is held up.
    pub(crate) async fn wait(self) {
        match self {
            Outage::Slow(time) => tokio::time::sleep(time).await,
            Outage::Hangs => std::future::pending().await,
            _ => {}
        }
    }

    /// Why a read fails, if it does.
    pub(crate) fn of_read(self) -> Option<Failure> {
        match self {
            Outage::Fails(code) => Some(failure(code, "the test's world made this read fail")),
            _ => None,
        }
    }

    /// Why a write fails before it is made, if it does.
    pub(crate) fn of_write(self) -> Option<Failure> {
        match self {
            Outage::Fails(code) | Outage::ReadOnly(code) | Outage::WritesFail(code) => {
                Some(failure(code, "the test's world made this write fail"))
            }
            Outage::WritesLost => {
                Some(failure(FailureCode::Unavailable, "the connection broke during the write").with_unknown_outcome())
            }
            _ => None,
        }
    }

    /// Why a write would fail, as far as that can be known without writing.
    pub(crate) fn of_outlook(self) -> Option<Failure> {
        match self {
            Outage::Fails(code) | Outage::ReadOnly(code) => {
                Some(failure(code, "the test's world lets nobody write here"))
            }
            _ => None,
        }
    }

    /// Why the answer to a write that was made does not arrive, if it does not.
    pub(crate) fn of_written(self) -> Option<Failure> {
        match self {
            Outage::WriteAnswersLost => {
                Some(failure(FailureCode::Unavailable, "the connection broke after the write").with_unknown_outcome())
            }
            _ => None,
        }
    }
}

fn failure(code: FailureCode, message: &str) -> Failure {
    Failure::new(code, message)
}
