//! Entries in the keyring of the operating system, under a service that has the app and the namespace of the call in it.
//! How the system is asked is `crate::keyring`'s.
//!
//! Stops: a plugin that wants another app's or another project's entries, or the key that seals secrets (its service has
//! no `/` in it). Does not stop: other programs of the same user, which the keyring lets in.

use std::{
    collections::BTreeMap,
    fmt,
    hash::{BuildHasher as _, RandomState},
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use harmony_config_core::{Failure, FailureCode};
use zeroize::Zeroizing;

use crate::{
    keyring::{Keyring, KeyringFault},
    paths::private,
    policy::{Pass, Use},
};

/// What the Credential Manager of Windows keeps in one entry, in bytes.
const MOST_ON_WINDOWS: usize = 2560;

/// Which keyring the plugin `keyring` keeps its entries in.
#[derive(Clone, Debug, Default)]
pub enum Keyrings {
    /// That of the operating system.
    #[default]
    System,
    /// One in memory, for tests.
    Memory(Arc<MemoryKeyring>),
}

/// A keyring in memory. Nothing of it is shown by `Debug`.
#[derive(Default)]
pub struct MemoryKeyring(Mutex<Held>);

/// By service and name.
type Held = BTreeMap<(String, String), Zeroizing<Vec<u8>>>;

impl MemoryKeyring {
    /// Keeps an entry: its service is `harmony-config/{app}/{namespace}`, its name `KEY` or `KEY@INSTANCE`.
    pub fn insert(&self, service: &str, name: &str, secret: &[u8]) {
        let secret = Zeroizing::new(secret.to_vec());
        self.entries().insert((service.to_owned(), name.to_owned()), secret);
    }

    fn entries(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryKeyring").field("entries", &self.entries().len()).finish()
    }
}

impl Keyrings {
    async fn get(&self, service: &str, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringFault> {
        match self {
            Keyrings::System => Keyring::new(service).get(name).await,
            Keyrings::Memory(memory) => Ok(memory.entries().get(&(service.to_owned(), name.to_owned())).cloned()),
        }
    }

    async fn set(&self, service: &str, name: &str, secret: &[u8]) -> Result<(), KeyringFault> {
        match self {
            Keyrings::System => Keyring::new(service).set(name, secret).await,
            Keyrings::Memory(memory) => {
                memory.insert(service, name, secret);
                Ok(())
            }
        }
    }

    async fn delete(&self, service: &str, name: &str) -> Result<(), KeyringFault> {
        match self {
            Keyrings::System => Keyring::new(service).delete(name).await.map(|_| ()),
            Keyrings::Memory(memory) => {
                memory.entries().remove(&(service.to_owned(), name.to_owned()));
                Ok(())
            }
        }
    }
}

/// The entries of one source.
#[derive(Debug)]
pub(crate) struct Entries {
    keyrings: Keyrings,
    app: String,
    /// Whoever writes with a condition locks this file; without a home, only this process keeps its turns.
    lock: Option<PathBuf>,
    turn: tokio::sync::Mutex<()>,
}

/// What an entry holds.
pub(crate) struct Secret {
    pub(crate) value: Zeroizing<String>,
    pub(crate) version: String,
}

impl Entries {
    pub(crate) fn new(keyrings: Keyrings, app: &str, lock: Option<PathBuf>) -> Self {
        Entries { keyrings, app: app.to_owned(), lock, turn: tokio::sync::Mutex::default() }
    }

    /// What the entry that the pass names holds.
    pub(crate) async fn get(&self, pass: &Pass<'_>, namespace: &str) -> Result<Option<Secret>, Failure> {
        let name = name_of(pass)?;
        let service = self.service(namespace);
        let found = self.keyrings.get(&service, name).await.map_err(|fault| failure(&service, name, &fault))?;
        let Some(found) = found else { return Ok(None) };
        let value = std::str::from_utf8(&found).map_err(|_| {
            Failure::new(FailureCode::Invalid, format!("{} is not UTF-8", place(&service, name)))
                .with_remedy("remove the entry in the keyring's own window, and set the value anew")
        })?;
        let version = version_of(&found);
        Ok(Some(Secret { value: Zeroizing::new(value.to_owned()), version }))
    }

    /// Keeps a text, if the entry is what was expected.
    pub(crate) async fn set(
        &self,
        pass: &Pass<'_>,
        namespace: &str,
        value: &str,
        expected: Option<&str>,
        time_left: Duration,
    ) -> Result<String, Failure> {
        let name = name_of(pass)?;
        let service = self.service(namespace);
        fits(std::env::consts::OS, value.len(), &place(&service, name))?;
        let _turn = self.turn(time_left).await?;
        self.expect(&service, name, expected).await?;
        let written = self.keyrings.set(&service, name, value.as_bytes()).await;
        written.map_err(|fault| unsure(&fault, failure(&service, name, &fault)))?;
        Ok(version_of(value.as_bytes()))
    }

    /// Removes the entry, if it is what was expected.
    pub(crate) async fn delete(
        &self,
        pass: &Pass<'_>,
        namespace: &str,
        expected: Option<&str>,
        time_left: Duration,
    ) -> Result<(), Failure> {
        let name = name_of(pass)?;
        let service = self.service(namespace);
        let _turn = self.turn(time_left).await?;
        self.expect(&service, name, expected).await?;
        let removed = self.keyrings.delete(&service, name).await;
        removed.map_err(|fault| unsure(&fault, failure(&service, name, &fault)))
    }

    /// Whether the keyring could be asked at all, found out without writing.
    pub(crate) async fn can_write(&self, namespace: &str, name: &str) -> Result<(), Failure> {
        let service = self.service(namespace);
        self.keyrings.get(&service, name).await.map(|_| ()).map_err(|fault| failure(&service, name, &fault))
    }

    /// The place of an entry, for people.
    pub(crate) fn location(&self, namespace: &str, name: &str) -> String {
        place(&self.service(namespace), &crate::words::shown(name))
    }

    fn service(&self, namespace: &str) -> String {
        format!("harmony-config/{}/{namespace}", self.app)
    }

    async fn expect(&self, service: &str, name: &str, expected: Option<&str>) -> Result<(), Failure> {
        let Some(expected) = expected else { return Ok(()) };
        let there = self.keyrings.get(service, name).await.map_err(|fault| failure(service, name, &fault))?;
        let holds = match there {
            Some(there) => version_of(&there) == expected,
            None => expected.is_empty(),
        };
        match holds {
            true => Ok(()),
            false => Err(Failure::new(
                FailureCode::Conflict,
                format!("{} is not what it was when it was read", place(service, name)),
            )
            .with_remedy("read it again, and repeat the change if it is still wanted")),
        }
    }

    /// A turn to compare and write, among the tasks of this process and the processes of this person.
    async fn turn(&self, time_left: Duration) -> Result<Turn<'_>, Failure> {
        let until = Instant::now() + time_left * 3 / 4;
        let busy = || {
            Failure::new(FailureCode::Unavailable, "another program keeps the turn to write into the keyring")
                .with_remedy("try again")
        };
        let own = tokio::time::timeout_at(until.into(), self.turn.lock()).await.map_err(|_| busy())?;
        let Some(path) = &self.lock else { return Ok(Turn { _own: own, _file: None }) };
        let unusable = |error: std::io::Error| {
            let message = format!("the lock {} cannot be taken: {error}", path.display());
            Failure::new(FailureCode::Unavailable, message).with_remedy("see that you may write there")
        };
        if let Some(folder) = path.parent() {
            private::make_folder(folder).map_err(unusable)?;
        }
        let file = private::open_to_lock(path).map_err(unusable)?;
        match private::lock_until(&file, until).await.map_err(unusable)? {
            true => Ok(Turn { _own: own, _file: Some(file) }),
            false => Err(busy()),
        }
    }
}

/// Ends when it is dropped.
struct Turn<'a> {
    _own: tokio::sync::MutexGuard<'a, ()>,
    _file: Option<std::fs::File>,
}

