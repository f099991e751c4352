//! A world with an issuer, a person, a clock, and sessions that all instances share.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use harmony_config_plugin_shared::http::{Answer, Fault, Outgoing};
use harmony_config_sdk::{Expected, Failure, Host, attention::Page, session::Kept, version_of};
use openidconnect::url::form_urlencoded;
use serde_json::{Value, json};

use super::{CLIENT, ISSUER, keys::Signer};
use crate::{
    Store,
    settings::Given,
    world::{Notice, World},
};

/// A request as it was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sent {
    /// `POST https://sso.example.com/token`.
    pub(super) line: String,
    pub(super) form: BTreeMap<String, String>,
    /// Whether the right to renew was had meanwhile.
    pub(super) within_turn: bool,
    /// How long it might have taken.
    pub(super) time: Duration,
}

type Reply = Result<Answer, Fault>;
type Happening = Box<dyn FnOnce(&Fake)>;

pub(super) struct Fake {
    pub(super) now: Cell<u64>,
    clock: Cell<Duration>,
    /// What the issuer says of itself.
    pub(super) document: RefCell<Value>,
    /// With whose keys it signs.
    pub(super) keys: RefCell<Vec<Signer>>,
    /// What its clock says more than this one.
    pub(super) ahead: Cell<i64>,
    /// Replies by path, before what the issuer would say.
    replies: RefCell<BTreeMap<String, VecDeque<Reply>>>,
    sent: RefCell<Vec<Sent>>,
    variables: RefCell<BTreeMap<String, String>>,
    pub(super) file: RefCell<Option<String>>,
    pub(super) sessions: RefCell<BTreeMap<String, String>>,
    pub(super) saves: Cell<usize>,
    within_turn: Cell<bool>,
    /// What somebody else does while this one waits for its turn.
    pub(super) before_turn: RefCell<Option<Happening>>,
    /// Somebody else has the turn, for ever.
    pub(super) turn_is_taken: Cell<bool>,
    /// What somebody else does while the next form is sent.
    pub(super) while_sending: RefCell<Option<Happening>>,
    /// Whether anybody sits there.
    pub(super) has_person: Cell<bool>,
    pub(super) pages: RefCell<Vec<Page>>,
    pub(super) said: RefCell<Vec<String>>,
    pub(super) waits: RefCell<Vec<u64>>,
    /// The wait in which the person says no, and how.
    pub(super) cancels_at: RefCell<Option<(usize, Failure)>>,
    /// What happens in the first wait.
    pub(super) meanwhile: RefCell<Option<Happening>>,
    pub(super) logged: RefCell<Vec<String>>,
}

impl Fake {
    pub(super) fn new() -> Rc<Self> {
        let at = |path: &str| json!(format!("{ISSUER}{path}"));
        Rc::new(Fake {
            now: Cell::new(1_800_000_000),
            clock: Cell::default(),
            document: RefCell::new(json!({
                "issuer": ISSUER,
                "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"),
                "device_authorization_endpoint": at("/device"),
                "revocation_endpoint": at("/revoke"),
                "jwks_uri": at("/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "grant_types_supported": ["refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            })),
            keys: RefCell::new(vec![Signer::First]),
            ahead: Cell::default(),
            replies: RefCell::default(),
            sent: RefCell::default(),
            variables: RefCell::default(),
            file: RefCell::default(),
            sessions: RefCell::default(),
            saves: Cell::default(),
            within_turn: Cell::default(),
            before_turn: RefCell::default(),
            turn_is_taken: Cell::default(),
            while_sending: RefCell::default(),
            has_person: Cell::new(true),
            pages: RefCell::default(),
            said: RefCell::default(),
            waits: RefCell::default(),
            cancels_at: RefCell::default(),
            meanwhile: RefCell::default(),
            logged: RefCell::default(),
        })
    }

    /// An instance with these settings, the issuer and the client besides.
    pub(super) fn instance(self: &Rc<Self>, settings: &Value) -> Store<Rc<Fake>> {
        let mut all = json!({ "issuer": ISSUER, "client-id": CLIENT });
        for (name, value) in settings.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.bare_instance(all)
    }

    pub(super) fn bare_instance(self: &Rc<Self>, settings: Value) -> Store<Rc<Fake>> {
        let settings = serde_json::from_value::<Given>(settings).unwrap().check().unwrap();
        let mut host = Host::of("harmony");
        host.source = Some("sso".to_owned());
        Store::new(Rc::clone(self), settings, &host)
    }

    pub(super) fn set(&self, name: &str, value: &str) {
        self.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// The next reply at a path.
    pub(super) fn replies(&self, path: &str, reply: Reply) -> &Self {
        self.replies.borrow_mut().entry(path.to_owned()).or_default().push_back(reply);
        self
    }

    /// What was sent since the last time, and that every reply was wanted.
    #[track_caller]
    pub(super) fn sent(&self) -> Vec<Sent> {
        let left: Vec<String> = self
            .replies
            .borrow()
            .iter()
            .filter(|(_, replies)| !replies.is_empty())
            .map(|(path, replies)| format!("{path}: {}", replies.len()))
            .collect();
        assert!(left.is_empty(), "nobody wanted the replies {left:?}");
        self.sent.take()
    }

    /// The same, as the paths alone.
    #[track_caller]
    pub(super) fn paths(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.line.rsplit('/').next().unwrap().to_owned()).collect()
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.set(self.clock.get() + time);
        self.now.set(self.now.get() + time.as_secs());
    }

    /// Another program that puts this under the name of the one client.
    pub(super) fn keep(&self, record: &Value) {
        let name = json!([ISSUER, CLIENT]).to_string();
        self.sessions.borrow_mut().insert(name, record.to_string());
    }

