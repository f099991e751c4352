//! One field of a value, changed in one source: what the source itself has is read, changed, and written under the
//! condition that nobody else wrote meanwhile. What other sources have of the value is never written into it.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use crate::{
    Blame, ConfigError, Coordinate, Entry, Failure, FailureCode, Interaction, Request, Shape, envelope, error::Kind,
    merge,
};

use super::{
    Chain, Link, collect, deadline,
    persist::{self, Deleted, Written},
};

/// How often a change is tried again when somebody else wrote in between: others that write all the time do not end it.
const TRIES: u32 = 20;

/// Waits before the next try: longer each time, and not the same time as everybody else.
async fn wait(tries: u32) {
    let spread = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    let longest = 4_000_u64 << tries.min(4);
    tokio::time::sleep(Duration::from_micros(1_000 + u64::from(spread) % longest)).await;
}

/// What a source has, to be changed.
struct Own {
    value: Value,
    partial: bool,
    /// The condition of the write.
    expected: Option<String>,
}

impl Own {
    fn of(entry: Option<Entry>) -> Self {
        match entry {
            // A source that knows no versions is written without a condition.
            Some(entry) => Own { value: entry.value, partial: entry.partial, expected: entry.version },
            None => Own { value: Value::Object(Map::new()), partial: true, expected: Some(String::new()) },
        }
    }
}

/// Writes one field over what the source has.
pub(crate) async fn write(
    chain: &Chain,
    link: &Link,
    request: &Request,
    shape: &Shape,
    path: &[String],
    value: &Value,
) -> Result<Written, Failure> {
    for tries in 0.. {
        let mut own = Own::of(collect::read(link, request).await?);
        put(&mut own.value, path, value.clone())
            .map_err(|why| invalid(why).with_remedy("name another field, or set the whole value"))?;
        check(shape, &own.value, path)?;
        let stored = match own.partial && !is_whole(chain, link, request, shape, &own.value).await {
            true => envelope::wrap_partial(own.value),
            false => own.value,
        };
        match persist::write(chain, link, request, &stored, own.expected.as_deref()).await {
            Err(failure) if failure.code == FailureCode::Conflict && tries < TRIES => wait(tries).await,
            other => return other,
        }
    }
    // The last try has answered.
    Err(Failure::new(FailureCode::Conflict, "somebody else changed it all the time"))
}

/// Removes one field from the named source, else from the one that it comes from. What is left there is some of the fields;
/// where nothing is left, the value goes.
pub(crate) async fn delete(
    chain: &Chain,
    at: &Coordinate,
    shape: &Shape,
    path: &[String],
    named: Option<&str>,
) -> Result<Deleted, ConfigError> {
    let request = chain.request(at, shape);
    let link = match named {
        Some(name) => persist::find(chain, name)?,
        None => {
            let collected = collect::collect(chain, at, shape, Interaction::Forbidden).await?;
            match collected.winner(path) {
                Some(winner) => persist::find(chain, &winner.source)?,
                None if collected.found.is_empty() => return Err(collect::nothing_found(chain, at, &collected)),
                None => {
                    let names: Vec<String> =
                        collected.found.iter().map(|found| format!("`{}`", found.source)).collect();
                    return Err(no_field(at, &names.join(", "), path));
                }
            }
        }
    };
    persist::check_writable(at, link)?;
    let unremoved = |failure: Failure| {
        let message = match failure.outcome_unknown {
            true => format!("it is not known whether the field was removed: {}", failure.message),
            false => format!("nothing was removed: {}", failure.message),
        };
        persist::failed(at, link, Failure { message, ..failure })
    };
    for tries in 0.. {
        let entry = collect::read(link, &request).await.map_err(unremoved)?;
        let mut own = Own::of(entry);
        if !remove(&mut own.value, path) {
            return Err(no_field(at, &format!("`{}`", link.name), path).with_source_name(&*link.name));
        }
        let answer = if own.value.as_object().is_some_and(Map::is_empty) {
            chain.written();
            let remove = link.source.remove(&request, own.expected.as_deref());
            let answer = deadline::change_within(link.source.deadline(), remove).await;
            chain.written();
            answer
        } else {
            let stored = match is_whole(chain, link, &request, shape, &own.value).await {
                true => own.value,
                false => envelope::wrap_partial(own.value),
            };
            persist::write(chain, link, &request, &stored, own.expected.as_deref()).await.map(|_| ())
        };
        match answer {
            Ok(()) => break,
            Err(failure) if failure.code == FailureCode::Conflict && tries < TRIES => wait(tries).await,
            Err(failure) => return Err(unremoved(failure)),
        }
    }
    Ok(Deleted { source: Arc::clone(&link.name) })
}

fn no_field(at: &Coordinate, place: &str, path: &[String]) -> ConfigError {
    ConfigError::build(Kind::NotFound, format!("the value in {place} has no field `{}`", path.join(".")))
        .with_key(at.to_string())
        .with_remedy(format!("see which fields it has: harmony-config -n {} get {at}", at.namespace()))
}

