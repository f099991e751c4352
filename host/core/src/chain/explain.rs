//! `explain`: one fresh walk past the winner, that asks nobody, and says what each source has. Never a value.

use std::{sync::Arc, time::Instant};

use serde::Serialize;

use crate::{ConfigError, Coordinate, Outcome, Shape, Step};

use super::{
    Chain, ask,
    collect::{self, Collected},
};

/// What each source of the chain has for a key, and which one wins.
///
/// It serialises to the JSON that `harmony-config explain --json` prints.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The version of this shape of JSON: 1.
    pub version: u32,
    /// The key.
    pub key: String,
    /// The namespace.
    pub namespace: String,
    /// The instance, if one was meant.
    pub instance: Option<String>,
    /// The source that wins.
    pub winner: Option<Arc<str>>,
    /// For each top-level field, the source that gives it.
    pub fields: std::collections::BTreeMap<String, Arc<str>>,
    /// What keeps the value from being used, if anything does.
    pub problem: Option<String>,
    /// Each source of the chain, in order.
    pub steps: Vec<ExplainedStep>,
}

/// What one source has.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ExplainedStep {
    /// The source, by its name in the manifest.
    pub source: Arc<str>,
    /// The plugin that serves it.
    pub plugin: Arc<str>,
    /// What became of it: see [`Outcome`].
    pub outcome: &'static str,
    /// Where the value is, in the source's own words.
    pub location: Option<String>,
    /// Which version of it.
    pub version: Option<String>,
    /// How long the source took, in microseconds.
    pub elapsed_us: u64,
    /// Why it could not answer, or was not asked.
    pub message: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Why the source is in the chain, where nobody put it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Arc<str>>,
}

impl ExplainedStep {
    fn new(step: Step, chain: &Chain) -> Self {
        ExplainedStep {
            because: chain.find(&step.source).and_then(|link| link.because.clone()),
            source: step.source,
            plugin: step.plugin,
            outcome: step.outcome.as_str(),
            location: step.location,
            version: step.version,
            elapsed_us: u64::try_from(step.elapsed.as_micros()).unwrap_or(u64::MAX),
            message: step.message,
            remedy: step.remedy,
        }
    }
}

/// The explanation of a key whose way cannot be told.
pub(crate) fn without_a_way(at: &Coordinate, error: &ConfigError) -> Explanation {
    Explanation {
        version: 1,
        key: at.key().to_owned(),
        namespace: at.namespace().to_owned(),
        instance: at.instance().map(str::to_owned),
        winner: None,
        fields: Default::default(),
        problem: Some(error.message().to_owned()),
        steps: Vec::new(),
    }
}

/// Asks every source that needs nobody, past the winner and past failures.
pub(crate) async fn explain(chain: &Chain, at: &Coordinate, shape: &Shape) -> Explanation {
    let request = chain.request(at, shape);
    let mut collected =
        Collected { found: Vec::new(), value: None, whole: false, steps: Vec::new(), failures: Vec::new() };
    let mut stopped: Option<String> = None;
    for (position, link) in chain.links.iter().enumerate() {
        if link.interactive() {
            let mut skipped = collect::step(link, Outcome::Skipped, std::time::Duration::ZERO);
            skipped.message = Some("it asks a person, and explaining asks nobody".to_owned());
            collected.steps.push(skipped);
            continue;
        }
        let start = Instant::now();
        let answer = collect::read(link, &request).await;
        let mut step = collect::step(link, Outcome::Absent, start.elapsed());
        match answer {
            Ok(None) => {}
            Ok(Some(entry)) => {
                step.location = Some(entry.location.clone());
                step.version.clone_from(&entry.version);
                step.message.clone_from(&entry.note);
                if collected.whole || stopped.is_some() {
                    step.outcome = Outcome::Shadowed;
                } else {
                    step.outcome = if entry.partial { Outcome::Partial } else { Outcome::Hit };
                    collected.add(link, position, entry, shape);
                }
            }
            Err(failure) => {
                step.outcome = Outcome::from(failure.code);
                step.message = Some(failure.message.clone());
                step.remedy.clone_from(&failure.remedy);
                if !collected.whole && stopped.is_none() && link.on_error(failure.code) == super::OnError::Fail {
                    stopped = Some(format!("a read fails at source `{}`: {}", link.name, failure.message));
                }
                collected.failures.push((position, Arc::clone(&link.name), failure));
            }
        }
        collected.steps.push(step);
    }
    collected.steps.extend(collect::not_routed(chain));
    collect::join_kept(chain, at, shape, &mut collected);
    let problem = stopped.clone().or_else(|| {
        if collected.value.is_none() && collected.failures.is_empty() {
            // That there is none is said by there being no winner.
            return None;
        }
        ask::judge(chain, at, shape, &collected).map(|error| error.message().to_owned())
    });
    let origin = collected.origin();
    Explanation {
        version: 1,
        key: at.key().to_owned(),
        namespace: at.namespace().to_owned(),
        instance: at.instance().map(str::to_owned),
        winner: if stopped.is_some() { None } else { origin.winner },
        fields: if stopped.is_some() { Default::default() } else { origin.fields },
        problem,
        steps: origin.steps.into_iter().map(|step| ExplainedStep::new(step, chain)).collect(),
    }
}
