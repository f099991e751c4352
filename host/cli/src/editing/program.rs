//! The person's editor: which it is, and running it to its end. A signal that would end this program waits until the editor
//! is gone: what it edits is removed first.

use std::{
    env, io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use harmony_config_host::terminal::HeldSignals;

use crate::Failed;

/// How long the end of the editor, and a signal, may go unseen.
const TICK: Duration = Duration::from_millis(10);

/// How long an editor that was told to end may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The editor, as words of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Editor(Vec<String>);

/// How an editor ended.
pub(crate) enum Ended {
    /// The person saved, or did not.
    Well,
    /// It failed, or was ended: in words.
    Badly(String),
    /// This program is to end. The signals have their effect when they are let go.
    Signal(HeldSignals),
}

impl Editor {
    /// The one that the person named.
    pub(crate) fn of_person() -> Result<Self, Failed> {
        let named = |name: &str| env::var(name).ok();
        Editor::of(named("VISUAL"), named("EDITOR"))
    }

    fn of(visual: Option<String>, editor: Option<String>) -> Result<Self, Failed> {
        let named = [("VISUAL", visual), ("EDITOR", editor)];
        let named = named.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let Some((name, text)) = named.into_iter().find(|(_, text)| !text.trim().is_empty()) else {
            return Err(Failed::usage("no editor is named").with_remedy(
                "say which one to use, for example: export EDITOR=nano (or VISUAL, which goes before it)",
            ));
        };
        match shell_words::split(&text) {
            Ok(words) => Ok(Editor(words)),
            Err(_) => Err(Failed::usage(format!("the variable {name} is no command: a quotation mark has no end"))
                .with_remedy(format!("write it as in a shell, for example: export {name}='code --wait'"))),
        }
    }

    /// What a person calls it.
    pub(crate) fn name(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Opens a file in it, and waits for its end.
    pub(crate) fn run(&self, file: &Path) -> Result<Ended, Failed> {
        let held = HeldSignals::hold();
        let mut command = Command::new(self.name());
        command.args(self.0.iter().skip(1)).arg(file).stdout(screen());
        let mut child = command.spawn().map_err(|error| self.unusable(&error))?;
        let mut told: Option<Instant> = None;
        loop {
            if let Some(status) = child.try_wait().map_err(|error| self.unusable(&error))? {
                return Ok(match held.received() {
                    // An interrupt is the editor's, which had it from the terminal as well, unless it ended by it.
                    Some(signal) if told.is_some() || ended_by(status) == Some(signal) => Ended::Signal(held),
                    _ if status.success() => Ended::Well,
                    _ => Ended::Badly(format!("the editor `{}` ended {}", self.name(), how(status))),
                });
            }
            match told {
                None if held.received().is_some_and(is_an_order) => {
                    tell(&mut child);
                    told = Some(Instant::now());
                }
                Some(since) if since.elapsed() > PATIENCE => drop(child.kill()),
                _ => {}
            }
            thread::sleep(TICK);
        }
    }

    fn unusable(&self, error: &io::Error) -> Failed {
        Failed::usage(format!("the editor `{}` cannot be used: {error}", self.name()))
            .with_remedy("name another in the variable EDITOR, for example: export EDITOR=nano")
    }
}

/// Where the editor draws: standard output belongs to the answer, and may be a pipe.
fn screen() -> Stdio {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        io::stderr().as_fd().try_clone_to_owned().map_or_else(|_| Stdio::inherit(), Stdio::from)
    }
    #[cfg(not(unix))]
    Stdio::inherit()
}

/// Whether a signal means that this program is to end, and not only what runs in the terminal.
fn is_an_order(signal: i32) -> bool {
    #[cfg(unix)]
    let order = [rustix::process::Signal::HUP, rustix::process::Signal::TERM].iter().any(|one| one.as_raw() == signal);
    #[cfg(not(unix))]
    let order = {
        let _ = signal;
        false
    };
    order
}

/// Tells the editor to end.
fn tell(child: &mut Child) {
    #[cfg(unix)]
    if let Some(process) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
        && rustix::process::kill_process(process, rustix::process::Signal::TERM).is_ok()
    {
        return;
    }
    let _ = child.kill();
}

/// The signal that ended it.
fn ended_by(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = {
        let _ = status;
        None
    };
    signal
}

fn how(status: ExitStatus) -> String {
    match (status.code(), ended_by(status)) {
        (Some(code), _) => format!("with exit code {code}"),
        (None, Some(signal)) => format!("by signal {signal}"),
        (None, None) => "badly".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(visual: Option<&str>, editor: Option<&str>) -> Result<Vec<String>, Failed> {
        Editor::of(visual.map(str::to_owned), editor.map(str::to_owned)).map(|editor| editor.0)
    }

    #[test]
    fn visual_goes_before_editor_and_both_are_read_as_a_shell_reads_them() {
        assert_eq!(words(Some("code --wait"), Some("vi")).unwrap(), ["code", "--wait"]);
        assert_eq!(words(Some(" "), Some("'/my editor' -x")).unwrap(), ["/my editor", "-x"]);
    }

    #[test]
    fn without_an_editor_a_person_reads_how_to_name_one() {
        for failed in [words(None, Some("")).unwrap_err(), words(None, Some("'vi")).unwrap_err()] {
            assert!(failed.exit_code == 2 && failed.remedy.unwrap().contains("export EDITOR="));
        }
    }
}
