//! The token and the passwords: from variables, from standard input, or from the person. They are never arguments, which
//! others can see and shells remember.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, IsTerminal, Read},
    sync::Arc,
};

use harmony_config_core::{ConfigError, Secret};
use harmony_config_host::{Form, Kind, Loaded, Prompter, Question};
use serde_json::{Value, json};

use super::variable;
use crate::{Context, Failed};

/// No line, and no list of passwords, is longer.
const MOST: u64 = 1 << 20;

/// Where the token and the passwords come from.
pub(super) struct Given {
    prompter: Arc<dyn Prompter>,
    /// Whether standard input is read here: nobody types there, and it holds no answers for the prompter.
    piped: bool,
    command: String,
}

impl Given {
    pub(super) fn new(context: &Context<'_>, loaded: &Loaded) -> Result<Self, Failed> {
        let answers = context.answers()?;
        Ok(Given {
            piped: answers.is_none() && !io::stdin().is_terminal(),
            prompter: context.prompter(loaded, answers),
            command: context.program.command.clone(),
        })
    }

    /// The token: from a variable, else the first line of standard input, else from the person.
    pub(super) async fn token(&mut self) -> Result<Secret<String>, Failed> {
        if let Some(token) = variable(&["OPENBAO_TOKEN", "BAO_TOKEN", "VAULT_TOKEN"]) {
            return Ok(Secret::new(token));
        }
        if self.piped {
            let mut line = String::new();
            let read = io::stdin().lock().take(MOST).read_line(&mut line);
            let line = Secret::new(line);
            read.map_err(|error| unreadable(&error))?;
            return match line.expose_str().trim() {
                "" => Err(no_token("standard input is empty")),
                token => Ok(Secret::new(token.to_owned())),
            };
        }
        if let Some(failure) = self.prompter.unavailable() {
            return Err(no_token(&failure.message));
        }
        let mut answers = self.ask("the token for the server", &["token".to_owned()]).await?;
        answers.remove("token").ok_or_else(|| no_token("none was given"))
    }

    /// A password for each of these users, from the person.
    pub(super) async fn ask_passwords(&self, users: &[String]) -> Result<BTreeMap<String, Secret<String>>, Failed> {
        if users.is_empty() {
            return Ok(BTreeMap::new());
        }
        if let Some(failure) = self.prompter.unavailable() {
            return Err(Failed::person_needed("new users need passwords, and nobody can be asked for them")
                .with_remedy(format!("pipe them in: --passwords stdin ({})", failure.message)));
        }
        self.ask("passwords of new users", users).await
    }

    /// The passwords on what is left of standard input. `users` are those that may be named there.
    pub(super) fn read_passwords(&self, users: &[&str]) -> Result<BTreeMap<String, Secret<String>>, Failed> {
        if !self.piped {
            return Err(Failed::usage("--passwords stdin reads a pipe, and standard input is none")
                .with_remedy("pipe lines NAME:PASSWORD in, or say --passwords ask"));
        }
        let mut text = String::new();
        let read = io::stdin().lock().take(MOST).read_to_string(&mut text);
        let text = Secret::new(text);
        read.map_err(|error| unreadable(&error))?;
        passwords(text.expose_str(), users)
    }

    async fn ask(&self, title: &str, names: &[String]) -> Result<BTreeMap<String, Secret<String>>, Failed> {
        let questions = names.iter().map(|name| Question {
            path: vec![name.clone()],
            kind: Kind::Text,
            label: name.clone(),
            help: None,
            required: true,
            secret: true,
            default: None,
            choices: Vec::new(),
            schema: json!({ "type": "string", "minLength": 1 }),
        });
        let form = Form {
            source: self.command.clone(),
            title: title.to_owned(),
            help: None,
            notices: Vec::new(),
            known: BTreeMap::new(),
            questions: questions.collect(),
        };
        let answers = self.prompter.ask(vec![form]).await;
        let answers = answers.map_err(|failure| Failed::from(ConfigError::from_failure(failure)))?;
        let given = answers.into_iter().flatten().filter_map(|answer| match answer.value {
            Value::String(text) => Some((answer.path.first()?.clone(), Secret::new(text))),
            _ => None,
        });
        Ok(given.collect())
    }
}

/// Lines `NAME:PASSWORD`. A password may have colons in it. No message repeats a line: it may be a password alone.
fn passwords(text: &str, users: &[&str]) -> Result<BTreeMap<String, Secret<String>>, Failed> {
    let mut given = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: &str| {
            Failed::usage(format!("line {} of the passwords {why}", number + 1))
                .with_remedy("write one line NAME:PASSWORD for each user that is named with --user")
        };
        let (name, password) = line.split_once(':').ok_or_else(|| wrong("has no colon"))?;
        let name = name.trim();
        if password.is_empty() {
            return Err(wrong("has no password"));
        }
        if !users.contains(&name) {
            return Err(wrong("is for a user that is not named with --user"));
        }
        if given.insert(name.to_owned(), Secret::new(password.to_owned())).is_some() {
            return Err(wrong("is for a user that has one already"));
        }
    }
    Ok(given)
}

fn no_token(why: &str) -> Failed {
    Failed::person_needed(format!("no token is given: {why}"))
        .with_remedy("set OPENBAO_TOKEN (or BAO_TOKEN, VAULT_TOKEN), or pipe the token in")
}

fn unreadable(error: &io::Error) -> Failed {
    Failed::other(format!("standard input cannot be read: {error}"))
        .with_remedy("pipe in the token, then lines NAME:PASSWORD, all of it UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_name_and_a_password_with_any_characters() {
        let given = passwords("anna:p:w \r\n\n bert:x\n", &["anna", "bert"]).unwrap();
        assert_eq!(given["anna"].expose_str(), "p:w ");
        assert_eq!(given["bert"].expose_str(), "x");
    }

    #[test]
    fn a_line_that_is_none_is_named_and_not_shown() {
        for (text, words) in [
            ("canary", "line 1 of the passwords has no colon"),
            ("\nanna:", "line 2 of the passwords has no password"),
            ("canary:canary", "not named"),
            ("anna:canary\nanna:canary", "line 2"),
        ] {
            let failed = passwords(text, &["anna"]).unwrap_err();
            assert!(failed.message.contains(words) && failed.exit_code == 2, "{failed:?}");
            assert!(!format!("{failed:?}").contains("canary"), "{failed:?}");
        }
    }
}
