//! Guests that want more of an identity, or of a person's attention, than they were granted; and what the host makes of an
//! identity's task.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use harmony_config_core::{ConfigSource, Failure, FailureCode, Interaction, Request};
use harmony_config_host::{Answer, Form, Grants, Identity, Left, Notice, Origin, Prompter, SourceBuilder, WebPage};
use serde_json::{Value, json};

use crate::world::{Case, Log, World, bad, refuses};

/// Where the pages are that an identity shows; nobody listens there.
const PAGES: &str = "127.0.0.1:9";

/// All that an identity needs.
fn whole() -> Grants {
    Grants {
        session: true,
        prompt: true,
        http: [Origin::parse(&format!("http://{PAGES}")).unwrap()].into(),
        ..tokens()
    }
}

/// Tokens of the identity that the setting `identity` names.
fn tokens() -> Grants {
    Grants { identities: ["identity".to_owned()].into(), session: true, ..Grants::default() }
}

fn identity(world: &World, guest: &str) -> Identity {
    world
        .guest_with(guest, json!({ "address": PAGES }))
        .grants(whole())
        .timeout(Duration::from_secs(5))
        .build_identity()
        .unwrap()
}

/// A guest that was granted tokens for `team`.
fn with_tokens(world: &World, guest: &str, identity: &Identity) -> SourceBuilder {
    let source = world.guest_with(guest, json!({ "identity": "who" })).grants(tokens());
    source.identity(&["identity"], identity, Some("team"))
}

fn asking() -> Request {
    Request { interaction: Interaction::Allowed, ..bad() }
}

/// Somebody who is shown a page, and says no in this way, or nothing.
#[derive(Default)]
struct Watched {
    shown: AtomicUsize,
    on_screen: Arc<AtomicUsize>,
    no: Option<Left>,
}

struct Page {
    on_screen: Arc<AtomicUsize>,
    no: Option<Left>,
}

#[async_trait]
impl Notice for Page {
    async fn left(&self) -> Left {
        match self.no {
            Some(left) => left,
            None => std::future::pending().await,
        }
    }

    fn say(&self, _: &str) {}
}

impl Drop for Page {
    fn drop(&mut self) {
        self.on_screen.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Prompter for Watched {
    fn unavailable(&self) -> Option<Failure> {
        None
    }

    async fn ask(&self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        Ok(forms.iter().map(|_| Vec::new()).collect())
    }

    fn shows_pages(&self) -> bool {
        true
    }

    async fn show(&self, page: WebPage) -> Result<Box<dyn Notice>, Failure> {
        assert_eq!((page.source.as_str(), page.code.as_str()), ("guest", "WDJB-MJHT"));
        assert_eq!(page.address, format!("http://{PAGES}/device"));
        self.shown.fetch_add(1, Ordering::SeqCst);
        self.on_screen.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Page { on_screen: Arc::clone(&self.on_screen), no: self.no }))
    }
}

fn watched(no: Option<Left>) -> (World, Arc<Watched>) {
    let watched = Arc::new(Watched { no, ..Watched::default() });
    (World::with(|builder| builder.prompter(Arc::clone(&watched) as _)), watched)
}

#[tokio::test]
pub(crate) async fn identity_not_granted() {
    let world = World::new();
    // Its settings name one, and the host has it: the grant is what is missing.
    let source = world.guest_with("identity_not_granted", json!({ "identity": "who" }));
    let source = source.identity(&["identity"], &identity(&world, "identity"), None).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["token: the source was not granted tokens of an identity", "sign-in: "]);
    case.goes_on_with_others(&failure).await;
}

#[tokio::test]
pub(crate) async fn foreign_identity() {
    let world = World::new();
    let source = with_tokens(&world, "foreign_identity", &identity(&world, "identity")).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["credential: ", "identity.0: ", "zitadel: ", "names no identity"]);
    assert!(!failure.message.contains("canary"), "{failure}");
    case.goes_on_with_others(&failure).await;
}

#[tokio::test]
pub(crate) async fn leak_token() {
    let (world, log) = (World::new(), Log::capture());
    let source = with_tokens(&world, "leak_token", &identity(&world, "identity")).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    assert!(failure.message.contains("could not use ***"), "{failure}");
    assert!(!format!("{failure:?}{}", log.text()).contains("canary-token"), "{failure:?}\n{}", log.text());
    case.goes_on_with_others(&failure).await;
}

