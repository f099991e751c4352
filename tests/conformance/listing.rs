//! What a source says it holds.

use std::collections::BTreeSet;

use harmony_config_core::{ConfigSource, Coordinate};
use serde_json::json;

use super::{Came, Checked, Fault, Subject, ensure, place, request};

const DOES_NOT_LIST: Came = Came::NotForIt("it does not list");
const NOTHING_TO_LIST: Came = Came::NotForIt("nothing can be put there, neither through it nor from outside");

/// All pages.
async fn all(source: &dyn ConfigSource, namespace: &str, prefix: &str) -> Result<Vec<Coordinate>, Fault> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    for _ in 0..1_000 {
        let page = source.list(namespace, prefix, after.as_deref()).await.map_err(|failure| failure.to_string())?;
        found.extend(page.entries.into_iter().map(|(at, _)| at));
        let Some(next) = page.next else { return Ok(found) };
        if after.as_ref() == Some(&next) {
            return Err(format!("the page after `{next}` is itself"));
        }
        after = Some(next);
    }
    Err("the pages have no end".to_owned())
}

fn texts(found: &[Coordinate]) -> BTreeSet<String> {
    found.iter().map(Coordinate::to_string).collect()
}

pub(super) async fn what_was_written_is_listed(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().lists {
        return Ok(DOES_NOT_LIST);
    }
    let namespace = subject.default_namespace();
    ensure!(all(&*source, namespace, "").await?.is_empty(), "an empty source lists something");
    for at in ["Apple", "Apple@one", "Apple@two", "Apricot", "Banana", "a-p"] {
        if !place(subject, &request(namespace, at)?, &json!({})).await? {
            return Ok(NOTHING_TO_LIST);
        }
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    for (prefix, expected) in [
        ("", names(&["Apple", "Apple@one", "Apple@two", "Apricot", "Banana", "a-p"])),
        ("Ap", names(&["Apple", "Apple@one", "Apple@two", "Apricot"])),
        ("Apple", names(&["Apple", "Apple@one", "Apple@two"])),
        ("a", names(&["a-p"])),
        ("Cherry", names(&[])),
        ("%", names(&[])),
        ("*", names(&[])),
        ("_", names(&[])),
    ] {
        let found = texts(&all(&*source, namespace, prefix).await?);
        ensure!(found == expected, "under `{prefix}`: {found:?}");
    }
    let first = all(&*source, namespace, "").await?;
    ensure!(first == all(&*source, namespace, "").await?, "the order changes from call to call");
    if source.features().writable {
        source.remove(&request(namespace, "Apple")?, None).await.map_err(|failure| failure.to_string())?;
        let found = texts(&all(&*source, namespace, "Apple").await?);
        ensure!(found == names(&["Apple@one", "Apple@two"]), "after a removal: {found:?}");
    }
    Ok(Came::Kept)
}

/// More than a page of any source.
pub(super) async fn pages_hold_everything_once(subject: &impl Subject) -> Checked {
    const KEYS: usize = 1_203;
    let source = subject.source();
    if !source.features().lists {
        return Ok(DOES_NOT_LIST);
    }
    let namespace = subject.default_namespace();
    for number in 0..KEYS {
        let at = match number % 3 {
            0 => format!("Key{}", number / 3),
            instance => format!("Key{}@i{instance}", number / 3),
        };
        if !subject.put(&request(namespace, &at)?.at, "1").await {
            return Ok(Came::NotForIt("nothing can be put there from outside"));
        }
    }
    let found = all(&*source, namespace, "Key").await?;
    let once = texts(&found);
    ensure!(found.len() == once.len(), "{} keys are listed twice", found.len() - once.len());
    ensure!(once.len() == KEYS, "{} of {KEYS} keys are listed", once.len());
    Ok(Came::Kept)
}

pub(super) async fn a_namespace_lists_its_own(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().lists {
        return Ok(DOES_NOT_LIST);
    }
    if !subject.has_namespaces() {
        return Ok(Came::NotForIt("it has no namespaces"));
    }
    let places = [(subject.default_namespace(), "Default"), ("one", "One"), ("one-more", "More"), ("One", "Capital")];
    // On a system that tells no case apart, `One` is `one`.
    let mut spellings = BTreeSet::new();
    let places: Vec<_> =
        places.into_iter().filter(|(namespace, _)| spellings.insert(subject.spelled(namespace))).collect();
    for &(namespace, key) in &places {
        if !place(subject, &request(namespace, key)?, &json!({})).await? {
            return Ok(NOTHING_TO_LIST);
        }
    }
    for (namespace, key) in places {
        let found = all(&*source, namespace, "").await?;
        ensure!(texts(&found) == BTreeSet::from([key.to_owned()]), "in `{namespace}`: {found:?}");
        ensure!(found.iter().all(|at| at.namespace() == namespace), "in `{namespace}`: another namespace is named");
    }
    ensure!(all(&*source, "none", "").await?.is_empty(), "a namespace that nothing was written to lists something");
    Ok(Came::Kept)
}
