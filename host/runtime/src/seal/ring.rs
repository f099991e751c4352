//! The keys of one person and app: read when one is first needed, made when something is first sealed, kept in the keyring
//! of the operating system or in a file. What is done with them is `mod.rs`'s and `rotate`'s.
//!
//! Stops: two programs making two keys, a new key where an old one cannot be read just now. Does not stop: whoever is this
//! user already.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use harmony_config_core::{Blame, Failure, FailureCode};
use zeroize::Zeroizing;

use super::{
    KeyPlace,
    cipher::{Key, KeyId, NoRandomness},
    ledger::Ledger,
    lock::{self, Held},
    record::{self, Kept, Record},
};
use crate::{
    Places,
    keyring::{Keyring, KeyringFault},
    paths::private,
};

/// What the entries are called in the keyring's own window.
const SERVICE: &str = "harmony-config sealing key";

/// The keys of one person and app.
pub(crate) struct Ring {
    folder: Option<PathBuf>,
    /// Whether a new key goes into the keyring, where nobody says otherwise.
    prefers_keyring: bool,
    keyring: Keyring,
    opened: Mutex<HashMap<KeyId, Arc<Key>>>,
    /// Which values are sealed.
    pub(crate) ledger: Ledger,
}

/// A turn among all who seal, and the key that seals meanwhile.
pub(crate) struct Turn {
    _held: Held,
    /// None where no key was ever made.
    pub(crate) key: Option<Arc<Key>>,
}

impl Ring {
    pub(crate) fn new(places: &Places) -> Self {
        Ring::at(places.seal(), SERVICE, places.keyring)
    }

    /// Keys of this folder, called so in the keyring.
    pub(super) fn at(folder: Option<PathBuf>, service: &'static str, prefers_keyring: bool) -> Self {
        Ring {
            prefers_keyring,
            keyring: Keyring::new(service),
            opened: Mutex::default(),
            ledger: Ledger::new(folder.as_deref()),
            folder,
        }
    }

    /// The folder, for people.
    pub(crate) fn folder(&self) -> Result<&Path, Failure> {
        self.folder.as_deref().ok_or_else(|| {
            Failure::new(
                FailureCode::Unavailable,
                "a secret is sealed before it is kept, and without a home directory the key has no place",
            )
            .with_remedy("set HOME or HARMONY_CONFIG_HOME, or say `seal = false` at the source")
            .blamed_on(Blame::Person)
        })
    }

    /// Whether something could be sealed now, found out without making anything.
    pub(crate) async fn can_seal(&self) -> Result<(), Failure> {
        let folder = self.folder()?;
        match self.record()?.current().and_then(Kept::id) {
            Some(id) => self.key(&id).await.map(|_| ()),
            None => private::can_make(folder).map_err(|error| self.unusable(&error)),
        }
    }

    /// A turn beside others who seal, with the key that seals. It is looked up each time: it may have been changed.
    pub(crate) async fn turn(&self) -> Result<Turn, Failure> {
        let held = lock::shared(self.made_folder()?).await.map_err(|error| self.unusable(&error))?;
        self.with_key(held).await
    }

    /// The same, with nobody beside.
    pub(super) async fn turn_alone(&self) -> Result<Turn, Failure> {
        let held = self.alone().await?;
        self.with_key(held).await
    }

    async fn with_key(&self, held: Held) -> Result<Turn, Failure> {
        let key = match self.record()?.current().and_then(Kept::id) {
            Some(id) => Some(self.key(&id).await?),
            None => None,
        };
        Ok(Turn { _held: held, key })
    }

    /// Makes the first key, unless somebody else has just done so.
    pub(crate) async fn make_first(&self) -> Result<(), Failure> {
        let _held = self.alone().await?;
        let mut record = self.record()?;
        if record.current().is_none() && record.coming.is_none() {
            // Keys without a record: it was removed, and they may have sealed something.
            record.keys = self.strays()?;
            if record.current().is_some() {
                return self.write_down(&record);
            }
        }
        match record.current() {
            Some(_) => Ok(()),
            None => self.add(record, None).await.map(|_| ()),
        }
    }

