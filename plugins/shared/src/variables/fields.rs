//! What the variables of single fields add up to, alone or over the variable of the whole value.

use harmony_config_sdk::{Entry, Failure};
use serde_json::{Map, Value};

use super::typing;

/// A variable that holds one field.
pub(crate) struct Field {
    /// Names of fields, from the outside in.
    pub(crate) path: Vec<String>,
    pub(crate) text: String,
    pub(crate) variable: String,
}

/// Fields alone: the host asks the sources below for the others, and types the texts by the schema.
pub(crate) fn partial(fields: &[Field]) -> Result<Entry, Failure> {
    let mut value = Value::Object(Map::new());
    for field in fields {
        put(&mut value, field, typing::structured(&field.text))?;
    }
    Ok(Entry::new(value.to_string(), location(None, fields)).partial())
}

/// Fields over a whole value. The host types texts only in a partial value, so here they are typed where they are put.
pub(crate) fn merged(name: &str, whole: &str, fields: &[Field], schema: Option<&str>) -> Result<Entry, Failure> {
    let mut value: Value = serde_json::from_str(whole).map_err(|error| {
        Failure::invalid(format!("the variable {name} is not JSON: {error}"))
            .remedy(format!("put {name} right, or unset it"))
    })?;
    let schema = schema.and_then(|schema| serde_json::from_str(schema).ok());
    for field in fields {
        let known = field.path.iter().try_fold(&value, |value, part| value.get(part));
        let typed = typing::typed(&field.text, schema.as_ref(), &field.path, known);
        put(&mut value, field, typed)?;
    }
    Ok(Entry::new(value.to_string(), location(Some(name), fields)))
}

fn put(root: &mut Value, field: &Field, value: Value) -> Result<(), Failure> {
    let mut place = root;
    for part in &field.path {
        let Value::Object(members) = place else {
            let outer = field.variable.rsplit_once("__").map_or("", |(outer, _)| outer);
            return Err(Failure::invalid(format!(
                "the variable {} means a field of something that is no JSON object",
                field.variable
            ))
            .remedy(format!("unset {}, or make {outer} a JSON object", field.variable)));
        };
        place = members.entry(part.clone()).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = value;
    Ok(())
}

fn location(whole: Option<&str>, fields: &[Field]) -> String {
    let names: Vec<&str> = whole.into_iter().chain(fields.iter().map(|field| field.variable.as_str())).collect();
    names.join(", ")
}
