//! What a person probably meant who mistyped a name, and what is said of a key that is not there. Names only, never a
//! value.

use harmony_config_core::Coordinate;
use harmony_config_host::Loaded;

use crate::{Failed, target::shown};

/// The known name that is nearest, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .filter(|known| *known != name)
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.len().max(name.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The key that was probably meant: of those that are declared, else of those that are stored.
pub(crate) async fn key(loaded: &Loaded, at: &Coordinate) -> Option<String> {
    if loaded.declared.get(at.key()).is_some() {
        return None;
    }
    if let Some(declared) = nearest(at.key(), loaded.declared.iter().map(|declared| declared.key())) {
        return Some(declared.to_owned());
    }
    let stored = loaded.manager.list_keys("").await.ok()?;
    nearest(at.key(), stored.iter().map(|listed| listed.at.key())).map(str::to_owned)
}

/// The failure of a key that was not found, with the key that was probably meant.
pub(crate) async fn key_of(loaded: &Loaded, at: &Coordinate, failed: Failed) -> Failed {
    if failed.exit_code != 3 {
        return failed;
    }
    let Some(meant) = key(loaded, at).await else { return failed };
    let remedy = match &failed.remedy {
        Some(remedy) => format!("did you mean `{}`? Else, {remedy}", shown(&meant)),
        None => format!("did you mean `{}`?", shown(&meant)),
    };
    failed.with_remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen_through_and_another_word_is_not() {
        let known = ["AppConfig", "BrocadeSwitchAuth"];
        assert_eq!(nearest("appconfig", known), Some("AppConfig"));
        assert_eq!(nearest("AppConfg", known), Some("AppConfig"));
        assert_eq!(nearest("Firewall", known), None);
        assert_eq!(nearest("AppConfig", known), None, "what is right needs no correction");
    }
}
