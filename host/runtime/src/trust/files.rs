//! Files that decide (manifests, the trust store, grants, plugins): opened once, judged on the open handle, read whole.
//! Who may own such a file and who may write it are functions of numbers; what the file says is its readers' business.
//!
//! On Windows there is no owner and no mode to judge; there a file is taken as it is.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Whose a file is, and what others may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mode: u32,
}

/// Who runs this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Us {
    pub(crate) uid: u32,
    /// Who started `sudo`, where that is how we became root.
    pub(crate) before_sudo: Option<u32>,
}

/// How careful one has to be with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// A project's: its owner's group may be the owner alone.
    Project,
    /// The person's own decisions.
    Own,
    /// Whoever's: its bytes are known by their digest.
    Pinned,
}

/// Why a file must not decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Another user's.
    Foreign(u32),
    /// Others could have written it.
    Writable(&'static str),
}

const ROOT: u32 = 0;
const OF_GROUP: u32 = 0o020;
const OF_ALL: u32 = 0o002;

/// Whether a file of this owner and mode may decide.
pub(crate) fn judge(owned: Owned, us: Us, care: Care) -> Result<(), Unfit> {
    if care == Care::Pinned {
        return Ok(());
    }
    // Root could do worse than write a manifest; whoever became root by sudo is still who they were.
    let trusted = match care {
        Care::Project => owned.uid == ROOT || (us.uid == ROOT && us.before_sudo == Some(owned.uid)),
        Care::Own | Care::Pinned => false,
    };
    if owned.uid != us.uid && !trusted {
        return Err(Unfit::Foreign(owned.uid));
    }
    if owned.mode & OF_ALL != 0 {
        return Err(Unfit::Writable("everybody on this machine"));
    }
    // Many systems give each person a group of their own, of the same number, and files that it may write.
    let own_group = care == Care::Project && owned.gid == owned.uid;
    if owned.mode & OF_GROUP != 0 && !own_group {
        return Err(Unfit::Writable("a group of users"));
    }
    Ok(())
}

/// Whether anybody may put files into a folder of this owner and mode that is not ours: what lies there is nobody's word.
pub(crate) fn is_shared(owned: Owned, us: Us) -> bool {
    owned.mode & OF_ALL != 0 && owned.uid != us.uid
}

impl Us {
    /// Of this process. `sudo` is the variable `SUDO_UID`.
    #[cfg(unix)]
    pub(crate) fn new(sudo: Option<&std::ffi::OsStr>) -> Self {
        let before_sudo = sudo.and_then(|uid| uid.to_str()).and_then(|uid| uid.parse().ok());
        Us { uid: rustix::process::geteuid().as_raw(), before_sudo }
    }
}

#[cfg(unix)]
fn owned(metadata: &fs::Metadata) -> Owned {
    use std::os::unix::fs::MetadataExt;
    Owned { uid: metadata.uid(), gid: metadata.gid(), mode: metadata.mode() }
}

/// Whether anybody may put files into this folder.
pub(crate) fn is_shared_folder(folder: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(folder).is_ok_and(|metadata| is_shared(owned(&metadata), us()));
    #[cfg(not(unix))]
    return {
        let _ = folder;
        false
    };
}

#[cfg(unix)]
fn us() -> Us {
    Us::new(std::env::var_os("SUDO_UID").as_deref())
}

/// Why a file could not be read, or must not be.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The system said so.
    Io(io::Error),
    /// It must not decide.
    Unfit(Unfit),
    /// It is a symbolic link.
    Link,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

/// The bytes of a file that decides, `most` of them at most. Where `follow` is false, a symbolic link is a fault.
pub(crate) fn read(path: &Path, most: u64, care: Care, follow: bool) -> Result<Vec<u8>, Fault> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe that somebody put there must not hold us up.
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, !follow);
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) => {
            let is_link = || fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
            return Err(if !follow && is_link() { Fault::Link } else { Fault::Io(error) });
        }
    };
    read_open(file, most, care)
}

