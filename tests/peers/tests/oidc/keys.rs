//! The signatures of tokens, as OpenBao verifies them: with the keys that the issuer publishes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use harmony_config_peers::{
    Admin,
    jwt::Signer,
    oidc::{Endpoint, Kind, Provider},
    proxy::{Fault, Proxy},
    stand_in::StandIn,
};
use serde_json::{Value, json};

use crate::{KINDS, claims, id_token, start, zitadel};

/// A JWT mount that trusts the provider, with a role for its client.
fn mount(admin: &Admin, provider: &Provider) {
    admin.must("POST", "sys/auth/jwt", &json!({ "type": "jwt" })).expect("a mount");
    configure(admin, provider.issuer()).expect("a configuration");
    let role = json!({
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": [provider.client_id()], "policies": ["default"],
    });
    admin.must("POST", "auth/jwt/role/dev", &role).expect("a role");
}

fn configure(admin: &Admin, issuer: &str) -> harmony_config_peers::Result<Value> {
    admin.must("POST", "auth/jwt/config", &json!({ "oidc_discovery_url": issuer, "bound_issuer": issuer }))
}

fn log_in(admin: &Admin, token: &str) -> (u16, Value) {
    let body = json!({ "role": "dev", "jwt": token });
    admin.with_token("").call("POST", "auth/jwt/login", &body).expect("an answer")
}

#[test]
fn the_stand_in_lets_in_whom_the_provider_signed_and_nobody_else() {
    for kind in KINDS {
        let (server, provider) = (StandIn::dev().expect("a stand-in"), start(kind));
        let root = server.admin();
        mount(&root, &provider);
        let tokens = provider.client().log_in("anna").expect("tokens");
        let (status, body) = log_in(&root, id_token(&tokens));
        assert_eq!((status, &body["auth"]["metadata"]["role"]), (200, &json!("dev")), "{kind:?}");

        let forged = Signer::new().and_then(|signer| signer.sign(&claims(&tokens))).expect("a token");
        assert_eq!(log_in(&root, &forged).0, 400, "{kind:?}: the same claims, signed by another key");
        let fetched = provider.asked(Endpoint::Keys).expect("a count");
        log_in(&root, id_token(&provider.client().log_in("ben").expect("tokens")));
        assert_eq!(provider.asked(Endpoint::Keys).expect("a count"), fetched, "{kind:?}: the keys were kept");
    }
}

#[test]
fn the_stand_in_takes_no_issuer_that_differs_by_a_slash() {
    let (server, mut provider) = (StandIn::dev().expect("a stand-in"), zitadel());
    let root = server.admin();
    mount(&root, &provider);
    let own = provider.issuer().to_owned();
    let with_slash = format!("{own}/");
    assert!(configure(&root, &with_slash).expect_err("a refusal").to_string().contains("did not match"));
    provider.move_to(&with_slash).expect("an order");
    configure(&root, &with_slash).expect("a configuration");
    let tokens = provider.client().log_in("anna").expect("tokens");
    assert_eq!(claims(&tokens)["iss"], with_slash);
    assert_eq!(log_in(&root, id_token(&tokens)).0, 200);
    assert!(configure(&root, &own).is_err());
}

#[test]
fn a_mount_that_names_where_the_keys_are_needs_no_issuer() {
    let (server, provider) = (StandIn::dev().expect("a stand-in"), zitadel());
    let root = server.admin();
    mount(&root, &provider);
    let keys = format!("{}{}", provider.issuer(), provider.path(Endpoint::Keys));
    root.must("POST", "auth/jwt/config", &json!({ "jwks_url": keys })).expect("a configuration");
    provider.forget_requests().expect("an order");
    assert_eq!(log_in(&root, id_token(&provider.client().log_in("anna").expect("tokens"))).0, 200);
    let count = |endpoint| provider.asked(endpoint).expect("a count");
    assert_eq!((count(Endpoint::Discovery), count(Endpoint::Keys)), (0, 1));
}