    /// What is kept there.
    pub(super) fn kept(&self) -> Option<Value> {
        let name = json!([ISSUER, CLIENT]).to_string();
        self.sessions.borrow().get(&name).map(|text| serde_json::from_str(text).unwrap())
    }

    fn reply(&self, path: &str) -> Reply {
        if let Some(reply) = self.replies.borrow_mut().get_mut(path).and_then(VecDeque::pop_front) {
            return reply;
        }
        let body = match path {
            "/.well-known/openid-configuration" => self.document.borrow().clone(),
            "/keys" => json!({ "keys": self.keys.borrow().iter().map(|key| key.public()).collect::<Vec<_>>() }),
            "/device" => json!({
                "device_code": "canary-device-code",
                "user_code": "WDJB-MJHT",
                "verification_uri": format!("{ISSUER}/device"),
                "verification_uri_complete": format!("{ISSUER}/device?user_code=WDJB-MJHT"),
                "expires_in": 300,
            }),
            "/revoke" => json!({}),
            other => panic!("nobody expected a request to {other}"),
        };
        super::status(200, &body)
    }
}

/// Ends when it is dropped.
pub(super) struct Turn(Rc<Fake>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.within_turn.set(false);
    }
}

/// The page, while it is shown.
pub(super) struct Shown(Rc<Fake>);

impl Notice for Shown {
    fn wait(&self, time: Duration) -> Result<(), Failure> {
        let fake = &self.0;
        let number = fake.waits.borrow().len();
        fake.waits.borrow_mut().push(time.as_secs());
        if let Some((at, failure)) = fake.cancels_at.borrow().as_ref()
            && *at == number
        {
            return Err(failure.clone());
        }
        fake.pass(time);
        if let Some(happening) = fake.meanwhile.take() {
            happening(fake);
        }
        Ok(())
    }

    fn say(&self, text: &str) {
        self.0.said.borrow_mut().push(text.to_owned());
    }
}

impl World for Rc<Fake> {
    type Turn = Turn;
    type Notice = Shown;

    fn send(&self, request: Outgoing<'_>, time: Duration) -> Reply {
        let scheme = if request.secure { "https" } else { "http" };
        let body = request.body.unwrap_or_default();
        self.sent.borrow_mut().push(Sent {
            line: format!("{} {scheme}://{}{}", request.method.as_str(), request.authority, request.path),
            form: form_urlencoded::parse(body).into_owned().collect(),
            within_turn: self.within_turn.get(),
            time,
        });
        let mut reply = self.reply(&request.path);
        if request.body.is_some()
            && let Some(happening) = self.while_sending.take()
        {
            happening(self);
        }
        if reply.as_ref().is_err_and(|fault| *fault == Fault::TimedOut) {
            self.pass(time);
        }
        if let Ok(answer) = &mut reply {
            let date = crate::time::moment(self.now.get().saturating_add_signed(self.ahead.get()));
            answer.head.date = Some(date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        }
        reply
    }

    fn variable(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.variables.borrow().get(name).cloned())
    }

    fn credential_file(&self, setting: &[&str]) -> Result<Option<String>, Failure> {
        assert_eq!(setting, ["key-file"]);
        Ok(self.file.borrow().clone())
    }

    fn show(&self, page: &Page) -> Result<Shown, Failure> {
        assert!(!self.within_turn.get(), "nobody waits for a person while others wait for the turn");
        if !self.has_person.get() {
            return Err(Failure::interaction_required("nobody is here to be asked"));
        }
        if !page.address.starts_with(ISSUER) {
            return Err(Failure::denied("it is of another origin"));
        }
        self.pages.borrow_mut().push(page.clone());
        Ok(Shown(Rc::clone(self)))
    }

    fn load(&self, name: &str) -> Result<Option<Kept>, Failure> {
        let kept = self.sessions.borrow().get(name).cloned();
        Ok(kept.map(|value| Kept { version: version_of(&value), value }))
    }

    fn save(&self, name: &str, value: &str, expected: &Expected) -> Result<String, Failure> {
        let there = self.load(name)?.map(|kept| kept.version);
        match expected {
            Expected::Anything => {}
            Expected::Nothing if there.is_none() => {}
            Expected::Version(version) if there.as_ref() == Some(version) => {}
            _ => return Err(Failure::conflict("somebody else wrote it")),
        }
        self.saves.set(self.saves.get() + 1);
        self.sessions.borrow_mut().insert(name.to_owned(), value.to_owned());
        Ok(version_of(value))
    }

    fn remove(&self, name: &str, expected: &Expected) -> Result<(), Failure> {
        if let Expected::Version(version) = expected
            && self.load(name)?.is_none_or(|kept| kept.version != *version)
        {
            return Err(Failure::conflict("somebody else wrote it"));
        }
        self.sessions.borrow_mut().remove(name);
        Ok(())
    }

    fn enter(&self, _: &str) -> Result<Turn, Failure> {
        if let Some(happening) = self.before_turn.take() {
            happening(self);
        }
        if self.turn_is_taken.get() {
            return Err(Failure::unavailable("somebody else has the turn").remedy("try again"));
        }
        assert!(!self.within_turn.replace(true), "it would wait for itself");
        Ok(Turn(Rc::clone(self)))
    }

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn clock(&self) -> Duration {
        self.clock.get()
    }

    fn rest(&self, time: Duration) {
        self.pass(time);
    }

    fn debug(&self, message: &str) {
        self.logged.borrow_mut().push(message.to_owned());
    }
}
