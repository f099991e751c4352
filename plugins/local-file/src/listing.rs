//! What lies in a namespace's directory, in pages, and whether the directory can be used.

use std::fs;

use harmony_config_sdk::{Coordinate, Failure, Page, Sensitivity, files::is_absent};

use crate::{Folder, fault, names, write};

/// The keys of one page.
const PAGE: usize = 500;

/// Ordered by key, the plain key before its instances. A page ends with `KEY` or `KEY@INSTANCE`, which the next begins
/// behind.
pub(crate) fn list(folder: &Folder, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
    let directory = match namespace == folder.default_namespace {
        true => String::new(),
        false => namespace.to_owned(),
    };
    let shown = folder.shown(&directory);
    let failed = |error: &std::io::Error| fault::translate(&shown, "cannot be listed", error);
    let entries = match fs::read_dir(folder.path.join(&directory)) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Page { entries: Vec::new(), next: None }),
        Err(error) => return Err(failed(&error)),
    };
    let after = after.map(|after| match after.split_once('@') {
        Some((key, instance)) => (key.to_owned(), Some(instance.to_owned())),
        None => (after.to_owned(), None),
    });
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(&error))?;
        let name = entry.file_name();
        // A link may lead to a file; anything else that is none has no value.
        if !entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_symlink()) {
            continue;
        }
        let Some(key) = name.to_str().and_then(names::key) else { continue };
        if key.0.starts_with(prefix) && after.as_ref().is_none_or(|after| key > *after) {
            found.push(key);
        }
    }
    found.sort_unstable();
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|(key, instance)| match instance {
        Some(instance) => format!("{key}@{instance}"),
        None => key.clone(),
    });
    let entries = found
        .into_iter()
        // A file does not say how careful to be.
        .map(|(key, instance)| (Coordinate { namespace: namespace.to_owned(), key, instance }, Sensitivity::Secret))
        .collect();
    Ok(Page { entries, next })
}

/// Findings for `doctor`.
pub(crate) fn check(folder: &Folder, read_only: bool) -> Result<Vec<String>, Failure> {
    let shown = &folder.shown;
    let entries = match fs::read_dir(&folder.path) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => {
            return Ok(vec![format!("{shown} does not exist yet; the first write makes it")]);
        }
        Err(error) => return Err(fault::translate(shown, "cannot be listed", &error)),
    };
    let names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let count = names.iter().filter(|name| names::key(name).is_some()).count();
    let values = if count == 1 { "value" } else { "values" };
    let mut findings = vec![format!("{shown} can be read: {count} {values} in the default namespace")];
    if !read_only {
        match write::probe(folder) {
            Ok(()) => findings.push(format!("{shown} can be written")),
            Err(failure) => findings.push(failure.message),
        }
    }
    findings.extend(
        names
            .iter()
            .filter(|name| name.ends_with(".json") && names::key(name).is_none())
            .map(|name| format!("{} is not read: its name is no key", folder.shown(name))),
    );
    Ok(findings)
}
