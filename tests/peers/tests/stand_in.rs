//! What only the stand-in can do, and rules of the server that no single recording shows.
#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not as it should be")]

use std::time::Duration;

use harmony_config_peers::{
    Admin, Certificate,
    stand_in::{Options, StandIn, Start},
};
use serde_json::{Value, json};

fn status(admin: &Admin, method: &str, path: &str, body: &Value) -> u16 {
    admin.call(method, path, body).expect("an answer").0
}

fn data() -> Value {
    json!({ "data": { "value": "1" } })
}

#[test]
fn a_token_ends_when_the_clock_passes_its_end_and_its_children_with_it() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    let parent =
        root.must("POST", "auth/token/create", &json!({ "policies": ["root"], "ttl": "1h" })).expect("a token");
    let parent = root.with_token(parent.pointer("/auth/client_token").and_then(Value::as_str).expect("a token"));
    let child = parent.must("POST", "auth/token/create", &json!({ "policies": ["default"], "ttl": "5h" }));
    let child = child.expect("a token");
    let child = root.with_token(child.pointer("/auth/client_token").and_then(Value::as_str).expect("a token"));
    assert_eq!(status(&child, "GET", "auth/token/lookup-self", &Value::Null), 200);
    server.advance(Duration::from_secs(3601));
    assert_eq!(status(&parent, "GET", "auth/token/lookup-self", &Value::Null), 403);
    assert_eq!(status(&child, "GET", "auth/token/lookup-self", &Value::Null), 403);
    assert_eq!(status(&root, "GET", "auth/token/lookup-self", &Value::Null), 200, "root has no end");
}

#[test]
fn a_renewed_token_lives_on_but_not_beyond_its_maximum() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    let body = json!({ "policies": ["default"], "ttl": "1h", "explicit_max_ttl": "90m" });
    let made = root.must("POST", "auth/token/create", &body).expect("a token");
    let own = root.with_token(made.pointer("/auth/client_token").and_then(Value::as_str).expect("a token"));
    server.advance(Duration::from_secs(50 * 60));
    let renewed = own.must("POST", "auth/token/renew-self", &Value::Null).expect("a renewal");
    let left = renewed.pointer("/auth/lease_duration").and_then(Value::as_u64).expect("a time");
    assert!((2300..=2400).contains(&left), "{left} s: 40 minutes are left of 90");
    server.advance(Duration::from_secs(41 * 60));
    assert_eq!(status(&own, "GET", "auth/token/lookup-self", &Value::Null), 403);
}

#[test]
fn a_locked_user_gets_in_again_after_a_quarter_of_an_hour() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    root.userpass_user("anna", "pw", &[]).expect("a user");
    let anyone = root.with_token("");
    let login = |password: &str| status(&anyone, "POST", "auth/userpass/login/anna", &json!({ "password": password }));
    let wrong: Vec<u16> = (0..5).map(|_| login("no")).collect();
    assert_eq!(wrong, [400; 5]);
    assert_eq!(login("pw"), 403);
    server.advance(Duration::from_secs(15 * 60 + 1));
    assert_eq!(login("pw"), 200);
}

#[test]
fn the_next_requests_are_refused_as_one_too_many_and_then_none() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    server.throttle(2, Some(7));
    let get = || status(&root, "GET", "secret/data/a", &Value::Null);
    assert_eq!([get(), get(), get()], [429, 429, 404]);
    assert!(
        server.report().without_recording().iter().any(|(what, count)| *what == "429 with Retry-After" && *count == 2)
    );
}

#[test]
fn versions_beyond_the_last_ten_are_gone() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    for _ in 0..12 {
        root.write_kv("secret", "a", &json!({ "value": "1" })).expect("a version");
    }
    assert_eq!(status(&root, "GET", "secret/data/a?version=2", &Value::Null), 404);
    assert_eq!(status(&root, "GET", "secret/data/a?version=3", &Value::Null), 200);
    let metadata = root.must("GET", "secret/metadata/a", &Value::Null).expect("metadata");
    assert_eq!(metadata.pointer("/data/oldest_version"), Some(&json!(3)));
}

#[test]
fn a_policy_that_allows_updates_alone_lets_nothing_be_created() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    root.policy("update", r#"path "secret/data/*" { capabilities = ["update"] }"#).expect("a policy");
    let own = root.with_token(&root.token(&["update"], Duration::from_secs(60), 0).expect("a token"));
    assert_eq!(status(&own, "POST", "secret/data/new", &data()), 403);
    root.write_kv("secret", "new", &json!({ "value": "0" })).expect("a version");
    assert_eq!(status(&own, "POST", "secret/data/new", &data()), 200);
}

#[test]
fn a_token_of_a_namespace_is_worth_nothing_beside_it() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    let inner = root.namespace("team-a").expect("a namespace");
    root.namespace("team-b").expect("a namespace");
    let token = inner.token(&["default"], Duration::from_secs(60), 0).expect("a token");
    let at = |namespace: &str| {
        let own = root.in_namespace(namespace).with_token(&token);
        status(&own, "GET", "auth/token/lookup-self", &Value::Null)
    };
    assert_eq!(at("team-a"), 200);
    assert_eq!(at("team-b"), 403);
    assert_eq!(status(&root.with_token(&token), "GET", "auth/token/lookup-self", &Value::Null), 403);
}

#[test]
fn an_auth_mount_that_is_taken_away_ends_its_tokens() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    root.userpass_user("anna", "pw", &[]).expect("a user");
    let login = root.must("POST", "auth/userpass/login/anna", &json!({ "password": "pw" })).expect("a login");
    let own = root.with_token(login.pointer("/auth/client_token").and_then(Value::as_str).expect("a token"));
    assert_eq!(status(&own, "GET", "auth/token/lookup-self", &Value::Null), 200);
    root.must("DELETE", "sys/auth/userpass", &Value::Null).expect("it goes");
    assert_eq!(status(&own, "GET", "auth/token/lookup-self", &Value::Null), 403);
}

