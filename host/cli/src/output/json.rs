//! The JSON of `--json`. Its shapes are described in `docs/cli.md` and held by golden tests: a member may be added, and
//! none may change or go without a new `version`.

use harmony_config_core::{Coordinate, Explanation, Sensitivity};
use serde_json::{Value, json};

use super::Output;
use crate::Failed;

/// The version of every shape here.
const VERSION: u32 = 1;

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
        Output::Kept { at, source, version, above } => {
            with(at, json!({ "source": source, "stored_version": version, "overridden_by": above }))
        }
        Output::Removed { at, source, now } => with(at, json!({ "source": source, "now": winner(now) })),
        Output::Listed { namespace, entries, .. } => {
            let entries: Vec<Value> = entries
                .iter()
                .map(|entry| {
                    let secret = entry.sensitivity == Sensitivity::Secret;
                    json!({
                        "key": entry.at.key(),
                        "instance": entry.at.instance(),
                        "sensitivity": if secret { "secret" } else { "standard" },
                        "sources": entry.sources.iter().map(|source| &**source).collect::<Vec<&str>>(),
                    })
                })
                .collect();
            json!({ "version": VERSION, "namespace": namespace, "entries": entries })
        }
        Output::Explained(explanation) => serde_json::to_value(explanation).unwrap_or(Value::Null),
    }
}

/// The members, with which value they are about.
fn with(at: &Coordinate, members: Value) -> Value {
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
