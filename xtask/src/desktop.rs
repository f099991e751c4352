//! What the tests of the keyring need: a bus and a keyring of a desktop, which they start and stop themselves. Installed
//! where that can be done; where it cannot, the tests that need it are not run, and it is said how many.

use std::{fs, path::Path, time::Duration};

use crate::{
    programs::{self, find},
    step::{Steps, say},
};

const PROGRAMS: [&str; 2] = ["dbus-daemon", "gnome-keyring-daemon"];

const PACKAGES: [&str; 2] = ["dbus", "gnome-keyring"];

/// The variable with the file in which a test that was not run leaves a line.
pub(crate) const NOT_RUN: &str = "HARMONY_CONFIG_NOT_RUN";

/// Sees that they are there, as far as this machine and its user allow. Never a failure.
pub(crate) fn bring(steps: &mut Steps) {
    if cfg!(not(target_os = "linux")) || missing().is_empty() {
        return;
    }
    programs::install(steps, &PACKAGES, Duration::from_secs(60));
    if !missing().is_empty() {
        say(&format!(
            "      without {} the tests with a real keyring are NOT RUN. As root, then this again:\n\n    {}\n",
            missing().join(" and "),
            programs::line(&PACKAGES)
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