fn read_open(file: File, most: u64, care: Care) -> Result<Vec<u8>, Fault> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file").into());
    }
    #[cfg(unix)]
    judge(owned(&metadata), us(), care).map_err(Fault::Unfit)?;
    let _ = care;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0));
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {} KiB", most >> 10)).into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Us = Us { uid: 1000, before_sudo: None };

    fn file(uid: u32, gid: u32, mode: u32) -> Owned {
        Owned { uid, gid, mode: 0o100_000 | mode }
    }

    #[test]
    fn ones_own_file_and_roots_may_decide() {
        for care in [Care::Project, Care::Own] {
            assert_eq!(judge(file(1000, 50, 0o644), ME, care), Ok(()));
            assert_eq!(judge(file(1000, 50, 0o600), ME, care), Ok(()));
        }
        assert_eq!(judge(file(0, 0, 0o644), ME, Care::Project), Ok(()));
        assert_eq!(
            judge(file(0, 0, 0o644), ME, Care::Own),
            Err(Unfit::Foreign(0)),
            "root decides nothing for a person"
        );
    }

    #[test]
    fn another_users_file_decides_nothing() {
        for care in [Care::Project, Care::Own] {
            assert_eq!(judge(file(1001, 1001, 0o644), ME, care), Err(Unfit::Foreign(1001)));
        }
        let root = Us { uid: 0, before_sudo: None };
        assert_eq!(judge(file(1000, 1000, 0o644), root, Care::Project), Err(Unfit::Foreign(1000)));
    }

    #[test]
    fn sudo_in_ones_own_project_is_still_oneself() {
        let root = Us { uid: 0, before_sudo: Some(1000) };
        assert_eq!(judge(file(1000, 1000, 0o644), root, Care::Project), Ok(()));
        assert_eq!(judge(file(1001, 1001, 0o644), root, Care::Project), Err(Unfit::Foreign(1001)));
        // The variable says nothing where we are not root.
        let liar = Us { uid: 1000, before_sudo: Some(1001) };
        assert_eq!(judge(file(1001, 1001, 0o644), liar, Care::Project), Err(Unfit::Foreign(1001)));
    }

    #[test]
    fn what_others_may_write_decides_nothing() {
        let all = Unfit::Writable("everybody on this machine");
        let group = Unfit::Writable("a group of users");
        for mode in [0o666, 0o646, 0o602] {
            assert_eq!(judge(file(1000, 1000, mode), ME, Care::Project), Err(all.clone()), "{mode:o}");
        }
        assert_eq!(judge(file(1000, 50, 0o664), ME, Care::Project), Err(group.clone()));
        assert_eq!(judge(file(1000, 1000, 0o664), ME, Care::Project), Ok(()), "a group of one's own");
        assert_eq!(judge(file(1000, 1000, 0o664), ME, Care::Own), Err(group));
    }

    #[test]
    fn a_folder_for_everybody_is_nobodys_project() {
        assert!(is_shared(file(0, 0, 0o1777), ME), "/tmp");
        assert!(is_shared(file(1001, 1001, 0o777), ME));
        assert!(!is_shared(file(0, 0, 0o755), ME), "/");
        assert!(!is_shared(file(1000, 1000, 0o777), ME), "one's own");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_holds_nobody_up_and_a_link_is_followed_only_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        assert_eq!(read(&path("link"), 10, Care::Own, true).unwrap(), b"text");
        assert!(matches!(read(&path("link"), 10, Care::Own, false), Err(Fault::Link)));
        assert!(matches!(read(&path("file"), 3, Care::Own, false), Err(Fault::Io(_))), "too large");
        assert!(matches!(read(folder.path(), 10, Care::Own, false), Err(Fault::Io(_))), "a folder");
        let made = std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        assert!(matches!(read(&path("pipe"), 10, Care::Own, false), Err(Fault::Io(_))), "a pipe without a writer");
    }
}
