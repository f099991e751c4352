//! One instance of a plugin: made, told its settings, called. One that trapped or ran out of time is never called
//! again.

use std::sync::Arc;

use harmony_config_core::{Blame, Failure, FailureCode, Features, PromptNotes};
use wasmtime::{Store, UpdateDeadline};
use zeroize::Zeroizing;

use super::{
    clock::{Clock, Expired, Times},
    source::Inner,
    state::{Call, State, bare_wasi},
    told::Text,
};
use crate::{
    budget::{Refused, Share, SourceBudget},
    engine::Runtime,
    glue::{
        self,
        bindings::{Plugin, PluginPre},
        identity::exports::harmony::config::identity,
    },
    limits,
    paths::private::Identity,
    policy::{Phase, Use},
};

/// An instance of a plugin, ready to be called.
pub(super) struct Instance {
    pub(super) store: Store<State>,
    pub(super) plugin: Plugin,
    /// What it exports besides, if it is an identity.
    pub(super) identity: Option<identity::Guest>,
    /// Which directory it has, if any.
    pub(super) directory: Option<Identity>,
    /// The credentials that it was told: they must not come back in its words.
    secrets: Vec<Zeroizing<String>>,
}

impl Instance {
    /// Makes an instance and tells it its settings. Answers with what it says it can do.
    pub(super) async fn make(
        inner: &Inner,
        runtime: &Arc<Runtime>,
        pre: &PluginPre<State>,
    ) -> Result<(Self, Features), Failure> {
        // Whatever it takes to have a credential is not this source's time.
        let Text { json, secrets } = inner.told.text(&inner.plugin).await?;
        let times = inner.times;
        let clock = Clock::start(times);
        let memory =
            Share::new(inner.memory.get_or_init(|| SourceBudget::of(&runtime.budget)), limits::MAX_INSTANCE_MEMORY);
        let call = Call::new(Phase::Configure, Arc::clone(&clock), Vec::new());
        let state = State::new(Arc::clone(&inner.name), memory, Arc::clone(&inner.capabilities), call);
        let mut store = Store::new(&runtime.engine, state);
        bound(&mut store, times);
        for secret in &secrets {
            store.data_mut().in_play.add(secret);
        }
        let is_identity = inner.plugin.facts().is_identity();
        let _ticking = runtime.ticking()?;
        let made = clock.run(async {
            let (plugin, identity) = match is_identity {
                false => (pre.instantiate_async(&mut store).await?, None),
                true => {
                    let instance = pre.instance_pre().instantiate_async(&mut store).await?;
                    let exports = identity::GuestIndices::new(pre.instance_pre())?;
                    let identity = exports.load(&mut store, &instance)?;
                    (Plugin::new(&mut store, &instance)?, Some(identity))
                }
            };
            let source = plugin.harmony_config_config_source();
            let info = source.call_configure(&mut store, &json).await?;
            Ok((plugin, identity, info))
        });
        let (plugin, identity, info) = match made.await {
            Ok(Ok(made)) => made,
            Ok(Err(error)) => return Err(trapped(&store, times, &error)),
            Err(expired) => return Err(ran_out(&store, times, expired)),
        };
        let info = info.map_err(|failure| {
            let in_play = &mut store.data_mut().in_play;
            let mut failure = glue::from_guest(failure, |text| in_play.shown(text));
            failure.message = format!("its settings cannot be used: {}", failure.message);
            failure
        })?;
        let features = Features::from_names(info.features.iter().map(String::as_str));
        let mut instance = Instance { store, plugin, identity, directory: None, secrets };
        instance.open_directory(inner)?;
        Ok((instance, features))
    }

    /// Gives the instance its directory. Not before it was configured: until then it has nothing.
    fn open_directory(&mut self, inner: &Inner) -> Result<(), Failure> {
        let Some(directory) = &inner.capabilities.directory else { return Ok(()) };
        let phase = Phase::Call(harmony_config_core::Interaction::Forbidden);
        let pass = inner.capabilities.policy.check(phase, Use::Files)?;
        let mut wasi = bare_wasi();
        self.directory = directory.open(&pass, &mut wasi)?;
        self.store.data_mut().wasi = wasi.build();
        Ok(())
    }

