//! A project that a person cloned, with a plugin of somebody else in it, and a secret that must not leave.

use std::{fs, path::Path};

use sha2::{Digest, Sha256};

use crate::world::{Done, World};

/// The secret that the person has. Nobody may get it without a yes.
pub(crate) const CANARY: &str = "canary-4kW-of-the-person";

/// What a hostile guest answers for a key that begins with `Good`.
pub(crate) const GUEST_SAYS: &str = "\"from\": \"guest\"";

/// The hostile guests, as any plugin of somebody else.
pub(crate) fn plugin() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/guests/wasm/hostile.wasm");
    fs::read(path).unwrap_or_else(|error| panic!("{error}\nbuild the test guests first: cargo xtask guests --tests"))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A world in which the person keeps a secret under `Secret`, and has a clone whose `acme.wasm` is a plugin.
pub(crate) fn clone_of(manifest: &str) -> World {
    let world = World::new();
    world.cli(&["-n", "p", "set", "Secret", "-"], CANARY.as_bytes()).well();
    fs::write(world.project().join("acme.wasm"), plugin()).unwrap();
    world.manifest(&filled(manifest));
    world
}

/// The manifest's text, with `SHA` for the plugin's digest.
pub(crate) fn filled(manifest: &str) -> String {
    format!("version = 1\nnamespace = \"p\"\n{}", manifest.replace("SHA", &sha256(&plugin())))
}

/// A source `acme`, served by the plugin in the clone.
pub(crate) fn acme(settings: &str) -> String {
    format!(
        "chain = [\"env\", \"acme\", \"sqlite\", \"prompt\"]\n[source.acme]\nplugin = {{ path = \"acme.wasm\", sha256 = \"SHA\" }}\n\
         settings.guest = \"none\"\n{settings}"
    )
}

/// The text without digests in full: a swapped plugin has another one after each build.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("sha256:");
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        out.push_str(if part.len() - rest.len() == 64 { "…" } else { &part[..part.len() - rest.len()] });
        out.push_str(rest);
    }
    out
}

pub(crate) trait Cloned {
    /// Runs a command there, with nobody at a terminal.
    fn run_cli(&self, arguments: &[&str]) -> Done;

    /// The person trusts what it reaches now.
    fn trust(&self);

    /// The folders of this world have other names on every run.
    fn named(&self, text: &str) -> String;

    /// Whether the canary lies in any file below a folder.
    fn leaked_below(&self, folder: &Path) -> bool;
}

impl Cloned for World {
    fn run_cli(&self, arguments: &[&str]) -> Done {
        self.cli(arguments, b"")
    }

    #[track_caller]
    fn trust(&self) {
        let printed = self.run_cli(&["trust", "--print"]).well().out;
        let id = printed.lines().next().unwrap();
        self.run_cli(&["trust", "--yes", id]).well();
    }

    fn named(&self, text: &str) -> String {
        let root = self.path("");
        let real = root.canonicalize().unwrap();
        let name = |folder: &Path| folder.to_str().unwrap().trim_end_matches('/').to_owned();
        let text = text.replace(&name(&real), "").replace(&name(&root), "");
        without_digests(&text.replace(&sha256(&plugin()), "SHA").replace(&sha256(&plugin())[..12], "SHA"))
    }

    fn leaked_below(&self, folder: &Path) -> bool {
        let Ok(entries) = fs::read_dir(folder) else { return false };
        entries.map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() && !path.is_symlink() {
            true => self.leaked_below(&path),
            false => {
                let bytes = fs::read(&path).unwrap_or_default();
                bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes())
            }
        })
    }
}
