//! What the host does for plugins: the state behind the interfaces of `wit/`. Whether a plugin may use it, `policy`
//! decides; the translation from the contract's types is `glue`'s.

pub(crate) mod attention;
pub(crate) mod credential_file;
pub(crate) mod document;
pub(crate) mod environment;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod identities;
pub(crate) mod keyring;
pub(crate) mod log;
pub(crate) mod prompt;
pub(crate) mod session;
pub(crate) mod sign_ins;
pub(crate) mod sql;

use std::{collections::BTreeSet, sync::Arc};

use harmony_config_core::{Failure, FailureCode};

use self::{
    credential_file::CredentialFiles, document::Document, environment::Variables, files::Directory, http::Network,
    identities::Identities, keyring::Entries, session::OwnSessions, sql::Database,
};
use crate::{policy::Policy, prompt::Prompter, trust::Trust};

/// What one source has at hand, and the policy that stands before it.
pub(crate) struct Capabilities {
    pub(crate) policy: Policy,
    pub(crate) variables: Variables,
    /// Variables whose values are no secrets, such as a user's name: a message may have them in it.
    pub(crate) plain_variables: BTreeSet<String>,
    pub(crate) database: Option<Arc<Database>>,
    pub(crate) directory: Option<Directory>,
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) keyring: Arc<Entries>,
    pub(crate) network: Network,
    pub(crate) sessions: OwnSessions,
    pub(crate) credential_files: CredentialFiles,
    pub(crate) identities: Identities,
    pub(crate) prompter: Arc<dyn Prompter>,
    /// The source was told to be read only, so the host knows it before the plugin says so.
    pub(crate) read_only: bool,
    /// What has to be settled before the plugin is loaded; none where nothing has.
    pub(crate) trust: Option<Trust>,
}

/// The failure of a source that has no place, because there is no home directory to have one in.
pub(crate) fn no_home() -> Failure {
    Failure::new(FailureCode::Unavailable, "there is no home directory, and so no place to keep anything")
        .with_remedy("set HOME or HARMONY_CONFIG_HOME, or name the place in the source's settings")
}
