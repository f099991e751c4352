//! What `wit/` says, as Rust. Generated; the rest of the SDK is what authors see.
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
    world: "plugin",
    pub_export_macro: true,
    default_bindings_module: "harmony_config_sdk::__private::bindings",
    runtime_path: "::harmony_config_sdk::__private::rt",
    additional_derives: [PartialEq],
});
