//! What `doctor` answers with: one screen for a person, and the same as JSON.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::{json::VERSION, report::Report};
use crate::style::{Paint, Style};

/// How everything is.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The version of this program.
    pub program: String,
    /// The app whose configuration it is.
    pub app: String,
    /// The namespace; none where there is no manifest that could be used.
    pub namespace: Option<String>,
    /// The files that hold; none where the built-in manifest does, or none could be used.
    pub manifests: Vec<PathBuf>,
    /// Where things lie.
    pub places: Vec<Place>,
    /// Why nobody can be asked, if so.
    pub person: Option<String>,
    /// How the key is that seals secrets.
    pub sealing: Option<Sealing>,
    /// What the manifest reaches, and whether the person trusts it.
    pub trust: Option<Reached>,
    /// The sources, in the order of the chain.
    pub sources: Vec<SourceState>,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
}

/// A folder or file of this app.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// What is kept in it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Who may do what with it, where the system has such modes.
    #[serde(serialize_with = "octal")]
    pub mode: Option<u32>,
}

impl Place {
    /// What stands at a path.
    pub(crate) fn at(name: &str, path: PathBuf) -> Self {
        let (exists, mode) = look(&path);
        Place { name: name.to_owned(), path, exists, mode }
    }
}

fn look(path: &Path) -> (bool, Option<u32>) {
    let Ok(metadata) = std::fs::metadata(path) else { return (false, None) };
    #[cfg(unix)]
    let mode = Some(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777);
    #[cfg(not(unix))]
    let mode = {
        let _ = metadata;
        None
    };
    (true, mode)
}

fn octal<S: serde::Serializer>(mode: &Option<u32>, out: S) -> Result<S::Ok, S::Error> {
    mode.map(|mode| format!("{mode:04o}")).serialize(out)
}

/// How the keys are that seal secrets.
#[derive(Clone, Debug, Serialize)]
pub struct Sealing {
    /// Where it is written down which keys there are.
    pub folder: Option<PathBuf>,
    /// Where the key is kept: `file` or `keyring`; none where nothing was sealed yet.
    pub kept_in: Option<String>,
    /// Whether every key can be read, or one could be made.
    pub readable: bool,
    /// How many keys of before are there.
    pub old_keys: usize,
    /// How many values are sealed.
    pub sealed_values: usize,
}

impl Sealing {
    fn words(&self) -> String {
        let Some(place) = &self.kept_in else {
            return "no key yet: it is made when something is first sealed".to_owned();
        };
        let folder = self.folder.as_deref().map(|folder| format!(", {}", folder.display())).unwrap_or_default();
        let place = match place.as_str() {
            "file" => format!("a key in a file{folder}"),
            other => format!("a key in the {other}"),
        };
        let state = if self.readable { "" } else { ", which cannot be used" };
        let old = match self.old_keys {
            0 => String::new(),
            1 => "; 1 key of before".to_owned(),
            old => format!("; {old} keys of before"),
        };
        let sealed = match self.sealed_values {
            1 => "1 value is sealed".to_owned(),
            sealed => format!("{sealed} values are sealed"),
        };
        format!("{place}{state}; {sealed}{old}")
    }
}

/// What a manifest reaches beyond its own folder.
#[derive(Clone, Debug, Serialize)]
pub struct Reached {
    /// The digest of it; none where it reaches nothing.
    pub reach: Option<String>,
    /// Whether the person said yes to it, or need not.
    pub trusted: bool,
    /// Each thing.
    pub facts: Vec<ReachedFact>,
    /// What a person types to say yes.
    pub command: String,
}

/// One thing that a manifest reaches.
#[derive(Clone, Debug, Serialize)]
pub struct ReachedFact {
    /// What it is, in words that follow "it would".
    pub words: String,
    /// Where the manifest says so.
    pub place: Option<String>,
}

impl ReachedFact {
    pub(crate) fn new(words: &str, place: Option<&str>) -> Self {
        ReachedFact { words: words.to_owned(), place: place.map(str::to_owned) }
    }
}

impl Reached {
    fn words(&self) -> String {
        let things = match self.facts.len() {
            0 => return "nothing is reached that would need your yes".to_owned(),
            1 => "1 thing".to_owned(),
            many => format!("{many} things"),
        };
        match self.trusted {
            true => format!("you trust the {things} that are reached: {} --print", self.command),
            false => format!("not trusted; {things} would be reached: {} --print", self.command),
        }
    }
}

/// How a source is.
#[derive(Clone, Debug, Serialize)]
pub struct SourceState {
    /// The source, by its name in the manifest.
    pub source: String,
    /// The plugin that serves it.
    pub plugin: String,
    /// Whether it is in the chain, and not only a place to keep values.
    pub in_chain: bool,
    /// `ok`, `not-asked`, or why it could not answer: as the outcomes of `explain`.
    pub state: String,
    /// What it says about itself, or what is wrong.
    pub says: Vec<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Whether answers may be kept in it.
    pub persists: bool,
    /// Whether it can be written now.
    pub writable: bool,
    /// How long it took, in microseconds.
    pub elapsed_us: u64,
    /// How long it may take, where the manifest says so.
    pub timeout_ms: Option<u64>,
}

/// Something that is wrong, or odd.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What it is about: a source, a place, the manifest.
    pub about: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
    /// What a command exits with that meets it; 0 where none fails because of it.
    pub exit_code: u8,
}

