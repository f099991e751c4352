//! Many values at once whose types are not known here: what a command line does for a whole program.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    Checked, ConfigError, Coordinate, Resolved, Shape,
    chain::{
        ask::{self, Answered, Wanted},
        check,
    },
};

use super::ConfigManager;

impl ConfigManager {
    /// All of these values, whose types are not known here; a person is asked, in one form, for whatever is missing of
    /// them, and the answers are kept. As [`ConfigManager::ensure`]: where one of them cannot be had whatever a person
    /// answers, nobody is asked for the others.
    pub async fn ensure_values(
        &self,
        wanted: &[(Coordinate, Arc<Shape>)],
    ) -> Vec<Result<Resolved<Value>, ConfigError>> {
        let answers = ask::obtain(&self.inner.chain, &known(wanted)).await;
        let resolved = |answered: Answered| Resolved { value: answered.value, origin: answered.origin };
        answers.into_iter().map(|answer| answer.map(resolved)).collect()
    }

    /// Whether these values are there and fit. All of them are looked for at the same time, and nobody is asked. The
    /// answers are in the order of what is wanted, and have no value in them.
    pub async fn check_values(&self, wanted: &[(Coordinate, Arc<Shape>)]) -> Vec<Checked> {
        check::check(&self.inner.chain, known(wanted)).await
    }
}

fn known(wanted: &[(Coordinate, Arc<Shape>)]) -> Vec<Wanted> {
    wanted.iter().map(|(at, shape)| Wanted { at: at.clone(), shape: Arc::clone(shape) }).collect()
}
