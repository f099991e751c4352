//! The words of the command line: flags that every command knows, and the list of commands. What a command does is in
//! `command`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::command::{
    check::Check,
    completions::Completions,
    doctor::Doctor,
    edit::Edit,
    explain::Explain,
    get::Get,
    grant::{Grant, Revoke},
    identity::{Login, Logout, Whoami},
    init::Init,
    list::List,
    man::Man,
    rekey::Rekey,
    schema::Schema,
    seal::Seal,
    set::Set,
    team::Team,
    transfer::Move,
    trust::{Trust, Untrust},
    unset::Unset,
};

/// Typed configuration and secrets, from an ordered chain of sources.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "harmony-config",
    bin_name = "harmony-config",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = false,
    after_help = AFTER_HELP
)]
pub struct Cli {
    /// What every command knows.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  $ harmony-config set AppConfig '{\"host\":\"localhost\",\"port\":8080}'
  $ harmony-config get AppConfig.port
  $ harmony-config explain AppConfig

Exit codes:
  0 done           1 another failure      2 usage or manifest   3 not found
  4 person needed  5 denied               6 unavailable         7 invalid data";

/// Flags that stand before or after any command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// As if started in this folder: the manifest is looked for from here up, and relative paths begin here.
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
    /// This manifest, instead of the harmony-config.toml up the tree.
    #[arg(short = 'f', long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub manifest: Option<PathBuf>,
    /// This namespace, instead of the manifest's.
    #[arg(short = 'n', long, value_name = "NAME", global = true)]
    pub namespace: Option<String>,
    /// This profile of the manifest, instead of its default one.
    #[arg(short = 'p', long, value_name = "NAME", global = true)]
    pub profile: Option<String>,
    /// Ask nobody: where a person would be needed, fail with exit code 4.
    #[arg(long, global = true)]
    pub non_interactive: bool,
    /// Take answers from this file, one line a question, or from standard input where it is `-`.
    #[arg(long, value_name = "FILE|-", global = true, value_hint = ValueHint::FilePath, conflicts_with = "non_interactive")]
    pub answers: Option<PathBuf>,
    /// One JSON document on standard output, for an error too.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on standard error: -v what was done, -vv for finding a fault, -vvv everything.
    #[arg(short = 'v', long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// When to use colours: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true, global = true)]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// What is to be done.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write a commented manifest into this folder.
    ///
    /// Its namespace is the folder's name. Asks nothing, and overwrites nothing.
    Init(Init),
    /// Print a value, or one field of it.
    ///
    /// Text is printed as it is, everything else as JSON. A secret too: it was asked for. Nobody is asked for a value that
    /// is not there, unless --prompt says so.
    Get(Get),
    /// Keep a value.
    ///
    /// It is of the type that the program declares; where none is known, JSON if it parses as such, else text. Without VALUE
    /// it is read from a pipe, or asked for.
    Set(Set),
    /// Remove a value, and say which one wins now.
    ///
    /// It is removed from the source that wins, or from the one that --in names.
    #[command(visible_alias = "rm")]
    Unset(Unset),
    /// Print which keys there are, whether they have a value, and where.
    ///
    /// The keys that the program declares, and those that some source holds: set, missing or invalid. Never a value.
    List(List),
    /// Say what is missing or invalid of all that the program declares.
    ///
    /// Nobody is asked, unless --prompt says so: then for all of it at once. The exit code says what was found.
    Check(Check),
    /// Print what is known of the program's types.
    ///
    /// The schema document of the project, or what the program left behind when it last ran.
    Schema(Schema),
    /// Say what the manifest reaches beyond its folder, and ask whether you want that.
    ///
    /// Until you said yes to it, no source of such a manifest is asked.
    Trust(Trust),
    /// Take back what you trusted in this folder.
    Untrust(Untrust),
    /// Let the plugin of a source use something.
    Grant(Grant),
    /// Take back what a source was granted.
    Revoke(Revoke),
    /// Print what each source has for a key, and which one wins.
    ///
    /// Every source is asked afresh, and no person. Where a value is, never the value.
    Explain(Explain),
    /// Seal with a new key all that is sealed.
    ///
    /// Value by value; the old key is removed after the last. Broken off, it is ended by giving the command again.
    Rekey(Rekey),
    /// Seal the secrets that lie in plain.
    ///
    /// Those that an older program wrote, or this one before. An older program cannot read them afterwards.
    Seal(Seal),
    /// Print which files the manifest is made of, or every line that holds.
    ///
    /// With --resolved: every line, with the file that says it. With --schema: the JSON Schema of manifests, for editors.
    Manifest(crate::command::manifest::ManifestCommand),
    /// Change a value in your editor.
    ///
    /// It is checked when it is saved, and nothing of it is left on disk.
    Edit(Edit),
    /// Move values from one source to another.
    ///
    /// Each is read back from the new place before it goes from the old one.
    #[command(visible_alias = "mv")]
    Move(Move),
    /// Say how everything is, and what to do about what is wrong.
    ///
    /// The manifest, the places, each source: asked at the same time, and no person.
    Doctor(Doctor),
    /// Sign in, at an identity that the manifest names.
    ///
    /// Once: until the session ends or is ended, every program that uses it is silent.
    Login(Login),
    /// Sign out: end the session, here and at the issuer.
    Logout(Logout),
    /// Print who is signed in.
    Whoami(Whoami),
    /// Set a team's store up, and say what differs from that.
    ///
    /// With `team init`: an OpenBao server gets the mount, the policies and the ways to sign in that a team needs.
    Team(Team),
    /// Print what makes your shell complete commands, keys and sources.
    Completions(Completions),
    /// Print the manual, or write all its pages into a folder.
    Man(Man),
}
