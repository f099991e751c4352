//! What the tests of the keyring need: a bus and a keyring of a desktop, which they start and stop themselves. Installed
//! where that can be done; where it cannot, the tests that need it are not run, and it is said how many.

use std::{env, fs, path::Path, process::Command, time::Duration};

use crate::step::{Steps, say};

const PROGRAMS: [&str; 2] = ["dbus-daemon", "gnome-keyring-daemon"];

const PACKAGES: [&str; 2] = ["dbus", "gnome-keyring"];

/// The variable with the file in which a test that was not run leaves a line.
pub(crate) const NOT_RUN: &str = "HARMONY_CONFIG_NOT_RUN";

/// Sees that they are there, as far as this machine and its user allow. Never a failure.
pub(crate) fn bring(steps: &mut Steps) {
    if cfg!(not(target_os = "linux")) || missing().is_empty() {
        return;
    }
    let line = format!("apt-get install -y --no-install-recommends {}", PACKAGES.join(" "));
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if is_root && find("apt-get") {
        let apt = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
            command
        };
        let install = [&["install", "-y", "--no-install-recommends"][..], &PACKAGES].concat();
        let what = format!("Installing as root: {line}");
        steps.one_more();
        if steps.run(&what, Duration::from_secs(60), &mut apt(&install)).is_err() {
            // The lists of packages may be missing or old.
            steps.one_more();
            let _ = steps.run("Asking for the lists of packages", Duration::from_secs(20), &mut apt(&["update"]));
            steps.one_more();
            let _ = steps.run(&what, Duration::from_secs(60), &mut apt(&install));
        }
    }
    if !missing().is_empty() {
        say(&format!(
            "      without {} the tests with a real keyring are NOT RUN. As root, then this again:\n\n    {line}\n",
            missing().join(" and ")
        ));
    }
}

/// Says how many tests were not run, by the lines that they left.
pub(crate) fn say_what_was_not_run(left: &Path) {
    let lines = fs::read_to_string(left).unwrap_or_default();
    let count = lines.lines().count();
    if count > 0 {
        say(&format!("NOT RUN: {count} tests, for want of what they need:\n{}", lines.trim_end()));
    }
}

fn missing() -> Vec<&'static str> {
    PROGRAMS.into_iter().filter(|name| !find(name)).collect()
}

fn find(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
