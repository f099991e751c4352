//! One step of a command: a child that runs while a line says what it does and for how long already. Its output goes to
//! a file, and is shown where it failed.

use std::{
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::failure::Failure;

/// How often it is looked whether a child has ended, and how often a line says that it has not.
const POLL: Duration = Duration::from_millis(50);
const ON_A_TERMINAL: Duration = Duration::from_secs(1);
const ELSEWHERE: Duration = Duration::from_secs(30);

/// How much of a failed child's output is shown.
const SHOWN_LINES: usize = 60;

/// A line for the person.
pub(crate) fn say(line: &str) {
    // Nobody reads it any more: that is no reason to stop.
    let _ = writeln!(io::stderr(), "{line}");
}

/// The steps of one command.
pub(crate) struct Steps {
    number: usize,
    total: usize,
    logs: PathBuf,
}

impl Steps {
    /// `logs` is the folder for what the children print.
    pub(crate) fn new(total: usize, logs: PathBuf) -> Self {
        Steps { number: 0, total, logs }
    }

    /// Says what is done without a child.
    pub(crate) fn note(&mut self, what: &str) {
        let mark = self.next();
        say(&format!("{mark} {what}"));
    }

    /// Runs a child to its end. `about` is how long it takes on a small machine.
    pub(crate) fn run(&mut self, what: &str, about: Duration, command: &mut Command) -> Result<(), Failure> {
        self.within(what, about, Duration::MAX, command)
    }

    /// Runs a child, and ends it where it takes longer than `limit`.
    pub(crate) fn within(
        &mut self,
        what: &str,
        about: Duration,
        limit: Duration,
        command: &mut Command,
    ) -> Result<(), Failure> {
        let mark = self.next();
        let line = format!("{mark} {what} (about {})", seconds(about));
        let log = self.logs.join(format!("{}.log", slug(what)));
        let (output, errors) = self.output(&log)?;
        let started = Instant::now();
        let mut progress = Progress::new(&line);
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let mut child = child
            .map_err(|error| Failure::new(format!("{} cannot be run: {error}", command.get_program().display())))?;
        let ended = wait(&mut child, limit, |elapsed| progress.tick(elapsed))
            .map_err(|error| Failure::new(format!("{what}: lost sight of the child: {error}")))?;
        progress.end();
        match ended {
            Some(status) if status.success() => {
                say(&format!("      done in {}", seconds(started.elapsed())));
                Ok(())
            }
            Some(status) => {
                let text = fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
                if !text.is_empty() {
                    say(&last_lines(&text));
                }
                Err(Failure::new(format!("{what}: failed ({status}); all it said is in {}", log.display())))
            }
            None => Err(Failure::new(format!("{what}: no end after {}; stopped", seconds(limit)))),
        }
    }

    /// One more step than was thought.
    pub(crate) fn one_more(&mut self) {
        self.total += 1;
    }

    fn next(&mut self) -> String {
        self.number += 1;
        self.total = self.total.max(self.number);
        format!("[{}/{}]", self.number, self.total)
    }

    fn output(&self, log: &PathBuf) -> Result<(File, File), Failure> {
        fs::create_dir_all(&self.logs).map_err(|error| Failure::io("cannot be made", &self.logs, &error))?;
        let file = File::create(log).map_err(|error| Failure::io("cannot be written", log, &error))?;
        let twin = file.try_clone().map_err(|error| Failure::io("cannot be written", log, &error))?;
        Ok((file, twin))
    }
}

/// Waits for a child; none where it was stopped because it took too long.
pub(crate) fn wait(
    child: &mut Child,
    limit: Duration,
    mut tick: impl FnMut(Duration),
) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let elapsed = started.elapsed();
        if elapsed > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        tick(elapsed);
        thread::sleep(POLL);
    }
}

/// The line of a step: drawn over itself on a terminal, said now and then elsewhere.
struct Progress<'a> {
    line: &'a str,
    terminal: bool,
    due: Duration,
}

impl<'a> Progress<'a> {
    fn new(line: &'a str) -> Self {
        let terminal = io::stderr().is_terminal();
        if terminal {
            let _ = write!(io::stderr(), "{line}");
        } else {
            say(line);
        }
        Progress { line, terminal, due: if terminal { ON_A_TERMINAL } else { ELSEWHERE } }
    }

    fn tick(&mut self, elapsed: Duration) {
        if elapsed < self.due {
            return;
        }
        if self.terminal {
            self.due = elapsed + ON_A_TERMINAL;
            let _ = write!(io::stderr(), "\r{} … {}", self.line, seconds(elapsed));
        } else {
            self.due = elapsed + ELSEWHERE;
            say(&format!("      … {}", seconds(elapsed)));
        }
    }

    fn end(&self) {
        if self.terminal {
            let _ = writeln!(io::stderr());
        }
    }
}

/// `41 s`, `3 min 20 s`.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

fn slug(what: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    what.chars().map(plain).collect()
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(SHOWN_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_child_that_does_not_end_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let mut steps = Steps::new(1, folder.path().to_owned());
        let started = Instant::now();
        let limit = Duration::from_millis(200);
        let failure = steps.within("Sleeping", limit, limit, Command::new("sleep").arg("600")).unwrap_err();
        assert!(failure.to_string().contains("no end after"), "{failure}");
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_fails_is_told_with_the_file_that_has_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let mut steps = Steps::new(1, folder.path().to_owned());
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let failure = steps.run("Going wrong", Duration::from_secs(1), &mut command).unwrap_err().to_string();
        assert!(failure.contains("Going wrong: failed") && failure.contains("going-wrong.log"), "{failure}");
        let log = fs::read_to_string(folder.path().join("going-wrong.log")).unwrap();
        assert_eq!(log, "out\nerr\n");
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!(seconds(Duration::from_millis(41_900)), "41 s");
        assert_eq!(seconds(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(seconds(Duration::from_secs(240)), "4 min");
    }

    #[test]
    fn of_a_long_output_the_end_is_shown() {
        let text: String = (0..100).map(|line| format!("{line}\n")).collect();
        assert!(last_lines(&text).starts_with("40\n") && last_lines(&text).ends_with("\n99"));
        assert_eq!(last_lines("a\nb"), "a\nb");
    }
}
