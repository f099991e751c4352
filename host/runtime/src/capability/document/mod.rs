//! One file of a source, which the host opens for it: read whole, replaced whole. Nothing beside it is reached. How it is
//! replaced is `replace`'s, and who may do so at one moment `lock`'s; what the system's errors mean is `fault`'s.
//!
//! Stops: a plugin that wants more than its file; a file of a project that is a link to somewhere else; a reader that
//! sees half a text; a secret in a file that others can read. Does not stop: a program that writes the file in place.

mod fault;
mod lock;
mod replace;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use harmony_config_core::{Failure, FailureCode, Sensitivity};
use sha2::{Digest as _, Sha256};

pub(crate) use self::fault::unnamed;
use crate::{
    hex, limits,
    paths::private,
    policy::{Pass, Use},
};

/// How often a file that changes while it is read is read again.
const READS: usize = 5;

/// How many links may lead to another.
const LINKS: usize = 40;

/// The file of a source.
#[derive(Debug)]
pub(crate) struct Document {
    path: PathBuf,
    /// The folder that a link may not lead out of: that of the manifest that named the file below it.
    within: Option<PathBuf>,
    real_within: OnceLock<PathBuf>,
    read_only: bool,
}

/// What is in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: String,
}

impl Content {
    fn of(bytes: Vec<u8>) -> Self {
        let digest = Sha256::digest(&bytes);
        // Half of it tells texts apart for ever, and is short enough to be looked at.
        let version = hex::short(&digest, 16);
        Content { bytes, version }
    }
}

impl Document {
    /// The file at `path`. Where `path` was named below a folder, links may not lead out of it.
    pub(crate) fn new(path: PathBuf, named_below: Option<&Path>, read_only: bool) -> Arc<Self> {
        let within = named_below.filter(|folder| is_below(&path, folder)).map(Path::to_owned);
        Arc::new(Document { path, within, real_within: OnceLock::new(), read_only })
    }

    /// The place, for people.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it now; none where there is no file.
    pub(crate) async fn read(self: &Arc<Self>, pass: &Pass<'_>) -> Result<Option<Content>, Failure> {
        if pass.what() != Use::ReadDocument {
            return Err(wrong_pass());
        }
        let document = Arc::clone(self);
        // On another thread: a disk behind a network would hold up everybody.
        tokio::task::spawn_blocking(move || document.read_now()).await.unwrap_or_else(|panic| Err(broken(&panic)))
    }

    /// Replaces it, if it is what was expected, and answers its new version.
    pub(crate) async fn write(
        self: &Arc<Self>,
        pass: &Pass<'_>,
        bytes: Vec<u8>,
        expected: Option<String>,
        time_left: Duration,
    ) -> Result<String, Failure> {
        if pass.what() != Use::WriteDocument {
            return Err(wrong_pass());
        }
        self.may_be_written()?;
        if bytes.len() > limits::MAX_DOCUMENT_BYTES {
            return Err(fault::too_large(&self.path, bytes.len() as u64));
        }
        // Below the deadline of the call, so that a lock is reported as such, and nothing is written when nobody waits.
        let until = Instant::now() + time_left * 3 / 4;
        let document = Arc::clone(self);
        tokio::task::spawn_blocking(move || document.write_now(bytes, expected.as_deref(), until))
            .await
            .unwrap_or_else(|panic| Err(broken(&panic).with_unknown_outcome()))
    }

    /// Whether something of this sensitivity could be written, found out without writing.
    pub(crate) fn can_write(&self, sensitivity: Sensitivity) -> Result<(), Failure> {
        self.may_be_written()?;
        let file = self.file()?;
        let folder = file.parent().unwrap_or(&file);
        private::can_make(folder).map_err(|error| fault::translate(&self.path, "cannot be written", &error))?;
        self.is_fit_for(&file, sensitivity)
    }

    /// Refuses to have a secret written into a file that others can read.
    pub(crate) fn ready_for(&self, pass: &Pass<'_>, sensitivity: Sensitivity) -> Result<(), Failure> {
        if pass.what() != Use::WriteDocument {
            return Err(wrong_pass());
        }
        let file = self.file()?;
        self.is_fit_for(&file, sensitivity)
    }

    fn may_be_written(&self) -> Result<(), Failure> {
        match self.read_only {
            false => Ok(()),
            true => {
                let message = format!("the source may only read the file {}", self.path.display());
                Err(Failure::new(FailureCode::Denied, message))
            }
        }
    }

