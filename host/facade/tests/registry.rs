//! Types declare themselves, in the strictest of crates too, and what only a test has is no matter of the program's.
#![forbid(unsafe_code)]
#![deny(warnings, unused, missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use harmony_config::{Config, Registry, init, schema_document};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the program listens.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    port: u16,
}

mod elsewhere {
    use super::*;

    /// Another type of the same key.
    #[derive(Config, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Listener {
        address: String,
    }
}

#[test]
fn a_crate_that_forbids_unsafe_code_can_declare_types() {
    assert!(Registry::linked().unwrap().get("Listener").is_some());
}

#[tokio::test]
async fn two_types_of_one_key_in_a_test_do_not_keep_the_test_from_its_configuration() {
    init(Vec::new()).await;
    harmony_config::manager().await.unwrap();
    assert_eq!(<elsewhere::Listener as Config>::KEY, <Listener as Config>::KEY);
}

#[test]
fn a_document_cannot_hold_both_and_says_which() {
    let error = schema_document().unwrap_err();
    for word in ["`Listener`", "`registry::Listener`", "`registry::elsewhere::Listener`", "tests/registry.rs:"] {
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    assert!(error.remedy().unwrap().contains("#[config(key"));
}
