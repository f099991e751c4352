//! The directory of a source. Reading and writing in it is WASI's; here is which directory it is, that it is private,
//! and whether it is still the same one.
//!
//! Stops: others on this machine reading secrets in it (WASI sets no modes, so the directory keeps them out). Does not
//! stop: the same user.

use std::{io, path::PathBuf};

use harmony_config_core::{Failure, FailureCode, Sensitivity};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::{
    paths::private::{self, Identity},
    policy::{Pass, Use},
};

/// Where a guest finds its directory.
const GUEST_PATH: &str = "/config";

/// A directory that a source may use.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
}

impl Directory {
    pub(crate) fn new(path: PathBuf) -> Self {
        Directory { path }
    }

    /// Which directory stands there now; none where there is none.
    pub(crate) fn identity(&self) -> Result<Option<Identity>, Failure> {
        private::identity(&self.path).map_err(|error| self.fault("cannot be read", &error))
    }

    /// Opens it for a guest, where it exists.
    pub(crate) fn open(&self, pass: &Pass<'_>, wasi: &mut WasiCtxBuilder) -> Result<Option<Identity>, Failure> {
        if pass.what() != Use::Files {
            return Ok(None);
        }
        let Some(identity) = self.identity()? else { return Ok(None) };
        wasi.preopened_dir(&self.path, GUEST_PATH, FsPerms::ReadWrite)
            .map_err(|error| self.fault("cannot be opened", &io::Error::other(format!("{error:#}"))))?;
        Ok(Some(identity))
    }

    /// Whether something of this sensitivity could be written, found out without writing.
    pub(crate) fn can_write(&self, sensitivity: Sensitivity) -> Result<(), Failure> {
        private::can_make(&self.path).map_err(|error| self.fault("cannot be written", &error))?;
        match self.identity()? {
            Some(_) => self.is_private_enough(sensitivity),
            None => Ok(()),
        }
    }

    /// Makes it before something is written, private; refuses to put a secret where others can read it.
    pub(crate) fn ready_for(&self, pass: &Pass<'_>, sensitivity: Sensitivity) -> Result<(), Failure> {
        if pass.what() != Use::Files {
            return Ok(());
        }
        private::make_folder(&self.path).map_err(|error| self.fault("cannot be made", &error))?;
        self.is_private_enough(sensitivity)
    }

    /// Refuses to have a secret where others can read it.
    fn is_private_enough(&self, sensitivity: Sensitivity) -> Result<(), Failure> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let metadata = std::fs::metadata(&self.path).map_err(|error| self.fault("cannot be read", &error))?;
            if sensitivity == Sensitivity::Secret && private::is_open_to_others(metadata.mode()) {
                return Err(Failure::new(
                    FailureCode::Denied,
                    format!("others on this machine can read the directory {}", self.path.display()),
                )
                .with_remedy(format!("chmod 700 {}", self.path.display())));
            }
        }
        let _ = sensitivity;
        Ok(())
    }

    fn fault(&self, what: &str, error: &io::Error) -> Failure {
        let code = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FailureCode::Denied,
            // Waiting does not help: the path leads through a file.
            io::ErrorKind::NotADirectory => FailureCode::Invalid,
            _ => FailureCode::Unavailable,
        };
        Failure::new(code, format!("the directory {} {what}: {error}", self.path.display()))
            .with_remedy("name another directory, or see that this one can be written")
    }
}
