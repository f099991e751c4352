//! The network of plugins: one client for each source, over TLS that the host decides on. Whether a request may be sent,
//! the policy decides; the translation from `wasi:http` is `glue`'s.

pub(crate) mod origin;
