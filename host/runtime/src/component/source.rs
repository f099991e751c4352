//! A plugin as a source of the chain. Nothing is loaded until it is asked for the first time.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use harmony_config_core::{
    ConfigError, ConfigSource, Coordinate, Entry, Failure, FailureCode, Features, Interaction, Page, PromptNotes,
    Request, Sensitivity, envelope,
};
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use super::{
    State,
    clock::{Clock, Times, Watch},
    convert,
    instance::{self, Instance},
    rest::Rest,
    told::Told,
};
use crate::{
    budget::SourceBudget,
    capability::{Capabilities, document, no_home},
    engine::Runtime,
    glue::{self, bindings::PluginPre},
    host::Host,
    limits,
    plugin::Plugin,
    policy::{Phase, Use},
    seal::{Seal, SealTurn, went_away},
    words::shown,
};

/// A plugin as a source of the chain: made by [`Host::source`].
#[derive(Clone)]
pub struct ComponentSource {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) name: Arc<str>,
    pub(super) plugin: Arc<Plugin>,
    pub(super) host: Host,
    /// Its settings, what the host adds included.
    pub(super) told: Told,
    pub(super) default_namespace: String,
    pub(super) capabilities: Arc<Capabilities>,
    pub(super) times: Times,
    seal: Seal,
    /// The most it can do, until it has said what it can.
    declared: Features,
    features: OnceLock<Features>,
    prepared: OnceCell<PluginPre<State>>,
    idle: Mutex<Idle>,
    pub(super) memory: OnceLock<SourceBudget>,
    turns: Semaphore,
    rest: Rest,
}

/// The instances that wait for a call.
#[allow(clippy::vec_box, reason = "they are moved in and out for each call, and are large")]
type Idle = Vec<Box<Instance>>;

/// What a call may do, and what the host knows about it.
#[derive(Default)]
pub(super) struct Terms<'a> {
    pub(super) interaction: Interaction,
    /// What the person is told, for each request.
    pub(super) notes: Vec<Arc<PromptNotes>>,
    /// What must not come back in the words of a failure.
    pub(super) secret: Option<&'a str>,
    /// Also while it is left alone after an outage: somebody wants to know how it is now.
    pub(super) in_any_case: bool,
    /// Whether something may have been written where the call was cut off.
    pub(super) writes: bool,
    /// The namespace that the call is about.
    pub(super) namespace: &'a str,
    /// Whoever waits for the call with a clock of their own.
    pub(super) watched: Option<Watch>,
}

pub(super) type CallFuture<'a, T> =
    BoxFuture<'a, wasmtime::Result<Result<T, glue::bindings::harmony::config::types::Failure>>>;

impl ComponentSource {
    #[allow(clippy::too_many_arguments, reason = "called in one place, by the builder that has them all by name")]
    pub(crate) fn new(
        name: &str,
        plugin: Arc<Plugin>,
        host: Host,
        told: Told,
        default_namespace: String,
        capabilities: Capabilities,
        times: Times,
        seal: Seal,
    ) -> Self {
        let is_remote = plugin.facts().wants.http.is_some();
        let instances = if is_remote { limits::MAX_REMOTE_INSTANCES } else { limits::MAX_INSTANCES };
        let mut declared = plugin.facts().features();
        if capabilities.read_only {
            // Where an answer is kept is decided before the plugin is asked anything.
            declared.persists = false;
            declared.writable = false;
        }
        ComponentSource {
            inner: Arc::new(Inner {
                name: Arc::from(name),
                plugin,
                host,
                told,
                default_namespace,
                capabilities: Arc::new(capabilities),
                times,
                seal,
                declared,
                features: OnceLock::new(),
                prepared: OnceCell::new(),
                idle: Mutex::default(),
                memory: OnceLock::new(),
                turns: Semaphore::new(instances),
                rest: Rest::default(),
            }),
        }
    }

    /// Health in words, one finding a line, as the plugin sees it.
    ///
    /// # Errors
    /// Why the source could not answer.
    pub async fn check(&self) -> Result<Vec<String>, Failure> {
        let findings = self
            .call(Terms { in_any_case: true, ..Terms::default() }, |instance| {
                Box::pin(
                    async move { instance.plugin.harmony_config_config_source().call_check(&mut instance.store).await },
                )
            })
            .await?;
        Ok(findings.iter().take(100).map(|finding| shown(finding)).collect())
    }

