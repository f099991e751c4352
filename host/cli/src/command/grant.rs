//! `grant` and `revoke`: what a plugin of somebody else may use.

use std::path::{Path, PathBuf};

use clap::Args;
use harmony_config_host::{Granted, Origin};
use serde_json::{Value, json};

use crate::{Context, Failed, Output, context::check_source, output::decided::Decided};

/// Lets the plugin of a source use something, on top of what was granted before. Without a flag, prints what it may use.
/// The grant is for these bytes of the plugin, in this folder, with what the manifest reaches now.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config grant sqlite")]
pub struct Grant {
    /// The source, by its name in the manifest.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// The environment variables whose names begin so.
    #[arg(long, value_name = "PREFIX")]
    pub environment: Option<String>,
    /// A database of its own.
    #[arg(long)]
    pub sql: bool,
    /// The directory that its settings name, or this one.
    #[arg(long, value_name = "DIR", require_equals = true)]
    pub files: Option<Option<PathBuf>>,
    /// The file that its settings name, or this one.
    #[arg(long, value_name = "FILE", require_equals = true)]
    pub file: Option<Option<PathBuf>>,
    /// This app's entries of the keyring.
    #[arg(long)]
    pub keyring: bool,
    /// To ask you, at the terminal.
    #[arg(long)]
    pub prompt: bool,
    /// Requests over the network to this scheme, host and port: `https://api.acme.com`. May be given again.
    #[arg(long, value_name = "ORIGIN")]
    pub http: Vec<String>,
    /// Sessions: what its sign-ins leave behind, sealed.
    #[arg(long)]
    pub session: bool,
    /// The files with a credential that its settings name.
    #[arg(long)]
    pub credential_files: bool,
    /// Tokens of the identities that its settings name: they say who you are.
    #[arg(long)]
    pub identities: bool,
}

impl Grant {
    /// Grants it.
    ///
    /// # Errors
    /// Where the manifest is not trusted, where the source needs no grant, or where it could not be kept.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load()?;
        check_source(&loaded, &self.source)?;
        let granting = &loaded.granting;
        let Some(plugin) = granting.plugin(&self.source) else {
            let words =
                format!("`{}` comes with this program: it has what it needs, and no grant changes it", self.source);
            return Ok(report(&self.source, &Granted::default(), vec![words]));
        };
        let files = self.place(context, &self.files, granting.directory(&self.source), "directory", "--files=DIR")?;
        let file = self.place(context, &self.file, granting.file(&self.source), "file", "--file=FILE")?;
        if self.environment.as_deref() == Some("") {
            return Err(Failed::usage("an empty prefix would be every variable that there is")
                .with_remedy("name what the variables begin with: --environment ACME_"));
        }
        let http = self.origins()?;
        let credential_files = self.credentials(granting.credential_files(&self.source))?;
        let identities = self.identities(granting.identities(&self.source))?;
        let asks = [
            self.environment.is_some(),
            self.sql,
            files.is_some(),
            file.is_some(),
            self.keyring,
            self.prompt,
            !http.is_empty(),
            self.session,
            self.credential_files,
            self.identities,
        ]
        .contains(&true);
        let granted = match asks {
            false => granting.granted(&self.source)?,
            true => granting.grant(&self.source, |granted| {
                granted.environment = self.environment.clone().or(granted.environment.take());
                granted.sql |= self.sql;
                granted.files = files.or(granted.files.take());
                granted.file = file.or(granted.file.take());
                granted.keyring |= self.keyring;
                granted.prompt |= self.prompt;
                granted.http.extend(http);
                granted.http.sort();
                granted.http.dedup();
                granted.session |= self.session;
                granted.credential_files.extend(credential_files);
                granted.credential_files.sort();
                granted.credential_files.dedup();
                granted.identities.extend(identities);
                granted.identities.sort();
                granted.identities.dedup();
            })?,
        };
        let mut words = match granted.words() {
            none if none.is_empty() => vec![format!("`{}` (plugin {}) may use nothing", self.source, plugin.name())],
            some => vec![format!("`{}` (plugin {}) may use {}", self.source, plugin.name(), some.join("; "))],
        };
        if !asks {
            let wants = wants(plugin);
            if !wants.is_empty() {
                words.push(format!("  it says that it wants: {}", wants.join(", ")));
            }
        }
        Ok(report(&self.source, &granted, words))
    }
}

