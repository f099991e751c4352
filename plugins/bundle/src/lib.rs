//! The bundled plugins, as WebAssembly: bytes and what identifies them. Loading them is the host's.
//!
//! The components are portable, so a package carries them and builds without a WebAssembly toolchain. In a checkout,
//! `cargo xtask setup` makes them.
//!
//! ```
//! let env = harmony_config_plugins::find("env").expect("it is one of them");
//! assert!(env.wasm.starts_with(b"\0asm"));
//! ```

/// A component that comes with the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bundled {
    /// Its name in a manifest.
    pub name: &'static str,
    /// The component.
    pub wasm: &'static [u8],
    /// The SHA-256 of the component, reckoned when this crate was built.
    pub sha256: [u8; 32],
}

static BUNDLED: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// All of them, ordered by name.
pub fn bundled() -> &'static [Bundled] {
    BUNDLED
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.name == name)
}

impl std::fmt::Debug for Bundled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundled").field("name", &self.name).field("bytes", &self.wasm.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugins_are_components_and_ordered() {
        let names: Vec<&str> = bundled().iter().map(|bundled| bundled.name).collect();
        assert_eq!(names, ["dotenv", "env", "file", "keyring", "local-file", "openbao", "prompt", "sqlite", "zitadel"]);
        for bundled in bundled() {
            // A component, not a core module: version 13, layer 1.
            assert_eq!(bundled.wasm.get(..8), Some(&b"\0asm\x0d\0\x01\0"[..]), "{bundled:?}");
        }
    }

    #[test]
    fn a_plugin_that_is_not_bundled_is_not_found() {
        assert!(find("acme").is_none());
    }
}
