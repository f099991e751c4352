//! OpenBao through the sandbox, against vaultrs natively, in one run: round trips with 20 ms of latency in front of the
//! server, many keys at once, an outage, and what the component costs. The server is the stand-in of the tests, or a real
//! one where `BAO_BIN` names it or `bao` is on PATH.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it saw, and ends where it cannot run"
)]

use std::{
    future::Future,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use harmony_config::{ComponentSource, ConfigSource, Coordinate, Host, HttpTerms, Places, Plugin, Request, Variables};
use harmony_config_peers::{
    Kind, Peer,
    proxy::{Fault, Proxy},
};
use serde_json::{Map, Value, json};
use vaultrs::client::{VaultClient, VaultClientSettingsBuilder};

const KEYS: usize = 32;
const AT_ONCE: usize = 10;
const ROUNDS: usize = 9;
const READS: usize = 2_000;
const EACH_WAY: Duration = Duration::from_millis(10);
const DEADLINE: Duration = Duration::from_secs(2);

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    // vaultrs takes the provider of the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new();
        println!("against {}", world.peer.which());
        round_trips(&world).await;
        many(&world).await;
        component(&world).await;
        outage(&world).await;
    });
}

struct World {
    peer: Peer,
    proxy: Proxy,
    cache: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let peer = Peer::any(Kind::DevTls).unwrap();
        let policy = "path \"secret/*\" { capabilities = [\"create\", \"read\", \"update\", \"list\"] }";
        peer.admin().policy("app", policy).unwrap();
        peer.admin().userpass_user("me", "pw", &["app"]).unwrap();
        for key in 0..KEYS {
            peer.admin().write_kv("secret", &format!("harmony/Key{key}"), &json!({ "value": "{\"port\":1}" })).unwrap();
        }
        let proxy = Proxy::to(peer.socket()).unwrap();
        World { peer, proxy, cache: tempfile::tempdir().unwrap() }
    }

    fn address(&self) -> String {
        self.proxy.in_front_of(&self.peer.address())
    }

    /// A source as a new process has it: nothing is known, but the compiled code.
    fn cold(&self, home: &Path) -> ComponentSource {
        let mut places = Places::of("harmony", Some(home.to_owned()));
        places.cache = Some(self.cache.path().to_owned());
        let variables = Variables::fixed([("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", "pw")]);
        let host = Host::builder().places(places).variables(variables).build();
        self.source(&host, &self.address())
    }

    fn source(&self, host: &Host, address: &str) -> ComponentSource {
        let settings = Map::from_iter([("address".to_owned(), Value::from(address))]);
        let plugin = Plugin::bundled("openbao").unwrap();
        let terms = HttpTerms::default().ca_file(self.peer.ca_file().unwrap());
        let builder = host.source("openbao", plugin).grant_what_it_wants().settings(settings).timeout(DEADLINE);
        builder.http(terms).build().unwrap()
    }

    /// A native client that has signed in.
    fn native(&self, token: &str) -> VaultClient {
        let settings = VaultClientSettingsBuilder::default()
            .address(self.address())
            .token(token)
            .ca_certs(vec![self.peer.ca_file().unwrap().display().to_string()])
            .build()
            .unwrap();
        VaultClient::new(settings).unwrap()
    }
}

fn key(number: usize) -> Request {
    Request::new(Coordinate::new("harmony", &format!("Key{number}"), None).unwrap())
}

async fn read(source: &ComponentSource, number: usize) {
    assert!(source.read(&key(number)).await.unwrap().is_some());
}

