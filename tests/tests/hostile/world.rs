//! A host with a hostile source and a bystander on it, and what must hold after every misbehaviour.

use std::{
    cell::Cell,
    fmt::Debug,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use harmony_config_core::{
    Blame, ConfigManager, ConfigSource, Coordinate, Entry, Failure, FailureCode, Interaction, OnError, Request, Shape,
};
use harmony_config_host::{
    Answer, ComponentSource, Form, Grants, Host, HostBuilder, Keyrings, MemoryKeyring, Places, Plugin, Prompter,
    SourceBuilder, Variables,
};
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt;

/// The secret in the environment; it must never come out again.
pub(crate) const CANARY: &str = "canary-7Qx-of-env";

/// The prefix of the app's variables.
pub(crate) const PREFIX: &str = "HARMONY_CONFIG_";

/// No misbehaviour may hold its caller longer. Far above the deadline of a source: a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(10);

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/wasm/hostile.wasm")
}

/// No misbehaviour may keep a thread to itself for longer: others wait for it. Far above what a yield takes.
const LONGEST_HOLD: Duration = Duration::from_secs(2);

static HOSTILE: LazyLock<Arc<Plugin>> = LazyLock::new(|| {
    Plugin::from_file(&path())
        .unwrap_or_else(|error| panic!("{error}\nbuild the test guests first: cargo xtask guests --tests"))
});

/// The same, without the wish for a directory: a source that wants one and was not granted it is never called at all.
static WITHOUT_FILES: LazyLock<Arc<Plugin>> = LazyLock::new(|| {
    let mut wasm = std::fs::read(path()).unwrap();
    let wish = br#""files":{"setting":"dir"}"#;
    let places: Vec<usize> = (0..wasm.len() - wish.len()).filter(|at| wasm[*at..].starts_with(wish)).collect();
    assert!(!places.is_empty(), "the facts say what it wants");
    for at in places {
        wasm[at + 1..][..5].copy_from_slice(b"wishe");
    }
    Plugin::from_bytes(wasm).unwrap()
});

/// The component of all guests.
pub(crate) fn hostile() -> Arc<Plugin> {
    Arc::clone(&WITHOUT_FILES)
}

/// A host of its own for one test.
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) prompter: Arc<Person>,
    pub(crate) keyring: Arc<MemoryKeyring>,
}

impl World {
    pub(crate) fn new() -> Self {
        World::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(HostBuilder) -> HostBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            data: Some(folder.path().join("data")),
            // Shared by the tests: the component is compiled once.
            cache: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile")),
            config: Some(folder.path().join("user")),
            home: Some(folder.path().to_owned()),
            keyring: false,
        };
        let prompter = Arc::new(Person::default());
        let keyring = Arc::new(MemoryKeyring::default());
        let builder = Host::builder().places(places).variables(variables()).prompter(Arc::clone(&prompter) as _);
        let builder = builder.keyrings(Keyrings::Memory(Arc::clone(&keyring)));
        World { host: change(builder).build(), folder, prompter, keyring }
    }

    /// A guest of this name as a source, with nothing granted.
    pub(crate) fn guest(&self, name: &str) -> SourceBuilder {
        self.guest_with(name, json!({}))
    }

    pub(crate) fn guest_with(&self, name: &str, mut settings: Value) -> SourceBuilder {
        settings["guest"] = name.into();
        let settings = settings.as_object().unwrap().clone();
        let plugin = if settings.contains_key("dir") { Arc::clone(&HOSTILE) } else { hostile() };
        self.host.source("guest", plugin).settings(settings).timeout(Duration::from_secs(1))
    }

    /// A guest with these grants, and a bystander.
    pub(crate) async fn case(&self, name: &str, grants: Grants) -> Case<'_> {
        Case::of(self, self.guest(name).grants(grants).build().unwrap()).await
    }

    /// The guest misbehaves when it is asked for a value: what is asserted of every such guest. Answers with the failure.
    pub(crate) async fn fails_in_get(&self, name: &str, grants: Grants) -> Failure {
        let case = self.case(name, grants).await;
        let failure = case.fails(case.source.read(&bad())).await;
        case.goes_on(&failure).await;
        failure
    }
}

