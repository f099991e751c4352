//! Putting a manager together.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    ConfigError, ConfigSource, DEFAULT_NAMESPACE, FailureCode, Gate, OnError, Sensitivity,
    chain::{Chain, Link, flight::Flights, no_locations, route::Routes},
    check_name,
};

use super::{ConfigManager, Inner, cached::Cache};

/// Puts a [`ConfigManager`] together: sources, namespace, what a failure means, where values are kept.
#[derive(Default)]
pub struct ManagerBuilder {
    sources: Vec<Arc<dyn ConfigSource>>,
    off_chain: Vec<Arc<dyn ConfigSource>>,
    below_all: Option<Arc<dyn ConfigSource>>,
    routes: Option<Arc<dyn Routes>>,
    namespace: Option<String>,
    on_error: Vec<(String, FailureCode, OnError)>,
    persist: HashMap<Sensitivity, Vec<String>>,
    because: HashMap<String, String>,
    gate: Option<Arc<dyn Gate>>,
}

impl ManagerBuilder {
    /// Adds a source below those that are there.
    #[must_use]
    pub fn source(mut self, source: Arc<dyn ConfigSource>) -> Self {
        self.sources.push(source);
        self
    }

    /// The source that stands below every chain, that of a single key too: defaults. It is asked before a person is.
    #[must_use]
    pub fn below_all(mut self, source: Arc<dyn ConfigSource>) -> Self {
        self.below_all = Some(source);
        self
    }

    /// Which keys have a chain of their own, or values that lie elsewhere. Sources that are only in such a chain are
    /// added with [`ManagerBuilder::off_chain`].
    #[must_use]
    pub fn routes(mut self, routes: Arc<dyn Routes>) -> Self {
        self.routes = Some(routes);
        self
    }

    /// Adds a source that is not in the chain, because something else names it: a persist list, the chain of a key.
    #[must_use]
    pub fn off_chain(mut self, source: Arc<dyn ConfigSource>) -> Self {
        self.off_chain.push(source);
        self
    }

    /// The namespace that typed calls use: [`DEFAULT_NAMESPACE`] where none is given.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// What a failure of this code means at this source. Where nothing is said: [`OnError::default_for`].
    #[must_use]
    pub fn on_error(mut self, source: &str, code: FailureCode, on_error: OnError) -> Self {
        self.on_error.push((source.to_owned(), code, on_error));
        self
    }

    /// The sources that keep values of this class, best first; the next is tried where the one before is unavailable.
    #[must_use]
    pub fn persist(mut self, class: Sensitivity, sources: Vec<String>) -> Self {
        self.persist.insert(class, sources);
        self
    }

    /// Why a source is in the chain that nobody put there: a phrase such as "the environment has STORE_URL". An
    /// explanation says so.
    #[must_use]
    pub fn because(mut self, source: &str, why: &str) -> Self {
        self.because.insert(source.to_owned(), why.to_owned());
        self
    }

    /// What has to be settled before any source is asked.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// The manager.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where two sources have one name, where a name that is spoken of is no source's, or where
    /// the namespace breaks the grammar.
    pub fn build(mut self) -> Result<ConfigManager, ConfigError> {
        let namespace = self.namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        check_name("namespace", &namespace)?;
        let below_all = self.below_all.as_ref().map(|source| source.name().to_owned());
        self.sources.extend(self.below_all.take());
        let mut names = HashSet::new();
        for source in self.sources.iter().chain(&self.off_chain) {
            if !names.insert(source.name().to_owned()) {
                return Err(ConfigError::usage(
                    FailureCode::Invalid,
                    format!("two sources are named `{}`", source.name()),
                    "give each source a name of its own",
                ));
            }
        }
        let spoken_of = self.on_error.iter().map(|(name, ..)| name).chain(self.persist.values().flatten());
        for name in spoken_of.chain(self.because.keys()) {
            if !names.contains(name) {
                return Err(ConfigError::usage(
                    FailureCode::Invalid,
                    format!("there is no source `{name}`"),
                    "name one of the sources that were added",
                ));
            }
        }
        let link = |source: &Arc<dyn ConfigSource>| Link {
            source: Arc::clone(source),
            name: Arc::from(source.name()),
            plugin: Arc::from(source.plugin()),
            on_error: self
                .on_error
                .iter()
                .filter(|(name, ..)| name == source.name())
                .map(|(_, code, on_error)| (*code, *on_error))
                .collect::<HashMap<_, _>>()
                .into(),
            locations: no_locations(),
            below_all: below_all.as_deref() == Some(source.name()),
            because: self.because.get(source.name()).map(|why| Arc::from(why.as_str())),
        };
        let links = self.sources.iter().map(link).collect();
        let off_chain = self.off_chain.iter().map(link).collect();
        Ok(manager(Chain::new(links, off_chain, namespace, self.persist, self.routes), self.sources, self.gate))
    }
}

/// A manager over sources that may bear one name several times.
pub(super) fn plain(sources: Vec<Arc<dyn ConfigSource>>) -> ConfigManager {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let links = sources
        .iter()
        .map(|source| {
            let count = seen.entry(source.name().to_owned()).or_insert(0);
            *count += 1;
            let name = match *count {
                1 => source.name().to_owned(),
                count => format!("{}-{count}", source.name()),
            };
            Link {
                source: Arc::clone(source),
                name: Arc::from(name),
                plugin: Arc::from(source.plugin()),
                on_error: Arc::default(),
                locations: no_locations(),
                below_all: false,
                because: None,
            }
        })
        .collect();
    manager(Chain::new(links, Vec::new(), DEFAULT_NAMESPACE.to_owned(), HashMap::new(), None), sources, None)
}

fn manager(chain: Chain, sources: Vec<Arc<dyn ConfigSource>>, gate: Option<Arc<dyn Gate>>) -> ConfigManager {
    ConfigManager {
        inner: Arc::new(Inner {
            chain: Arc::new(chain),
            sources,
            gate,
            reads: Flights::default(),
            forms: Flights::default(),
            cached: Cache::default(),
        }),
    }
}
