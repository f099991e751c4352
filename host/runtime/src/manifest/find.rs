//! Finding the manifest: up the tree, no further than the repository's root or the person's home.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use harmony_config_core::ConfigError;

use super::{Layer, NAME};
use crate::limits;

/// The manifest that holds in `directory`, if there is one. What lies in the home directory itself is not a project's.
pub(crate) fn find(directory: &Path, home: Option<&Path>) -> Option<PathBuf> {
    find_with(directory, home, Path::exists)
}

fn find_with(directory: &Path, home: Option<&Path>, exists: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    for folder in directory.ancestors() {
        if home == Some(folder) {
            return None;
        }
        let candidate = folder.join(NAME);
        if exists(&candidate) {
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

/// The text of a manifest, read once.
pub(crate) fn read(file: &Path) -> Result<String, ConfigError> {
    let fault = |error: io::Error| {
        ConfigError::manifest(format!("the manifest {} cannot be read: {error}", file.display()))
            .with_remedy("name another with -f, or see that you may read this one")
            .with_cause(error)
    };
    let opened = fs::File::open(file).map_err(fault)?;
    if !opened.metadata().map_err(fault)?.is_file() {
        return Err(fault(io::Error::other("it is not a regular file")));
    }
    let mut bytes = Vec::new();
    opened.take(limits::MAX_MANIFEST_BYTES + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > limits::MAX_MANIFEST_BYTES {
        return Err(fault(io::Error::other(format!("it is larger than {} KiB", limits::MAX_MANIFEST_BYTES >> 10))));
    }
    String::from_utf8(bytes).map_err(|_| fault(io::Error::other("it is not UTF-8")))
}

/// The project's manifest and the layer beside it, if there is one.
pub(crate) fn read_project(file: PathBuf) -> Result<Vec<(Layer, PathBuf, String)>, ConfigError> {
    let local = local_of(&file);
    let mut layers = vec![(Layer::Project, file.clone(), read(&file)?)];
    if local.exists() {
        let text = read(&local)?;
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
        find_with(Path::new(directory), Some(Path::new(home)), |path| there.contains(&path.to_str().unwrap()))
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
