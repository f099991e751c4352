//! What to do, by what was found: nothing here runs or reads anything.

use super::{OVERRIDE, SystemRust, TARGET, install_line};
use crate::failure::Failure;

/// What was found on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// There is a rustup.
    pub(crate) rustup: bool,
    /// The Rust in use has the target.
    pub(crate) target: bool,
    /// The parts of the distribution's way, each where it is there.
    pub(crate) system: SystemParts,
    /// There is an apt-get.
    pub(crate) apt: bool,
    /// Whoever runs this is root.
    pub(crate) root: bool,
}

/// The parts of the distribution's way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SystemParts {
    pub(crate) cargo: Option<std::path::PathBuf>,
    /// Only one that is new enough.
    pub(crate) rustc: Option<std::path::PathBuf>,
    /// The sources of the standard library.
    pub(crate) sources: bool,
    pub(crate) libc: Option<std::path::PathBuf>,
    pub(crate) component_linker: Option<std::path::PathBuf>,
    pub(crate) linker: Option<std::path::PathBuf>,
}

impl SystemParts {
    /// Whether everything is there that packages bring.
    fn has_packages(&self) -> bool {
        self.cargo.is_some() && self.rustc.is_some() && self.sources && self.libc.is_some()
    }
}

/// What a person or a test asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Any,
    Rustup,
    System,
}

impl Wanted {
    pub(crate) fn from_name(name: Option<&str>) -> Result<Self, Failure> {
        match name {
            None | Some("") => Ok(Wanted::Any),
            Some("rustup") => Ok(Wanted::Rustup),
            Some("system") => Ok(Wanted::System),
            Some(other) => Err(Failure::new(format!("{OVERRIDE} is `{other}`; it can be `rustup` or `system`"))),
        }
    }
}

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The Rust in use has the target.
    UseRustup,
    /// rustup may be able to get it. It can hang where there is no network, so it has a time limit.
    AddTarget,
    /// The distribution's packages are there.
    UseSystem(SystemRust),
    /// They can be installed.
    Install,
    /// Nothing is left but to tell the person.
    Stop(String),
}

/// What to try, in order, until something works.
pub(crate) fn choices(found: &Found, wanted: Wanted) -> Vec<Choice> {
    let mut choices = Vec::new();
    if wanted != Wanted::System {
        if found.target {
            return vec![Choice::UseRustup];
        }
        if found.rustup {
            choices.push(Choice::AddTarget);
        }
    }
    if wanted == Wanted::Rustup {
        choices.push(Choice::Stop(stop(found, "rustup's target was asked for and is not to be had")));
        return choices;
    }
    match system(found) {
        Ok(rust) => choices.push(Choice::UseSystem(rust)),
        Err(why) => match (found.apt && !found.system.has_packages(), found.root) {
            (true, true) => {
                choices.push(Choice::Install);
                choices.push(Choice::Stop(stop(found, "the distribution's packages could not be installed")));
            }
            (true, false) => choices.push(Choice::Stop(format!(
                "nothing here builds WebAssembly yet ({why}). Run this as root, then the command again:\n\n    {}",
                install_line()
            ))),
            (false, _) => choices.push(Choice::Stop(stop(found, &why))),
        },
    }
    choices
}

/// The distribution's Rust, if all its parts are there; else what is missing.
pub(crate) fn system(found: &Found) -> Result<SystemRust, String> {
    let parts = found.system.clone();
    match (parts.cargo, parts.rustc, parts.sources, parts.libc) {
        (Some(cargo), Some(rustc), true, Some(libc)) => match (parts.component_linker, parts.linker) {
            (Some(component_linker), Some(linker)) => Ok(SystemRust { cargo, rustc, libc, component_linker, linker }),
            (None, _) => Err(no_linker("wasm-component-ld", "cargo install wasm-component-ld")),
            (_, None) => Err(no_linker("wasm-ld", "the package lld")),
        },
        (_, None, ..) | (None, ..) => Err("no Rust of the distribution that is new enough".to_owned()),
        (_, _, false, _) => Err("no sources of the standard library in /usr/lib/rustlib/src".to_owned()),
        (.., None) => Err("no C library of WASI in /usr/lib/wasm32-wasi".to_owned()),
    }
}

