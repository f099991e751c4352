//! What holds where no manifest says it: the chain, and what the environment adds to it.

use std::collections::BTreeMap;

use super::{Manifest, ManifestLine, ManifestSource};
use crate::Variables;

/// The chain where nobody says one.
const CHAIN: [&str; 3] = ["env", "sqlite", "prompt"];

/// The team's store, and the variable that puts it into that chain. `BAO_ADDR` and `VAULT_ADDR` do not: they are set for
/// other programs, whose owner did not mean this one.
const STORE: (&str, &str) = ("openbao", "OPENBAO_URL");

/// The chain where no manifest says one.
pub(super) struct Implied {
    pub(super) chain: Vec<&'static str>,
    /// Why a source is in it that is not always.
    pub(super) because: BTreeMap<String, String>,
}

impl Implied {
    pub(super) fn of(environment: &Variables) -> Self {
        let mut implied = Implied { chain: CHAIN.to_vec(), because: BTreeMap::new() };
        let (store, variable) = STORE;
        if environment.of_host(variable).is_some_and(|address| !address.is_empty()) {
            implied.chain.insert(1, store);
            implied.because.insert(store.to_owned(), format!("the environment has {variable}"));
        }
        implied
    }

    /// As one of the lines that hold.
    pub(super) fn line(&self) -> ManifestLine {
        let because = self.because.iter().map(|(source, why)| format!("; `{source}` because {why}"));
        let mut line = by_itself("chain", self.chain.iter().copied().collect());
        line.note = line.note.map(|note| note + &because.collect::<String>());
        line
    }
}

/// A line that nobody said.
pub(super) fn by_itself(name: &str, value: serde_json::Value) -> ManifestLine {
    ManifestLine { path: vec![name.to_owned()], value, place: None, note: Some("by default".to_owned()) }
}

impl Manifest {
    /// What holds where there is no manifest, in this environment.
    pub(crate) fn without_any(app: &str, environment: &Variables) -> Self {
        let implied = Implied::of(environment);
        Manifest {
            file: None,
            files: Vec::new(),
            profile: None,
            app: app.to_owned(),
            namespace: app.to_owned(),
            chain: implied.chain.iter().map(|name| (*name).to_owned()).collect(),
            sources: implied.chain.iter().map(|name| ((*name).to_owned(), ManifestSource::bundled(name))).collect(),
            persist: BTreeMap::new(),
            keys: Vec::new(),
            values: BTreeMap::new(),
            schema: None,
            variables: BTreeMap::new(),
            lines: vec![by_itself("namespace", app.into()), implied.line()],
            because: implied.because,
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(variables: &[(&'static str, &'static str)]) -> Vec<String> {
        Manifest::without_any("harmony", &Variables::fixed(variables.iter().copied())).chain
    }

    #[test]
    fn the_address_of_the_teams_store_puts_it_after_the_environment() {
        assert_eq!(chain(&[("OPENBAO_URL", "https://bao.example.com")]), ["env", "openbao", "sqlite", "prompt"]);
        assert_eq!(chain(&[("OPENBAO_URL", "")]), CHAIN);
        assert_eq!(chain(&[("BAO_ADDR", "https://a"), ("VAULT_ADDR", "https://b")]), CHAIN);
    }

    #[test]
    fn the_line_says_which_variable_did_it() {
        let variables = Variables::fixed([("OPENBAO_URL", "https://bao.example.com")]);
        let manifest = Manifest::without_any("harmony", &variables);
        let chain = manifest.lines.iter().find(|line| line.path == ["chain"]).unwrap();
        assert_eq!(chain.note.as_deref(), Some("by default; `openbao` because the environment has OPENBAO_URL"));
        assert_eq!(manifest.because["openbao"], "the environment has OPENBAO_URL");
    }
}
