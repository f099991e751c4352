//! The source `file`: one JSON, TOML or YAML file, with a table for each key, of the name that the coordinate has. What is
//! written where is `change`; what the formats have in common is `format`, and each has a module of its
//! own. What cannot be read is said by `fault`: where it is, and never what it says.

mod change;
mod fault;
mod format;
mod json;
mod toml;
mod yaml;

use harmony_config_plugin_shared::{
    document::{File, Opened},
    may_write, names, text,
};
use harmony_config_sdk::{
    Coordinate, Entry, Expected, Failure, Feature, Host, Page, Request, Sensitivity, Source, document::Content,
    export_plugin, version_of,
};
use serde::Deserialize;

use crate::format::Format;

/// The keys of one page of a listing.
const PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// The host opens the file; its ending may say the format.
    path: String,
    #[serde(default)]
    format: Option<Format>,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    read_only: bool,
}

struct FileSource {
    format: Format,
    namespace: Option<String>,
    read_only: bool,
}

impl FileSource {
    /// Whether the file has values of this namespace. It belongs to one project, so it has them of any, unless it was told.
    fn serves(&self, namespace: &str) -> bool {
        self.namespace.as_deref().is_none_or(|own| own == namespace)
    }

    fn may_write(&self, at: &Coordinate) -> Result<(), Failure> {
        if self.format == Format::Yaml {
            return Err(Failure::unsupported("a YAML file is only read: to write it would lose its comments")
                .remedy("edit the file by hand, write to another source, or keep the values in a TOML or JSON file"));
        }
        may_write(self.read_only)?;
        match &self.namespace {
            Some(own) if *own != at.namespace => {
                Err(Failure::unsupported(format!("this file keeps values of the namespace `{own}` and no other"))
                    .remedy("write to another source, or take `namespace` out of its settings"))
            }
            _ => Ok(()),
        }
    }

    fn get_in(&self, file: &impl File, at: &Coordinate) -> Result<Option<Entry>, Failure> {
        if !self.serves(&at.namespace) {
            return Ok(None);
        }
        let Some(content) = file.read()? else { return Ok(None) };
        let name = names::of(at);
        let fail = |fault| fault::failure(fault, &file.location());
        let text = text::decode(&content.bytes, || file.location())?;
        let Some(value) = self.format.get(text.text, &name).map_err(fail)? else { return Ok(None) };
        let version = version_of(&value);
        Ok(Some(Entry::new(value, format!("{} [{name}]", file.location())).version(version)))
    }

    fn list_in(&self, file: &impl File, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        let mut found = match (self.serves(namespace), file.read()?) {
            (true, Some(content)) => self.names_in(file, &content)?,
            _ => Vec::new(),
        };
        // The plain key before its instances.
        found.sort_unstable();
        found.dedup();
        let after = after.and_then(names::key);
        let mut entries: Vec<_> = found
            .into_iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .filter(|found| after.as_ref().is_none_or(|after| found > after))
            .take(PAGE + 1)
            .map(|(key, instance)| Coordinate { namespace: namespace.to_owned(), key, instance })
            // A file does not say how careful to be.
            .map(|at| (at, Sensitivity::Secret))
            .collect();
        let more = entries.len() > PAGE;
        entries.truncate(PAGE);
        let next = entries.last().filter(|_| more).map(|(at, _)| names::of(at));
        Ok(Page { entries, next })
    }

    /// The tables that are keys. Others are somebody else's.
    fn names_in(&self, file: &impl File, content: &Content) -> Result<Vec<(String, Option<String>)>, Failure> {
        let fail = |fault| fault::failure(fault, &file.location());
        let text = text::decode(&content.bytes, || file.location())?;
        let names = self.format.names(text.text).map_err(fail)?;
        Ok(names.iter().filter_map(|name| names::key(name)).collect())
    }

    fn check_in(&self, file: &impl File) -> Result<Vec<String>, Failure> {
        let place = file.location();
        let Some(content) = file.read()? else {
            let what = match self.read_only {
                true => "there is nothing to read",
                false => "the first write makes it",
            };
            return Ok(vec![format!("{place} does not exist yet; {what}")]);
        };
        let count = self.names_in(file, &content)?.len();
        let values = if count == 1 { "value" } else { "values" };
        let mut findings = vec![format!("{place} can be read: {count} {values}")];
        if self.format == Format::Yaml {
            findings.push(format!("{place} is only read: to write YAML would lose its comments"));
        }
        Ok(findings)
    }
}

impl Source for FileSource {
    type Settings = Settings;

    fn configure(settings: Settings, _: Host) -> Result<Self, Failure> {
        let format = match settings.format {
            Some(format) => format,
            None => Format::of(&settings.path).ok_or_else(|| {
                Failure::invalid("the setting `path` does not end with .json, .toml, .yaml or .yml")
                    .remedy("say the format: settings.format = \"toml\", or \"json\", or \"yaml\"")
            })?,
        };
        if format == Format::Yaml && !settings.read_only {
            // Said in the manifest, so that everybody knows it before an answer is to be kept.
            return Err(Failure::invalid("a YAML file is only read, because to write it would lose its comments")
                .remedy("say so in its settings: read-only = true; or keep the values in a TOML or JSON file"));
        }
        Ok(FileSource { format, namespace: settings.namespace, read_only: settings.read_only })
    }

    fn features(&self) -> &'static [Feature] {
        match self.read_only {
            false => &[Feature::Persists, Feature::Writable, Feature::Lists],
            true => &[Feature::Lists],
        }
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        self.get_in(&Opened, &request.at)
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        self.may_write(&request.at)?;
        change::set(&Opened, self.format, &names::of(&request.at), value, expected).map(Some)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        self.may_write(&request.at)?;
        change::delete(&Opened, self.format, &names::of(&request.at), expected)
    }

    fn list_keys(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        self.list_in(&Opened, namespace, prefix, after)
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        self.check_in(&Opened)
    }
}

export_plugin! {
    FileSource,
    name: "file",
    description: "One JSON, TOML or YAML file, with a table for each key",
    features: ["persists", "writable", "lists"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "required": ["path"],
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "description": "The file. A relative path starts at the manifest's folder."
            },
            "format": {
                "enum": ["json", "toml", "yaml"],
                "description": "What is in it. Without it: what its name ends with."
            },
            "namespace": {
                "type": "string",
                "minLength": 1,
                "description": "The only namespace whose values it has. Without it: it has values of whichever is asked for."
            },
            "read-only": {
                "type": "boolean",
                "default": false,
                "description": "Whether nothing may be written. Of a YAML file it must be true."
            }
        }
    }"#,
    wants: r#"{"document":{"setting":"path"}}"#,
}

#[cfg(test)]
mod tests;
