//! `doctor`: how everything is, on one screen, and what to do about what is wrong.

use std::path::{Path, PathBuf};

use clap::Args;
use harmony_config_core::{Coordinate, Failure, FailureCode, Health, Shape};
use harmony_config_host::{Host, Loaded, Places, Prompter, SealingKeys, terminal::TerminalPrompter};

use crate::{
    Checkup, Context, Failed, Finding, Output,
    output::{Place, Reached, ReachedFact, Sealing, SourceState},
};

/// Says which manifest holds and whether you trust what it reaches, where things lie, how the key is that seals secrets, how
/// each source is, whether a person can be asked; and for each thing that is wrong, what to do. Sources are asked at the same time, each within its deadline. Exits with 0, or with the code of the
/// worst that was found.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config doctor
  $ harmony-config doctor --json")]
pub struct Doctor {}

impl Doctor {
    /// Looks at everything.
    ///
    /// # Errors
    /// Where a flag names what is not there.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        context.directory()?;
        let loaded = match context.load_unsettled(None) {
            Ok(loaded) => loaded,
            Err(failed) => return Ok(without_a_chain(context, failed).into()),
        };
        let manager = &loaded.manager;
        // A key that nobody has: whether a value could be written does not depend on which one it is.
        let at = Coordinate::new(manager.namespace(), "Doctor", None)?;
        let healths = manager.health(&at, &Shape::undeclared()).await;
        let unavailable = context.prompter(&loaded, context.answers()?).unavailable();
        let keys = loaded.sealing_keys().await;
        let mut checkup = Checkup {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            app: loaded.manifest.app.clone(),
            namespace: Some(manager.namespace().to_owned()),
            manifests: manifests(&loaded),
            places: places(loaded.host.places()),
            person: unavailable.map(|failure| failure.message),
            sealing: Some(sealing(&keys)),
            trust: Some(trust(&loaded)),
            sources: healths.iter().map(|health| state(health, &loaded)).collect(),
            findings: Vec::new(),
        };
        for warning in &loaded.manifest.warnings {
            checkup.findings.push(Finding::warning("manifest", warning.clone(), None));
        }
        checkup.findings.extend(checkup.places.iter().filter_map(open_to_others));
        checkup.findings.extend(keys.trouble.as_ref().map(|failure| Finding {
            about: "sealing".to_owned(),
            message: failure.message.clone(),
            remedy: failure.remedy.clone(),
            exit_code: code_of(failure.code),
        }));
        let untrusted = loaded.trust.require().err();
        checkup.findings.extend(untrusted.as_ref().map(|error| Finding {
            about: "trust".to_owned(),
            message: error.message().to_owned(),
            remedy: error.remedy().map(str::to_owned),
            exit_code: error.exit_code(),
        }));
        let target = manager.target_of(&at, &Shape::undeclared());
        for health in &healths {
            // Before it is trusted no source answers, and each says the same.
            checkup.findings.extend(of_source(health, target.as_deref()).filter(|_| untrusted.is_none()));
        }
        if target.is_none() {
            checkup.findings.push(Finding::warning(
                "chain",
                "no source of the chain can keep a value: what a person answers is asked for again each time"
                    .to_owned(),
                Some("add one that can, for example `sqlite`, to the manifest's chain".to_owned()),
            ));
        }
        checkup.findings.sort_by_key(|finding| finding.exit_code == 0);
        Ok(checkup.into())
    }
}

/// What can be told where there is no chain to be asked: most of all why there is none.
fn without_a_chain(context: &Context<'_>, failed: Failed) -> Checkup {
    let app = &context.program.app;
    let host = Host::from_environment(app);
    let mut checkup = Checkup {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        app: app.clone(),
        namespace: None,
        manifests: Vec::new(),
        places: places(host.places()),
        person: TerminalPrompter::new(context.global.non_interactive).unavailable().map(|failure| failure.message),
        sealing: None,
        trust: None,
        sources: Vec::new(),
        findings: vec![Finding {
            about: failed.source.clone().unwrap_or_else(|| "manifest".to_owned()),
            message: failed.message,
            remedy: failed.remedy,
            exit_code: failed.exit_code,
        }],
    };
    checkup.findings.extend(checkup.places.iter().filter_map(open_to_others));
    checkup
}

