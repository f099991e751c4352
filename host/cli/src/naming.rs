//! What the command is called: an embedder's own name for it stands in every message and every example, instead of
//! `harmony-config`. Messages of the libraries below know only that name, so it is put in here, in the one place that all of
//! them pass.

use harmony_config_core::Explanation;
use serde_json::Value;

use crate::{Failed, Output, Program};

/// What the command is called where nobody says otherwise.
pub(crate) const OWN: &str = "harmony-config";

/// The text with the program's own name for the command. Files are called as they are: `harmony-config.toml`.
pub(crate) fn named(text: &str, program: &Program) -> String {
    if program.command == OWN || !text.contains(OWN) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OWN) {
        let (before, found) = rest.split_at(at);
        let behind = found.get(OWN.len()..).unwrap_or_default();
        // A command is followed by a blank or ends there, and begins where a word does.
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'));
        let ends = !behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/'));
        out.push_str(before);
        out.push_str(if begins && ends { &program.command } else { OWN });
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// A parser whose examples name the program's own command.
pub fn renamed(parser: clap::Command, program: &Program) -> clap::Command {
    if program.command == OWN {
        return parser;
    }
    let texts = [parser.get_after_help(), parser.get_long_about(), parser.get_about()];
    let [after, long, about] = texts.map(|text| text.map(|text| named(&text.to_string(), program)));
    let mut parser = parser;
    if let Some(after) = after {
        parser = parser.after_help(after);
    }
    if let Some(long) = long {
        parser = parser.long_about(long);
    }
    if let Some(about) = about {
        parser = parser.about(about);
    }
    let names: Vec<String> = parser.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        parser = parser.mut_subcommand(name, |command| renamed(command, program));
    }
    parser
}

/// Puts the name into the messages of a document, and into nothing else of it: a value is as it is.
pub(crate) fn in_messages(document: &mut Value, program: &Program) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if matches!(name.as_str(), "message" | "remedy" | "problem" | "why_not") => {
                        *text = named(text, program);
                    }
                    // What `get` found is nobody's message.
                    _ if name == "value" => {}
                    member => in_messages(member, program),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| in_messages(item, program)),
        _ => {}
    }
}

/// The outcome of a command, in the program's own words.
pub(crate) fn outcome(result: Result<Output, Failed>, program: &Program) -> Result<Output, Failed> {
    if program.command == OWN {
        return result;
    }
    match result {
        Err(failed) => Err(self::failed(failed, program)),
        Ok(Output::Explained(mut explained)) => {
            explanation(&mut explained, program);
            Ok(Output::Explained(explained))
        }
        Ok(output) => Ok(output),
    }
}

pub(crate) fn failed(failed: Failed, program: &Program) -> Failed {
    Failed {
        message: named(&failed.message, program),
        remedy: failed.remedy.map(|remedy| named(&remedy, program)),
        ..failed
    }
}

fn explanation(explained: &mut Explanation, program: &Program) {
    if let Some(problem) = &mut explained.problem {
        *problem = named(problem, program);
    }
    for step in &mut explained.steps {
        for text in [&mut step.message, &mut step.remedy].into_iter().flatten() {
            *text = named(text, program);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_named_as_the_embedder_calls_it_and_files_are_not() {
        let program = Program::new("acme", "acme config");
        for (text, expected) in [
            ("run: harmony-config -n x set K", "run: acme config -n x set K"),
            ("`harmony-config`", "`acme config`"),
            ("edit harmony-config.toml", "edit harmony-config.toml"),
            (
                "see harmony-config.schema.json and /home/harmony-config/x",
                "see harmony-config.schema.json and /home/harmony-config/x",
            ),
            (
                "harmony-config-cli is a library; harmony-config is a command",
                "harmony-config-cli is a library; acme config is a command",
            ),
        ] {
            assert_eq!(named(text, &program), expected);
            assert_eq!(named(text, &Program::default()), text);
        }
    }
}
