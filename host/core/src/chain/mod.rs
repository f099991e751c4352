//! The chain: sources in order of precedence, and what happens when one fails. Knows nothing of types (that is
//! `manager`) nor of what a source is made of.

pub(crate) mod ask;
pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod deadline;
pub(crate) mod explain;
pub(crate) mod field;
pub(crate) mod flight;
pub(crate) mod health;
mod keep;
pub(crate) mod list;
mod need;
pub(crate) mod persist;
pub(crate) mod route;
pub(crate) mod transfer;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

use self::route::Routes;
use crate::{
    ConfigError, ConfigSource, Coordinate, Failure, FailureCode, Interaction, Location, PromptNotes, Request,
    Sensitivity, Shape, merge,
};

/// What a failure of a source means for the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Go on to the next source; the failure stays in the origin.
    Continue,
    /// The call fails.
    Fail,
}

impl OnError {
    /// What holds where nobody said otherwise: an outage goes on, a refusal does not, and neither does content that
    /// cannot be read.
    pub fn default_for(code: FailureCode) -> Self {
        match code {
            FailureCode::Denied | FailureCode::Invalid | FailureCode::Cancelled | FailureCode::Conflict => {
                OnError::Fail
            }
            FailureCode::Unavailable | FailureCode::InteractionRequired | FailureCode::Unsupported => OnError::Continue,
        }
    }
}

/// A source in its place. A clone is the same source in another chain.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) source: Arc<dyn ConfigSource>,
    pub(crate) name: Arc<str>,
    pub(crate) plugin: Arc<str>,
    pub(crate) on_error: Arc<HashMap<FailureCode, OnError>>,
    /// Where fields of the key lie elsewhere in the source. Empty but in the chain of that key.
    pub(crate) locations: Arc<[Location]>,
    /// Whether it stands below every chain, that of a single key too.
    pub(crate) below_all: bool,
    /// Why it is in the chain, where nobody put it there.
    pub(crate) because: Option<Arc<str>>,
}

impl Link {
    pub(crate) fn on_error(&self, code: FailureCode) -> OnError {
        self.on_error.get(&code).copied().unwrap_or_else(|| OnError::default_for(code))
    }

    pub(crate) fn interactive(&self) -> bool {
        self.source.features().interactive
    }

    /// The error of this source's failure, naming it.
    pub(crate) fn failed(&self, failure: Failure) -> ConfigError {
        let message = format!("source `{}`: {}", self.name, failure.message);
        ConfigError::from_failure(Failure { message, ..failure }).with_source_name(&*self.name)
    }
}

/// The chain and what it remembers within this process: of all keys, or of one that has a chain of its own.
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    /// Sources that are named elsewhere: by a persist list, by the chain of a key.
    pub(crate) off_chain: Vec<Link>,
    /// Sources of the chain of all keys that are not in this key's.
    pub(crate) not_routed: Vec<Link>,
    /// Where it was said that this key has a chain of its own.
    pub(crate) said: Option<String>,
    pub(crate) namespace: String,
    pub(crate) persist: Arc<HashMap<Sensitivity, Vec<String>>>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) routes: Option<Arc<dyn Routes>>,
    /// The keys that were asked for, and their chains where they have one of their own.
    routed: Mutex<HashMap<Coordinate, Option<Arc<Chain>>>>,
}

/// What the chain remembers within this process. The chains of single keys share it.
#[derive(Default)]
pub(crate) struct Memory {
    /// Answers that could not be kept anywhere: they hold for this process.
    kept_here: Mutex<HashMap<Coordinate, Value>>,
    /// Held while a form is shown and its answers are kept: two forms are never shown at once.
    pub(crate) asking: tokio::sync::Mutex<()>,
    /// What has been warned of already.
    warned: Mutex<HashSet<(Arc<str>, Coordinate)>>,
    /// Counts this chain's own writes: a read that began before one is not shared with a caller who came after it.
    generation: AtomicU64,
    walks: AtomicU64,
}

impl Chain {
    pub(crate) fn new(
        links: Vec<Link>,
        off_chain: Vec<Link>,
        namespace: String,
        persist: HashMap<Sensitivity, Vec<String>>,
        routes: Option<Arc<dyn Routes>>,
    ) -> Self {
        Chain {
            links,
            off_chain,
            not_routed: Vec::new(),
            said: None,
            namespace,
            persist: Arc::new(persist),
            memory: Arc::default(),
            routes,
            routed: Mutex::default(),
        }
    }

    pub(crate) fn request(&self, at: &Coordinate, shape: &Shape) -> Request {
        let walk = self.memory.walks.fetch_add(1, Ordering::Relaxed);
        Request {
            at: at.clone(),
            sensitivity: shape.sensitivity,
            schema: shape.schema.clone(),
            schema_text: shape.schema_text.clone(),
            interaction: Interaction::Forbidden,
            id: Arc::from(format!("{}-{walk}", std::process::id())),
            locations: no_locations(),
            notes: no_notes(),
        }
    }

    /// The link of that name, in the chain or beside it.
    pub(crate) fn find(&self, name: &str) -> Option<&Link> {
        self.links.iter().chain(&self.off_chain).chain(&self.not_routed).find(|link| &*link.name == name)
    }

    /// Whether this key is never looked for in that source.
    pub(crate) fn is_kept_from(&self, name: &str) -> bool {
        self.not_routed.iter().any(|link| &*link.name == name)
    }

    /// The place of a source in the order; one beside the chain is below all.
    pub(crate) fn position(&self, name: &str) -> usize {
        self.links.iter().position(|link| &*link.name == name).unwrap_or(self.links.len())
    }

    pub(crate) fn generation(&self) -> u64 {
        self.memory.generation.load(Ordering::Acquire)
    }

    /// To be called before and after each write.
    pub(crate) fn written(&self) {
        self.memory.generation.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn kept_here(&self, at: &Coordinate) -> Option<Value> {
        lock(&self.memory.kept_here).get(at).cloned()
    }

    /// Keeps answers for this process, over those that are kept already.
    fn remember(&self, at: &Coordinate, answers: &Value, schema: Option<&Value>) {
        let mut kept = lock(&self.memory.kept_here);
        let mut answers = answers.clone();
        if let Some(known) = kept.get(at) {
            merge::fill(&mut answers, known, schema);
        }
        kept.insert(at.clone(), answers);
        drop(kept);
        self.written();
    }

    /// Takes back what is kept for this process, and says whether there was anything.
    pub(crate) fn forget(&self, at: &Coordinate) -> bool {
        let forgotten = lock(&self.memory.kept_here).remove(at).is_some();
        if forgotten {
            self.written();
        }
        forgotten
    }

    /// True the first time only.
    pub(crate) fn warn_once(&self, source: &Arc<str>, at: &Coordinate) -> bool {
        lock(&self.memory.warned).insert((Arc::clone(source), at.clone()))
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn no_locations() -> Arc<[Location]> {
    static NONE: std::sync::OnceLock<Arc<[Location]>> = std::sync::OnceLock::new();
    Arc::clone(NONE.get_or_init(|| Arc::from([])))
}

fn no_notes() -> Arc<PromptNotes> {
    static NONE: std::sync::OnceLock<Arc<PromptNotes>> = std::sync::OnceLock::new();
    Arc::clone(NONE.get_or_init(Arc::default))
}