    fn is_fit_for(&self, file: &Path, sensitivity: Sensitivity) -> Result<(), Failure> {
        let metadata = match fs::metadata(file) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(fault::translate(&self.path, "cannot be looked at", &error)),
        };
        if !metadata.is_file() {
            return Err(fault::no_file(&self.path));
        }
        replace::may_be_replaced(file, &metadata)
            .map_err(|error| fault::translate(&self.path, "cannot be written", &error))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            if sensitivity == Sensitivity::Secret && private::is_open_to_others(metadata.mode()) {
                return Err(fault::readable_by_others(&self.path));
            }
        }
        let _ = sensitivity;
        Ok(())
    }

    /// The file itself: where links lead to. Refuses those that lead out of the project.
    fn file(&self) -> Result<PathBuf, Failure> {
        let unreadable = |error: io::Error| fault::translate(&self.path, "cannot be looked at", &error);
        let mut file = self.path.clone();
        let mut links = 0;
        while fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_symlink()) {
            links += 1;
            if links > LINKS {
                return Err(fault::circle(&self.path));
            }
            let target = fs::read_link(&file).map_err(unreadable)?;
            file = file.parent().unwrap_or(Path::new("")).join(target);
        }
        if let Some(within) = &self.within {
            let real_within = match self.real_within.get() {
                Some(known) => known,
                None => {
                    let found = real(within).map_err(unreadable)?;
                    self.real_within.get_or_init(|| found)
                }
            };
            if !real(&file).map_err(unreadable)?.starts_with(real_within) {
                return Err(fault::leads_out(&self.path, within));
            }
        }
        Ok(file)
    }

    fn read_now(&self) -> Result<Option<Content>, Failure> {
        self.content_of(&self.file()?)
    }

    fn content_of(&self, file: &Path) -> Result<Option<Content>, Failure> {
        let failed = |error: &io::Error| fault::translate(&self.path, "cannot be read", error);
        let mut opened = match open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let mut before = opened.metadata().map_err(|error| failed(&error))?;
        for _ in 0..READS {
            if !before.is_file() {
                return Err(fault::no_file(&self.path));
            }
            if before.len() > limits::MAX_DOCUMENT_BYTES as u64 {
                return Err(fault::too_large(&self.path, before.len()));
            }
            let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or_default() + 1);
            let most = limits::MAX_DOCUMENT_BYTES as u64 + 1;
            opened.by_ref().take(most).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
            let after = opened.metadata().map_err(|error| failed(&error))?;
            let same = after.len() == bytes.len() as u64 && after.modified().ok() == before.modified().ok();
            if same {
                return Ok(Some(Content::of(bytes)));
            }
            // Somebody writes it in place: what was read may be half of it.
            io::Seek::rewind(&mut opened).map_err(|error| failed(&error))?;
            before = after;
        }
        Err(fault::busy(&self.path))
    }

    fn write_now(&self, bytes: Vec<u8>, expected: Option<&str>, until: Instant) -> Result<String, Failure> {
        let failed = |what: &str, error: &io::Error| fault::translate(&self.path, what, error);
        let file = self.file()?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        private::make_folder(folder).map_err(|error| failed("has a folder that cannot be made", &error))?;
        let _lock = lock::take(&file, folder, until)
            .map_err(|error| failed("cannot be locked", &error))?
            .ok_or_else(|| fault::locked(&self.path))?;
        let there = self.content_of(&file)?;
        let holds = match (expected, &there) {
            (None, _) | (Some(""), None) => true,
            (Some(expected), Some(there)) => expected == there.version,
            (Some(_), None) => false,
        };
        if !holds {
            return Err(fault::changed(&self.path));
        }
        if let Some(there) = there
            && there.bytes == bytes
        {
            return Ok(there.version);
        }
        replace::replace(&file, folder, &bytes).map_err(|error| failed("cannot be written", &error))?;
        Ok(Content::of(bytes).version)
    }
}

/// Opens without waiting: to open a pipe would wait for somebody to write into it.
fn open(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(file)
}

/// Whether a path was named below a folder, and not as a way out of it.
fn is_below(path: &Path, folder: &Path) -> bool {
    use std::path::Component;
    path.strip_prefix(folder)
        .is_ok_and(|rest| rest.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)))
}

/// The path without links; of what does not exist, as far as it does.
fn real(path: &Path) -> io::Result<PathBuf> {
    let mut nearest = path;
    loop {
        match (fs::canonicalize(nearest), nearest.parent()) {
            (Ok(found), _) => return Ok(found),
            (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
                nearest = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            }
            (Err(error), _) => return Err(error),
        }
    }
}

fn wrong_pass() -> Failure {
    Failure::new(FailureCode::Denied, "this leave is not for this use of a file")
}

fn broken(panic: &tokio::task::JoinError) -> Failure {
    Failure::new(FailureCode::Unavailable, format!("the file's task ended unexpectedly: {panic}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
