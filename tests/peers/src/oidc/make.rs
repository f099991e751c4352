//! The providers' programs, made from their sources: once for each state of the sources, in a folder beside the other
//! things that cargo builds. The sources themselves are only read.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sha2::{Digest, Sha256};

use super::Kind;
use crate::error::{Error, Result};

const GO: &str = "The OpenID provider of the tests is built with Go, 1.26 or newer, and `go` is not on PATH. Install it: \
                  https://go.dev/dl (Debian's package golang-go serves where it is as new)";

const NODE: &str = "The second OpenID provider of the tests runs on Node.js, 20 or newer, with packages from npm, and \
                    `node` or `npm` is not on PATH. Install them: https://nodejs.org, or on Debian, as root: \
                    apt-get install -y nodejs npm";

/// The program to start.
pub(super) fn command(kind: Kind) -> Result<Command> {
    let (name, programs, remedy): (_, &[&str], _) = match kind {
        Kind::Zitadel => ("zitadel", &["go"], GO),
        Kind::Node => ("node", &["node", "npm"], NODE),
    };
    if programs.iter().any(|program| !is_there(program)) {
        return Err(Error::new(remedy));
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc").join(name);
    let made = made(
        name,
        &sources,
        match kind {
            Kind::Zitadel => build,
            Kind::Node => install,
        },
    )?;
    Ok(match kind {
        Kind::Zitadel => Command::new(made.join(PROGRAM)),
        Kind::Node => {
            let mut node = Command::new("node");
            node.arg(made.join("server.mjs"));
            node
        }
    })
}

pub(super) fn is_there(program: &str) -> bool {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(&name).is_file())
}

const PROGRAM: &str = if cfg!(windows) { "provider.exe" } else { "provider" };

fn build(sources: &[PathBuf], into: &Path) -> Result<()> {
    let folder = sources.first().and_then(|file| file.parent()).unwrap_or(into);
    let mut go = Command::new("go");
    go.arg("build").arg("-o").arg(into.join(PROGRAM)).arg(".").current_dir(folder);
    run(&mut go, "go build of the OpenID provider")
}

fn install(sources: &[PathBuf], into: &Path) -> Result<()> {
    for source in sources {
        let name = source.file_name().unwrap_or_default();
        fs::copy(source, into.join(name)).map_err(|error| Error::while_doing(&source.display().to_string(), error))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(into);
    run(&mut npm, "npm ci for the OpenID provider")
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| Error::while_doing(what, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Error::new(format!("{what} failed ({}):\n{}", output.status, String::from_utf8_lossy(&said).trim_end())))
}

/// The folder of what was made of these sources. Whoever comes first makes it, the others wait.
fn made(name: &str, sources: &Path, make: fn(&[PathBuf], &Path) -> Result<()>) -> Result<PathBuf> {
    let failed = |error| Error::while_doing(&format!("the sources of the provider, {}", sources.display()), error);
    let files = fs::read_dir(sources).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<PathBuf>>>()
    });
    let mut files: Vec<PathBuf> = files.map_err(failed)?.into_iter().filter(|path| path.is_file()).collect();
    files.sort();
    let mut digest = Sha256::new();
    for file in &files {
        let bytes = fs::read(file).map_err(failed)?;
        digest.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update(bytes.len().to_le_bytes());
        digest.update(&bytes);
    }
    let digest: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();

    let cache = cache();
    let unusable = |error| Error::while_doing(&format!("the folder {}", cache.display()), error);
    let finished = cache.join(format!("{name}-{digest}"));
    if finished.is_dir() {
        return Ok(finished);
    }
    fs::create_dir_all(&cache).map_err(unusable)?;
    let lock = File::create(cache.join(format!("{name}.lock"))).map_err(unusable)?;
    lock.lock().map_err(unusable)?;
    if !finished.is_dir() {
        let begun = cache.join(format!("{name}-begun"));
        let _ = fs::remove_dir_all(&begun);
        fs::create_dir(&begun).map_err(unusable)?;
        make(&files, &begun)?;
        fs::rename(&begun, &finished).map_err(unusable)?;
    }
    Ok(finished)
}

/// In cargo's target folder, which has a tag; a test that runs from elsewhere uses the folder for temporary files.
fn cache() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let folder = target.map_or_else(env::temp_dir, Path::to_owned);
    folder.join("harmony-config-oidc")
}
