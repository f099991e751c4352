//! The source `openbao`: values in OpenBao, KV version 2.
