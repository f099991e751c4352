//! What every command needs: the chain that the flags ask for, who asks the person, and the sources by name.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::Arc,
};

use harmony_config_core::{Coordinate, DEFAULT_NAMESPACE, Interaction, Resolved, Shape};
use harmony_config_host::{
    Loaded, Loader, Prompter,
    terminal::{LinePrompter, TerminalPrompter},
};
use serde_json::Value;

use crate::{Failed, Global, meant, target::shown};

/// The program that the commands are mounted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The app whose configuration it is, where no manifest names one.
    pub app: String,
    /// What a person types before a command: `harmony-config`.
    pub command: String,
}

impl Program {
    /// A program of this app; `command` is what a person types before a command.
    pub fn new(app: &str, command: &str) -> Self {
        Program { app: app.to_owned(), command: command.to_owned() }
    }
}

impl Default for Program {
    fn default() -> Self {
        Program::new(DEFAULT_NAMESPACE, "harmony-config")
    }
}

/// What every command needs.
pub struct Context<'a> {
    pub(crate) global: &'a Global,
    pub(crate) program: &'a Program,
}

impl<'a> Context<'a> {
    /// Of these flags, in this program.
    pub fn new(global: &'a Global, program: &'a Program) -> Self {
        Context { global, program }
    }

    /// The chain that the flags ask for. Nothing is opened or asked yet.
    ///
    /// # Errors
    /// Where the manifest cannot be used or is not trusted, or a flag names what is not there.
    pub fn load(&self) -> Result<Loaded, Failed> {
        self.load_with(self.answers()?)
    }

    /// As [`Context::load`], with somebody else to ask the person.
    pub(crate) fn load_with(&self, prompter: Option<Arc<dyn Prompter>>) -> Result<Loaded, Failed> {
        let loaded = self.load_unsettled(prompter)?;
        loaded.trust.require()?;
        Ok(loaded)
    }

    /// As [`Context::load_with`], for a command that may ask the person: whether the manifest is trusted, too.
    pub(crate) async fn load_asking(&self, prompter: Option<Arc<dyn Prompter>>) -> Result<Loaded, Failed> {
        let loaded = self.load_unsettled(prompter)?;
        loaded.manager.pass(Interaction::Allowed).await?;
        Ok(loaded)
    }

    /// The chain, whether its manifest is trusted or not: then its sources answer nothing.
    pub(crate) fn load_unsettled(&self, prompter: Option<Arc<dyn Prompter>>) -> Result<Loaded, Failed> {
        let mut loader = Loader::new()
            .app(&self.program.app)
            .command(&self.program.command)
            .non_interactive(self.global.non_interactive)
            .for_commands();
        if self.global.directory.is_some() {
            loader = loader.directory(self.directory()?);
        }
        if let Some(file) = &self.global.manifest {
            loader = loader.manifest_file(self.path(file));
        }
        if let Some(namespace) = &self.global.namespace {
            loader = loader.namespace(namespace);
        }
        if let Some(profile) = &self.global.profile {
            loader = loader.profile(profile);
        }
        if let Some(prompter) = prompter {
            loader = loader.prompter(prompter);
        }
        Ok(loader.load()?)
    }

    /// The folder that the command works in.
    pub(crate) fn directory(&self) -> Result<PathBuf, Failed> {
        let given = self.global.directory.as_deref();
        let directory = given.unwrap_or(Path::new("."));
        if given.is_some() && !directory.is_dir() {
            return Err(Failed::usage(format!("there is no folder {} (option -C)", directory.display()))
                .with_remedy("make it, or name one that exists"));
        }
        directory.canonicalize().map_err(|error| {
            Failed::usage(format!("the folder {} cannot be used: {error}", directory.display()))
                .with_remedy("change into a folder that exists, or name one with -C")
        })
    }

