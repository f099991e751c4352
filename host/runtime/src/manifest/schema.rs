//! The JSON Schema of manifests, for editors: made from the types that parse them.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::shape::Raw;

/// Where the schema is published: the value of `#:schema` in a manifest.
pub(super) const PUBLISHED: &str = "harmony-config.manifest.schema.json";

/// The JSON Schema (draft 7, which editors know) of a manifest.
///
/// ```
/// let schema = harmony_config_host::manifest_schema();
/// assert_eq!(schema["properties"]["chain"]["items"]["type"], "string");
/// ```
pub fn manifest_schema() -> Value {
    let generator = SchemaGenerator::from(SchemaSettings::draft07());
    let mut schema = generator.into_root_schema_for::<Raw>().to_value();
    without_null(&mut schema);
    schema
}

/// TOML has no null: what may be left out is left out.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".to_owned(), only);
                }
            }
            members.values_mut().for_each(without_null);
        }
        Value::Array(items) => {
            items.retain(|item| item.get("type") != Some(&Value::from("null")));
            items.iter_mut().for_each(without_null);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn validator() -> jsonschema::Validator {
        jsonschema::validator_for(&manifest_schema()).unwrap()
    }

    fn json(toml: &str) -> Value {
        serde_json::to_value(toml::from_str::<toml::Table>(toml).unwrap()).unwrap()
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(PUBLISHED);
        let made = format!("{:#}\n", manifest_schema());
        let published = std::fs::read_to_string(&file).unwrap_or_default();
        if std::env::var_os("HARMONY_CONFIG_BLESS").is_some() {
            std::fs::write(&file, &made).unwrap();
            return;
        }
        assert!(published == made, "{} is out of date: harmony-config manifest --schema > it", file.display());
    }

    #[test]
    fn the_template_and_every_example_are_what_the_schema_describes() {
        let validator = validator();
        let seen = std::cell::Cell::new(0);
        let check = |text: &str, what: &str| {
            let faults: Vec<String> = validator.iter_errors(&json(text)).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{what}: {faults:?}");
            seen.set(seen.get() + 1);
        };
        check(&crate::manifest_template("my-project"), "the template");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut folders = vec![root.join("examples")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() && !path.ends_with("target") {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let is_toml = path.extension().is_some_and(|extension| extension == "toml");
                if is_toml && text.contains("version = 1\n") && text.contains("chain = ") {
                    check(&text, &path.display().to_string());
                }
            }
        }
        assert!(seen.get() >= 3, "{seen:?}");
        // The blocks of the documentation that are whole manifests.
        let documentation = std::fs::read_to_string(root.join("docs/manifest.md")).unwrap();
        let blocks = documentation.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let whole: Vec<&str> = blocks.filter(|block| block.contains("version = 1")).collect();
        assert!(!whole.is_empty());
        for block in whole {
            check(block, block);
            crate::Manifest::parse(block, Path::new("docs/manifest.md")).unwrap();
        }
    }

    #[test]
    fn what_the_parser_refuses_the_schema_refuses_too() {
        let validator = validator();
        for wrong in [
            "version = 2\nchain = [\"env\"]",
            "version = 1\nchian = [\"env\"]",
            "version = 1\nchain = \"env\"",
            "version = 1\n[source.a]\nplugin = { path = \"x\" }",
            "version = 1\n[source.a]\nplugin = { path = \"x\", sha256 = \"short\" }",
            "version = 1\n[source.a]\ntimeot = \"2s\"",
            "version = 1\n[source.a]\non-error = { denied = \"perhaps\" }",
            "version = 1\n[source.a]\non-error = { denid = \"fail\" }",
            "version = 1\n[profile.a]\napp = \"x\"",
            "version = 1\n[vars]\nA = { evn = \"A\" }",
            "version = 1\n[key.A]\nref.env = 7",
        ] {
            assert!(!validator.is_valid(&json(wrong)), "{wrong}");
            assert!(crate::Manifest::parse(wrong, Path::new("m.toml")).is_err(), "{wrong}");
        }
    }
}
