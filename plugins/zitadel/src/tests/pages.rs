//! Signing in on a page.

use harmony_config_sdk::Interaction;

use super::*;

#[test]
fn a_person_signs_in_on_a_page_and_is_asked_no_second_time() {
    let (fake, instance) = world();
    fake.replies("/token", error("authorization_pending")).replies("/token", tokens(&claims(&fake)));
    let token = instance.aloud().unwrap();
    assert_eq!(token.subject, r#"["https://sso.example.com","ada"]"#);
    assert_eq!(token.expires_in_ms, Some(3_590_000));
    let sent = fake.sent();
    let lines: Vec<&str> = sent.iter().map(|sent| sent.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET https://sso.example.com/.well-known/openid-configuration",
            "GET https://sso.example.com/keys",
            "POST https://sso.example.com/device",
            "POST https://sso.example.com/token",
            "POST https://sso.example.com/token",
        ]
    );
    assert_eq!(sent[2].form["client_id"], CLIENT);
    assert_eq!(sent[2].form["scope"], "openid email profile offline_access");
    assert_eq!(sent[3].form["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(sent[3].form["device_code"], "canary-device-code");
    // Another instance, later, and nobody is asked for anything.
    assert_eq!(fake.instance(&json!({})).quietly().unwrap().value, token.value);
    assert_eq!((fake.paths().len(), fake.pages.borrow().len()), (0, 1));
}

#[test]
fn the_page_has_what_a_person_needs_to_know() {
    let (fake, instance) = world();
    fake.replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    let page = fake.pages.borrow()[0].clone();
    assert_eq!(page.title, "Sign in at sso.example.com");
    assert_eq!(page.address, "https://sso.example.com/device");
    assert_eq!(page.address_with_code.as_deref(), Some("https://sso.example.com/device?user_code=WDJB-MJHT"));
    assert_eq!((page.code.as_str(), page.expires_in_ms), ("WDJB-MJHT", Some(300_000)));
}

#[test]
fn it_is_asked_as_often_as_the_issuer_says_and_less_often_for_good_after_slow_down() {
    let (fake, instance) = world();
    for code in ["authorization_pending", "slow_down", "authorization_pending", "slow_down"] {
        fake.replies("/token", error(code));
    }
    fake.replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    assert_eq!(*fake.waits.borrow(), [5, 5, 10, 10, 15], "5 s where the issuer says nothing");

    let (fake, instance) = world();
    let started = json!({ "device_code": "c", "user_code": "u", "verification_uri": format!("{ISSUER}/d"),
                          "expires_in": 60, "interval": 2 });
    fake.replies("/device", status(200, &started));
    fake.replies("/token", error("authorization_pending")).replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    assert_eq!(*fake.waits.borrow(), [2, 2]);
    assert_eq!(fake.pages.borrow()[0].address_with_code, None);
}

#[test]
fn a_network_that_is_away_while_the_person_is_at_the_page_ends_nothing() {
    let (fake, instance) = world();
    for fault in [Fault::Unreachable, Fault::Lost, Fault::Tls] {
        fake.replies("/token", Err(fault));
    }
    fake.replies("/token", status(503, &json!({}))).replies("/token", retry_after(429, 25));
    fake.replies("/token", error("authorization_pending")).replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    assert_eq!(*fake.waits.borrow(), [5, 10, 20, 30, 10, 25, 5]);
    let said = fake.said.borrow();
    assert_eq!(said[0], "no answer from sso.example.com; trying again");
    assert_eq!(said[3], "sso.example.com is busy (503); trying again");
    assert_eq!(said.last().unwrap(), "", "the line goes when it goes well again");
}

#[test]
fn a_code_that_ended_is_one_clear_error() {
    let (fake, instance) = world();
    fake.replies("/token", error("expired_token"));
    has(
        &words(instance.aloud(), "interaction-required"),
        &[ISSUER, "before the code ended", "`harmony-config login sso` again"],
    );

    // And where the issuer is away until then.
    let (fake, instance) = world();
    for _ in 0..11 {
        fake.replies("/token", Err(Fault::Unreachable));
    }
    has(&words(instance.aloud(), "interaction-required"), &["before the code ended"]);
    fake.sent();
}

#[test]
fn who_is_refused_on_the_page_or_says_no_here_is_not_signed_in() {
    let (fake, instance) = world();
    fake.replies("/token", error("access_denied"));
    has(&words(instance.aloud(), "denied"), &["refused on the page", "harmony-config login sso"]);
    // To go on without it, and to stop all of it: what the host says passes through.
    for failure in [Failure::interaction_required("the person said no"), Failure::cancelled("the person said no")] {
        let (fake, instance) = world();
        fake.replies("/token", error("authorization_pending"));
        *fake.cancels_at.borrow_mut() = Some((1, failure.clone()));
        has(&words(instance.aloud(), &failure.code), &["said no", "harmony-config login sso"]);
        assert!(fake.sessions.borrow().is_empty());
    }
}

#[test]
fn where_nobody_may_be_asked_or_nobody_is_there_it_says_what_to_run() {
    let (fake, instance) = world();
    let remedy = "run `harmony-config login sso`";
    has(
        &words(instance.quietly(), "interaction-required"),
        &["nobody is signed in at https://sso.example.com", remedy],
    );
    has(&words(instance.call().sign_in(&ask(Interaction::Forbidden)), "interaction-required"), &[remedy]);
    assert_eq!(fake.sent(), [], "and the issuer is not asked");
    fake.has_person.set(false);
    has(&words(instance.aloud(), "interaction-required"), &[remedy]);
}

#[test]
fn without_a_name_for_the_source_it_names_the_command_alone() {
    let fake = Fake::new();
    let given = serde_json::from_value::<crate::settings::Given>(json!({ "issuer": ISSUER, "client-id": CLIENT }));
    let host = harmony_config_sdk::Host::of("harmony");
    let instance = Store::new(Rc::clone(&fake), given.unwrap().check().unwrap(), &host);
    has(&words(instance.quietly(), "interaction-required"), &["run `harmony-config login`"]);
}

#[test]
fn one_sign_in_serves_two_terminals_but_not_one_that_was_asked_for() {
    let (fake, instance) = world();
    let theirs = Signer::First.token(&claims(&fake));
    let record = json!({ "subject": "ada", "id-token": theirs, "since": fake.now.get() + 5,
                         "expires": fake.now.get() + 3_600, "signed-in-at": fake.now.get() });
    let put = record.clone();
    *fake.meanwhile.borrow_mut() = Some(Box::new(move |fake| fake.keep(&put)));
    assert_eq!(instance.aloud().unwrap().value, theirs);
    assert_eq!(fake.paths(), ["openid-configuration", "keys", "device"]);

    let (fake, instance) = world();
    *fake.meanwhile.borrow_mut() = Some(Box::new(move |fake| fake.keep(&record)));
    fake.replies("/token", tokens(&claims_with(&fake, json!({ "sub": "bob" }))));
    instance.call().sign_in(&ask(Interaction::Allowed)).unwrap();
    assert_eq!(fake.kept().unwrap()["subject"], "bob");
}

#[test]
fn a_client_that_may_not_use_the_grant_says_what_to_set_in_the_console() {
    for (code, parts) in [
        ("unauthorized_client", ["must be Native", "Device Code"]),
        ("invalid_client", ["knows no such client", "`client-id`"]),
        ("invalid_scope", ["one of the scopes", "`scopes`"]),
    ] {
        let (fake, instance) = world();
        fake.replies("/device", error(code));
        let words = words(instance.aloud(), "denied");
        has(&words, &parts);
        has(&words, &[ISSUER, "https://sso.example.com/device"]);
    }
}

#[test]
fn an_issuer_without_device_authorization_says_so() {
    let (fake, instance) = world();
    fake.document.borrow_mut().as_object_mut().unwrap().remove("device_authorization_endpoint");
    has(&words(instance.aloud(), "unsupported"), &[ISSUER, "`device_authorization_endpoint`", "RFC 8628"]);
}

#[test]
fn a_page_of_another_origin_is_not_shown() {
    let (fake, instance) = world();
    let started = json!({ "device_code": "c", "user_code": "u", "verification_uri": "https://evil.example/d?canary",
                          "expires_in": 60 });
    fake.replies("/device", status(200, &started));
    has(&words(instance.aloud(), "denied"), &[ISSUER, "https://evil.example/d", "may not be shown"]);
}

#[test]
fn the_time_of_the_person_is_none_of_the_deadline() {
    let (fake, instance) = world();
    for _ in 0..20 {
        fake.replies("/token", error("authorization_pending"));
    }
    fake.replies("/token", tokens(&claims_with(&fake, json!({ "iat": fake.now.get() + 60 }))));
    instance.aloud().unwrap();
    let times: Vec<u64> = fake.sent().iter().map(|sent| sent.time.as_secs()).collect();
    assert_eq!((times[0], times[5]), (1, 10), "a call has 2 s; while a person is at it, a request has 10");
}
