//! What builds WebAssembly here: rustup's target where it is there or can be had, else the distribution's packages. What
//! is there, `probe` finds out; what to do about it, `decide` says; here it is done, and said before it is done.

mod decide;
mod probe;
#[cfg(test)]
mod tests;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    failure::Failure,
    step::{Steps, say},
};
use decide::{Choice, Wanted};

/// The target of all plugins.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// The variable by which a person or a test decides.
pub(crate) const OVERRIDE: &str = "HARMONY_CONFIG_WASM_TOOLCHAIN";

/// Debian's packages: a Rust for the web of its own version, its sources, and the C library of WASI.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "wasi-libc"];

/// The machine, as far as it is asked. Tests have one of their own.
pub(crate) struct Machine {
    /// Where tools are looked for.
    pub(crate) path: OsString,
    /// Above `usr`.
    pub(crate) root: PathBuf,
    /// How long a tool may take that may wait for a network.
    pub(crate) patience: Duration,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        Machine {
            path: env::var_os("PATH").unwrap_or_default(),
            root: PathBuf::from("/"),
            patience: Duration::from_secs(60),
        }
    }
}

/// What builds WebAssembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The Rust in use has the target.
    InUse,
    /// The distribution's Rust, which has no library for the target and builds it, with linkers from elsewhere.
    System(SystemRust),
}

/// The distribution's Rust and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SystemRust {
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) libc: PathBuf,
    pub(crate) component_linker: PathBuf,
    pub(crate) linker: PathBuf,
}

impl Toolchain {
    /// `cargo build` of the workspace in `folder`, for the target, into `artifacts`.
    pub(crate) fn build(&self, folder: &Path, artifacts: &Path) -> Command {
        let mut command = match self {
            Toolchain::InUse => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
            Toolchain::System(rust) => rust.cargo(),
        };
        // Meant for programs of this machine.
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            command.env_remove(name);
        }
        command.current_dir(folder).args(["build", "--locked", "--release", "--target", TARGET]);
        command.arg("--target-dir").arg(artifacts);
        if matches!(self, Toolchain::System(_)) {
            command.arg("-Zbuild-std=std,panic_abort");
        }
        command
    }

    /// For the person.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Toolchain::InUse => "the Rust in use",
            Toolchain::System(_) => "the distribution's Rust, which first builds the standard library",
        }
    }

    /// How long all plugins take with it, from nothing, on a small machine.
    pub(crate) fn about(&self) -> Duration {
        match self {
            Toolchain::InUse => Duration::from_secs(60),
            Toolchain::System(_) => Duration::from_secs(240),
        }
    }
}

impl SystemRust {
    fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        // cargo, run by rustup, has named its own toolchain in these.
        for name in ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "RUSTC_WRAPPER", "RUSTDOC", "CARGO", "LD_LIBRARY_PATH"] {
            command.env_remove(name);
        }
        let folder = self.rustc.parent().unwrap_or(Path::new("/usr/bin"));
        let path = env::join_paths([folder, Path::new("/usr/bin"), Path::new("/bin")]);
        command
            .env("PATH", path.unwrap_or_else(|_| "/usr/bin:/bin".into()))
            .env("RUSTC", &self.rustc)
            // To build the standard library is not stable; the version is Debian's and known to do it.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_WASIP2_LINKER", &self.component_linker)
            .env(
                "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
                format!(
                    "-Clink-self-contained=no -L{} -Clink-arg=--wasm-ld-path={}",
                    self.libc.display(),
                    self.linker.display()
                ),
            );
        command
    }
}

/// Finds what builds WebAssembly, and installs it where it must.
pub(crate) fn obtain(machine: &Machine, wanted: Option<&str>, steps: &mut Steps) -> Result<Toolchain, Failure> {
    let wanted = Wanted::from_name(wanted)?;
    let found = probe::probe(machine);
    let mut refused = Vec::new();
    for choice in decide::choices(&found, wanted) {
        match take(&choice, machine, steps) {
            Ok(toolchain) => {
                steps.note(&format!("WebAssembly is built by {}", toolchain.name()));
                return Ok(toolchain);
            }
            Err(failure) => {
                if !matches!(choice, Choice::Stop(_)) {
                    say(&format!("      that did not work: {failure}"));
                }
                refused.push(failure.to_string());
            }
        }
    }
    let last = refused.pop().unwrap_or_else(|| "nothing here builds WebAssembly".to_owned());
    Err(Failure::new(last))
}

fn take(choice: &Choice, machine: &Machine, steps: &mut Steps) -> Result<Toolchain, Failure> {
    match choice {
        Choice::UseRustup => Ok(Toolchain::InUse),
        Choice::UseSystem(rust) => Ok(Toolchain::System(rust.clone())),
        Choice::AddTarget => {
            steps.one_more();
            let mut command = probe::tool(machine, "rustup")?;
            command.args(["target", "add", TARGET]);
            let what = format!("Installing: rustup target add {TARGET}");
            steps.within(&what, Duration::from_secs(20), machine.patience, &mut command)?;
            match probe::probe(machine).target {
                true => Ok(Toolchain::InUse),
                false => Err(Failure::new(format!("rustup says that it installed {TARGET}, and it is not there"))),
            }
        }
        Choice::Install => {
            install(machine, steps)?;
            match decide::system(&probe::probe(machine)) {
                Ok(rust) => Ok(Toolchain::System(rust)),
                Err(why) => Err(Failure::new(format!("the packages are installed, and {why}"))),
            }
        }
        Choice::Stop(why) => Err(Failure::new(why.clone())),
    }
}

fn install(machine: &Machine, steps: &mut Steps) -> Result<(), Failure> {
    let about = Duration::from_secs(60);
    let apt = || -> Result<Command, Failure> {
        let mut command = probe::tool(machine, "apt-get")?;
        command.env("DEBIAN_FRONTEND", "noninteractive");
        Ok(command)
    };
    steps.one_more();
    let what = format!("Installing as root: {}", install_line());
    let mut first = apt()?;
    first.args(["install", "-y", "--no-install-recommends"]).args(PACKAGES);
    if steps.run(&what, about, &mut first).is_ok() {
        return Ok(());
    }
    // The lists of packages may be missing or old.
    steps.one_more();
    steps.run("Asking for the lists of packages: apt-get update", Duration::from_secs(20), apt()?.arg("update"))?;
    steps.one_more();
    let mut second = apt()?;
    second.args(["install", "-y", "--no-install-recommends"]).args(PACKAGES);
    steps.run(&what, about, &mut second)
}

/// The line that a person types.
fn install_line() -> String {
    format!("apt-get install -y --no-install-recommends {}", PACKAGES.join(" "))
}
