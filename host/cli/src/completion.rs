//! Completing the command line: the script that a shell reads, and the answers to what it then asks. Static words come from
//! the parser. Keys, fields and sources come from the manifest and from what programs said of their types: no source is
//! asked, nothing is opened, and nobody waits.

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    io::{self, Write},
    sync::OnceLock,
};

use clap_complete::{engine::CompletionCandidate, env::Shells};
use harmony_config_host::Loaded;
use serde_json::Value;

use crate::{Context, Global, Program, context};

/// What a shell sets when it asks: its name. Not below the prefix of configuration's variables.
pub const VARIABLE: &str = "_HARMONY_CONFIG_COMPLETE";

/// The program that is completed.
static PROGRAM: OnceLock<Program> = OnceLock::new();

/// Answers the shell, where it is the shell that asks, and says whether it was. To be called before anything else, with the
/// whole parser of the program: an embedder's own, with these commands mounted in it.
///
/// ```
/// # fn main() -> std::process::ExitCode {
/// use clap::CommandFactory;
/// use harmony_config_cli::{Cli, Program, completion};
///
/// if completion::respond(&Program::default(), Cli::command) {
///     return std::process::ExitCode::SUCCESS;
/// }
/// // … the program itself
/// # std::process::ExitCode::SUCCESS
/// # }
/// ```
pub fn respond(program: &Program, parser: impl FnOnce() -> clap::Command) -> bool {
    let Some(shell) = env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else { return false };
    let shells = Shells::builtins();
    // A shell that is not known gets nothing, as where there is nothing to offer.
    let Some(shell) = shell.to_str().and_then(|shell| shells.completer(shell)) else { return true };
    let _ = PROGRAM.set(program.clone());
    let words = words();
    if words.is_empty() {
        return true;
    }
    let mut parser = parser();
    parser.build();
    let mut answer = Vec::new();
    let folder = env::current_dir().ok();
    if shell.write_complete(&mut parser, words, folder.as_deref(), &mut answer).is_ok() {
        let _ = io::stdout().write_all(&answer);
    }
    true
}

/// The script that a shell reads.
pub(crate) fn script(shell: &str, program: &Program) -> Option<String> {
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    let name = program.command.split_whitespace().next().unwrap_or(&program.command);
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, name, name, name, &mut script).ok()?;
    String::from_utf8(script).ok()
}

/// The words of the line, the program's own name first.
fn words() -> Vec<OsString> {
    env::args_os().skip_while(|word| word != "--").skip(1).collect()
}

/// The keys that are known, and behind a dot their fields.
pub(crate) fn keys(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some((loaded, current)) = loaded().zip(current.to_str()) else { return Vec::new() };
    let known = context::known_keys(&loaded);
    match current.split_once('.') {
        None => {
            let begun = known.iter().filter(|known| known.name.starts_with(current));
            let keys = begun.map(|known| candidate(&known.name, known.about.as_deref()));
            keys.chain(instances(&loaded, current).iter().map(|name| candidate(name, None))).collect()
        }
        Some((name, path)) => {
            let key = name.split_once('@').map_or(name, |(key, _)| key);
            let Some(schema) = known.iter().find(|known| known.name == key).and_then(|known| known.schema.as_ref())
            else {
                return Vec::new();
            };
            fields(schema, name, path)
        }
    }
}

/// The instances that the manifest speaks of: those that sources have, only they know.
fn instances(loaded: &Loaded, current: &str) -> BTreeSet<String> {
    let manifest = &loaded.manifest;
    let said = manifest.values.keys().chain(manifest.keys.iter().map(|key| &key.pattern));
    let begun = said.filter(|name| name.contains('@') && !name.contains(['*', '?']) && name.starts_with(current));
    begun.cloned().collect()
}

/// The sources of the manifest.
pub(crate) fn sources(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some((loaded, current)) = loaded().zip(current.to_str()) else { return Vec::new() };
    let names = context::source_names(&loaded);
    names.iter().filter(|name| name.starts_with(current)).map(|name| candidate(name, None)).collect()
}

/// The identities of the manifest.
pub(crate) fn identities(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some((loaded, current)) = loaded().zip(current.to_str()) else { return Vec::new() };
    let names = loaded.identities.keys().filter(|name| name.starts_with(current));
    names.map(|name| candidate(name, None)).collect()
}

