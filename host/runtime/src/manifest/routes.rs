//! Which keys have a chain of their own, and where their values lie: the most exact pattern that matches decides, for each
//! of these by itself.

use harmony_config_core::{ConfigError, Coordinate, Location, Route, Routes};
use wildmatch::WildMatch;

use super::{ManifestKey, ManifestRef};

/// The rules of a manifest.
pub(crate) struct KeyRoutes {
    rules: Vec<Rule>,
}

struct Rule {
    key: ManifestKey,
    pattern: WildMatch,
    /// A name goes before every pattern; of two patterns the one with more letters does.
    exactness: (bool, usize),
    /// Whether the pattern speaks of instances.
    of_instances: bool,
}

impl KeyRoutes {
    pub(crate) fn new(keys: &[ManifestKey]) -> Self {
        let rule = |key: &ManifestKey| {
            let wild = key.pattern.chars().filter(|c| matches!(c, '*' | '?')).count();
            Rule {
                pattern: WildMatch::new(&key.pattern),
                exactness: (wild == 0, key.pattern.len() - wild),
                of_instances: key.pattern.contains('@'),
                key: key.clone(),
            }
        };
        KeyRoutes { rules: keys.iter().map(rule).collect() }
    }

    /// The rules that match, and whether their places are this value's: without an instance in the pattern they are the
    /// plain key's alone, because instances are values of their own.
    fn matching<'a>(&'a self, at: &Coordinate) -> impl Iterator<Item = (&'a Rule, bool)> {
        let (key, whole) = (at.key().to_owned(), at.to_string());
        let has_instance = at.instance().is_some();
        self.rules.iter().filter_map(move |rule| match rule.of_instances {
            true => (has_instance && rule.pattern.matches(&whole)).then_some((rule, true)),
            false => rule.pattern.matches(&key).then_some((rule, !has_instance)),
        })
    }
}

impl Routes for KeyRoutes {
    fn route(&self, at: &Coordinate) -> Result<Option<Route>, ConfigError> {
        let matching: Vec<(&Rule, bool)> = self.matching(at).collect();
        if matching.is_empty() {
            return Ok(None);
        }
        let mut route = Route::default();
        let chains = matching.iter().filter_map(|(rule, _)| Some((*rule, rule.key.chain.as_ref()?)));
        if let Some((rule, chain)) = most_exact(at, "chain", chains)? {
            route.chain = Some((chain.clone(), format!("{} ({})", chain.join(" → "), rule.key.place)));
        }
        let mut sources: Vec<&String> =
            matching.iter().filter(|(_, here)| *here).flat_map(|(rule, _)| rule.key.refs.keys()).collect();
        sources.sort();
        sources.dedup();
        for source in sources {
            let here = matching.iter().filter(|(_, here)| *here);
            let refs = here.filter_map(|(rule, _)| Some((*rule, rule.key.refs.get(source)?)));
            if let Some((_, refs)) = most_exact(at, "ref", refs)? {
                route.locations.insert(source.clone(), refs.iter().map(location).collect());
            }
        }
        Ok(Some(route).filter(|route| *route != Route::default()))
    }
}

fn location(said: &ManifestRef) -> Location {
    Location { field: said.field.clone(), at: said.at.clone(), said: said.place.to_string() }
}

/// What the most exact rule says. Two that are equally exact and say different things are an error.
fn most_exact<'a, T: PartialEq>(
    at: &Coordinate,
    what: &str,
    rules: impl Iterator<Item = (&'a Rule, &'a T)>,
) -> Result<Option<(&'a Rule, &'a T)>, ConfigError> {
    let mut rules: Vec<(&Rule, &T)> = rules.collect();
    rules.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.exactness));
    match rules.as_slice() {
        [(first, says), (second, other), ..] if first.exactness == second.exactness && says != other => {
            Err(ConfigError::manifest(format!(
                "{} and {}: `{}` and `{}` both match {at}, are equally exact, and say another `{what}`",
                first.key.place, second.key.place, first.key.pattern, second.key.pattern
            ))
            .with_remedy(format!(
                "say it for the key itself, in a table [key.{}], or make one pattern longer",
                quoted(at)
            )))
        }
        [first, ..] => Ok(Some(*first)),
        [] => Ok(None),
    }
}

fn quoted(at: &Coordinate) -> String {
    match at.instance() {
        Some(_) => format!("\"{at}\""),
        None => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Manifest;

    fn routes(keys: &str) -> KeyRoutes {
        let text = format!("version = 1\nchain = [\"env\", \"sqlite\", \"prompt\"]\n{keys}");
        KeyRoutes::new(&Manifest::parse(&text, Path::new("m.toml")).unwrap().keys)
    }

    fn at(key: &str) -> Coordinate {
        Coordinate::parse("n", key).unwrap()
    }

    fn chain(routes: &KeyRoutes, key: &str) -> Option<Vec<String>> {
        routes.route(&at(key)).unwrap()?.chain.map(|(chain, _)| chain)
    }

    #[test]
    fn a_name_goes_before_a_pattern_and_a_longer_pattern_before_a_shorter() {
        let routes = routes(
            "[key.\"*\"]\nchain = [\"sqlite\"]\n[key.\"*Auth\"]\nchain = [\"env\", \"sqlite\"]\n[key.BrocadeSwitchAuth]\nchain = [\"env\"]",
        );
        assert_eq!(chain(&routes, "BrocadeSwitchAuth").unwrap(), ["env"]);
        assert_eq!(chain(&routes, "BrocadeSwitchAuth@a").unwrap(), ["env"]);
        assert_eq!(chain(&routes, "OtherAuth").unwrap(), ["env", "sqlite"]);
        assert_eq!(chain(&routes, "AppConfig").unwrap(), ["sqlite"]);
    }

    #[test]
    fn a_key_that_no_pattern_matches_has_no_way_of_its_own() {
        assert_eq!(routes("[key.\"*Auth\"]\nchain = [\"env\"]").route(&at("AppConfig")).unwrap(), None);
    }

    #[test]
    fn two_patterns_that_are_equally_exact_are_both_named() {
        let routes = routes("[key.\"App*\"]\nchain = [\"env\"]\n[key.\"*fig\"]\nchain = [\"sqlite\"]");
        let error = routes.route(&at("AppConfig")).unwrap_err().to_string();
        for word in ["m.toml:3", "m.toml:5", "`App*`", "`*fig`", "AppConfig", "[key.AppConfig]"] {
            assert!(error.contains(word), "{word}: {error}");
        }
        routes.route(&at("AppStore")).unwrap();
    }

    #[test]
    fn places_of_the_plain_key_are_not_those_of_its_instances() {
        let routes =
            routes("[key.Firewall]\nref.env.password = \"A\"\n[key.\"Firewall@fw-a\"]\nref.env.password = \"B\"");
        let place = |key: &str| {
            let route = routes.route(&at(key)).unwrap()?;
            Some(route.locations["env"][0].at.clone())
        };
        assert_eq!(place("Firewall").as_deref(), Some("A"));
        assert_eq!(place("Firewall@fw-a").as_deref(), Some("B"));
        assert_eq!(place("Firewall@fw-b"), None);
    }

    #[test]
    fn the_chain_and_the_places_are_decided_each_by_itself() {
        let routes = routes("[key.\"*Auth\"]\nchain = [\"env\"]\n[key.BrocadeSwitchAuth]\nref.env.password = \"PW\"");
        let route = routes.route(&at("BrocadeSwitchAuth")).unwrap().unwrap();
        assert_eq!(route.chain.unwrap().0, ["env"]);
        assert_eq!(route.locations["env"][0].field, ["password"]);
    }
}
