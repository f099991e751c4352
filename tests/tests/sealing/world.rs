//! A home without a keyring, the command line in it, and the database as SQLite and the program of before see it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use tempfile::TempDir;

/// How long anything may take. Far more than any needs: the first run may have to compile the plugins.
const LIMIT: Duration = Duration::from_secs(120);

/// The table as the program of before made it.
pub(crate) const TODAYS_TABLE: &str = "CREATE TABLE IF NOT EXISTS config (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL DEFAULT (datetime('now')))";

/// That program's way to keep a value.
pub(crate) const TODAYS_WRITE: &str = "INSERT INTO config (key, value, updated_at) VALUES (?, ?, datetime('now'))
    ON CONFLICT(key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";

/// The compiled plugins, which are shared: they hold nothing of a home.
pub(crate) fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sealing-cache")
}

/// A home, and what stands in the environment of programs in it.
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
        fs::create_dir_all(root.path().join("home/project/.git")).unwrap();
        fs::create_dir_all(root.path().join("tmp")).unwrap();
        let mut world = World { root, variables: Vec::new() };
        for (name, value) in [
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("HOME", world.home().display().to_string()),
            ("TMPDIR", world.root.path().join("tmp").display().to_string()),
            ("XDG_CACHE_HOME", cache().display().to_string()),
        ] {
            world.set(name, value);
        }
        world
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    /// All that was written by anybody here.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.home().join("project")
    }

    pub(crate) fn manifest(&self, text: &str) {
        fs::write(self.project().join("harmony-config.toml"), text).unwrap();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home().join(if cfg!(target_os = "macos") {
            "Library/Application Support/harmony"
        } else {
            ".local/share/harmony"
        })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("config/config.db")
    }

    /// The folder of keys, and of what is known of them.
    pub(crate) fn keys(&self) -> PathBuf {
        self.home().join(if cfg!(target_os = "macos") {
            "Library/Application Support/harmony/user/seal"
        } else {
            ".config/harmony/seal"
        })
    }

    /// The files with a key in them.
    pub(crate) fn key_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.keys()) else { return Vec::new() };
        let files = entries.map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "key")).collect()
    }

    /// What is written down about the keys.
    pub(crate) fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(self.keys().join("keys.json")).unwrap()).unwrap()
    }

    pub(crate) fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).env_clear().current_dir(self.project());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the command line, where there is no terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Done {
        finish(self.start(arguments, input))
    }

    pub(crate) fn start(&self, arguments: &[&str], input: &str) -> Child {
        let mut command = self.command(cli(), arguments);
        if !input.is_empty() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let Some(mut pipe) = child.stdin.take() {
            // A program may end before it has read all of it.
            let _ = pipe.write_all(input.as_bytes());
        }
        child
    }

    /// Keeps a value of the default namespace, and answers with what it prints.
    #[track_caller]
    pub(crate) fn keep(&self, key: &str, value: &str) {
        self.run_with(&["-n", "harmony", "set", key, "-"], value).well();
    }

    /// The value of the default namespace, as it is printed.
    #[track_caller]
    pub(crate) fn value(&self, key: &str) -> String {
        self.run(&["-n", "harmony", "get", key]).well().out.trim_end().to_owned()
    }

    /// A row as it lies in the table of before.
    pub(crate) fn row(&self, key: &str) -> String {
        self.with_database(async |database| {
            let row = sqlx::query("SELECT value FROM config WHERE key = ?").bind(key.to_owned());
            row.fetch_one(database).await.unwrap().get(0)
        })
    }

    /// Does what the program of before does to keep a value.
    pub(crate) fn write_as_before(&self, key: &str, value: &str) {
        fs::create_dir_all(self.database().parent().unwrap()).unwrap();
        self.with_database(async |database| {
            sqlx::query(TODAYS_TABLE).execute(&mut *database).await.unwrap();
            let write = sqlx::query(TODAYS_WRITE).bind(key.to_owned()).bind(value.to_owned());
            write.execute(&mut *database).await.unwrap();
        });
    }

    pub(crate) fn sql(&self, text: &str) {
        self.with_database(async |database| {
            sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(database).await.unwrap();
        });
    }

    fn with_database<T>(&self, act: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut database =
                SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", self.database().display())).await.unwrap();
            sqlx::query("PRAGMA busy_timeout = 20000").execute(&mut database).await.unwrap();
            let done = act(&mut database).await;
            database.close().await.unwrap();
            done
        })
    }
}

/// The command, which is built beside the tests.
pub(crate) fn cli() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_acceptance_program")).with_file_name("harmony-config");
    assert!(path.is_file(), "{} is not there: build the whole workspace", path.display());
    path
}

/// Waits for its end, which has to come in time. What is printed here is short.
pub(crate) fn finish(mut child: Child) -> Done {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("it hangs: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr), took }
}

impl Done {
    /// It did what it was asked.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// It ended with this code, said these words, and what to do.
    #[track_caller]
    pub(crate) fn badly(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not said: {self:#?}");
        }
        assert!(self.err.contains("next:"), "it does not say what to do: {self:#?}");
        self
    }
}