/// The fields that begin so, of the object that the path leads to.
fn fields(schema: &Value, name: &str, path: &str) -> Vec<CompletionCandidate> {
    let (parents, begun) = path.rsplit_once('.').map_or((None, path), |(parents, begun)| (Some(parents), begun));
    let mut place = resolved(schema, schema);
    for field in parents.into_iter().flat_map(|parents| parents.split('.')) {
        match place.get("properties").and_then(|fields| fields.get(field)) {
            Some(next) => place = resolved(schema, next),
            None => return Vec::new(),
        }
    }
    let before = parents.map(|parents| format!("{parents}.")).unwrap_or_default();
    let known = place.get("properties").and_then(Value::as_object).into_iter().flatten();
    let begun = known.filter(|(field, _)| field.starts_with(begun));
    begun
        .map(|(field, schema)| {
            let about = schema.get("description").and_then(Value::as_str);
            candidate(&format!("{name}.{before}{field}"), about)
        })
        .collect()
}

/// The schema that a reference leads to, and the one of an optional value.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut current = schema;
    for _ in 0..8 {
        let reference = current.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        let of_some = || {
            let halves = current.get("anyOf").and_then(Value::as_array)?;
            halves.iter().find(|half| half.get("type").and_then(Value::as_str) != Some("null"))
        };
        match reference.and_then(|pointer| root.pointer(pointer)).or_else(of_some) {
            Some(next) => current = next,
            None => break,
        }
    }
    current
}

fn candidate(value: &str, about: Option<&str>) -> CompletionCandidate {
    let about = about.and_then(|about| about.lines().next()).map(|line| line.to_owned().into());
    CompletionCandidate::new(value).help(about)
}

/// The chain that the line so far asks for. Reads the manifest, and nothing else.
fn loaded() -> Option<Loaded> {
    let global = flags(words());
    let program = PROGRAM.get().cloned().unwrap_or_default();
    Context::new(&global, &program).load().ok()
}

/// The flags of the line so far that say where configuration comes from. The line is not finished, so that the parser cannot
/// read it.
fn flags(words: Vec<OsString>) -> Global {
    // Nobody is asked anything while a word is completed.
    let mut global = Global { non_interactive: true, ..Global::default() };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(OsString::from(value))),
            _ => (text.clone().into_owned(), None),
        };
        let mut value = || joined.clone().or_else(|| words.next());
        match name.as_str() {
            "-C" | "--directory" => global.directory = value().map(Into::into),
            "-f" | "--manifest" => global.manifest = value().map(Into::into),
            "-p" | "--profile" => global.profile = value().and_then(|value| value.into_string().ok()),
            "-n" | "--namespace" => global.namespace = value().and_then(|value| value.into_string().ok()),
            _ => {}
        }
    }
    global
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(candidates: Vec<CompletionCandidate>) -> Vec<String> {
        candidates.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn flags_of_an_unfinished_line_are_found() {
        let words = ["harmony-config", "-C", "dir", "get", "--manifest=x.toml", "-n", "two", "App"].map(OsString::from);
        let global = flags(words.to_vec());
        assert_eq!(global.directory.as_deref(), Some("dir".as_ref()));
        assert_eq!(global.manifest.as_deref(), Some("x.toml".as_ref()));
        assert_eq!(global.namespace.as_deref(), Some("two"));
        assert!(flags(vec!["harmony-config".into(), "-C".into()]).directory.is_none());
    }

    #[test]
    fn fields_are_offered_behind_the_key_that_was_typed() {
        let schema = json!({
            "properties": { "port": {}, "path": {}, "tls": { "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] } },
            "$defs": { "Tls": { "properties": { "cert": { "description": "The file.\nMore." } } } },
        });
        assert_eq!(values(fields(&schema, "App@a", "p")), ["App@a.port", "App@a.path"]);
        let inner = fields(&schema, "App", "tls.");
        assert_eq!(inner[0].get_help().unwrap().to_string(), "The file.");
        assert_eq!(values(inner), ["App.tls.cert"]);
        assert!(fields(&schema, "App", "nothing.").is_empty());
    }
}
