//! The source `dotenv`: a `.env` file, read as if its lines were variables of the environment, by the names that the
//! source `env` has: what they mean is shared with it. How the file is written is `lines`; what a change does to it, `write`.
//! Nothing is put into the environment of anybody, and `$NAME` in a text is that text.

mod lines;
mod write;

use harmony_config_plugin_shared::{
    document::{self, File, Opened},
    may_write, text,
    variables::{self, Variables, names},
};
use harmony_config_sdk::{Entry, Expected, Failure, Feature, Host, Request, Source, export_plugin};
use serde::Deserialize;
use serde_json::Value;

use crate::lines::Lines;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// The host's to use: it opens the file.
    #[serde(default, rename = "path")]
    _path: Option<String>,
    #[serde(default)]
    read_only: bool,
}

struct DotenvSource {
    prefix: String,
    read_only: bool,
}

impl Variables for Lines<'_> {
    fn get(&self, name: &str) -> Result<Option<String>, Failure> {
        self.value(name)
    }

    fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let mut names: Vec<String> = self.all.iter().map(|line| line.name.to_owned()).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

impl DotenvSource {
    fn may_write(&self) -> Result<(), Failure> {
        may_write(self.read_only)
    }

    /// The value as a text has it. Its location is in the file, and its version of its own lines alone.
    fn read(&self, text: &str, location: &str, request: &Request) -> Result<Option<Entry>, Failure> {
        let in_file = |failure: Failure| Failure { message: format!("{location}: {}", failure.message), ..failure };
        let lines = Lines::of(text).map_err(in_file)?;
        let Some(mut entry) = variables::read(&lines, &self.prefix, request).map_err(in_file)? else { return Ok(None) };
        entry.version = Some(write::version(&lines, &self.prefix, &request.at));
        entry.location = format!("{location}: {}", entry.location);
        Ok(Some(entry))
    }

    fn get_in(&self, file: &impl File, request: &Request) -> Result<Option<Entry>, Failure> {
        let Some(content) = file.read()? else { return Ok(None) };
        let text = text::decode(&content.bytes, || file.location())?;
        self.read(text.text, &file.location(), request)
    }

    fn set_in(
        &self,
        file: &impl File,
        request: &Request,
        value: &str,
        expected: &Expected,
    ) -> Result<Option<String>, Failure> {
        let location = file.location();
        let meant: Value = serde_json::from_str(value)
            .map_err(|error| Failure::invalid(format!("the value to be written to {location} is not JSON: {error}")))?;
        document::change(file, |before| {
            self.expect(before, &location, request, expected)?;
            let after = write::set(before, &self.prefix, &request.at, &meant.to_string())?;
            // What cannot be read again as it was meant is not written at all.
            let again = self.read(&after, &location, request)?;
            let same = |entry: &Entry| {
                !entry.partial && serde_json::from_str::<Value>(&entry.value).is_ok_and(|read| read == meant)
            };
            match again.filter(same) {
                Some(entry) => Ok(Some((after, entry.version.unwrap_or_default()))),
                None => Err(Failure::unsupported(format!("{location} would not be read as it was written"))
                    .remedy("write the value to another source")),
            }
        })
    }

    fn delete_in(&self, file: &impl File, request: &Request, expected: &Expected) -> Result<(), Failure> {
        let location = file.location();
        let changed = document::change(file, |before| {
            self.expect(before, &location, request, expected)?;
            let after = write::remove(before, &self.prefix, &request.at)?;
            Ok((after != before).then_some((after, ())))
        });
        changed.map(|_| ())
    }

    fn expect(&self, text: &str, location: &str, request: &Request, expected: &Expected) -> Result<(), Failure> {
        if *expected == Expected::Anything {
            return Ok(());
        }
        let version = self.read(text, location, request)?.and_then(|entry| entry.version);
        let what = format!("{location}: {}", names::whole(&self.prefix, &request.at));
        document::expect(&what, version.as_deref(), expected)
    }

    fn check_in(&self, file: &impl File) -> Result<Vec<String>, Failure> {
        let place = file.location();
        let Some(content) = file.read()? else { return Ok(vec![format!("{place} does not exist")]) };
        let text = text::decode(&content.bytes, || file.location())?;
        let lines = Lines::of(text.text)?;
        let own: Vec<_> = lines.all.iter().filter(|line| line.name.starts_with(&self.prefix)).collect();
        let mut findings = vec![format!("{place} can be read: {} of its lines begin with {}", own.len(), self.prefix)];
        for line in own {
            if names::has_empty_part(line.name) {
                findings.push(format!(
                    "{place}, line {}: {} is not read: between two `__` of it there is nothing",
                    line.number, line.name
                ));
            }
            if line.expands {
                findings.push(format!(
                    "{place}, line {}: `$` in {} is taken as it stands; other programs may put a variable there",
                    line.number, line.name
                ));
            }
        }
        findings
            .extend(lines.odd.iter().map(|number| format!("{place}, line {number} is not read: it sets no variable")));
        Ok(findings)
    }
}

impl Source for DotenvSource {
    type Settings = Settings;

    fn configure(settings: Settings, host: Host) -> Result<Self, Failure> {
        Ok(DotenvSource { prefix: host.prefix, read_only: settings.read_only })
    }

    /// It does not keep answers by itself: who keeps a `.env` writes it by hand, and what is put there wins over the stores
    /// below it. A manifest that lists it in `persist` is obeyed.
    fn features(&self) -> &'static [Feature] {
        match self.read_only {
            false => &[Feature::Writable, Feature::Refs],
            true => &[Feature::Refs],
        }
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        self.get_in(&Opened, request)
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        self.may_write()?;
        self.set_in(&Opened, request, value, expected)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        self.may_write()?;
        self.delete_in(&Opened, request, expected)
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        self.check_in(&Opened)
    }
}

export_plugin! {
    DotenvSource,
    name: "dotenv",
    description: "A .env file, read by the names of environment variables",
    features: ["writable", "refs"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "default": ".env",
                "description": "The file. A relative path starts at the manifest's folder."
            },
            "read-only": {
                "type": "boolean",
                "default": false,
                "description": "Whether nothing may be written."
            }
        }
    }"#,
    wants: r#"{"document":{"setting":"path"}}"#,
}

#[cfg(test)]
mod tests;
