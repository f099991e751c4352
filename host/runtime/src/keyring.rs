//! The keyring of the operating system: named entries that the desktop's login unlocks. Asked on a thread of its own and
//! with a bound in time, because it may put up a window, and because a bus may be there that nobody answers on. What the
//! entries are for is not known here.

use std::{
    ffi::OsStr,
    fmt,
    path::Path,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// How long it may take. One that answers at all does so in a few milliseconds; one that waits for a person answers the
/// next time.
const PATIENCE: Duration = Duration::from_secs(3);

/// The entries of one service in the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keyring {
    service: String,
}

/// Why the keyring did not do what it was asked. That an entry is not there is no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyringFault {
    /// This session has no keyring: no bus, or nobody on it who keeps one.
    Missing(String),
    /// It is there, and locked; whoever could unlock it did not.
    Locked,
    /// It refused.
    Denied(String),
    /// It did not answer in time. It may be waiting for a person.
    Slow,
    /// Anything else.
    Broken(String),
}

impl fmt::Display for KeyringFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyringFault::Missing(why) => write!(f, "there is no keyring in this session: {why}"),
            KeyringFault::Locked => f.write_str("the keyring is locked"),
            KeyringFault::Denied(why) => write!(f, "the keyring refused: {why}"),
            KeyringFault::Slow => write!(f, "the keyring did not answer within {} s", PATIENCE.as_secs()),
            KeyringFault::Broken(why) => write!(f, "the keyring cannot be used: {why}"),
        }
    }
}

impl KeyringFault {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            KeyringFault::Missing(_) => "run it in the desktop session whose login unlocks the keyring",
            KeyringFault::Locked => "unlock the keyring (log in to the desktop, or open its window), and try again",
            KeyringFault::Slow => "see whether a window asks for the keyring's password, and try again",
            KeyringFault::Denied(_) | KeyringFault::Broken(_) => {
                "see that the keyring of this session works, and try again"
            }
        }
    }
}

impl Keyring {
    /// The entries of this service: what a person sees in the keyring's own window.
    pub(crate) fn new(service: &str) -> Self {
        Keyring { service: service.to_owned() }
    }

    /// The entry of this name; none where there is none.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringFault> {
        match self.ask(name, Deed::Get).await? {
            Answer::Found(secret) => Ok(Some(secret)),
            Answer::Absent | Answer::Done => Ok(None),
        }
    }

    /// Keeps an entry, over one of the same name.
    pub(crate) async fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringFault> {
        self.ask(name, Deed::Set(Zeroizing::new(secret.to_vec()))).await.map(|_| ())
    }

    /// Removes an entry, and says whether there was one.
    pub(crate) async fn delete(&self, name: &str) -> Result<bool, KeyringFault> {
        Ok(!matches!(self.ask(name, Deed::Delete).await?, Answer::Absent))
    }

    async fn ask(&self, name: &str, deed: Deed) -> Result<Answer, KeyringFault> {
        let variable = |name| std::env::var_os(name);
        let (bus, runtime) = (variable("DBUS_SESSION_BUS_ADDRESS"), variable("XDG_RUNTIME_DIR"));
        reachable(std::env::consts::OS, bus.as_deref(), runtime.as_deref(), Path::exists)
            .map_err(|why| KeyringFault::Missing(why.to_owned()))?;
        let (reply, answer) = oneshot::channel();
        post(Job { service: self.service.clone(), name: name.to_owned(), deed, reply })?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(KeyringFault::Broken("the one who asks it is gone".to_owned())),
            Err(_) => Err(KeyringFault::Slow),
        }
    }
}

/// Whether asking can lead anywhere; else why not. Where no address of a bus is given, the library would go by the user's
/// number, and so into a session that is not this one; an address that starts a bus would start one.
fn reachable(
    os: &str,
    bus: Option<&OsStr>,
    runtime: Option<&OsStr>,
    exists: impl Fn(&Path) -> bool,
) -> Result<(), &'static str> {
    if matches!(os, "macos" | "windows") {
        return Ok(());
    }
    match bus.map(|bus| bus.to_string_lossy()) {
        Some(bus) if bus.is_empty() || bus.starts_with("disabled:") => {
            Err("DBUS_SESSION_BUS_ADDRESS says that there is no bus")
        }
        Some(bus) if bus.starts_with("autolaunch:") => Err("DBUS_SESSION_BUS_ADDRESS would start a bus"),
        Some(_) => Ok(()),
        None => match runtime {
            Some(folder) if exists(&Path::new(folder).join("bus")) => Ok(()),
            Some(_) => Err("XDG_RUNTIME_DIR has no bus in it"),
            None => Err("neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set"),
        },
    }
}