fn name_of<'a>(pass: &Pass<'a>) -> Result<&'a str, Failure> {
    match pass.what() {
        Use::Keyring(name) => Ok(name),
        _ => Err(Failure::new(FailureCode::Denied, "this leave is not for the keyring")),
    }
}

/// Tells a change from no change. The key is this process's own: from a version that everybody could reckon, a short secret
/// could be found by trying.
fn version_of(secret: &[u8]) -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    format!("{:016x}", KEY.hash_one(secret))
}

/// Whether a text of so many bytes goes into one entry.
fn fits(os: &str, bytes: usize, place: &str) -> Result<(), Failure> {
    if os != "windows" || bytes <= MOST_ON_WINDOWS {
        return Ok(());
    }
    let message =
        format!("a value of {bytes} bytes does not go into {place}: the most on Windows is {MOST_ON_WINDOWS}");
    Err(Failure::new(FailureCode::Invalid, message).with_remedy("keep it in another source, for example `sqlite`"))
}

fn place(service: &str, name: &str) -> String {
    format!("the keyring entry `{name}` of `{service}`")
}

fn failure(service: &str, name: &str, fault: &KeyringFault) -> Failure {
    let code = match fault {
        KeyringFault::Denied(_) => FailureCode::Denied,
        _ => FailureCode::Unavailable,
    };
    Failure::new(code, format!("{}: {}", place(service, name), crate::words::shown(&fault.to_string())))
        .with_remedy(fault.remedy())
}