    /// Whether its plugin signs somebody in.
    pub(crate) fn is_identity(&self) -> bool {
        self.inner.plugin.facts().is_identity()
    }

    /// Why nobody can be shown a page, if so.
    pub(crate) fn nobody(&self) -> Option<Failure> {
        let prompter = &self.inner.capabilities.prompter;
        prompter.unavailable().or_else(|| {
            let why = "nobody can be shown a page to open: answers do not come from a person at a terminal";
            (!prompter.shows_pages()).then(|| Failure::new(FailureCode::InteractionRequired, why))
        })
    }

    /// How long a call may take.
    pub fn timeout(&self) -> Duration {
        self.inner.times.call
    }

    async fn prepared(&self) -> Result<(&Arc<Runtime>, &PluginPre<State>), Failure> {
        if let Some(trust) = &self.inner.capabilities.trust {
            trust.require_of_source()?;
        }
        let runtime = self.inner.host.runtime()?;
        if let Some(prepared) = self.inner.prepared.get() {
            return Ok((runtime, prepared));
        }
        let prepare = || async {
            let component = runtime.component(&self.inner.plugin).await?;
            let linker = runtime.linker(self.inner.plugin.facts().wants.http.is_some());
            let linked = linker.and_then(|linker| linker.instantiate_pre(&component)).and_then(PluginPre::new);
            linked.map_err(|error| {
                convert::broken(format!(
                    "it was built for another version of it, or wants what is not in it: {error:#}"
                ))
            })
        };
        Ok((runtime, Box::pin(self.inner.prepared.get_or_try_init(prepare)).await?))
    }

    /// An instance: an idle one that has the directory that is there now, else a new one.
    async fn instance(&self, runtime: &Arc<Runtime>, pre: &PluginPre<State>) -> Result<Box<Instance>, Failure> {
        let idle = self.idle().pop();
        if let Some(instance) = idle {
            let same = match &self.inner.capabilities.directory {
                Some(directory) => directory.identity()? == instance.directory,
                None => true,
            };
            if same {
                return Ok(instance);
            }
            self.idle().clear();
        }
        // The rare ways are boxed: they would make every call's future larger, and it is moved about.
        let (instance, features) = Box::pin(Instance::make(&self.inner, runtime, pre)).await?;
        let _ = self.inner.features.set(features);
        Ok(Box::new(instance))
    }

    /// Keeps an instance for the next call, unless the idle ones would hold too much: what a guest once took it does not
    /// give back.
    fn keep(&self, runtime: &Runtime, instance: Box<Instance>) {
        let mut idle = self.idle();
        let held: usize = idle.iter().map(|instance| instance.held()).sum();
        if held + instance.held() <= runtime.budget.idle_part() {
            idle.push(instance);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for one of the other calls to end.
    async fn turn(&self, clock: &Clock) -> Result<SemaphorePermit<'_>, Failure> {
        match clock.run(self.inner.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Failure::new(
                FailureCode::Unavailable,
                format!("busy: too many calls were under way for {:?}", self.inner.times.call),
            )),
        }
    }

