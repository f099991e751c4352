//! A home, a project folder in it, and runs of the command there. Nothing of the person who runs the tests is read.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// No run may take longer. Far more than any needs: the first one may have to compile the plugins.
const LIMIT: Duration = Duration::from_secs(120);

/// A home with a project folder, `my-project`, that is the root of a repository.
pub(crate) struct World {
    home: TempDir,
}

impl World {
    /// An empty project.
    pub(crate) fn new() -> Self {
        let world = World { home: tempfile::tempdir().unwrap() };
        // Looking for a manifest stops here, whatever lies above the temporary folder.
        fs::create_dir_all(world.project().join(".git")).unwrap();
        world
    }

    /// A project with this manifest.
    pub(crate) fn with_manifest(text: &str) -> Self {
        let world = World::new();
        fs::write(world.project().join("harmony-config.toml"), text).unwrap();
        world
    }

    /// A project whose values go to the database, and may go to files.
    pub(crate) fn with_files() -> Self {
        World::with_manifest(
            "version = 1\nnamespace = \"p\"\nchain = [\"env\", \"sqlite\", \"local-file\", \"prompt\"]\n\
             [source.local-file]\nsettings.dir = \"files\"\n",
        )
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.home().join("my-project")
    }

    /// A run of the command with these arguments, in the project.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let mut run = self.program(env!("CARGO_BIN_EXE_harmony-config"));
        run.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        run
    }

    /// A line of shell, with the command on its path.
    #[cfg(unix)]
    pub(crate) fn shell(&self, line: &str) -> Run {
        let mut run = self.program("/bin/sh");
        run.arguments = vec!["-c".into(), line.into()];
        let folder = Path::new(env!("CARGO_BIN_EXE_harmony-config")).parent().unwrap();
        let own = self.home().join("bin");
        run.env("PATH", format!("{}:{}:/usr/bin:/bin", folder.display(), own.display()))
    }

    fn program(&self, program: &str) -> Run {
        // Compiled plugins are shared by all worlds where the platform lets them be; they hold nothing of a world.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-cache");
        let mut run = Run {
            program: program.into(),
            arguments: Vec::new(),
            variables: vec![("HOME".into(), self.home().into()), ("XDG_CACHE_HOME".into(), cache.into())],
            stdin: Vec::new(),
            folder: self.project(),
        };
        if cfg!(windows) {
            run = run.env("SystemRoot", std::env::var_os("SystemRoot").unwrap_or_default());
            run = run.env("USERPROFILE", self.home());
        }
        run
    }

    /// Runs, expects success, and answers with standard output.
    #[track_caller]
    pub(crate) fn ok<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let done = self.run(arguments).done();
        assert_eq!(done.code, 0, "{done:?}");
        done.stdout
    }

    /// A text without what differs from run to run: folders, times, versions.
    pub(crate) fn redacted(&self, text: &str) -> String {
        let real = self.home().canonicalize().unwrap();
        let text = text.replace(real.to_str().unwrap(), "/home/me").replace(self.home().to_str().unwrap(), "/home/me");
        text.lines().map(without_time).collect::<Vec<String>>().join("\n")
    }
}

/// The line with its time in milliseconds, and the blanks that align it, made the same every time.
fn without_time(line: &str) -> String {
    let words = line.trim_start_matches(' ');
    let indent = " ".repeat(line.len() - words.len());
    let cells = words.split("  ").map(str::trim).filter(|cell| !cell.is_empty() && *cell != "time");
    let cells = cells.map(|cell| match cell.strip_suffix(" ms").map(str::parse::<f64>) {
        Some(Ok(_)) => "N ms",
        _ => cell,
    });
    indent + &cells.collect::<Vec<&str>>().join("  ")
}

/// One run of the command, to be.
pub(crate) struct Run {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    folder: PathBuf,
}

impl Run {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// What stands on standard input, which is a pipe and no terminal. Empty where nothing is said.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    pub(crate) fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn done(self) -> Done {
        self.finish(true)
    }

    /// Runs it with a standard output that nobody reads.
    #[track_caller]
    pub(crate) fn unread(self) -> Done {
        self.finish(false)
    }

    /// It, to be started in another way.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(self.variables.iter().cloned()).current_dir(&self.folder);
        command
    }

    #[track_caller]
    fn finish(self, read: bool) -> Done {
        let mut child =
            self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().filter(|_| read);
        let out = thread::spawn(move || stdout.map(all).unwrap_or_default());
        let stderr = child.stderr.take().unwrap();
        let err = thread::spawn(move || all(stderr));
        let mut stdin = child.stdin.take().unwrap();
        // The command may end without reading all of it.
        let input = thread::spawn(move || {
            let _ = stdin.write_all(&self.stdin);
        });
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > LIMIT {
                child.kill().unwrap();
                panic!("{:?} did not end in {LIMIT:?}", self.arguments);
            }
            thread::sleep(Duration::from_millis(2));
        };
        input.join().unwrap();
        Done {
            code: status.code().unwrap_or_else(|| panic!("{:?} ended by a signal: {status}", self.arguments)),
            stdout: out.join().unwrap(),
            stderr: err.join().unwrap(),
        }
    }
}

fn all(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    /// The one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Expects this exit code, no answer, and these words on standard error, each of them.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.stdout, "", "a failure has no answer: {self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        self.fails_beside(code, words);
    }

    /// The same of a command that did something else beside.
    #[track_caller]
    pub(crate) fn fails_beside(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.stderr.contains("error: "), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
    }
}
