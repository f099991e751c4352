//! What holds where no manifest says it: the chain, and what the environment adds to it.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Manifest, ManifestIdentity, ManifestLine, ManifestSource};
use crate::Variables;

/// The chain where nobody says one.
const CHAIN: [&str; 3] = ["env", "sqlite", "prompt"];

/// The team's store, and the variable that puts it into that chain. `BAO_ADDR` and `VAULT_ADDR` do not: they are set for
/// other programs, whose owner did not mean this one.
const STORE: (&str, &str) = ("openbao", "OPENBAO_URL");

/// Who signs the person in there, and the variables that say so: both of them.
const IDENTITY: (&str, [&str; 2]) = ("zitadel", ["HARMONY_SSO_URL", "HARMONY_SSO_CLIENT_ID"]);

/// The chain where no manifest says one.
pub(super) struct Implied {
    pub(super) chain: Vec<&'static str>,
    /// Why a source is in it that is not always.
    pub(super) because: BTreeMap<String, String>,
    /// Whether the store is told who signs the person in.
    signs_in: bool,
}

impl Implied {
    pub(super) fn of(environment: &Variables) -> Self {
        let mut implied = Implied { chain: CHAIN.to_vec(), because: BTreeMap::new(), signs_in: false };
        let (store, variable) = STORE;
        let is_set = |name: &str| environment.of_host(name).is_some_and(|value| !value.is_empty());
        if is_set(variable) {
            implied.chain.insert(1, store);
            let mut because = format!("the environment has {variable}");
            let (identity, [issuer, client]) = IDENTITY;
            if is_set(issuer) && is_set(client) {
                implied.signs_in = true;
                because += &format!(", and `{identity}` signs in there because it has {issuer} and {client}");
            }
            implied.because.insert(store.to_owned(), because);
        }
        implied
    }

    /// The sources: those of the chain, and who signs in for one of them.
    pub(super) fn sources(&self) -> BTreeMap<String, ManifestSource> {
        let mut sources: BTreeMap<_, _> =
            self.chain.iter().map(|name| ((*name).to_owned(), ManifestSource::bundled(name))).collect();
        if self.signs_in
            && let Some(store) = sources.get_mut(STORE.0)
        {
            let (identity, _) = IDENTITY;
            // What the environment has of other ways goes before it, as without an identity.
            let auth =
                json!([{ "method": "token" }, { "method": "userpass" }, { "method": "jwt", "identity": identity }]);
            store.settings.insert("auth".to_owned(), auth);
            store.identities.push(ManifestIdentity {
                setting: ["auth", "2", "identity"].map(str::to_owned).to_vec(),
                source: identity.to_owned(),
                audience: None,
            });
            sources.insert(identity.to_owned(), ManifestSource::bundled(identity));
        }
        sources
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
            sources: implied.sources(),
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
    fn who_signs_the_person_in_is_named_where_both_variables_say_so() {
        let variables =
            |names: &[&'static str]| Variables::fixed(names.iter().map(|name| (*name, "https://x.example.com")));
        let whole =
            Manifest::without_any("harmony", &variables(&["OPENBAO_URL", "HARMONY_SSO_URL", "HARMONY_SSO_CLIENT_ID"]));
        assert_eq!(whole.chain, ["env", "openbao", "sqlite", "prompt"], "an identity holds no values");
        assert_eq!(whole.sources["openbao"].identities[0].source, "zitadel");
        assert!(whole.sources.contains_key("zitadel"));
        assert!(whole.because["openbao"].ends_with("because it has HARMONY_SSO_URL and HARMONY_SSO_CLIENT_ID"));
        for some in [&["OPENBAO_URL", "HARMONY_SSO_URL"][..], &["HARMONY_SSO_URL", "HARMONY_SSO_CLIENT_ID"]] {
            assert!(!Manifest::without_any("harmony", &variables(some)).sources.contains_key("zitadel"), "{some:?}");
        }
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
