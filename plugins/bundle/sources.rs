//! The hash of everything that the components are made of: `xtask` writes it beside them, the build script compares it.
//! Part of both by `#[path]`, so that they cannot differ.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

/// The plugins of the bundle: their folders, and their names in a manifest.
pub(crate) const PLUGINS: [&str; 9] =
    ["dotenv", "env", "file", "keyring", "local-file", "openbao", "prompt", "sqlite", "zitadel"];

/// Where the components are, below the bundle's folder.
pub(crate) const FOLDER: &str = "wasm";

/// The file beside the components that says what they were made of.
pub(crate) const RECORD: &str = "SOURCES.sha256";

/// What the bundled components are made of, below the repository's root: files, and folders of which all is taken.
pub(crate) fn inputs() -> Vec<String> {
    let shared = [
        "plugins/Cargo.toml",
        "plugins/Cargo.lock",
        "plugins/shared/Cargo.toml",
        "plugins/shared/src",
        "sdk/rust/Cargo.toml",
        "sdk/rust/src",
        "wit",
    ];
    let own = PLUGINS.iter().flat_map(|name| [format!("plugins/{name}/Cargo.toml"), format!("plugins/{name}/src")]);
    shared.into_iter().map(str::to_owned).chain(own).collect()
}

/// The hash over the inputs' names and contents, in hexadecimal.
pub(crate) fn hash(root: &Path, inputs: &[String]) -> io::Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(&root.join(input), &mut files)?;
    }
    let mut named: Vec<(String, PathBuf)> = files.into_iter().map(|file| (portable(root, &file), file)).collect();
    named.sort();
    let mut hasher = Sha256::new();
    for (name, file) in named {
        // Line ends as in the repository: a checkout on Windows may have its own.
        let content: Vec<u8> = fs::read(file)?.into_iter().filter(|byte| *byte != b'\r').collect();
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update((content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn collect(input: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !input.is_dir() {
        files.push(input.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(input)? {
        let entry = entry?;
        // What an editor keeps beside a file is no source.
        if !entry.file_name().to_string_lossy().starts_with('.') {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// The path below the root, the same on every platform.
fn portable(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
