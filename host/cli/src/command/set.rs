//! `set`: keeps a value in one source.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
};

use clap::Args;
use clap_complete::ArgValueCompleter;
use harmony_config_core::{Coordinate, Interaction, Sensitivity, Shape};
use harmony_config_host::Loaded;
use serde_json::Value;

use crate::{
    Context, Failed, Output, completion,
    context::check_source,
    declared, input, meant,
    output::label,
    target::{Target, shown},
};

/// Keeps a value, or one field of it: the rest of what the source has stays. It is of the type that the program declares; where
/// none is known, JSON if it parses as such, else text. Without VALUE it is read from a pipe, or asked for: by the type's own
/// questions, or without being shown.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config set AppConfig '{\"host\":\"localhost\",\"port\":8080}'
  $ harmony-config set AppConfig.port 9090
  $ harmony-config set Passphrase - < passphrase.txt
  $ harmony-config set Firewall@fw-a --in sqlite < firewall.json")]
pub struct Set {
    /// Which value, and perhaps which field of it: AppConfig, Firewall@fw-a, AppConfig.server.port.
    #[arg(value_name = "KEY[@INSTANCE][.FIELD…]", add = ArgValueCompleter::new(completion::keys))]
    pub key: String,
    /// The value, or `-` to read it from standard input. A secret is better piped in, or left out to be asked for.
    #[arg(value_name = "VALUE|-", allow_negative_numbers = true)]
    pub value: Option<String>,
    /// Keep it in this source, instead of the first that can.
    #[arg(long = "in", value_name = "SOURCE", add = ArgValueCompleter::new(completion::sources))]
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
        let target = Target::parse(&self.key)?;
        if !self.more.is_empty() {
            return Err(Failed::usage("there is more than one value")
                .with_key(target)
                .with_remedy("put the value into quotes if it has blanks in it"));
        }
        let answers = context.answers()?;
        let loaded = context.load_asking(answers.clone()).await?;
        let at = target.at(loaded.manager.namespace())?;
        if let Some(source) = &self.source {
            check_source(&loaded, source)?;
        }
        let shape = declared::shape(&loaded, at.key())?;
        let known = loaded.declared.get(at.key()).is_some();
        if !known {
            input::warn_of_undeclared(&loaded, &at);
        }
        let part = part(&target, &shape)?;
        let named = label(&at, &target.fields);
        let typed = |text: String| match text.is_empty() {
            true => None,
            false => Some(input::typed(text, &part, &at)),
        };
        let value = match self.value.as_deref() {
            Some("-") if context.answers_from_stdin() => {
                return Err(Failed::usage("standard input cannot hold both the value and the answers")
                    .with_key(&at)
                    .with_remedy("leave out `-`: the value is the first answer"));
            }
            Some("-") => typed(input::read(io::stdin(), &at)?).unwrap_or_else(|| Err(empty(&at, &named)))?,
            Some(_) if known && part.sensitivity() == Sensitivity::Secret => {
                return Err(secret_argument(&context.program.command, &at, &named));
            }
            Some(value) => {
                if !known {
                    input::warn_of_argument(&context.program.command, &self.key);
                }
                input::typed(value.to_owned(), &part, &at)?
            }
            None if answers.is_some() || io::stdin().is_terminal() => {
                let prompter = context.prompter(&loaded, answers);
                match part.schema() {
                    Some(_) => input::ask_by_form(&loaded, &*prompter, &at, &part).await?,
                    None => {
                        let text = input::ask(prompter, &context.program.command, &at).await?;
                        input::typed(text, &part, &at)?
                    }
                }
            }
            None => typed(input::read(io::stdin(), &at)?).unwrap_or_else(|| Err(nobody(&at, &named)))?,
        };
        let (manager, source) = (&loaded.manager, self.source.as_deref());
        let written = match target.fields.as_slice() {
            [] => manager.set_value(&at, &shape, &value, source).await?,
            fields => manager.set_field(&at, &shape, fields, &value, source).await?,
        };
        let above = match target.fields.as_slice() {
            [] => above(&loaded, &at, &shape, &written.source).await,
            _ => above_field(&loaded, &at, &shape, &target, &written.source, &value).await,
        };
        let source = written.source.to_string();
        Ok(Output::Kept { at, path: target.fields, source, version: written.version, above })
    }
}

/// The sources that stand above the one that was written, and have something to say: the value may not win.
pub(super) async fn above(loaded: &Loaded, at: &Coordinate, shape: &Shape, written: &str) -> Vec<String> {
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

/// What is known of the part of the value that is meant. A field that the type does not have is refused: it would be kept, and
/// no program would ever see it.
fn part(target: &Target, shape: &Arc<Shape>) -> Result<Arc<Shape>, Failed> {
    if target.fields.is_empty() || shape.schema().is_none() {
        return Ok(Arc::clone(shape));
    }
    if let Some(field) = shape.field(&target.fields) {
        return Ok(Arc::new(field));
    }
    for (depth, field) in target.fields.iter().enumerate() {
        let names = shape.fields(target.fields.get(..depth).unwrap_or_default());
        if names.is_empty() {
            // Inside a list or a map: which names there are is not known.
            break;
        }
        if !names.contains(field) {
            let meant = meant::nearest(field, names.iter().map(String::as_str));
            let meant = meant.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            return Err(Failed::usage(format!("its type has no field `{}`", shown(field)))
                .with_key(target)
                .with_remedy(format!("{meant}the fields are: {}", names.join(", "))));
        }
    }
    Ok(Arc::new(Shape::from_schema(Value::Bool(true), shape.sensitivity())))
}

/// A declared secret is not taken where others can see it.
fn secret_argument(command: &str, at: &Coordinate, named: &str) -> Failed {
    Failed::usage(
        "the value holds a secret, and on the command line it would stay in the shell's history and be seen in the process \
         list; nothing was written",
    )
    .with_key(at)
    .with_remedy(format!(
        "leave the value out, and be asked for it: {command} -n {ns} set {named}; or pipe it in: … | {command} -n {ns} set {named} -",
        ns = at.namespace()
    ))
}

/// The source above the one that was written whose field goes first, if there is one.
async fn above_field(
    loaded: &Loaded,
    at: &Coordinate,
    shape: &Shape,
    target: &Target,
    written: &str,
    value: &Value,
) -> Vec<String> {
    let Ok(resolved) = loaded.manager.resolve_value(at, shape, Interaction::Forbidden).await else { return Vec::new() };
    let winner = target.fields.first().and_then(|field| resolved.origin.fields.get(field)).cloned();
    if target.part_of(resolved.value, None, shape).is_ok_and(|now| now == *value) {
        return Vec::new();
    }
    winner.filter(|winner| **winner != *written).map(|winner| winner.to_string()).into_iter().collect()
}

fn empty(at: &Coordinate, named: &str) -> Failed {
    Failed::usage("standard input is empty: there is no value in it")
        .with_key(at)
        .with_remedy(format!("if an empty text is meant: harmony-config -n {} set {named} '\"\"'", at.namespace()))
}

fn nobody(at: &Coordinate, named: &str) -> Failed {
    Failed::person_needed("no value was given, and there is no terminal to ask for it")
        .with_key(at)
        .with_remedy(format!("pipe it in: … | harmony-config -n {} set {named} -", at.namespace()))
}
