//! `edit`: a value in the person's editor, checked when it is saved, and written only over what was read.

use std::collections::BTreeMap;

use clap::Args;
use clap_complete::ArgValueCompleter;
use harmony_config_core::{ConfigError, Coordinate, Entry, Shape};
use harmony_config_host::{Choice, Form, Kind, Loaded, Question};
use serde_json::{Value, json};

use crate::{
    Context, Failed, Output, Unchanged, completion,
    context::check_source,
    declared,
    editing::{
        draft::{self, Saved},
        program::{Editor, Ended},
        scratch::Scratch,
    },
    target::Target,
};

/// How often a text that cannot be used is offered again: far more than a person bears.
const OFFERS: usize = 50;

/// Opens what one source has in your editor ($VISUAL, else $EDITOR), as JSON. When it is saved it is checked, and offered again
/// with what is wrong on top; then it is written, unless somebody else changed the value meanwhile. Nothing of it is left on
/// disk. An editor with a window of its own must be told to wait: VISUAL='code --wait'.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config edit AppConfig
  $ harmony-config edit Firewall@fw-a --in sqlite")]
pub struct Edit {
    /// Which value: AppConfig, or Firewall@fw-a.
    #[arg(value_name = "KEY[@INSTANCE]", add = ArgValueCompleter::new(completion::keys))]
    pub key: String,
    /// Edit what this source has, instead of the first that has it and can be written.
    #[arg(long = "in", value_name = "SOURCE", add = ArgValueCompleter::new(completion::sources))]
    pub source: Option<String>,
}

/// What is being edited.
struct Session<'a> {
    context: &'a Context<'a>,
    loaded: &'a Loaded,
    at: Coordinate,
    shape: &'a Shape,
    source: String,
    /// What was read; none where the value is new.
    base: Option<Entry>,
}

impl Edit {
    /// Edits the value.
    ///
    /// # Errors
    /// Where it was not written; the message says why, and that nothing was.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let target = Target::whole(&self.key)?;
        let loaded = context.load_asking(context.answers()?).await?;
        let at = target.at(loaded.manager.namespace())?;
        if context.asks_nobody(&loaded) {
            return Err(Failed::person_needed("a person is needed to edit, and nobody is to be asked")
                .with_key(&at)
                .with_remedy(format!("pipe the value in: … | harmony-config -n {} set {at} -", at.namespace())));
        }
        let editor = Editor::of_person().map_err(|failed| failed.with_key(&at))?;
        let shape = declared::shape(&loaded, at.key())?;
        let source = self.place(&loaded, &at, &shape).await?;
        let base = loaded.manager.entry_in(&source, &at, &shape).await?;
        Session { context, loaded: &loaded, at, shape: &shape, source, base }.run(&editor).await
    }

    /// The source whose value is edited.
    async fn place(&self, loaded: &Loaded, at: &Coordinate, shape: &Shape) -> Result<String, Failed> {
        let manager = &loaded.manager;
        if let Some(source) = &self.source {
            check_source(loaded, source)?;
            manager.can_write_in(source, at, shape).await?;
            return Ok(source.clone());
        }
        let has = |outcome: &str| matches!(outcome, "hit" | "partial" | "shadowed");
        let explained = manager.explain_value(at, shape).await;
        let mut refused = None;
        for step in explained.steps.iter().filter(|step| has(step.outcome)) {
            match manager.can_write_in(&step.source, at, shape).await {
                Ok(()) => return Ok(step.source.to_string()),
                Err(error) => refused = Some(error),
            }
        }
        match (refused, manager.target_of(at, shape)) {
            (Some(error), _) => Err(Failed::from(error).with_remedy("name the source to edit it in, with --in")),
            (None, Some(target)) => Ok(target.to_string()),
            (None, None) => Err(Failed::usage("no source of the chain can keep a value")
                .with_key(at)
                .with_remedy("add one that can, for example `sqlite`, to the manifest's chain")),
        }
    }
}

