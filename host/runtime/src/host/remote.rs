//! What a source over the network is made of: its address, which the settings or the person's environment give, how its
//! requests travel, and the files with credentials that its settings name.

use std::{collections::BTreeMap, path::PathBuf};

use harmony_config_core::{ConfigError, FailureCode};
use serde_json::{Map, Value};

use super::SourceBuilder;
use crate::{Variables, capability::http::origin::Origin, plugin::WantsHttp};

impl SourceBuilder {
    /// Fills the address in from the environment where the settings give none, and grants requests to its origin.
    ///
    /// Only for a plugin that comes with the program: which variables somebody else's reads, and where it sends what, is
    /// granted by hand.
    pub(super) fn reach_out(&mut self) -> Result<(), ConfigError> {
        let plugin = self.plugin.clone();
        let Some(wants) = plugin.facts().wants.http.as_ref() else { return Ok(()) };
        if !plugin.is_bundled() {
            return Ok(());
        }
        let variables = &self.host.inner.variables;
        if self.terms.ca_file.is_none() {
            self.terms.ca_file = first(variables, &wants.ca_file).map(|(_, file)| PathBuf::from(file));
        }
        if self.terms.skip_verify.is_none()
            && let Some((name, value)) = first(variables, &wants.skip_verify)
            && matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
        {
            self.terms.skip_verify = Some(name.to_owned());
        }
        let Some(setting) = &wants.setting else { return Ok(()) };
        let Some((whose, address)) = self.address(wants, setting) else { return Ok(()) };
        let (origin, _) = Origin::of_address(&address).map_err(|why| {
            ConfigError::usage(
                FailureCode::Invalid,
                format!("source `{}`: the address `{}` ({whose}) {why}", self.name, without_user(&address)),
                "give it as https://HOST:PORT",
            )
            .with_source_name(&self.name)
        })?;
        self.settings.insert(setting.clone(), address.into());
        self.grants.http.insert(origin);
        Ok(())
    }

    /// The address, and who says so.
    fn address(&self, wants: &WantsHttp, setting: &str) -> Option<(String, String)> {
        if let Some(given) = self.settings.get(setting) {
            // One that is no text is the schema's to refuse.
            return Some((format!("the setting `{setting}`"), given.as_str()?.to_owned()));
        }
        first(&self.host.inner.variables, &wants.variables).map(|(name, value)| (name.to_owned(), value))
    }

    /// The files that the wanted settings name, by the paths of the settings.
    pub(crate) fn credential_files(&self) -> Result<BTreeMap<Vec<String>, PathBuf>, ConfigError> {
        let named = self.plugin.facts().wants.credential_files(&self.settings);
        let file = |(setting, text): (Vec<String>, &str)| {
            // A relative path starts where the outermost setting was said.
            let base = setting.first().map(String::as_str).unwrap_or_default();
            let file = self.resolve(base, text)?;
            Ok((setting, file))
        };
        named.into_iter().map(file).collect()
    }
}

/// The first of these variables that is set and not empty.
fn first<'a>(variables: &Variables, names: &'a [String]) -> Option<(&'a str, String)> {
    names.iter().find_map(|name| {
        let value = variables.of_host(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then_some((name.as_str(), value))
    })
}

/// The address without what may be a password in it.
fn without_user(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => address.to_owned(),
    }
}

/// The host's word on a call's deadline, for a plugin that waits for others.
pub(super) fn add_deadline(words: &mut Map<String, Value>, deadline: std::time::Duration) {
    words.insert("timeout-ms".to_owned(), u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX).into());
}
