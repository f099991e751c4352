//! `trust` and `untrust`: the person's word on what a project's manifest reaches beyond its own folder.

use std::fmt::Write;

use clap::Args;
use harmony_config_host::{Trust as Trusting, Trusted};
use serde_json::json;

use crate::{Context, Failed, Output, output::decided::Decided};

/// Says in words what the manifest reaches beyond its own folder, and asks whether you want that. Whoever did not say yes
/// to it gets nothing from it: no source is asked.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config trust --print
  $ harmony-config trust --list")]
pub struct Trust {
    /// Print what it reaches and the digest of it, and ask nothing: for CI, in the variable HARMONY_CONFIG_TRUST.
    #[arg(long, conflicts_with_all = ["yes", "list"])]
    pub print: bool,
    /// Trust it without a question, if it reaches exactly this.
    #[arg(long, value_name = "sha256:…", conflicts_with = "list")]
    pub yes: Option<String>,
    /// Print all that you trusted so far.
    #[arg(long)]
    pub list: bool,
}

impl Trust {
    /// Asks, prints or accepts.
    ///
    /// # Errors
    /// Where the person says no or nobody can be asked, or where the manifest reaches something else than `--yes` says.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load_unsettled(context.answers()?)?;
        let trust = &loaded.trust;
        if self.list {
            return Ok(listed(&trust.all()?));
        }
        if self.print {
            return Ok(printed(trust));
        }
        let name = trust.manifest().map_or_else(|| "the default chain".to_owned(), |file| file.display().to_string());
        let command = &context.program.command;
        let said = |words: String| Ok(report(None, vec![words], trust));
        if trust.reach().is_empty() {
            return said(format!("{name} reaches nothing beyond its own folder: there is nothing to trust"));
        }
        match &self.yes {
            Some(id) if id == trust.id() => trust.accept()?,
            Some(_) => {
                let message = format!("{name} reaches something else than that; it is not trusted");
                let remedy = format!("see what it reaches: {command} trust --print");
                return Err(Failed::denied(message).with_remedy(remedy));
            }
            None if trust.is_settled() => return said(format!("{name} is trusted already")),
            None if !trust.can_ask() => {
                let message = format!("nobody can be asked whether to trust {name}");
                let remedy = format!("look at {command} trust --print; then {command} trust --yes {}", trust.id());
                return Err(Failed::person_needed(message).with_remedy(remedy));
            }
            None => trust.ask().await?,
        }
        said(format!("{name} is trusted"))
    }
}

/// Takes back what you trusted in this project's folder. From then on nothing of its manifest is used until you trust it
/// again.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config untrust")]
pub struct Untrust {}

impl Untrust {
    /// Takes it back.
    ///
    /// # Errors
    /// Where the person's decisions cannot be read or written.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load_unsettled(None)?;
        let folder = match loaded.trust.manifest().and_then(std::path::Path::parent) {
            Some(folder) => folder.to_owned(),
            None => context.directory()?,
        };
        let removed = loaded.trust.forget(&folder)?;
        let words = match removed.len() {
            0 => format!("nothing in {} was trusted", folder.display()),
            _ => format!("{} is no longer trusted", folder.display()),
        };
        let json = json!({ "version": 1, "folder": folder, "untrusted": rows(&removed) });
        Ok(Decided { answer: None, words: vec![words], json }.into())
    }
}

fn printed(trust: &Trusting) -> Output {
    if trust.reach().is_empty() {
        return report(
            None,
            vec!["it reaches nothing beyond its own folder: there is nothing to trust".to_owned()],
            trust,
        );
    }
    let mut answer = format!("{}\n", trust.id());
    for fact in &trust.reach().facts {
        // A text takes whatever is written into it.
        let _ = match &fact.place {
            Some(place) => writeln!(answer, "  it would {} ({place})", fact.words),
            None => writeln!(answer, "  it would {}", fact.words),
        };
    }
    report(Some(answer), Vec::new(), trust)
}

fn report(answer: Option<String>, words: Vec<String>, trust: &Trusting) -> Output {
    let facts: Vec<_> =
        trust.reach().facts.iter().map(|fact| json!({ "words": fact.words, "place": fact.place })).collect();
    let reach = (!trust.reach().is_empty()).then(|| trust.id());
    let json = json!({
        "version": 1,
        "manifest": trust.manifest(),
        "reach": reach,
        "trusted": trust.is_settled(),
        "facts": facts,
    });
    Decided { answer, words, json }.into()
}

fn listed(all: &[Trusted]) -> Output {
    let mut answer = String::new();
    for one in all {
        let _ = writeln!(answer, "{}  {}  {}", one.folder.display(), one.on, one.reach);
        for fact in &one.facts {
            let _ = writeln!(answer, "  it may {fact}");
        }
    }
    let words = if all.is_empty() { vec!["you trusted nothing so far".to_owned()] } else { Vec::new() };
    let json = json!({ "version": 1, "trusted": rows(all) });
    Decided { answer: Some(answer).filter(|text| !text.is_empty()), words, json }.into()
}

fn rows(all: &[Trusted]) -> Vec<serde_json::Value> {
    let row = |one: &Trusted| json!({ "folder": one.folder, "reach": one.reach, "on": one.on, "facts": one.facts });
    all.iter().map(row).collect()
}
