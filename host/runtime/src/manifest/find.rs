//! Finding the manifest: up the tree, no further than the repository's root or the person's home. Who may have written
//! one is judged by `trust::files`.

use std::{
    io,
    path::{Path, PathBuf},
};

use harmony_config_core::ConfigError;

use super::{Layer, NAME};
use crate::{
    limits,
    trust::{
        self,
        files::{self, Care, Fault, Unfit},
    },
};

/// The manifest that holds in `directory`, if there is one. What lies in the home directory itself is not a project's.
pub(crate) fn find(directory: &Path, home: Option<&Path>) -> Option<PathBuf> {
    find_with(directory, home, Path::exists, files::is_shared_folder)
}

fn find_with(
    directory: &Path,
    home: Option<&Path>,
    exists: impl Fn(&Path) -> bool,
    shared: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    for folder in directory.ancestors() {
        if home == Some(folder) {
            return None;
        }
        let candidate = folder.join(NAME);
        if exists(&candidate) {
            // Above it anybody's word would hold for this folder too.
            if shared(folder) {
                tracing::warn!("{} is not used: anybody may put files into that folder", candidate.display());
                return None;
            }
            return Some(candidate);
        }
        if [".git", ".hg", ".jj"].iter().any(|name| exists(&folder.join(name))) {
            return None;
        }
    }
    None
}

/// The layer beside a manifest that is not committed: `x.local.toml` beside `x.toml`.
pub(crate) fn local_of(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    file.with_file_name(format!("{stem}.local.toml"))
}

/// The text of a manifest that the person named, read once.
pub(crate) fn read(file: &Path) -> Result<String, ConfigError> {
    text(file, file, true)
}

/// The text of a manifest that was found, read once. A symbolic link must not lead out of the folder that it stands in:
/// another project's manifest is not this one's.
fn read_found(file: &Path) -> Result<String, ConfigError> {
    if !file.is_symlink() {
        return text(file, file, false);
    }
    let fault = |error: io::Error| unreadable(file, error);
    let target = trust::resolve(file).map_err(fault)?;
    let folder = file.parent().map(trust::resolve).transpose().map_err(fault)?.unwrap_or_default();
    if !target.starts_with(&folder) {
        let message = format!(
            "{} is a symbolic link that leads out of its folder, to {}; it is not used",
            file.display(),
            target.display()
        );
        return Err(trust::denied(message).with_remedy(format!(
            "if that is what you mean, put a copy in its place, or name it yourself: -f {}",
            target.display()
        )));
    }
    text(file, &target, false)
}

fn text(file: &Path, target: &Path, follow: bool) -> Result<String, ConfigError> {
    let bytes =
        files::read(target, limits::MAX_MANIFEST_BYTES, Care::Project, follow).map_err(|fault| match fault {
            Fault::Io(error) => unreadable(file, error),
            Fault::Link => unreadable(file, io::Error::other("it became a symbolic link while it was looked at")),
            Fault::Unfit(unfit) => unfit_manifest(file, &unfit),
        })?;
    String::from_utf8(bytes).map_err(|_| unreadable(file, io::Error::other("it is not UTF-8")))
}

fn unreadable(file: &Path, error: io::Error) -> ConfigError {
    ConfigError::manifest(format!("the manifest {} cannot be read: {error}", file.display()))
        .with_remedy("name another with -f, or see that you may read this one")
        .with_cause(error)
}

fn unfit_manifest(file: &Path, unfit: &Unfit) -> ConfigError {
    let (why, remedy) = match unfit {
        Unfit::Foreign(uid) => (
            format!("it belongs to another user (number {uid}), who could have it send your secrets away"),
            "read it, and if it is fit, put a copy of your own in its place".to_owned(),
        ),
        Unfit::Writable(who) => (
            format!("{who} may write it, and could have it send your secrets away"),
            format!("read it, and if it is fit: chmod go-w {}", file.display()),
        ),
    };
    trust::denied(format!("the manifest {} is not used: {why}", file.display())).with_remedy(remedy)
}

/// The project's manifest and the layer beside it, if there is one. `named`: the person named it.
pub(crate) fn read_project(file: PathBuf, named: bool) -> Result<Vec<(Layer, PathBuf, String)>, ConfigError> {
    let local = local_of(&file);
    let text = if named { read(&file) } else { read_found(&file) };
    let mut layers = vec![(Layer::Project, file.clone(), text?)];
    if local.exists() {
        let text = read_found(&local)?;
        layers.push((Layer::Local, local, text));
    }
    Ok(layers)
}

/// The app that the layers name, before they are read as a whole: it says where the person's own layer lies.
pub(crate) fn app_of(layers: &[(Layer, PathBuf, String)]) -> Option<String> {
    layers.iter().rev().filter(|(.., text)| text.contains("app")).find_map(|(.., text)| {
        let table = toml::de::DeTable::parse(text).ok()?;
        Some(table.get_ref().get("app")?.get_ref().as_str()?.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(directory: &str, home: &str, there: &[&str]) -> Option<PathBuf> {
        find_with(
            Path::new(directory),
            Some(Path::new(home)),
            |path| there.contains(&path.to_str().unwrap()),
            |folder| folder == Path::new("/tmp"),
        )
    }

    #[test]
    fn what_anybody_may_have_put_there_is_no_manifest() {
        let there = ["/tmp/harmony-config.toml", "/tmp/mine/harmony-config.toml"];
        assert_eq!(found("/tmp/other/deep", "/home/me", &there), None);
        assert_eq!(found("/tmp", "/home/me", &there), None);
        assert_eq!(found("/tmp/mine/deep", "/home/me", &there), Some(there[1].into()));
    }

    #[test]
    fn the_nearest_manifest_up_the_tree_holds() {
        let there = ["/home/me/a/harmony-config.toml", "/home/me/a/b/harmony-config.toml"];
        assert_eq!(found("/home/me/a/b/c", "/home/me", &there), Some(there[1].into()));
    }

    #[test]
    fn the_local_layer_lies_beside_its_manifest() {
        assert_eq!(local_of(Path::new("/p/harmony-config.toml")), Path::new("/p/harmony-config.local.toml"));
        assert_eq!(local_of(Path::new("other.toml")), Path::new("other.local.toml"));
    }

    #[test]
    fn looking_stops_at_the_repositorys_root_and_at_home() {
        let above = ["/home/me/a/harmony-config.toml", "/home/me/a/repo/.git"];
        assert_eq!(found("/home/me/a/repo/src", "/home/me", &above), None);
        assert_eq!(found("/home/me/a", "/home/me", &["/home/me/harmony-config.toml"]), None);
        let at_root = ["/home/me/repo/harmony-config.toml", "/home/me/repo/.git"];
        assert_eq!(found("/home/me/repo/src", "/home/me", &at_root), Some(at_root[0].into()));
    }
}
