//! What makes a source an identity, and what makes it one that gets the tokens of an identity.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use harmony_config_core::{ConfigError, FailureCode};
use serde_json::json;

use super::SourceBuilder;
use crate::{
    Identity,
    capability::{identities::Named, sign_ins::SignIns},
};

impl SourceBuilder {
    /// The identity that the setting at this path names, and whom its tokens are for: none is whoever the identity is a
    /// client of. Without one, the plugin is refused tokens whatever its settings say.
    #[must_use]
    pub fn identity(mut self, setting: &[&str], identity: &Identity, audience: Option<&str>) -> Self {
        let setting = setting.iter().map(|part| (*part).to_owned()).collect();
        self.identities.insert(setting, Named { identity: identity.clone(), audience: audience.map(str::to_owned) });
        self
    }

    /// An identity: the same as a source, of a plugin that signs somebody in.
    ///
    /// # Errors
    /// As [`build`](Self::build), and [`ConfigError::Usage`] where the plugin is no identity.
    pub fn build_identity(mut self) -> Result<Identity, ConfigError> {
        if !self.plugin.facts().is_identity() {
            return Err(ConfigError::usage(
                FailureCode::Unsupported,
                format!("source `{}` is no identity: plugin `{}` signs nobody in", self.name, self.plugin.name()),
                "name one that does, for example `zitadel`",
            )
            .with_source_name(&self.name));
        }
        self.reach_out()?;
        // What makes it another identity: its settings, and what it may read of the environment instead.
        let variables = &self.host.inner.variables;
        let from_environment: BTreeMap<&str, String> = self
            .grants
            .variables
            .iter()
            .filter_map(|name| Some((name.as_str(), variables.of_host(name)?.to_string_lossy().into_owned())))
            .collect();
        let files: Vec<PathBuf> = self.credential_files()?.into_values().collect();
        let (plugin, settings) = (json!([self.app, self.owner()]), json!([self.settings, from_environment, files]));
        let sign_ins = SignIns::new(Arc::clone(&self.host.inner.sessions), &plugin, &settings);
        Ok(Identity::new(self.build()?, sign_ins))
    }
}
