//! What a program holds: typed reads and writes over the chain. The walk itself is in `chain`.

mod builder;
mod cached;
mod many;
mod own;
mod set_of;

use std::sync::Arc;

use serde_json::Value;

pub use self::{builder::ManagerBuilder, set_of::ConfigSet};
use crate::{
    Config, ConfigError, ConfigSource, Coordinate, Deleted, Explanation, Gate, Interaction, Listed, Resolved, Shape,
    Written,
    chain::{
        Chain, ask,
        ask::{Answered, Wanted},
        collect::{self, Collected},
        explain,
        flight::Flights,
        list,
        persist::{self, Change},
    },
    error::Kind,
};

/// What makes two calls equal: the value, what is known of it (text typed by another schema is another value), and what
/// this manager has written so far (a read that began before a write could miss it, so one who comes after does not join).
type Question = (Coordinate, Option<usize>, u64);

type Walked = Result<Arc<Collected>, ConfigError>;

/// The chain of sources, in order of precedence: what a program asks for its configuration.
///
/// Cheap to clone: clones are the same manager.
///
/// ```
/// # use std::sync::Arc;
/// # use harmony_config_core::{Config, ConfigError, ConfigManager, ConfigSource};
/// # use serde_json::{Value, json};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct AppConfig { port: u16 }
/// # impl Config for AppConfig { const KEY: &'static str = "AppConfig"; }
/// # struct Fixed;
/// # #[async_trait::async_trait]
/// # impl ConfigSource for Fixed {
/// #     async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
/// #         Ok((key == "AppConfig").then(|| json!({ "port": 8080 })))
/// #     }
/// #     async fn set(&self, _: &str, _: &Value) -> Result<(), ConfigError> { Ok(()) }
/// # }
/// # async fn example() -> Result<(), ConfigError> {
/// let manager = ConfigManager::new(vec![Arc::new(Fixed)]);
/// let config: AppConfig = manager.get().await?;
/// assert_eq!(config.port, 8080);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct ConfigManager {
    inner: Arc<Inner>,
}

struct Inner {
    chain: Arc<Chain>,
    sources: Vec<Arc<dyn ConfigSource>>,
    gate: Option<Arc<dyn Gate>>,
    reads: Flights<Question, Walked>,
    forms: Flights<Question, Result<Arc<Answered>, ConfigError>>,
    cached: cached::Cache,
}

impl ConfigManager {
    /// A manager over these sources, the first one taking precedence, in the default namespace. Sources of the same
    /// name are told apart by a number behind it. For more than this, [`ConfigManager::builder`].
    pub fn new(sources: Vec<Arc<dyn ConfigSource>>) -> Self {
        builder::plain(sources)
    }

    /// A manager to be put together piece by piece.
    pub fn builder() -> ManagerBuilder {
        ManagerBuilder::default()
    }

    /// The value of `T`, as it is now. Asks nobody.
    ///
    /// # Errors
    /// [`ConfigError::NotFound`] where no source has it; [`ConfigError::Deserialization`] where a source has a value
    /// that does not fit `T`; the failure of a source whose `on-error` says to fail; the worst failure where no source
    /// that could be asked has it.
    pub async fn get<T: Config>(&self) -> Result<T, ConfigError> {
        self.resolve::<T>().await.map(Resolved::into_inner)
    }

    /// The value of one instance of `T`: one firewall of several. There is no fall-back to the value without an
    /// instance.
    ///
    /// # Errors
    /// As [`ConfigManager::get`], and [`ConfigError::Usage`] where the name breaks the grammar.
    pub async fn get_named<T: Config>(&self, instance: &str) -> Result<T, ConfigError> {
        self.resolve_named::<T>(Some(instance)).await.map(Resolved::into_inner)
    }

    /// As [`ConfigManager::get`], with where the value came from.
    ///
    /// # Errors
    /// As [`ConfigManager::get`].
    pub async fn resolve<T: Config>(&self) -> Result<Resolved<T>, ConfigError> {
        self.resolve_named::<T>(None).await
    }