#[test]
fn a_new_key_is_fetched_when_a_token_names_it() {
    let provider = zitadel();
    let verifier = provider.verifier();
    let accepts = |token: &str| verifier.accepts(provider.issuer(), token);
    let old = provider.client().log_in("anna").expect("tokens");
    assert!(accepts(id_token(&old)));
    provider.rotate_keys(true).expect("an order");
    let new = provider.client().log_in("anna").expect("tokens");
    assert!(accepts(id_token(&new)) && accepts(id_token(&old)));
    provider.rotate_keys(false).expect("an order");
    let newest = provider.client().log_in("anna").expect("tokens");
    assert!(accepts(id_token(&newest)));
    assert!(!accepts(id_token(&old)), "its key is published no longer");
    assert_eq!(
        provider.asked(Endpoint::Keys).expect("a count"),
        4,
        "once for each key, and once for the one that is gone"
    );
    assert!(!verifier.accepts("http://127.0.0.1:1", id_token(&newest)), "of another issuer");
}

#[test]
fn a_token_that_is_signed_by_a_curve_is_as_good() {
    let provider = start(Kind::Node);
    let tokens = provider.client_named("harmony-cli-es256").log_in("anna").expect("tokens");
    let header = id_token(&tokens).split('.').next().expect("a header");
    let header = URL_SAFE_NO_PAD.decode(header).expect("a header");
    assert!(String::from_utf8_lossy(&header).contains("ES256"));
    assert!(provider.verifier().accepts(provider.issuer(), id_token(&tokens)));
}

#[test]
fn the_stand_in_takes_another_algorithm_than_rs256_only_where_the_mount_names_it() {
    let (server, provider) = (StandIn::dev().expect("a stand-in"), start(Kind::Node));
    let root = server.admin();
    mount(&root, &provider);
    let curve = provider.client_named("harmony-cli-es256");
    let role = json!({ "bound_audiences": ["harmony-cli-es256"] });
    root.must("POST", "auth/jwt/role/dev", &role).expect("a role");
    let tokens = curve.log_in("anna").expect("tokens");
    let (status, body) = log_in(&root, id_token(&tokens));
    assert_eq!(status, 400);
    assert!(body.to_string().contains("unexpected algorithm"), "{body}");
    let config = json!({ "oidc_discovery_url": provider.issuer(), "jwt_supported_algs": ["RS256", "ES256"] });
    root.must("POST", "auth/jwt/config", &config).expect("a configuration");
    assert_eq!(log_in(&root, id_token(&tokens)).0, 200);
}

#[test]
fn a_token_without_a_signature_or_with_one_of_a_shared_secret_is_refused() {
    let provider = zitadel();
    let tokens = provider.client().log_in("anna").expect("tokens");
    let parts: Vec<&str> = id_token(&tokens).split('.').collect();
    let verifier = provider.verifier();
    assert!(verifier.accepts(provider.issuer(), &parts.join(".")));
    for algorithm in ["none", "HS256", "ES256", "RS512"] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm }).to_string());
        for signature in ["", parts[2]] {
            let forged = format!("{header}.{}.{signature}", parts[1]);
            assert!(!verifier.accepts(provider.issuer(), &forged), "{algorithm}");
        }
    }
}

#[test]
fn a_provider_behind_a_proxy_is_away_and_comes_back() {
    let mut provider = zitadel();
    let proxy = Proxy::to(provider.socket()).expect("a proxy");
    let address = format!("http://{}", proxy.socket());
    provider.move_to(&address).expect("an order");
    let tokens = provider.client().log_in("anna").expect("tokens");
    assert_eq!(claims(&tokens)["iss"], address);
    let verifier = provider.verifier();
    proxy.set(Fault::Refuse).expect("a fault");
    assert!(provider.discover().is_err());
    assert!(!verifier.accepts(&address, id_token(&tokens)), "there are no keys");
    proxy.set(Fault::Pass).expect("no fault");
    assert!(verifier.accepts(&address, id_token(&tokens)));
}
