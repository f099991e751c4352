//! Between the contract's generated types and the host's own: one file for each interface that plugins import. Glue
//! translates and asks the policy; it decides nothing.

mod attention;
mod credential_file;
mod document;
mod environment;
pub(crate) mod http;
mod identity_token;
mod keyring;
mod log;
mod prompt;
mod session;
mod sql;

/// What the resources of the contract are. (A path in the generated code has no angle brackets.)
#[allow(unreachable_pub, reason = "the generated bindings name them as public")]
pub type HeldPage = crate::component::Held<crate::capability::attention::Shown>;
#[allow(unreachable_pub, reason = "as above")]
pub type HeldTurn = crate::component::Held<crate::capability::session::Turn>;

/// What `wit/` says, as Rust.
pub(crate) mod bindings {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        unreachable_pub,
        reason = "generated"
    )]

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "plugin",
        imports: {
            "harmony:config/document.read": async,
            "harmony:config/document.write": async,
            "harmony:config/keyring.get": async,
            "harmony:config/keyring.set": async,
            "harmony:config/keyring.delete": async,
            "harmony:config/sql.query": async,
            "harmony:config/sql.transaction": async,
            "harmony:config/prompt.ask": async,
            "harmony:config/attention.show": async,
            "harmony:config/attention.[method]notice.wait": async,
            "harmony:config/attention.[drop]notice": async,
            "harmony:config/identity-token.get": async,
            "harmony:config/identity-token.current": async,
            "harmony:config/session.load": async,
            "harmony:config/session.save": async,
            "harmony:config/session.remove": async,
            "harmony:config/session.enter": async,
            "harmony:config/session.[drop]turn": async,
        },
        with: {
            "harmony:config/attention.notice": crate::glue::HeldPage,
            "harmony:config/session.turn": crate::glue::HeldTurn,
        },
        exports: { default: async },
    });
}

/// What an identity exports besides.
pub(crate) mod identity {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        unreachable_pub,
        reason = "generated"
    )]

    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package harmony:host; world only-identity { export harmony:config/identity@0.1.0; }",
        world: "harmony:host/only-identity",
        with: { "harmony:config/types": crate::glue::bindings::harmony::config::types },
        exports: { default: async },
    });
}

use harmony_config_core::{Failure, FailureCode};
use wasmtime::{
    Engine,
    component::{HasSelf, Linker},
};

use crate::component::State;

/// The linker of a process: WASI, and the interfaces of the contract. Made once: it takes 0.4 ms.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    use bindings::harmony::config as contract;
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    contract::types::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::attention::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::credential_file::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::document::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::environment::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::identity_token::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::keyring::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::log::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::prompt::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::session::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    contract::sql::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// The same with `wasi:http` in it.
pub(crate) fn with_network(linker: &Linker<State>) -> wasmtime::Result<Linker<State>> {
    let mut linker = linker.clone();
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Ok(linker)
}

impl bindings::harmony::config::types::Host for State {}

/// A failure as plugins get it.
pub(crate) fn to_guest(failure: Failure) -> bindings::harmony::config::types::Failure {
    bindings::harmony::config::types::Failure {
        code: failure.code.as_str().to_owned(),
        message: failure.message,
        remedy: failure.remedy,
        retry_after_ms: failure.retry_after.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        extra: Vec::new(),
    }
}

/// A failure of a plugin, its words made fit to be shown.
pub(crate) fn from_guest(
    failure: bindings::harmony::config::types::Failure,
    mut shown: impl FnMut(&str) -> String,
) -> Failure {
    let mut out = Failure::new(FailureCode::from_name(&failure.code), shown(&failure.message));
    out.remedy = failure.remedy.map(|remedy| shown(&remedy));
    out.retry_after = failure.retry_after_ms.map(std::time::Duration::from_millis);
    out.outcome_unknown = failure.extra.iter().any(|(name, value)| name == "outcome" && value == "\"unknown\"");
    out
}