    /// As [`ConfigManager::resolve`], of an instance.
    ///
    /// # Errors
    /// As [`ConfigManager::get_named`].
    pub async fn resolve_named<T: Config>(&self, instance: Option<&str>) -> Result<Resolved<T>, ConfigError> {
        let wanted = self.wanted::<T>(instance)?;
        let collected = self.collect(&wanted).await?;
        let value = collected.value.as_ref().map(T::deserialize);
        match value {
            Some(Ok(value)) => {
                collect::warn_of_degradation(&wanted.chain, &wanted.at, &collected);
                Ok(Resolved { value, origin: collected.origin() })
            }
            _ => Err(self.misjudged(&wanted, &collected)),
        }
    }

    /// The value of `T`; a person is asked for what is missing of it, and the answer is kept in one source.
    ///
    /// # Errors
    /// As [`ConfigManager::get`]; [`ConfigError::InteractionRequired`] where nobody can be asked;
    /// [`ConfigError::Cancelled`] where the person said no; [`ConfigError::NotPersisted`] where the answer could not be
    /// kept: it carries the value.
    pub async fn get_or_prompt<T: Config>(&self) -> Result<T, ConfigError> {
        self.resolve_or_prompt::<T>(None).await.map(Resolved::into_inner)
    }

    /// As [`ConfigManager::get_or_prompt`], of an instance.
    ///
    /// # Errors
    /// As [`ConfigManager::get_or_prompt`].
    pub async fn get_or_prompt_named<T: Config>(&self, instance: &str) -> Result<T, ConfigError> {
        self.resolve_or_prompt::<T>(Some(instance)).await.map(Resolved::into_inner)
    }

    /// As [`ConfigManager::get_or_prompt`], with where the value came from.
    ///
    /// # Errors
    /// As [`ConfigManager::get_or_prompt`].
    pub async fn resolve_or_prompt<T: Config>(&self, instance: Option<&str>) -> Result<Resolved<T>, ConfigError> {
        let wanted = self.wanted::<T>(instance)?;
        let answered = self.obtain(wanted.clone()).await?;
        typed(&wanted, &answered)
    }

    /// All of these values (a tuple of types); a person is asked, in one form, for whatever is missing of them.
    ///
    /// # Errors
    /// As [`ConfigManager::get_or_prompt`], of the first value that could not be had.
    pub async fn ensure<S: ConfigSet>(&self) -> Result<S, ConfigError> {
        let wanted = S::wanted(self)?;
        self.pass(Interaction::Allowed).await?;
        let answers = ask::obtain(&wanted).await;
        S::from_answers(&wanted, answers)
    }

    /// The value of `T` no older than `max_age`: the opt-in to not asking the sources each time. What this manager
    /// itself writes is seen at once.
    ///
    /// # Errors
    /// As [`ConfigManager::get`]. Errors are not kept.
    pub async fn cached<T: Config + Send + Sync>(&self, max_age: std::time::Duration) -> Result<Arc<T>, ConfigError> {
        let generation = self.inner.chain.generation();
        if let Some(value) = self.inner.cached.get::<T>(max_age, generation) {
            return Ok(value);
        }
        let value = Arc::new(self.get::<T>().await?);
        self.inner.cached.put(Arc::clone(&value), generation);
        Ok(value)
    }

    /// Keeps a value: in the first source of the class's persist list that is not unavailable, else in the first
    /// source that persists, and in that one alone.
    ///
    /// # Errors
    /// Where it was not kept, or where that is not known: the message says which. [`ConfigError::unsaved`] has it.
    pub async fn set<T: Config>(&self, value: &T) -> Result<(), ConfigError> {
        self.set_at(None, value).await
    }

    /// Keeps the value of an instance.
    ///
    /// # Errors
    /// As [`ConfigManager::set`].
    pub async fn set_named<T: Config>(&self, instance: &str, value: &T) -> Result<(), ConfigError> {
        self.set_at(Some(instance), value).await
    }

    async fn set_at<T: Config>(&self, instance: Option<&str>, value: &T) -> Result<(), ConfigError> {
        let wanted = self.wanted::<T>(instance)?;
        let value = serde_json::to_value(value).map_err(|_| {
            // serde's own words could quote the value.
            ConfigError::build(Kind::Serialization, "the value cannot be written as JSON")
                .with_key(wanted.at.to_string())
        })?;
        self.pass(Interaction::Forbidden).await?;
        persist::set(&wanted.chain, &wanted.at, &wanted.shape, Change::Whole(&value), None).await.map(|_| ())
    }

