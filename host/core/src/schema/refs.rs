//! References within a schema, when it is put into a larger document or taken out of it. A reference begins at the root
//! of what it stands in, so it has to be told the way.

use serde_json::Value;

/// Members whose content is data, in which nothing is a reference.
const DATA: [&str; 4] = ["default", "const", "enum", "examples"];

/// Members that hold schemas by names of the author's choice.
const NAMED: [&str; 5] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// Points every reference of a schema that is to stand at `place` (`#/properties/AppConfig`) there.
pub(crate) fn put_below(schema: &mut Value, place: &str) {
    let _: Result<(), ()> = each(schema, &mut |reference| {
        if let Some(inside) = reference.strip_prefix('#')
            && (inside.is_empty() || inside.starts_with('/'))
        {
            *reference = format!("{place}{inside}");
        }
        Ok(())
    });
}

/// Points every reference of a schema that stands at `place` to where it will be without what is around it.
///
/// # Errors
/// A reference that leads out of the schema.
pub(crate) fn take_out(schema: &mut Value, place: &str) -> Result<(), String> {
    each(schema, &mut |reference| {
        if !reference.starts_with('#') {
            return Ok(());
        }
        match reference.strip_prefix(place) {
            Some(inside) if inside.is_empty() || inside.starts_with('/') => {
                *reference = format!("#{inside}");
                Ok(())
            }
            _ => Err(reference.clone()),
        }
    })
}

fn each<E>(schema: &mut Value, change: &mut impl FnMut(&mut String) -> Result<(), E>) -> Result<(), E> {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("$ref", Value::String(reference)) => change(reference)?,
                    (name, _) if DATA.contains(&name) => {}
                    (name, Value::Object(named)) if NAMED.contains(&name) => {
                        for inner in named.values_mut() {
                            each(inner, change)?;
                        }
                    }
                    (_, member) => each(member, change)?,
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                each(item, change)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_told_the_way_in_and_out_again() {
        let schema = json!({
            "properties": {
                "tls": { "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] },
                "me": { "$ref": "#" },
                // Fields that are named as the language's own words.
                "default": { "$ref": "#/$defs/Tls" },
                "$ref": { "type": "string" },
            },
            "default": { "$ref": "#/data" },
            "$defs": { "Tls": { "properties": { "inner": { "$ref": "#/$defs/Tls" } } } },
        });
        let mut moved = schema.clone();
        put_below(&mut moved, "#/properties/K");
        assert_eq!(moved["properties"]["me"]["$ref"], "#/properties/K");
        assert_eq!(moved["properties"]["default"]["$ref"], "#/properties/K/$defs/Tls");
        assert_eq!(moved["default"]["$ref"], "#/data", "data is left alone");
        take_out(&mut moved, "#/properties/K").unwrap();
        assert_eq!(moved, schema);
    }

    #[test]
    fn a_reference_that_leads_out_is_named() {
        let mut schema = json!({ "items": { "$ref": "#/properties/Key/$defs/A" } });
        assert_eq!(take_out(&mut schema, "#/properties/K").unwrap_err(), "#/properties/Key/$defs/A");
    }
}
