//! One call of the host: the server that is meant, the time that is left, and requests that are made again where that is safe.

use std::{
    cell::{Cell, OnceCell},
    time::Duration,
};

use harmony_config_sdk::Failure;

use crate::{
    Store,
    address::Address,
    http::{Answer, Fault, Outgoing, Says as _},
    mount::Facts,
    world::World,
};

/// Where the host does not say how long a call may take.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

const DEFAULT_MOUNT: &str = "secret";

/// How often a request is made again.
const REPEATS: u32 = 2;

/// How long it is waited before the first time, about; twice as long before each other.
const FIRST_REST: Duration = Duration::from_millis(100);

/// One call.
pub(crate) struct Call<'a, W: World> {
    pub(crate) store: &'a Store<W>,
    pub(crate) world: &'a W,
    pub(crate) address: &'a Address,
    /// The mount of the values.
    pub(crate) mount: String,
    /// OpenBao's own.
    pub(crate) namespace: Option<String>,
    /// What lies at the mount, or why that cannot be known: however many keys are absent, it is asked once.
    pub(crate) facts: OnceCell<Result<Facts, Failure>>,
    /// When it began, without the time that was spent at an identity: a person may have been asked there, which no
    /// deadline counts.
    began: Cell<Duration>,
}

/// Which requests are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or what it changes may be changed twice.
    Safe,
    /// Only what has certainly not happened.
    NotHappened,
    Never,
}

impl Repeat {
    fn is_worth(self, result: &Result<Answer, Fault>) -> bool {
        match (self, result) {
            (Repeat::Never, _) => false,
            (_, Err(Fault::Unreachable)) => true,
            (Repeat::Safe, Err(Fault::Lost)) => true,
            // Nobody unseals it in the time that a call has.
            (_, Ok(answer)) if answer.is_sealed() => false,
            (_, Ok(Answer { status: 429 | 503, .. })) => true,
            (Repeat::Safe, Ok(Answer { status: 500 | 502 | 504, .. })) => true,
            _ => false,
        }
    }
}

impl<'a, W: World> Call<'a, W> {
    pub(crate) fn begin(store: &'a Store<W>) -> Result<Self, Failure> {
        let world = &store.world;
        let address = store.settings.address.as_ref().ok_or_else(|| {
            Failure::unavailable("nobody said where OpenBao is")
                .remedy("set OPENBAO_URL, or give the setting `address`, as https://HOST:PORT")
        })?;
        let mount = match &store.settings.mount {
            Some(mount) => mount.clone(),
            None => path_of_variable(world, "OPENBAO_KV_MOUNT")?.unwrap_or_else(|| DEFAULT_MOUNT.to_owned()),
        };
        let namespace = match &store.settings.openbao_namespace {
            Some(namespace) => Some(namespace.clone()),
            None => match path_of_variable(world, "BAO_NAMESPACE")? {
                Some(namespace) => Some(namespace),
                None => path_of_variable(world, "VAULT_NAMESPACE")?,
            },
        };
        Ok(Call { store, world, address, mount, namespace, facts: OnceCell::new(), began: Cell::new(world.clock()) })
    }

    fn spent(&self) -> Duration {
        self.world.clock().saturating_sub(self.began.get())
    }

    /// Does something that may ask a person.
    pub(crate) fn outside_of_time<T>(&self, act: impl FnOnce() -> T) -> T {
        let before = self.world.clock();
        let done = act();
        self.began.set(self.began.get() + self.world.clock().saturating_sub(before));
        done
    }

    fn time_left(&self) -> Duration {
        let spent = self.spent();
        // A little less than the host's, so that it is said here what was not answered, and the instance lives on.
        (self.store.timeout - self.store.timeout / 20).saturating_sub(spent)
    }

    /// Sends requests, and some of them again after a while. The last third of the time is left for what comes after.
    pub(crate) fn exchange(&self, requests: &[Outgoing<'_>], repeat: Repeat) -> Vec<Result<Answer, Fault>> {
        let mut results = self.world.send(self.address, requests, self.time_left());
        for attempt in 0..REPEATS {
            let again: Vec<usize> = results
                .iter()
                .enumerate()
                .filter(|(_, result)| repeat.is_worth(result))
                .map(|(index, _)| index)
                .collect();
            if again.is_empty() {
                break;
            }
            let wanted = again.iter().filter_map(|index| results.get(*index)?.as_ref().ok()?.retry_after()).max();
            let rest = wanted.unwrap_or_else(|| self.jittered(FIRST_REST * 2_u32.pow(attempt)));
            if self.spent() + rest > self.store.timeout * 2 / 3 {
                break;
            }
            self.world.rest(rest);
            let repeated: Vec<Outgoing<'_>> = again.iter().filter_map(|index| requests.get(*index).copied()).collect();
            let answers = self.world.send(self.address, &repeated, self.time_left());
            for (index, answer) in again.into_iter().zip(answers) {
                if let Some(result) = results.get_mut(index) {
                    *result = answer;
                }
            }
        }
        results
    }

    /// Sends one.
    pub(crate) fn exchange_one(&self, request: Outgoing<'_>, repeat: Repeat) -> Result<Answer, Fault> {
        self.exchange(&[request], repeat).pop().unwrap_or(Err(Fault::Lost))
    }

    /// Between half of it and all, so that those who failed together do not come back together.
    fn jittered(&self, time: Duration) -> Duration {
        let half = time / 2;
        let span = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_millis(self.world.random() % span)
    }
}

/// A variable that holds a path.
fn path_of_variable(world: &impl World, name: &str) -> Result<Option<String>, Failure> {
    match world.variable(name)? {
        Some(text) if !crate::paths::is_path(text.trim_matches('/')) => {
            Err(Failure::invalid(format!("{name} is no path: it has an empty part, `.` or `..` in it"))
                .remedy(format!("set {name} without these, or unset it")))
        }
        text => Ok(text.map(|text| text.trim_matches('/').to_owned())),
    }
}