async fn timed<T>(what: impl Future<Output = T>) -> Duration {
    let start = Instant::now();
    what.await;
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// One cold key (TCP, TLS, login, read) and one warm one. What latency adds to them, in units of a round trip, is the number
/// of round trips that were waited for. (What a client sends after it got something is more: with HTTP/2 it takes note of
/// the server's settings, and nobody waits for that.)
async fn round_trips(world: &World) {
    let home = tempfile::tempdir().unwrap();
    // Compiles the plugin.
    read(&world.cold(home.path()), 0).await;
    let (cold_near, warm_near) = cold_and_warm(world).await;
    world.proxy.set(Fault::Latency { each_way: EACH_WAY }).unwrap();
    let (cold, warm) = cold_and_warm(world).await;
    world.proxy.set(Fault::Pass).unwrap();
    let trips = |far: Duration, near: Duration| far.saturating_sub(near).as_secs_f64() / (2 * EACH_WAY).as_secs_f64();
    let (cold_trips, warm_trips) = (trips(cold, cold_near), trips(warm, warm_near));
    println!(
        "20 ms of latency: a cold key takes {cold:.1?}, {cold_near:.1?} without: {cold_trips:.1} round trips (bound 4)"
    );
    println!(
        "                  a warm key takes {warm:.1?}, {warm_near:.1?} without: {warm_trips:.1} round trips (bound 1)"
    );
}

async fn cold_and_warm(world: &World) -> (Duration, Duration) {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let home = tempfile::tempdir().unwrap();
        let source = world.cold(home.path());
        cold.push(timed(read(&source, 0)).await);
        warm.push(timed(read(&source, 1)).await);
    }
    (median(cold), median(warm))
}

/// 32 keys, ten at once, both warm: in one call of the source, and with a native client.
async fn many(world: &World) {
    let home = tempfile::tempdir().unwrap();
    let source = world.cold(home.path());
    let token = world.peer.admin().token(&["app"], Duration::from_secs(3600), 0).unwrap();
    let native = Arc::new(world.native(&token));
    let requests: Vec<Request> = (0..KEYS).map(key).collect();
    world.proxy.set(Fault::Latency { each_way: EACH_WAY }).unwrap();
    let ours = || async {
        assert!(source.read_many(&requests).await.into_iter().all(|answer| answer.unwrap().is_some()));
    };
    let theirs = || async {
        let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let reads = (0..KEYS).map(|number| {
            let (native, turns) = (Arc::clone(&native), Arc::clone(&turns));
            tokio::spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                let path = format!("harmony/Key{number}");
                let _: Value = vaultrs::kv2::read(&*native, "secret", &path).await.unwrap();
            })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.unwrap();
        }
    };
    ours().await;
    theirs().await;
    let (mut our, mut their) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our.push(timed(ours()).await);
        their.push(timed(theirs()).await);
    }
    world.proxy.set(Fault::Pass).unwrap();
    let (our, their) = (median(our), median(their));
    println!(
        "{KEYS} keys, {AT_ONCE} at once: {our:.1?} through the sandbox, {their:.1?} with vaultrs ({:.2} times; bound 1.3)",
        our.as_secs_f64() / their.as_secs_f64()
    );
}

/// One read after the other without latency: what the component and the host's client add to a native one.
async fn component(world: &World) {
    let home = tempfile::tempdir().unwrap();
    let source = world.cold(home.path());
    let token = world.peer.admin().token(&["app"], Duration::from_secs(3600), 0).unwrap();
    let native = world.native(&token);
    let theirs = || async {
        let _: Value = vaultrs::kv2::read(&native, "secret", "harmony/Key0").await.unwrap();
    };
    for _ in 0..200 {
        read(&source, 0).await;
        theirs().await;
    }
    let (mut our, mut their) = (Vec::new(), Vec::new());
    // In turns, so that a change of the machine's mood hits both alike.
    for _ in 0..READS {
        our.push(timed(read(&source, 0)).await);
        their.push(timed(theirs()).await);
    }
    let (our, their) = (median(our), median(their));
    let more = our.as_secs_f64() - their.as_secs_f64();
    println!("one read: {our:.1?} through the sandbox, {their:.1?} with vaultrs ({:+.3} ms; bound 0.2)", more * 1e3);
}

/// Refused, blackholed, a name that leads nowhere: bounded by the deadline, and 50 ms.
async fn outage(world: &World) {
    let home = tempfile::tempdir().unwrap();
    for (what, fault) in [("refused", Fault::Refuse), ("blackholed", Fault::Blackhole)] {
        world.proxy.set(fault).unwrap();
        let source = world.cold(home.path());
        let took = timed(source.read(&key(0))).await;
        println!("{what}: {took:.1?} (bound: {DEADLINE:?} and 50 ms)");
        world.proxy.set(Fault::Pass).unwrap();
    }
    let host = Host::builder().places(Places::of("harmony", Some(home.path().to_owned()))).build();
    let source = world.source(&host, "https://no-such-name.invalid:8200");
    let took = timed(source.read(&key(0))).await;
    println!("no such name: {took:.1?} (bound: {DEADLINE:?} and 50 ms)");
}
