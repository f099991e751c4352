//! `cargo xtask test`: everything that continuous integration runs, set-up included.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    desktop,
    failure::Failure,
    guests::{self, Set},
    peers, providers, root,
    step::{Steps, say},
};

/// Every build takes in the whole workspace, with the features that tests turn on: another selection would have wasmtime
/// compiled again (decision 4).
pub(crate) const WHOLE: [&str; 2] = ["--release", "--workspace"];

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.first() {
        return Err(Failure::new(format!("`test` takes no argument, and got `{unknown}`")));
    }
    let started = Instant::now();
    let root = root();
    let mut steps = Steps::new(12, root.join("target/xtask"));
    // First, because it may want something of a person.
    providers::bring(&mut steps, &root)?;
    guests::bring_up_to_date(&mut steps, &[Set::bundled(), Set::hostile()], false)?;
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&root);
        command
    };
    let remedy = |failure: Failure| {
        Failure::new(format!(
            "{failure}\n  next: mend what it names; if rustfmt or clippy is missing: rustup component add rustfmt clippy"
        ))
    };

    let second = Duration::from_secs(1);
    for workspace in ["Cargo.toml", "plugins/Cargo.toml", "tests/guests/Cargo.toml"] {
        let mut command = cargo(&["fmt", "--all", "--check", "--manifest-path", workspace]);
        steps.run(&format!("Formatting of {workspace}"), second, &mut command).map_err(remedy)?;
    }
    without_wasmtime(&mut steps, &mut cargo(&["tree", "--package", "harmony-config", "--edges", "normal"]))?;
    let alone = ["test", "--locked", "-p", "harmony-config", "--target-dir", "target/without-host"];
    shown(&mut steps, "Tests without the host feature (about 1 min)", &mut cargo(&alone))?;
    let mut clippy = cargo(&["clippy", "--locked", "--all-targets"]);
    clippy.args(WHOLE).args(["--", "--deny", "warnings"]);
    steps.run("Clippy", 4 * MINUTE, &mut clippy).map_err(remedy)?;
    // The SDK is no member of the plugins' workspace, so each package is named.
    let native = ["--locked", "--manifest-path", "plugins/Cargo.toml", "--target-dir", "target/plugins-native"];
    let packages = ["harmony-config-sdk".to_owned(), "harmony-config-plugin-shared".to_owned()].into_iter();
    let packages = packages.chain(guests::plugins().map(|name| format!("harmony-config-plugin-{name}")));
    let plugins: Vec<String> =
        native.map(str::to_owned).into_iter().chain(packages.flat_map(|package| ["-p".to_owned(), package])).collect();
    let mut clippy = cargo(&["clippy", "--all-targets"]);
    clippy.args(&plugins).args(["--", "--deny", "warnings"]);
    steps.run("Clippy of the plugins", MINUTE, &mut clippy).map_err(remedy)?;
    shown(&mut steps, "Tests inside the plugins (about 1 min)", cargo(&["test"]).args(&plugins))?;
    desktop::bring(&mut steps);
    let not_run = root.join("target/xtask/not-run");
    let _ = std::fs::remove_file(&not_run);
    let peers = root.join("target/xtask/peers");
    let _ = std::fs::remove_file(&peers);
    let mut tests = cargo(&["test", "--locked"]);
    tests.args(WHOLE).env(desktop::NOT_RUN, &not_run).env(peers::LEFT, &peers);
    shown(&mut steps, "Tests (about 12 min the first time)", &mut tests)?;
    let mut doc = cargo(&["doc", "--locked", "--no-deps"]);
    doc.args(WHOLE).env("RUSTDOCFLAGS", "--deny warnings");
    steps.run("Documentation", MINUTE, &mut doc)?;
    desktop::say_what_was_not_run(&not_run);
    peers::say_which(&peers);
    say(&format!("All of it passed, in {} min.", started.elapsed().as_secs().div_ceil(60)));
    Ok(())
}

/// A step whose output is what one wants to see.
fn shown(steps: &mut Steps, what: &str, command: &mut Command) -> Result<(), Failure> {
    steps.note(what);
    let status = command.status().map_err(|error| Failure::new(format!("{what}: cargo cannot be run: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("{what}: failed ({status}); what failed stands above"))),
    }
}

/// A library that declares types must not bring a WebAssembly runtime.
fn without_wasmtime(steps: &mut Steps, tree: &mut Command) -> Result<(), Failure> {
    steps.note("Without the host feature no wasmtime");
    let output = tree.output().map_err(|error| Failure::new(format!("cargo tree cannot be run: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !text.starts_with("harmony-config ") {
        return Err(Failure::new(format!("cargo tree failed:\n{}", String::from_utf8_lossy(&output.stderr))));
    }
    match text.lines().find(|line| line.contains("wasmtime") || line.contains("harmony-config-host")) {
        None => Ok(()),
        Some(line) => Err(Failure::new(format!("harmony-config without features depends on: {}", line.trim()))),
    }
}
