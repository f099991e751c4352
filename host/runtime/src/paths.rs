//! Where things lie on this machine, and what keeps them private. The rules that differ by platform are functions of
//! the platform's answers.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folders of one app on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// What must not be lost: `~/.local/share/{app}` on Linux.
    pub data: Option<PathBuf>,
    /// What can be made again: `~/.cache/{app}` on Linux.
    pub cache: Option<PathBuf>,
    /// What the person decides for all projects: their own manifest, trust, grants, and the key that seals secrets. On Linux
    /// `~/.config/{app}`.
    pub config: Option<PathBuf>,
    /// The person's home, where looking for a manifest stops.
    pub home: Option<PathBuf>,
    /// Whether the key that seals secrets may be made in the keyring of the operating system. Not where a folder was named
    /// for everything: then that folder has the key too, and nothing outside it is touched.
    pub keyring: bool,
}

impl Places {
    /// The folders of `app`. `{APP}_CONFIG_HOME` (`over`) puts all of them into one folder.
    pub fn of(app: &str, over: Option<PathBuf>) -> Self {
        let home = directories::BaseDirs::new().map(|base| base.home_dir().to_owned());
        match over {
            Some(folder) => Places {
                cache: Some(folder.join("cache")),
                config: Some(folder.join("user")),
                data: Some(folder),
                home,
                keyring: false,
            },
            None => {
                let project = ProjectDirs::from("", "", app);
                Places {
                    data: project.as_ref().map(|dirs| dirs.data_dir().to_owned()),
                    cache: project.as_ref().map(|dirs| dirs.cache_dir().to_owned()),
                    // Where the platform has one folder for both, what is decided stands apart from what is stored.
                    config: project.as_ref().map(|dirs| match dirs.config_dir() == dirs.data_dir() {
                        true => dirs.config_dir().join("user"),
                        false => dirs.config_dir().to_owned(),
                    }),
                    home,
                    keyring: true,
                }
            }
        }
    }

    /// The database of the `sqlite` source: where the program of before has it.
    pub fn database(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("config").join("config.db"))
    }

    /// The directory of the `local-file` source.
    pub fn files(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("config").join("files"))
    }

    /// The folder of what belongs to sealing: keys, and what is known of them.
    pub(crate) fn seal(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("seal"))
    }

    /// The folder of the key that seals what sign-ins leave behind.
    pub(crate) fn session_key(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("sessions"))
    }

    /// The folder of what sign-ins leave behind.
    pub(crate) fn sessions(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("sessions"))
    }

    /// What whoever writes into the keyring with a condition locks.
    pub(crate) fn keyring_lock(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("keyring.lock"))
    }

    /// The folder of compiled code.
    pub fn compiled(&self) -> Option<PathBuf> {
        Some(self.cache.as_ref()?.join("plugins"))
    }
}

/// `~/x` in the person's home, and a relative path below `base`.
pub(crate) fn absolute(path: &str, base: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => base.join(path),
    }
}

/// Files and folders that nobody else can read.
pub(crate) mod private {
    use std::{
        fs,
        io::{self, Read, Write},
        path::Path,
        time::{Duration, Instant},
    };

    /// How long one who waits for another's lock sleeps between two tries.
    const BETWEEN_TRIES: Duration = Duration::from_millis(2);

    /// Makes a folder, and those above it, for this user alone. One that is there already is left as it is.
    pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    /// Opens a file to hold a lock on it; it has nothing in it.
    pub(crate) fn open_to_lock(path: &Path) -> io::Result<fs::File> {
        options().read(true).write(true).create(true).truncate(false).open(path)
    }

