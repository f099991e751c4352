//! No file of a recipe holds a secret, and each that the values name is made by a step.

use serde_json::Value;

use crate::Recipe;

/// Words of names whose values are secrets.
const SECRET: [&str; 6] = ["password", "masterkey", "token", "dsn", "privatekey", "secretkey"];

impl Recipe {
    /// Values that are a secret, or look like one.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for path in self.paths(".yaml") {
            walk(&self.yaml(path), "", &mut |name, text| {
                let lower = name.to_lowercase();
                // The name of a secret's place is none, nor is the key in it.
                let place = lower.ends_with("name") || lower.ends_with("secret") || lower.contains("secretkeyref");
                if SECRET.iter().any(|word| lower.contains(word)) && !place && !text.is_empty() {
                    faults.push(format!("{path}: {name} is written out"));
                }
            });
        }
        for path in self.paths(".toml") {
            walk(&self.toml(path), "", &mut |name, _| {
                if SECRET.iter().any(|word| name.to_lowercase().contains(word)) {
                    faults.push(format!("{path}: {name} is written out"));
                }
            });
        }
        for (path, text) in &self.files {
            if text.contains("-----BEGIN") {
                faults.push(format!("{path}: a key or certificate in PEM"));
            }
            let words = text.split(|c: char| !(c.is_alphanumeric() || "._-".contains(c)));
            let tokens = words.filter(|word| {
                ["s.", "hvs.", "hvb.", "hvr."]
                    .iter()
                    .any(|start| word.strip_prefix(start).is_some_and(|rest| rest.len() > 20))
            });
            faults.extend(tokens.map(|_| format!("{path}: a token of OpenBao")));
        }
        faults
    }

    /// Secrets that the values name, and that neither a step nor the operator of PostgreSQL makes, with that key in it.
    #[must_use]
    pub fn secrets_that_nobody_makes(&self) -> Vec<String> {
        let mut named: Vec<(String, String, String)> = Vec::new();
        for path in self.paths("/zitadel.yaml") {
            let values = self.yaml(path);
            let masterkey = values.pointer("/zitadel/masterkeySecretName").and_then(Value::as_str).unwrap_or_default();
            named.push((path.to_owned(), masterkey.to_owned(), "masterkey".to_owned()));
            for variable in values.pointer("/env").and_then(Value::as_array).into_iter().flatten() {
                let text = |pointer| variable.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
                named.push((
                    path.to_owned(),
                    text("/valueFrom/secretKeyRef/name"),
                    text("/valueFrom/secretKeyRef/key"),
                ));
            }
        }
        let database = self.yaml("postgres.yaml");
        let database = database.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let made = |name: &str, key: &str| {
            let step = format!("create secret generic {name} --from-file={key}=");
            let by_the_operator = name == format!("{database}-app") && ["username", "password"].contains(&key);
            by_the_operator || self.commands("kubectl").iter().any(|command| command.contains(&step))
        };
        let missing = named.into_iter().filter(|(_, name, key)| !made(name, key));
        missing
            .map(|(path, name, key)| format!("{path}: nobody makes the secret `{name}` with `{key}` in it"))
            .collect()
    }
}

/// Calls with each text, number or truth, and the names on the way to it. An environment variable's name is on that way.
fn walk(value: &Value, name: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Object(members) => {
            let variable = members.get("name").and_then(Value::as_str).filter(|_| members.contains_key("value"));
            for (key, value) in members {
                walk(value, &format!("{name}/{}", variable.filter(|_| key == "value").unwrap_or(key)), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, name, found)),
        Value::Null => {}
        Value::String(text) => found(name, text),
        other => found(name, &other.to_string()),
    }
}
