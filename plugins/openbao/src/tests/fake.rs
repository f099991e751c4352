//! A world with a scripted server, its own clock, and sessions that all instances share.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    ops::Deref,
    rc::Rc,
    time::Duration,
};

use harmony_config_sdk::{Expected, Failure, Host, session::Kept, version_of};
use serde_json::{Value, json};

use super::recordings::{self, Recording};
use crate::{
    Store,
    address::Address,
    http::{Answer, Fault, Outgoing},
    settings::Given,
    world::World,
};

/// A request as it was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sent {
    /// `GET /v1/team/data/harmony/AppConfig`.
    pub(super) line: String,
    pub(super) token: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) body: Option<Value>,
}

/// How much of a recorded request has to be met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Like {
    /// All of it.
    Exactly,
    /// Method, path and the types in the body.
    Shape,
    /// Nothing: only what came back is of interest.
    Answer,
}

struct Step {
    recording: Option<(Recording, Like)>,
    result: Result<Answer, Fault>,
}

/// What an identity answers, and who is signed in then.
type HandedOut = (Result<String, Failure>, Option<&'static str>);

type Otherwise = Box<dyn Fn(&Sent) -> Result<Answer, Fault>>;

#[derive(Default)]
pub(super) struct Fake {
    script: RefCell<VecDeque<Step>>,
    otherwise: RefCell<Option<Otherwise>>,
    sent: RefCell<Vec<Sent>>,
    /// How many were sent together, the last time.
    pub(super) together: Cell<usize>,
    variables: RefCell<BTreeMap<String, String>>,
    files: RefCell<BTreeMap<String, String>>,
    pub(super) files_read: Cell<usize>,
    /// Who is signed in at the identity, as the host says it; none where nobody is.
    pub(super) current: RefCell<Option<String>>,
    /// What the identity answers, one after the other, and who is signed in then.
    pub(super) tokens: RefCell<VecDeque<HandedOut>>,
    /// The settings that a token was asked for with.
    pub(super) asked: RefCell<Vec<String>>,
    /// How long the identity takes: a person may be asked there.
    pub(super) identity_takes: Cell<Duration>,
    pub(super) within_turn: Rc<Cell<bool>>,
    pub(super) sessions: RefCell<BTreeMap<String, String>>,
    /// What somebody else does while this one waits for its turn.
    pub(super) meanwhile: RefCell<Option<(String, String)>>,
    pub(super) turns: Cell<usize>,
    pub(super) now: Cell<u64>,
    clock: Cell<Duration>,
    pub(super) rests: RefCell<Vec<Duration>>,
    pub(super) said: RefCell<Vec<String>>,
}

/// Ends when it is dropped.
pub(super) struct Turn(Rc<Cell<bool>>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// One instance of the source.
pub(super) struct Instance(Store<Rc<Fake>>);

impl Deref for Instance {
    type Target = Store<Rc<Fake>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Instance {
    /// As a host would say it of its calls.
    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.0.timeout = timeout;
    }
}

impl Fake {
    pub(super) fn new() -> Rc<Self> {
        let fake = Fake::default();
        fake.now.set(1_800_000_000);
        Rc::new(fake)
    }

    pub(super) fn instance(self: &Rc<Self>, mut settings: Value) -> Instance {
        if settings.get("address").is_none() {
            settings["address"] = json!(super::AT);
        }
        let settings = serde_json::from_value::<Given>(settings).unwrap().check().unwrap();
        Instance(Store::new(Rc::clone(self), settings, &Host::of("harmony")))
    }

    /// Sets a variable.
    pub(super) fn set(&self, name: &str, value: &str) {
        self.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Writes the file of a setting, given as `auth.0.file`.
    pub(super) fn file(&self, setting: &str, text: &str) {
        self.files.borrow_mut().insert(setting.to_owned(), text.to_owned());
    }

    /// The next answer.
    pub(super) fn answers(&self, result: Result<Answer, Fault>) -> &Self {
        self.script.borrow_mut().push_back(Step { recording: None, result });
        self
    }

    /// The next answers, however many there are.
    pub(super) fn always(&self, answer: impl Fn(&Sent) -> Result<Answer, Fault> + 'static) -> &Self {
        *self.otherwise.borrow_mut() = Some(Box::new(answer));
        self
    }

    /// The next request has to be that of the recording, and is answered as it was.
    pub(super) fn plays(&self, file: &str, name: &str) -> &Self {
        self.play(file, name, Like::Exactly)
    }

    /// The same, but the texts in the body may be others.
    pub(super) fn plays_the_like_of(&self, file: &str, name: &str) -> &Self {
        self.play(file, name, Like::Shape)
    }

    /// The next request is answered as in the recording, whatever it is.
    pub(super) fn answers_as(&self, file: &str, name: &str) -> &Self {
        self.play(file, name, Like::Answer)
    }

    fn play(&self, file: &str, name: &str, like: Like) -> &Self {
        let recording = recordings::recording(file, name);
        let result = Ok(recording.answer());
        self.script.borrow_mut().push_back(Step { recording: Some((recording, like)), result });
        self
    }

    /// What was sent since the last time, and that nothing of the script is left.
    #[track_caller]
    pub(super) fn sent(&self) -> Vec<Sent> {
        let left = self.script.borrow().len();
        assert_eq!(left, 0, "as many answers of the script were not asked for");
        self.sent.take()
    }

    /// The same, as lines.
    #[track_caller]
    pub(super) fn lines(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.line).collect()
    }

    fn answer(&self, sent: Sent) -> Result<Answer, Fault> {
        let result = match self.script.borrow_mut().pop_front() {
            Some(Step { recording, result }) => {
                if let Some((recording, like)) = recording {
                    compare(&sent, &recording, like);
                }
                result
            }
            None => match self.otherwise.borrow().as_ref() {
                Some(otherwise) => otherwise(&sent),
                None => panic!("nobody expected {sent:?}"),
            },
        };
        self.sent.borrow_mut().push(sent);
        result
    }
}

#[track_caller]
fn compare(sent: &Sent, recording: &Recording, like: Like) {
    if like == Like::Answer {
        return;
    }
    let recorded = &recording.request;
    assert_eq!(sent.line, format!("{} {}", recorded.method, recorded.path), "{}", recording.name);
    assert_eq!(sent.token.is_some(), recorded.token.is_some(), "{}: the token", recording.name);
    let namespace = recorded.headers.get("X-Vault-Namespace").cloned();
    assert_eq!(sent.namespace, namespace, "{}", recording.name);
    let body = sent.body.clone().unwrap_or_default();
    match like {
        Like::Exactly => assert!(is_same(&body, &recorded.body), "{}: {body}", recording.name),
        Like::Shape | Like::Answer => assert_eq!(shape(&body), shape(&recorded.body), "{}", recording.name),
    }
}

/// A text in angle brackets stands for one that was taken out of the recording.
fn is_same(sent: &Value, recorded: &Value) -> bool {
    match (sent, recorded) {
        (Value::Object(sent), Value::Object(recorded)) => {
            sent.len() == recorded.len()
                && sent.iter().all(|(name, value)| recorded.get(name).is_some_and(|other| is_same(value, other)))
        }
        (Value::String(_), Value::String(recorded)) if recorded.starts_with('<') => true,
        (sent, recorded) => sent == recorded,
    }
}

fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        other => other.clone(),
    }
}

