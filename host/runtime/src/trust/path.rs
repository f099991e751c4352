//! Where a path leads, once every symbolic link and `..` on it is followed: what is judged, and what is then opened.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

/// The place that a path leads to. Unlike [`fs::canonicalize`] it need not be there: what is missing is taken as
/// it is written, since it would be made there.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    // The folder of a file that is named without one.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let path = std::path::absolute(path)?;
    let mut resolved = PathBuf::new();
    let mut rest: VecDeque<OsString> = parts(&path).collect();
    let mut links = 0;
    while let Some(part) = rest.pop_front() {
        match Path::new(&part).components().next() {
            None | Some(Component::CurDir) => {}
            Some(Component::ParentDir) => {
                resolved.pop();
            }
            Some(Component::Prefix(_) | Component::RootDir) => resolved.push(&part),
            Some(Component::Normal(_)) => {
                let next = resolved.join(&part);
                match fs::read_link(&next) {
                    Ok(target) => {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(io::Error::other("too many symbolic links"));
                        }
                        for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                            rest.push_front(part);
                        }
                    }
                    // No link, or nothing there, or nothing that may be looked at: then it cannot be opened either.
                    Err(_) => resolved = next,
                }
            }
        }
    }
    Ok(resolved)
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().map(|component| component.as_os_str().to_owned())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        (folder, real)
    }

    #[test]
    fn what_is_there_resolves_as_the_system_does_it() {
        let (_keep, real) = folder();
        fs::create_dir_all(real.join("a/b")).unwrap();
        symlink("a/b", real.join("relative")).unwrap();
        symlink(real.join("a"), real.join("absolute")).unwrap();
        symlink("../relative", real.join("a/up")).unwrap();
        for path in ["a/b", "relative", "relative/..", "absolute/b/../b", "a/up/../b", "./a/./b"] {
            let path = real.join(path);
            assert_eq!(resolve(&path).unwrap(), path.canonicalize().unwrap(), "{}", path.display());
        }
    }

    #[test]
    fn what_is_missing_is_where_it_would_be_made() {
        let (_keep, real) = folder();
        symlink("/nowhere/at/all", real.join("dangling")).unwrap();
        assert_eq!(resolve(&real.join("dangling/x")).unwrap(), Path::new("/nowhere/at/all/x"));
        assert_eq!(resolve(&real.join("a/../../x")).unwrap(), real.parent().unwrap().join("x"));
    }

    #[test]
    fn a_circle_of_links_leads_nowhere() {
        let (_keep, real) = folder();
        symlink("b", real.join("a")).unwrap();
        symlink("a", real.join("b")).unwrap();
        assert!(resolve(&real.join("a")).is_err());
    }
}