    /// One call of the plugin, within its bounds, unless it is left alone after an outage.
    pub(super) async fn call<T: Send>(
        &self,
        terms: Terms<'_>,
        call: impl for<'a> FnOnce(&'a mut Instance) -> CallFuture<'a, T> + Send,
    ) -> Result<T, Failure> {
        let inner = &*self.inner;
        if !terms.in_any_case {
            inner.rest.check()?;
        }
        // Compiling is not the source's fault, so it does not count towards its deadline.
        let (runtime, pre) = self.prepared().await?;
        let clock = Clock::watched(inner.times, terms.watched);
        let turn = match inner.turns.try_acquire() {
            Ok(turn) => turn,
            Err(_) => Box::pin(self.turn(&clock)).await?,
        };
        let mut instance = self.instance(runtime, pre).await?;
        instance.begin(Phase::Call(terms.interaction), &clock, terms.notes);
        if inner.plugin.facts().wants.keyring.is_some() {
            terms.namespace.clone_into(&mut instance.store.data_mut().call.namespace);
        }
        if let Some(secret) = terms.secret {
            instance.store.data_mut().in_play.add(secret);
        }
        let ticking = runtime.ticking()?;
        let answer = clock.run(call(&mut instance)).await;
        drop(ticking);
        // An instance that trapped or was left half-way is dropped here. What it wrote before, nobody knows.
        let cut_off = |failure: Failure| if terms.writes { failure.with_unknown_outcome() } else { failure };
        let answer = match answer {
            Err(expired) => {
                let mut failure = instance::ran_out(&instance.store, inner.times, expired);
                // Not after a write: whoever sent it reads it again now, to learn what became of it.
                let waited = instance.store.data_mut().requests().0.were_made() && !terms.writes;
                if waited && failure.code == FailureCode::Unavailable {
                    failure.retry_after = Some(limits::LEFT_ALONE);
                }
                let failure = cut_off(failure);
                inner.rest.note(Some(&failure));
                return Err(failure);
            }
            Ok(Err(error)) => return Err(cut_off(instance::trapped(&instance.store, inner.times, &error))),
            Ok(Ok(answer)) => answer,
        };
        let answer = answer.map_err(|failure| {
            let state = instance.store.data_mut();
            let failure = glue::from_guest(failure, |text| state.in_play.shown(text));
            state.explained(failure)
        });
        instance.end();
        self.keep(runtime, instance);
        drop(turn);
        inner.rest.note(answer.as_ref().err());
        answer
    }

    /// Leaves no older state of values in files beside the store.
    pub(crate) async fn settle(&self) {
        if let Some(database) = &self.inner.capabilities.database {
            database.settle().await;
        }
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.inner.seal
    }

    /// A turn in which a value may be sealed and written. The first one makes a key, unless something is sealed already:
    /// then its key is lost, and a second one would hide that.
    pub(crate) async fn seal_turn(&self, request: &Request) -> Result<SealTurn<'_>, Failure> {
        let seal = &self.inner.seal;
        if let Some(turn) = seal.turn().await? {
            return Ok(turn);
        }
        let free = self.nothing_is_sealed(request).await;
        // Who found something sealed may have found what somebody sealed meanwhile.
        if let Some(turn) = seal.turn().await? {
            return Ok(turn);
        }
        free?;
        seal.make_first_key().await?;
        seal.turn().await?.ok_or_else(went_away)
    }

    async fn nothing_is_sealed(&self, request: &Request) -> Result<(), Failure> {
        self.is_not_sealed(&request.at).await?;
        self.nothing_is_sealed_in(&[request.at.namespace(), &self.inner.default_namespace]).await
    }

    /// Refuses where something in these namespaces is sealed with a key that is lost.
    pub(crate) async fn nothing_is_sealed_in(&self, namespaces: &[&str]) -> Result<(), Failure> {
        if !self.features().lists {
            return Ok(());
        }
        for namespace in namespaces {
            for at in self.list_all(namespace).await?.into_iter().take(limits::MAX_LOOKED_AT) {
                self.is_not_sealed(&at).await?;
            }
        }
        Ok(())
    }

    async fn is_not_sealed(&self, at: &Coordinate) -> Result<(), Failure> {
        // What cannot be read is nothing that this program sealed.
        let Ok(Some(entry)) = self.fetch(&Request::new(at.clone())).await else { return Ok(()) };
        self.inner.seal.sealed_by_lost_key(&entry).await.map_or(Ok(()), Err)
    }

    /// All keys of a namespace.
    pub(crate) async fn list_all(&self, namespace: &str) -> Result<Vec<Coordinate>, Failure> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        // One that goes round in a circle would list for ever.
        for _ in 0..limits::MAX_PAGES {
            let page = self.list(namespace, "", after.as_deref()).await?;
            all.extend(page.entries.into_iter().map(|(at, _)| at));
            match page.next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => break,
            }
        }
        Ok(all)
    }

    /// What the plugin has, as it lies there: sealed, where it is.
    pub(crate) async fn fetch(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        let asked = convert::request(request);
        // They are for a form, and only an interactive call may show one.
        let notes = match request.interaction {
            Interaction::Allowed => vec![Arc::clone(&request.notes)],
            Interaction::Forbidden => Vec::new(),
        };
        self.call(
            Terms { interaction: request.interaction, notes, namespace: request.at.namespace(), ..Terms::default() },
            |instance| {
                Box::pin(async move {
                    let source = instance.plugin.harmony_config_config_source();
                    let answer = source.call_get(&mut instance.store, &asked).await?;
                    Ok(answer
                        .map(|entry| entry.map(|entry| convert::entry(entry, &mut instance.store.data_mut().in_play))))
                })
            },
        )
        .await?
        .transpose()
    }

    async fn fetch_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        let asked: Vec<_> = requests.iter().map(convert::request).collect();
        let allowed = requests.iter().all(|request| request.interaction == Interaction::Allowed);
        let interaction = if allowed { Interaction::Allowed } else { Interaction::Forbidden };
        let notes = requests.iter().map(|request| Arc::clone(&request.notes)).collect();
        let namespace = requests.first().map(|request| request.at.namespace()).unwrap_or_default();
        if self.inner.plugin.facts().wants.keyring.is_some()
            && requests.iter().any(|request| request.at.namespace() != namespace)
        {
            // A call is about one namespace: no plugin sees another's entries through it.
            let mut answers = Vec::with_capacity(requests.len());
            for request in requests {
                answers.push(self.fetch(request).await);
            }
            return answers;
        }
        let answers = self.call(Terms { interaction, notes, namespace, ..Terms::default() }, |instance| {
            Box::pin(async move {
                let source = instance.plugin.harmony_config_config_source();
                let answers = source.call_get_many(&mut instance.store, &asked).await?;
                let state = instance.store.data_mut();
                let answers = answers.into_iter().map(|answer| match answer {
                    Ok(entry) => entry.map(|entry| convert::entry(entry, &mut state.in_play)).transpose(),
                    Err(failure) => {
                        let failure = glue::from_guest(failure, |text| state.in_play.shown(text));
                        Err(state.explained(failure))
                    }
                });
                Ok(Ok(answers.collect::<Vec<_>>()))
            })
        });
        match answers.await {
            Ok(answers) if answers.len() == requests.len() => {
                let failures = || answers.iter().map(|answer| answer.as_ref().err());
                if failures().all(|failure| failure.is_some()) {
                    // Each key of the call failed: that is how the source is.
                    self.inner.rest.note(failures().flatten().find(|failure| failure.retry_after.is_some()));
                }
                answers
            }
            Ok(answers) => {
                let wrong = format!("{} answers to {} requests", answers.len(), requests.len());
                requests.iter().map(|_| Err(convert::broken(wrong.clone()))).collect()
            }
            Err(failure) => requests.iter().map(|_| Err(failure.clone())).collect(),
        }
    }

    /// Has the plugin keep what is to lie there: sealed, where it is to be.
    pub(crate) async fn store(
        &self,
        request: &Request,
        value: &Value,
        expected: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let text = value.to_string();
        if let Some(directory) = &self.inner.capabilities.directory {
            let pass = self.inner.capabilities.policy.check(Phase::Call(Interaction::Forbidden), Use::Files)?;
            directory.ready_for(&pass, request.sensitivity)?;
        }
        if let Some(document) = &self.inner.capabilities.document {
            let pass = self.inner.capabilities.policy.check(Phase::Call(Interaction::Forbidden), Use::WriteDocument)?;
            // A project's file is often one that others can read: what is sealed may lie there.
            let is_sealed = envelope::sealed(value).is_some();
            document.ready_for(&pass, if is_sealed { Sensitivity::Standard } else { request.sensitivity })?;
        }
        let asked = convert::request(request);
        let expected = expected.map(str::to_owned);
        let secret = (request.sensitivity == Sensitivity::Secret).then_some(text.as_str());
        let sent = text.clone();
        let written = self.call(
            Terms { secret, writes: true, namespace: request.at.namespace(), ..Terms::default() },
            |instance| {
                Box::pin(async move {
                    let source = instance.plugin.harmony_config_config_source();
                    source.call_set(&mut instance.store, &asked, &sent, expected.as_deref()).await
                })
            },
        );
        let version = written.await?.map(convert::version).transpose();
        version.map_err(Failure::with_unknown_outcome)
    }

    fn plain_request(&self, key: &str) -> Result<Request, ConfigError> {
        Ok(Request::new(Coordinate::parse(&self.inner.default_namespace, key)?))
    }
}

