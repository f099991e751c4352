//! The gate before a manifest's chain: whether the person said yes to what it reaches, and how they are asked. Where their
//! word is kept is `store`'s.
//!
//! Two keep it: the manager asks before each call, so that a person can be asked in words and a caller gets a plain
//! answer; each source looks before it loads its plugin, so that no way around the manager leads to one.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use harmony_config_core::{ConfigError, Failure, FailureCode, Gate, Interaction};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::{
    Reach, Trusted, denied, resolve,
    store::{Store, today},
};
use crate::{Form, Kind, Places, Prompter, Question, hex, manifest::Manifest, words::shown};

/// Whether the person trusts what a manifest reaches. Clones are the same.
#[derive(Clone)]
pub struct Trust {
    inner: Arc<Inner>,
}

struct Inner {
    reach: Reach,
    id: String,
    /// The project's manifest.
    manifest: Option<PathBuf>,
    /// Its folder, every link followed: what the person's word is about.
    folder: PathBuf,
    /// What the person said yes to in this folder before, in words.
    known: Vec<String>,
    store: Store<Trusted>,
    prompter: Arc<dyn Prompter>,
    /// What a person types to trust it.
    command: String,
    settled: AtomicBool,
    /// Held while the person is asked; true once they said no.
    asking: Mutex<bool>,
}

/// How a manifest came to be trusted before anybody is asked.
pub(crate) enum Given<'a> {
    /// A program gave the manifest in code.
    ByTheProgram,
    /// The reaches that a variable names, separated by commas.
    Named(&'a str),
    /// In no way.
    Nothing,
}

impl Trust {
    /// What this manifest reaches, and whether the person said yes to it before. Reads the person's decisions only where it
    /// reaches anything.
    pub(crate) fn of(
        manifest: &Manifest,
        namespace: &str,
        places: &Places,
        given: &Given<'_>,
        prompter: Arc<dyn Prompter>,
        command: String,
    ) -> Result<Self, ConfigError> {
        let reach = Reach::of(manifest, namespace, places)?;
        let folder = match manifest.file.as_deref().and_then(Path::parent) {
            Some(folder) => real(folder)?,
            None => PathBuf::new(),
        };
        let store = Store::new(places.config.as_deref());
        let id = if reach.is_empty() { String::new() } else { reach.id() };
        let mut settled = match given {
            Given::ByTheProgram => true,
            Given::Named(ids) => reach.is_empty() || ids.split(',').any(|given| given.trim() == id),
            Given::Nothing => reach.is_empty(),
        };
        let mut known = Vec::new();
        if !settled {
            let mut before: Vec<Trusted> = store.read()?;
            before.retain(|one| one.folder == folder);
            settled = before.iter().any(|one| one.reach == id);
            known = before.into_iter().flat_map(|one| one.facts).collect();
        }
        Ok(Trust {
            inner: Arc::new(Inner {
                reach,
                id,
                manifest: manifest.file.clone(),
                folder,
                known,
                store,
                prompter,
                command,
                settled: AtomicBool::new(settled),
                asking: Mutex::new(false),
            }),
        })
    }

    /// What the manifest reaches beyond what is harmless.
    pub fn reach(&self) -> &Reach {
        &self.inner.reach
    }

    /// The digest of it: what `{APP}_CONFIG_TRUST` names. Empty where it reaches nothing.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// What a person types to trust it.
    pub fn command(&self) -> &str {
        &self.inner.command
    }

    /// The project's manifest.
    pub fn manifest(&self) -> Option<&Path> {
        self.inner.manifest.as_deref()
    }

    /// A name that no other folder has, for what is kept apart by folder.
    pub(crate) fn folder_name(&self) -> String {
        let digest = Sha256::digest(self.inner.folder.as_os_str().as_encoded_bytes());
        hex::short(&digest, 8)
    }

    /// The manifest's folder, every link followed.
    pub(crate) fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Whether the person said yes to it, or need not.
    pub fn is_settled(&self) -> bool {
        self.inner.settled.load(Ordering::Acquire)
    }

    /// Says yes to it, now and for later.
    ///
    /// # Errors
    /// Where that could not be kept. Then it does not hold either.
    pub fn accept(&self) -> Result<(), ConfigError> {
        let inner = &*self.inner;
        if !inner.reach.is_empty() {
            inner.store.add(&inner.decision(), |old| old.folder == inner.folder && old.reach == inner.id)?;
        }
        inner.settled.store(true, Ordering::Release);
        Ok(())
    }

    /// Takes back every yes to a manifest in this folder, and answers with what was said yes to.
    ///
    /// # Errors
    /// Where the person's decisions cannot be read or written.
    pub fn forget(&self, folder: &Path) -> Result<Vec<Trusted>, ConfigError> {
        let folder = real(folder)?;
        self.inner.store.remove(|one| one.folder == folder)
    }

