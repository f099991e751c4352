//! The core's requests and entries, and the contract's.

use std::time::Duration;

use harmony_config_core::{
    Blame, Coordinate, Entry, Failure, FailureCode, Interaction, Page, Request, Sensitivity, envelope,
};
use serde_json::Value;

use crate::{
    glue::bindings::harmony::config::types as contract,
    limits,
    words::{InPlay, shown},
};

pub(super) fn request(request: &Request) -> contract::Request {
    contract::Request {
        at: contract::Coordinate {
            namespace: request.at.namespace().to_owned(),
            key: request.at.key().to_owned(),
            instance: request.at.instance().map(str::to_owned),
        },
        sensitivity: match request.sensitivity {
            Sensitivity::Standard => contract::Sensitivity::Standard,
            Sensitivity::Secret => contract::Sensitivity::Secret,
        },
        schema: match (&request.schema_text, &request.schema) {
            (Some(text), _) => Some(text.to_string()),
            (None, Some(schema)) => Some(schema.to_string()),
            (None, None) => None,
        },
        locations: locations(request),
        interaction: interaction(request.interaction),
        id: request.id.to_string(),
        extra: Vec::new(),
    }
}

pub(super) fn interaction(interaction: Interaction) -> contract::Interaction {
    match interaction {
        Interaction::Forbidden => contract::Interaction::Forbidden,
        Interaction::Allowed => contract::Interaction::Allowed,
    }
}

fn locations(request: &Request) -> Vec<(Vec<String>, String)> {
    request.locations.iter().map(|location| (location.field.clone(), location.at.clone())).collect()
}

/// A value as JSON text, if it is not too large.
pub(super) fn json(value: &Value) -> Result<String, Failure> {
    let text = value.to_string();
    match text.len() {
        length if length > limits::MAX_VALUE_BYTES => Err(too_large(length)),
        _ => Ok(text),
    }
}

fn too_large(length: usize) -> Failure {
    Failure::new(
        FailureCode::Invalid,
        format!("a value of {} KiB is too large; the most is {} MiB", length >> 10, limits::MAX_VALUE_BYTES >> 20),
    )
    .with_remedy("keep large data in a file, and its path in the configuration")
}

pub(super) fn entry(entry: contract::Entry, in_play: &mut InPlay) -> Result<Entry, Failure> {
    if entry.value.len() > limits::MAX_SEALED_BYTES {
        return Err(too_large(entry.value.len()));
    }
    let value: Value = serde_json::from_str(&entry.value).map_err(|error| {
        let location = in_play.shown(&entry.location);
        // serde_json's words on syntax have a place in them and nothing of the text.
        Failure::new(FailureCode::Invalid, format!("{location} is not JSON: {error}"))
            .with_remedy(format!("put {location} right, or remove it"))
            .blamed_on(Blame::Store)
    })?;
    if entry.value.len() > limits::MAX_VALUE_BYTES && envelope::sealed(&value).is_none() {
        return Err(too_large(entry.value.len()));
    }
    let location = in_play.shown_beside(entry.location, &entry.value, &value);
    Ok(Entry {
        value,
        partial: entry.partial,
        version: entry.version.map(version).transpose()?,
        location,
        expires_in: entry.expires_in_ms.map(Duration::from_millis),
        note: None,
    })
}

/// A version is handed back as it is, and shown to people all the same: so one that cannot be shown is refused.
pub(super) fn version(version: String) -> Result<String, Failure> {
    match shown(&version) == version {
        true => Ok(version),
        false => Err(broken("a version that is too long, or has characters that cannot be shown")),
    }
}

pub(super) fn page(page: contract::Page) -> Result<Page, Failure> {
    if page.entries.len() > limits::MAX_PAGE {
        return Err(broken(format!("a page of {} keys; the most is {}", page.entries.len(), limits::MAX_PAGE)));
    }
    let mut entries = Vec::with_capacity(page.entries.len());
    for (at, sensitivity) in page.entries {
        match Coordinate::new(&at.namespace, &at.key, at.instance.as_deref()) {
            Ok(at) => entries.push((
                at,
                match sensitivity {
                    contract::Sensitivity::Standard => Sensitivity::Standard,
                    contract::Sensitivity::Secret => Sensitivity::Secret,
                },
            )),
            // Something else that lies in the store.
            Err(_) => tracing::debug!("a stored name that is no key is left out: {}", shown(&at.key)),
        }
    }
    Ok(Page { entries, next: page.next })
}

/// The failure of a plugin that does not keep the contract.
pub(super) fn broken(what: impl Into<String>) -> Failure {
    Failure::new(FailureCode::Unavailable, format!("the plugin does not keep the contract: {}", what.into()))
        .with_remedy("tell the author of the plugin")
        .blamed_on(Blame::Plugin)
}
