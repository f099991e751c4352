//! Where a value lies while it is edited: a file that only this user can read, in a folder that only this user can enter, in
//! memory where the system has such a place. The folder goes with whatever the editor left in it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use harmony_config_host::limits::MAX_VALUE_BYTES;
use tempfile::TempDir;

/// What the folders are called; the number of the process follows.
const PREFIX: &str = "harmony-config-edit-";

/// The folder, until it is dropped.
pub(crate) struct Scratch {
    // Dropped, it is removed with all that is in it.
    _folder: TempDir,
    file: PathBuf,
}

impl Scratch {
    /// A new one, with an empty file of this name in it.
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let root = candidates(env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from), cfg!(target_os = "linux"))
            .into_iter()
            .find(|root| is_usable(root))
            .unwrap_or_else(env::temp_dir);
        sweep(&root);
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{PREFIX}{}-", std::process::id());
        builder.prefix(&prefix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(root)?;
        let file = folder.path().join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file)?;
        Ok(Scratch { _folder: folder, file })
    }

    /// The file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Puts a text into the file.
    pub(crate) fn write(&self, text: &str) -> io::Result<()> {
        fs::write(&self.file, text)
    }

    /// What stands in the file now.
    pub(crate) fn read(&self) -> io::Result<String> {
        // The notes and the indentation come on top of the value.
        if fs::metadata(&self.file)?.len() > (MAX_VALUE_BYTES * 4) as u64 {
            return Err(io::Error::other("it has become too large for a value"));
        }
        fs::read_to_string(&self.file)
    }
}

/// The places that are in memory, best first.
fn candidates(runtime: Option<PathBuf>, linux: bool) -> Vec<PathBuf> {
    let runtime = runtime.filter(|path| path.is_absolute());
    runtime.into_iter().chain(linux.then(|| PathBuf::from("/dev/shm"))).collect()
}

/// Whether a private folder can be made there.
fn is_usable(root: &Path) -> bool {
    #[cfg(unix)]
    let may = rustix::fs::access(root, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
    #[cfg(not(unix))]
    let may = true;
    root.is_dir() && may
}

/// Removes what a process that was killed left behind: nobody else would.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let process = rest.split('-').next().and_then(|number| number.parse().ok());
        // What is another user's cannot be removed, and says so by failing.
        if process.is_some_and(is_gone) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether there is no process of this number any more.
fn is_gone(process: i32) -> bool {
    #[cfg(unix)]
    let gone = rustix::process::Pid::from_raw(process)
        .is_some_and(|process| rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH));
    #[cfg(not(unix))]
    let gone = {
        let _ = process;
        false
    };
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_before_a_disk() {
        let places = candidates(Some("/run/user/1".into()), true);
        assert_eq!(places, [Path::new("/run/user/1"), Path::new("/dev/shm")]);
        assert_eq!(candidates(Some("relative".into()), false), Vec::<PathBuf>::new());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_it_and_it_goes_with_all_that_is_in_it() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("Key.jsonc").unwrap();
        scratch.write("text").unwrap();
        let folder = scratch.file().parent().unwrap().to_owned();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(scratch.file())), (0o700, 0o600));
        fs::write(folder.join(".Key.jsonc.swp"), "what an editor leaves").unwrap();
        assert_eq!(scratch.read().unwrap(), "text");
        drop(scratch);
        assert!(!folder.exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_a_killed_process_left_is_swept_away_and_a_living_ones_is_not() {
        let root = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let dead = root.path().join(format!("{PREFIX}{}-x", child.id()));
        let alive = root.path().join(format!("{PREFIX}{}-x", std::process::id()));
        for folder in [&dead, &alive] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("Key.jsonc"), "a secret").unwrap();
        }
        sweep(root.path());
        assert!(!dead.exists() && alive.exists());
    }
}
