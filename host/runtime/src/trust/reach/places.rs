//! Where the files of a source lie, once every link is followed, and which places are harmless.

use std::path::{Path, PathBuf};

use harmony_config_core::ConfigError;

use super::finder::{Finder, LOCAL};
use crate::{
    manifest::{ManifestPlugin, ManifestSource, Place},
    paths,
    plugin::Plugin,
    trust::{denied, resolve},
};

impl Finder<'_> {
    /// Whether what a source keeps stays where it is harmless.
    pub(super) fn stays_here(&self, name: &str, source: &ManifestSource) -> bool {
        let ManifestPlugin::Bundled(plugin) = &source.plugin else { return self.is_the_persons(name) };
        let here = LOCAL.contains(&plugin.as_str())
            && match self.place_of(name, plugin, source) {
                Ok(None) => true,
                Ok(Some((_, real))) => self.is_harmless(&real).unwrap_or(false),
                Err(_) => false,
            };
        here || self.is_the_persons(name)
    }

    pub(super) fn is_below_the_project(&self, name: &str, source: &ManifestSource) -> bool {
        let ManifestPlugin::Bundled(plugin) = &source.plugin else { return false };
        match self.place_of(name, plugin, source) {
            Ok(Some((_, real))) => self.is_below_folder(&real),
            _ => false,
        }
    }

    /// The setting that says where a bundled source keeps its files, and where that leads; none where the place is the
    /// host's.
    pub(super) fn place_of(
        &self,
        name: &str,
        plugin: &str,
        source: &ManifestSource,
    ) -> Result<Option<(String, PathBuf)>, ConfigError> {
        let Some((setting, given)) = said_of_place(plugin, source) else { return Ok(None) };
        let place = self.manifest.place(&["source", name, "settings", &setting]);
        let real = self.real(&self.absolute(Path::new(&given), place))?;
        Ok(Some((setting, real)))
    }

    /// A relative path starts at the folder of the file that says it.
    pub(super) fn absolute(&self, path: &Path, place: Option<&Place>) -> PathBuf {
        let base = place.and_then(|place| place.file.parent()).unwrap_or(&self.folder);
        paths::absolute(&path.to_string_lossy(), base, self.places.home.as_deref())
    }

    pub(super) fn real(&self, path: &Path) -> Result<PathBuf, ConfigError> {
        resolve(path).map_err(|error| {
            denied(format!("where {} leads cannot be found out: {error}", path.display()))
                .with_remedy("name another path in the manifest")
        })
    }

    /// Below the manifest's folder, or where the host itself keeps values of the app; never where the person decides or
    /// code is kept.
    pub(super) fn is_harmless(&self, real: &Path) -> Result<bool, ConfigError> {
        for decides in [&self.places.config, &self.places.cache].into_iter().flatten() {
            if real.starts_with(self.real(decides)?) {
                return Ok(false);
            }
        }
        if self.is_below_folder(real) {
            return Ok(true);
        }
        match &self.places.data {
            // The manifest names the app: the rest of that folder may be another program's.
            Some(data) => Ok(real.starts_with(self.real(&data.join("config"))?)),
            None => Ok(false),
        }
    }

    pub(super) fn is_below_folder(&self, real: &Path) -> bool {
        !self.folder.as_os_str().is_empty() && real.starts_with(&self.folder)
    }

    /// A path as it is written in a fact: the same on another machine where it can be.
    pub(super) fn written(&self, real: &Path) -> String {
        if !self.folder.as_os_str().is_empty()
            && let Ok(below) = real.strip_prefix(&self.folder)
        {
            return match below.as_os_str().is_empty() {
                true => ".".to_owned(),
                false => below.display().to_string(),
            };
        }
        let home = self.places.home.as_deref().and_then(|home| resolve(home).ok());
        match home.and_then(|home| real.strip_prefix(home).ok().map(Path::to_owned)) {
            Some(below) => format!("~/{}", below.display()),
            None => real.display().to_string(),
        }
    }
}

/// The setting that says where a bundled source keeps its files, and what it says.
fn said_of_place(plugin: &str, source: &ManifestSource) -> Option<(String, String)> {
    // A plugin's facts are read only where they could say something.
    if source.settings.is_empty() && matches!(plugin, "env" | "prompt" | "sqlite" | "local-file" | "keyring") {
        return None;
    }
    let setting = place_setting(plugin)?;
    let given = match source.settings.get(&setting) {
        Some(given) => given.as_str()?.to_owned(),
        None => Plugin::bundled(plugin)?.facts().default_of(&setting)?.to_owned(),
    };
    Some((setting, given))
}

/// The setting that says where a bundled plugin keeps its files.
pub(super) fn place_setting(plugin: &str) -> Option<String> {
    let plugin = Plugin::bundled(plugin)?;
    let wants = &plugin.facts().wants;
    let files = wants.files.as_ref().map(|wanted| wanted.setting.clone());
    let sql = || wants.sql.as_ref().map(|wanted| wanted.setting.clone());
    files.or_else(sql).or_else(|| wants.document.as_ref().map(|wanted| wanted.setting.clone()))
}