/// One that did not answer in time may do it yet.
fn unsure(fault: &KeyringFault, failure: Failure) -> Failure {
    match fault {
        KeyringFault::Slow => failure.with_unknown_outcome(),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use harmony_config_core::Interaction;

    use super::*;
    use crate::policy::{Grants, Phase, Policy};

    const SECOND: Duration = Duration::from_secs(1);

    fn entries(memory: &Arc<MemoryKeyring>, app: &str) -> Entries {
        Entries::new(Keyrings::Memory(Arc::clone(memory)), app, None)
    }

    fn policy() -> Policy {
        Policy::new(Grants { keyring: true, ..Grants::default() })
    }

    macro_rules! pass {
        ($policy:expr, $name:expr) => {
            &$policy.decide(Phase::Call(Interaction::Forbidden), Use::Keyring($name)).unwrap()
        };
    }

    #[tokio::test]
    async fn an_entry_is_of_one_app_and_one_namespace() {
        let (memory, policy) = (Arc::default(), policy());
        let own = entries(&memory, "harmony");
        own.set(pass!(policy, "App"), "mine", "1", None, SECOND).await.unwrap();
        assert_eq!(own.get(pass!(policy, "App"), "mine").await.unwrap().unwrap().value.as_str(), "1");
        for (entries, namespace, name) in
            [(&own, "theirs", "App"), (&own, "mine", "App@i"), (&entries(&memory, "other"), "mine", "App")]
        {
            assert!(entries.get(pass!(policy, name), namespace).await.unwrap().is_none(), "{namespace} {name}");
        }
        assert!(!format!("{memory:?}").contains("App"));
        assert_eq!(own.location("mine", "App"), "the keyring entry `App` of `harmony-config/harmony/mine`");
    }

    #[tokio::test]
    async fn a_condition_that_does_not_hold_writes_nothing() {
        let (memory, policy) = (Arc::default(), policy());
        let own = entries(&memory, "harmony");
        let set = async |value: &str, expected: Option<&str>| {
            own.set(pass!(policy, "App"), "n", value, expected, SECOND).await.map_err(|failure| failure.code)
        };
        assert_eq!(set("1", Some("x")).await, Err(FailureCode::Conflict));
        let first = set("1", Some("")).await.unwrap();
        assert_eq!(set("2", Some("")).await, Err(FailureCode::Conflict));
        let second = set("2", Some(&first)).await.unwrap();
        assert_eq!(set("3", Some(&first)).await, Err(FailureCode::Conflict));
        let found = own.get(pass!(policy, "App"), "n").await.unwrap().unwrap();
        assert_eq!((found.value.as_str(), &found.version), ("2", &second));
        let delete = async |expected: Option<&str>| {
            own.delete(pass!(policy, "App"), "n", expected, SECOND).await.map_err(|failure| failure.code)
        };
        assert_eq!(delete(Some(&first)).await, Err(FailureCode::Conflict));
        delete(Some(&second)).await.unwrap();
        assert_eq!(delete(Some(&second)).await, Err(FailureCode::Conflict));
        delete(None).await.unwrap();
    }

    #[test]
    fn a_value_that_is_too_long_for_windows_is_refused_there_alone() {
        fits("windows", 2560, "x").unwrap();
        fits("linux", 1 << 20, "x").unwrap();
        let failure = fits("windows", 2561, "the keyring entry `App`").unwrap_err();
        assert_eq!(failure.code, FailureCode::Invalid);
        assert!(failure.message.contains("2561 bytes") && failure.message.contains("`App`"), "{failure}");
    }

    #[test]
    fn faults_of_the_keyring_are_told_apart() {
        for (fault, code) in [
            (KeyringFault::Missing("no bus".to_owned()), FailureCode::Unavailable),
            (KeyringFault::Locked, FailureCode::Unavailable),
            (KeyringFault::Slow, FailureCode::Unavailable),
            (KeyringFault::Denied("no".to_owned()), FailureCode::Denied),
        ] {
            let failure = unsure(&fault, failure("harmony-config/a/n", "App", &fault));
            assert_eq!(failure.code, code);
            assert!(failure.message.contains("`App`") && failure.remedy.is_some(), "{failure}");
            assert_eq!(failure.outcome_unknown, fault == KeyringFault::Slow);
        }
    }

    #[tokio::test]
    async fn an_entry_that_is_no_text_is_invalid() {
        let (memory, policy): (Arc<MemoryKeyring>, _) = (Arc::default(), policy());
        memory.insert("harmony-config/harmony/n", "App", b"\xff");
        let read = entries(&memory, "harmony").get(pass!(policy, "App"), "n").await;
        assert_eq!(read.map(|_| ()).unwrap_err().code, FailureCode::Invalid);
    }
}
