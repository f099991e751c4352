//! Values, read. However many are wanted, each path is asked for once, and all of them at the same time.

use harmony_config_sdk::{Entry, Failure, Place, Request, located};
use serde_json::Value;

use crate::{
    call::{Call, Repeat},
    http::Method,
    kv::{Form, Lying, Stored},
    paths,
    refusal::Wanted,
    trouble::Deed,
    world::World,
};

/// What lies at some paths.
type Found = Vec<(String, Result<Lying, Failure>)>;

impl<W: World> Call<'_, W> {
    /// Many values, in the order of the requests.
    pub(crate) fn get_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        let mut wanted: Vec<String> = Vec::new();
        for path in requests.iter().flat_map(paths_of) {
            if !wanted.contains(&path) {
                wanted.push(path);
            }
        }
        match self.read(wanted) {
            Ok(found) => requests.iter().map(|request| self.entry(request, &found)).collect(),
            Err(failure) => requests.iter().map(|_| Err(failure.clone())).collect(),
        }
    }

    /// What lies at one path.
    pub(crate) fn read_one(&self, path: &str) -> Result<Lying, Failure> {
        self.read(vec![path.to_owned()])?.pop().map_or(Ok(Lying::Nothing), |(_, lying)| lying)
    }

    fn read(&self, paths: Vec<String>) -> Result<Found, Failure> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Wanted> = paths
            .iter()
            .map(|path| Wanted {
                method: Method::Get,
                path: self.data_path(path),
                body: None,
                deed: Deed::reading(self.place(path)),
            })
            .collect();
        let answers = self.ask(&wanted, Repeat::Safe)?;
        let read = answers.into_iter().zip(&wanted).map(|(answer, wanted)| self.lying(&answer?, &wanted.deed));
        Ok(paths.iter().cloned().zip(read).collect())
    }

    /// The path of a value as it is sent.
    pub(crate) fn data_path(&self, path: &str) -> String {
        format!("{}/data/{}", paths::encoded(&self.mount), paths::encoded(path))
    }

    fn entry(&self, request: &Request, found: &Found) -> Result<Option<Entry>, Failure> {
        if !request.locations.is_empty() {
            return located(request, |at| self.at(at, found));
        }
        let path = paths::of(&request.at);
        match lying(&path, found)? {
            Some(stored) => Ok(Some(
                Entry::new(self.json(stored, &path)?, self.shown(&path, stored.version))
                    .version(stored.version.to_string()),
            )),
            None => Ok(None),
        }
    }

    /// What lies at a place of a `ref`.
    fn at(&self, at: &str, found: &Found) -> Result<Option<Place>, Failure> {
        let (path, field) = paths::of_reference(at)?;
        let Some(stored) = lying(path, found)? else { return Ok(None) };
        let Some(field) = field else {
            let value = value(&self.json(stored, path)?);
            return Ok(Some(Place { value, shown: self.shown(path, stored.version) }));
        };
        // Another tool may have called its one field `value`: it is what it is, and no JSON.
        let value = match (stored.form, field) {
            (Form::Harmony, "value") => Some(Value::String(stored.text.clone())),
            _ => part(value(&self.json(stored, path)?), field),
        };
        let shown = format!("{}#{field} v{}", self.place(path), stored.version);
        Ok(value.map(|value| Place { value, shown }))
    }
}

/// The paths that a request asks for. What is no path is said when the request is answered.
fn paths_of(request: &Request) -> Vec<String> {
    match request.locations.is_empty() {
        true => vec![paths::of(&request.at)],
        false => {
            let places = request.locations.iter().filter_map(|(_, at)| paths::of_reference(at).ok());
            places.map(|(path, _)| path.to_owned()).collect()
        }
    }
}

fn lying<'a>(path: &str, found: &'a Found) -> Result<Option<&'a Stored>, Failure> {
    match found.iter().find(|(there, _)| there == path) {
        Some((_, Ok(Lying::Value(stored)))) => Ok(Some(stored)),
        Some((_, Err(failure))) => Err(failure.clone()),
        _ => Ok(None),
    }
}

/// A JSON text that is known to be one.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A field, by its path with points. A name with a point in it goes before.
fn part(mut value: Value, field: &str) -> Option<Value> {
    if let Some(whole) = value.get_mut(field) {
        return Some(whole.take());
    }
    for part in field.split('.') {
        value = value.get_mut(part)?.take();
    }
    Some(value)
}
