//! Whether values are there and fit: many at once, without asking anybody, and without using any. What is found is
//! named, never shown.

use std::{fmt, sync::Arc};

use futures_util::{StreamExt, stream};

use crate::{ConfigError, Coordinate, Fault, Interaction, Origin, Sensitivity, Shape};

use super::{Chain, ask, collect};

/// How many values are looked for at the same time.
const AT_ONCE: usize = 16;

/// What a value comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// It is there, and fits.
    Set,
    /// It is not there, or not whole.
    Missing,
    /// It is there and does not fit, or cannot be read.
    Invalid,
    /// A source refused to say.
    Denied,
    /// A source that matters could not be asked.
    Unavailable,
    /// A source would have had to ask a person.
    PersonNeeded,
    /// Something else went wrong.
    Failed,
}

impl Standing {
    /// As JSON output spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Set => "set",
            Standing::Missing => "missing",
            Standing::Invalid => "invalid",
            Standing::Denied => "denied",
            Standing::Unavailable => "unavailable",
            Standing::PersonNeeded => "interaction-required",
            Standing::Failed => "failed",
        }
    }

    /// What a command that has only this to say exits with.
    pub fn exit_code(self) -> u8 {
        match self {
            Standing::Set => 0,
            Standing::Failed => 1,
            Standing::Missing => 3,
            Standing::PersonNeeded => 4,
            Standing::Denied => 5,
            Standing::Unavailable => 6,
            Standing::Invalid => 7,
        }
    }

    /// The one of several that speaks for all: the first of 7, 5, 4, 6, 3.
    pub fn worst(standings: impl IntoIterator<Item = Standing>) -> Standing {
        use Standing::{Denied, Failed, Invalid, Missing, PersonNeeded, Set, Unavailable};
        let order = [Invalid, Denied, PersonNeeded, Unavailable, Missing, Failed, Set];
        let place = |standing: Standing| order.iter().position(|known| *known == standing);
        standings.into_iter().min_by_key(|standing| place(*standing)).unwrap_or(Set)
    }

    fn of(error: &ConfigError) -> Self {
        match error.exit_code() {
            3 => Standing::Missing,
            4 => Standing::PersonNeeded,
            5 => Standing::Denied,
            6 => Standing::Unavailable,
            7 => Standing::Invalid,
            _ => Standing::Failed,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A field that is missing or does not fit, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultAt {
    /// The field, and what it should be.
    pub fault: Fault,
    /// The source whose value it is, or whose whole value lacks it.
    pub source: Option<Arc<str>>,
    /// Where that is, in the source's own words.
    pub location: Option<String>,
}

/// One value that was looked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// Which value.
    pub at: Coordinate,
    /// How carefully it is handled.
    pub sensitivity: Sensitivity,
    /// What it comes to.
    pub standing: Standing,
    /// The fields that are missing or do not fit.
    pub faults: Vec<FaultAt>,
    /// What a program gets that asks for it, where that is an error.
    pub error: Option<ConfigError>,
    /// What each source answered.
    pub origin: Origin,
}

/// Looks for all these values at the same time, and answers in their order.
pub(crate) async fn check(chain: &Arc<Chain>, wanted: Vec<(Coordinate, Arc<Shape>)>) -> Vec<Checked> {
    stream::iter(wanted).map(|(at, shape)| one(chain, at, shape)).buffered(AT_ONCE).collect().await
}

/// One that could not be looked for.
pub(crate) fn failed(at: Coordinate, shape: &Shape, error: ConfigError) -> Checked {
    let origin = error.origin().cloned().unwrap_or_default();
    let standing = Standing::of(&error);
    Checked { at, sensitivity: shape.sensitivity(), standing, faults: Vec::new(), error: Some(error), origin }
}

async fn one(chain: &Arc<Chain>, at: Coordinate, shape: Arc<Shape>) -> Checked {
    let chain = match chain.of(&at) {
        Ok(chain) => chain,
        Err(error) => return failed(at, &shape, error),
    };
    let collected = match collect::collect(&chain, &at, &shape, Interaction::Forbidden).await {
        Ok(collected) => collected,
        Err(error) => return failed(at, &shape, error),
    };
    let error = ask::judge(&chain, &at, &shape, &collected);
    let faults = match (&error, &collected.value) {
        (Some(_), Some(value)) => shape.faults(value).into_iter().map(|fault| at_fault(&collected, fault)).collect(),
        _ => Vec::new(),
    };
    let standing = error.as_ref().map_or(Standing::Set, Standing::of);
    Checked { standing, faults, error, origin: collected.origin(), at, sensitivity: shape.sensitivity() }
}

fn at_fault(collected: &collect::Collected, fault: Fault) -> FaultAt {
    // That a source has some fields is no fault of its own; that a whole value lacks one is.
    let found = collected.to_blame(&fault).filter(|found| !(fault.missing && found.partial));
    FaultAt {
        source: found.map(|found| Arc::clone(&found.source)),
        location: found.map(|found| found.location.clone()),
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Standing,
        Standing::{Denied, Failed, Invalid, Missing, PersonNeeded, Set, Unavailable},
    };

    #[test]
    fn of_several_standings_the_first_of_7_5_4_6_3_speaks_for_all() {
        let mut left = vec![Set, Failed, Missing, Unavailable, PersonNeeded, Denied, Invalid];
        let mut spoke = Vec::new();
        while !left.is_empty() {
            let worst = Standing::worst(left.iter().copied());
            spoke.push(worst.exit_code());
            left.retain(|one| *one != worst);
        }
        assert_eq!(spoke, [7, 5, 4, 6, 3, 1, 0]);
        assert_eq!(Standing::worst([]), Set);
    }
}
