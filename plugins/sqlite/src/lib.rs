//! The source `sqlite`: values in an SQLite database that the host opened. The default namespace without instances is in
//! the table that `harmony_config` has always used; everything else is in a table of its own. Which file it is, the host
//! decides. What the tables are is `tables`; reading and writing is `store`, listing `listing`.

mod listing;
mod store;
mod tables;

use harmony_config_plugin_shared::may_write;
use harmony_config_sdk::{
    Entry, Expected, Failure, Feature, Host, Page, Request, Source, export_plugin,
    sql::{self, Outcome, Statement},
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// The host's to use: it opens the file.
    #[serde(default, rename = "path")]
    _path: Option<String>,
    #[serde(default)]
    read_only: bool,
}

struct SqliteSource {
    read_only: bool,
    default_namespace: String,
}

/// The database. A seam: the functions of the SDK exist only inside a host.
trait Database {
    fn query(&self, statement: &Statement) -> Result<Outcome, Failure>;
    fn transaction(&self, statements: &[Statement]) -> Result<Vec<Outcome>, Failure>;
    fn location(&self) -> String;
}

/// The host's.
struct HostDatabase;

impl Database for HostDatabase {
    fn query(&self, statement: &Statement) -> Result<Outcome, Failure> {
        sql::query(statement)
    }

    fn transaction(&self, statements: &[Statement]) -> Result<Vec<Outcome>, Failure> {
        sql::transaction(statements)
    }

    fn location(&self) -> String {
        sql::location()
    }
}

impl SqliteSource {
    fn may_write(&self) -> Result<(), Failure> {
        may_write(self.read_only)
    }
}

impl Source for SqliteSource {
    type Settings = Settings;

    fn configure(settings: Settings, host: Host) -> Result<Self, Failure> {
        Ok(SqliteSource { read_only: settings.read_only, default_namespace: host.default_namespace })
    }

    fn features(&self) -> &'static [Feature] {
        match self.read_only {
            false => &[Feature::Persists, Feature::Writable, Feature::Lists],
            true => &[Feature::Lists],
        }
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        store::get(&HostDatabase, &self.default_namespace, &request.at)
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        self.may_write()?;
        store::set(&HostDatabase, &self.default_namespace, &request.at, value, expected).map(Some)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        self.may_write()?;
        store::delete(&HostDatabase, &self.default_namespace, &request.at, expected)
    }

    fn list_keys(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        listing::list(&HostDatabase, &self.default_namespace, namespace, prefix, after)
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        tables::check(&HostDatabase)
    }
}

export_plugin! {
    SqliteSource,
    name: "sqlite",
    description: "An SQLite database on this machine",
    features: ["persists", "writable", "lists"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "description": "The database file. Without it: config.db in the person's data folder."
            },
            "read-only": {
                "type": "boolean",
                "default": false,
                "description": "Whether nothing may be written."
            }
        }
    }"#,
    wants: r#"{"sql":{"setting":"path"}}"#,
}

#[cfg(test)]
mod tests;
