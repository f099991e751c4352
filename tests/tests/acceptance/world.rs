//! A machine of one's own for each test: a home, a project, a program that knows no variable of the real ones. What a
//! person sees in a terminal is `terminal`'s.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use sqlx::{ConnectOptions, Connection, Row, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_acceptance_program");

/// How long anything may take that asks nobody.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A person's machine: `home`, and a project in which programs are started.
pub(crate) struct World {
    root: TempDir,
    variables: Vec<(String, String)>,
}

/// What a program that ended left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("hc-").tempdir().unwrap();
        // Looking for a manifest stops at the root of a repository.
        fs::create_dir_all(root.path().join("project/.git")).unwrap();
        fs::create_dir_all(root.path().join("home")).unwrap();
        let mut world = World { root, variables: Vec::new() };
        for (name, value) in [
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("HOME", world.home().display().to_string()),
            // Compiled code is shared by all tests, as it is by all programs of a person; it holds no configuration.
            ("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/acceptance-cache").to_owned()),
        ] {
            world.set(name, value);
        }
        world
    }

    /// The same world with one more variable in its environment.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.into()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path("home")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.path("project")
    }

    /// Where the program of before has its database, and where ours looks.
    pub(crate) fn database(&self) -> PathBuf {
        self.home().join(if cfg!(target_os = "macos") {
            "Library/Application Support/harmony/config/config.db"
        } else {
            ".local/share/harmony/config/config.db"
        })
    }

    /// Writes the project's manifest.
    pub(crate) fn manifest(&self, text: &str) {
        fs::write(self.project().join("harmony-config.toml"), text).unwrap();
    }

    /// A program of this world, to be started.
    pub(crate) fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).env_clear().current_dir(self.project());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program where there is no terminal.
    pub(crate) fn run(&self, steps: &[&str]) -> Done {
        self.run_with(steps, "")
    }

    /// The same, with something on standard input.
    pub(crate) fn run_with(&self, steps: &[&str], input: &str) -> Done {
        finish(start(self.command(PROGRAM, steps), input.as_bytes()))
    }

    /// Runs the command line where there is no terminal.
    pub(crate) fn cli(&self, arguments: &[&str], input: &[u8]) -> Done {
        finish(start(self.command(cli(), arguments), input))
    }

    /// What the database has of a key. A value that is not secret is read from the table of today's `harmony_config`, by
    /// nothing of ours; one that is sealed, by the command line.
    pub(crate) fn stored(&self, key: &str) -> Option<Value> {
        let found = self.in_the_table(key)?;
        if found["$harmony-config"]["sealed"].is_null() {
            return Some(found);
        }
        let arguments = ["-n", "harmony", "--json", "get", key, "--from", "sqlite"];
        let mut command = self.command(cli(), &arguments);
        command.env("HARMONY_CONFIG_MANIFEST", "");
        let done = finish(start(command, b"")).well();
        Some(serde_json::from_str::<Value>(&done.out).unwrap()["value"].take())
    }

    /// What stands in the table of today's `harmony_config`, read by nothing of ours.
    pub(crate) fn in_the_table(&self, key: &str) -> Option<Value> {
        let file = self.database();
        if !file.exists() {
            return None;
        }
        block_on(async {
            let options = SqliteConnectOptions::new().filename(file).busy_timeout(LIMIT);
            let mut database = options.connect().await.unwrap();
            let row = sqlx::query("SELECT value FROM config WHERE key = ?").bind(key);
            let row = row.fetch_optional(&mut database).await.unwrap();
            database.close().await.unwrap();
            row.map(|row| serde_json::from_str(&row.get::<String, _>(0)).unwrap())
        })
    }

    /// A database as today's `harmony_config` writes it, with this value.
    pub(crate) fn store(&self, key: &str, value: &str) {
        let file = self.database();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        block_on(async {
            let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
            let mut database = options.connect().await.unwrap();
            let table = "CREATE TABLE IF NOT EXISTS config (key TEXT PRIMARY KEY, value TEXT NOT NULL, \
                         updated_at TEXT NOT NULL DEFAULT (datetime('now')))";
            sqlx::query(table).execute(&mut database).await.unwrap();
            let insert = "INSERT INTO config (key, value) VALUES (?, ?) \
                          ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            sqlx::query(insert).bind(key).bind(value).execute(&mut database).await.unwrap();
            database.close().await.unwrap();
        });
    }
}

/// The command line, built beside the program.
pub(crate) fn cli() -> PathBuf {
    let path = Path::new(PROGRAM).with_file_name("harmony-config");
    assert!(path.is_file(), "{} is not there: build the whole workspace", path.display());
    path
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A program that was started, and what is read of it meanwhile.
pub(crate) struct Started {
    child: Child,
    began: Instant,
    out: thread::JoinHandle<String>,
    err: thread::JoinHandle<String>,
}

/// Starts it without a terminal.
pub(crate) fn start(mut command: Command, input: &[u8]) -> Started {
    let began = Instant::now();
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(mut pipe) = child.stdin.take() {
        let input = input.to_vec();
        // A program may end before it has read all of it.
        thread::spawn(move || pipe.write_all(&input).is_ok());
    }
    let (out, err) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
    Started { child, began, out, err }
}

fn reader(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for its end, which has to come in time.
pub(crate) fn finish(mut started: Started) -> Done {
    let status = loop {
        if let Some(status) = started.child.try_wait().unwrap() {
            break status;
        }
        if started.began.elapsed() > LIMIT {
            started.child.kill().unwrap();
            panic!("it hangs; standard error: {}", started.err.join().unwrap());
        }
        thread::sleep(Duration::from_millis(2));
    };
    let took = started.began.elapsed();
    Done { code: status.code(), out: started.out.join().unwrap(), err: started.err.join().unwrap(), took }
}

impl Done {
    /// It did what it was asked.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// It ended with this code, and said these words.
    #[track_caller]
    pub(crate) fn badly(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not said: {self:#?}");
        }
        // Of what a stranger cannot use: the insides of libraries, and a panic.
        for word in ["panicked", "RUST_BACKTRACE", "Err(", "Some(", "wasm trap"] {
            assert!(!self.err.contains(word), "`{word}` is said: {self:#?}");
        }
        assert!(self.err.contains("next:"), "it does not say what to do: {self:#?}");
        self
    }
}