fn sealing(keys: &SealingKeys) -> Sealing {
    Sealing {
        folder: keys.folder.clone(),
        kept_in: keys.place.map(|place| place.as_str().to_owned()),
        readable: keys.trouble.is_none(),
        old_keys: keys.old,
        sealed_values: keys.sealed,
    }
}

fn trust(loaded: &Loaded) -> Reached {
    let trust = &loaded.trust;
    Reached {
        reach: Some(trust.id().to_owned()).filter(|id| !id.is_empty()),
        trusted: trust.is_settled(),
        facts: trust.reach().facts.iter().map(|fact| ReachedFact::new(&fact.words, fact.place.as_deref())).collect(),
        command: trust.command().to_owned(),
    }
}

/// The files that say what holds.
fn manifests(loaded: &Loaded) -> Vec<PathBuf> {
    loaded.manifest.files.iter().map(|file| file.path.to_path_buf()).collect()
}

fn places(places: &Places) -> Vec<Place> {
    let place = |name: &str, path: Option<PathBuf>| Some(Place::at(name, path?));
    [
        place("data", places.data.clone()),
        place("database", places.database()),
        place("user", places.config.clone()),
        place("cache", places.cache.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A place with values in it that others than its owner can enter.
fn open_to_others(place: &Place) -> Option<Finding> {
    let holds_values = matches!(place.name.as_str(), "database" | "user");
    let mode = place.mode.filter(|mode| holds_values && mode & 0o077 != 0)?;
    let right = if Path::new(&place.path).is_dir() { "700" } else { "600" };
    Some(Finding::warning(
        &place.name,
        format!("others on this machine can look into {} (mode {mode:o})", place.path.display()),
        Some(format!("chmod {right} {}", place.path.display())),
    ))
}

fn state(health: &Health, loaded: &Loaded) -> SourceState {
    let features = health.features;
    let (state, says, remedy) = match &health.answer {
        _ if features.interactive => ("not-asked", vec!["it asks a person".to_owned()], None),
        Ok(says) => ("ok", says.clone(), None),
        Err(failure) => (failure.code.as_str(), vec![failure.message.clone()], failure.remedy.clone()),
    };
    let timeout = loaded.manifest.sources.get(&*health.source).and_then(|table| table.timeout);
    SourceState {
        source: health.source.to_string(),
        plugin: health.plugin.to_string(),
        in_chain: health.in_chain,
        state: state.to_owned(),
        says,
        remedy,
        persists: features.persists,
        writable: features.writable && health.unwritable.is_none(),
        elapsed_us: u64::try_from(health.elapsed.as_micros()).unwrap_or(u64::MAX),
        timeout_ms: timeout.and_then(|timeout| u64::try_from(timeout.as_millis()).ok()),
    }
}

/// What is wrong with a source. That one cannot be written matters where values would be kept in it.
fn of_source(health: &Health, target: Option<&str>) -> Option<Finding> {
    let finding = |failure: &Failure, message: String, code: u8| Finding {
        about: health.source.to_string(),
        message,
        remedy: failure.remedy.clone(),
        exit_code: code,
    };
    match (&health.answer, &health.unwritable) {
        (Err(failure), _) => {
            Some(finding(failure, format!("source `{}`: {}", health.source, failure.message), code_of(failure.code)))
        }
        (Ok(_), Some(failure)) => {
            let kept_here = target == Some(&*health.source);
            let message = format!("source `{}` cannot be written: {}", health.source, failure.message);
            Some(finding(failure, message, if kept_here { code_of(failure.code) } else { 0 }))
        }
        (Ok(_), None) => None,
    }
}

/// What a command exits with that fails so.
fn code_of(code: FailureCode) -> u8 {
    harmony_config_core::ConfigError::from_failure(Failure::new(code, "")).exit_code()
}
