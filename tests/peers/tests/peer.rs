//! One server, whichever there is: what a suite relies on. The same tests run against a real one.
#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not as it should be")]

use std::time::Duration;

use harmony_config_peers::{Kind, Peer, real};
use serde_json::{Value, json};

const KINDS: [Kind; 3] = [Kind::Dev, Kind::DevTls, Kind::Initialised];

const POLICY: &str = r#"
path "secret/data/harmony/*" { capabilities = ["create", "read", "update", "delete"] }
path "secret/metadata/harmony/*" { capabilities = ["list", "read"] }
"#;

fn peer(kind: Kind) -> Peer {
    let peer = Peer::any(kind).expect("a server");
    if kind == Kind::Initialised {
        peer.admin().enable_kv(2, "secret").expect("a mount");
    }
    peer
}

#[test]
fn a_real_server_is_taken_where_there_is_one() {
    let found = real::program().expect("BAO_BIN names a file").is_some();
    let peer = peer(Kind::Dev);
    assert_eq!(peer.is_real(), found);
    assert_eq!(peer.which().starts_with("real"), found);
    assert_eq!(peer.as_stand_in().is_none(), found);
    println!("{}", peer.which());
}

#[test]
fn each_kind_keeps_what_is_written_and_speaks_as_its_address_says() {
    for kind in KINDS {
        let peer = peer(kind);
        assert_eq!(peer.address().starts_with("https://"), kind == Kind::DevTls, "{kind:?}");
        assert_eq!(peer.ca_file().is_some(), kind == Kind::DevTls, "{kind:?}");
        assert_eq!(peer.admin().read_kv("secret", "harmony/A").expect("an answer"), None, "{kind:?}");
        assert_eq!(peer.admin().write_kv("secret", "harmony/A", &json!({ "value": "1" })).expect("a version"), 1);
        assert_eq!(peer.admin().write_kv("secret", "harmony/A", &json!({ "value": "2" })).expect("a version"), 2);
        let read = peer.admin().read_kv("secret", "harmony/A").expect("an answer");
        assert_eq!(read, Some(json!({ "value": "2" })), "{kind:?}");
    }
}

#[test]
fn a_token_reaches_what_its_policy_names_until_it_is_revoked() {
    let peer = peer(Kind::Dev);
    let admin = peer.admin();
    admin.policy("harmony", POLICY).expect("a policy");
    let token = admin.token(&["harmony"], Duration::from_secs(600), 0).expect("a token");
    let own = admin.with_token(&token);
    own.write_kv("secret", "harmony/A", &json!({ "value": "1" })).expect("within the policy");
    assert_eq!(own.call("GET", "secret/data/other/A", &Value::Null).expect("an answer").0, 403);
    assert_eq!(own.call("GET", "auth/token/lookup-self", &Value::Null).expect("an answer").0, 200);
    admin.revoke(&token).expect("a revocation");
    assert_eq!(own.call("GET", "auth/token/lookup-self", &Value::Null).expect("an answer").0, 403);
}

#[test]
fn a_token_of_two_uses_has_two() {
    let peer = peer(Kind::Dev);
    peer.admin().policy("harmony", POLICY).expect("a policy");
    let token = peer.admin().token(&["harmony"], Duration::from_secs(600), 2).expect("a token");
    let own = peer.admin().with_token(&token);
    let status = || own.call("GET", "secret/data/harmony/A", &Value::Null).expect("an answer").0;
    assert_eq!([status(), status(), status()], [404, 404, 403]);
}