#[tokio::test]
pub(crate) async fn page_not_granted() {
    let world = World::new();
    let source = world.guest_with("page_not_granted", json!({ "address": PAGES })).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&asking())).await;
    refuses(&failure, &["page: the source was not granted the terminal"]);
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn page_elsewhere() {
    let (world, watched) = watched(None);
    let source = world.guest_with("page_elsewhere", json!({ "address": PAGES })).grants(whole()).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&asking())).await;
    refuses(&failure, &["a page of https://phishing.example.com is not shown", "javascript", "file:", "no code: "]);
    assert_eq!(watched.shown.load(Ordering::SeqCst), 0);
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn page_and_form() {
    let (world, watched) = watched(None);
    let source = world.guest_with("page_and_form", json!({ "address": PAGES })).grants(whole()).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&asking())).await;
    refuses(&failure, &["second page: no page is shown while a page is being shown", "form: "]);
    assert_eq!(watched.on_screen.load(Ordering::SeqCst), 0);
    case.goes_on_alone().await;
}

#[tokio::test]
pub(crate) async fn waits_under_a_turn() {
    let (world, watched) = watched(None);
    let identity = identity(&world, "identity");
    let source = world.guest_with("waits_under_a_turn", json!({ "identity": "who", "address": PAGES }));
    let source = source.grants(Grants { identities: tokens().identities, ..whole() });
    let case = Case::of(&world, source.identity(&["identity"], &identity, None).build().unwrap()).await;
    let failure = case.fails(case.source.read(&asking())).await;
    refuses(&failure, &["token: no identity is asked while a turn to sign in is held", "page: no page is shown"]);
    assert_eq!(watched.shown.load(Ordering::SeqCst), 0);
    case.goes_on_alone().await;
}

/// The page goes with the call, and the turn is free for the next one.
#[tokio::test]
pub(crate) async fn holds_for_ever() {
    let (world, watched) = watched(None);
    let source = world.guest_with("holds_for_ever", json!({ "address": PAGES })).grants(whole()).build().unwrap();
    let case = Case::of(&world, source).await;
    for shown in 1..3 {
        let failure = case.fails(case.source.read(&asking())).await;
        assert!(failure.message.contains("it holds on"), "{failure}");
        assert_eq!(watched.shown.load(Ordering::SeqCst), shown);
        assert_eq!(watched.on_screen.load(Ordering::SeqCst), 0, "nothing is left on the screen");
    }
    case.goes_on_alone().await;
}

async fn value(source: &harmony_config_host::ComponentSource, request: &Request) -> Value {
    source.read(request).await.unwrap().unwrap().value
}

/// The audience is the one that the user said, whatever the plugin does; a sign-in is known once there is a token, and
/// it is another one after a sign-out.
#[tokio::test]
async fn a_source_gets_tokens_for_the_audience_that_its_user_said() {
    let world = World::new();
    let identity = identity(&world, "identity");
    let source = with_tokens(&world, "token_as_value", &identity).build().unwrap();
    let first = value(&source, &bad()).await;
    assert_eq!((&first["token"], &first["before"]), (&json!("canary-token-for-team"), &Value::Null));
    let again = value(&source, &bad()).await;
    assert_eq!(again["before"], first["after"]);
    assert_eq!(identity.who().await.unwrap().unwrap()["subject"], "anna");
    assert_eq!(identity.sign_out().await.unwrap(), ["forgotten"]);
    assert_eq!(identity.who().await.unwrap(), None);
    let later = value(&source, &bad()).await;
    assert_eq!(later["before"], Value::Null);
    assert_ne!(later["after"], first["after"]);
}

/// A caller whose deadline ends does not end the refresh; callers who want the same wait for the same one.
#[tokio::test]
async fn a_slow_refresh_is_finished_though_nobody_waits_for_it_any_more() {
    let world = World::new();
    let identity = identity(&world, "slow_identity");
    let short =
        || with_tokens(&world, "token_as_value", &identity).timeout(Duration::from_millis(300)).build().unwrap();
    let (one, other) = (short(), short());
    // What has to be compiled is nobody's time.
    identity.who().await.unwrap();
    let start = Instant::now();
    let request = bad();
    let (first, second) = tokio::join!(one.read(&request), other.read(&request));
    for failure in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(failure.code, FailureCode::Unavailable, "{failure}");
        assert!(failure.message.contains("no answer within 300ms"), "{failure}");
    }
    harmony_config_host::settle().await;
    assert!(start.elapsed() >= Duration::from_millis(690), "it was waited for");
    assert_eq!(identity.who().await.unwrap().unwrap()["refreshes"], 1, "one for both, and it was kept");
    let patient = with_tokens(&world, "token_as_value", &identity).timeout(Duration::from_secs(5)).build().unwrap();
    assert_ne!(
        value(&patient, &bad()).await["before"],
        Value::Null,
        "the refresh that nobody waited for came to its end"
    );
}