    /// Readies the instance for a call.
    pub(super) fn begin(&mut self, phase: Phase, clock: &Arc<Clock>, notes: Vec<Arc<PromptNotes>>) {
        let state = self.store.data_mut();
        state.begin(Call::new(phase, Arc::clone(clock), notes));
        for secret in &self.secrets {
            state.in_play.add(secret);
        }
        // Reckoned from now: the epoch went on while the instance was idle.
        self.store.set_epoch_deadline(1);
    }

    /// What it holds of the memory of all instances, in bytes.
    pub(super) fn held(&self) -> usize {
        self.store.data().memory.held()
    }

    /// Forgets what the call put into play, and ends what the guest still holds of it.
    pub(super) fn end(&mut self) {
        let state = self.store.data_mut();
        state.in_play.clear();
        state.call.holds.end();
    }
}

fn bound(store: &mut Store<State>, times: Times) {
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(limits::MAX_CALL_BYTES);
    store.set_max_component_handles(limits::MAX_HANDLES);
    let most = ticks(times);
    // It sees only the ticks that the guest computes through: one that waits, for a person or a store, is not charged.
    store.epoch_deadline_callback(move |mut store| {
        let call = &mut store.data_mut().call;
        call.ticks += 1;
        Ok(if call.ticks > most { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(1) })
    });
    store.set_epoch_deadline(1);
}

/// The ticks that a guest may compute in one call.
fn ticks(times: Times) -> u64 {
    let ticks = times.call.as_millis() / limits::TICK.as_millis();
    u64::try_from(ticks).unwrap_or(u64::MAX).max(1)
}

/// The failure of a call that ran out of time.
pub(super) fn ran_out(store: &Store<State>, times: Times, expired: Expired) -> Failure {
    match expired {
        Expired::Person => {
            Failure::new(FailureCode::InteractionRequired, format!("nobody answered within {:?}", times.person))
                .with_remedy("run it again and answer, or give the source a longer `interaction-timeout`")
                .blamed_on(Blame::Person)
        }
        // It computed for most of the time: then it is the plugin that is slow, not what it waited for.
        Expired::Call if store.data().call.ticks > ticks(times) / 2 => endless(times),
        Expired::Call => Failure::new(FailureCode::Unavailable, format!("no answer within {:?}", times.call))
            .with_remedy("try again, or give the source a longer `timeout`"),
    }
}

fn endless(times: Times) -> Failure {
    Failure::new(FailureCode::Unavailable, format!("the plugin computed for {:?} without an answer", times.call))
        .with_remedy("tell the author of the plugin, or give the source a longer `timeout`")
        .blamed_on(Blame::Plugin)
}

/// The failure of a call that trapped, or broke the contract or its bounds.
pub(super) fn trapped(store: &Store<State>, times: Times, error: &wasmtime::Error) -> Failure {
    let state = store.data();
    let message = match (error.downcast_ref::<wasmtime::Trap>(), state.memory.refused) {
        (Some(wasmtime::Trap::Interrupt), _) => return endless(times),
        (Some(wasmtime::Trap::StackOverflow), _) => "the plugin ran out of stack".to_owned(),
        (_, Some(Refused::Instance)) => {
            format!("the plugin wanted more memory than the {} MiB of one instance", limits::MAX_INSTANCE_MEMORY >> 20)
        }
        (_, Some(Refused::Source)) => {
            "the instances of the source wanted more memory than one source may have".to_owned()
        }
        (_, Some(Refused::Total)) => "the plugins together wanted more memory than they may have".to_owned(),
        (Some(trap), None) => format!("the plugin trapped: {trap}"),
        (None, None) if error.downcast_ref::<wasmtime_wasi::I32Exit>().is_some() => {
            "the plugin tried to end the process".to_owned()
        }
        // Not a trap: the host refused to go on, over a bound or a broken contract. No value is in these words.
        (None, None) => format!("the plugin was stopped: {}", crate::words::shown(&error.root_cause().to_string())),
    };
    Failure::new(FailureCode::Unavailable, message)
        .with_remedy("tell the author of the plugin")
        .blamed_on(Blame::Plugin)
}