    /// A path as if the command had been started in the folder of `-C`.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        match &self.global.directory {
            Some(directory) => directory.join(path),
            None => path.to_owned(),
        }
    }

    /// Whether answers come from a file or a pipe instead of a person, and whether that pipe is standard input.
    pub(crate) fn answers_from_stdin(&self) -> bool {
        self.global.answers.as_deref() == Some(Path::new("-"))
    }

    /// Who answers instead of a person, if somebody does.
    pub(crate) fn answers(&self) -> Result<Option<Arc<dyn Prompter>>, Failed> {
        let Some(file) = &self.global.answers else { return Ok(None) };
        if self.answers_from_stdin() {
            return Ok(Some(Arc::new(LinePrompter::new(BufReader::new(std::io::stdin())))));
        }
        let path = self.path(file);
        let opened = File::open(&path).map_err(|error| {
            Failed::usage(format!("the answers in {} cannot be read: {error}", path.display()))
                .with_remedy("name a file with one answer a line, or - for standard input")
        })?;
        Ok(Some(Arc::new(LinePrompter::new(BufReader::new(opened)))))
    }

    /// Who asks the person: whoever has the answers, else the terminal.
    pub(crate) fn prompter(&self, loaded: &Loaded, answers: Option<Arc<dyn Prompter>>) -> Arc<dyn Prompter> {
        answers.unwrap_or_else(|| Arc::new(TerminalPrompter::new(self.asks_nobody(loaded))))
    }

    /// Whether the person, or whoever started the command, said that nobody is to be asked.
    pub(crate) fn asks_nobody(&self, loaded: &Loaded) -> bool {
        let app = loaded.manifest.app.to_ascii_uppercase().replace('-', "_");
        let variable = std::env::var_os(format!("{app}_CONFIG_NON_INTERACTIVE"));
        let forbidden = variable.is_some_and(|value| !value.is_empty() && value != "0" && value != "false");
        self.global.non_interactive || forbidden
    }
}

/// A key that somebody declared.
pub(crate) struct KnownKey {
    /// The key.
    pub(crate) name: String,
    /// What its type says of itself.
    pub(crate) about: Option<String>,
    /// The JSON Schema of its value.
    pub(crate) schema: Option<Value>,
}

/// The keys that somebody declared, without asking any source.
pub(crate) fn known_keys(loaded: &Loaded) -> Vec<KnownKey> {
    let known = loaded.declared.iter().map(|declared| KnownKey {
        name: declared.key().to_owned(),
        about: declared.doc(),
        schema: declared.shape().schema().cloned(),
    });
    known.collect()
}

/// The sources, those of the chain first.
pub(crate) fn source_names(loaded: &Loaded) -> Vec<String> {
    let mut names: Vec<String> = loaded.manager.source_names().map(str::to_owned).collect();
    for other in loaded.manifest.sources.keys() {
        if !names.contains(other) {
            names.push(other.clone());
        }
    }
    names
}

/// What one source has, whatever stands above it.
pub(crate) async fn read_from(
    loaded: &Loaded,
    source: &str,
    at: &Coordinate,
    shape: &Shape,
) -> Result<Resolved<Value>, Failed> {
    check_source(loaded, source)?;
    loaded.manager.read_from(source, at, shape).await.map_err(|error| {
        let failed = Failed::from(error);
        match failed.remedy {
            None => failed.with_remedy(format!("see what has it: harmony-config -n {} explain {at}", at.namespace())),
            Some(_) => failed,
        }
    })
}

/// Checks that a source of this name is there, and says which one was probably meant.
pub(crate) fn check_source(loaded: &Loaded, name: &str) -> Result<(), Failed> {
    let names = source_names(loaded);
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    let meant = meant::nearest(name, names.iter().map(String::as_str));
    let meant = meant.map(|known| format!("did you mean `{known}`? ")).unwrap_or_default();
    Err(Failed::usage(format!("there is no source `{}`", shown(name)))
        .with_remedy(format!("{meant}the sources are: {}", names.join(", "))))
}
