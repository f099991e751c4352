//! The WebAssembly engine of a process: one configuration, one linker, one clock, one memory budget. Made when the
//! first source is asked, not before. What a guest may do is not decided here (`policy`).

mod cache;
mod load;
mod ticker;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use harmony_config_core::{Blame, Failure, FailureCode};
use wasmtime::{Config, Engine, component::Component, component::Linker};

use self::{cache::CodeCache, ticker::Ticker};
use crate::{budget::Budget, component::State, glue, limits, plugin::Plugin};

pub(crate) use self::ticker::Ticking;

/// What all sources of a process share.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    linker: Linker<State>,
    /// The same with the network, made when the first plugin wants it: most processes have none that does.
    with_network: OnceLock<Result<Linker<State>, String>>,
    pub(crate) budget: Arc<Budget>,
    cache: CodeCache,
    ticker: Ticker,
}

/// The engine's settings. Any change to them makes compiled code of before unusable, which wasmtime notices.
fn new_engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        // 1.6 µs a warm call, not 2.7; it refuses components that use async of the component model.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits::GUEST_STACK)
        .async_stack_size(limits::FIBRE_STACK)
        // A backtrace of a plugin is of no use to the person, and its tables cost start-up time.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false);
    Engine::new(&config)
}

impl Runtime {
    /// `cache` is the folder of compiled code; none where there is no writable home.
    pub(crate) fn new(cache: Option<&Path>, total_memory: usize) -> Result<Self, Failure> {
        let fault = |error: wasmtime::Error| {
            Failure::new(FailureCode::Unavailable, format!("the WebAssembly engine could not be started: {error:#}"))
                .blamed_on(Blame::Host)
        };
        let engine = new_engine().map_err(fault)?;
        let linker = glue::linker(&engine).map_err(fault)?;
        let cache = CodeCache::new(cache, &engine);
        let ticker = Ticker::new(&engine);
        Ok(Runtime { engine, linker, with_network: OnceLock::new(), budget: Budget::new(total_memory), cache, ticker })
    }

    /// What a plugin is linked with: the network only for one that says that it wants it.
    pub(crate) fn linker(&self, network: bool) -> wasmtime::Result<&Linker<State>> {
        if !network {
            return Ok(&self.linker);
        }
        let make = || glue::with_network(&self.linker).map_err(|error| format!("{error:#}"));
        self.with_network.get_or_init(make).as_ref().map_err(|why| wasmtime::Error::msg(why.clone()))
    }

    /// The plugin's machine code: from the cache, else compiled now and kept there.
    pub(crate) async fn component(self: &Arc<Self>, plugin: &Arc<Plugin>) -> Result<Component, Failure> {
        if let Some(component) = self.cache.load(&self.engine, plugin.sha256()) {
            return Ok(component);
        }
        // Compiling takes a core for a tenth of a second: not on a thread that others wait for.
        let (runtime, compiling) = (Arc::clone(self), Arc::clone(plugin));
        let compile = move || {
            let component = Component::from_binary(&runtime.engine, compiling.wasm())?;
            runtime.cache.store(&component, compiling.sha256());
            Ok::<_, wasmtime::Error>(component)
        };
        let compiled = tokio::task::spawn_blocking(compile).await;
        compiled.unwrap_or_else(|panic| Err(wasmtime::Error::msg(panic.to_string()))).map_err(|error| {
            Failure::new(
                FailureCode::Unavailable,
                format!("plugin `{}` is not a component that this program can load: {error:#}", plugin.name()),
            )
            .with_remedy("build the plugin for wasm32-wasip2 against harmony:config@0.1.0")
            .blamed_on(Blame::Plugin)
        })
    }

    /// The clock of computing time ticks until what this answers is dropped.
    pub(crate) fn ticking(&self) -> Result<Ticking<'_>, Failure> {
        self.ticker.start().ok_or_else(|| {
            Failure::new(FailureCode::Unavailable, "no thread could be started for the clock that limits plugins")
                .with_remedy("free some threads or memory and try again")
                .blamed_on(Blame::Host)
        })
    }
}