/// A hostile source and a bystander on one host.
pub(crate) struct Case<'a> {
    world: &'a World,
    pub(crate) source: ComponentSource,
    bystander: ComponentSource,
    /// What the instances held before the misbehaviour.
    before: usize,
}

impl<'a> Case<'a> {
    pub(crate) async fn of(world: &'a World, source: ComponentSource) -> Self {
        let env = Plugin::bundled("env").expect("the plugin `env` is bundled");
        let bystander = world.host.source("env", env).grant_what_it_wants().build().unwrap();
        answers(&bystander, &bad(), "env").await;
        // A guest that misbehaves while it is configured has no good side.
        let _ = source.read(&good()).await;
        let before = world.host.memory_in_use();
        Case { world, source, bystander, before }
    }

    /// Runs a call that must fail in bounded time, while the bystander is served on the same thread.
    pub(crate) async fn fails<T: Debug>(&self, call: impl Future<Output = Result<T, Failure>>) -> Failure {
        let start = Instant::now();
        let meanwhile = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            answers(&self.bystander, &bad(), "env").await;
        };
        let longest = Cell::new(Duration::ZERO);
        let watch = async {
            loop {
                let before = Instant::now();
                tokio::time::sleep(Duration::from_millis(10)).await;
                longest.set(longest.get().max(before.elapsed()));
            }
        };
        let both = async { tokio::join!(tokio::time::timeout(PATIENCE, call), meanwhile) };
        let (answer, ()) = tokio::select! {
            both = both => both,
            () = watch => unreachable!("it watches for ever"),
        };
        assert!(longest.get() < LONGEST_HOLD, "the thread was held for {:?} at once", longest.get());
        let failure = match answer.unwrap_or_else(|_| panic!("no end after {PATIENCE:?}")) {
            Err(failure) => failure,
            Ok(got) => panic!("it got away with it: {got:?}"),
        };
        assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
        assert!(!failure.message.is_empty() && failure.message.len() < 1_100, "{failure}");
        assert!(!failure.message.contains("BREACH"), "{failure}");
        failure
    }

    /// After the misbehaviour: the next call of the source is served, so is another source, the memory is back, and a
    /// chain takes the value from below and says why.
    pub(crate) async fn goes_on(self, failure: &Failure) {
        answers(&self.source, &good(), "guest").await;
        self.goes_on_for_others(failure).await;
    }

    /// The same of a source that misbehaves only where a person may be asked: `explain` asks nobody.
    pub(crate) async fn goes_on_alone(self) {
        answers(&self.source, &good(), "guest").await;
        answers(&self.bystander, &bad(), "env").await;
    }

    /// The same where another source of the test is still there, with what it holds.
    pub(crate) async fn goes_on_with_others(self, failure: &Failure) {
        answers(&self.source, &good(), "guest").await;
        answers(&self.bystander, &bad(), "env").await;
        chain_goes_on(Arc::new(self.source), Arc::new(self.bystander), failure).await;
    }

    /// The same for a source that can never be used.
    pub(crate) async fn goes_on_for_others(self, failure: &Failure) {
        answers(&self.bystander, &bad(), "env").await;
        let host = &self.world.host;
        let slack = if failure.blame == Blame::Plugin { 0 } else { 6 << 20 };
        let after = host.memory_in_use();
        assert!(after <= self.before + slack, "{} bytes before, {after} after", self.before);
        chain_goes_on(Arc::new(self.source), Arc::new(self.bystander), failure).await;
        assert_eq!(host.memory_in_use(), 0, "dropped sources hold nothing");
    }
}

/// In a chain of the two, the value is the bystander's, degraded, and `explain` says why.
async fn chain_goes_on(source: Arc<ComponentSource>, bystander: Arc<ComponentSource>, failure: &Failure) {
    let mut builder = ConfigManager::builder().source(source).source(bystander);
    for code in [FailureCode::Denied, FailureCode::Invalid] {
        builder = builder.on_error("guest", code, OnError::Continue);
    }
    let manager = builder.build().unwrap();
    let (at, shape) = (bad().at, Shape::undeclared());
    let explanation = manager.explain_value(&at, &shape).await;
    let told = serde_json::to_string(&explanation).unwrap();
    assert!(!told.contains(CANARY), "{told}");
    let step = &explanation.steps[0];
    if step.outcome == "hit" {
        // It misbehaves in another call than this one.
        assert_eq!(explanation.winner.as_deref(), Some("guest"), "{told}");
        return;
    }
    assert_eq!(explanation.winner.as_deref(), Some("env"), "{told}");
    assert_eq!(step.outcome, failure.code.as_str(), "{told}");
    assert!(step.message.as_ref().is_some_and(|message| !message.is_empty()), "{told}");
    let resolved = manager.resolve_value(&at, &shape, Interaction::Forbidden).await.unwrap();
    assert_eq!(resolved.value["from"], "env");
    assert!(resolved.origin.degraded);
}