impl Session<'_> {
    async fn run(mut self, editor: &Editor) -> Result<Output, Failed> {
        let broken = |error: std::io::Error| {
            Failed::other(format!("the text cannot be kept while it is edited: {error}; nothing was written"))
        };
        let scratch = Scratch::new(&format!("{}.jsonc", self.at)).map_err(broken)?;
        let mut body = match &self.base {
            Some(entry) => draft::body(&entry.value),
            None => draft::skeleton(self.shape),
        };
        let begun = body.clone();
        let mut wrong: Vec<String> = Vec::new();
        for _ in 0..OFFERS {
            scratch.write(&draft::text(&wrong, &self.notes(), &body)).map_err(broken)?;
            let (program, file) = (editor.clone(), scratch.file().to_owned());
            let ended = tokio::task::spawn_blocking(move || program.run(&file)).await;
            let ended = ended.map_err(|_| Failed::other("waiting for the editor broke off; nothing was written"))?;
            match ended.map_err(|failed| failed.with_key(&self.at))? {
                Ended::Well => {}
                Ended::Badly(how) => return Err(self.left(&how)),
                Ended::Signal(held) => {
                    drop(scratch);
                    held.release();
                    return Err(self.left("a signal came"));
                }
            }
            let saved = scratch.read().map_err(broken)?;
            let offered = std::mem::replace(&mut body, draft::without_notes(&saved).0.to_owned());
            let value = match draft::read(&saved) {
                Saved::Emptied if begun.is_empty() => return Ok(self.unchanged()),
                Saved::Emptied => return Err(self.left("everything was taken out")),
                Saved::Broken(why) => {
                    if !wrong.is_empty() && offered == body {
                        return Err(self.gave_up(&why));
                    }
                    wrong = vec![why];
                    continue;
                }
                Saved::Value(value) => value,
            };
            if self.is_as_read(&value) || (self.base.is_none() && body == begun) {
                return Ok(self.unchanged());
            }
            let partial = self.base.as_ref().is_some_and(|entry| entry.partial);
            let faults = self.shape.faults(&value).into_iter().filter(|fault| !(partial && fault.missing));
            let faults: Vec<String> = faults.map(|fault| fault.to_string()).collect();
            if let Some(first) = faults.first() {
                if !wrong.is_empty() && offered == body {
                    return Err(self.gave_up(first));
                }
                wrong = faults;
                continue;
            }
            match self.write(value).await? {
                Some(output) => return Ok(output),
                None => wrong = vec![format!("`{}` was changed by somebody else meanwhile: look again", self.source)],
            }
        }
        Err(self.gave_up("it was offered too often"))
    }

    /// What the person is told on top of the text.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("{} in `{}`, namespace {}.", self.at, self.source, self.at.namespace())];
        match &self.base {
            Some(entry) if entry.partial => {
                notes.push("These are some of its fields; the others come from elsewhere.".into())
            }
            Some(_) => {}
            None => notes.push("It is new: write it as JSON.".into()),
        }
        notes.push("Save and leave to keep it; leave without a change, or take all of it out, to keep nothing.".into());
        let about = draft::about(self.shape);
        if !about.is_empty() {
            notes.push(String::new());
            notes.extend(about);
        }
        notes
    }

    fn is_as_read(&self, value: &Value) -> bool {
        self.base.as_ref().is_some_and(|entry| entry.value == *value)
    }

    fn unchanged(&self) -> Output {
        Unchanged { at: self.at.clone(), source: self.source.clone() }.into()
    }

    /// Writes the value over what was read. None: somebody else was first, and the person wants to look again.
    async fn write(&mut self, value: Value) -> Result<Option<Output>, Failed> {
        let manager = &self.loaded.manager;
        loop {
            let entry = match &self.base {
                Some(base) => Entry { value: value.clone(), ..base.clone() },
                None => Entry { version: Some(String::new()), ..Entry::whole(value.clone(), "") },
            };
            let conflict = match manager.replace_in(&self.source, &self.at, self.shape, &entry).await {
                Ok(written) => {
                    let above = super::set::above(self.loaded, &self.at, self.shape, &written.source).await;
                    let (at, source) = (self.at.clone(), written.source.to_string());
                    return Ok(Some(Output::Kept { at, path: Vec::new(), source, version: written.version, above }));
                }
                Err(error) if matches!(error, ConfigError::Conflict(_)) => error,
                Err(error) => return Err(error.into()),
            };
            let now = manager.entry_in(&self.source, &self.at, self.shape).await?;
            let answer = self.ask(&now, &value).await;
            self.base = now;
            match answer.as_deref() {
                Some("look") => return Ok(None),
                Some("replace") => {}
                _ => {
                    return Err(Failed::from(conflict).with_remedy(format!(
                        "edit it again: harmony-config -n {} edit {}",
                        self.at.namespace(),
                        self.at
                    )));
                }
            }
        }
    }

    /// What is to become of the text, now that somebody else has changed the value. None where nobody can be asked.
    async fn ask(&self, now: &Option<Entry>, mine: &Value) -> Option<String> {
        let answers = self.context.answers().ok()?;
        let prompter = self.context.prompter(self.loaded, answers);
        if prompter.unavailable().is_some() {
            return None;
        }
        let choice = |value: &str, label: &str| Choice { label: label.to_owned(), value: value.into(), help: None };
        let question = Question {
            path: vec!["then".to_owned()],
            kind: Kind::Choice,
            label: "and now".to_owned(),
            help: None,
            required: true,
            secret: false,
            default: None,
            choices: vec![
                choice("look", "edit your text again"),
                choice("replace", "replace what is there now"),
                choice("leave", "drop your text"),
            ],
            schema: json!({ "enum": ["look", "replace", "leave"] }),
        };
        let form = Form {
            source: self.context.program.command.clone(),
            title: self.at.to_string(),
            help: None,
            notices: vec![format!(
                "`{}` was changed by somebody else meanwhile: {}",
                self.source,
                differing(now, mine)
            )],
            known: BTreeMap::new(),
            questions: vec![question],
        };
        let answers = prompter.ask(vec![form]).await.ok()?;
        answers.into_iter().flatten().next()?.value.as_str().map(str::to_owned)
    }

    fn left(&self, why: &str) -> Failed {
        Failed::cancelled(format!("{why}; nothing was written")).with_key(&self.at).with_remedy(format!(
            "edit it again: harmony-config -n {} edit {}",
            self.at.namespace(),
            self.at
        ))
    }

    fn gave_up(&self, why: &str) -> Failed {
        Failed::invalid(format!("the text cannot be used ({why}), and was saved as it was; nothing was written"))
            .with_key(&self.at)
            .with_remedy(format!("edit it again: harmony-config -n {} edit {}", self.at.namespace(), self.at))
    }
}

/// In what two values differ, by the names of fields alone.
fn differing(now: &Option<Entry>, mine: &Value) -> String {
    let Some(now) = now else { return "it is gone".to_owned() };
    let (Value::Object(theirs), Value::Object(mine)) = (&now.value, mine) else {
        return "it is another value".to_owned();
    };
    let names = theirs.keys().chain(mine.keys().filter(|name| !theirs.contains_key(*name)));
    let names: Vec<&str> = names.filter(|name| theirs.get(*name) != mine.get(*name)).map(String::as_str).collect();
    match names.as_slice() {
        [] => "it is the same as your text".to_owned(),
        names => format!("it differs from your text in {}", names.join(", ")),
    }
}
