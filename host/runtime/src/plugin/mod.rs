//! A plugin as it lies on disk or in the bundle: its bytes, its digest, and what it says of itself. It is not run here.

mod facts;
mod wants;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use harmony_config_core::ConfigError;
use sha2::{Digest, Sha256};

use crate::{
    hex::hex,
    limits,
    trust::files::{self, Care, Fault},
};

pub use self::{
    facts::Facts,
    wants::{Wants, WantsHttp},
};
pub(crate) use self::{facts::put, wants::each_setting};

/// A component that can be made a source, with the facts that it carries.
#[derive(Clone)]
pub struct Plugin {
    wasm: Cow<'static, [u8]>,
    sha256: [u8; 32],
    facts: Facts,
    bundled: bool,
}

impl Plugin {
    /// The bundled plugin of this name.
    pub fn bundled(name: &str) -> Option<Arc<Plugin>> {
        // A manifest asks for the facts of one plugin again and again, and its bytes do not change.
        static KNOWN: LazyLock<Mutex<BTreeMap<&'static str, Arc<Plugin>>>> = LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = known.get(name) {
            return Some(Arc::clone(plugin));
        }
        let bundled = harmony_config_plugins::find(name)?;
        let facts = facts::read(bundled.wasm).ok()?;
        let plugin = Plugin { wasm: Cow::Borrowed(bundled.wasm), sha256: bundled.sha256, facts, bundled: true };
        Some(Arc::clone(known.entry(bundled.name).or_insert(Arc::new(plugin))))
    }

    /// The names of the bundled plugins.
    pub fn bundled_names() -> impl Iterator<Item = &'static str> {
        harmony_config_plugins::bundled().iter().map(|bundled| bundled.name)
    }

    /// A component of these bytes. Nothing of it is run.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where the bytes are not a component, or where it does not carry the facts of a plugin.
    pub fn from_bytes(wasm: Vec<u8>) -> Result<Arc<Plugin>, ConfigError> {
        let facts = facts::read(&wasm)?;
        let sha256 = Sha256::digest(&wasm).into();
        Ok(Arc::new(Plugin { wasm: Cow::Owned(wasm), sha256, facts, bundled: false }))
    }

    /// The component in this file, read once.
    ///
    /// # Errors
    /// As [`Plugin::from_bytes`], and where the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Arc<Plugin>, ConfigError> {
        Plugin::from_bytes(read(path)?)
    }

    /// The component in this file, read once, if its bytes have this digest (in hexadecimal). `said` is where the digest
    /// was said.
    ///
    /// # Errors
    /// As [`Plugin::from_file`]; [`ConfigError::Denied`] where it is another one: the message names both digests.
    pub(crate) fn from_file_of(path: &Path, sha256: &str, said: &dyn fmt::Display) -> Result<Arc<Plugin>, ConfigError> {
        let wasm = read(path)?;
        let found = words(&Sha256::digest(&wasm).into());
        let wanted = format!("sha256:{}", sha256.to_ascii_lowercase());
        if found != wanted {
            let message = format!(
                "the plugin {} is not the one that {said} names: it is {found}, and should be {wanted}",
                path.display()
            );
            return Err(crate::trust::denied(message).with_remedy(
                "put the plugin back; or, if you know where the new one came from, write its sha256 into the manifest",
            ));
        }
        Plugin::from_bytes(wasm)
    }

    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// What the plugin says of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The digest of its bytes.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The digest of its bytes in words: `sha256:…`.
    pub(crate) fn sha256_words(&self) -> String {
        words(&self.sha256)
    }

    /// Whether it is one of this project's own, carried in the program.
    pub fn is_bundled(&self) -> bool {
        self.bundled
    }

    pub(crate) fn wasm(&self) -> &[u8] {
        &self.wasm
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    files::read(path, limits::MAX_PLUGIN_BYTES, Care::Pinned, true).map_err(|fault| {
        let why = match fault {
            Fault::Io(error) => error.to_string(),
            Fault::Unfit(_) | Fault::Link => "it must not be used".to_owned(),
        };
        ConfigError::other(format!("the plugin {} cannot be read: {why}", path.display()))
    })
}

fn words(sha256: &[u8; 32]) -> String {
    format!("sha256:{}", hex(sha256))
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("name", &self.facts.name).field("version", &self.facts.plugin_version).finish()
    }
}
