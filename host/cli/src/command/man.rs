//! `man`: the manual, one page a command.

use std::{fs, io, path::PathBuf};

use clap::{Args, CommandFactory, ValueHint};
use clap_mangen::Man as Render;

use crate::{
    Cli, Context, Failed, Output,
    output::{Pages, Printed},
};

/// Prints the page of the whole command, for `man -l -`, or writes a page for it and for each of its commands into a folder.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config man | head -n 5
  $ harmony-config man ./man1")]
pub struct Man {
    /// Write all pages into this folder, which is made.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

impl Man {
    /// Makes the pages.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let name = &context.program.command;
        let command = crate::renamed(Cli::command(), context.program);
        // The parser wants names that live as long as the program, which ends when the pages are made.
        let title: &'static str = name.replace(' ', "-").leak();
        let command = command.name(title).display_name(title).bin_name(name.clone());
        let Some(folder) = &self.folder else {
            let mut page = Vec::new();
            Render::new(command).render(&mut page).map_err(|error| Failed::other(error.to_string()))?;
            return Ok(Printed { what: "page", text: String::from_utf8_lossy(&page).into_owned() }.into());
        };
        let folder = context.path(folder);
        let unwritable = |error: io::Error| {
            Failed::other(format!("the pages cannot be written into {}: {error}", folder.display()))
                .with_remedy("name a folder that you may write")
        };
        fs::create_dir_all(&folder).map_err(unwritable)?;
        clap_mangen::generate_to(command, &folder).map_err(unwritable)?;
        let mut pages = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unwritable)? {
            let path = entry.map_err(unwritable)?.path();
            if path.extension().is_some_and(|extension| extension == "1") {
                pages.push(path);
            }
        }
        pages.sort();
        Ok(Pages { folder, pages }.into())
    }
}