    /// All that the person said yes to.
    ///
    /// # Errors
    /// Where the person's decisions cannot be read.
    pub fn all(&self) -> Result<Vec<Trusted>, ConfigError> {
        self.inner.store.read()
    }

    /// Passes where it is settled. Asks nobody.
    ///
    /// # Errors
    /// [`ConfigError::Denied`], with the command that settles it.
    pub fn require(&self) -> Result<(), ConfigError> {
        match self.is_settled() {
            true => Ok(()),
            false => Err(self.refusal()),
        }
    }

    /// Whether there is somebody who could be asked.
    pub fn can_ask(&self) -> bool {
        self.inner.prompter.unavailable().is_none()
    }

    /// Asks the person, whatever they said before, and keeps a yes.
    ///
    /// # Errors
    /// [`ConfigError::Denied`] where they say no or nobody can be asked; [`ConfigError::Cancelled`] where they leave the
    /// question.
    pub async fn ask(&self) -> Result<(), ConfigError> {
        let inner = &*self.inner;
        if !self.can_ask() {
            return Err(self.refusal());
        }
        let answers = inner.prompter.ask(vec![inner.form()]).await.map_err(ConfigError::from_failure)?;
        let yes = answers.iter().flatten().any(|answer| answer.value == Value::Bool(true));
        if !yes {
            let message = format!("you did not trust {}; nothing was read", inner.name());
            return Err(denied(message).with_remedy(format!("if you change your mind: {}", inner.command)));
        }
        if let Err(error) = self.accept() {
            tracing::warn!("it is trusted for this run only: {}", error.message());
            inner.settled.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn refusal(&self) -> ConfigError {
        let inner = &*self.inner;
        let what = if inner.known.is_empty() { "is not trusted" } else { "reaches more than you trusted" };
        let message =
            format!("{} {what}; nothing was read. It would {}", inner.name(), inner.reach.sentence(&inner.known));
        denied(message).with_remedy(format!("look at it, and if you want that: {}", inner.command))
    }

    /// As a source says it, which is asked around the manager.
    pub(crate) fn require_of_source(&self) -> Result<(), Failure> {
        if self.is_settled() {
            return Ok(());
        }
        let failure = Failure::new(FailureCode::Denied, format!("{} is not trusted", self.inner.name()));
        Err(failure.with_remedy(format!("look at it, and if you want what it does: {}", self.inner.command)))
    }
}

impl Inner {
    fn name(&self) -> String {
        self.manifest.as_deref().map_or_else(|| "the manifest".to_owned(), |file| shown(&file.display().to_string()))
    }

    fn decision(&self) -> Trusted {
        Trusted {
            folder: self.folder.clone(),
            reach: self.id.clone(),
            on: today(),
            facts: self.reach.facts.iter().map(|fact| fact.words.clone()).collect(),
        }
    }

    fn form(&self) -> Form {
        let notice = |fact: &super::Fact| match &fact.place {
            Some(place) => format!("{} ({place})", fact.words),
            None => fact.words.clone(),
        };
        Form {
            source: "harmony-config".to_owned(),
            title: "Trust this project?".to_owned(),
            help: Some(format!("{} reaches beyond its own folder. It would:", self.name())),
            notices: self.reach.facts.iter().map(notice).collect(),
            known: BTreeMap::new(),
            questions: vec![Question {
                path: vec!["trust".to_owned()],
                kind: Kind::Boolean,
                label: "trust it".to_owned(),
                help: Some("yes: it may do that from now on; no: nothing of it is read".to_owned()),
                required: true,
                secret: false,
                default: None,
                choices: Vec::new(),
                schema: json!({ "type": "boolean" }),
            }],
        }
    }
}

#[async_trait]
impl Gate for Trust {
    async fn pass(&self, interaction: Interaction) -> Result<(), ConfigError> {
        if self.is_settled() || interaction == Interaction::Forbidden {
            return self.require();
        }
        let mut said_no = self.inner.asking.lock().await;
        // Somebody else may have been asked meanwhile.
        if self.is_settled() || *said_no {
            return self.require();
        }
        let asked = self.ask().await;
        *said_no = asked.is_err();
        asked
    }
}

/// Says what it is about, and whether it is settled.
impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("id", &self.inner.id).field("settled", &self.is_settled()).finish_non_exhaustive()
    }
}

fn real(folder: &Path) -> Result<PathBuf, ConfigError> {
    resolve(folder)
        .map_err(|error| denied(format!("where the folder {} leads cannot be found out: {error}", folder.display())))
}