/// Whether a value that was put together is all of it: it fits, and no source below has a field that it lacks. Where that
/// cannot be known it is not.
async fn is_whole(chain: &Chain, link: &Link, request: &Request, shape: &Shape, value: &Value) -> bool {
    if shape.schema().is_none() || shape.misfit(value).is_some() {
        return false;
    }
    let Ok(collected) = collect::collect(chain, &request.at, shape, Interaction::Forbidden).await else { return false };
    let position = chain.position(&link.name);
    let hidden = collected.found.iter().any(|found| !found.partial && found.position < position);
    !hidden
        && collected.failures.is_empty()
        && collected.below(position).iter().all(|below| merge::covers(value, below))
}

/// Refuses a value that does not fit at the field that is written. What is wrong elsewhere was so before.
fn check(shape: &Shape, value: &Value, path: &[String]) -> Result<(), Failure> {
    let faults = shape.faults(value);
    let ours = faults.iter().find(|fault| {
        fault.path.starts_with(path) || (!fault.missing && !fault.path.is_empty() && path.starts_with(&fault.path))
    });
    ours.map_or(Ok(()), |fault| Err(invalid(fault.describe()).with_remedy("give the field what it should be")))
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureCode::Invalid, message).blamed_on(Blame::Person)
}

/// Puts a value where the path leads, making the objects on the way. Lists are not made longer.
fn put(value: &mut Value, path: &[String], new: Value) -> Result<(), String> {
    let mut place = value;
    for (depth, name) in path.iter().enumerate() {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let here = || path.get(..depth).unwrap_or_default().join(".");
        place = match place {
            Value::Object(fields) => fields.entry(name.as_str()).or_insert(Value::Null),
            Value::Array(items) => match name.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                Some(item) => item,
                None => return Err(format!("the list{} has no item `{name}`", of(&here()))),
            },
            other => return Err(format!("{}{} has no field `{name}`", noun(other), of(&here()))),
        };
    }
    *place = new;
    Ok(())
}

/// Takes out what the path leads to, and the objects that are empty then. False where there is nothing.
fn remove(value: &mut Value, path: &[String]) -> bool {
    let Some((name, rest)) = path.split_first() else { return false };
    match value {
        Value::Object(fields) if rest.is_empty() => fields.shift_remove(name).is_some(),
        Value::Object(fields) => {
            let Some(inner) = fields.get_mut(name) else { return false };
            let removed = remove(inner, rest);
            if removed && inner.as_object().is_some_and(Map::is_empty) {
                fields.shift_remove(name);
            }
            removed
        }
        Value::Array(items) => match name.parse::<usize>() {
            Ok(at) if at < items.len() && rest.is_empty() => {
                items.remove(at);
                true
            }
            Ok(at) => items.get_mut(at).is_some_and(|item| remove(item, rest)),
            Err(_) => false,
        },
        _ => false,
    }
}

fn of(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(" at `{place}`") }
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "the text",
        Value::Number(_) => "the number",
        Value::Bool(_) => "the yes or no",
        _ => "what stands",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_field_is_put_where_its_path_leads_and_the_rest_stays() {
        let mut value = json!({ "a": 1, "list": [{ "x": 1 }], "none": null });
        put(&mut value, &path("server.port"), json!(80)).unwrap();
        put(&mut value, &path("list.0.x"), json!(2)).unwrap();
        put(&mut value, &path("none.inner"), json!(true)).unwrap();
        assert_eq!(value, json!({ "a": 1, "list": [{ "x": 2 }], "none": { "inner": true }, "server": { "port": 80 } }));
    }

    #[test]
    fn what_is_in_the_way_is_named_and_not_quoted() {
        let mut value = json!({ "a": "canary", "list": ["canary"] });
        let error = put(&mut value, &path("a.b"), json!(1)).unwrap_err();
        assert_eq!(error, "the text at `a` has no field `b`");
        let error = put(&mut value, &path("list.1"), json!(1)).unwrap_err();
        assert_eq!(error, "the list at `list` has no item `1`");
        assert_eq!(put(&mut json!("canary"), &path("a"), json!(1)).unwrap_err(), "the text has no field `a`");
    }

    #[test]
    fn a_field_is_taken_out_with_the_objects_that_are_empty_then() {
        let mut value = json!({ "a": { "b": { "c": 1 } }, "d": [1, { "e": 2 }] });
        assert!(remove(&mut value, &path("a.b.c")));
        assert!(remove(&mut value, &path("d.0")));
        assert_eq!(value, json!({ "d": [{ "e": 2 }] }));
        for absent in ["a", "d.7", "d.0.x", "d.0.e.f", "d.x"] {
            assert!(!remove(&mut value, &path(absent)), "{absent}");
        }
    }
}
