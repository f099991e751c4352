//! A desktop session of one's own: a bus and a keyring, started for one test, with the world's folders, and stopped by it.
//! Nothing of the session of whoever runs the tests is touched.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::world::World;

/// What a desktop session is made of; Debian's packages are `dbus` and `gnome-keyring`.
const PROGRAMS: [&str; 2] = ["dbus-daemon", "gnome-keyring-daemon"];

/// A bus, and perhaps a keyring on it.
pub(crate) struct Desktop {
    bus: Child,
    keyring: Option<Child>,
    address: String,
    home: PathBuf,
}

impl Desktop {
    /// A session in this world, which its programs know of. None, said aloud, where the machine has no such programs.
    pub(crate) fn start(world: &mut World) -> Option<Self> {
        let missing: Vec<&str> = PROGRAMS.into_iter().filter(|name| !is_there(name)).collect();
        if !missing.is_empty() {
            let test = std::thread::current().name().unwrap_or_default().to_owned();
            let words = format!("{test}: no {}; as root: apt-get install -y dbus gnome-keyring", missing.join(", "));
            // Past the capture of the test's output: nobody should take this test for passed.
            let _ = writeln!(std::io::stderr(), "\nNOT RUN: {words}");
            // Where `cargo xtask test` counts them.
            if let Some(file) = std::env::var_os("HARMONY_CONFIG_NOT_RUN") {
                let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
                writeln!(file, "{words}").unwrap();
            }
            return None;
        }
        let mut bus = command(&world.home(), "dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address"]).stdout(Stdio::piped());
        let mut bus = bus.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        world.set("DBUS_SESSION_BUS_ADDRESS", &address);
        world.set("XDG_RUNTIME_DIR", run_folder(&world.home()).display().to_string());
        Some(Desktop { bus, keyring: None, address, home: world.home() })
    }

    /// The keyring, unlocked as a login does it.
    pub(crate) fn unlock(&mut self) {
        self.run_keyring(&["--unlock"], "the login's password");
    }

    /// The keyring as it is where nobody logged in.
    pub(crate) fn lock(&mut self) {
        self.run_keyring(&["--start"], "");
    }

    fn run_keyring(&mut self, arguments: &[&str], password: &str) {
        self.stop_keyring();
        let mut daemon = command(&self.home, "gnome-keyring-daemon");
        daemon.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        daemon.args(["--foreground", "--components=secrets"]).args(arguments);
        let mut daemon = daemon.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        daemon.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        self.keyring = Some(daemon);
        self.wait_for(true);
    }

    fn stop_keyring(&mut self) {
        if let Some(mut daemon) = self.keyring.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
            self.wait_for(false);
        }
    }

    /// Waits until somebody on the bus keeps secrets, or nobody does.
    fn wait_for(&self, there: bool) {
        let started = Instant::now();
        while self.has_keyring() != there {
            assert!(started.elapsed() < Duration::from_secs(20), "the keyring did not come or go");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn has_keyring(&self) -> bool {
        let mut ask = command(&self.home, "dbus-send");
        ask.env("DBUS_SESSION_BUS_ADDRESS", &self.address).args(["--session", "--print-reply=literal"]);
        ask.args(["--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner"]);
        let answer = ask.arg("string:org.freedesktop.secrets").stdout(Stdio::piped()).output().unwrap();
        String::from_utf8_lossy(&answer.stdout).contains("true")
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.keyring.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

fn is_there(name: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(name).is_file())
}

fn run_folder(home: &Path) -> PathBuf {
    let folder = home.join("run");
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let _ = builder.create(&folder);
    folder
}

/// A program of the session, which knows nothing of the session outside.
fn command(home: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", home);
    command.env("XDG_RUNTIME_DIR", run_folder(home)).current_dir(home);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}
