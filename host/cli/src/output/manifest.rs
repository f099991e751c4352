//! A manifest as it holds: its files, or every line with where it was said. The lines are TOML, so that they can be read and
//! kept as such.

use harmony_config_host::{Manifest, ManifestLine};
use serde_json::{Value, json};

use crate::style::{Paint, Style};

/// The files, the lowest layer first.
pub(super) fn files(manifest: &Manifest) -> String {
    let width = manifest.files.iter().map(|file| file.layer.as_str().len()).max().unwrap_or_default();
    let line = |file: &harmony_config_host::ManifestFile| format!("{:width$}  {}\n", file.layer, file.path.display());
    manifest.files.iter().map(line).collect()
}

/// What is said beside the files.
pub(super) fn words(manifest: &Manifest) -> Vec<String> {
    let mut words = Vec::new();
    if manifest.files.is_empty() {
        words.push(format!("there is no manifest; the chain is {}", manifest.chain.join(" → ")));
        let why = |(source, why): (&String, &String)| format!("  `{source}` is in it because {why}");
        words.extend(manifest.because.iter().map(why));
        words.push("  next: write one: harmony-config init".to_owned());
    }
    words.extend(manifest.profile.as_ref().map(|profile| format!("profile `{profile}`")));
    words
}

pub(super) fn files_json(manifest: &Manifest, version: u32) -> Value {
    let files: Vec<Value> = manifest
        .files
        .iter()
        .map(|file| json!({ "layer": file.layer.as_str(), "path": file.path.display().to_string() }))
        .collect();
    json!({ "version": version, "profile": manifest.profile, "files": files })
}

/// Every line, with where it was said behind it.
pub(super) fn resolved(manifest: &Manifest, style: Style) -> String {
    let lines: Vec<(String, String)> = manifest.lines.iter().map(|line| (said(line), origin(line))).collect();
    let width =
        lines.iter().map(|(said, _)| said.chars().count()).filter(|width| *width <= 60).max().unwrap_or_default();
    let profile =
        manifest.profile.iter().map(|profile| style.paint(Paint::Faint, &format!("# profile {profile}")) + "\n");
    let line = |(said, origin): &(String, String)| {
        format!("{said:width$}  {}\n", style.paint(Paint::Faint, &format!("# {origin}")))
    };
    profile.chain(lines.iter().map(line)).collect()
}

pub(super) fn resolved_json(manifest: &Manifest, version: u32) -> Value {
    let line = |line: &ManifestLine| {
        json!({
            "path": line.path,
            "value": line.value,
            "file": line.place.as_ref().map(|place| place.file.display().to_string()),
            "line": line.place.as_ref().map(|place| place.line),
            "layer": line.place.as_ref().map(|place| place.layer.as_str()),
            "note": line.note,
        })
    };
    let mut document = files_json(manifest, version);
    if let Some(members) = document.as_object_mut() {
        members.insert("lines".to_owned(), manifest.lines.iter().map(line).collect());
    }
    document
}

fn said(line: &ManifestLine) -> String {
    let path: Vec<String> = line.path.iter().map(|part| name(part)).collect();
    let said = value(&line.value);
    // Where variables are put in, what is left of `${` was meant as it stands.
    let has_variables = matches!(
        line.path.iter().map(String::as_str).collect::<Vec<&str>>().as_slice(),
        ["namespace"] | ["schema", ..] | ["source", _, "settings" | "tls" | "proxy", ..] | ["key", _, "ref", ..]
    );
    let said = if has_variables { said.replace("${", "$${") } else { said };
    format!("{} = {said}", path.join("."))
}

fn origin(line: &ManifestLine) -> String {
    match (&line.place, &line.note) {
        (Some(place), Some(note)) => format!("{place}; {note}"),
        (Some(place), None) => place.to_string(),
        (None, Some(note)) => note.clone(),
        (None, None) => String::new(),
    }
}

/// A name as TOML has it.
fn name(name: &str) -> String {
    match !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        true => name.to_owned(),
        false => text(name),
    }
}

fn value(of: &Value) -> String {
    match of {
        Value::String(of) => text(of),
        Value::Array(items) => format!("[{}]", items.iter().map(value).collect::<Vec<String>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(member, of)| format!("{} = {}", name(member), value(of)));
            format!("{{ {} }}", members.collect::<Vec<String>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A text between quotes. JSON's escapes are TOML's too; what else could move a cursor is escaped as well.
fn text(of: &str) -> String {
    let quoted = Value::from(of).to_string();
    quoted.chars().fold(String::with_capacity(quoted.len()), |mut out, character| {
        match character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            true => out.push_str(&format!("\\u{:04X}", u32::from(character))),
            false => out.push(character),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_toml() {
        let line = |path: &[&str], of: Value| {
            let path = path.iter().map(|part| (*part).to_owned()).collect::<Vec<String>>();
            let names: Vec<String> = path.iter().map(|part| name(part)).collect();
            format!("{} = {}", names.join("."), value(&of))
        };
        let whole = line(&["key", "*Auth", "chain"], json!(["a", 1, true, { "b c": "\u{202e}\u{1b}\"" }]));
        assert_eq!(whole, "key.\"*Auth\".chain = [\"a\", 1, true, { \"b c\" = \"\\u202E\\u001b\\\"\" }]");
    }
}
