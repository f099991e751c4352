//! What is stored in a namespace, in pages: the names that the server lists, less those that no coordinate has, and less
//! those whose latest version was deleted.

use std::collections::BTreeMap;

use harmony_config_plugin_shared::names;
use harmony_config_sdk::{Coordinate, Failure, Page, Sensitivity};
use serde::Deserialize;

use crate::{
    call::{Call, Repeat},
    http::{Answer, Method, Says as _},
    paths,
    refusal::Wanted,
    time,
    trouble::Deed,
    world::World,
};

/// The keys of one page. Each of them costs a request.
const PAGE: usize = 100;

/// A key, and its instance.
type Name = (String, Option<String>);

impl<W: World> Call<'_, W> {
    /// Ordered by key, the plain key before its instances. A page ends with `KEY` or `KEY@INSTANCE`, which the next begins
    /// behind.
    pub(crate) fn list(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        let after: Option<Name> = after.map(|after| match after.split_once('@') {
            Some((key, instance)) => (key.to_owned(), Some(instance.to_owned())),
            None => (after.to_owned(), None),
        });
        let found = self.stored(namespace, prefix, after.as_ref())?;
        let is_whole = found.len() <= PAGE;
        let all: Vec<Coordinate> = found
            .into_iter()
            .take(PAGE)
            .map(|(key, instance)| Coordinate { namespace: namespace.to_owned(), key, instance })
            .collect();
        let next = all.last().filter(|_| !is_whole).map(names::of);
        let lives = self.live(&all)?;
        let live = all.into_iter().zip(lives).filter(|(_, lives)| *lives);
        // OpenBao does not say how careful to be, and it is where secrets are.
        Ok(Page { entries: live.map(|(at, _)| (at, Sensitivity::Secret)).collect(), next })
    }

    /// The names behind `after`, in their order: all of them, or more than a page and none left out in between.
    fn stored(&self, namespace: &str, prefix: &str, after: Option<&Name>) -> Result<Vec<Name>, Failure> {
        let (mut found, mut folders) = (Vec::new(), Vec::new());
        for name in self.names(&[namespace.to_owned()])?.into_iter().flatten() {
            let (key, is_folder) = match name.strip_suffix('/') {
                Some(key) => (key, true),
                None => (name.as_str(), false),
            };
            let is_key = names::key(key).is_some_and(|(_, instance)| instance.is_none());
            let is_before = after.is_some_and(|(last, _)| key < last.as_str());
            if !is_key || !key.starts_with(prefix) || is_before {
                continue;
            }
            match is_folder {
                true => folders.push(key.to_owned()),
                false => found.push((key.to_owned(), None)),
            }
        }
        found.retain(|name| after.is_none_or(|after| name > after));
        folders.sort_unstable();
        // A folder may hold nothing of ours: they are opened in turns, until there is more than a page before the next.
        for folders in folders.chunks(PAGE) {
            let paths: Vec<String> = folders.iter().map(|key| format!("{namespace}/{key}")).collect();
            for (key, names) in folders.iter().zip(self.names(&paths)?) {
                let instances = names.iter().filter_map(|name| instance(key, name));
                found.extend(instances.filter(|name| after.is_none_or(|after| name > after)));
            }
            let is_known = |name: &Name| folders.last().is_some_and(|last| name.0 <= *last);
            if found.iter().filter(|name| is_known(name)).count() > PAGE {
                found.retain(is_known);
                break;
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// What lies in folders, each in its place: names of values, and of folders with a `/` behind them.
    fn names(&self, folders: &[String]) -> Result<Vec<Vec<String>>, Failure> {
        #[derive(Deserialize)]
        struct Body {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            keys: Vec<String>,
        }
        let wanted: Vec<Wanted> =
            folders.iter().map(|folder| self.of_metadata(Method::List, folder, Deed::listing)).collect();
        let answers = self.ask(&wanted, Repeat::Safe)?.into_iter().zip(wanted);
        answers
            .map(|(answer, Wanted { deed, .. })| {
                let answer = answer?;
                match answer.status {
                    200 => serde_json::from_slice(&answer.body)
                        .map(|Body { data }| data.keys)
                        .map_err(|_| self.not_json(&answer, &deed)),
                    404 if is_nothing(&answer) => self.expect_kv2(&deed).map(|()| Vec::new()),
                    _ => Err(self.of_answer(&answer, &deed)),
                }
            })
            .collect()
    }

    /// Whether the latest version of each is there. Where the policies do not let it be known, it is taken to be.
    fn live(&self, all: &[Coordinate]) -> Result<Vec<bool>, Failure> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Wanted> =
            all.iter().map(|at| self.of_metadata(Method::Get, &paths::of(at), Deed::reading)).collect();
        let now = self.world.now();
        let answers = self.ask(&wanted, Repeat::Safe)?.into_iter().zip(wanted);
        answers
            .map(|(answer, Wanted { deed, .. })| match answer {
                Err(failure) if failure.code == "denied" => Ok(true),
                Err(failure) => Err(failure),
                Ok(answer) if answer.status == 200 => lives(&answer, now).ok_or_else(|| self.not_json(&answer, &deed)),
                Ok(answer) if answer.status == 404 && is_nothing(&answer) => Ok(false),
                Ok(answer) => Err(self.of_answer(&answer, &deed)),
            })
            .collect()
    }

    fn of_metadata(&self, method: Method, path: &str, deed: fn(String) -> Deed) -> Wanted {
        let shown = format!("{}/metadata/{path}", self.mount);
        let path = format!("{}/metadata/{}", paths::encoded(&self.mount), paths::encoded(path));
        Wanted { method, path, body: None, deed: deed(shown) }
    }
}

/// The value that a name in the folder of a key means: `@INSTANCE`.
fn instance(key: &str, name: &str) -> Option<Name> {
    let name = names::key(&format!("{key}{name}"))?;
    (name.0 == key && name.1.is_some()).then_some(name)
}

/// An empty 404, which is how the server says that there is nothing.
fn is_nothing(answer: &Answer) -> bool {
    answer.errors().is_empty() && serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_ok()
}

/// Whether the metadata say that the latest version is there.
fn lives(answer: &Answer, now: u64) -> Option<bool> {
    #[derive(Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        current_version: u64,
        #[serde(default)]
        versions: BTreeMap<u64, Version>,
    }
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        deletion_time: String,
        #[serde(default)]
        destroyed: bool,
    }
    let Body { data } = serde_json::from_slice(&answer.body).ok()?;
    let Some(latest) = data.versions.get(&data.current_version) else { return Some(false) };
    // A version that is to be deleted at some time has that time already.
    let is_deleted = time::seconds(&latest.deletion_time).is_some_and(|deleted| deleted <= now);
    Some(!latest.destroyed && !is_deleted)
}
