//! What `doctor` is told.

use super::*;

#[test]
fn a_check_tells_the_issuer_its_clock_and_who_is_signed_in() {
    let (fake, instance) = world();
    assert_eq!(
        instance.call().check().unwrap(),
        [
            "https://sso.example.com is reached over TLS",
            "https://sso.example.com answers, and calls itself so",
            "the clock here and the issuer's agree",
            "the issuer offers device authorization; whether the client `client-1` may use it shows when somebody signs in",
            "nobody is signed in at https://sso.example.com: run `harmony-config login sso`",
        ]
    );
    assert_eq!(fake.paths(), ["openid-configuration"], "no sign-in is begun");
    fake.replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    fake.pass(std::time::Duration::from_secs(600));
    assert_eq!(
        instance.call().check().unwrap().last().unwrap(),
        "`ada` (ada@example.com) is signed in since 10 min; its token ends at 2027-01-15T09:00:00Z and is renewed"
    );
}

#[test]
fn a_check_says_what_is_wrong_with_the_issuer() {
    let (fake, instance) = world();
    fake.ahead.set(-600);
    fake.document.borrow_mut()["grant_types_supported"] = json!(["refresh_token"]);
    fake.document.borrow_mut().as_object_mut().unwrap().remove("revocation_endpoint");
    let findings = instance.call().check().unwrap().join("\n");
    has(&findings, &["10 min ahead of the issuer's", "does not list the grant", "removes it here only"]);
    fake.document.borrow_mut().as_object_mut().unwrap().remove("device_authorization_endpoint");
    has(&words(instance.call().check(), "unsupported"), &["`device_authorization_endpoint`"]);
    fake.document.borrow_mut()["issuer"] = json!("https://sso.example.com/");
    has(&words(instance.call().check(), "invalid"), &["slash"]);
}

#[test]
fn a_check_of_a_machine_names_its_key() {
    let fake = Fake::new();
    let key = json!({ "type": "serviceaccount", "keyId": "key-1", "key": "canary", "userId": "machine" });
    *fake.file.borrow_mut() = Some(key.to_string());
    let instance = fake.bare_instance(json!({ "issuer": "http://localhost:8080", "key-file": "key.json" }));
    fake.document.borrow_mut()["issuer"] = json!("http://localhost:8080");
    let findings = instance.call().check().unwrap().join("\n");
    has(&findings, &["without TLS, on this machine", "the user `machine`, with the key `key-1`"]);
    assert!(!findings.contains("canary"));
}
