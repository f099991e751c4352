//! Signing in: from the moment that a person approves to the first value, and what a silent start costs once they have.
//! Beside it, the same natively: the provider's and the store's requests by a plain client, and a start with a token in
//! the environment. The provider is on Zitadel's library; the store is the stand-in of the tests, or a real one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it saw, and ends where it cannot run"
)]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use harmony_config::{ConfigManager, Coordinate, Failure, Interaction, Loader, Places, Shape, Variables};
use harmony_config_host::{Answer, Form, Notice, Prompter, WebPage};
use harmony_config_peers::{
    Kind, Peer,
    oidc::{Provider, Setting},
};
use serde_json::{Value, json};

const ROUNDS: usize = 9;
const STARTS: usize = 200;
const INTERVAL: Duration = Duration::from_secs(1);

/// Somebody who approves at once, elsewhere.
struct Anna {
    provider: Arc<Provider>,
    approved: Arc<Mutex<Option<Instant>>>,
}

struct Waiting;

#[async_trait]
impl Notice for Waiting {
    async fn left(&self) -> harmony_config_host::Left {
        std::future::pending().await
    }

    fn say(&self, _: &str) {}
}

#[async_trait]
impl Prompter for Anna {
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
        let (provider, approved) = (Arc::clone(&self.provider), Arc::clone(&self.approved));
        std::thread::spawn(move || {
            provider.approve(&page.code, "anna").unwrap();
            *approved.lock().unwrap() = Some(Instant::now());
        });
        Ok(Box::new(Waiting))
    }
}

struct World {
    provider: Arc<Provider>,
    store: Peer,
    cache: tempfile::TempDir,
    approved: Arc<Mutex<Option<Instant>>>,
}

impl World {
    fn new() -> Self {
        let (provider, store) = (Arc::new(Provider::zitadel().unwrap()), Peer::any(Kind::Dev).unwrap());
        provider.set(Setting::Interval(Some(INTERVAL))).unwrap();
        let admin = store.admin();
        admin.policy("app", "path \"secret/*\" { capabilities = [\"read\"] }").unwrap();
        admin.enable_auth("jwt", "jwt").unwrap();
        admin.must("POST", "auth/jwt/config", &json!({ "oidc_discovery_url": provider.issuer() })).unwrap();
        admin.jwt_role("harmony-developer", provider.client_id(), &["app"]).unwrap();
        admin.write_kv("secret", "harmony/AppConfig", &json!({ "value": "{\"port\":1}" })).unwrap();
        World { provider, store, cache: tempfile::tempdir().unwrap(), approved: Arc::default() }
    }

    /// A chain as a new process has it; nothing is known but the compiled code.
    fn manager(&self, home: &Path, more: &[(&str, &str)]) -> ConfigManager {
        let mut places = Places::of("harmony", Some(home.to_owned()));
        places.cache = Some(PathBuf::from(self.cache.path()));
        let store = self.store.address();
        let mut variables = vec![
            ("OPENBAO_URL", store.as_str()),
            ("HARMONY_SSO_URL", self.provider.issuer()),
            ("HARMONY_SSO_CLIENT_ID", self.provider.client_id()),
            ("HARMONY_CONFIG_MANIFEST", ""),
        ];
        variables.extend_from_slice(more);
        let anna = Anna { provider: Arc::clone(&self.provider), approved: Arc::clone(&self.approved) };
        let loader = Loader::new().places(places).variables(Variables::fixed(variables)).prompter(Arc::new(anna));
        loader.load().unwrap().manager
    }

    /// The same with plain requests.
    fn natively(&self) -> Duration {
        let client = self.provider.client();
        let device = client.begin().unwrap();
        self.provider.approve(&device.user_code, "anna").unwrap();
        let approved = Instant::now();
        std::thread::sleep(INTERVAL);
        let tokens = client.poll(&device).unwrap().unwrap();
        let body = json!({ "role": "harmony-developer", "jwt": tokens.id_token });
        let login = self.store.admin().with_token("").must("POST", "auth/jwt/login", &body).unwrap();
        let token = login["auth"]["client_token"].as_str().unwrap().to_owned();
        self.store.admin().with_token(&token).read_kv("secret", "harmony/AppConfig").unwrap().unwrap();
        approved.elapsed()
    }
}

async fn get(manager: &ConfigManager) -> Value {
    let at = Coordinate::parse("harmony", "AppConfig").unwrap();
    manager.resolve_value(&at, &Shape::undeclared(), Interaction::Allowed).await.unwrap().value
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new();
        println!("against {}", world.store.which());
        // Compiles the plugins.
        let home = tempfile::tempdir().unwrap();
        get(&world.manager(home.path(), &[])).await;

        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let home = tempfile::tempdir().unwrap();
            let manager = world.manager(home.path(), &[]);
            assert_eq!(get(&manager).await["port"], 1);
            let approved = world.approved.lock().unwrap().take().unwrap();
            ours.push(approved.elapsed());
            theirs.push(tokio::task::block_in_place(|| world.natively()));
        }
        println!(
            "from approval to the first value: {:.1?}, {:.1?} natively (bound: {INTERVAL:?}, the provider's own, and 1 s)",
            median(ours),
            median(theirs)
        );

        let token = world.store.admin().token(&["app"], Duration::from_secs(3600), 0).unwrap();
        world.provider.forget_requests().unwrap();
        let (mut silent, mut given) = (Vec::new(), Vec::new());
        let other = tempfile::tempdir().unwrap();
        for _ in 0..STARTS {
            let start = Instant::now();
            get(&world.manager(home.path(), &[])).await;
            silent.push(start.elapsed());
            let start = Instant::now();
            get(&world.manager(other.path(), &[("OPENBAO_TOKEN", &token)])).await;
            given.push(start.elapsed());
        }
        println!(
            "a silent start to the first value: {:.2?}, {:.2?} with a token in the environment; {} requests to the provider",
            median(silent),
            median(given),
            world.provider.requests().unwrap().len()
        );
    });
}
