//! The capabilities that a plugin says it wants, and which of its settings they are about.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{policy::fits, words::names_a_secret};

/// The capabilities that a plugin wants. What it gets, the grants say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Wants {
    /// The app's own environment variables.
    pub environment: Option<serde::de::IgnoredAny>,
    /// A database of its own.
    pub sql: Option<WantsSql>,
    /// To ask the person.
    pub prompt: Option<serde::de::IgnoredAny>,
    /// A directory.
    pub files: Option<WantsFiles>,
    /// One file.
    pub document: Option<WantsDocument>,
    /// Entries in the keyring of the operating system.
    pub keyring: Option<serde::de::IgnoredAny>,
    /// Requests over the network.
    pub http: Option<WantsHttp>,
    /// What its sign-ins leave behind.
    pub session: Option<serde::de::IgnoredAny>,
    /// Files with a credential in them: the paths of the settings that name one, `*` for any member: `auth.*.file`.
    pub credential_files: Vec<String>,
    /// To show the person a page that they are to open.
    pub attention: Option<serde::de::IgnoredAny>,
    /// Tokens of an identity: the paths of the settings that name one, `*` for any member: `auth.*.identity`. The member
    /// `audience` beside such a setting says whom the tokens are for.
    pub identities: Vec<String>,
    /// Environment variables besides the app's own, by their whole names.
    pub variables: Vec<String>,
    /// Whether secrets are to be sealed before the plugin gets them. Where it says nothing, they are if it wants what plain
    /// files are kept in: a database, a directory or a file. It says no where it keeps nothing there, or seals itself.
    pub seal: Option<bool>,
}

impl Wants {
    /// Those of the wanted variables whose names do not say that they are secrets. What the plugin may read of them is
    /// granted; this is only about what is blotted out of its messages.
    pub(crate) fn plain_variables(&self) -> BTreeSet<String> {
        self.variables.iter().filter(|name| !names_a_secret(name)).cloned().collect()
    }

    /// Whether what it gets lies in plain files.
    pub(crate) fn keeps_plain(&self) -> bool {
        self.seal.unwrap_or(self.sql.is_some() || self.files.is_some() || self.document.is_some())
    }

    /// The settings that name a file with a credential, each with its path and the file as it is written.
    pub(crate) fn credential_files<'a>(&self, settings: &'a Map<String, Value>) -> Vec<(Vec<String>, &'a str)> {
        let mut found = Vec::new();
        if self.credential_files.is_empty() {
            return found;
        }
        for (name, value) in settings {
            each_setting(value, &mut vec![name.clone()], &mut |setting, value| {
                if let Value::String(file) = value
                    && self.credential_files.iter().any(|pattern| fits(pattern, setting))
                {
                    found.push((setting.to_vec(), file.as_str()));
                }
            });
        }
        found
    }

    /// Whether a setting names an identity.
    pub(crate) fn is_an_identity(&self, setting: &[String]) -> bool {
        self.identities.iter().any(|pattern| fits(pattern, setting))
    }

    /// Whether a setting says what the host opens for the plugin: a file, an address.
    pub(crate) fn is_opened_by_the_host(&self, setting: &[String]) -> bool {
        let [files, sql] = [self.files.as_ref().map(|files| &files.setting), self.sql.as_ref().map(|sql| &sql.setting)];
        let document = self.document.as_ref().map(|document| &document.setting);
        let address = self.http.as_ref().and_then(|http| http.setting.as_ref());
        [files, sql, document, address].into_iter().flatten().any(|name| setting == std::slice::from_ref(name))
            || self.credential_files.iter().chain(&self.identities).any(|pattern| fits(pattern, setting))
    }
}

/// Looks at a setting and at all that is in it, each with its path.
pub(crate) fn each_setting<'a>(value: &'a Value, path: &mut Vec<String>, look: &mut impl FnMut(&[String], &'a Value)) {
    look(path, value);
    let mut inside = |name: String, value: &'a Value| {
        path.push(name);
        each_setting(value, path, look);
        path.pop();
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| inside(name.clone(), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| inside(place.to_string(), value));
        }
        _ => {}
    }
}

/// A database that a plugin wants.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct WantsSql {
    /// The setting that names its file.
    pub setting: String,
}

impl Default for WantsSql {
    fn default() -> Self {
        WantsSql { setting: "path".to_owned() }
    }
}

/// Requests over the network that a plugin wants to make.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct WantsHttp {
    /// The setting that has the address, if there is one.
    pub setting: Option<String>,
    /// The environment variables that give the address where the settings do not: the first that is set.
    pub variables: Vec<String>,
    /// The environment variables that name a file with the certificates to trust, where the manifest names none.
    pub ca_file: Vec<String>,
    /// The environment variables that say, with `1` or `true`, that no certificate is to be checked.
    pub skip_verify: Vec<String>,
}

/// A directory that a plugin wants.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct WantsFiles {
    /// The setting that names it.
    pub setting: String,
}

/// One file that a plugin wants.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct WantsDocument {
    /// The setting that names it. Where it is not given, the `default` in the schema of the settings is the file.
    pub setting: String,
}
