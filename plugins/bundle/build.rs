//! Lists the components for `lib.rs`, with their hashes. It builds none: that takes another toolchain, which
//! `cargo xtask setup` finds or installs. In a checkout it sees that they are those of the sources that lie there.

mod sources;

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

fn main() {
    if let Err(error) = run() {
        // This fails the build with this line alone; to end with a failure would print all that was reported, too.
        report(&format!("cargo::error={error}"));
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let folder = here.join(sources::FOLDER);
    report("cargo::rerun-if-changed=build.rs");
    report("cargo::rerun-if-changed=sources.rs");
    report(&format!("cargo::rerun-if-changed={}", folder.display()));
    let root = here.join("../..");
    // A packaged crate has no guests beside it: it carries what it needs.
    if root.join("plugins/Cargo.toml").is_file() && root.join("wit").is_dir() {
        let inputs = sources::inputs();
        for input in &inputs {
            report(&format!("cargo::rerun-if-changed={}", root.join(input).display()));
        }
        let recorded = fs::read_to_string(folder.join(sources::RECORD)).unwrap_or_default();
        if recorded.is_empty() {
            return Err("the bundled plugins are not built yet. Run `cargo xtask setup`, then build again".into());
        }
        if recorded.trim() != sources::hash(&root, &inputs)? {
            return Err(
                "the bundled plugins are older than their sources. Run `cargo xtask setup`, then build again".into()
            );
        }
    }
    let mut list = String::from("&[\n");
    for name in sources::PLUGINS {
        list.push_str(&listed(name, &folder)?);
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("bundled.rs"), list)?;
    Ok(())
}

fn listed(name: &str, folder: &Path) -> Result<String, Box<dyn Error>> {
    let path = folder.join(format!("{name}.wasm"));
    let wasm = fs::read(&path)
        .map_err(|_| format!("the bundled plugin `{name}` is missing. Run `cargo xtask setup`, then build again"))?;
    let mut entry = String::new();
    let path = path.display().to_string();
    let digest: &[u8] = &Sha256::digest(&wasm);
    writeln!(entry, "    Bundled {{ name: {name:?}, wasm: include_bytes!({path:?}), sha256: {digest:?} }},")?;
    Ok(entry)
}

#[allow(clippy::print_stdout, reason = "cargo reads a build script's standard output")]
fn report(line: &str) {
    println!("{line}");
}
