//! Whole processes: `harmony-config get` from SQLite, and what a user would run instead, in turns. And the memory that
//! four plugins take. Rivals are taken from PATH; `cargo xtask bench` installs them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it saw, and ends where it cannot run"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use harmony_config_benches::{AppConfig, host, source};

const RUNS: usize = 200;

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    memory(home.path());
    let binary = binary();
    prepare(&binary, home.path());
    let mut contestants: Vec<(&str, Command)> = vec![("/bin/true", Command::new("true"))];
    let mut ours = Command::new(&binary);
    ours.args(["get", "AppConfig"]).current_dir(home.path()).env_clear().env("HARMONY_CONFIG_HOME", home.path());
    contestants.push(("harmony-config get (SQLite)", ours));
    // What a shell runs when Tab is pressed.
    let mut completing = Command::new(&binary);
    completing.args(["--", "harmony-config", "get", "AppConfig", "--from", "sq"]).current_dir(home.path()).env_clear();
    completing.env("HARMONY_CONFIG_HOME", home.path()).env("_HARMONY_CONFIG_COMPLETE", "bash");
    completing.env("_CLAP_COMPLETE_INDEX", "4");
    let offered = completing.output().unwrap();
    assert_eq!(offered.stdout, b"sqlite", "it completes");
    contestants.push(("completing a source (bound: 20 ms)", completing));
    if let Some(secretspec) = on_path("secretspec") {
        std::fs::write(
            home.path().join("secretspec.toml"),
            "[project]\nname = \"bench\"\nrevision = \"1.0\"\n[profiles.default]\nAPP = { description = \"x\", required = true }\n",
        )
        .unwrap();
        std::fs::write(home.path().join(".env"), "APP=value\n").unwrap();
        let mut theirs = Command::new(secretspec);
        theirs.args(["get", "APP", "--provider", "dotenv"]).current_dir(home.path()).env("HOME", home.path());
        contestants.push(("secretspec get (dotenv)", theirs));
    }
    if let Some(fnox) = on_path("fnox") {
        std::fs::write(home.path().join("fnox.toml"), "[secrets]\nAPP = { default = \"value\" }\n").unwrap();
        let mut theirs = Command::new(fnox);
        theirs.args(["get", "APP"]).current_dir(home.path()).env("HOME", home.path());
        contestants.push(("fnox get (default value)", theirs));
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::with_capacity(RUNS); contestants.len()];
    // In turns, so that a change of the machine's mood hits all alike.
    for _ in 0..RUNS {
        for ((name, command), times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            times.push(start.elapsed());
            assert!(status.success(), "{name} failed");
        }
    }
    println!("a whole process, {RUNS} runs in turns          min      median   max");
    for ((name, _), times) in contestants.iter().zip(&mut times) {
        times.sort_unstable();
        assert!(
            !name.contains("20 ms") || times[RUNS / 2] < Duration::from_millis(20),
            "{name}: {:?}",
            times[RUNS / 2]
        );
        println!("{name:<42} {:>8.2?} {:>8.2?} {:>8.2?}", times[0], times[RUNS / 2], times[RUNS - 1]);
    }
}

fn prepare(binary: &Path, home: &Path) {
    let value = serde_json::to_string(&AppConfig::sample()).unwrap();
    let mut set = Command::new(binary);
    set.args(["set", "AppConfig", &value]).current_dir(home).env_clear().env("HARMONY_CONFIG_HOME", home);
    let output = set.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The resident memory of this process before and after four plugins were asked.
fn memory(home: &Path) {
    let before = resident();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let host = host(home);
    let at = harmony_config::Coordinate::new("harmony", "AppConfig", None).unwrap();
    let sources: Vec<_> =
        ["env", "local-file", "sqlite", "prompt"].iter().map(|name| source(&host, name).unwrap()).collect();
    runtime.block_on(async {
        for round in 0..2 {
            for source in &sources {
                // The prompt is not asked; that it is loaded is what counts.
                let _ = source.read(&harmony_config::Request::new(at.clone())).await;
            }
            if round == 0 {
                continue;
            }
        }
    });
    println!("resident memory: {} KiB before, {} KiB with four plugins at work", before, resident());
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The command that this build made.
fn binary() -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    let binary = folder.join(format!("harmony-config{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "build it first: cargo build --release --workspace --bins");
    binary
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.exists())
}
