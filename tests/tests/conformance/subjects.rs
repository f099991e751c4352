//! The bundled plugins as subjects of the conformance suite, each with a world of its own; the double; and sources that
//! break a rule, for the suite itself.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use harmony_config_core::{
    ConfigError, ConfigSource, Coordinate, Entry, Failure, FailureCode, Features, Page, Request, Sensitivity,
};
use harmony_config_host::{Answer, Form, Host, HostBuilder, Places, Plugin, Prompter, SourceBuilder, Variables};
use harmony_config_test::World;
use harmony_config_tests::conformance::Subject;
use serde_json::{Map, Value, json};
use sqlx::{Connection, SqliteConnection};

fn places(folder: &Path) -> Places {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    let config = Some(folder.join("user"));
    Places { data: Some(folder.to_owned()), cache: Some(cache), config, ..Places::default() }
}

pub(crate) fn builder(folder: &Path) -> HostBuilder {
    Host::builder().places(places(folder)).variables(Variables::fixed(BTreeMap::<String, String>::new()))
}

pub(crate) fn source(host: &Host, name: &str, settings: Value) -> SourceBuilder {
    let plugin = Plugin::bundled(name).unwrap_or_else(|| panic!("the plugin `{name}` is not bundled"));
    let settings: Map<String, Value> = settings.as_object().unwrap().clone();
    // Far above what any check needs: a busy machine is no failure.
    host.source(name, plugin).grant_what_it_wants().settings(settings).timeout(std::time::Duration::from_secs(20))
}

pub(crate) fn unknown(host: &Host, name: &str) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
    let built = source(host, name, json!({ "no-such-setting": "canary" })).build();
    Some(built.map(|source| Arc::new(source) as Arc<dyn ConfigSource>))
}

pub(crate) struct Env {
    folder: tempfile::TempDir,
    variables: Mutex<BTreeMap<String, String>>,
}

impl Env {
    pub(crate) fn new() -> Self {
        Env { folder: tempfile::tempdir().unwrap(), variables: Mutex::default() }
    }

    fn host(&self) -> Host {
        builder(self.folder.path()).variables(Variables::fixed(self.variables.lock().unwrap().clone())).build()
    }

    fn variable(&self, at: &Coordinate) -> String {
        let instance = at.instance().map(|instance| format!("__AT__{instance}")).unwrap_or_default();
        format!("HARMONY_CONFIG_{}{instance}", at.key()).replace('-', "_")
    }
}

#[async_trait]
impl Subject for Env {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host(), "env", json!({})).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        self.variables.lock().unwrap().insert(self.variable(at), text.to_owned());
        true
    }

    async fn put_field(&self, at: &Coordinate, field: &str, text: &str) -> bool {
        self.variables.lock().unwrap().insert(format!("{}__{field}", self.variable(at)), text.to_owned());
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host(), "env")
    }

    fn has_namespaces(&self) -> bool {
        false
    }

    fn spelled(&self, name: &str) -> String {
        let name = name.replace('-', "_");
        if cfg!(windows) { name.to_uppercase() } else { name }
    }

    /// `A-_-` would be the variable `A___`, which is the field `_` of `A`: `__` stands between a key and a field.
    fn tells_apart(&self, name: &str) -> bool {
        let spelled = self.spelled(name);
        !spelled.contains("__") && !spelled.split('@').any(|part| part.ends_with('_'))
    }
}

pub(crate) struct Sqlite {
    folder: tempfile::TempDir,
    host: Host,
    connection: tokio::sync::Mutex<Option<SqliteConnection>>,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = builder(folder.path()).build();
        Sqlite { folder, host, connection: tokio::sync::Mutex::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("values.db")
    }
}

