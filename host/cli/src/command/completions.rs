//! `completions`: what a shell reads to complete the command line. What it then asks is answered in `completion`.

use clap::{Args, ValueEnum};

use crate::{Context, Failed, Output, completion, output::Printed};

/// Prints a script that your shell reads when it starts; from then on it completes commands, keys and sources. Completing
/// reads the manifest and what programs said of their types, and asks no source.
///
/// bash: source <(harmony-config completions bash), in ~/.bashrc. zsh: the same in ~/.zshrc, with zsh.
/// fish: harmony-config completions fish > ~/.config/fish/completions/harmony-config.fish.
/// PowerShell: harmony-config completions powershell | Out-String | Invoke-Expression, in $PROFILE.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config completions bash > completions.bash
  $ harmony-config completions zsh | head -n 1")]
pub struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// A shell that can be taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash, 4.4 or later for the order of the words.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell, any.
    Powershell,
    /// elvish.
    Elvish,
}

impl Shell {
    /// As a person types it.
    pub fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Powershell => "powershell",
            Shell::Elvish => "elvish",
        }
    }
}

impl Completions {
    /// Makes the script.
    ///
    /// # Errors
    /// None that a person could meet.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let shell = self.shell.name();
        let text = completion::script(shell, context.program)
            .ok_or_else(|| Failed::other(format!("there is no script for {shell}")))?;
        Ok(Printed { what: "script", text }.into())
    }
}
