//! What the host keeps for one instance.

use std::sync::{Arc, OnceLock};

use harmony_config_core::{Blame, Failure, FailureCode, Interaction, PromptNotes};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::{
    clock::Clock,
    held::{Held, Holds},
};
use crate::{
    budget::Share,
    capability::Capabilities,
    glue::http::Requests,
    limits,
    policy::{Pass, Phase, Use},
    words::InPlay,
};

/// What the host keeps for one instance.
pub(crate) struct State {
    pub(super) wasi: WasiCtx,
    table: ResourceTable,
    requests: Requests,
    pub(crate) memory: Share,
    capabilities: Arc<Capabilities>,
    /// The source's name.
    pub(crate) source: Arc<str>,
    pub(crate) call: Call,
    pub(crate) in_play: InPlay,
}

/// What belongs to the call under way.
pub(crate) struct Call {
    pub(crate) phase: Phase,
    pub(crate) clock: Arc<Clock>,
    /// The namespace that it is about; empty where it is about none.
    pub(crate) namespace: String,
    /// What the host tells the person, for each form.
    pub(crate) notes: Vec<Arc<PromptNotes>>,
    /// Log messages written so far.
    pub(crate) messages: u32,
    /// Ticks of the clock that the guest computed through.
    pub(crate) ticks: u64,
    /// The command that would allow what it was refused.
    pub(crate) refused: OnceLock<String>,
    /// What it holds until its end at the latest.
    pub(super) holds: Holds,
    /// A person is being shown a page.
    pub(crate) notice: bool,
    /// How many turns to sign in it has. Who has one waits for nobody else: not for a person, nor for an identity.
    pub(crate) turns: usize,
}

impl Call {
    pub(crate) fn new(phase: Phase, clock: Arc<Clock>, notes: Vec<Arc<PromptNotes>>) -> Self {
        Call {
            phase,
            clock,
            namespace: String::new(),
            notes,
            messages: 0,
            ticks: 0,
            refused: OnceLock::new(),
            holds: Holds::default(),
            notice: false,
            turns: 0,
        }
    }

    /// Whether a person may be asked during it.
    pub(crate) fn interaction(&self) -> Interaction {
        match self.phase {
            Phase::Call(interaction) => interaction,
            Phase::Configure => Interaction::Forbidden,
        }
    }
}

impl Call {
    /// What to do about a refusal, the host knows better than the plugin that was refused something.
    pub(crate) fn told_how(&self, mut failure: Failure) -> Failure {
        if failure.code == FailureCode::Denied
            && let Some(remedy) = self.refused.get()
        {
            failure.remedy = Some(remedy.clone());
        }
        failure
    }
}

impl State {
    pub(super) fn new(source: Arc<str>, memory: Share, capabilities: Arc<Capabilities>, call: Call) -> Self {
        State {
            wasi: bare_wasi().build(),
            table: ResourceTable::new(),
            requests: Requests::new(Arc::clone(&capabilities), call.phase),
            memory,
            capabilities,
            source,
            call,
            in_play: InPlay::default(),
        }
    }

    pub(crate) fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    /// Readies it for another call.
    pub(super) fn begin(&mut self, call: Call) {
        self.requests.begin(call.phase);
        self.call = call;
        self.in_play.clear();
    }

    /// Requests, and the table of what the guest has handles of.
    pub(crate) fn requests(&mut self) -> (&mut Requests, &mut ResourceTable) {
        (&mut self.requests, &mut self.table)
    }

    /// Gives the guest a handle of something, which it has until the call ends.
    pub(crate) fn hold<T: Send + 'static>(&mut self, something: T) -> Result<Resource<Held<T>>, Failure> {
        let held = self.call.holds.hold(something);
        self.table.push(held).map_err(|error| Failure::new(FailureCode::Unavailable, error.to_string()))
    }

    /// Refuses to wait for somebody while something is held that they may wait for: the one terminal, a turn to sign in. The
    /// order is terminal, then session, and no other source is asked under either.
    pub(crate) fn holds_nothing(&self, what: &str) -> Result<(), Failure> {
        let held = match (self.call.notice, self.call.turns) {
            (true, _) => "a page is being shown",
            (false, 1..) => "a turn to sign in is held",
            (false, 0) => return Ok(()),
        };
        let message = format!("{what} while {held}: it would wait for itself");
        Err(Failure::new(FailureCode::Invalid, message).blamed_on(Blame::Plugin))
    }

    /// What a handle is of.
    pub(crate) fn held<T: Send + 'static>(&self, handle: &Resource<Held<T>>) -> wasmtime::Result<&Held<T>> {
        Ok(self.table.get(handle)?)
    }

    /// Ends what a handle was of, and says whether there was anything left of it: not if its call is over.
    pub(crate) fn let_go<T: Send + 'static>(&mut self, handle: Resource<Held<T>>) -> wasmtime::Result<bool> {
        let held = self.table.delete(handle)?;
        let was_held = held.with(|_| ()).is_some();
        held.end();
        Ok(was_held)
    }

    /// A failure of the plugin, with what the host knows better: the command that would allow what was refused, and what
    /// went wrong on the network.
    pub(crate) fn explained(&self, failure: Failure) -> Failure {
        let mut failure = self.call.told_how(failure);
        let Some(fault) = self.requests.fault() else { return failure };
        if failure.code != FailureCode::Unavailable && fault.code() != Some(failure.code) {
            return failure;
        }
        if let Some(code) = fault.code() {
            failure.code = code;
        }
        failure.message = joined(failure.message.trim_end_matches('.'), &fault.to_string());
        if let Some(remedy) = fault.remedy() {
            failure.remedy = Some(remedy.to_owned());
        }
        failure
    }

    /// Asks the policy.
    pub(crate) fn decide<'a>(&self, what: Use<'a>) -> Result<Pass<'a>, Failure> {
        self.capabilities.policy.check(self.call.phase, what).inspect_err(|failure| {
            if let Some(remedy) = &failure.remedy {
                // The first one: what comes after it may be for want of it.
                let _ = self.call.refused.set(remedy.clone());
            }
        })
    }
}

/// What the plugin says, and behind it what the host does, which is not cut.
fn joined(plugin: &str, host: &str) -> String {
    let room = limits::MAX_MESSAGE_BYTES.saturating_sub(host.len() + 8);
    let mut end = room.min(plugin.len());
    while !plugin.is_char_boundary(end) {
        end -= 1;
    }
    let said = plugin.get(..end).unwrap_or_default();
    format!("{said}{}: {host}", if end < plugin.len() { "…" } else { "" })
}

/// WASI with nothing in it: no environment, no arguments, no files, no network, closed standard streams. Clocks and
/// random numbers are left.
pub(super) fn bare_wasi() -> WasiCtxBuilder {
    let mut wasi = WasiCtxBuilder::new();
    wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false).max_random_size(limits::MAX_RANDOM_BYTES);
    wasi
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