#[async_trait]
impl Subject for Sqlite {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host, "sqlite", json!({ "path": self.path() })).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        let mut slot = self.connection.lock().await;
        let connection = match &mut *slot {
            Some(connection) => connection,
            None => {
                let made = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", self.path().display())).await;
                let connection = slot.insert(made.unwrap());
                let tables = "PRAGMA synchronous = OFF; PRAGMA busy_timeout = 20000;
                    CREATE TABLE IF NOT EXISTS config (
                        key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL DEFAULT (datetime('now')));
                    CREATE TABLE IF NOT EXISTS config_scoped (
                        namespace TEXT NOT NULL, key TEXT NOT NULL, instance TEXT NOT NULL DEFAULT '', value TEXT NOT NULL,
                        updated_at TEXT NOT NULL DEFAULT (datetime('now')), PRIMARY KEY (namespace, key, instance)) WITHOUT ROWID";
                sqlx::raw_sql(tables).execute(&mut *connection).await.unwrap();
                connection
            }
        };
        let query = if at.namespace() == self.default_namespace() && at.instance().is_none() {
            sqlx::query("INSERT OR REPLACE INTO config (key, value) VALUES (?, ?)").bind(at.key().to_owned())
        } else {
            sqlx::query("INSERT OR REPLACE INTO config_scoped (namespace, key, instance, value) VALUES (?, ?, ?, ?)")
                .bind(at.namespace().to_owned())
                .bind(at.key().to_owned())
                .bind(at.instance().unwrap_or_default().to_owned())
        };
        query.bind(text.to_owned()).execute(connection).await.unwrap();
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "sqlite")
    }
}

pub(crate) struct LocalFile {
    folder: tempfile::TempDir,
    host: Host,
}

impl LocalFile {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = builder(folder.path()).build();
        LocalFile { folder, host }
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("values")
    }
}

#[async_trait]
impl Subject for LocalFile {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host, "local-file", json!({ "dir": self.directory() })).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        let folder = match at.namespace() == self.default_namespace() {
            true => self.directory(),
            false => self.directory().join(at.namespace()),
        };
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&folder).unwrap();
        fs::write(folder.join(format!("{at}.json")), text).unwrap();
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "local-file")
    }

    fn spelled(&self, name: &str) -> String {
        if cfg!(any(windows, target_os = "macos")) { name.to_lowercase() } else { name.to_owned() }
    }
}

pub(crate) struct Prompt {
    _folder: tempfile::TempDir,
    host: Host,
    person: Arc<Person>,
}

impl Prompt {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let person = Arc::new(Person::default());
        let host = builder(folder.path()).prompter(Arc::clone(&person) as _).build();
        Prompt { _folder: folder, host, person }
    }
}

#[async_trait]
impl Subject for Prompt {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host, "prompt", json!({})).build().unwrap())
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "prompt")
    }

    fn has_namespaces(&self) -> bool {
        false
    }

    fn times_asked(&self) -> usize {
        self.person.asked.load(Ordering::SeqCst)
    }
}

/// An identity at which nobody is signed in: as a source it has nothing, and asks nobody for it.
pub(crate) struct Zitadel {
    _folder: tempfile::TempDir,
    host: Host,
}

impl Zitadel {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = builder(folder.path()).build();
        Zitadel { _folder: folder, host }
    }
}

#[async_trait]
impl Subject for Zitadel {
    fn source(&self) -> Arc<dyn ConfigSource> {
        // Nobody listens there, and nobody has to.
        let settings = json!({ "issuer": "http://127.0.0.1:9", "client-id": "harmony" });
        Arc::new(source(&self.host, "zitadel", settings).build().unwrap())
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "zitadel")
    }
}

/// Answers every question with `typed`.
#[derive(Default)]
struct Person {
    asked: AtomicUsize,
}

#[async_trait]
impl Prompter for Person {
    fn unavailable(&self) -> Option<Failure> {
        None
    }

    async fn ask(&self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = |path: Vec<String>| Answer { path, value: "typed".into() };
        Ok(forms.into_iter().map(|form| form.questions.into_iter().map(|q| answer(q.path)).collect()).collect())
    }
}

