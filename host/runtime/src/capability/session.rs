//! What sign-ins leave behind: sealed, one file for each name, for one plugin of one app. A turn to sign in is one among
//! all tasks and processes of this person. How it is sealed is `seal`'s.
//!
//! Stops: a plugin that wants another's tokens, a token in a backup or in a file that others read, two processes that sign
//! in or renew at once. Does not stop: whoever is this user already. What cannot be opened any more is nothing worth
//! keeping: it reads as none, and the plugin signs in again.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use harmony_config_core::{Failure, FailureCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    hex, limits,
    paths::private,
    policy::{Pass, Use},
    seal::Vault,
};

/// The sessions of one host.
pub(crate) struct Sessions {
    vault: Vault,
    folder: Option<PathBuf>,
    /// What is kept where nothing can be: for as long as the process lives.
    memory: Mutex<HashMap<String, Zeroizing<String>>>,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// What is kept under a name.
pub(crate) struct Kept {
    pub(crate) value: Zeroizing<String>,
    pub(crate) version: String,
}

/// The right to sign in. It ends when it is dropped.
#[allow(unreachable_pub, reason = "the generated bindings name it as public")]
pub struct Turn {
    _own: tokio::sync::OwnedMutexGuard<()>,
    _file: Option<fs::File>,
}

/// The sessions of one plugin of one app.
#[derive(Clone)]
pub(crate) struct OwnSessions {
    all: Arc<Sessions>,
    app: Arc<str>,
    /// The plugin: what comes with the program by its name, another's by its bytes and its folder.
    owner: Arc<str>,
}

impl Sessions {
    pub(crate) fn new(vault: Vault, folder: Option<PathBuf>) -> Self {
        Sessions { vault, folder, memory: Mutex::default(), turns: Mutex::default() }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, HashMap<String, Zeroizing<String>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn file(&self, id: &str, ending: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{id}.{ending}")))
    }

    /// A turn of this kind under this id, waited for until then.
    async fn turn(&self, id: &str, kind: &str, until: Instant) -> Result<Turn, Failure> {
        let busy = || {
            Failure::new(FailureCode::Unavailable, "another program or task is signing in, and was not done in time")
                .with_remedy("try again")
        };
        let own = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody has or waits for are let go of.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(format!("{id}.{kind}")).or_default())
        };
        let own = tokio::time::timeout_at(until.into(), own.lock_owned()).await.map_err(|_| busy())?;
        let Some(path) = self.file(id, kind) else { return Ok(Turn { _own: own, _file: None }) };
        let Ok(file) = make(&path) else {
            // Where nothing can be kept, nobody else keeps anything either.
            return Ok(Turn { _own: own, _file: None });
        };
        match private::lock_until(&file, until).await {
            Ok(true) => Ok(Turn { _own: own, _file: Some(file) }),
            Ok(false) => Err(busy()),
            Err(error) => {
                tracing::debug!("no lock on {}: {error}", path.display());
                Ok(Turn { _own: own, _file: None })
            }
        }
    }
}

impl OwnSessions {
    pub(crate) fn new(all: Arc<Sessions>, app: &str, owner: &str) -> Self {
        OwnSessions { all, app: Arc::from(app), owner: Arc::from(owner) }
    }

    /// What is kept under the name that the pass is for.
    pub(crate) async fn load(&self, pass: &Pass<'_>) -> Result<Option<Kept>, Failure> {
        let id = self.id(pass)?;
        Ok(self.read(&id).await.map(|value| Kept { version: version_of(&value), value }))
    }

    /// Keeps a text, if what is kept is what was expected.
    pub(crate) async fn save(
        &self,
        pass: &Pass<'_>,
        value: &str,
        expected: Option<&str>,
        time_left: Duration,
    ) -> Result<String, Failure> {
        let id = self.id(pass)?;
        if value.len() > limits::MAX_SESSION_BYTES {
            let message = format!("a session holds at most {} KiB", limits::MAX_SESSION_BYTES >> 10);
            return Err(Failure::new(FailureCode::Invalid, message));
        }
        let _turn = self.all.turn(&id, "lock", Instant::now() + time_left * 3 / 4).await?;
        self.expect(&id, expected).await?;
        self.write(&id, value).await;
        Ok(version_of(value))
    }

