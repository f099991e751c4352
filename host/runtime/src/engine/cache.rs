//! Compiled code, kept between runs: a folder of the user's own, a file for each component and engine. Losing it costs
//! time and nothing else, so every fault here means "compile again".
//!
//! Stops: torn or foreign files being run. Does not stop: the user's own processes, which could do worse.

use std::{
    fs,
    hash::{Hash, Hasher},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use super::load;
use crate::{hex::hex, paths::private};

const MAGIC: &[u8; 16] = b"hconfig-code-1\n\0";
const DIGEST: usize = 32;
/// No component of a plugin compiles to more.
const MAX_CODE: u64 = 256 << 20;

/// The folder of compiled code.
pub(super) struct CodeCache {
    folder: Option<PathBuf>,
}

impl CodeCache {
    /// In `folder`, in a part of it that only this engine's settings, version and processor share.
    pub(super) fn new(folder: Option<&Path>, engine: &Engine) -> Self {
        let mut hasher = StableHasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let mut part = hex(&hasher.0.finalize());
        part.truncate(16);
        CodeCache { folder: folder.map(|folder| folder.join(part)) }
    }

    /// The component of this digest, if it was compiled before.
    pub(super) fn load(&self, engine: &Engine, sha256: &[u8; 32]) -> Option<Component> {
        let path = self.file(sha256)?;
        match read(&path) {
            Ok(code) => match load::machine_code(engine, &code) {
                Ok(component) => Some(component),
                Err(error) => {
                    tracing::debug!("compiled code in {} is not for this program: {error}", path.display());
                    None
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::debug!("compiled code in {} is not used: {error}", path.display());
                None
            }
        }
    }

    /// Keeps a component that was compiled.
    pub(super) fn store(&self, component: &Component, sha256: &[u8; 32]) {
        let Some(path) = self.file(sha256) else { return };
        let kept = component.serialize().map_err(io::Error::other).and_then(|code| write(&path, &code));
        if let Err(error) = kept {
            tracing::debug!("compiled code could not be kept in {}: {error}", path.display());
        }
    }

    fn file(&self, sha256: &[u8; 32]) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.cwasm", hex(sha256))))
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    // On the open handle: what was checked is what is read.
    private::check_file(&file)?;
    let length = file.metadata()?.len();
    if length > MAX_CODE {
        return Err(io::Error::other("too large"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    let torn = || io::Error::other("torn");
    let (magic, rest) = bytes.split_at_checked(MAGIC.len()).ok_or_else(torn)?;
    let (digest, code) = rest.split_at_checked(DIGEST).ok_or_else(torn)?;
    if magic != MAGIC || digest != Sha256::digest(code).as_slice() {
        return Err(torn());
    }
    bytes.drain(..MAGIC.len() + DIGEST);
    Ok(bytes)
}

fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Err(io::Error::other("no folder")) };
    private::make_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MAGIC)?;
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    file.persist(path)?;
    Ok(())
}

/// The standard hasher may change between versions of Rust, and a key on disk must not.
struct StableHasher(Sha256);

impl Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, Engine, CodeCache) {
        let folder = tempfile::tempdir().unwrap();
        let engine = super::super::new_engine().unwrap();
        let cache = CodeCache::new(Some(folder.path()), &engine);
        (folder, engine, cache)
    }

    #[test]
    fn what_was_compiled_is_loaded_and_a_torn_file_is_not() {
        let (_folder, engine, cache) = world();
        let component = Component::new(&engine, b"\0asm\x0d\0\x01\0").unwrap();
        assert!(cache.load(&engine, &[7; 32]).is_none());
        cache.store(&component, &[7; 32]);
        assert!(cache.load(&engine, &[7; 32]).is_some());
        let path = cache.file(&[7; 32]).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let length = bytes.len();
        fs::write(&path, &bytes[..length - 1]).unwrap();
        assert!(cache.load(&engine, &[7; 32]).is_none(), "cut short");
        bytes[length / 2] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(cache.load(&engine, &[7; 32]).is_none(), "one bit");
        fs::write(&path, b"").unwrap();
        assert!(cache.load(&engine, &[7; 32]).is_none(), "empty");
    }

    #[cfg(unix)]
    #[test]
    fn code_that_others_could_have_written_is_not_run() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, engine, cache) = world();
        let component = Component::new(&engine, b"\0asm\x0d\0\x01\0").unwrap();
        cache.store(&component, &[7; 32]);
        let path = cache.file(&[7; 32]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(cache.load(&engine, &[7; 32]).is_none());
    }

    #[test]
    fn without_a_folder_nothing_is_kept_and_nothing_fails() {
        let engine = super::super::new_engine().unwrap();
        let cache = CodeCache::new(None, &engine);
        let component = Component::new(&engine, b"\0asm\x0d\0\x01\0").unwrap();
        cache.store(&component, &[7; 32]);
        assert!(cache.load(&engine, &[7; 32]).is_none());
    }
}