#[async_trait]
impl ConfigSource for ComponentSource {
    async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
        let request = self.plain_request(key)?;
        let name = Arc::clone(&self.inner.name);
        let read = self.read(&request).await;
        let entry =
            read.map_err(|failure| ConfigError::from_failure(failure).with_key(key).with_source_name(&*name))?;
        Ok(entry.map(|entry| entry.value))
    }

    async fn set(&self, key: &str, value: &Value) -> Result<(), ConfigError> {
        let request = self.plain_request(key)?;
        let name = Arc::clone(&self.inner.name);
        let written = self.write(&request, value, None).await;
        written.map(|_| ()).map_err(|failure| ConfigError::from_failure(failure).with_key(key).with_source_name(&*name))
    }

    fn should_persist(&self) -> bool {
        self.features().persists
    }

    fn name(&self) -> &str {
        &self.inner.name
    }

    fn plugin(&self) -> &str {
        self.inner.plugin.name()
    }

    fn features(&self) -> Features {
        self.inner.features.get().copied().unwrap_or(self.inner.declared)
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        match self.fetch(request).await? {
            // What lies elsewhere is not what this host keeps at the coordinate: it is in plain, or somebody else's.
            entry if !request.locations.is_empty() => Ok(entry),
            Some(entry) => self.inner.seal.open(request, entry).await.map(Some),
            None => Ok(None),
        }
    }

    async fn read_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        let mut answers = self.fetch_many(requests).await;
        for (answer, request) in answers.iter_mut().zip(requests) {
            if request.locations.is_empty()
                && let Ok(found @ Some(_)) = answer
                && let Some(entry) = found.take()
            {
                *answer = self.inner.seal.open(request, entry).await.map(Some);
            }
        }
        answers
    }

    async fn write(&self, request: &Request, value: &Value, expected: Option<&str>) -> Result<Option<String>, Failure> {
        // The bound is that of the value; sealed it is somewhat longer.
        convert::json(value)?;
        if !self.inner.seal.seals(request) {
            let written = self.store(request, value, expected).await?;
            self.inner.seal.wrote_plain(request).await;
            return Ok(written);
        }
        // Boxed: it would make the future of every write larger.
        let turn = Box::pin(self.seal_turn(request)).await?;
        let sealed = turn.seal(request, value)?;
        let written = self.store(request, &sealed, expected).await?;
        turn.written(request);
        Ok(written)
    }

    async fn remove(&self, request: &Request, expected: Option<&str>) -> Result<(), Failure> {
        let asked = convert::request(request);
        let expected = expected.map(str::to_owned);
        self.call(Terms { writes: true, namespace: request.at.namespace(), ..Terms::default() }, |instance| {
            Box::pin(async move {
                let source = instance.plugin.harmony_config_config_source();
                source.call_delete(&mut instance.store, &asked, expected.as_deref()).await
            })
        })
        .await?;
        self.inner.seal.removed(request).await;
        Ok(())
    }

    async fn list(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        let (namespace, prefix, after) = (namespace.to_owned(), prefix.to_owned(), after.map(str::to_owned));
        let page = self.call(Terms::default(), |instance| {
            Box::pin(async move {
                let source = instance.plugin.harmony_config_config_source();
                source.call_list_keys(&mut instance.store, &namespace, &prefix, after.as_deref()).await
            })
        });
        convert::page(page.await?)
    }

    async fn health(&self) -> Result<Vec<String>, Failure> {
        self.check().await
    }

    async fn can_write(&self, request: &Request) -> Result<(), Failure> {
        if self.inner.features.get().is_none() {
            // It says what it can do when it is told its settings.
            let (runtime, pre) = self.prepared().await?;
            let instance = self.instance(runtime, pre).await?;
            self.keep(runtime, instance);
        }
        if !self.features().writable {
            return Err(Failure::new(FailureCode::Unsupported, "this source can only be read"));
        }
        let wants = &self.inner.plugin.facts().wants;
        let capabilities = &self.inner.capabilities;
        if (wants.files.is_some() && capabilities.directory.is_none())
            || (wants.sql.is_some() && capabilities.database.is_none())
        {
            return Err(no_home());
        }
        if wants.document.is_some() && capabilities.document.is_none() {
            return Err(document::unnamed());
        }
        if let Some(directory) = &self.inner.capabilities.directory {
            directory.can_write(request.sensitivity)?;
        }
        if let Some(file) = &self.inner.capabilities.document {
            let is_sealed = self.inner.seal.seals(request);
            file.can_write(if is_sealed { Sensitivity::Standard } else { request.sensitivity })?;
        }
        if wants.keyring.is_some() {
            capabilities.keyring.can_write(request.at.namespace(), &request.at.to_string()).await?;
        }
        if let Some(database) = &self.inner.capabilities.database {
            database.can_write(self.inner.times.call).await?;
        }
        self.inner.seal.can_seal(request).await
    }
}

impl fmt::Debug for ComponentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentSource").field("name", &self.inner.name).field("plugin", &self.inner.plugin).finish()
    }
}