impl Finding {
    /// Something that keeps no command from working.
    pub(crate) fn warning(about: &str, message: String, remedy: Option<String>) -> Self {
        Finding { about: about.to_owned(), message, remedy, exit_code: 0 }
    }
}

impl Report for Checkup {
    fn answer(&self, style: Style) -> Option<String> {
        Some(self.render(style))
    }

    /// The code of the worst finding.
    fn exit_code(&self) -> u8 {
        let found = |code: u8| self.findings.iter().any(|finding| finding.exit_code == code);
        [7, 5, 4, 6, 3, 2, 1].into_iter().find(|code| found(*code)).unwrap_or(0)
    }

    fn json(&self) -> Value {
        json!({
            "version": VERSION,
            "program": self.program,
            "app": self.app,
            "namespace": self.namespace,
            "manifests": self.manifests,
            "places": self.places,
            "person": { "can_be_asked": self.person.is_none(), "why_not": self.person },
            "sealing": self.sealing,
            "trust": self.trust,
            "sources": self.sources,
            "findings": self.findings,
        })
    }
}

impl Checkup {
    /// One screen.
    fn render(&self, style: Style) -> String {
        let mut rows: Vec<(String, String)> =
            vec![("version".into(), self.program.clone()), ("app".into(), self.app.clone())];
        rows.extend(self.namespace.iter().map(|namespace| ("namespace".into(), namespace.clone())));
        match self.manifests.as_slice() {
            [] if self.namespace.is_none() => rows.push(("manifest".into(), "none that can be used".into())),
            [] => rows.push(("manifest".into(), "none: the built-in one holds".into())),
            files => rows.extend(files.iter().map(|file| ("manifest".into(), file.display().to_string()))),
        }
        rows.extend(self.places.iter().map(|place| {
            let state = match (place.exists, place.mode) {
                (false, _) => " (not there yet)".to_owned(),
                (true, Some(mode)) => format!(" (mode {mode:o})"),
                (true, None) => String::new(),
            };
            (place.name.clone(), format!("{}{state}", place.path.display()))
        }));
        rows.extend(self.sealing.iter().map(|sealing| ("sealing".into(), sealing.words())));
        rows.extend(self.trust.iter().map(|trust| ("trust".into(), trust.words())));
        rows.push(("person".into(), self.person.clone().unwrap_or_else(|| "can be asked, at this terminal".into())));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut out = String::new();
        for (name, value) in rows {
            out.push_str(&format!("{}  {value}\n", style.paint(Paint::Faint, &format!("{name:width$}"))));
        }
        out.push('\n');
        if !self.sources.is_empty() {
            out.push_str(&self.table(style));
            out.push('\n');
        }
        out.push_str(&self.list(style));
        out
    }

    fn table(&self, style: Style) -> String {
        let cells = self.sources.iter().map(|source| {
            let time = match source.state.as_str() {
                "not-asked" => String::new(),
                _ => format!("{}.{} ms", source.elapsed_us.div_ceil(100) / 10, source.elapsed_us.div_ceil(100) % 10),
            };
            let beside = if source.in_chain { "" } else { " (beside the chain)" };
            let keeps = match (source.persists, source.writable) {
                (true, true) => "keeps values",
                (_, true) => "can be written",
                (_, false) => "",
            };
            [format!("{}{beside}", source.source), source.plugin.clone(), source.state.clone(), time, keeps.to_owned()]
        });
        let heads = ["source", "plugin", "state", "time", ""].map(str::to_owned);
        let rows: Vec<[String; 5]> = std::iter::once(heads).chain(cells).collect();
        let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or_default();
        let widths = [width(0), width(1), width(2), width(3), width(4)];
        let mut out = String::new();
        for (number, row) in rows.iter().enumerate() {
            let [name, plugin, state, time, keeps] = row;
            let [first, second, third, fourth, fifth] = widths;
            let source = number.checked_sub(1).and_then(|number| self.sources.get(number));
            let says = source.map(|source| source.says.join("; ")).unwrap_or_default();
            let line =
                format!("{name:first$}  {plugin:second$}  {state:third$}  {time:>fourth$}  {keeps:fifth$}  {says}");
            let paint = match source.map(|source| source.state.as_str()) {
                None | Some("not-asked") => Paint::Faint,
                Some("ok") => Paint::Strong,
                Some(_) => Paint::Bad,
            };
            // Only the name is painted where all is well: a screen of bold is no screen.
            let line = line.trim_end();
            out.push_str(&match source.map(|source| source.state.as_str()) {
                Some("ok") => line.replacen(name.as_str(), &style.paint(paint, name), 1),
                _ => style.paint(paint, line),
            });
            out.push('\n');
        }
        out
    }

    fn list(&self, style: Style) -> String {
        if self.findings.is_empty() {
            return "Nothing is wrong.\n".to_owned();
        }
        let mut out = String::new();
        for finding in &self.findings {
            let word = match finding.exit_code {
                0 => style.paint(Paint::Warning, "warning"),
                _ => style.paint(Paint::Bad, "problem"),
            };
            out.push_str(&format!("{word}: {}\n", finding.message));
            if let Some(remedy) = &finding.remedy {
                out.push_str(&format!("  {} {remedy}\n", style.paint(Paint::Faint, "next:")));
            }
        }
        out
    }
}