#[test]
fn requests_are_logged_without_tokens_and_counted_from_where_a_test_wants() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    status(&root, "GET", "secret/data/a?version=1", &Value::Null);
    let seen = server.requests();
    let last = seen.last().expect("one was seen");
    assert_eq!((last.method.as_str(), last.path.as_str(), last.status), ("GET", "/v1/secret/data/a?version=1", 404));
    assert!(last.with_token);
    assert!(!format!("{seen:?} {server:?} {root:?}").contains(server.root_token()), "no token is printed");
    server.forget_requests();
    assert!(server.requests().is_empty());
}

#[test]
fn nothing_is_trusted_that_another_ca_signed_and_no_other_name() {
    let certificate = Some(Certificate::named(&["other.example"]).expect("a certificate"));
    let server = StandIn::with(Options { certificate, ..Options::default() }).expect("a stand-in");
    // Its administrator knows the name in the certificate.
    assert_eq!(status(&server.admin(), "GET", "sys/health", &Value::Null), 200);
    let client = |file| Admin::at(&server.address(), Some(file), "").expect("a client");
    let by_address = client(server.ca_file().expect("a file")).call("GET", "sys/health", &Value::Null);
    assert!(by_address.is_err_and(|error| error.to_string().contains("TLS")), "the name differs");
    let stranger = Certificate::local().expect("a certificate");
    let by_stranger = client(stranger.ca_file()).call("GET", "sys/health", &Value::Null);
    assert!(by_stranger.is_err_and(|error| error.to_string().contains("TLS")), "the CA differs");
}

#[test]
fn a_server_that_was_only_just_installed_is_initialised_over_http() {
    let server = StandIn::with(Options { start: Start::Uninitialised, ..Options::default() }).expect("a stand-in");
    let anyone = server.admin();
    assert_eq!(status(&anyone, "GET", "sys/health", &Value::Null), 501);
    let made = anyone.must("PUT", "sys/init", &json!({ "secret_shares": 1, "secret_threshold": 1 })).expect("keys");
    let text = |pointer: &str| made.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
    anyone.unseal(&[text("/keys_base64/0")]).expect("it opens");
    let root = anyone.with_token(&text("/root_token"));
    assert_eq!(status(&root, "GET", "sys/mounts", &Value::Null), 200);
}

/// HTTP/2 in the clear and over TLS, as the clients that are tested speak it.
#[tokio::test]
async fn it_speaks_http2_to_who_begins_with_it() {
    use http_body_util::{BodyExt, Empty};
    let server = StandIn::dev().expect("a stand-in");
    let stream = tokio::net::TcpStream::connect(server.socket()).await.expect("a connection");
    let executor = hyper_util::rt::TokioExecutor::new();
    let stream = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.expect("a handshake");
    tokio::spawn(connection);
    let address = format!("{}/v1/sys/health", server.address());
    let request = http::Request::get(address).body(Empty::<bytes::Bytes>::new()).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    assert!(body.starts_with(b"{\"initialized\":true"));
}

#[tokio::test]
async fn over_tls_it_speaks_http2_to_who_offers_it() {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
    let server = StandIn::dev_tls().expect("a stand-in");
    let mut roots = rustls::RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(server.ca_file().expect("a file")).expect("a certificate");
    roots.add(ca).expect("a certificate");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = tokio::net::TcpStream::connect(server.socket()).await.expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = connector.connect(name, stream).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let executor = hyper_util::rt::TokioExecutor::new();
    let stream = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.expect("a handshake");
    tokio::spawn(connection);
    let request = http::Request::get(format!("{}/v1/sys/seal-status", server.address()));
    let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).expect("a request");
    assert_eq!(sender.send_request(request).await.expect("an answer").status().as_u16(), 200);
}

#[test]
fn a_list_comes_in_pages_where_they_are_asked_for() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    for key in ["a", "b", "c/d", "c/e", "f"] {
        root.write_kv("secret", key, &json!({ "value": "1" })).expect("a version");
    }
    let keys = |query: &str| {
        let listed = root.must("LIST", &format!("secret/metadata{query}"), &Value::Null).expect("a list");
        listed.pointer("/data/keys").cloned()
    };
    assert_eq!(keys(""), Some(json!(["a", "b", "c/", "f"])));
    assert_eq!(keys("?limit=2"), Some(json!(["a", "b"])));
    assert_eq!(keys("?after=b&limit=1"), Some(json!(["c/"])));
}

#[test]
fn its_report_tells_what_rests_on_a_recording_and_names_what_does_not() {
    let server = StandIn::dev().expect("a stand-in");
    let root = server.admin();
    status(&root, "GET", "secret/data/a", &Value::Null);
    status(&root, "GET", "sys/mounts", &Value::Null);
    status(&root, "GET", "sys/mounts", &Value::Null);
    let report = server.report();
    println!("{report}");
    assert_eq!((report.recorded(), report.unrecorded()), (1, 2));
    assert_eq!(report.without_recording(), [("sys/mounts: list", 2)]);
    assert_eq!(report.to_string(), "1 answers with a recording, 2 without\n  2 × sys/mounts: list");
}

#[test]
fn the_port_is_free_again_when_it_is_dropped() {
    let server = StandIn::dev().expect("a stand-in");
    let socket = server.socket();
    drop(server);
    assert!(std::net::TcpListener::bind(socket).is_ok());
}
