//! A source of a world: it holds what the test put there, fails as the test says, and writes down every call.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use harmony_config_core::{
    ConfigError, ConfigSource, Coordinate, Entry, Failure, FailureCode, Features, Interaction, Page, Request,
    Sensitivity,
};
use serde_json::Value;

use crate::{
    outage::Outage,
    record::{Call, Deed},
    script::Script,
};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What kind of source a double plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Gives single fields, and is never written: as the environment.
    Overrides,
    /// Gives whole values, and is never written.
    ReadOnly,
    /// Keeps whole values.
    Store,
    /// Asks the person of the script.
    Prompt,
}

/// What a double holds at a coordinate.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) value: Value,
    pub(crate) partial: bool,
    version: u64,
    sensitivity: Sensitivity,
}

pub(crate) struct Actor {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) script: Arc<Script>,
    pub(crate) log: Arc<Mutex<Vec<Call>>>,
    pub(crate) deadline: Arc<Mutex<Duration>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: BTreeMap<String, Held>,
    writes: u64,
    for_all: Option<Outage>,
    for_key: BTreeMap<String, Outage>,
}

impl Actor {
    pub(crate) fn new(
        name: String,
        kind: Kind,
        script: Arc<Script>,
        log: Arc<Mutex<Vec<Call>>>,
        deadline: Arc<Mutex<Duration>>,
    ) -> Self {
        Actor { name, kind, script, log, deadline, state: Mutex::default() }
    }

    pub(crate) fn hold(&self, at: &str, value: Value, partial: bool) {
        let mut state = lock(&self.state);
        state.writes += 1;
        let held = Held { value, partial, version: state.writes, sensitivity: Sensitivity::Secret };
        state.held.insert(at.to_owned(), held);
    }

    pub(crate) fn held(&self, at: &str) -> Option<Held> {
        lock(&self.state).held.get(at).cloned()
    }

    pub(crate) fn forget(&self, at: Option<&str>) {
        let mut state = lock(&self.state);
        match at {
            Some(at) => drop(state.held.remove(at)),
            None => state.held.clear(),
        }
    }

    pub(crate) fn break_with(&self, at: Option<&str>, outage: Outage) {
        let mut state = lock(&self.state);
        match at {
            Some(at) => drop(state.for_key.insert(at.to_owned(), outage)),
            None => state.for_all = Some(outage),
        }
    }

    pub(crate) fn mend(&self) {
        let mut state = lock(&self.state);
        state.for_all = None;
        state.for_key.clear();
    }

    fn outage(&self, at: &str) -> Option<Outage> {
        let state = lock(&self.state);
        state.for_key.get(at).copied().or(state.for_all)
    }

    fn note(&self, deed: Deed, at: &str) {
        lock(&self.log).push(Call { source: self.name.clone(), deed, at: at.to_owned() });
    }

    /// Notes the call, holds it up, and says what is wrong with the source.
    async fn begin(&self, deed: Deed, at: &str) -> Option<Outage> {
        self.note(deed, at);
        let outage = self.outage(at)?;
        outage.wait().await;
        Some(outage)
    }

    fn ask(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        for request in requests {
            self.note(Deed::Ask, &request.at.to_string());
        }
        if requests.iter().any(|request| request.interaction == Interaction::Forbidden) {
            let refusal = Failure::new(FailureCode::InteractionRequired, "asked for where asking is forbidden");
            return requests.iter().map(|_| Err(refusal.clone())).collect();
        }
        let answers = self.script.show(&self.name, requests);
        answers
            .into_iter()
            .map(|answer| {
                let value = answer?;
                Ok(Some(Entry { partial: true, ..Entry::whole(value, "the test's script") }))
            })
            .collect()
    }

    fn compare_and_set(
        &self,
        at: &str,
        value: Value,
        expected: Option<&str>,
        class: Sensitivity,
    ) -> Result<u64, Failure> {
        let mut state = lock(&self.state);
        self.expect(state.held.get(at), expected)?;
        state.writes += 1;
        let version = state.writes;
        state.held.insert(at.to_owned(), Held { value, partial: false, version, sensitivity: class });
        Ok(version)
    }

    fn expect(&self, held: Option<&Held>, expected: Option<&str>) -> Result<(), Failure> {
        let Some(expected) = expected else { return Ok(()) };
        let now = held.map(|held| held.version.to_string()).unwrap_or_default();
        if now == expected {
            return Ok(());
        }
        Err(Failure::new(FailureCode::Conflict, format!("`{}` has another version by now", self.name)))
    }

