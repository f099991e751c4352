//! `set`: keeps a value in one source.

use std::io::{self, IsTerminal};

use clap::Args;
use harmony_config_core::{Coordinate, Sensitivity, Shape};
use harmony_config_host::Loaded;

use crate::{Context, Failed, Output, context::check_source, declared, input, target::Target};

/// Keeps a value. It is of the type that the program declares; where none is known, JSON if it parses as such, else text.
/// Without VALUE it is read from a pipe, or asked for: by the type's own questions, or without being shown.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config set AppConfig '{\"host\":\"localhost\",\"port\":8080}'
  $ printf '%s' 'correct horse' | harmony-config set Passphrase -
  $ harmony-config set Firewall@fw-a --in sqlite < firewall.json")]
pub struct Set {
    /// Which value: AppConfig, or Firewall@fw-a.
    #[arg(value_name = "KEY[@INSTANCE]")]
    pub key: String,
    /// The value, or `-` to read it from standard input. A secret is better piped in, or left out to be asked for.
    #[arg(value_name = "VALUE|-", allow_negative_numbers = true)]
    pub value: Option<String>,
    /// Keep it in this source, instead of the first that can.
    #[arg(long = "in", value_name = "SOURCE")]
    pub source: Option<String>,
    /// What stands behind the value. Taken so that the parser does not repeat it in an error: it may be a secret.
    #[arg(hide = true)]
    pub more: Vec<String>,
}

impl Set {
    /// Keeps the value.
    ///
    /// # Errors
    /// Where it was not kept; the message says whether anything was written.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let target = self.target()?;
        if !self.more.is_empty() {
            return Err(Failed::usage("there is more than one value")
                .with_key(&target)
                .with_remedy("put the value into quotes if it has blanks in it"));
        }
        let answers = context.answers()?;
        let loaded = context.load_with(answers.clone())?;
        let at = target.at(loaded.manager.namespace())?;
        if let Some(source) = &self.source {
            check_source(&loaded, source)?;
        }
        let shape = declared::shape(&loaded, at.key())?;
        let known = loaded.declared.get(at.key()).is_some();
        if !known {
            input::warn_of_undeclared(&loaded, &at);
        }
        let typed = |text: String| match text.is_empty() {
            true => None,
            false => Some(input::typed(text, &shape, &at)),
        };
        let value = match self.value.as_deref() {
            Some("-") if context.answers_from_stdin() => {
                return Err(Failed::usage("standard input cannot hold both the value and the answers")
                    .with_key(&at)
                    .with_remedy("leave out `-`: the value is the first answer"));
            }
            Some("-") => typed(input::read(io::stdin(), &at)?).unwrap_or_else(|| Err(empty(&at)))?,
            Some(_) if known && shape.sensitivity() == Sensitivity::Secret => {
                return Err(secret_argument(&context.program.command, &at));
            }
            Some(value) => {
                if !known {
                    input::warn_of_argument(&context.program.command, &self.key);
                }
                input::typed(value.to_owned(), &shape, &at)?
            }
            None if answers.is_some() || io::stdin().is_terminal() => {
                let prompter = context.prompter(&loaded, answers);
                match shape.schema() {
                    Some(_) => input::ask_by_form(&loaded, &*prompter, &at, &shape).await?,
                    None => {
                        let text = input::ask(prompter, &context.program.command, &at).await?;
                        input::typed(text, &shape, &at)?
                    }
                }
            }
            None => typed(input::read(io::stdin(), &at)?).unwrap_or_else(|| Err(nobody(&at)))?,
        };
        let written = loaded.manager.set_value(&at, &shape, &value, self.source.as_deref()).await?;
        let above = above(&loaded, &at, &shape, &written.source).await;
        Ok(Output::Kept { at, source: written.source.to_string(), version: written.version, above })
    }

    fn target(&self) -> Result<Target, Failed> {
        let target = Target::parse(&self.key)?;
        if target.fields.is_empty() {
            return Ok(target);
        }
        Err(Failed::usage("one field cannot be set by itself yet")
            .with_key(&target)
            .with_remedy(format!("set the whole value: harmony-config set {target}")))
    }
}

/// The sources that stand above the one that was written, and have something to say: the value may not win.
async fn above(loaded: &Loaded, at: &Coordinate, shape: &Shape, written: &str) -> Vec<String> {
    if loaded.manager.source_names().next() == Some(written) {
        return Vec::new();
    }
    let explanation = loaded.manager.explain_value(at, shape).await;
    explanation
        .steps
        .iter()
        .take_while(|step| &*step.source != written)
        .filter(|step| matches!(step.outcome, "hit" | "partial"))
        .map(|step| step.source.to_string())
        .collect()
}

/// A declared secret is not taken where others can see it.
fn secret_argument(command: &str, at: &Coordinate) -> Failed {
    Failed::usage(
        "the value holds a secret, and on the command line it would stay in the shell's history and be seen in the process \
         list; nothing was written",
    )
    .with_key(at)
    .with_remedy(format!(
        "leave the value out, and be asked for it: {command} -n {ns} set {at}; or pipe it in: … | {command} -n {ns} set {at} -",
        ns = at.namespace()
    ))
}

fn empty(at: &Coordinate) -> Failed {
    Failed::usage("standard input is empty: there is no value in it")
        .with_key(at)
        .with_remedy(format!("if an empty text is meant: harmony-config -n {} set {at} '\"\"'", at.namespace()))
}

fn nobody(at: &Coordinate) -> Failed {
    Failed::person_needed("no value was given, and there is no terminal to ask for it")
        .with_key(at)
        .with_remedy(format!("pipe it in: … | harmony-config -n {} set {at} -", at.namespace()))
}
