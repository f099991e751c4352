//! A program that a test starts, says a line and waits for the end of its input: so it also ends when the test is killed.

use std::{
    fmt::{self, Debug, Formatter},
    fs::{self, File},
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::error::{Error, Result};

pub(super) struct Process {
    name: String,
    child: Child,
    lines: Mutex<Receiver<String>>,
    /// With what it says when something is wrong.
    folder: TempDir,
}

impl Process {
    pub(super) fn start(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let failed = |error| Error::while_doing(&format!("{name} cannot be started"), error);
        let folder = TempDir::new().map_err(failed)?;
        let errors = File::create(folder.path().join("errors")).map_err(failed)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().map_err(failed)?;
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            // Read to its end, so that it never has to wait for who reads.
            let read = move || {
                BufReader::new(output).lines().map_while(|line| line.ok()).for_each(|line| drop(sender.send(line)))
            };
            thread::Builder::new().name("output of a peer".to_owned()).spawn(read).map_err(failed)?;
        }
        Ok(Self { name, child, lines: Mutex::new(lines), folder })
    }

    /// The next line that it prints.
    pub(super) fn line(&self, patience: Duration) -> Result<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.recv_timeout(patience).map_err(|error| {
            let what = match error {
                RecvTimeoutError::Timeout => format!("said nothing for {} s", patience.as_secs()),
                RecvTimeoutError::Disconnected => "ended at once".to_owned(),
            };
            let said = fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
            Error::new(format!("{} {what}\n{}", self.name, said.trim_end()))
        })
    }

    /// Lets it end by itself: closes its input, and waits.
    pub(super) fn end(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }

    pub(super) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Debug for Process {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
