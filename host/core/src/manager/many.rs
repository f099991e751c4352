//! Many values at once whose types are not known here: what a command line does for a whole program.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    Checked, ConfigError, Coordinate, Interaction, Resolved, Shape,
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
        if let Err(error) = self.pass(Interaction::Allowed).await {
            return wanted.iter().map(|_| Err(error.clone())).collect();
        }
        let known: Result<Vec<Wanted>, ConfigError> = wanted.iter().map(|(at, shape)| self.known(at, shape)).collect();
        let Ok(known) = known else { return self.without_asking(wanted).await };
        let answers = ask::obtain(&known).await;
        let resolved = |answered: Answered| Resolved { value: answered.value, origin: answered.origin };
        answers.into_iter().map(|answer| answer.map(resolved)).collect()
    }

    /// Whether these values are there and fit. All of them are looked for at the same time, and nobody is asked. The
    /// answers are in the order of what is wanted, and have no value in them.
    pub async fn check_values(&self, wanted: &[(Coordinate, Arc<Shape>)]) -> Vec<Checked> {
        if let Err(error) = self.pass(Interaction::Forbidden).await {
            return wanted.iter().map(|(at, shape)| check::failed(at.clone(), shape, error.clone())).collect();
        }
        check::check(&self.inner.chain, wanted.to_vec()).await
    }

    fn known(&self, at: &Coordinate, shape: &Arc<Shape>) -> Result<Wanted, ConfigError> {
        Ok(Wanted { chain: self.inner.chain.of(at)?, at: at.clone(), shape: Arc::clone(shape) })
    }

    /// The values as they are, where one of them cannot be had whatever a person answers.
    async fn without_asking(&self, wanted: &[(Coordinate, Arc<Shape>)]) -> Vec<Result<Resolved<Value>, ConfigError>> {
        let mut answers = Vec::with_capacity(wanted.len());
        for (at, shape) in wanted {
            answers.push(self.resolve_value(at, shape, Interaction::Forbidden).await);
        }
        answers
    }
}