/// The source answers, in bounded time.
pub(crate) async fn answers(source: &ComponentSource, request: &Request, from: &str) {
    let entry = read(source, request).await;
    assert_eq!(entry.value["from"], from);
}

pub(crate) async fn read(source: &ComponentSource, request: &Request) -> Entry {
    let read = tokio::time::timeout(PATIENCE, source.read(request)).await;
    match read.unwrap_or_else(|_| panic!("no answer within {PATIENCE:?}")) {
        Ok(Some(entry)) => entry,
        Ok(None) => panic!("nothing where there is a value"),
        Err(failure) => panic!("{failure}"),
    }
}

/// A request that every guest answers.
pub(crate) fn good() -> Request {
    Request::new(Coordinate::new("harmony", "Good", None).unwrap())
}

/// A request at which a guest misbehaves; the bystander answers it.
pub(crate) fn bad() -> Request {
    Request::new(Coordinate::new("harmony", "Bad", None).unwrap())
}

fn variables() -> Variables {
    let mut pairs = vec![
        (format!("{PREFIX}Bad"), r#"{"from":"env"}"#.to_owned()),
        (format!("{PREFIX}Secret"), json!({ "user": "admin", "password": CANARY }).to_string()),
        (format!("{PREFIX}Password"), CANARY.to_owned()),
        (format!("{PREFIX}Large"), "large ".repeat(20_000)),
        ("PATH".to_owned(), "/bin".to_owned()),
        ("OTHER_CONFIG_Secret".to_owned(), "of another app".to_owned()),
    ];
    pairs.extend(
        (0..4_000).map(|number| (format!("{PREFIX}N{number}"), json!({ "n": format!("value-{number}") }).to_string())),
    );
    Variables::fixed(pairs)
}

/// Somebody who answers every question with `typed`.
#[derive(Default)]
pub(crate) struct Person {
    pub(crate) asked: AtomicUsize,
}

#[async_trait::async_trait]
impl Prompter for Person {
    fn unavailable(&self) -> Option<Failure> {
        None
    }

    async fn ask(&self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = |path: Vec<String>| Answer { path, value: json!({ "from": "person" }) };
        Ok(forms.into_iter().map(|form| form.questions.into_iter().map(|q| answer(q.path)).collect()).collect())
    }
}

/// What is logged on this thread while it lives, at every level.
pub(crate) struct Log {
    written: Arc<Mutex<Vec<u8>>>,
    _guard: Box<dyn std::any::Any>,
}

impl Log {
    pub(crate) fn capture() -> Self {
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Writer(Arc::clone(&written));
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Log { written, _guard: Box::new(subscriber.set_default()) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// The lines that the guest wrote.
    pub(crate) fn of_guest(&self) -> Vec<String> {
        self.text().lines().filter(|line| line.contains("harmony_config::plugin")).map(str::to_owned).collect()
    }
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The failure is the plugin's own, and says so in these words.
pub(crate) fn blames_the_plugin(failure: &Failure, words: &str) {
    assert_eq!((failure.code, failure.blame), (FailureCode::Unavailable, Blame::Plugin), "{failure}");
    assert!(failure.message.contains(words), "{failure}");
    assert!(failure.remedy.as_ref().is_some_and(|remedy| remedy.contains("author of the plugin")), "{failure:?}");
}

/// The failure is the refusal of everything that the guest tried.
pub(crate) fn refuses(failure: &Failure, words: &[&str]) {
    assert_eq!(failure.code, FailureCode::Denied, "{failure}");
    assert!(failure.message.starts_with("refused: "), "{failure}");
    for word in words {
        assert!(failure.message.contains(word), "`{word}` is not in: {failure}");
    }
}
