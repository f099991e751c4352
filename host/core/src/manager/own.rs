//! What one source of the chain has, read and changed where it stands: for commands that a person gives about one source.
//! How it is done is in `chain`.

use std::sync::Arc;

use serde_json::Value;

use super::ConfigManager;
use crate::{
    ConfigError, Coordinate, Deleted, Entry, Interaction, Shape, Written,
    chain::{
        collect, field,
        health::{self, Health},
        list, persist,
        transfer::{self, Move, Moved},
    },
    envelope,
};

impl ConfigManager {
    /// The entry that one source has, whatever stands above it: with its version, for
    /// [`replace_in`](ConfigManager::replace_in), and whether it is only some of the fields.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where there is no source of that name, its failure where it could not answer.
    pub async fn entry_in(&self, source: &str, at: &Coordinate, shape: &Shape) -> Result<Option<Entry>, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        let chain = self.inner.chain.of(at)?;
        let link = persist::find(&chain, source)?;
        let request = chain.request(at, shape);
        collect::read(link, &request).await.map_err(|failure| persist::failed(at, link, failure))
    }

    /// Writes an entry over the one that was read in this source: `partial` and `version` of `entry` are what is kept and
    /// what is expected to be there still. An entry whose version is `""` is written only where there is none.
    ///
    /// # Errors
    /// [`ConfigError::Conflict`] where somebody else wrote meanwhile; where it was not written, or where that is not known,
    /// the message says which.
    pub async fn replace_in(
        &self,
        source: &str,
        at: &Coordinate,
        shape: &Shape,
        entry: &Entry,
    ) -> Result<Written, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        let chain = self.inner.chain.of(at)?;
        let link = persist::find(&chain, source)?;
        let request = chain.request(at, shape);
        let stored = match entry.partial {
            true => envelope::wrap_partial(entry.value.clone()),
            false => entry.value.clone(),
        };
        let written = persist::write(&chain, link, &request, &stored, entry.version.as_deref()).await;
        let written = written.map_err(|failure| persist::not_written(at, link, failure))?;
        chain.forget(at);
        Ok(written)
    }

    /// How each source is, those beside the chain included: asked at the same time, each within its deadline, and no person.
    /// Whether one could be written is found out for a value of this kind. It is not kept back by a
    /// [`Gate`](crate::Gate): sources that stand behind one say so themselves.
    pub async fn health(&self, at: &Coordinate, shape: &Shape) -> Vec<Health> {
        health::health(&self.inner.chain, at, shape).await
    }

    /// Whether this source could be written now, found out without writing.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where there is no source of that name, else why it could not.
    pub async fn can_write_in(&self, source: &str, at: &Coordinate, shape: &Shape) -> Result<(), ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        let chain = self.inner.chain.of(at)?;
        let link = persist::find(&chain, source)?;
        let request = chain.request(at, shape);
        persist::can_write(link, &request).await.map_err(|failure| persist::failed(at, link, failure))
    }

    /// The source that [`set_value`](ConfigManager::set_value) would try first, if the chain has one that keeps values.
    pub fn target_of(&self, at: &Coordinate, shape: &Shape) -> Option<Arc<str>> {
        let chain = self.inner.chain.of(at).ok()?;
        persist::targets(&chain, shape).first().map(|link| Arc::clone(&link.name))
    }

    /// Keeps one field of a value: over what the named source itself has, else over what the first source that can keep it
    /// has. The rest of that source's value stays, and nothing that other sources have is written into it. Two who write
    /// two fields at the same moment lose nothing, where the source has versions.
    ///
    /// # Errors
    /// As [`ConfigManager::set_value`]; [`ConfigError::Invalid`] where the field does not fit, or what is stored can have no
    /// such field.
    pub async fn set_field(
        &self,
        at: &Coordinate,
        shape: &Shape,
        path: &[String],
        value: &Value,
        source: Option<&str>,
    ) -> Result<Written, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        persist::set(&*self.inner.chain.of(at)?, at, shape, persist::Change::Field { path, value }, source).await
    }

    /// Removes one field from the named source, else from the one that it comes from. What is left there counts as some of
    /// the fields.
    ///
    /// # Errors
    /// [`ConfigError::NotFound`] where there is no such field; [`ConfigError::Other`] where its source cannot be written.
    pub async fn delete_field(
        &self,
        at: &Coordinate,
        shape: &Shape,
        path: &[String],
        source: Option<&str>,
    ) -> Result<Deleted, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        field::delete(&*self.inner.chain.of(at)?, at, shape, path, source).await
    }

    /// Moves a value from one source to another: it is removed from the one only when it was read back from the other, and
    /// nobody changed it meanwhile. Ended at any moment, the value is in one of the two, or in both.
    ///
    /// # Errors
    /// [`ConfigError::NotFound`] where there is nothing to move; [`ConfigError::Conflict`] where the other source has
    /// another value and [`Move::overwrite`] does not say to replace it, or where somebody changed it meanwhile; else the
    /// failure of one of the two. The message says what was done.
    pub async fn move_value(&self, at: &Coordinate, shape: &Shape, how: &Move<'_>) -> Result<Moved, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        transfer::transfer(&*self.inner.chain.of(at)?, at, shape, how).await
    }

    /// What one source holds in this namespace, under keys that begin with `prefix`.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where there is no source of that name, its failure where it cannot say.
    pub async fn list_in(&self, source: &str, prefix: &str) -> Result<Vec<Coordinate>, ConfigError> {
        self.pass(Interaction::Forbidden).await?;
        let chain = &self.inner.chain;
        list::list_one(chain, persist::find(chain, source)?, prefix).await
    }
}
