//! What a source does over the network: where its requests go and how they travel, and which credentials of the person go
//! there with them. Whether a single request may be sent is the policy's to say.

use std::path::{Path, PathBuf};

use harmony_config_core::ConfigError;
use serde_json::{Map, Value, json};

use super::finder::{Finder, Weight};
use crate::{
    Origin,
    manifest::ManifestSource,
    plugin::{Facts, WantsHttp, each_setting},
    words::names_a_secret,
};

impl Finder<'_> {
    /// A source of a plugin that comes with this program: all but its settings, which are facts of their own.
    pub(super) fn remote(
        &mut self,
        name: &str,
        facts: &Facts,
        wanted: &WantsHttp,
        source: &ManifestSource,
    ) -> Result<(), ConfigError> {
        let given = wanted.setting.as_ref().and_then(|setting| Some((setting, source.settings.get(setting)?)));
        let Some((setting, address)) = given else {
            // Which address the environment has is no fact: it is the person's own, and another on each machine.
            self.requests(name, None, "to the address that your environment has ", source)?;
            return self.credential_files(name, facts, source);
        };
        let address = plain(address.as_str().unwrap_or_default());
        self.requests(name, Some(&address), &format!("to {address} "), source)?;
        if self.is_said_by_the_project(name, setting, source) {
            self.sign_in(name, facts, setting, &address, source);
        }
        self.credential_files(name, facts, source)
    }

    /// Where requests go and how they travel, as one: an address that was trusted is another without its certificate.
    pub(super) fn requests(
        &mut self,
        name: &str,
        address: Option<&str>,
        to: &str,
        source: &ManifestSource,
    ) -> Result<(), ConfigError> {
        let (terms, mut said) = self.terms(source)?;
        said.extend(source.proxy.as_ref().map(|proxy| format!("through the proxy {proxy}")));
        if address.is_none() && said.is_empty() {
            return Ok(());
        }
        let travel: String = said.iter().map(|how| format!(", {how}")).collect();
        let at = match (address, terms.is_empty()) {
            (Some(_), _) => "settings",
            (None, false) => "tls",
            (None, true) => "proxy",
        };
        self.add(
            Weight::Address,
            &json!(["address", name, address, terms, source.proxy]),
            format!("send requests {to}as source `{name}`{travel}"),
            &["source", name, at],
        );
        Ok(())
    }

    /// The terms of TLS that are not those of everybody, and the same in words.
    fn terms(&self, source: &ManifestSource) -> Result<(Map<String, Value>, Vec<String>), ConfigError> {
        let (mut terms, mut said) = (Map::new(), Vec::new());
        let tls = &source.tls;
        if let Some(file) = &tls.ca_file {
            let file = self.written(&self.real(&self.at_home(file))?);
            said.push(format!("trusting the CA file {file}"));
            terms.insert("ca-file".to_owned(), file.into());
        }
        if let Some(server) = &tls.server_name {
            said.push(format!("taking a certificate for `{server}`"));
            terms.insert("server-name".to_owned(), server.as_str().into());
        }
        if tls.skip_verify {
            // Then the rest says nothing.
            said = vec!["without checking its certificate".to_owned()];
            terms.insert("skip-verify".to_owned(), true.into());
        }
        Ok((terms, said))
    }

    /// What the person has for their own server goes to the address of a project.
    fn sign_in(&mut self, name: &str, facts: &Facts, setting: &str, address: &str, source: &ManifestSource) {
        let variables = &facts.wants.variables;
        if !variables.is_empty() {
            let secret: Vec<&str> =
                variables.iter().map(String::as_str).filter(|variable| names_a_secret(variable)).collect();
            let shown = if secret.is_empty() { variables.join(", ") } else { secret.join(", ") };
            self.add(
                Weight::Credential,
                // All of them, set or not: so it is the same on every machine.
                &json!(["sign-in", name, address, variables]),
                format!("sign in at {address} with what your environment has: {shown}"),
                &["source", name, "settings", setting],
            );
        }
        let own: Vec<&str> = source
            .settings
            .iter()
            .filter(|(setting, value)| has_a_secret(facts, setting, value))
            .filter(|(setting, _)| !self.is_said_by_the_project(name, setting, source))
            .map(|(setting, _)| setting.as_str())
            .collect();
        if !own.is_empty() {
            let words = format!("sign in at {address} with what your own manifest has: {}", own.join(", "));
            self.add(
                Weight::Credential,
                &json!(["sign-in-as-said", name, address, own]),
                words,
                &["source", name, "settings", setting],
            );
        }
    }

    /// The files that the host reads for the plugin because a setting names them.
    fn credential_files(&mut self, name: &str, facts: &Facts, source: &ManifestSource) -> Result<(), ConfigError> {
        for (setting, file) in facts.wants.credential_files(&source.settings) {
            let base = setting.first().map(String::as_str).unwrap_or_default();
            let at = ["source", name, "settings", base];
            let file = self.written(&self.real(&self.absolute(Path::new(file), self.manifest.place(&at)))?);
            let words = format!("hand the content of {file} to `{name}`, as its setting `{}`", setting.join("."));
            self.add(Weight::Credential, &json!(["credential-file", name, setting, file]), words, &at);
        }
        Ok(())
    }

    /// What `~/` is, where the rest of the path was put together already.
    pub(super) fn at_home(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.places.home) {
            (Ok(below), Some(home)) => home.join(below),
            _ => path.to_owned(),
        }
    }
}

/// The address in the one spelling that equal ones have.
fn plain(address: &str) -> String {
    match Origin::of_address(address) {
        Ok((origin, path)) => format!("{origin}{}", path.trim_end_matches('/')),
        // It is refused when the source is made.
        Err(_) => address.to_owned(),
    }
}

fn has_a_secret(facts: &Facts, name: &str, value: &Value) -> bool {
    let mut has = false;
    each_setting(value, &mut vec![name.to_owned()], &mut |setting, _| has |= facts.is_secret_setting(setting));
    has
}