fn no_linker(name: &str, from: &str) -> String {
    format!(
        "no `{name}` was found, neither in the Rust in use nor on PATH (it comes with rustup's Rust, or from {from})"
    )
}

fn stop(found: &Found, why: &str) -> String {
    let looked = match found.rustup {
        true => "a target of rustup, which could not be added",
        false => "a target of the Rust in use, and rustup to add it",
    };
    format!(
        "nothing here builds WebAssembly: {why}. Looked for: {looked}; Debian's packages. What helps: install Rust by \
         https://rustup.rs and run `rustup target add {TARGET}` with a network, then this command again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> SystemParts {
        SystemParts {
            cargo: Some("/usr/bin/cargo".into()),
            rustc: Some("/usr/bin/rustc".into()),
            sources: true,
            libc: Some("/usr/lib/wasm32-wasi".into()),
            component_linker: Some("/l/wasm-component-ld".into()),
            linker: Some("/l/wasm-ld".into()),
        }
    }

    fn last(found: &Found, wanted: Wanted) -> String {
        match choices(found, wanted).pop() {
            Some(Choice::Stop(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_target_that_is_there_is_used_whatever_else_is() {
        let found = Found { rustup: true, target: true, system: parts(), apt: true, root: true };
        assert_eq!(choices(&found, Wanted::Any), [Choice::UseRustup]);
        let without_rustup = Found { rustup: false, ..found };
        assert_eq!(choices(&without_rustup, Wanted::Any), [Choice::UseRustup]);
    }

    #[test]
    fn rustup_is_tried_before_the_distribution() {
        let found = Found { rustup: true, system: parts(), ..Found::default() };
        let tried = choices(&found, Wanted::Any);
        assert!(matches!(tried.as_slice(), [Choice::AddTarget, Choice::UseSystem(_)]), "{tried:?}");
    }

    #[test]
    fn packages_are_installed_by_root_alone() {
        let found = Found { rustup: true, apt: true, root: true, ..Found::default() };
        let tried = choices(&found, Wanted::Any);
        assert!(matches!(tried.as_slice(), [Choice::AddTarget, Choice::Install, Choice::Stop(_)]), "{tried:?}");
        let person = Found { root: false, ..found };
        assert!(!choices(&person, Wanted::Any).contains(&Choice::Install));
        let why = last(&person, Wanted::Any);
        assert!(why.ends_with("rustc-web cargo-web rust-web-src wasi-libc") && why.contains("as root"), "{why}");
    }

    #[test]
    fn where_nothing_helps_it_is_said_what_was_looked_for_and_what_to_do() {
        let why = last(&Found::default(), Wanted::Any);
        assert!(why.contains("Looked for") && why.contains("rustup target add wasm32-wasip2"), "{why}");
    }

    #[test]
    fn what_a_person_asks_for_is_done_or_refused_and_nothing_else() {
        let found = Found { rustup: true, target: true, system: parts(), apt: true, root: true };
        assert!(matches!(choices(&found, Wanted::System).as_slice(), [Choice::UseSystem(_)]));
        let found = Found { target: false, ..found };
        assert!(matches!(choices(&found, Wanted::Rustup).as_slice(), [Choice::AddTarget, Choice::Stop(_)]));
        assert!(Wanted::from_name(Some("docker")).unwrap_err().to_string().contains("`rustup` or `system`"));
    }

    #[test]
    fn a_part_that_is_missing_is_named() {
        type Take = fn(&mut SystemParts);
        let missing: [(Take, &str); 5] = [
            (|parts| parts.rustc = None, "new enough"),
            (|parts| parts.sources = false, "sources"),
            (|parts| parts.libc = None, "C library"),
            (|parts| parts.component_linker = None, "wasm-component-ld"),
            (|parts| parts.linker = None, "`wasm-ld`"),
        ];
        for (take, word) in missing {
            let mut found = Found { system: parts(), ..Found::default() };
            assert!(system(&found).is_ok());
            take(&mut found.system);
            let why = system(&found).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
