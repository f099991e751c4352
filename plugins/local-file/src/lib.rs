//! The source `local-file`: one JSON file a value, in the one directory that the host opened. What the files are called
//! is `names`, reading `read`, files of other names `places`, replacing a file whole `write`, how its text is laid out `pretty`, what is there `listing`,
//! and what the system's errors mean `fault`.

mod fault;
mod listing;
mod names;
mod places;
mod pretty;
mod read;
mod write;

use std::path::{Path, PathBuf};

use harmony_config_plugin_shared::may_write;
use harmony_config_sdk::{
    Coordinate, Entry, Expected, Failure, Feature, Host, Page, Request, Source, export_plugin, files, located,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// The host's to use: it opens the directory.
    #[serde(default, rename = "dir")]
    _dir: Option<String>,
    #[serde(default)]
    read_only: bool,
}

struct LocalFileSource {
    read_only: bool,
    folder: Folder,
}

/// The directory, as the guest reaches it and as people know it.
struct Folder {
    path: PathBuf,
    shown: String,
    default_namespace: String,
}

impl Folder {
    /// The file of a coordinate, below the directory.
    fn file(&self, at: &Coordinate) -> String {
        names::file(at, &self.default_namespace)
    }

    /// The same for people.
    fn shown(&self, file: &str) -> String {
        let separator = if self.shown.contains('\\') && !self.shown.contains('/') { "\\" } else { "/" };
        match file.is_empty() {
            true => self.shown.clone(),
            false => format!("{}{separator}{}", self.shown.trim_end_matches(separator), file.replace('/', separator)),
        }
    }
}

impl LocalFileSource {
    fn may_write(&self) -> Result<(), Failure> {
        may_write(self.read_only)
    }
}

impl Source for LocalFileSource {
    type Settings = Settings;

    fn configure(settings: Settings, host: Host) -> Result<Self, Failure> {
        let folder = Folder {
            path: Path::new(files::ROOT).to_owned(),
            shown: host.directory.unwrap_or_else(|| files::ROOT.to_owned()),
            default_namespace: host.default_namespace,
        };
        Ok(LocalFileSource { read_only: settings.read_only, folder })
    }

    fn features(&self) -> &'static [Feature] {
        match self.read_only {
            false => &[Feature::Persists, Feature::Writable, Feature::Lists, Feature::Refs],
            true => &[Feature::Lists, Feature::Refs],
        }
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        match request.locations.is_empty() {
            true => read::get(&self.folder, &request.at),
            false => located(request, |at| places::read(&self.folder, at)),
        }
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        self.may_write()?;
        write::set(&self.folder, &request.at, value, expected).map(Some)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        self.may_write()?;
        write::delete(&self.folder, &request.at, expected)
    }

    fn list_keys(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        listing::list(&self.folder, namespace, prefix, after)
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        listing::check(&self.folder, self.read_only)
    }
}

export_plugin! {
    LocalFileSource,
    name: "local-file",
    description: "JSON files in a directory, one for each value",
    features: ["persists", "writable", "lists", "refs"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "dir": {
                "type": "string",
                "minLength": 1,
                "description": "The directory of the files. Without it: one in the person's configuration folder."
            },
            "read-only": {
                "type": "boolean",
                "default": false,
                "description": "Whether nothing may be written."
            }
        }
    }"#,
    wants: r#"{"files":{"setting":"dir"}}"#,
}

#[cfg(test)]
mod tests;
