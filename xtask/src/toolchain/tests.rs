//! The search with stand-in tools: scripts in a folder that is the whole PATH, and a folder that is the whole machine.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, time::Instant};

use super::*;

struct World {
    folder: tempfile::TempDir,
    machine: Machine,
}

/// A machine with these tools. `@` in a script is the machine's folder.
fn world(tools: &[(&str, &str)]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let standard =
        [("rustc", "case \"$1\" in --print) echo @/rust;; -vV) echo 'host: here';; esac"), ("id", "echo 1000")];
    for (name, script) in standard.iter().chain(tools) {
        write_tool(&bin.join(name), &script.replace('@', &at));
    }
    let machine =
        Machine { path: bin.into_os_string(), root: folder.path().to_owned(), patience: Duration::from_secs(20) };
    World { folder, machine }
}

fn write_tool(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

impl World {
    fn make(&self, files: &[&str]) {
        for file in files {
            let path = self.folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    fn linkers(&self) {
        self.make(&["rust/lib/rustlib/here/bin/wasm-component-ld", "rust/lib/rustlib/here/bin/gcc-ld/wasm-ld"]);
    }

    fn packages(&self, version: &str) {
        write_tool(&self.folder.path().join("usr/bin/rustc"), &format!("echo 'rustc {version} (Debian)'"));
        self.make(&["usr/bin/cargo", "usr/lib/rustlib/src/rust/library/std/Cargo.toml", "usr/lib/wasm32-wasi/libc.a"]);
    }

    fn obtain(&self, wanted: Option<&str>) -> Result<Toolchain, Failure> {
        let mut steps = Steps::new(1, self.folder.path().join("logs"));
        obtain(&self.machine, wanted, &mut steps)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// What installs Debian's packages, seen from here: it copies what a test has put aside.
const APT: &str = "echo \"$*\" >> @/log; if [ \"$1\" = install ]; then /bin/cp -r @/debian/usr @/; fi";

fn put_packages_aside(world: &World) {
    world.packages("1.96.0");
    fs::create_dir(world.folder.path().join("debian")).unwrap();
    fs::rename(world.folder.path().join("usr"), world.folder.path().join("debian/usr")).unwrap();
}

#[test]
fn a_target_that_is_there_is_used_and_nothing_is_installed() {
    let world = world(&[("rustup", "echo rustup >> @/log"), ("apt-get", APT), ("id", "echo 0")]);
    world.make(&["rust/lib/rustlib/wasm32-wasip2/lib/libstd.rlib"]);
    assert_eq!(world.obtain(None).unwrap(), Toolchain::InUse);
    assert_eq!(world.log(), "");
}

#[test]
fn rustup_adds_the_target() {
    let add = "echo \"$*\" >> @/log; /bin/mkdir -p @/rust/lib/rustlib/wasm32-wasip2/lib";
    let world = world(&[("rustup", add), ("apt-get", APT), ("id", "echo 0")]);
    assert_eq!(world.obtain(None).unwrap(), Toolchain::InUse);
    assert_eq!(world.log(), "target add wasm32-wasip2\n");
}

#[test]
fn a_rustup_that_hangs_is_stopped_and_the_packages_are_used() {
    let mut world = world(&[("rustup", "exec /bin/sleep 600")]);
    world.linkers();
    world.packages("1.96.0");
    world.machine.patience = Duration::from_secs(1);
    let started = Instant::now();
    let Toolchain::System(rust) = world.obtain(None).unwrap() else { panic!("rustup cannot have worked") };
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(rust.linker.ends_with("rust/lib/rustlib/here/bin/gcc-ld/wasm-ld"), "{rust:?}");
}

#[test]
fn root_installs_the_packages() {
    let world = world(&[("apt-get", APT), ("id", "echo 0")]);
    world.linkers();
    put_packages_aside(&world);
    assert!(matches!(world.obtain(None).unwrap(), Toolchain::System(_)));
    assert_eq!(world.log(), "install -y --no-install-recommends rustc-web cargo-web rust-web-src wasi-libc\n");
}

#[test]
fn the_lists_of_packages_are_asked_for_where_the_first_install_fails() {
    let apt = "echo \"$1\" >> @/log; [ \"$1\" = update ] && echo > @/lists; [ -e @/lists ] || exit 100; \
               if [ \"$1\" = install ]; then /bin/cp -r @/debian/usr @/; fi";
    let world = world(&[("apt-get", apt), ("id", "echo 0")]);
    world.linkers();
    put_packages_aside(&world);
    assert!(matches!(world.obtain(None).unwrap(), Toolchain::System(_)));
    assert_eq!(world.log(), "install\nupdate\ninstall\n");
}

#[test]
fn who_is_not_root_is_told_the_line_and_nothing_is_run() {
    let world = world(&[("apt-get", APT)]);
    let failure = world.obtain(None).unwrap_err().to_string();
    assert!(
        failure.ends_with("apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src wasi-libc"),
        "{failure}"
    );
    assert_eq!(world.log(), "");
}

#[test]
fn a_rust_of_the_distribution_that_is_too_old_is_not_used() {
    let world = world(&[]);
    world.linkers();
    world.packages("1.63.0");
    assert!(world.obtain(None).unwrap_err().to_string().contains("new enough"));
}

#[test]
fn packages_without_linkers_are_not_installed_again() {
    let world = world(&[("apt-get", APT), ("id", "echo 0")]);
    world.packages("1.96.0");
    let failure = world.obtain(None).unwrap_err().to_string();
    assert!(failure.contains("cargo install wasm-component-ld"), "{failure}");
    assert_eq!(world.log(), "");
}

#[test]
fn where_the_install_fails_it_is_said_what_helps() {
    let world = world(&[("apt-get", "exit 100"), ("id", "echo 0")]);
    let failure = world.obtain(None).unwrap_err().to_string();
    assert!(failure.contains("https://rustup.rs"), "{failure}");
}

#[test]
fn a_person_who_asks_for_the_system_gets_it_though_rustup_has_the_target() {
    let world = world(&[]);
    world.linkers();
    world.packages("1.96.0");
    world.make(&["rust/lib/rustlib/wasm32-wasip2/lib/libstd.rlib"]);
    let toolchain = world.obtain(Some("system")).unwrap();
    let command = toolchain.build(Path::new("/plugins"), Path::new("/target"));
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    assert!(arguments.contains(&"-Zbuild-std=std,panic_abort".to_owned()), "{arguments:?}");
    assert!(command.get_envs().any(|(name, value)| name == "RUSTC_BOOTSTRAP" && value.is_some()));
    assert_eq!(world.obtain(None).unwrap(), Toolchain::InUse);
    assert!(world.obtain(Some("neither")).is_err());
}
