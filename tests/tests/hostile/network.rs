//! Guests that want more of the network than they were granted, and what belongs to signing in.

use std::{fs, time::Duration};

use harmony_config_core::ConfigSource;
use harmony_config_host::{Grants, Origin};
use harmony_config_peers::scripted::{Reply, Scripted};
use serde_json::json;

use crate::world::{Case, Log, World, bad, read, refuses};

fn small() -> Scripted {
    Scripted::always(Reply::text(200, "text/plain", "ok").then_close()).unwrap()
}

/// Requests to this server and no other.
fn granted(server: &Scripted) -> Grants {
    Grants { http: [Origin::parse(&server.address()).unwrap()].into(), ..Grants::default() }
}

/// The guest's setting that says where a server listens.
fn at(server: &Scripted) -> serde_json::Value {
    json!({ "address": server.socket().to_string() })
}

#[tokio::test]
pub(crate) async fn http_not_granted() {
    let (world, server) = (World::new(), small());
    let source = world.guest_with("http_not_granted", at(&server)).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["http: ", "HttpRequestDenied", "https: ", "the source was not granted the network"]);
    case.goes_on(&failure).await;
    assert_eq!(server.connections(), 0);
}

/// The one request that was granted arrives, and no other; the refusal names the command that would allow it.
#[tokio::test]
pub(crate) async fn http_elsewhere() {
    let (world, server, other) = (World::new(), small(), small());
    let source = world.guest_with("http_elsewhere", at(&server));
    let case = Case::of(&world, source.grants(granted(&server)).build().unwrap()).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["https: ", "port: ", "CONNECT: ", "localhost: ", "2130706433: ", "HttpRequestDenied"]);
    assert_eq!((server.connections(), other.connections()), (1, 0));
    case.goes_on(&failure).await;
    assert_eq!(other.connections(), 0);
}

/// By length and in chunks: what is too large ends in a failure, and not in memory.
#[tokio::test]
pub(crate) async fn http_flood() {
    for (reply, words) in [
        (Reply::huge(100), "HttpResponseBodySize"),
        (Reply::huge_in_chunks(100), "body size exceeds limit"),
        (Reply::header_flood(1000), "HttpResponseHeaderSectionSize"),
    ] {
        let server = Scripted::always(reply).unwrap();
        let world = World::new();
        let source =
            world.guest_with("http_flood", at(&server)).grants(granted(&server)).timeout(Duration::from_secs(5));
        let case = Case::of(&world, source.build().unwrap()).await;
        let failure = case.fails(case.source.read(&bad())).await;
        refuses(&failure, &["body: "]);
        assert!(failure.message.contains(words), "{failure}");
        case.goes_on(&failure).await;
    }
}

#[tokio::test]
async fn http_granted_not_granted_and_beyond() {
    let (world, server) = (World::new(), small());
    let guest = |name: &str, grants| world.guest_with(name, at(&server)).grants(grants).build().unwrap();
    let failure = guest("http_elsewhere", granted(&server)).read(&bad()).await.unwrap_err();
    refuses(&failure, &["https: "]);
    let failure = guest("http_elsewhere", Grants::default()).read(&bad()).await.unwrap_err();
    assert!(failure.message.contains("the source was not granted the network"), "{failure}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
pub(crate) async fn session_not_granted() {
    let world = World::new();
    let failure = world.fails_in_get("session_not_granted", Grants::default()).await;
    refuses(&failure, &["load: the source was not granted sessions", "save: ", "remove: ", "turn: "]);
    assert!(!world.folder.path().join("data/sessions").exists(), "nothing was made");
}

#[tokio::test]
pub(crate) async fn foreign_session() {
    let granted = Grants { session: true, ..Grants::default() };
    let failure = World::new().fails_in_get("foreign_session", granted).await;
    refuses(&failure, &["foreign: nothing there", "no name: ", "too much: ", "absent: ", "old: ", "removed: "]);
}

#[tokio::test]
pub(crate) async fn leak_session() {
    let log = Log::capture();
    let world = World::new();
    let granted = Grants { session: true, ..Grants::default() };
    let source = world.guest("leak_session").grants(granted).build().unwrap();
    assert!(source.read(&bad()).await.unwrap().is_none(), "the first time it keeps its token");
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    assert!(failure.message.contains("***"), "{failure}");
    assert!(failure.message.contains("harmless"), "what is no secret may be said: {failure}");
    assert!(!format!("{failure:?}{}", log.text()).contains("canary"), "{failure:?}\n{}", log.text());
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn credential_file_not_granted() {
    let world = World::new();
    let file = world.folder.path().join("token");
    fs::write(&file, "canary").unwrap();
    let source = world.guest_with("credential_file_not_granted", json!({ "credential": file })).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["named: the source was not granted files with a credential", "no setting: "]);
    assert!(!failure.message.contains("canary"));
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn foreign_credential_file() {
    let world = World::new();
    let (own, other) = (world.folder.path().join("own"), world.folder.path().join("other"));
    fs::write(&own, "mine\n").unwrap();
    fs::write(&other, "canary").unwrap();
    let granted = Grants { credential_files: ["credential".to_owned()].into(), ..Grants::default() };
    let source = world.guest_with("foreign_credential_file", json!({ "credential": own, "document": other }));
    let case = Case::of(&world, source.grants(granted).build().unwrap()).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["document: ", "/etc/passwd: ", "names no file with a credential"]);
    assert!(!failure.message.contains("canary"));
    case.goes_on(&failure).await;
}

/// What a plugin keeps, a source of another plugin does not find, though it asks for the same name.
#[tokio::test]
async fn sessions_are_those_of_one_plugin() {
    let world = World::new();
    let granted = || Grants { session: true, ..Grants::default() };
    let one = world.guest("leak_session").grants(granted()).build().unwrap();
    assert!(one.read(&bad()).await.unwrap().is_none());
    // Another source of the same plugin has the same sessions: it is the same login.
    let same = world.host.source("same", crate::world::hostile());
    let settings = json!({ "guest": "leak_session" }).as_object().unwrap().clone();
    let failure = same.settings(settings).grants(granted()).build().unwrap().read(&bad()).await.unwrap_err();
    assert!(failure.message.contains("could not use"), "{failure}");
    let env = world.host.source("env", harmony_config_host::Plugin::bundled("env").unwrap());
    let env = env.grant_what_it_wants().build().unwrap();
    assert_eq!(read(&env, &bad()).await.value["from"], "env");
}
