//! What an issuer may answer that is no good, or not at all.

use super::*;

const CONFIGURATION: &str = "/.well-known/openid-configuration";

/// The failure where the issuer says this of itself, however often it is asked.
#[track_caller]
fn discovered(reply: Result<Answer, Fault>, code: &str) -> String {
    let (fake, instance) = world();
    fake.replies(CONFIGURATION, reply.clone()).replies(CONFIGURATION, reply);
    let words = words(instance.aloud(), code);
    has(&words, &[ISSUER]);
    words
}

#[test]
fn an_issuer_that_differs_by_one_slash_is_shown_both_ways() {
    let (fake, instance) = world();
    fake.document.borrow_mut()["issuer"] = json!("https://sso.example.com/");
    has(
        &words(instance.aloud(), "invalid"),
        &[
            "`https://sso.example.com`",
            "`https://sso.example.com/`",
            "differ by the slash at the end",
            "HARMONY_SSO_URL",
        ],
    );
    fake.document.borrow_mut()["issuer"] = json!("https://other.example.com");
    let words = words(instance.aloud(), "invalid");
    has(&words, &["`https://other.example.com`"]);
    assert!(!words.contains("slash"), "{words}");
}

#[test]
fn what_is_no_issuer_is_told_apart() {
    has(&discovered(text(200, "<!DOCTYPE html><title>canary</title>"), "invalid"), &["is not its JSON", "(200)"]);
    has(&discovered(text(200, r#"{"issuer":"https://ss"#), "unavailable"), &["cut short"]);
    has(&discovered(status(200, &json!({ "canary": 1 })), "invalid"), &["misses what it should have"]);
    has(&discovered(text(403, "<html>canary</html>"), "invalid"), &["is not its JSON", "(403)"]);
    has(&discovered(text(404, ""), "invalid"), &["nothing at this address", "(404)"]);
    has(&discovered(text(301, ""), "invalid"), &["another address", "(301)"]);
    has(&discovered(Err(Fault::TooLarge), "invalid"), &["too large"]);
    let packed = Answer {
        status: 200,
        body: b"\x1f\x8b".to_vec(),
        head: Head { content_encoding: Some("gzip".into()), ..Head::default() },
    };
    has(&discovered(Ok(packed), "invalid"), &["is packed"]);
}

#[test]
fn an_issuer_that_is_away_or_busy_is_unavailable() {
    for (reply, part) in [
        (Err(Fault::Unreachable), "cannot be reached"),
        (Err(Fault::Tls), "no secure connection"),
        (Err(Fault::Lost), "was lost"),
        (Err(Fault::Protocol), "does not speak HTTP"),
        (status(500, &json!({})), "failed (500)"),
        (text(502, "<html>canary</html>"), "failed (502)"),
        (retry_after(429, 3), "takes no more requests for now (429)"),
    ] {
        let (fake, instance) = world();
        fake.replies(CONFIGURATION, reply.clone()).replies(CONFIGURATION, reply);
        let failure = instance.aloud().unwrap_err();
        assert!(failure.retry_after_ms.is_some(), "{failure:?}");
        has(&words(Err::<(), _>(failure), "unavailable"), &[ISSUER, part]);
    }
    let (fake, instance) = world();
    fake.replies(CONFIGURATION, Err(Fault::TimedOut));
    has(&words(instance.aloud(), "unavailable"), &["did not answer in time", "`timeout`"]);
    assert_eq!(fake.sent().len(), 1, "there is no time left to ask again");
}

#[test]
fn what_got_lost_on_the_way_is_read_once_more() {
    let (fake, instance) = world();
    fake.replies(CONFIGURATION, Err(Fault::Lost)).replies("/keys", text(503, ""));
    fake.replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    assert_eq!(fake.paths(), ["openid-configuration", "openid-configuration", "keys", "keys", "device", "token"]);
}

#[test]
fn an_endpoint_that_may_not_be_reached_is_named() {
    let (fake, instance) = world();
    fake.document.borrow_mut()["device_authorization_endpoint"] = json!("https://elsewhere.example/device?canary");
    fake.replies("/device?canary", Err(Fault::Denied));
    let words = words(instance.aloud(), "denied");
    has(
        &words,
        &["https://elsewhere.example/device", "asking for a code", "may not be reached", "origin of the issuer"],
    );
}

#[test]
fn an_endpoint_that_is_no_address_is_named() {
    let (fake, instance) = world();
    fake.document.borrow_mut()["revocation_endpoint"] = json!("/revoke");
    has(&words(instance.aloud(), "invalid"), &["`revocation_endpoint`", "no address"]);
}

#[test]
fn the_answers_of_the_other_endpoints_are_looked_at_as_well() {
    let (fake, instance) = world();
    fake.replies("/keys", text(200, "<html>"));
    has(&words(instance.aloud(), "invalid"), &["reading its keys", "is not its JSON"]);
    fake.replies("/device", text(200, "{}"));
    has(&words(instance.aloud(), "invalid"), &["asking for a code", "misses what it should have"]);
    fake.replies("/token", text(200, "<html>"));
    has(&words(instance.aloud(), "invalid"), &["asking whether somebody signed in", "is not its JSON"]);
    fake.replies("/device", status(429, &json!({})));
    has(&words(instance.aloud(), "unavailable"), &["(429)"]);
    fake.replies("/device", status(400, &json!({ "error": "a canary with spaces" })));
    has(&words(instance.aloud(), "invalid"), &["misses what it should have"]);
}

#[test]
fn where_nobody_said_the_issuer_or_the_client_it_names_the_variable_and_the_setting() {
    let fake = Fake::new();
    has(&words(fake.bare_instance(json!({})).aloud(), "unavailable"), &["HARMONY_SSO_URL", "`issuer`"]);
    let instance = fake.bare_instance(json!({ "issuer": ISSUER }));
    has(&words(instance.aloud(), "unavailable"), &["HARMONY_SSO_CLIENT_ID", "`client-id`", "Native"]);
}