#[test]
fn who_logs_in_by_each_way_gets_the_policies_of_it() {
    let peer = peer(Kind::Dev);
    let admin = peer.admin();
    let anyone = admin.with_token("");
    let policies = |path: &str, body: &Value| {
        let answer = anyone.must("POST", path, body).expect("a login");
        answer.pointer("/auth/policies").cloned()
    };
    let expected = Some(json!(["default", "harmony"]));
    admin.policy("harmony", POLICY).expect("a policy");

    admin.userpass_user("anna", "pw", &["harmony"]).expect("a user");
    assert_eq!(policies("auth/userpass/login/anna", &json!({ "password": "pw" })), expected);

    let (role_id, secret_id) = admin.approle("app", &["harmony"], 1).expect("a role");
    let body = json!({ "role_id": role_id, "secret_id": secret_id });
    assert_eq!(policies("auth/approle/login", &body), expected);

    let signer = harmony_config_peers::jwt::Signer::new().expect("a key");
    admin.jwt_key(&signer.public_key()).expect("a key");
    admin.jwt_role("dev", "harmony-cli", &["harmony"]).expect("a role");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let claims = json!({ "sub": "anna", "aud": "harmony-cli", "iat": now, "exp": now + 600 });
    let jwt = signer.sign(&claims).expect("a token");
    assert_eq!(policies("auth/jwt/login", &json!({ "role": "dev", "jwt": jwt })), expected);

    let stranger = harmony_config_peers::jwt::Signer::new().expect("a key").sign(&claims).expect("a token");
    let refused = anyone.call("POST", "auth/jwt/login", &json!({ "role": "dev", "jwt": stranger })).expect("an answer");
    assert_eq!(refused.0, 400, "{}", refused.1);
}

#[test]
fn a_seal_closes_everything_and_its_keys_open_it_again() {
    for kind in [Kind::Dev, Kind::Initialised] {
        let peer = peer(kind);
        peer.admin().write_kv("secret", "harmony/A", &json!({ "value": "1" })).expect("a version");
        peer.seal().expect("it seals");
        let sealed = peer.admin().call("GET", "secret/data/harmony/A", &Value::Null).expect("an answer");
        assert_eq!(sealed.0, 503, "{}", sealed.1);
        peer.unseal().expect("it opens");
        let read = peer.admin().read_kv("secret", "harmony/A").expect("an answer");
        assert_eq!(read, Some(json!({ "value": "1" })));
    }
}

#[test]
fn a_server_with_data_comes_back_at_the_same_port_sealed_and_whole() {
    let mut peer = peer(Kind::Initialised);
    let socket = peer.socket();
    peer.admin().write_kv("secret", "harmony/A", &json!({ "value": "1" })).expect("a version");
    peer.stop();
    assert!(std::net::TcpStream::connect(socket).is_err(), "it refuses");
    peer.restart().expect("it starts");
    assert_eq!(peer.socket(), socket);
    assert_eq!(peer.admin().call("GET", "sys/health", &Value::Null).expect("an answer").0, 503);
    peer.unseal().expect("it opens");
    assert_eq!(peer.admin().read_kv("secret", "harmony/A").expect("an answer"), Some(json!({ "value": "1" })));
}

#[test]
fn a_dev_server_that_restarts_knows_its_root_token_and_nothing_else() {
    let mut peer = peer(Kind::Dev);
    peer.admin().write_kv("secret", "harmony/A", &json!({ "value": "1" })).expect("a version");
    peer.restart().expect("it starts");
    assert_eq!(peer.admin().read_kv("secret", "harmony/A").expect("the mount is there"), None);
}

#[test]
fn namespaces_do_not_see_each_other() {
    let peer = peer(Kind::Initialised);
    let inner = peer.admin().namespace("team-a").expect("a namespace");
    inner.enable_kv(2, "secret").expect("a mount");
    inner.write_kv("secret", "harmony/A", &json!({ "value": "inner" })).expect("a version");
    assert_eq!(peer.admin().read_kv("secret", "harmony/A").expect("an answer"), None);
    assert_eq!(inner.read_kv("secret", "harmony/A").expect("an answer"), Some(json!({ "value": "inner" })));
    let other = peer.admin().in_namespace("team-b").call("GET", "secret/data/harmony/A", &Value::Null);
    assert_eq!(other.expect("an answer").0, 404);
}

#[tokio::test]
async fn a_server_is_set_up_from_within_a_runtime_too() {
    let peer = peer(Kind::Dev);
    peer.admin().write_kv("secret", "harmony/A", &json!({ "value": "1" })).expect("a version");
    assert!(peer.admin().read_kv("secret", "harmony/A").expect("an answer").is_some());
}
