//! What a command answers with, and the one place that prints it. Standard output gets the answer alone, standard error
//! everything else. How an explanation looks is in `explanation`, how tables of keys look in `keys`.

mod checkup;
pub(crate) mod decided;
mod explanation;
mod json;
mod keys;
mod manifest;
mod moved;
mod printed;
mod report;
mod sealing;
mod team;
mod unchanged;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use harmony_config_core::{Checked, Coordinate, Explanation, Sensitivity, Standing};
use harmony_config_host::{DeclaredIn, Rekeyed, SealedNow};
use serde_json::Value;

pub use self::{
    checkup::{Checkup, Finding, Place, Reached, ReachedFact, Sealing, SourceState},
    moved::{Moved, MovedOne},
    printed::{Pages, Printed},
    report::Report,
    team::{SetUp, TeamMode},
    unchanged::Unchanged,
};
use crate::{
    Failed, Global, Program, naming,
    style::{Paint, Style},
};

/// What a command answers with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Output {
    /// `init` wrote a manifest.
    Initialised {
        /// Its file.
        manifest: PathBuf,
        /// The namespace that stands in it.
        namespace: String,
    },
    /// `get` found a value.
    Found(Box<Found>),
    /// `set` kept a value.
    Kept {
        /// Which value.
        at: Coordinate,
        /// Which field of it, from the outside in; empty for the whole.
        path: Vec<String>,
        /// The source that has it now.
        source: String,
        /// Its version there, if the source has versions.
        version: Option<String>,
        /// The sources above it that have the value too, or fields of it: they win.
        above: Vec<String>,
    },
    /// `unset` removed a value.
    Removed {
        /// Which value.
        at: Coordinate,
        /// Which field of it, from the outside in; empty for the whole.
        path: Vec<String>,
        /// The source that had it.
        source: String,
        /// What each source has now.
        now: Box<Explanation>,
    },
    /// `list` found these keys.
    Listed {
        /// The namespace that was looked in.
        namespace: String,
        /// What the keys begin with.
        prefix: String,
        /// The keys, in their order.
        entries: Vec<Key>,
    },
    /// `check` looked at what is declared.
    Checked {
        /// The namespace that was looked in.
        namespace: String,
        /// What each key comes to, in their order.
        checked: Vec<Checked>,
    },
    /// `schema` found what is known of the program's types.
    Schema {
        /// The schema document, or one key's schema.
        schema: Value,
        /// Where it comes from, if not from this program's own types.
        from: Vec<DeclaredIn>,
        /// The one key.
        key: Option<String>,
    },
    /// `manifest` read the manifest.
    Manifest(Box<harmony_config_host::Manifest>),
    /// `manifest --resolved` did, and every line of it is wanted.
    Resolved(Box<harmony_config_host::Manifest>),
    /// `manifest --schema`: the JSON Schema of manifests.
    ManifestSchema(Value),
    /// What a command says that has a report of its own.
    Report(Arc<dyn Report>),
    /// `explain` asked every source.
    Explained(Box<Explanation>),
    /// `rekey` changed the key.
    Rekeyed(Box<Rekeyed>),
    /// `seal` sealed these.
    Sealed(Box<SealedNow>),
}

impl<R: Report + 'static> From<R> for Output {
    fn from(report: R) -> Self {
        Output::Report(Arc::new(report))
    }
}

impl Output {
    /// What a command exits with that has this answer.
    pub fn exit_code(&self) -> u8 {
        match self {
            Output::Checked { checked, .. } => Standing::worst(checked.iter().map(|one| one.standing)).exit_code(),
            Output::Report(report) => report.exit_code(),
            _ => 0,
        }
    }

    /// What could not be done beside what was.
    fn failures(&self) -> &[Failed] {
        match self {
            Output::Report(report) => report.failures(),
            _ => &[],
        }
    }
}

/// `KEY@INSTANCE.FIELD`, as it is typed.
pub(crate) fn label(at: &Coordinate, path: &[String]) -> String {
    let fields: String = path.iter().map(|field| format!(".{field}")).collect();
    format!("{at}{fields}")
}