    /// Forgets what is kept, if it is what was expected.
    pub(crate) async fn remove(
        &self,
        pass: &Pass<'_>,
        expected: Option<&str>,
        time_left: Duration,
    ) -> Result<(), Failure> {
        let id = self.id(pass)?;
        let _turn = self.all.turn(&id, "lock", Instant::now() + time_left * 3 / 4).await?;
        self.expect(&id, expected).await?;
        self.all.memory().remove(&id);
        if let Some(path) = self.all.file(&id, "session") {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let message = format!("the session in {} cannot be removed: {error}", path.display());
                    return Err(Failure::new(FailureCode::Unavailable, message).with_remedy("remove the file by hand"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits for the turn to sign in.
    pub(crate) async fn enter(&self, pass: &Pass<'_>, time_left: Duration) -> Result<Turn, Failure> {
        let id = self.id(pass)?;
        // Who does not get it has time left, to do without.
        self.all.turn(&id, "turn", Instant::now() + time_left * 3 / 4).await
    }

    async fn expect(&self, id: &str, expected: Option<&str>) -> Result<(), Failure> {
        let Some(expected) = expected else { return Ok(()) };
        let holds = match self.read(id).await {
            Some(there) => version_of(&there) == expected,
            None => expected.is_empty(),
        };
        match holds {
            true => Ok(()),
            false => Err(Failure::new(FailureCode::Conflict, "the session is not what it was when it was read")
                .with_remedy("try again")),
        }
    }

    async fn read(&self, id: &str) -> Option<Zeroizing<String>> {
        if let Some(kept) = self.all.memory().get(id) {
            return Some(kept.clone());
        }
        let path = self.all.file(id, "session")?;
        let unusable = |why: &str| tracing::debug!("the session in {} is not used: {why}", path.display());
        let bytes = private::read_own(&path).inspect_err(|error| unusable(&error.to_string())).ok()??;
        let sealed: Value = serde_json::from_slice(&bytes).inspect_err(|_| unusable("it is not JSON")).ok()?;
        let opened = self.all.vault.open(&self.app, &self.owner, id, &sealed).await;
        match opened.inspect_err(|why| unusable(why)).ok()? {
            Value::String(text) => Some(Zeroizing::new(text)),
            _ => None,
        }
    }

    /// Keeps it sealed in a file; where that cannot be, in memory.
    async fn write(&self, id: &str, value: &str) {
        let kept = match self.all.file(id, "session") {
            None => Err("there is no home directory".to_owned()),
            Some(path) => self.keep(id, value, &path).await,
        };
        match kept {
            Ok(()) => {
                self.all.memory().remove(id);
            }
            Err(why) => {
                tracing::debug!("a session lasts as long as this process: {why}");
                self.all.memory().insert(id.to_owned(), Zeroizing::new(value.to_owned()));
            }
        }
    }

    async fn keep(&self, id: &str, value: &str, path: &Path) -> Result<(), String> {
        let sealed = self.all.vault.seal(&self.app, &self.owner, id, &Value::from(value)).await?;
        private::replace(path, sealed.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    fn id(&self, pass: &Pass<'_>) -> Result<String, Failure> {
        let Use::Session(name) = pass.what() else {
            return Err(Failure::new(FailureCode::Denied, "this leave is not for a session"));
        };
        // JSON, so that no two have the same text.
        Ok(digest(serde_json::json!([&*self.app, &*self.owner, name]).to_string().as_bytes()))
    }
}

fn make(path: &Path) -> io::Result<fs::File> {
    if let Some(folder) = path.parent() {
        private::make_folder(folder)?;
    }
    private::open_to_lock(path)
}

fn version_of(value: &str) -> String {
    digest(value.as_bytes())
}

fn digest(bytes: &[u8]) -> String {
    hex::short(&Sha256::digest(bytes), 16)
}

#[cfg(test)]
mod tests;