    /// Removes the value from the source that wins.
    ///
    /// # Errors
    /// [`ConfigError::NotFound`] where there is none; [`ConfigError::Other`] where the winner cannot be written.
    pub async fn delete<T: Config>(&self) -> Result<Deleted, ConfigError> {
        let wanted = self.wanted::<T>(None)?;
        self.pass(Interaction::Forbidden).await?;
        persist::delete(&wanted.chain, &wanted.at, &wanted.shape, None).await
    }

    /// Removes the value of an instance from the source that wins.
    ///
    /// # Errors
    /// As [`ConfigManager::delete`].
    pub async fn delete_named<T: Config>(&self, instance: &str) -> Result<Deleted, ConfigError> {
        let wanted = self.wanted::<T>(Some(instance))?;
        self.pass(Interaction::Forbidden).await?;
        persist::delete(&wanted.chain, &wanted.at, &wanted.shape, None).await
    }

    /// What is stored in this namespace, without the values.
    ///
    /// # Errors
    /// Where a source that can list failed, and its `on-error` says to fail.
    pub async fn list(&self) -> Result<Vec<Listed>, ConfigError> {
        self.list_keys("").await
    }

    /// What each source has for `T`, and which wins: one fresh walk that asks nobody.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where `T`'s key breaks the grammar.
    pub async fn explain<T: Config>(&self) -> Result<Explanation, ConfigError> {
        let wanted = self.wanted::<T>(None)?;
        Ok(self.explain_value(&wanted.at, &wanted.shape).await)
    }

    /// The namespace that typed calls use.
    pub fn namespace(&self) -> &str {
        &self.inner.chain.namespace
    }

    /// The sources, in order of precedence.
    pub fn sources(&self) -> &[Arc<dyn ConfigSource>] {
        &self.inner.sources
    }

    /// The names of the sources, in order of precedence.
    pub fn source_names(&self) -> impl Iterator<Item = &str> {
        self.inner.chain.links.iter().map(|link| &*link.name)
    }

    /// The value of a key whose type is not known here. `shape` is what is known.
    ///
    /// # Errors
    /// As [`ConfigManager::get`] or [`ConfigManager::get_or_prompt`].
    pub async fn resolve_value(
        &self,
        at: &Coordinate,
        shape: &Shape,
        interaction: Interaction,
    ) -> Result<Resolved<Value>, ConfigError> {
        let chain = self.inner.chain.of(at)?;
        let wanted = Wanted { chain: Arc::clone(&chain), at: at.clone(), shape: Arc::new(shape.clone()) };
        if interaction == Interaction::Allowed {
            let answered = self.obtain(wanted).await?;
            return Ok(Resolved { value: answered.value.clone(), origin: answered.origin.clone() });
        }
        let collected = self.collect(&wanted).await?;
        if let Some(error) = ask::judge(&chain, at, shape, &collected) {
            return Err(error);
        }
        collect::warn_of_degradation(&chain, at, &collected);
        Ok(Resolved { value: collected.value.clone().unwrap_or(Value::Null), origin: collected.origin() })
    }

