//! Policies: their text, read as the server's language has it, and the judgement of a path by them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{policy_text, time::Moment};

pub(crate) type Capabilities = BTreeSet<String>;

#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) text: String,
    pub(crate) modified: Moment,
    pub(crate) version: u64,
    /// Paths in the order of the text.
    pub(crate) rules: Vec<(String, Capabilities)>,
}

impl Policy {
    pub(crate) fn parse(text: &str, modified: Moment, version: u64) -> Result<Self, String> {
        let rules = match serde_json::from_str::<Value>(text) {
            Ok(json) => rules_of_json(&json).ok_or_else(|| "'path' is not an object of paths".to_owned())?,
            Err(_) => policy_text::rules(text)?,
        };
        Ok(Self { text: text.to_owned(), modified, version, rules })
    }

    /// What every token may do that was not made without it.
    pub(crate) fn default_policy(now: Moment) -> Self {
        let rule = |(path, what): &(&str, &[&str])| {
            ((*path).to_owned(), what.iter().map(|word| (*word).to_owned()).collect::<Capabilities>())
        };
        let rules: Vec<_> = DEFAULT.iter().map(rule).collect();
        let line = |(path, what): &(String, Capabilities)| {
            let what: Vec<_> = what.iter().map(|word| format!("{word:?}")).collect();
            format!("path {path:?} {{\n    capabilities = [{}]\n}}\n", what.join(", "))
        };
        let text = rules.iter().map(line).collect();
        Self { text, modified: now, version: 1, rules }
    }
}

const DEFAULT: &[(&str, &[&str])] = &[
    ("auth/token/lookup-self", &["read"]),
    ("auth/token/renew-self", &["update"]),
    ("auth/token/revoke-self", &["update"]),
    ("sys/capabilities-self", &["update"]),
    ("sys/internal/ui/resultant-acl", &["read"]),
    ("sys/leases/renew", &["update"]),
    ("sys/leases/lookup", &["update"]),
    ("cubbyhole/*", &["create", "read", "update", "delete", "list"]),
    ("sys/wrapping/wrap", &["update"]),
    ("sys/wrapping/lookup", &["update"]),
    ("sys/wrapping/unwrap", &["update"]),
];