/// While a person is being asked, the deadline of the source that wants the token stands still.
#[tokio::test]
async fn the_deadline_of_whoever_wants_a_token_stands_still_while_a_person_signs_in() {
    let (world, watched) = watched(None);
    let identity = identity(&world, "asking_identity");
    let source = with_tokens(&world, "token_as_value", &identity).timeout(Duration::from_millis(400)).build().unwrap();
    let start = Instant::now();
    assert_eq!(value(&source, &asking()).await["token"], "canary-token-for-team");
    assert!(start.elapsed() >= Duration::from_millis(1_490), "the person took their time");
    assert_eq!(watched.shown.load(Ordering::SeqCst), 1);
    let failure = source.read(&bad()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InteractionRequired, "nobody is asked where the call forbids it: {failure}");
}

/// A sign-in is offered once; it is no refusal to go on without it, and it is one to stop.
#[tokio::test]
async fn who_says_no_to_a_sign_in_is_not_asked_again() {
    for (no, code) in [(Left::Skipped, FailureCode::InteractionRequired), (Left::Cancelled, FailureCode::Cancelled)] {
        let (world, watched) = watched(Some(no));
        let identity = identity(&world, "asking_identity");
        let source = with_tokens(&world, "token_as_value", &identity).build().unwrap();
        let failure = source.read(&asking()).await.unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
        let failure = source.read(&asking()).await.unwrap_err();
        assert!(failure.message.contains("it was offered once"), "{failure}");
        assert_eq!(failure.code, FailureCode::InteractionRequired);
        assert_eq!(watched.shown.load(Ordering::SeqCst), 1);
    }
}

/// An identity that waits for a person holds nobody up who does not need it.
#[tokio::test]
async fn an_identity_that_waits_holds_up_nobody_else() {
    let (world, _) = watched(None);
    let identity = identity(&world, "asking_identity");
    let wants = with_tokens(&world, "token_as_value", &identity).build().unwrap();
    let other = world.guest("none").build().unwrap();
    other.read(&bad()).await.unwrap();
    let start = Instant::now();
    let quick = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.read(&bad()).await.unwrap();
        start.elapsed()
    };
    let request = asking();
    let (token, quick) = tokio::join!(value(&wants, &request), quick);
    assert_eq!(token["token"], "canary-token-for-team");
    assert!(quick < start.elapsed() / 2, "{quick:?} of {:?}", start.elapsed());
}

/// Who stops waiting takes the page with them, if nobody else waits for it.
#[tokio::test]
async fn a_page_that_nobody_waits_for_any_more_is_taken_away() {
    let (world, watched) = watched(None);
    let identity = identity(&world, "asking_identity");
    let source = with_tokens(&world, "token_as_value", &identity).build().unwrap();
    let gave_up = tokio::time::timeout(Duration::from_millis(500), source.read(&asking())).await;
    assert!(gave_up.is_err());
    assert_eq!(watched.shown.load(Ordering::SeqCst), 1);
    let start = Instant::now();
    while watched.on_screen.load(Ordering::SeqCst) > 0 {
        assert!(start.elapsed() < Duration::from_secs(1), "it stands there for nobody");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Two sources want tokens for two audiences at the same moment: one page is shown, and who leaves it leaves both.
#[tokio::test]
async fn two_who_want_different_tokens_have_a_person_asked_once() {
    let (world, watched) = watched(Some(Left::Skipped));
    let identity = identity(&world, "asking_identity");
    let for_whom = |audience: &str| {
        let source = world.guest_with("token_as_value", json!({ "identity": "who" })).grants(tokens());
        source.identity(&["identity"], &identity, Some(audience)).build().unwrap()
    };
    let (one, other, request) = (for_whom("one"), for_whom("other"), asking());
    let (one, other) = tokio::join!(one.read(&request), other.read(&request));
    for failure in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!(failure.code, FailureCode::InteractionRequired, "{failure}");
    }
    assert_eq!(watched.shown.load(Ordering::SeqCst), 1);
}

/// A runtime that ends under a question takes nothing with it: the next one asks anew.
#[test]
fn a_question_that_went_with_its_runtime_is_asked_again() {
    let world = World::new();
    let identity = identity(&world, "slow_identity");
    let source = with_tokens(&world, "token_as_value", &identity).timeout(Duration::from_millis(300)).build().unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    first.block_on(async {
        identity.who().await.unwrap();
        source.read(&bad()).await.unwrap_err();
    });
    drop(first);
    let patient = with_tokens(&world, "token_as_value", &identity).timeout(Duration::from_secs(10)).build().unwrap();
    runtime().block_on(async { assert_eq!(value(&patient, &bad()).await["token"], "canary-token-for-team") });
}
