//! A server with one person on it, and hosts that speak with it, each as a process of its own would.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use harmony_config_core::{ConfigSource, Coordinate, Entry, Failure, FailureCode, Request};
use harmony_config_host::{ComponentSource, Host, HttpTerms, Places, Plugin, SourceBuilder, Variables};
use harmony_config_peers::{Admin, Kind, Peer};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// What stands for a secret; it must come out nowhere but as a value.
pub(crate) const CANARY: &str = "canary-pw-9Zq";

/// Nothing may take longer, whatever is wrong: far above every deadline, because a busy machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The deadline of a source in these tests.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

pub(crate) const POLICY: &str = r#"
path "secret/data/harmony/*" { capabilities = ["create", "read", "update", "delete"] }
path "secret/metadata/harmony/*" { capabilities = ["read", "list", "delete"] }
path "secret/data/infra/*" { capabilities = ["read"] }
path "sys/internal/ui/mounts/secret" { capabilities = ["read"] }
"#;

pub(crate) struct World {
    pub(crate) peer: Peer,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        World::of(Kind::Dev)
    }

    /// A server of this kind, and the user `me` on it, who may read and write the namespace `harmony`.
    pub(crate) fn of(kind: Kind) -> Self {
        let peer = Peer::any(kind).unwrap();
        World::on(peer, kind)
    }

    /// The stand-in, for what only it can do.
    pub(crate) fn stand_in() -> Self {
        World::on(Peer::stand_in(Kind::Dev).unwrap(), Kind::Dev)
    }

    fn on(peer: Peer, kind: Kind) -> Self {
        let world = World { peer, folder: tempfile::tempdir().unwrap() };
        if matches!(kind, Kind::Initialised) {
            world.admin().enable_kv(2, "secret").unwrap();
        }
        world.admin().policy("app", POLICY).unwrap();
        world.admin().userpass_user("me", CANARY, &["app"]).unwrap();
        world
    }

    pub(crate) fn admin(&self) -> &Admin {
        self.peer.admin()
    }

    /// A host, with the variables of somebody who is `me`.
    pub(crate) fn host(&self) -> Host {
        self.host_with(&[("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", CANARY)])
    }

    pub(crate) fn host_with(&self, variables: &[(&str, &str)]) -> Host {
        host(self.folder.path(), variables)
    }

    /// The source, as `me`, on a host of its own.
    pub(crate) fn source(&self) -> ComponentSource {
        self.build(self.host(), json!({}))
    }

    pub(crate) fn source_at(&self, address: &str) -> ComponentSource {
        self.build(self.host(), json!({ "address": address }))
    }

    pub(crate) fn source_with(&self, variables: &[(&str, &str)], settings: Value) -> ComponentSource {
        self.build(self.host_with(variables), settings)
    }

    pub(crate) fn build(&self, host: Host, settings: Value) -> ComponentSource {
        self.builder(&host, settings).build().unwrap()
    }

    pub(crate) fn builder(&self, host: &Host, mut settings: Value) -> SourceBuilder {
        if settings.get("address").is_none() {
            settings["address"] = self.peer.address().into();
        }
        let terms = match self.peer.ca_file() {
            Some(file) => HttpTerms::default().ca_file(file),
            None => HttpTerms::default(),
        };
        builder(host, settings).http(terms)
    }

    /// Keeps a value as Harmony does.
    pub(crate) fn keep(&self, key: &str, value: &Value) {
        let data = json!({ "value": value.to_string() });
        self.admin().write_kv("secret", &format!("harmony/{key}"), &data).unwrap();
    }

    /// What is kept there, as Harmony keeps it.
    pub(crate) fn kept(&self, key: &str) -> Option<Value> {
        let data = self.admin().read_kv("secret", &format!("harmony/{key}")).unwrap()?;
        Some(serde_json::from_str(data["value"].as_str().expect("in Harmony's form")).unwrap())
    }

    /// How many tokens there are: each login makes one.
    pub(crate) fn tokens(&self) -> usize {
        let listed = self.admin().must("LIST", "auth/token/accessors", &Value::Null).unwrap();
        listed["data"]["keys"].as_array().unwrap().len()
    }
}

/// Leaves a line for the report of the test command: which server it was, and what its answers rest on.
impl Drop for World {
    fn drop(&mut self) {
        let Some(file) = std::env::var_os("HARMONY_CONFIG_PEERS") else { return };
        let line = match self.peer.as_stand_in().map(|stand_in| stand_in.report()) {
            Some(report) => format!("stand-in {} {}\n", report.recorded(), report.unrecorded()),
            None => format!("real {}\n", self.peer.which()),
        };
        // Lines of so few bytes are appended whole.
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        let _ = file.and_then(|mut file| std::io::Write::write_all(&mut file, line.as_bytes()));
    }
}

pub(crate) fn host(folder: &Path, variables: &[(&str, &str)]) -> Host {
    let places = Places {
        data: Some(folder.join("data")),
        // Shared by the tests: the plugin is compiled once.
        cache: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("openbao")),
        config: Some(folder.join("user")),
        home: Some(folder.to_owned()),
        keyring: false,
    };
    Host::builder().places(places).variables(Variables::fixed(variables.iter().copied())).build()
}

pub(crate) fn builder(host: &Host, settings: Value) -> SourceBuilder {
    let settings: Map<String, Value> = settings.as_object().unwrap().clone();
    host.source("openbao", Plugin::bundled("openbao").unwrap())
        .grant_what_it_wants()
        .settings(settings)
        .timeout(DEADLINE)
}

pub(crate) fn at(key: &str) -> Request {
    Request::new(Coordinate::parse("harmony", key).unwrap())
}

/// Reads, and ends in any case.
pub(crate) async fn read(source: &ComponentSource, key: &str) -> Result<Option<Entry>, Failure> {
    let answer = tokio::time::timeout(PATIENCE, source.read(&at(key))).await.expect("it hangs");
    if let Err(failure) = &answer {
        says_no_secret(failure);
    }
    answer
}

pub(crate) async fn value(source: &ComponentSource, key: &str) -> Value {
    read(source, key).await.unwrap().unwrap_or_else(|| panic!("{key} is not there")).value
}

/// Fails within the deadline and what a busy machine adds, and says so.
pub(crate) async fn fails(source: &ComponentSource, key: &str) -> Failure {
    let start = Instant::now();
    let failure = read(source, key).await.expect_err("it should fail");
    assert!(start.elapsed() < DEADLINE + Duration::from_secs(3), "{:?}: {failure}", start.elapsed());
    failure
}

/// Answers again by itself, within a little while.
pub(crate) async fn recovers(source: &ComponentSource, key: &str) {
    let start = Instant::now();
    loop {
        match read(source, key).await {
            Ok(Some(_)) => return,
            other if start.elapsed() > PATIENCE => panic!("it does not recover: {other:?}"),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

pub(crate) fn is(failure: &Failure, code: FailureCode, words: &[&str]) {
    assert_eq!(failure.code, code, "{failure:?}");
    for word in words {
        assert!(failure.message.contains(word), "`{word}` is not in: {failure:?}");
    }
    says_no_secret(failure);
}

pub(crate) fn says_no_secret(failure: &Failure) {
    let said = format!("{failure:?}");
    assert!(!said.contains(CANARY), "{said}");
    assert!(!said.contains("s.") || !said.contains("hvs."), "{said}");
}

/// All of it ends, or the test fails.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

pub(crate) fn shared(source: ComponentSource) -> Arc<ComponentSource> {
    Arc::new(source)
}