impl World for Rc<Fake> {
    type Turn = Turn;

    fn send(&self, to: &Address, requests: &[Outgoing<'_>], time: Duration) -> Vec<Result<Answer, Fault>> {
        self.together.set(requests.len());
        let answer = |request: &Outgoing<'_>| {
            let sent = Sent {
                line: format!("{} {}/v1/{}", request.method.as_str(), to.prefix, request.path),
                token: request.token.map(str::to_owned),
                namespace: request.namespace.map(str::to_owned),
                body: request.body.map(|body| serde_json::from_slice(body).unwrap()),
            };
            self.answer(sent)
        };
        let results: Vec<Result<Answer, Fault>> = requests.iter().map(answer).collect();
        if results.iter().any(|result| matches!(result, Err(Fault::TimedOut))) {
            self.clock.set(self.clock.get() + time);
        }
        results
    }

    fn variable(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.variables.borrow().get(name).cloned().filter(|value| !value.is_empty()))
    }

    fn credential_file(&self, setting: &[&str]) -> Result<Option<String>, Failure> {
        self.files_read.set(self.files_read.get() + 1);
        Ok(self.files.borrow().get(&setting.join(".")).cloned().filter(|text| !text.is_empty()))
    }

    fn identity_token(&self, setting: &[&str]) -> Result<(String, String), Failure> {
        assert!(!self.within_turn.get(), "nobody may have a turn while an identity is asked");
        self.clock.set(self.clock.get() + self.identity_takes.get());
        self.asked.borrow_mut().push(setting.join("."));
        let (answer, current) = self.tokens.borrow_mut().pop_front().expect("nobody expected the identity to be asked");
        *self.current.borrow_mut() = current.map(str::to_owned);
        answer.map(|jwt| (jwt, current.unwrap_or_default().to_owned()))
    }

    fn current_identity(&self, _: &[&str]) -> Result<Option<String>, Failure> {
        Ok(self.current.borrow().clone())
    }

    fn load(&self, name: &str) -> Result<Option<Kept>, Failure> {
        let kept = self.sessions.borrow().get(name).cloned();
        Ok(kept.map(|value| Kept { version: version_of(&value), value }))
    }

    fn save(&self, name: &str, value: &str, expected: &Expected) -> Result<String, Failure> {
        assert_eq!(*expected, Expected::Anything);
        self.sessions.borrow_mut().insert(name.to_owned(), value.to_owned());
        Ok(version_of(value))
    }

    fn remove(&self, name: &str, expected: &Expected) -> Result<(), Failure> {
        let version = self.load(name)?.map(|kept| Expected::Version(kept.version));
        assert_eq!(version.as_ref(), Some(expected));
        self.sessions.borrow_mut().remove(name);
        Ok(())
    }

    fn enter(&self, name: &str) -> Result<Turn, Failure> {
        self.within_turn.set(true);
        self.turns.set(self.turns.get() + 1);
        if let Some((of, value)) = self.meanwhile.take() {
            assert_eq!(of, name);
            self.sessions.borrow_mut().insert(of, value);
        }
        Ok(Turn(Rc::clone(&self.within_turn)))
    }

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn clock(&self) -> Duration {
        self.clock.get()
    }

    fn rest(&self, time: Duration) {
        self.rests.borrow_mut().push(time);
        self.clock.set(self.clock.get() + time);
    }

    fn random(&self) -> u64 {
        7
    }

    fn debug(&self, message: &str) {
        self.said.borrow_mut().push(message.to_owned());
    }
}
