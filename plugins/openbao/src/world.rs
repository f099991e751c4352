//! What the source has of the world: the host's network, variables, sessions, files and clocks. A seam: the functions of the
//! SDK exist only inside a host.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harmony_config_sdk::{
    Expected, Failure, credential_file, environment, identity_token, log,
    session::{self, Kept},
};

use crate::{
    address::Address,
    http::{Answer, Fault, Outgoing},
};

pub(crate) trait World {
    type Turn;

    /// Sends them, several at once, and answers in their order. What is not done in the time has timed out.
    fn send(&self, to: &Address, requests: &[Outgoing<'_>], time: Duration) -> Vec<Result<Answer, Fault>>;

    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Result<Option<String>, Failure>;

    /// What is in the file that a setting names; none where it does not exist or is empty.
    fn credential_file(&self, setting: &[&str]) -> Result<Option<String>, Failure>;

    /// A JWT of the identity that a setting names, and which sign-in it is of. A person may be asked for it.
    fn identity_token(&self, setting: &[&str]) -> Result<(String, String), Failure>;

    /// Which sign-in there is at that identity; none where nobody is known to be signed in.
    fn current_identity(&self, setting: &[&str]) -> Result<Option<String>, Failure>;

    fn load(&self, name: &str) -> Result<Option<Kept>, Failure>;
    fn save(&self, name: &str, value: &str, expected: &Expected) -> Result<String, Failure>;
    fn remove(&self, name: &str, expected: &Expected) -> Result<(), Failure>;
    fn enter(&self, name: &str) -> Result<Self::Turn, Failure>;

    /// The wall clock, in seconds since 1970. It may jump.
    fn now(&self) -> u64;
    /// The time since some moment. It never goes back.
    fn clock(&self) -> Duration;
    fn rest(&self, time: Duration);
    /// Any number, another one each time.
    fn random(&self) -> u64;

    fn debug(&self, message: &str);
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

    #[cfg(target_arch = "wasm32")]
    fn send(&self, to: &Address, requests: &[Outgoing<'_>], time: Duration) -> Vec<Result<Answer, Fault>> {
        use harmony_config_plugin_shared::http::{Heads, send};
        send(requests.iter().map(|request| request.to(to)).collect(), Heads::WhereWrong, time)
    }

    // A native build is for its tests, which have a network of their own.
    #[cfg(not(target_arch = "wasm32"))]
    fn send(&self, _: &Address, requests: &[Outgoing<'_>], _: Duration) -> Vec<Result<Answer, Fault>> {
        requests.iter().map(|_| Err(Fault::Unreachable)).collect()
    }

    fn variable(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(environment::get(name)?.filter(|value| !value.is_empty()))
    }

    fn credential_file(&self, setting: &[&str]) -> Result<Option<String>, Failure> {
        Ok(credential_file::read(setting)?.filter(|text| !text.is_empty()))
    }

    fn identity_token(&self, setting: &[&str]) -> Result<(String, String), Failure> {
        identity_token::get(setting).map(|token| (token.value, token.sign_in))
    }

    fn current_identity(&self, setting: &[&str]) -> Result<Option<String>, Failure> {
        identity_token::current(setting)
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

    fn random(&self) -> u64 {
        use std::hash::BuildHasher;
        // Its keys are new each time.
        std::hash::RandomState::new().hash_one(0)
    }

    fn debug(&self, message: &str) {
        log::debug(message);
    }
}
