//! OpenBao as a subject: a server of its own for each, a real one where there is one.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use harmony_config_core::{ConfigError, ConfigSource, Coordinate};
use harmony_config_host::{Host, Variables};
use harmony_config_peers::{Kind, Peer};
use harmony_config_tests::conformance::Subject;
use serde_json::json;

use crate::subjects::{builder, source, unknown};

pub(crate) struct OpenBao {
    peer: Peer,
    host: Host,
    _folder: tempfile::TempDir,
}

impl OpenBao {
    pub(crate) fn new() -> Self {
        let peer = Peer::any(Kind::Dev).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::fixed([("OPENBAO_TOKEN", peer.root_token().to_owned())]);
        let host = builder(folder.path()).variables(variables).build();
        OpenBao { peer, host, _folder: folder }
    }

    fn path(at: &Coordinate) -> String {
        let below: PathBuf = [at.namespace(), at.key()].iter().collect();
        let instance = at.instance().map(|instance| format!("/@{instance}")).unwrap_or_default();
        format!("{}{instance}", below.display()).replace('\\', "/")
    }
}

#[async_trait]
impl Subject for OpenBao {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host, "openbao", json!({ "address": self.peer.address() })).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        self.peer.admin().write_kv("secret", &OpenBao::path(at), &json!({ "value": text })).unwrap();
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "openbao")
    }
}