    /// The value that one source has, whatever stands above it.
    ///
    /// # Errors
    /// [`ConfigError::NotFound`] where it has none, its failure where it could not answer.
    pub async fn read_from(
        &self,
        source: &str,
        at: &Coordinate,
        shape: &Shape,
    ) -> Result<Resolved<Value>, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        let chain = self.inner.chain.of(at)?;
        let link = persist::find(&chain, source)?;
        let request = chain.request(at, shape);
        let start = std::time::Instant::now();
        let entry = collect::read(link, &request).await.map_err(|failure| persist::failed(at, link, failure))?;
        match entry {
            Some(entry) => {
                collect::warn_of_note(&chain, at, link, &entry);
                let mut step = collect::step(link, crate::Outcome::Hit, start.elapsed());
                step.message.clone_from(&entry.note);
                step.location = Some(entry.location);
                step.version = entry.version;
                let winner = Some(Arc::clone(&link.name));
                let origin = crate::Origin { steps: vec![step], winner, ..crate::Origin::default() };
                Ok(Resolved { value: entry.value, origin })
            }
            None => Err(ConfigError::build(Kind::NotFound, format!("not found in {source}")).with_key(at.to_string())),
        }
    }

    /// Keeps a value whose type is not known here: in the named source, else as [`ConfigManager::set`].
    ///
    /// # Errors
    /// As [`ConfigManager::set`], and [`ConfigError::Usage`] where there is no source of that name.
    pub async fn set_value(
        &self,
        at: &Coordinate,
        shape: &Shape,
        value: &Value,
        source: Option<&str>,
    ) -> Result<Written, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        persist::set(&*self.inner.chain.of(at)?, at, shape, Change::Whole(value), source).await
    }

    /// Removes a value from the named source, else from the one that wins.
    ///
    /// # Errors
    /// As [`ConfigManager::delete`].
    pub async fn delete_value(&self, at: &Coordinate, source: Option<&str>) -> Result<Deleted, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        persist::delete(&*self.inner.chain.of(at)?, at, &Shape::undeclared(), source).await
    }

    /// What is stored in this namespace under keys that begin with `prefix`.
    ///
    /// # Errors
    /// As [`ConfigManager::list`].
    pub async fn list_keys(&self, prefix: &str) -> Result<Vec<Listed>, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        list::list(&self.inner.chain, prefix).await
    }

    /// Whether the [`Gate`] before this chain, if there is one, lets a call pass. Every call asks it first; a program
    /// may ask it earlier, before it does something that a refusal would make vain.
    ///
    /// # Errors
    /// What the gate says.
    pub async fn pass(&self, interaction: Interaction) -> Result<(), ConfigError> {
        match &self.inner.gate {
            None => Ok(()),
            Some(gate) => gate.pass(interaction).await,
        }
    }

    /// What each source has for a key, and which wins. It is not kept back by a [`Gate`]: sources that stand behind one
    /// say so themselves.
    pub async fn explain_value(&self, at: &Coordinate, shape: &Shape) -> Explanation {
        match self.inner.chain.of(at) {
            Ok(chain) => explain::explain(&chain, at, shape).await,
            Err(error) => explain::without_a_way(at, &error),
        }
    }

    fn wanted<T: Config>(&self, instance: Option<&str>) -> Result<Wanted, ConfigError> {
        let at = Coordinate::new(&self.inner.chain.namespace, T::KEY, instance)?;
        Ok(Wanted { chain: self.inner.chain.of(&at)?, at, shape: Shape::of::<T>() })
    }

    fn question(&self, wanted: &Wanted) -> Question {
        // A shape is known by its schema's text, which lives as long as a call that it is asked with.
        let shape = wanted.shape.schema_text.as_ref().map(|text| text.as_ptr() as usize);
        (wanted.at.clone(), shape, self.inner.chain.generation())
    }

    async fn collect(&self, wanted: &Wanted) -> Walked {
        self.pass(Interaction::Forbidden).await?;
        let key = self.question(wanted);
        let wanted = wanted.clone();
        let walk = move || async move {
            {
                let nobody = Interaction::Forbidden;
                collect::collect(&wanted.chain, &wanted.at, &wanted.shape, nobody).await.map(Arc::new)
            }
        };
        self.inner.reads.join(key, walk).await
    }

    async fn obtain(&self, wanted: Wanted) -> Result<Arc<Answered>, ConfigError> {
        self.pass(Interaction::Allowed).await?;
        let ask = {
            let wanted = wanted.clone();
            move || async move {
                let mut answers = ask::obtain(std::slice::from_ref(&wanted)).await;
                answers.pop().unwrap_or_else(|| Err(ConfigError::other("no answer"))).map(Arc::new)
            }
        };
        self.inner.forms.join(self.question(&wanted), ask).await
    }

    fn misjudged(&self, wanted: &Wanted, collected: &Collected) -> ConfigError {
        ask::judge(&wanted.chain, &wanted.at, &wanted.shape, collected).unwrap_or_else(|| {
            ConfigError::other("the value fitted the second time only").with_key(wanted.at.to_string())
        })
    }
}

/// The typed value of an answer.
fn typed<T: Config>(wanted: &Wanted, answered: &Answered) -> Result<Resolved<T>, ConfigError> {
    match T::deserialize(&answered.value) {
        Ok(value) => Ok(Resolved { value, origin: answered.origin.clone() }),
        Err(_) => {
            let message = match wanted.shape.misfit(&answered.value) {
                Some(fault) => format!("the value does not fit: {}", fault.describe()),
                None => "the value does not fit its type".to_owned(),
            };
            Err(ConfigError::build(Kind::Deserialization, message).with_key(wanted.at.to_string()))
        }
    }
}
