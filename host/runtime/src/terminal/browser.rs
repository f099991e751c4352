//! Whether a browser can be opened beside the terminal. Opening it is a library's.

use std::ffi::OsString;

/// Opens a browser at a page, where there is one in sight of the person. If it fails, nothing is said: the address
/// stands on the screen.
pub(super) fn open(address: &str) {
    if may_open(std::env::consts::OS, |name| std::env::var_os(name))
        && let Err(error) = open::that_detached(address)
    {
        tracing::debug!("no browser was opened: {error}");
    }
}

/// `system` as [`std::env::consts::OS`] names it.
fn may_open(system: &str, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    // The person sits at another machine.
    if is_set("SSH_CONNECTION") || is_set("SSH_TTY") {
        return false;
    }
    // Set to nothing, it says that there is to be none.
    if variable("BROWSER").is_some_and(|browser| browser.is_empty() || browser == "none") {
        return false;
    }
    match system {
        "macos" | "windows" => true,
        // On Linux and the like one is seen on a display; under WSL on that of Windows.
        _ => ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].iter().any(|name| is_set(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(system: &str, variables: &[(&str, &str)]) -> bool {
        may_open(system, |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn a_browser_is_opened_where_the_person_can_see_it() {
        assert!(may("macos", &[]) && may("windows", &[]));
        assert!(may("linux", &[("DISPLAY", ":0")]) && may("linux", &[("WAYLAND_DISPLAY", "wayland-0")]));
        assert!(may("linux", &[("WSL_DISTRO_NAME", "Debian")]));
        assert!(!may("linux", &[]) && !may("linux", &[("DISPLAY", "")]));
    }

    #[test]
    fn none_is_opened_over_ssh_nor_where_the_person_wants_none() {
        for system in ["linux", "macos", "windows"] {
            for no in [("SSH_CONNECTION", "1.2.3.4"), ("SSH_TTY", "/dev/pts/0"), ("BROWSER", ""), ("BROWSER", "none")] {
                assert!(!may(system, &[("DISPLAY", ":0"), no]), "{system} {no:?}");
            }
        }
    }
}
