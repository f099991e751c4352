//! Every bound in one place. Each has a guest in `tests/guests` that meets it. What enforces them lives with what is
//! bounded.

use std::time::Duration;

/// How long a source may take for one call, waiting for its turn included.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// How long an identity may take for one call, without the time that a person takes. Whoever waits for a token has a
/// deadline of their own.
pub const IDENTITY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a person may take while a source waits for them.
pub const INTERACTION_TIMEOUT: Duration = Duration::from_secs(600);

/// The largest value of one key, as JSON text, in bytes.
pub const MAX_VALUE_BYTES: usize = 4 << 20;

/// The same of a value that is sealed: a third longer, and what its envelope says.
pub(crate) const MAX_SEALED_BYTES: usize = MAX_VALUE_BYTES / 3 * 4 + (4 << 10);

/// The values that are looked at before a first key is made.
pub(crate) const MAX_LOOKED_AT: usize = 1_000;

/// The pages of one listing.
pub(crate) const MAX_PAGES: usize = 10_000;

/// The largest file of a source that keeps all its values in one, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;

/// The largest manifest, in bytes.
pub const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// The largest plugin in a file, in bytes.
pub const MAX_PLUGIN_BYTES: u64 = 64 << 20;

/// The linear memory of one instance, in bytes. `memory.fill` looks at the clock only at its start, so this is part of
/// the time limit too.
pub const MAX_INSTANCE_MEMORY: usize = 64 << 20;

/// The linear memory of all instances of a process together, in bytes.
pub const MAX_TOTAL_MEMORY: usize = 256 << 20;

/// The part of the total that the instances of one source may hold while they work, and while they are idle: one source
/// that keeps what it once took must not starve the others.
pub(crate) const WORKING_PART: usize = 2;
pub(crate) const IDLE_PART: usize = 8;

/// The elements of an instance's tables: function pointers.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 100_000;

/// What may pass from a guest to the host in one call, in bytes: a value, and the words around it.
pub(crate) const MAX_CALL_BYTES: usize = 2 * MAX_VALUE_BYTES;

/// Handles of resources (files, streams) that an instance may hold.
pub(crate) const MAX_HANDLES: usize = 256;

/// A schema document, in bytes.
pub(crate) const MAX_SCHEMA_BYTES: u64 = 4 << 20;

/// Random bytes in one call.
pub(crate) const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// The stack of a guest, in bytes, and of the fibre that it and the host functions below it run on.
pub(crate) const GUEST_STACK: usize = 512 << 10;
pub(crate) const FIBRE_STACK: usize = 2 << 20;

/// How often the clock of computing time ticks.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Instances of one source at work at once. Sources are on this machine and answer in microseconds; more instances
/// would only take memory.
pub(crate) const MAX_INSTANCES: usize = 4;

/// The same of a source over the network, which waits more than it works.
pub(crate) const MAX_REMOTE_INSTANCES: usize = 16;

/// The body of an answer over the network, in bytes: a value as JSON in JSON, and what stands around it.
pub(crate) const MAX_HTTP_BODY_BYTES: u64 = 2 * MAX_VALUE_BYTES as u64;

/// The head of an answer over the network, in bytes.
pub(crate) const MAX_HTTP_HEAD_BYTES: usize = 64 << 10;

/// How long one connection may take to be made, TLS included. The source's deadline is usually shorter.
pub(crate) const HTTP_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection is kept that nothing is asked over.
pub(crate) const HTTP_IDLE: Duration = Duration::from_secs(60);

/// What is kept of one sign-in, and the longest name of one, in bytes.
pub(crate) const MAX_SESSION_BYTES: usize = 64 << 10;
pub(crate) const MAX_SESSION_NAME: usize = 1 << 10;

/// A file with a credential in it, in bytes.
pub(crate) const MAX_CREDENTIAL_FILE_BYTES: u64 = 64 << 10;

/// How long a source over the network is left alone after it did not answer in time.
pub(crate) const LEFT_ALONE: Duration = Duration::from_secs(1);

/// How long a source is left alone at the most, whatever it asks for.
pub(crate) const MAX_LEFT_ALONE: Duration = Duration::from_secs(30);

/// Log messages of one call, and the bytes of one message.
pub(crate) const MAX_LOG_MESSAGES: u32 = 64;
pub(crate) const MAX_MESSAGE_BYTES: usize = 1 << 10;

/// A form: its questions, and the bytes of a label or help text.
pub(crate) const MAX_QUESTIONS: usize = 256;
pub(crate) const MAX_CHOICES: usize = 1024;

/// One SQL statement's text, the statements of a transaction, and the rows that come back.
pub(crate) const MAX_SQL_BYTES: usize = 64 << 10;
pub(crate) const MAX_STATEMENTS: usize = 64;
pub(crate) const MAX_ROWS: usize = 10_000;

/// The keys of one page of a listing.
pub(crate) const MAX_PAGE: usize = 10_000;