impl Grant {
    /// The origins of `--http`, each in its one spelling.
    fn origins(&self) -> Result<Vec<String>, Failed> {
        let origin = |given: &String| match Origin::parse(given) {
            Ok(origin) => Ok(origin.to_string()),
            // The text is not repeated: there may be a password in it.
            Err(why) => Err(Failed::usage(format!("the address of --http {why}"))
                .with_remedy("name scheme, host and port: --http https://api.acme.com:8443")),
        };
        self.http.iter().map(origin).collect()
    }

    /// The files of `--credential-files`.
    fn credentials(&self, named: Vec<&Path>) -> Result<Vec<PathBuf>, Failed> {
        match (self.credential_files, named.is_empty()) {
            (false, _) => Ok(Vec::new()),
            (true, false) => Ok(named.into_iter().map(Path::to_owned).collect()),
            (true, true) => {
                Err(Failed::usage(format!("the settings of `{}` name no file with a credential", self.source))
                    .with_remedy("name one there first: a setting that the plugin reads a credential from"))
            }
        }
    }

    /// The identities of `--identities`.
    fn identities(&self, named: Vec<&str>) -> Result<Vec<String>, Failed> {
        match (self.identities, named.is_empty()) {
            (false, _) => Ok(Vec::new()),
            (true, false) => Ok(named.into_iter().map(str::to_owned).collect()),
            (true, true) => Err(Failed::usage(format!("the settings of `{}` name no identity", self.source))
                .with_remedy("name one there first: identity = \"zitadel\"")),
        }
    }

    /// The place of a flag: the one that it names, else the one that the settings do.
    fn place(
        &self,
        context: &Context<'_>,
        given: &Option<Option<PathBuf>>,
        named: Option<&Path>,
        what: &str,
        how: &str,
    ) -> Result<Option<PathBuf>, Failed> {
        match (given, named) {
            (None, _) => Ok(None),
            (Some(Some(given)), _) => {
                Ok(Some(std::path::absolute(context.path(given)).unwrap_or_else(|_| given.clone())))
            }
            (Some(None), Some(named)) => Ok(Some(named.to_owned())),
            (Some(None), None) => Err(Failed::usage(format!("the settings of `{}` name no {what}", self.source))
                .with_remedy(format!("name it: {how}"))),
        }
    }
}

/// Takes back all that a source was granted in this folder.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config revoke acme")]
pub struct Revoke {
    /// The source, by its name in the manifest.
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

impl Revoke {
    /// Takes it back. That nothing was granted is no failure.
    ///
    /// # Errors
    /// Where the person's decisions cannot be read or written.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load_unsettled(None)?;
        let removed = loaded.granting.revoke(&self.source)?;
        let words = match removed.is_empty() {
            true => format!("nothing was granted to `{}` in this folder", self.source),
            false => format!("`{}` may use nothing any more", self.source),
        };
        let json = json!({ "version": 1, "source": self.source, "revoked": removed.len() });
        Ok(Decided { answer: None, words: vec![words], json }.into())
    }
}

/// What the plugin says it wants, as flags.
fn wants(plugin: &harmony_config_host::Plugin) -> Vec<&'static str> {
    let wants = &plugin.facts().wants;
    [
        (wants.environment.is_some(), "--environment PREFIX"),
        (wants.sql.is_some(), "--sql"),
        (wants.files.is_some(), "--files"),
        (wants.document.is_some(), "--file"),
        (wants.keyring.is_some(), "--keyring"),
        (wants.prompt.is_some() || wants.attention.is_some(), "--prompt"),
        (wants.http.is_some(), "--http ORIGIN"),
        (wants.session.is_some(), "--session"),
        (!wants.credential_files.is_empty(), "--credential-files"),
        (!wants.identities.is_empty(), "--identities"),
    ]
    .into_iter()
    .filter_map(|(wanted, flag)| wanted.then_some(flag))
    .collect()
}

fn report(source: &str, granted: &Granted, words: Vec<String>) -> Output {
    let plugin = Some(&granted.plugin).filter(|plugin| !plugin.is_empty());
    let json: Value = json!({
        "version": 1,
        "source": source,
        "plugin": plugin,
        "granted": {
            "environment": granted.environment,
            "sql": granted.sql,
            "files": granted.files,
            "file": granted.file,
            "keyring": granted.keyring,
            "prompt": granted.prompt,
            "http": granted.http,
            "session": granted.session,
            "credential_files": granted.credential_files,
            "identities": granted.identities,
        },
    });
    Decided { answer: None, words, json }.into()
}