    fn unwritable(&self) -> Failure {
        Failure::new(FailureCode::Unsupported, format!("`{}` cannot be written", self.name))
    }
}

#[async_trait]
impl ConfigSource for Actor {
    async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
        if let Some(failure) = self.begin(Deed::Read, key).await.and_then(Outage::of_read) {
            return Err(ConfigError::from_failure(failure));
        }
        Ok(self.held(key).map(|held| held.value))
    }

    async fn set(&self, key: &str, value: &Value) -> Result<(), ConfigError> {
        let at = Coordinate::parse(harmony_config_core::DEFAULT_NAMESPACE, key)?;
        self.write(&Request::new(at), value, None).await.map(|_| ()).map_err(ConfigError::from_failure)
    }

    fn should_persist(&self) -> bool {
        self.kind == Kind::Store
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn plugin(&self) -> &str {
        "test"
    }

    fn features(&self) -> Features {
        Features::from_names(match self.kind {
            Kind::Store => ["persists", "writable", "lists"].as_slice().iter().copied(),
            Kind::Prompt => ["interactive"].as_slice().iter().copied(),
            Kind::Overrides | Kind::ReadOnly => ["lists"].as_slice().iter().copied(),
        })
    }

    fn deadline(&self) -> Option<Duration> {
        Some(*lock(&self.deadline))
    }

    async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        if self.kind == Kind::Prompt {
            let answer = self.ask(std::slice::from_ref(request)).pop();
            return answer.unwrap_or(Ok(None));
        }
        let at = request.at.to_string();
        if let Some(failure) = self.begin(Deed::Read, &at).await.and_then(Outage::of_read) {
            return Err(failure);
        }
        Ok(self.held(&at).map(|held| Entry {
            partial: held.partial,
            version: Some(held.version.to_string()),
            ..Entry::whole(held.value, format!("{}/{at}", self.name))
        }))
    }

    async fn read_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        if self.kind == Kind::Prompt {
            return self.ask(requests);
        }
        let mut entries = Vec::with_capacity(requests.len());
        for request in requests {
            entries.push(self.read(request).await);
        }
        entries
    }

    async fn write(&self, request: &Request, value: &Value, expected: Option<&str>) -> Result<Option<String>, Failure> {
        let at = request.at.to_string();
        let outage = self.begin(Deed::Write, &at).await;
        if self.kind != Kind::Store {
            return Err(self.unwritable());
        }
        if let Some(failure) = outage.and_then(Outage::of_write) {
            return Err(failure);
        }
        let version = self.compare_and_set(&at, value.clone(), expected, request.sensitivity)?;
        match outage.and_then(Outage::of_written) {
            Some(failure) => Err(failure),
            None => Ok(Some(version.to_string())),
        }
    }

    async fn remove(&self, request: &Request, expected: Option<&str>) -> Result<(), Failure> {
        let at = request.at.to_string();
        let outage = self.begin(Deed::Remove, &at).await;
        if self.kind != Kind::Store {
            return Err(self.unwritable());
        }
        if let Some(failure) = outage.and_then(Outage::of_write) {
            return Err(failure);
        }
        let mut state = lock(&self.state);
        self.expect(state.held.get(&at), expected)?;
        state.held.remove(&at);
        Ok(())
    }

    async fn list(&self, namespace: &str, prefix: &str, _after: Option<&str>) -> Result<Page, Failure> {
        if let Some(failure) = self.begin(Deed::List, prefix).await.and_then(Outage::of_read) {
            return Err(failure);
        }
        let state = lock(&self.state);
        let held = state.held.iter().filter(|(at, _)| at.starts_with(prefix));
        let entries = held.filter_map(|(at, held)| Some((Coordinate::parse(namespace, at).ok()?, held.sensitivity)));
        Ok(Page { entries: entries.collect(), next: None })
    }

    async fn can_write(&self, request: &Request) -> Result<(), Failure> {
        if self.kind != Kind::Store {
            return Err(self.unwritable());
        }
        let Some(outage) = self.outage(&request.at.to_string()) else { return Ok(()) };
        outage.wait().await;
        outage.of_outlook().map_or(Ok(()), Err)
    }
}
