//! The world itself: which sources there are, and what a test says and asks of them.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use harmony_config_core::{Config, ConfigManager, ConfigSource, DEFAULT_NAMESPACE, FailureCode, OnError, Sensitivity};
use serde_json::Value;

use crate::{
    double::{Actor, Kind, lock},
    outage::Outage,
    record::{Call, Deed, Form},
    script::Script,
};

/// How long the chain waits for a double, unless [`World::deadline`] says otherwise.
const DEADLINE: Duration = Duration::from_millis(100);

/// One source of a world that is put together by hand: [`World::of`].
#[derive(Clone, Debug)]
pub struct Double {
    name: String,
    kind: Kind,
}

impl Double {
    /// One that gives single fields and is never written, as the environment.
    pub fn overrides(name: &str) -> Self {
        Double { name: name.to_owned(), kind: Kind::Overrides }
    }

    /// One that gives whole values and is never written.
    pub fn read_only(name: &str) -> Self {
        Double { name: name.to_owned(), kind: Kind::ReadOnly }
    }

    /// One that keeps values.
    pub fn store(name: &str) -> Self {
        Double { name: name.to_owned(), kind: Kind::Store }
    }

    /// One that asks the person of the script.
    pub fn prompt(name: &str) -> Self {
        Double { name: name.to_owned(), kind: Kind::Prompt }
    }
}

/// A world for a test: see the crate's documentation. Clones are the same world.
///
/// What has one answer for the whole test is said while the world is made (`World::new().json(…).answer(…)`); what
/// changes during it is said to the world that is there ([`World::breaks`], [`World::mends`], [`World::forgets`]).
///
/// # Panics
/// Its methods panic where a source is named that the world does not have, where a name or a rule cannot be, or where a
/// value cannot be written as JSON: that is a mistake of the test.
#[derive(Clone)]
pub struct World {
    actors: Vec<Arc<Actor>>,
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Call>>>,
    deadline: Arc<Mutex<Duration>>,
    namespace: String,
    on_error: Vec<(String, FailureCode, OnError)>,
    persist: Vec<(Sensitivity, Vec<String>)>,
}

impl World {
    /// A world of `overrides`, one empty store named `store`, and `prompt`.
    #[allow(clippy::new_without_default, reason = "an empty world is made by name, where a reader sees what is in it")]
    pub fn new() -> Self {
        World::with_stores(["store"])
    }

