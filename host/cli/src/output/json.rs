//! The JSON of `--json`. Its shapes are described in `docs/cli.md` and held by golden tests: a member may be added, and
//! none may change or go without a new `version`.

use harmony_config_core::{Checked, Coordinate, Explanation, Sensitivity, Standing};
use harmony_config_host::DeclaredIn;
use serde_json::{Value, json};

use super::{Output, keys, sealing};
use crate::Failed;

/// The version of every shape here.
pub(super) const VERSION: u32 = 1;

/// A value as a document: indented, with a newline at its end.
pub(super) fn document(value: &Value) -> String {
    // A JSON value can always be written; the alternate form of its Display is the indented one.
    format!("{value:#}\n")
}

/// An error.
pub(super) fn failed(failed: &Failed) -> Value {
    json!({ "version": VERSION, "error": failed })
}

/// An answer.
pub(super) fn output(output: &Output) -> Value {
    match output {
        Output::Initialised { manifest, namespace } => {
            json!({ "version": VERSION, "manifest": manifest.display().to_string(), "namespace": namespace })
        }
        Output::Found(found) => with(
            &found.at,
            json!({
                "path": found.path,
                "value": found.value,
                "source": found.source,
                "location": found.location,
                "fields": found.fields,
                "degraded": found.degraded,
            }),
        ),
        Output::Kept { at, path, source, version, above } => {
            with(at, json!({ "path": path, "source": source, "stored_version": version, "overridden_by": above }))
        }
        Output::Removed { at, path, source, now } => {
            with(at, json!({ "path": path, "source": source, "now": winner(now) }))
        }
        Output::Listed { namespace, entries, .. } => {
            let entries: Vec<Value> = entries
                .iter()
                .map(|entry| {
                    json!({
                        "key": entry.at.key(),
                        "instance": entry.at.instance(),
                        "sensitivity": class(entry.sensitivity),
                        "sources": entry.sources,
                        "status": entry.standing.as_str(),
                        "declared": entry.declared,
                    })
                })
                .collect();
            json!({ "version": VERSION, "namespace": namespace, "entries": entries })
        }
        Output::Checked { namespace, checked } => {
            let worst = Standing::worst(checked.iter().map(|one| one.standing));
            let keys: Vec<Value> = checked.iter().map(key).collect();
            json!({
                "version": VERSION,
                "namespace": namespace,
                "status": worst.as_str(),
                "exit_code": worst.exit_code(),
                "keys": keys,
            })
        }
        Output::Schema { schema, from, key } => {
            let from: Vec<Value> = from.iter().map(declared_in).collect();
            json!({ "version": VERSION, "key": key, "from": from, "schema": schema })
        }
        Output::Rekeyed(done) => sealing::rekeyed_json(VERSION, done),
        Output::Sealed(done) => sealing::sealed_json(VERSION, done),
        Output::Manifest(manifest) => super::manifest::files_json(manifest, VERSION),
        Output::Resolved(manifest) => super::manifest::resolved_json(manifest, VERSION),
        Output::ManifestSchema(schema) => schema.clone(),
        Output::Report(report) => report.json(),
        Output::Explained(explanation) => serde_json::to_value(explanation).unwrap_or(Value::Null),
    }
}

/// One key that was checked.
fn key(one: &Checked) -> Value {
    let faults: Vec<Value> = one
        .faults
        .iter()
        .map(|at| {
            json!({
                "path": at.fault.path,
                "missing": at.fault.missing,
                "message": at.fault.to_string(),
                "source": at.source.as_deref(),
                "location": at.location,
            })
        })
        .collect();
    json!({
        "key": one.at.key(),
        "instance": one.at.instance(),
        "sensitivity": class(one.sensitivity),
        "status": one.standing.as_str(),
        "sources": keys::sources(one),
        "faults": faults,
        "message": one.error.as_ref().map(|error| error.message()),
        "remedy": one.error.as_ref().and_then(|error| error.remedy()),
    })
}

fn declared_in(from: &DeclaredIn) -> Value {
    match from {
        DeclaredIn::Document(file) => json!({ "kind": "document", "file": file.display().to_string() }),
        DeclaredIn::Record(file) => json!({ "kind": "record", "file": file.display().to_string() }),
        _ => json!({ "kind": "program", "file": null }),
    }
}

fn class(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Secret => "secret",
        Sensitivity::Standard => "standard",
    }
}

/// The members, with which value they are about.
pub(super) fn with(at: &Coordinate, members: Value) -> Value {
    let mut all =
        json!({ "version": VERSION, "key": at.key(), "namespace": at.namespace(), "instance": at.instance() });
    if let (Some(all), Value::Object(members)) = (all.as_object_mut(), members) {
        all.extend(members);
    }
    all
}

/// The source that wins now, and where it has the value.
fn winner(explanation: &Explanation) -> Value {
    let Some(winner) = &explanation.winner else { return Value::Null };
    let location =
        explanation.steps.iter().find(|step| step.source == *winner).and_then(|step| step.location.as_deref());
    json!({ "source": &**winner, "location": location })
}