/// The store of `harmony-config-test`.
pub(crate) struct Double(pub(crate) World);

impl Subject for Double {
    fn source(&self) -> Arc<dyn ConfigSource> {
        self.0.sources().into_iter().find(|source| source.name() == "store").unwrap()
    }

    fn has_namespaces(&self) -> bool {
        false
    }
}

/// One rule that a source breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    FallsBack,
    ForgetsConditions,
    KeepsWhatIsRemoved,
    MixesNamespaces,
    ListsEverything,
    Truncates,
}

/// A source that keeps every rule but one.
#[derive(Clone)]
pub(crate) struct Broken {
    fault: Fault,
    held: Arc<Mutex<BTreeMap<String, (Coordinate, Value)>>>,
}

impl Broken {
    pub(crate) fn new(fault: Fault) -> Self {
        Broken { fault, held: Arc::default() }
    }

    fn id(&self, at: &Coordinate) -> String {
        match self.fault {
            Fault::MixesNamespaces => at.to_string(),
            _ => format!("{}/{at}", at.namespace()),
        }
    }

    fn version(&self, id: &str) -> String {
        self.held.lock().unwrap().get(id).map(|(_, value)| format!("v{value}")).unwrap_or_default()
    }

    fn expect(&self, id: &str, expected: Option<&str>) -> Result<(), Failure> {
        let holds =
            self.fault == Fault::ForgetsConditions || expected.is_none_or(|expected| expected == self.version(id));
        if holds { Ok(()) } else { Err(Failure::new(FailureCode::Conflict, "changed")) }
    }
}

impl Subject for Broken {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl ConfigSource for Broken {
    async fn get(&self, _key: &str) -> Result<Option<Value>, ConfigError> {
        Ok(None)
    }

    async fn set(&self, _key: &str, _value: &Value) -> Result<(), ConfigError> {
        Ok(())
    }

    fn plugin(&self) -> &str {
        "test"
    }

    fn features(&self) -> Features {
        Features::from_names(["persists", "writable", "lists"])
    }

    async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        let held = self.held.lock().unwrap();
        let mut found = held.get(&self.id(&request.at));
        if found.is_none() && self.fault == Fault::FallsBack {
            let plain = Coordinate::new(request.at.namespace(), request.at.key(), None).unwrap();
            found = held.get(&self.id(&plain));
        }
        let entry = |value: &Value| Entry {
            version: Some(format!("v{value}")),
            ..Entry::whole(value.clone(), self.id(&request.at))
        };
        Ok(found.map(|(_, value)| entry(value)))
    }

    async fn write(&self, request: &Request, value: &Value, expected: Option<&str>) -> Result<Option<String>, Failure> {
        let id = self.id(&request.at);
        self.expect(&id, expected)?;
        let kept = match value {
            Value::String(text) if self.fault == Fault::Truncates => text.chars().take(10).collect::<String>().into(),
            value => value.clone(),
        };
        self.held.lock().unwrap().insert(id, (request.at.clone(), kept));
        Ok(Some(format!("v{value}")))
    }

    async fn remove(&self, request: &Request, expected: Option<&str>) -> Result<(), Failure> {
        let id = self.id(&request.at);
        self.expect(&id, expected)?;
        if self.fault != Fault::KeepsWhatIsRemoved {
            self.held.lock().unwrap().remove(&id);
        }
        Ok(())
    }

    async fn list(&self, namespace: &str, prefix: &str, _after: Option<&str>) -> Result<Page, Failure> {
        let held = self.held.lock().unwrap();
        let asked = |at: &&Coordinate| {
            self.fault == Fault::ListsEverything || at.namespace() == namespace && at.key().starts_with(prefix)
        };
        let entries = held.values().map(|(at, _)| at).filter(asked).map(|at| (at.clone(), Sensitivity::Secret));
        Ok(Page { entries: entries.collect(), next: None })
    }
}