    /// A world of `overrides`, these stores, the first one taking precedence, and `prompt`.
    pub fn with_stores<'a>(stores: impl IntoIterator<Item = &'a str>) -> Self {
        let stores = stores.into_iter().map(Double::store);
        World::of(std::iter::once(Double::overrides("overrides")).chain(stores).chain([Double::prompt("prompt")]))
    }

    /// A world of these sources, the first one taking precedence.
    pub fn of(doubles: impl IntoIterator<Item = Double>) -> Self {
        let script = Arc::<Script>::default();
        let log = Arc::<Mutex<Vec<Call>>>::default();
        let deadline = Arc::new(Mutex::new(DEADLINE));
        let actor = |double: Double| {
            let (script, log, deadline) = (Arc::clone(&script), Arc::clone(&log), Arc::clone(&deadline));
            Arc::new(Actor::new(double.name, double.kind, script, log, deadline))
        };
        World {
            actors: doubles.into_iter().map(actor).collect(),
            script,
            log,
            deadline,
            namespace: DEFAULT_NAMESPACE.to_owned(),
            on_error: Vec::new(),
            persist: Vec::new(),
        }
    }

    /// The manager that the program under test gets. Each one is a process of its own: it remembers nothing of another.
    pub fn manager(&self) -> ConfigManager {
        let mut builder = ConfigManager::builder().namespace(&self.namespace);
        for source in self.sources() {
            builder = builder.source(source);
        }
        for (source, code, what) in &self.on_error {
            builder = builder.on_error(source, *code, *what);
        }
        for (class, sources) in &self.persist {
            builder = builder.persist(*class, sources.clone());
        }
        builder.build().unwrap_or_else(|error| mistake(&error.to_string()))
    }

    /// The sources, in order: for a manager put together by hand, or for `harmony_config::init`.
    pub fn sources(&self) -> Vec<Arc<dyn ConfigSource>> {
        self.actors.iter().map(|actor| Arc::clone(actor) as Arc<dyn ConfigSource>).collect()
    }

    /// The namespace of the managers. (The stores of a world hold one namespace.)
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    /// What a failure of this code means at this source.
    #[must_use]
    pub fn on_error(mut self, source: &str, code: FailureCode, what: OnError) -> Self {
        self.on_error.push((self.actor(source).name.clone(), code, what));
        self
    }

    /// The stores that keep values of this class, best first.
    #[must_use]
    pub fn persist<'a>(mut self, class: Sensitivity, sources: impl IntoIterator<Item = &'a str>) -> Self {
        let names = sources.into_iter().map(|name| self.actor(name).name.clone()).collect();
        self.persist.push((class, names));
        self
    }

    /// How long the chain waits for a source: 100 ms, unless this says otherwise. It matters to [`Outage::Hangs`] and
    /// [`Outage::Slow`] only: a double otherwise answers at once.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        *lock(&self.deadline) = deadline;
        self
    }

    /// The last store holds this value.
    #[must_use]
    pub fn value<T: Config>(self, value: &T) -> Self {
        self.json(T::KEY, to_json(value))
    }

    /// The last store holds this value of an instance.
    #[must_use]
    pub fn value_named<T: Config>(self, instance: &str, value: &T) -> Self {
        self.json(&format!("{}@{instance}", T::KEY), to_json(value))
    }

    /// The last store holds this JSON at `KEY` or `KEY@INSTANCE`, whether it fits the type or not.
    #[must_use]
    pub fn json(self, at: &str, value: Value) -> Self {
        let last = self.actors.iter().rev().find(|actor| actor.kind == Kind::Store);
        last.unwrap_or_else(|| mistake("the world has no store")).hold(at, value, false);
        self
    }

    /// This source holds this JSON at `KEY` or `KEY@INSTANCE`: the whole value.
    #[must_use]
    pub fn json_in(self, source: &str, at: &str, value: Value) -> Self {
        self.actor(source).hold(at, value, false);
        self
    }

    /// The overrides of the world have these fields, as per-field environment variables have.
    #[must_use]
    pub fn partial(self, at: &str, fields: Value) -> Self {
        let overrides = self.actors.iter().find(|actor| actor.kind == Kind::Overrides);
        overrides.unwrap_or_else(|| mistake("the world has no overrides")).hold(at, fields, true);
        self
    }

    /// This source has these fields, and says that there may be more below it.
    #[must_use]
    pub fn partial_in(self, source: &str, at: &str, fields: Value) -> Self {
        self.actor(source).hold(at, fields, true);
        self
    }

    /// The person answers this, where they are asked for `KEY` or `KEY@INSTANCE`: by field, of which only those that are
    /// asked for are given. Said again, it adds fields.
    #[must_use]
    pub fn answer(self, at: &str, answer: Value) -> Self {
        self.script.answer(at, answer);
        self
    }

    /// As [`World::answer`], with the fields of a value.
    #[must_use]
    pub fn answer_with<T: Config>(self, value: &T) -> Self {
        self.answer(T::KEY, to_json(value))
    }

    /// Asked whether an answer whose place is away may be kept in the next one, the person says yes.
    #[must_use]
    pub fn keeps_elsewhere(self) -> Self {
        self.script.keep_elsewhere(true);
        self
    }

    /// The person says no to every form, until [`World::comes_back`].
    pub fn says_no(&self) {
        self.script.refuse(Some(FailureCode::Cancelled));
    }

    /// Nobody is there to be asked, until [`World::comes_back`].
    pub fn goes_away(&self) {
        self.script.refuse(Some(FailureCode::InteractionRequired));
    }

    /// The person is there again, and answers as the script says.
    pub fn comes_back(&self) {
        self.script.refuse(None);
    }

    /// This is wrong with a source from now on, for all keys.
    pub fn breaks(&self, source: &str, outage: Outage) {
        self.actor(source).break_with(None, outage);
    }

    /// This is wrong with a source from now on, for `KEY` or `KEY@INSTANCE` only.
    pub fn breaks_for(&self, source: &str, at: &str, outage: Outage) {
        self.actor(source).break_with(Some(at), outage);
    }

    /// Nothing is wrong with the source any more.
    pub fn mends(&self, source: &str) {
        self.actor(source).mend();
    }

    /// The source has lost everything, as where its directory was deleted.
    pub fn forgets(&self, source: &str) {
        self.actor(source).forget(None);
    }

    /// Somebody else put this into the source.
    pub fn changes(&self, source: &str, at: &str, value: Value) {
        self.actor(source).hold(at, value, false);
    }

    /// What the source holds at `KEY` or `KEY@INSTANCE`, as it is stored.
    pub fn stored(&self, source: &str, at: &str) -> Option<Value> {
        self.actor(source).held(at).map(|held| held.value)
    }

    /// Every call of every source so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.log).clone()
    }

    /// How often this source was called to do this, for any key.
    pub fn count(&self, source: &str, deed: Deed) -> usize {
        let source = &self.actor(source).name;
        self.calls().iter().filter(|call| call.source == *source && call.deed == deed).count()
    }

    /// The writes so far, in order, those that failed too: the source, and `KEY` or `KEY@INSTANCE`.
    pub fn writes(&self) -> Vec<(String, String)> {
        let calls = self.calls().into_iter();
        calls.filter(|call| call.deed == Deed::Write).map(|call| (call.source, call.at)).collect()
    }

    /// The forms that the person saw, in order.
    pub fn forms(&self) -> Vec<Form> {
        self.script.forms()
    }

    /// How many forms the person saw.
    pub fn times_asked(&self) -> usize {
        self.forms().len()
    }

    fn actor(&self, source: &str) -> &Arc<Actor> {
        self.actors.iter().find(|actor| actor.name == source).unwrap_or_else(|| {
            let names: Vec<&str> = self.actors.iter().map(|actor| actor.name.as_str()).collect();
            mistake(&format!("the world has no source `{source}`; it has {}", names.join(", ")))
        })
    }
}

/// Names only: what is held may be secret.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.actors.iter().map(|actor| actor.name.as_str()).collect();
        f.debug_struct("World").field("sources", &names).finish_non_exhaustive()
    }
}

fn to_json<T: Config>(value: &T) -> Value {
    serde_json::to_value(value)
        .unwrap_or_else(|_| mistake(&format!("the value of `{}` cannot be written as JSON", T::KEY)))
}

#[allow(clippy::panic, reason = "a mistake of the test that uses this crate: the test is to fail there")]
#[track_caller]
fn mistake(what: &str) -> ! {
    panic!("{what}")
}
