//! Values that lie elsewhere in a source: what a manifest calls `ref`. Where a place is, only the source knows; how fields
//! from several places become one entry is the same for all.

use serde_json::{Map, Value};

use crate::{Entry, Failure, Request};

/// What lies at a place.
pub struct Place {
    /// The value there.
    pub value: Value,
    /// The place in words that a person of this source knows.
    pub shown: String,
}

/// The entry of a request with places: what lies at them, each fetched by the source. A place that has nothing adds nothing.
/// It is partial, unless one of the places holds the whole value: the host joins it to what the source has itself.
///
/// # Errors
/// What `fetch` failed with, and `invalid` where a field is to go into something that has none.
pub fn located(
    request: &Request,
    mut fetch: impl FnMut(&str) -> Result<Option<Place>, Failure>,
) -> Result<Option<Entry>, Failure> {
    let (mut value, mut whole, mut shown) = (Value::Object(Map::new()), false, Vec::new());
    // The whole first: single fields go into it.
    let mut locations: Vec<&(Vec<String>, String)> = request.locations.iter().collect();
    locations.sort_by_key(|(field, _)| field.len());
    for (field, at) in locations {
        let Some(place) = fetch(at)? else { continue };
        match field.is_empty() {
            true => (value, whole) = (place.value, true),
            false => put(&mut value, field, place.value)?,
        }
        shown.push(place.shown);
    }
    if shown.is_empty() {
        return Ok(None);
    }
    let entry = Entry::new(value.to_string(), shown.join(", "));
    Ok(Some(if whole { entry } else { entry.partial() }))
}

fn put(root: &mut Value, field: &[String], value: Value) -> Result<(), Failure> {
    let mut place = root;
    for part in field {
        let Value::Object(members) = place else {
            return Err(Failure::invalid(format!(
                "the field `{}` is to go into something that is no JSON object",
                field.join(".")
            ))
            .remedy("see what the manifest says under `ref`, and what the source has"));
        };
        place = members.entry(part.clone()).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coordinate, Interaction, Sensitivity};

    fn request(locations: &[(&[&str], &str)]) -> Request {
        let path = |path: &[&str]| path.iter().map(|part| (*part).to_owned()).collect::<Vec<String>>();
        Request {
            at: Coordinate { namespace: "n".into(), key: "App".into(), instance: None },
            sensitivity: Sensitivity::Secret,
            schema: None,
            locations: locations.iter().map(|(field, at)| (path(field), (*at).to_owned())).collect(),
            interaction: Interaction::Forbidden,
            id: String::new(),
            extra: Vec::new(),
        }
    }

    fn fetch(at: &str) -> Result<Option<Place>, Failure> {
        Ok((at != "nothing").then(|| Place { value: format!("from {at}").into(), shown: at.to_owned() }))
    }

    #[test]
    fn fields_alone_are_a_partial_value() {
        let entry = located(&request(&[(&["tls", "key"], "a"), (&["none"], "nothing")]), fetch).unwrap().unwrap();
        assert_eq!(entry, Entry::new(r#"{"tls":{"key":"from a"}}"#, "a").partial());
    }

    #[test]
    fn places_with_nothing_in_them_are_no_value() {
        assert_eq!(located(&request(&[(&["a"], "nothing"), (&[], "nothing")]), fetch).unwrap(), None);
        assert_eq!(located(&request(&[]), fetch).unwrap(), None);
    }

    #[test]
    fn the_whole_may_lie_elsewhere() {
        let entry = located(&request(&[(&[], "a")]), fetch).unwrap().unwrap();
        assert_eq!(entry, Entry::new("\"from a\"", "a"));
        let failure = located(&request(&[(&["x"], "b"), (&[], "a")]), fetch).unwrap_err();
        assert!(failure.code == "invalid" && failure.message.contains("`x`"), "{failure:?}");
    }
}