    /// The keys that lie in the folder, the newest first.
    fn strays(&self) -> Result<Vec<Kept>, Failure> {
        let entries = std::fs::read_dir(self.folder()?).map_err(|error| self.unusable(&error))?;
        let mut found: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                let id = KeyId::parse(name.to_str()?.strip_suffix(".key")?)?;
                Some((entry.metadata().ok()?.modified().ok()?, Kept::new(&id, KeyPlace::File)))
            })
            .collect();
        found.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        Ok(found.into_iter().map(|(_, kept)| kept).collect())
    }

    /// A turn alone: nobody seals meanwhile.
    pub(super) async fn alone(&self) -> Result<Held, Failure> {
        lock::alone(self.made_folder()?).await.map_err(|error| self.unusable(&error))
    }

    /// What is written down about the keys.
    pub(super) fn record(&self) -> Result<Record, Failure> {
        record::read(self.folder()?).map_err(|error| self.unusable(&error))
    }

    pub(super) fn write_down(&self, record: &Record) -> Result<(), Failure> {
        record::write(self.folder()?, record).map_err(|error| self.unusable(&error))
    }

    /// Makes a key that seals from now on, or takes the one that somebody who was killed was about to add. To be called
    /// by one who has the turn alone.
    pub(super) async fn add(&self, mut record: Record, place: Option<KeyPlace>) -> Result<Record, Failure> {
        if let Some(coming) = record.coming.clone() {
            let kept = match coming.id() {
                Some(id) => self.load(&id, coming.place).await.ok(),
                None => None,
            };
            match kept {
                Some(_) if place.is_none_or(|place| place == coming.place) => {
                    record.coming = None;
                    record.keys.insert(0, coming);
                    self.write_down(&record)?;
                    return Ok(record);
                }
                _ => {
                    record.going.push(coming);
                    record.coming = None;
                }
            }
        }
        let key = Key::generate().map_err(|NoRandomness| {
            Failure::new(FailureCode::Unavailable, "the system gave no random bytes to make a key of")
                .with_remedy("try again")
                .blamed_on(Blame::Host)
        })?;
        let first = match (place, self.prefers_keyring) {
            (Some(place), _) => place,
            (None, true) => KeyPlace::Keyring,
            (None, false) => KeyPlace::File,
        };
        let mut kept = self.keep(&mut record, &key, first).await;
        if let Err(failure) = &kept
            && place.is_none()
            && first == KeyPlace::Keyring
        {
            tracing::info!("the key that seals secrets goes into a file: {}", failure.message);
            kept = self.keep(&mut record, &key, KeyPlace::File).await;
        }
        record.keys.insert(0, kept?);
        record.coming = None;
        self.write_down(&record)?;
        self.opened().insert(key.id().clone(), Arc::new(key));
        self.sweep(&mut record).await;
        Ok(record)
    }

    /// Removes the keys that are written down as going. What cannot be removed now is tried again the next time.
    pub(super) async fn sweep(&self, record: &mut Record) {
        let mut left = Vec::new();
        for kept in std::mem::take(&mut record.going) {
            if let Err(failure) = self.remove(&kept).await {
                tracing::debug!("a key that seals nothing any more is still there: {}", failure.message);
                left.push(kept);
            }
        }
        record.going = left;
        let _ = self.write_down(record);
    }

    /// Keeps a key in a place, which is written down before.
    async fn keep(&self, record: &mut Record, key: &Key, place: KeyPlace) -> Result<Kept, Failure> {
        let kept = Kept::new(key.id(), place);
        record.coming = Some(kept.clone());
        self.write_down(record)?;
        match place {
            KeyPlace::Keyring => {
                self.keyring.set(key.id().as_str(), key.bytes()).await.map_err(|fault| {
                    Failure::new(FailureCode::Unavailable, fault.to_string()).with_remedy(fault.remedy())
                })?;
            }
            KeyPlace::File => {
                let text = Zeroizing::new(format!("{}\n", &*Zeroizing::new(BASE64.encode(key.bytes()))));
                private::replace(&self.file(key.id())?, text.as_bytes()).map_err(|error| self.unusable(&error))?;
            }
        }
        // What cannot be read again seals nothing.
        self.load(key.id(), place).await.map(|_| kept)
    }

    /// Removes a key where it is kept; that there is none is no failure.
    async fn remove(&self, kept: &Kept) -> Result<(), Failure> {
        let Some(id) = kept.id() else { return Ok(()) };
        self.opened().remove(&id);
        match kept.place {
            KeyPlace::Keyring => {
                self.keyring.delete(id.as_str()).await.map(|_| ()).map_err(|fault| {
                    Failure::new(FailureCode::Unavailable, fault.to_string()).with_remedy(fault.remedy())
                })
            }
            KeyPlace::File => match std::fs::remove_file(self.file(&id)?) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.unusable(&error)),
                _ => Ok(()),
            },
        }
    }

    /// A key by its id: read once.
    pub(crate) async fn key(&self, id: &KeyId) -> Result<Arc<Key>, Failure> {
        if let Some(key) = self.opened().get(id) {
            return Ok(Arc::clone(key));
        }
        let place = self.record()?.find(id).map(|kept| kept.place);
        let key = match place {
            Some(place) => self.load(id, place).await?,
            // The record is gone, or is another machine's.
            None => self.search(id).await?.0,
        };
        let key = Arc::new(key);
        self.opened().insert(id.clone(), Arc::clone(&key));
        Ok(key)
    }

    /// Writes down a key of which nothing was written down, if it is still there.
    pub(crate) async fn adopt(&self, id: &KeyId) -> Result<(), Failure> {
        let _held = self.alone().await?;
        let mut record = self.record()?;
        if record.find(id).is_none() {
            let (_, place) = self.search(id).await?;
            record.keys.push(Kept::new(id, place));
            self.write_down(&record)?;
        }
        Ok(())
    }

    /// A key of which nothing is written down.
    async fn search(&self, id: &KeyId) -> Result<(Key, KeyPlace), Failure> {
        if self.file(id)?.exists() {
            return Ok((self.load(id, KeyPlace::File).await?, KeyPlace::File));
        }
        if self.prefers_keyring
            && let Ok(key) = self.load(id, KeyPlace::Keyring).await
        {
            return Ok((key, KeyPlace::Keyring));
        }
        Err(lost(id, &format!("it is not on this machine ({} has no such key)", self.folder()?.display())))
    }

    async fn load(&self, id: &KeyId, place: KeyPlace) -> Result<Key, Failure> {
        let bytes = match place {
            KeyPlace::Keyring => match self.keyring.get(id.as_str()).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(lost(id, "it is not in the keyring any more")),
                Err(fault) => return Err(out_of_reach(id, &fault)),
            },
            KeyPlace::File => self.read_file(id)?,
        };
        match Key::from_bytes(&bytes) {
            Some(key) if key.id() == id => Ok(key),
            _ => Err(lost(id, "what is kept in its place is another text")),
        }
    }

    fn read_file(&self, id: &KeyId) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let path = self.file(id)?;
        let shown = path.display();
        let text = private::read_own(&path).map_err(|error| {
            Failure::new(
                FailureCode::Unavailable,
                format!("the key that seals secrets, {shown}, cannot be used: {error}"),
            )
            .with_remedy(format!("chmod 600 {shown}, as its owner"))
            .blamed_on(Blame::Person)
        })?;
        let Some(text) = text else { return Err(lost(id, &format!("{shown} is gone"))) };
        let text = Zeroizing::new(text);
        let bytes = Zeroizing::new(BASE64.decode(text.trim_ascii()).unwrap_or_default());
        Ok(bytes)
    }

    fn file(&self, id: &KeyId) -> Result<PathBuf, Failure> {
        Ok(self.folder()?.join(format!("{id}.key")))
    }

    fn made_folder(&self) -> Result<&Path, Failure> {
        let folder = self.folder()?;
        private::make_folder(folder).map_err(|error| self.unusable(&error))?;
        Ok(folder)
    }

    pub(super) fn unusable(&self, error: &io::Error) -> Failure {
        let folder = self.folder.as_deref().unwrap_or(Path::new("")).display();
        let words = format!("the folder of the key that seals secrets, {folder}, cannot be used: {error}");
        let code = match error.kind() {
            // Waiting does not help: the path leads through a file.
            io::ErrorKind::NotADirectory => FailureCode::Invalid,
            _ => FailureCode::Unavailable,
        };
        Failure::new(code, words)
            .with_remedy(format!("see that {folder} is yours to read and write"))
            .blamed_on(Blame::Person)
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<KeyId, Arc<Key>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost(id: &KeyId, why: &str) -> Failure {
    Failure::new(FailureCode::Unavailable, format!("the key {id} that it is sealed with cannot be had: {why}"))
        .with_remedy("put the key back from a backup; without it the value is lost: harmony-config unset KEY --in SOURCE, and set it anew")
        .blamed_on(Blame::Person)
}

fn out_of_reach(id: &KeyId, fault: &KeyringFault) -> Failure {
    Failure::new(FailureCode::Unavailable, format!("the key {id} that seals secrets is in the keyring, and {fault}"))
        .with_remedy(fault.remedy())
        .blamed_on(Blame::Person)
}

#[cfg(test)]
mod tests;
