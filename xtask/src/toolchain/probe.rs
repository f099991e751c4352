//! What is on the machine: looks and asks, changes nothing, decides nothing. A tool that does not answer is not there.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    Machine, TARGET,
    decide::{Found, SystemParts},
};
use crate::{failure::Failure, step};

/// The oldest Rust that builds the guests.
const OLDEST: (u32, u32) = (1, 95);

/// Looks for everything.
pub(crate) fn probe(machine: &Machine) -> Found {
    let sysroot = ask(machine, "rustc", &["--print", "sysroot"]).map(PathBuf::from);
    let libraries = sysroot.as_ref().map(|sysroot| sysroot.join("lib/rustlib"));
    Found {
        rustup: find(machine, "rustup").is_some(),
        target: libraries.as_ref().is_some_and(|folder| folder.join(TARGET).join("lib").is_dir()),
        system: system(machine, libraries.as_deref()),
        apt: find(machine, "apt-get").is_some(),
        root: ask(machine, "id", &["-u"]).as_deref() == Some("0"),
    }
}

fn system(machine: &Machine, libraries: Option<&Path>) -> SystemParts {
    let usr = machine.root.join("usr");
    let file = |path: &str| Some(usr.join(path)).filter(|path| path.is_file());
    let rustc = file("bin/rustc").filter(|rustc| {
        let version = answer(machine, Command::new(rustc).arg("--version").env_remove("RUSTUP_TOOLCHAIN"));
        version.as_deref().and_then(version_of).is_some_and(|version| version >= OLDEST)
    });
    // rustup's Rust carries the linkers though it lacks the target.
    let host = ask(machine, "rustc", &["-vV"]).and_then(|text| host_of(&text).map(str::to_owned));
    let carried =
        |name: &str| Some(libraries?.join(host.as_deref()?).join("bin").join(name)).filter(|path| path.is_file());
    SystemParts {
        cargo: file("bin/cargo"),
        rustc,
        sources: usr.join("lib/rustlib/src/rust/library/std").is_dir(),
        libc: Some(usr.join("lib/wasm32-wasi")).filter(|folder| folder.join("libc.a").is_file()),
        component_linker: carried("wasm-component-ld").or_else(|| find(machine, "wasm-component-ld")),
        linker: carried("gcc-ld/wasm-ld").or_else(|| find(machine, "wasm-ld")),
    }
}

/// A tool, ready to be run with the machine's PATH.
pub(crate) fn tool(machine: &Machine, name: &str) -> Result<Command, Failure> {
    let path = find(machine, name).ok_or_else(|| Failure::new(format!("there is no `{name}` on PATH")))?;
    let mut command = Command::new(path);
    command.env("PATH", &machine.path);
    Ok(command)
}

fn find(machine: &Machine, name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&machine.path).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

fn ask(machine: &Machine, name: &str, arguments: &[&str]) -> Option<String> {
    answer(machine, tool(machine, name).ok()?.args(arguments))
}

/// The trimmed output of a tool that ends well, and in time.
fn answer(machine: &Machine, command: &mut Command) -> Option<String> {
    let limit = machine.patience.min(Duration::from_secs(20));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    // None of them says more than a pipe holds, so it is read when the tool has ended.
    let ended = step::wait(&mut child, limit, |_| {}).ok().flatten()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    ended.success().then(|| text.trim().to_owned())
}

/// `rustc 1.96.0 (…)` is (1, 96).
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn host_of(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("host: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compilers_words_on_itself_are_read() {
        assert_eq!(version_of("rustc 1.96.0 (abc 2026-05-25) (built from a source tarball)"), Some((1, 96)));
        assert_eq!(version_of("rustc"), None);
        assert_eq!(host_of("rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\n"), Some("x86_64-unknown-linux-gnu"));
    }
}
