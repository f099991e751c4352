//! A person at a terminal: what stands on the screen, and which keys are pressed. The screen is what a terminal makes of
//! the bytes; every wait has an end.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rexpect::session::{Options, PtySession, spawn_with_options};

use crate::world::{LIMIT, PROGRAM, World};

/// Says how the program ended and whether the terminal is as it was. Its words are looked for on the screen.
const WRAPPER: &str = r#"
stty sane rows "$1" cols "$2"; shift 2
# What interrupts the program does not end the one that tells how it ended.
trap : INT
before=$(stty -g)
# Tests that were started in the background ignore interrupts, and the program would inherit that.
env --default-signal=INT true 2> /dev/null && heeding='env --default-signal=INT'
$heeding sh -c 'echo $$ > "$0"; exec "$@"' "$@"
code=$?
after=$(stty -g)
[ "$before" = "$after" ] && state=same || state=spoilt
stty sane
echo "[end $code $state]"
"#;

/// A terminal with a program in it.
pub(crate) struct Terminal {
    session: PtySession,
    screen: vt100::Parser,
    /// All that was sent to the terminal.
    pub(crate) sent: Vec<u8>,
    pid_file: PathBuf,
}

/// How a program in a terminal ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    /// Whether the terminal's settings are what they were before.
    pub(crate) terminal_is_as_before: bool,
}

impl World {
    /// The program in a terminal of 80 columns, and rows enough that nothing scrolls away.
    pub(crate) fn sit_down(&self, steps: &[&str]) -> Terminal {
        self.sit_down_at(60, 80, steps)
    }

    /// The same in a window of this size.
    pub(crate) fn sit_down_at(&self, rows: u16, columns: u16, steps: &[&str]) -> Terminal {
        self.terminal(rows, columns, Path::new(PROGRAM), steps)
    }

    /// Another program in a terminal.
    pub(crate) fn terminal(&self, rows: u16, columns: u16, program: &Path, arguments: &[&str]) -> Terminal {
        let pid_file = self.path(&format!("pid-{:?}", thread::current().id()));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WRAPPER, "sh"]).args([rows.to_string(), columns.to_string()]);
        command.arg(&pid_file).arg(program).args(arguments).env_clear().current_dir(self.project());
        command.envs(self.variables().iter().map(|(name, value)| (name, value)));
        let session = spawn_with_options(command, Options::new().timeout_ms(Some(30_000))).unwrap();
        let size = |cells| NonZero::new(cells).unwrap();
        let screen = vt100::Parser::new(size(rows), size(columns), 1000);
        Terminal { session, screen, sent: Vec::new(), pid_file }
    }
}

impl Terminal {
    fn read(&mut self) -> bool {
        let mut any = false;
        while let Some(byte) = self.session.try_read() {
            // The library hands out bytes as characters.
            let byte = u8::try_from(u32::from(byte)).unwrap();
            self.sent.push(byte);
            self.screen.process(&[byte]);
            any = true;
        }
        any
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// The rows of the screen that have something in them.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.text().lines().map(|row| row.trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
    }

    /// The row of the cursor.
    pub(crate) fn row_of_cursor(&self) -> String {
        let (row, _) = self.screen.screen().cursor_position();
        let (_, columns) = self.screen.screen().size();
        self.screen.screen().rows(0, columns.get()).nth(row.into()).unwrap_or_default().trim_end().to_owned()
    }

    /// Waits until the screen is so.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, so: impl Fn(&Terminal) -> bool) -> &mut Self {
        let began = Instant::now();
        loop {
            self.read();
            if so(self) {
                return self;
            }
            assert!(began.elapsed() < LIMIT, "{what} does not come; the screen:\n{}", self.text());
            assert!(
                !self.text().contains("[end "),
                "{what} does not come before the end; the screen:\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for these words.
    #[track_caller]
    pub(crate) fn see(&mut self, words: &str) -> &mut Self {
        self.until(&format!("`{words}`"), |terminal| terminal.text().contains(words))
    }

    /// Waits for the question of this name.
    #[track_caller]
    pub(crate) fn asked(&mut self, name: &str) -> &mut Self {
        let begins = format!("? {name}");
        self.until(&format!("the question `{name}`"), |terminal| {
            terminal.text().lines().any(|row| {
                row.strip_prefix(&begins).is_some_and(|rest| rest.trim_start().is_empty() || rest.starts_with(' '))
            })
        })
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
        self
    }

    /// Waits for a question, types the answer, and presses Enter.
    #[track_caller]
    pub(crate) fn answer(&mut self, name: &str, answer: &str) -> &mut Self {
        self.asked(name).press(&format!("{answer}\r"))
    }

    /// Answers these questions, in whatever order they come.
    #[track_caller]
    pub(crate) fn fill(&mut self, answers: &[(&str, &str)]) -> &mut Self {
        let mut left = answers.to_vec();
        while !left.is_empty() {
            let open = |terminal: &Terminal, left: &[(&str, &str)]| {
                let name = terminal.open_question()?;
                left.iter().position(|(known, _)| *known == name)
            };
            self.until(&format!("one of the questions {left:?}"), |terminal| open(terminal, &left).is_some());
            if let Some(at) = open(self, &left) {
                let (name, answer) = left.remove(at);
                self.press(&format!("{answer}\r"));
                self.until(&format!("the end of the question `{name}`"), |terminal| {
                    terminal.open_question().as_deref() != Some(name)
                });
            }
        }
        self
    }

    /// The name of the question that is open.
    fn open_question(&self) -> Option<String> {
        let text = self.text();
        let row = text.lines().find_map(|row| row.strip_prefix("? "))?;
        Some(row.split_once(" =").map_or(row, |(name, _)| name).trim().to_owned())
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Ended {
        let began = Instant::now();
        loop {
            self.read();
            let ended = self.rows().iter().rev().find_map(|row| ended(row));
            if let Some(ended) = ended {
                return ended;
            }
            assert!(began.elapsed() < LIMIT, "it does not end; the screen:\n{}", self.text());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end, which has to be a good one.
    #[track_caller]
    pub(crate) fn ends_well(&mut self) -> &mut Self {
        let ended = self.end();
        assert_eq!(ended, Ended { code: 0, terminal_is_as_before: true }, "{}", self.text());
        self
    }

    /// Whether the person was shown a question.
    pub(crate) fn was_asked(&self) -> bool {
        String::from_utf8_lossy(&self.sent).contains("asked by ")
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        fs::read_to_string(&self.pid_file).unwrap().trim().parse().unwrap()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.pid().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Waits a while, and reads what comes.
    pub(crate) fn pause(&mut self, time: Duration) -> &mut Self {
        let began = Instant::now();
        while began.elapsed() < time {
            self.read();
            thread::sleep(Duration::from_millis(5));
        }
        self
    }
}

fn ended(row: &str) -> Option<Ended> {
    let (_, words) = row.split_once("[end ")?;
    let (code, state) = words.trim_end_matches(']').split_once(' ')?;
    Some(Ended { code: code.parse().ok()?, terminal_is_as_before: state == "same" })
}