    /// Locks a file for this task alone, among all processes. False where somebody else had it until then.
    pub(crate) async fn lock_until(file: &fs::File, until: Instant) -> io::Result<bool> {
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(true),
                Err(fs::TryLockError::Error(error)) => return Err(error),
                Err(fs::TryLockError::WouldBlock) if Instant::now() >= until => return Ok(false),
                Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(BETWEEN_TRIES).await,
            }
        }
    }

    /// Opens a file to write at its end.
    pub(crate) fn open_to_append(path: &Path) -> io::Result<fs::File> {
        options().append(true).create(true).open(path)
    }

    /// Puts a file of this user's own in the place of what is there: all of it or nothing, whenever the process ends. Two
    /// must not do it at once.
    pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let new = Path::new(&new);
        match fs::remove_file(new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = options().write(true).create_new(true).open(new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(new, path)?;
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// What is in a file that only this user can have written; none where there is no file.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
        read_checked(path, |_| false)
    }

    /// The same, of a file that nobody else may even read.
    pub(crate) fn read_own(path: &Path) -> io::Result<Option<Vec<u8>>> {
        read_checked(path, is_open_to_others)
    }

    /// What was checked is what is read: both on the open file.
    fn read_checked(path: &Path, is_too_open: impl Fn(u32) -> bool) -> io::Result<Option<Vec<u8>>> {
        let mut file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if is_nothing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        check_file(&file)?;
        #[cfg(unix)]
        if is_too_open(std::os::unix::fs::MetadataExt::mode(&file.metadata()?)) {
            return Err(io::Error::other("others can read it"));
        }
        let _ = is_too_open;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn options() -> fs::OpenOptions {
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
    }

    /// Whether something could be made at `path`, or written into it if it is a folder, found out without writing.
    pub(crate) fn can_make(path: &Path) -> io::Result<()> {
        let mut nearest = path;
        let metadata = loop {
            match fs::metadata(nearest) {
                Ok(metadata) => break metadata,
                // Below a file there is nothing either: then the file is met further up, and named.
                Err(error) if is_nothing(&error) => match nearest.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => nearest = parent,
                    _ => return Err(error),
                },
                Err(error) => return Err(error),
            }
        };
        if !metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is a file", nearest.display())));
        }
        #[cfg(unix)]
        rustix::fs::access(nearest, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?;
        Ok(())
    }

    /// Whether others than the owner may read or write something of this mode.
    pub(crate) fn is_open_to_others(mode: u32) -> bool {
        mode & 0o077 != 0
    }

    /// Refuses a file that another user owns or could have written.
    pub(crate) fn check_file(file: &fs::File) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let metadata = file.metadata()?;
            if metadata.uid() != rustix::process::geteuid().as_raw() {
                return Err(io::Error::other("it belongs to another user"));
            }
            if metadata.mode() & 0o022 != 0 {
                return Err(io::Error::other("others may write it"));
            }
        }
        let _ = file;
        Ok(())
    }

    /// What tells a folder or file from another that stands at the same path later.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Identity(u64, u64);

    /// The identity of what stands at `path`; none where there is nothing.
    pub(crate) fn identity(path: &Path) -> io::Result<Option<Identity>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(of(&metadata))),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, with how many bytes are in it.
    pub(crate) fn identity_and_length(path: &Path) -> io::Result<Option<(Identity, u64)>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some((of(&metadata), metadata.len()))),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_nothing(error: &io::Error) -> bool {
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    }

    #[cfg(unix)]
    fn of(metadata: &fs::Metadata) -> Identity {
        use std::os::unix::fs::MetadataExt;
        Identity(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(metadata: &fs::Metadata) -> Identity {
        let created = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Identity(0, created.map_or(0, |time| time.as_nanos() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variable_moves_every_folder() {
        let places = Places::of("harmony", Some("/elsewhere".into()));
        assert_eq!(places.database(), Some("/elsewhere/config/config.db".into()));
        assert_eq!(places.compiled(), Some("/elsewhere/cache/plugins".into()));
    }

    #[test]
    fn without_a_home_there_are_no_places() {
        let places = Places::default();
        assert_eq!((places.database(), places.files(), places.compiled()), (None, None, None));
    }

    #[test]
    fn a_path_is_taken_from_the_manifests_folder_and_a_tilde_from_home() {
        let base = Path::new("/project");
        let home = Path::new("/home/me");
        assert_eq!(absolute("a/b", base, Some(home)), Path::new("/project/a/b"));
        assert_eq!(absolute("/a", base, Some(home)), Path::new("/a"));
        assert_eq!(absolute("~/a", base, Some(home)), Path::new("/home/me/a"));
    }

    #[test]
    fn a_mode_that_lets_group_or_others_in_is_open() {
        assert!(!private::is_open_to_others(0o100_700));
        for mode in [0o755, 0o710, 0o701, 0o704, 0o740] {
            assert!(private::is_open_to_others(mode), "{mode:o}");
        }
    }
}
