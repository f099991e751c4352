//! The one interface that an identity exports beside those of every plugin, as Rust. It has a world of its own here: a
//! component of both worlds is one of `identity-plugin`, and to generate that one whole would make every other interface,
//! and the macros that export it, a second time.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "../../wit",
    inline: "package harmony:sdk; world identity-alone { export harmony:config/identity@0.1.0; }",
    world: "harmony:sdk/identity-alone",
    pub_export_macro: true,
    default_bindings_module: "harmony_config_sdk::__private::identity_bindings",
    runtime_path: "::harmony_config_sdk::__private::rt",
    additional_derives: [PartialEq],
    with: { "harmony:config/types@0.1.0": crate::bindings::harmony::config::types },
});
