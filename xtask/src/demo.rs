//! `cargo xtask demo`: from nothing to a program that asks once. It runs what a user would run, and shows the commands.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    failure::Failure,
    guests::{self, Set},
    root,
    step::{Steps, say},
    test::WHOLE,
};

const USAGE: &str = "cargo xtask demo [--answers FILE|-]";

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let answers = answers(arguments)?;
    let root = root();
    let mut steps = Steps::new(3, root.join("target/xtask"));
    guests::bring_up_to_date(&mut steps, &[Set::bundled()], false)?;
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "--bins", "--examples"]).args(WHOLE).current_dir(&root);
    steps.run("Building the host and the examples", Duration::from_secs(600), &mut build)?;
    steps.note("The demo: its files are below target/demo");
    Demo::new(&root, answers)?.play()
}

/// Where the answers come from.
enum Answers {
    /// A person at the terminal.
    Person,
    /// These lines.
    Lines(String),
}

fn answers(arguments: &[String]) -> Result<Answers, Failure> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| Failure::io("cannot be read", path, &error));
    let piped = || {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--answers", "-"] => {
            piped().map(Answers::Lines).map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))
        }
        ["--answers", file] => read(Path::new(file)).map(Answers::Lines),
        [] if io::stdin().is_terminal() && io::stderr().is_terminal() => Ok(Answers::Person),
        [] => {
            let text = piped().unwrap_or_default();
            if !text.trim().is_empty() {
                return Ok(Answers::Lines(text));
            }
            let file = root().join("examples/prompting/answers.txt");
            say("No terminal, and nothing is piped in: the answers come from examples/prompting/answers.txt.");
            read(&file).map(Answers::Lines)
        }
        _ => Err(Failure::new(format!("usage: {USAGE}"))),
    }
}

struct Demo {
    binaries: PathBuf,
    folder: PathBuf,
    answers: Answers,
}

impl Demo {
    fn new(root: &Path, answers: Answers) -> Result<Self, Failure> {
        let folder = root.join("target/demo");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| Failure::io("cannot be removed", &folder, &error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| Failure::io("cannot be made", &folder, &error))?;
        Ok(Demo { binaries: root.join("target/release"), folder, answers })
    }

    fn play(&self) -> Result<(), Failure> {
        say("\nA program needs `BrocadeSwitchAuth`: a host, a user, a password. Nothing is set up.");
        let lines = self.folder.join("answers.txt");
        match &self.answers {
            Answers::Person => {
                say("Answer what it asks; it is kept below target/demo, for this demo alone.");
                self.example("prompting", &[], &[])?;
            }
            Answers::Lines(text) => {
                fs::write(&lines, text).map_err(|error| Failure::io("cannot be written", &lines, &error))?;
                self.example("prompting", &["--answers", "answers.txt"], &[])?;
            }
        }

        say("\nThe second run reads SQLite, and asks nobody.");
        self.example("prompting", &[], &[])?;

        say("\nA variable of the environment overrides one field, and is written nowhere.");
        self.example("prompting", &[], &[("HARMONY_CONFIG_BrocadeSwitchAuth__host", "switch-9")])?;

        say("\nWhere does a value come from?");
        let namespace = ["-n", "example-prompting"];
        self.command(&[&namespace[..], &["explain", "BrocadeSwitchAuth"]].concat())?;

        say("\nOne line of the manifest reorders the chain: the same program, another winner.");
        self.example("reorder", &[], &[])?;

        say("\nA project of one's own begins with `init`.");
        self.command(&["init"])?;
        self.command(&["list"])?;
        say("\nThat was it. The command is target/release/harmony-config; try: target/release/harmony-config --help");
        Ok(())
    }

    fn example(&self, name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Failure> {
        let shown: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let mut command = Command::new(self.binaries.join("examples").join(name));
        command.envs(variables.iter().copied());
        self.show(&format!("{}{name}", shown.concat()), command.args(arguments), arguments)
    }

    fn command(&self, arguments: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new(self.binaries.join("harmony-config"));
        self.show("harmony-config", command.args(arguments), arguments)
    }

    fn show(&self, name: &str, command: &mut Command, arguments: &[&str]) -> Result<(), Failure> {
        say(&format!("\n$ {}", [&[name][..], arguments].concat().join(" ")));
        if !matches!(self.answers, Answers::Person) {
            command.stdin(Stdio::null());
        }
        let status = command.current_dir(&self.folder).env("HARMONY_CONFIG_HOME", self.folder.join("home")).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::new(format!("`{name}` failed ({status}); what it said stands above"))),
            Err(error) => Err(Failure::new(format!("`{name}` cannot be run: {error}"))),
        }
    }
}
