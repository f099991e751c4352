//! The chain: sources in order of precedence, and what happens when one fails. Knows nothing of types (that is
//! `manager`) nor of what a source is made of.

pub(crate) mod ask;
pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod deadline;
pub(crate) mod explain;
pub(crate) mod flight;
mod keep;
pub(crate) mod list;
mod need;
pub(crate) mod persist;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

use crate::{ConfigSource, Coordinate, FailureCode, Interaction, PromptNotes, Request, Sensitivity, Shape, merge};

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

/// A source in its place.
pub(crate) struct Link {
    pub(crate) source: Arc<dyn ConfigSource>,
    pub(crate) name: Arc<str>,
    pub(crate) plugin: Arc<str>,
    pub(crate) on_error: HashMap<FailureCode, OnError>,
}

impl Link {
    pub(crate) fn on_error(&self, code: FailureCode) -> OnError {
        self.on_error.get(&code).copied().unwrap_or_else(|| OnError::default_for(code))
    }

    pub(crate) fn interactive(&self) -> bool {
        self.source.features().interactive
    }
}

/// The chain and what it remembers within this process.
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    /// Sources that are only written to, because a persist list names them.
    pub(crate) off_chain: Vec<Link>,
    pub(crate) namespace: String,
    pub(crate) persist: HashMap<Sensitivity, Vec<String>>,
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
    ) -> Self {
        Chain {
            links,
            off_chain,
            namespace,
            persist,
            kept_here: Mutex::default(),
            asking: tokio::sync::Mutex::new(()),
            warned: Mutex::default(),
            generation: AtomicU64::new(0),
            walks: AtomicU64::new(0),
        }
    }

    pub(crate) fn request(&self, at: &Coordinate, shape: &Shape) -> Request {
        let walk = self.walks.fetch_add(1, Ordering::Relaxed);
        Request {
            at: at.clone(),
            sensitivity: shape.sensitivity,
            schema: shape.schema.clone(),
            schema_text: shape.schema_text.clone(),
            interaction: Interaction::Forbidden,
            id: Arc::from(format!("{}-{walk}", std::process::id())),
            notes: no_notes(),
        }
    }

    /// The link of that name, in the chain or beside it.
    pub(crate) fn find(&self, name: &str) -> Option<&Link> {
        self.links.iter().chain(&self.off_chain).find(|link| &*link.name == name)
    }

    /// The place of a source in the order; one beside the chain is below all.
    pub(crate) fn position(&self, name: &str) -> usize {
        self.links.iter().position(|link| &*link.name == name).unwrap_or(self.links.len())
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// To be called before and after each write.
    pub(crate) fn written(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn kept_here(&self, at: &Coordinate) -> Option<Value> {
        lock(&self.kept_here).get(at).cloned()
    }

    /// Keeps answers for this process, over those that are kept already.
    fn remember(&self, at: &Coordinate, answers: &Value, schema: Option<&Value>) {
        let mut kept = lock(&self.kept_here);
        let mut answers = answers.clone();
        if let Some(known) = kept.get(at) {
            merge::fill(&mut answers, known, schema);
        }
        kept.insert(at.clone(), answers);
        drop(kept);
        self.written();
    }

    /// Takes back what is kept for this process, and says whether there was anything.
    fn forget(&self, at: &Coordinate) -> bool {
        let forgotten = lock(&self.kept_here).remove(at).is_some();
        if forgotten {
            self.written();
        }
        forgotten
    }

    /// True the first time only.
    pub(crate) fn warn_once(&self, source: &Arc<str>, at: &Coordinate) -> bool {
        lock(&self.warned).insert((Arc::clone(source), at.clone()))
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_notes() -> Arc<PromptNotes> {
    static NONE: std::sync::OnceLock<Arc<PromptNotes>> = std::sync::OnceLock::new();
    Arc::clone(NONE.get_or_init(Arc::default))
}