fn rules_of_json(json: &Value) -> Option<Vec<(String, Capabilities)>> {
    let rule = |(path, rule): (&String, &Value)| {
        let words = rule.get("capabilities")?.as_array()?;
        Some((path.clone(), words.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
    };
    json.get("path")?.as_object()?.iter().map(rule).collect()
}

/// What policies say together of a path.
#[derive(Debug, Default)]
pub(crate) struct Acl {
    root: bool,
    /// The same path in two policies: both together.
    rules: BTreeMap<String, Capabilities>,
}

impl Acl {
    pub(crate) fn root() -> Self {
        Self { root: true, rules: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, namespace: &str, policy: &Policy) {
        for (path, capabilities) in &policy.rules {
            let path = format!("{namespace}{}", path.trim_start_matches('/'));
            self.rules.entry(path).or_default().extend(capabilities.iter().cloned());
        }
    }

    /// What may be done at a path: `["root"]`, `["deny"]`, or the words.
    pub(crate) fn capabilities(&self, path: &str) -> Vec<String> {
        if self.root {
            return vec!["root".to_owned()];
        }
        match self.rule(path) {
            Some(found) if !found.contains("deny") && !found.is_empty() => found.iter().cloned().collect(),
            _ => vec!["deny".to_owned()],
        }
    }

    pub(crate) fn allows(&self, path: &str, capability: &str) -> bool {
        self.root || self.rule(path).is_some_and(|found| !found.contains("deny") && found.contains(capability))
    }

    /// Whether anything at all is allowed below a mount.
    pub(crate) fn reaches(&self, mount: &str) -> bool {
        let meets = |pattern: &str| {
            let fixed = pattern.split(['*', '+']).next().unwrap_or_default();
            fixed.starts_with(mount) || (pattern.contains(['*', '+']) && mount.starts_with(fixed))
        };
        let useful = |capabilities: &Capabilities| !capabilities.is_empty() && !capabilities.contains("deny");
        self.root || self.rules.iter().any(|(pattern, capabilities)| useful(capabilities) && meets(pattern))
    }

    /// The one rule that counts: the exact path, else the most specific pattern.
    fn rule(&self, path: &str) -> Option<&Capabilities> {
        let exact = self.rules.get(path).or_else(|| self.rules.get(path.strip_suffix('/')?));
        exact.or_else(|| {
            let fitting = self.rules.iter().filter(|(pattern, _)| fits(pattern, path));
            fitting.max_by_key(|(pattern, _)| specificity(pattern)).map(|(_, capabilities)| capabilities)
        })
    }
}

/// Whether a pattern with `+` (one segment) or `*` (at its end, anything) fits a path.
fn fits(pattern: &str, path: &str) -> bool {
    if !pattern.contains(['*', '+']) {
        return false;
    }
    let (pattern, open) = pattern.strip_suffix('*').map_or((pattern, false), |start| (start, true));
    let mut segments = path.split('/');
    let mut wanted = pattern.split('/').peekable();
    while let Some(want) = wanted.next() {
        let Some(segment) = segments.next() else { return false };
        let last = wanted.peek().is_none();
        let fitting = match want {
            "+" => !segment.is_empty(),
            _ if last && open => segment.starts_with(want),
            _ => segment == want,
        };
        if !fitting {
            return false;
        }
    }
    open || segments.next().is_none()
}

/// The server's order: a later first wildcard wins, then no `*` at the end, then fewer `+`, then the longer, then the later.
fn specificity(pattern: &str) -> (usize, bool, std::cmp::Reverse<usize>, usize, &str) {
    let first = pattern.find(['*', '+']).unwrap_or(pattern.len());
    let segments = pattern.split('/').filter(|segment| *segment == "+").count();
    (first, !pattern.ends_with('*'), std::cmp::Reverse(segments), pattern.len(), pattern)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn acl(text: &str) -> Acl {
        let mut acl = Acl::default();
        acl.add("", &Policy::parse(text, Duration::ZERO, 1).expect("the policy parses"));
        acl
    }

    #[test]
    fn a_star_is_anything_and_a_plus_is_one_segment() {
        let acl = acl(r#"
            path "team/data/harmony/*" { capabilities = ["read"] }
            path "team/+/shared" { capabilities = ["list"] }
        "#);
        assert!(acl.allows("team/data/harmony/a/b", "read"));
        assert!(!acl.allows("team/data/harmony/a", "update"));
        assert!(!acl.allows("team/data/harmon", "read"));
        assert!(acl.allows("team/data/shared", "list"));
        assert!(!acl.allows("team/data/x/shared", "list"));
    }

    #[test]
    fn the_most_specific_rule_counts_alone() {
        let acl = acl(r#"
            path "a/*" { capabilities = ["read", "list"] }
            path "a/b/*" { capabilities = ["update"] }
            path "a/b/c" { capabilities = ["deny"] }
            path "a/+/d" { capabilities = ["delete"] }
        "#);
        assert!(acl.allows("a/x", "read"));
        assert!(!acl.allows("a/b/x", "read"), "the longer pattern replaces the shorter");
        assert_eq!(acl.capabilities("a/b/c"), ["deny"]);
        assert!(acl.allows("a/b/d", "update"), "its first wildcard comes later");
        assert!(acl.allows("a/q/d", "delete"));
    }

    #[test]
    fn a_list_is_allowed_by_the_path_with_and_without_its_slash() {
        assert!(acl(r#"path "m/metadata/a" { capabilities = ["list"] }"#).allows("m/metadata/a/", "list"));
        assert!(acl(r#"path "m/metadata/a/*" { capabilities = ["list"] }"#).allows("m/metadata/a/", "list"));
    }
}
