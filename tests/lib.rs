//! What is proved from outside: the conformance suite as a library, and the tests that use it. The tests themselves are
//! in `tests/`, the plugins that misbehave in `guests/`.

pub mod conformance;
