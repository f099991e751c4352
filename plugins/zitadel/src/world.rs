//! What the plugin has of the world: the host's network, variables, sessions, files, clocks, and the person. A seam: the
//! functions of the SDK exist only inside a host.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harmony_config_plugin_shared::http::{Answer, Fault, Outgoing};
use harmony_config_sdk::{
    Expected, Failure,
    attention::{self, Page},
    credential_file, environment, log,
    session::{self, Kept},
};

pub(crate) trait World {
    type Turn;
    type Notice: Notice;

    /// Sends it. What is not done in the time has timed out.
    fn send(&self, request: Outgoing<'_>, time: Duration) -> Result<Answer, Fault>;

    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Result<Option<String>, Failure>;

    /// What is in the file that a setting names; none where it does not exist or is empty.
    fn credential_file(&self, setting: &[&str]) -> Result<Option<String>, Failure>;

    /// Shows a page to a person.
    fn show(&self, page: &Page) -> Result<Self::Notice, Failure>;

    fn load(&self, name: &str) -> Result<Option<Kept>, Failure>;
    fn save(&self, name: &str, value: &str, expected: &Expected) -> Result<String, Failure>;
    fn remove(&self, name: &str, expected: &Expected) -> Result<(), Failure>;
    fn enter(&self, name: &str) -> Result<Self::Turn, Failure>;

    /// The wall clock, in seconds since 1970. It may jump.
    fn now(&self) -> u64;
    /// The time since some moment. It never goes back.
    fn clock(&self) -> Duration;
    fn rest(&self, time: Duration);

    fn debug(&self, message: &str);
}

/// What a person is being shown.
pub(crate) trait Notice {
    /// Waits, unless the person says no.
    fn wait(&self, time: Duration) -> Result<(), Failure>;
    /// Says how it goes; an empty text takes the line away.
    fn say(&self, text: &str);
}

impl Notice for attention::Notice {
    fn wait(&self, time: Duration) -> Result<(), Failure> {
        attention::Notice::wait(self, u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    fn say(&self, text: &str) {
        attention::Notice::say(self, text);
    }
}

/// The host's.
pub(crate) struct Host {
    begun: Instant,
}

impl Host {
    pub(crate) fn new() -> Self {
        Host { begun: Instant::now() }
    }
}

impl World for Host {
    type Turn = session::Turn;
    type Notice = attention::Notice;

    #[cfg(target_arch = "wasm32")]
    fn send(&self, request: Outgoing<'_>, time: Duration) -> Result<Answer, Fault> {
        use harmony_config_plugin_shared::http::{Heads, send};
        send(vec![request], Heads::Always, time).pop().unwrap_or(Err(Fault::Lost))
    }

    // A native build is for its tests, which have a network of their own.
    #[cfg(not(target_arch = "wasm32"))]
    fn send(&self, _: Outgoing<'_>, _: Duration) -> Result<Answer, Fault> {
        Err(Fault::Unreachable)
    }

    fn variable(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(environment::get(name)?.filter(|value| !value.is_empty()))
    }

    fn credential_file(&self, setting: &[&str]) -> Result<Option<String>, Failure> {
        Ok(credential_file::read(setting)?.filter(|text| !text.is_empty()))
    }

    fn show(&self, page: &Page) -> Result<attention::Notice, Failure> {
        attention::show(page)
    }

    fn load(&self, name: &str) -> Result<Option<Kept>, Failure> {
        session::load(name)
    }

    fn save(&self, name: &str, value: &str, expected: &Expected) -> Result<String, Failure> {
        session::save(name, value, expected)
    }

    fn remove(&self, name: &str, expected: &Expected) -> Result<(), Failure> {
        session::remove(name, expected)
    }

    fn enter(&self, name: &str) -> Result<session::Turn, Failure> {
        session::enter(name)
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn clock(&self) -> Duration {
        self.begun.elapsed()
    }

    fn rest(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn debug(&self, message: &str) {
        log::debug(message);
    }
}
