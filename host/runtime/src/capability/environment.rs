//! The environment variables of this process, as they are at the time of the call.

use std::{collections::BTreeMap, env, ffi::OsString, sync::Arc};

use harmony_config_core::{Failure, FailureCode};

use crate::{
    limits,
    policy::{Pass, Use},
};

/// Where variables come from.
#[derive(Clone, Debug, Default)]
pub enum Variables {
    /// The process.
    #[default]
    Process,
    /// These and no others: for tests, and for embedders that have an environment of their own.
    Fixed(Arc<BTreeMap<OsString, OsString>>),
}

impl Variables {
    /// These variables and no others.
    pub fn fixed<K: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Variables::Fixed(Arc::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// A variable that decides about the host itself, not about a value.
    pub(crate) fn of_host(&self, name: &str) -> Option<OsString> {
        match self {
            Variables::Process => env::var_os(name),
            Variables::Fixed(map) => map.get(&OsString::from(name)).cloned(),
        }
    }

    /// The value of the variable that the pass names.
    pub(crate) fn get(&self, pass: &Pass<'_>) -> Result<Option<String>, Failure> {
        let Use::Variable(name) = pass.what() else { return Ok(None) };
        // `env::var_os` panics, or answers nonsense, for names that cannot be names.
        if name.is_empty() || name.contains(['=', '\0']) {
            return Ok(None);
        }
        let Some(value) = self.of_host(name) else { return Ok(None) };
        if value.len() > limits::MAX_VALUE_BYTES {
            return Err(Failure::new(
                FailureCode::Invalid,
                format!("the variable `{name}` is {} bytes long; the most is {}", value.len(), limits::MAX_VALUE_BYTES),
            ));
        }
        value.into_string().map(Some).map_err(|_| {
            Failure::new(FailureCode::Invalid, format!("the variable `{name}` is not Unicode"))
                .with_remedy("set it to a text in UTF-8, or unset it")
        })
    }

    /// The names that begin as the pass says, sorted.
    pub(crate) fn names(&self, pass: &Pass<'_>) -> Vec<String> {
        let Use::VariableNames(prefix) = pass.what() else { return Vec::new() };
        let begins =
            |name: &OsString| name.to_str().filter(|name| has_prefix(name, prefix, cfg!(windows))).map(str::to_owned);
        let mut names: Vec<String> = match self {
            Variables::Process => env::vars_os().filter_map(|(name, _)| begins(&name)).collect(),
            Variables::Fixed(map) => map.keys().filter_map(begins).collect(),
        };
        names.sort_unstable();
        names
    }
}

/// Whether a variable's name begins with a prefix. Names are case-blind on Windows.
pub(crate) fn has_prefix(name: &str, prefix: &str, case_blind: bool) -> bool {
    match name.as_bytes().get(..prefix.len()) {
        Some(start) if case_blind => start.eq_ignore_ascii_case(prefix.as_bytes()),
        Some(start) => start == prefix.as_bytes(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_blind_where_the_platform_is() {
        assert!(has_prefix("harmony_config_A", "HARMONY_CONFIG_", true));
        assert!(!has_prefix("harmony_config_A", "HARMONY_CONFIG_", false));
        assert!(!has_prefix("HARMONY", "HARMONY_CONFIG_", true));
    }
}