/// A key of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which value.
    pub at: Coordinate,
    /// Whether a program declares it.
    pub declared: bool,
    /// How carefully it is handled.
    pub sensitivity: Sensitivity,
    /// Whether its value is there, and fits. Of an undeclared one: that it is there.
    pub standing: Standing,
    /// The sources that have it, in the order of the chain.
    pub sources: Vec<String>,
}

/// A value that was found.
#[derive(Clone)]
pub struct Found {
    /// Which value.
    pub at: Coordinate,
    /// Which field of it, from the outside in; empty for the whole.
    pub path: Vec<String>,
    /// The value itself.
    pub value: Value,
    /// The source that gave it, or its first field.
    pub source: Option<String>,
    /// Where it is, in that source's own words.
    pub location: Option<String>,
    /// For each top-level field, the source that gave it.
    pub fields: BTreeMap<String, String>,
    /// Whether a source above could not be asked.
    pub degraded: bool,
}

/// Shows everything but the value.
impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found")
            .field("at", &self.at)
            .field("path", &self.path)
            .field("value", &"***")
            .field("source", &self.source)
            .field("location", &self.location)
            .field("degraded", &self.degraded)
            .finish()
    }
}

/// Prints the answers of commands.
#[derive(Clone, Debug)]
pub struct Printer {
    json: bool,
    program: Program,
    out: Style,
    err: Style,
}

impl Printer {
    /// As the flags ask for.
    pub fn new(global: &Global, program: &Program) -> Self {
        Printer {
            json: global.json,
            program: program.clone(),
            out: Style::of(global.color, &io::stdout()),
            err: Style::of(global.color, &io::stderr()),
        }
    }

