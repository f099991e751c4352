//! `cargo xtask deny`: licences, sources and banned crates of everything that is depended on, by the rules of `deny.toml`.

use std::{process::Command, time::Duration};

use crate::{failure::Failure, root, step::Steps};

const VERSION: &str = "0.20.2";

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let root = root();
    let tools = root.join("target/tools");
    let mut steps = Steps::new(4, root.join("target/xtask"));
    let mut install = Command::new(env!("CARGO"));
    install.args(["install", "--locked", "--root"]).arg(&tools).args(["cargo-deny", "--version", VERSION]);
    steps.run(
        &format!("Installing cargo-deny {VERSION} below target/tools"),
        Duration::from_secs(420),
        &mut install,
    )?;
    // Advisories are a database to be fetched; where that cannot be reached, `cargo xtask deny bans licenses sources`.
    let checks: &[String] = if arguments.is_empty() { &["all".to_owned()] } else { arguments };
    for workspace in ["Cargo.toml", "plugins/Cargo.toml", "tests/guests/Cargo.toml"] {
        let mut deny = Command::new(tools.join("bin/cargo-deny"));
        deny.args(["--manifest-path", workspace, "--locked", "--config"]).arg(root.join("deny.toml"));
        deny.arg("check").args(checks).current_dir(&root);
        steps.run(&format!("Rules of deny.toml for {workspace}"), Duration::from_secs(5), &mut deny)?;
    }
    Ok(())
}
