//! Programs of the operating system that tests need: looked for on PATH, installed as Debian's packages where this machine
//! and its user allow that.

use std::{env, process::Command, time::Duration};

use crate::step::Steps;

/// Whether a program is on PATH.
pub(crate) fn find(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).any(|folder| folder.join(&name).is_file())
}

/// What a person types who is root.
pub(crate) fn line(packages: &[&str]) -> String {
    format!("apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Installs packages as root, and says so; elsewhere it does nothing. What came of it is seen by looking again.
pub(crate) fn install(steps: &mut Steps, packages: &[&str], about: Duration) {
    let is_root = || Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if cfg!(not(target_os = "linux")) || !find("apt-get") || !is_root() {
        return;
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    };
    let install = [&["install", "-y", "--no-install-recommends"][..], packages].concat();
    let what = format!("Installing as root: {}", line(packages));
    steps.one_more();
    if steps.run(&what, about, &mut apt(&install)).is_err() {
        // The lists of packages may be missing or old.
        steps.one_more();
        let _ = steps.run("Asking for the lists of packages", Duration::from_secs(20), &mut apt(&["update"]));
        steps.one_more();
        let _ = steps.run(&what, about, &mut apt(&install));
    }
}