    /// Prints what came of a command, and answers with the exit code.
    pub fn finish(&self, result: Result<Output, Failed>) -> u8 {
        let mut last = Vec::new();
        let (answer, code) = match &result {
            Ok(output) => {
                // What is said of a table belongs below it, what is said of an answer before it.
                match output {
                    Output::Checked { .. } => last = self.words(output),
                    _ => self.say(&self.words(output)),
                }
                output.failures().iter().for_each(|failed| self.complain(failed));
                let answer = if self.json { Some(self.document(json::output(output))) } else { self.answer(output) };
                (answer, output.exit_code())
            }
            Err(failed) => {
                self.complain(failed);
                (self.json.then(|| self.document(json::failed(failed))), failed.exit_code)
            }
        };
        let written = answer.map(|answer| write_out(&answer));
        self.say(&last);
        match written {
            None | Some(Ok(())) => code,
            // Whoever read has seen enough: `… | head`.
            Some(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => code,
            Some(Err(error)) => {
                self.complain(&Failed::other(format!("standard output cannot be written: {error}")));
                if code == 0 { 1 } else { code }
            }
        }
    }

    /// Prints help, the version, or what was wrong with the command line, and answers with the exit code.
    pub fn finish_usage(error: &clap::Error, arguments: impl IntoIterator<Item = OsString>) -> u8 {
        // The stream may be closed; then nobody wants to read it.
        let _ = error.print();
        let code = u8::try_from(error.exit_code()).unwrap_or(2);
        // The flags could not be read, so this one is looked for by hand.
        let json = arguments.into_iter().take_while(|argument| argument != "--").any(|argument| argument == "--json");
        if error.use_stderr() && json {
            let rendered = error.render().to_string();
            let lines: Vec<&str> = rendered.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            let message = lines.join(" ");
            let failed = Failed::usage(message.strip_prefix("error: ").unwrap_or(&message))
                .with_remedy("see harmony-config --help");
            let _ = write_out(&json::document(&json::failed(&failed)));
        }
        code
    }

    /// What goes to standard output, for a person or a script.
    fn answer(&self, output: &Output) -> Option<String> {
        match output {
            Output::Initialised { .. }
            | Output::Kept { .. }
            | Output::Removed { .. }
            | Output::Rekeyed(_)
            | Output::Sealed(_) => None,
            Output::Report(report) => report.answer(self.out),
            Output::Found(found) => Some(match &found.value {
                Value::String(text) => format!("{text}\n"),
                value => json::document(value),
            }),
            Output::Listed { entries, .. } => Some(keys::list(entries, self.out)),
            Output::Checked { checked, .. } => Some(keys::check(checked, self.out)),
            Output::Schema { schema, .. } => Some(json::document(schema)),
            Output::Explained(explanation) => Some(explanation::render(explanation, self.out)),
            Output::Manifest(manifest) => Some(manifest::files(manifest)),
            Output::Resolved(manifest) => Some(manifest::resolved(manifest, self.out)),
            Output::ManifestSchema(schema) => Some(json::document(schema)),
        }
    }

    /// What goes to standard error beside it.
    fn words(&self, output: &Output) -> Vec<String> {
        let next = |words: String| format!("  {} {words}", self.err.paint(Paint::Faint, "next:"));
        match output {
            Output::Initialised { manifest, namespace } => vec![
                format!("wrote {} (namespace `{namespace}`)", manifest.display()),
                next("run your program, or keep a value: harmony-config set KEY".to_owned()),
            ],
            Output::Kept { at, path, source, above, .. } => {
                let mut words = vec![format!("{} is kept in `{source}`", label(at, path))];
                if !above.is_empty() {
                    let above: Vec<String> = above.iter().map(|name| format!("`{name}`")).collect();
                    let has =
                        if above.len() == 1 { "has a value too, and stands" } else { "have values too, and stand" };
                    let warning = self.err.paint(Paint::Warning, "warning");
                    words.push(format!("{warning}: {} {has} above `{source}`: it goes first", above.join(" and ")));
                    words.push(next(format!("harmony-config -n {} explain {at}", at.namespace())));
                }
                words
            }
            Output::Removed { at, path, source, now } => {
                vec![format!("{} is removed from `{source}`", label(at, path)), explanation::verdict(now)]
            }
            Output::Listed { namespace, prefix, entries } if entries.is_empty() => {
                let which =
                    if prefix.is_empty() { String::new() } else { format!(" with a key that begins with `{prefix}`") };
                vec![format!("no source holds a value{which} in namespace `{namespace}`")]
            }
            Output::Checked { checked, .. } => {
                let mut words = vec![keys::verdict(checked)];
                if checked.iter().any(|one| matches!(one.standing, Standing::Missing | Standing::Invalid)) {
                    words.push(next("to be asked for all of it at once: harmony-config check --prompt".to_owned()));
                }
                words
            }
            Output::Schema { from, .. } => from.iter().map(keys::from).collect(),
            Output::Rekeyed(done) => sealing::rekeyed(done),
            Output::Sealed(done) => sealing::sealed(done),
            Output::Report(report) => report.words(self.err),
            Output::Manifest(manifest) => manifest::words(manifest),
            Output::Found(_)
            | Output::Listed { .. }
            | Output::Explained(_)
            | Output::Resolved(_)
            | Output::ManifestSchema(_) => Vec::new(),
        }
    }

    fn complain(&self, failed: &Failed) {
        let mut lines = vec![format!("{}: {failed}", self.err.paint(Paint::Bad, "error"))];
        if let Some(remedy) = &failed.remedy {
            lines.push(format!("  {} {remedy}", self.err.paint(Paint::Faint, "next:")));
        }
        self.say(&lines);
    }

    /// A document whose messages name the command as the program calls it.
    fn document(&self, mut document: Value) -> String {
        naming::in_messages(&mut document, &self.program);
        json::document(&document)
    }

    /// Lines for the person. That nobody reads them is no failure.
    fn say(&self, lines: &[String]) {
        let mut text = naming::named(&lines.join("\n"), &self.program);
        if !text.is_empty() {
            text.push('\n');
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
    }
}

/// Writes to standard output in one go.
fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
