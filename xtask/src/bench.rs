//! `cargo xtask bench`: the timings of `docs/benchmarks.md`, with the rivals that are measured in the same run.

use std::{env, path::PathBuf, process::Command, time::Duration};

use crate::{
    failure::Failure,
    guests::{self, Set},
    root,
    step::Steps,
    test::WHOLE,
};

/// A rival that is a command: installed below `target`, for the bench alone.
const RIVALS: [(&str, &str); 1] = [("secretspec", "0.21.1")];

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let root = root();
    let mut steps = Steps::new(5, root.join("target/xtask"));
    guests::bring_up_to_date(&mut steps, &[Set::bundled()], false)?;
    let rivals = root.join("target/rivals");
    for (name, version) in RIVALS {
        let mut install = Command::new(env!("CARGO"));
        install.args(["install", "--locked", "--root"]).arg(&rivals).args([name, "--version", version]);
        steps.run(
            &format!("Installing {name} {version} below target/rivals"),
            Duration::from_secs(600),
            &mut install,
        )?;
    }
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "--bins", "--examples"]).args(WHOLE).current_dir(&root);
    steps.run("Building the command", Duration::from_secs(600), &mut build)?;
    steps.note("Measuring: leave the machine alone meanwhile");
    let mut path: Vec<PathBuf> = vec![rivals.join("bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let path = env::join_paths(path).map_err(|error| Failure::new(format!("PATH cannot be extended: {error}")))?;
    let mut bench = Command::new(env!("CARGO"));
    bench.args([
        "bench",
        "--locked",
        "--workspace",
        "--bench",
        "get",
        "--bench",
        "open",
        "--bench",
        "openbao",
        "--bench",
        "process",
        "--bench",
        "signing_in",
    ]);
    let status = bench.args(arguments).current_dir(&root).env("PATH", path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("the benches failed ({status}); what they said stands above"))),
        Err(error) => Err(Failure::new(format!("cargo cannot be run: {error}"))),
    }
}