enum Deed {
    Get,
    Set(Zeroizing<Vec<u8>>),
    Delete,
}

enum Answer {
    Found(Zeroizing<Vec<u8>>),
    Absent,
    Done,
}

struct Job {
    service: String,
    name: String,
    deed: Deed,
    reply: oneshot::Sender<Result<Answer, KeyringFault>>,
}

/// Hands a job to the one thread that talks with the keyring: one that hangs there holds up this thread and nobody's
/// runtime, and no second one is made to hang beside it.
fn post(job: Job) -> Result<(), KeyringFault> {
    static JOBS: Mutex<Option<Sender<Job>>> = Mutex::new(None);
    let mut jobs = JOBS.lock().unwrap_or_else(PoisonError::into_inner);
    let job = match jobs.as_ref() {
        Some(thread) => match thread.send(job) {
            Ok(()) => return Ok(()),
            // It ended, which it does by a panic of the library alone.
            Err(unsent) => unsent.0,
        },
        None => job,
    };
    let thread = start()?;
    let sent = thread.send(job).map_err(|_| KeyringFault::Broken("its thread ended".to_owned()));
    *jobs = Some(thread);
    sent
}

fn start() -> Result<Sender<Job>, KeyringFault> {
    let (sender, jobs): (Sender<Job>, Receiver<Job>) = channel();
    let work = move || {
        for job in jobs {
            // Nobody waits any more: a key that came too late is not to be written after all.
            if !job.reply.is_closed() {
                let answer = perform(&job);
                let _ = job.reply.send(answer);
            }
        }
    };
    match thread::Builder::new().name("harmony-config-keyring".to_owned()).spawn(work) {
        Ok(_) => Ok(sender),
        Err(error) => Err(KeyringFault::Broken(format!("no thread could be started: {error}"))),
    }
}

fn perform(job: &Job) -> Result<Answer, KeyringFault> {
    if let Err(error) = ::keyring::Entry::store_status() {
        return Err(KeyringFault::Missing(words(error)));
    }
    let entry = ::keyring::Entry::new(&job.service, &job.name).map_err(|error| fault(&error))?;
    let done = match &job.deed {
        Deed::Get => entry.get_secret().map(|secret| Answer::Found(Zeroizing::new(secret))),
        Deed::Set(secret) => entry.set_secret(secret).map(|()| Answer::Done),
        Deed::Delete => entry.delete_credential().map(|()| Answer::Done),
    };
    match done {
        Err(::keyring::Error::NoEntry) => Ok(Answer::Absent),
        done => done.map_err(|error| fault(&error)),
    }
}

fn fault(error: &::keyring::Error) -> KeyringFault {
    use ::keyring::Error;
    match error {
        Error::NoDefaultStore => KeyringFault::Missing("none was found".to_owned()),
        Error::NoStorageAccess(_) => KeyringFault::Locked,
        Error::PlatformFailure(error) if error.to_string().contains("AccessDenied") => {
            KeyringFault::Denied(error.to_string())
        }
        error => KeyringFault::Broken(words(error)),
    }
}

/// The library's words, unless they could have a secret in them.
fn words(error: &::keyring::Error) -> String {
    use ::keyring::Error;
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it holds cannot be read".to_owned(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(bus: Option<&str>, runtime: Option<&str>, with_socket: bool) -> bool {
        let exists = |path: &Path| with_socket && path == Path::new("/run/me/bus");
        reachable("linux", bus.map(OsStr::new), runtime.map(OsStr::new), exists).is_ok()
    }

    #[test]
    fn a_bus_is_asked_only_where_this_session_names_one() {
        assert!(asked(Some("unix:path=/tmp/bus"), None, false));
        assert!(asked(None, Some("/run/me"), true));
        assert!(!asked(None, Some("/run/me"), false));
        assert!(!asked(None, None, true), "the bus of the user's number is another session's");
    }

    #[test]
    fn no_bus_is_started_for_a_key() {
        for address in ["", "disabled:", "autolaunch:", "autolaunch:scope=*x*"] {
            assert!(!asked(Some(address), Some("/run/me"), true), "{address}");
        }
    }

    #[test]
    fn where_the_system_has_the_keyring_no_bus_is_needed() {
        for os in ["macos", "windows"] {
            assert!(reachable(os, None, None, |_| false).is_ok());
        }
    }
}
