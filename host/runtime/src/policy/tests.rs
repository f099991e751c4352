use super::*;

const CALL: Phase = Phase::Call(Interaction::Allowed);

fn everything() -> Policy {
    Policy::new(Grants {
        environment: Some("HARMONY_CONFIG_".into()),
        sql: true,
        files: true,
        document: true,
        keyring: true,
        prompt: true,
        http: [origin()].into(),
        session: true,
        credential_files: ["auth.*.file".to_owned()].into(),
        identities: ["auth.*.file".to_owned()].into(),
        ..Grants::default()
    })
}

fn origin() -> Origin {
    Origin::parse("https://bao.example.com:8200").unwrap()
}

fn uses<'a>(origin: &'a Origin, setting: &'a [String]) -> Vec<Use<'a>> {
    let http = Use::Http { method: "GET", authority: "bao.example.com:8200", origin: Ok(origin) };
    let dial = Use::Dial { origin, address: "10.0.0.1:8200".parse().unwrap() };
    let page = Use::Page { address: "https://bao.example.com:8200/device", origin: Ok(origin) };
    let new = [http, dial, page, Use::Session("somebody"), Use::CredentialFile(setting), Use::Identity(setting)];
    USES.into_iter().chain(new).collect()
}

const USES: [Use<'_>; 8] = [
    Use::Variable("HARMONY_CONFIG_A"),
    Use::VariableNames("HARMONY_CONFIG_A"),
    Use::Sql,
    Use::Files,
    Use::ReadDocument,
    Use::WriteDocument,
    Use::Keyring("App@fw-a"),
    Use::Prompt,
];

#[test]
fn without_a_grant_everything_is_refused() {
    let (origin, setting) = (origin(), ["auth", "0", "file"].map(str::to_owned));
    for what in uses(&origin, &setting) {
        assert!(matches!(Policy::default().decide(CALL, what), Err(DenyReason::NotGranted(_))), "{what:?}");
    }
}

#[test]
fn while_configuring_everything_is_refused_whatever_was_granted() {
    let (origin, setting) = (origin(), ["auth", "0", "file"].map(str::to_owned));
    for what in uses(&origin, &setting) {
        assert_eq!(everything().decide(Phase::Configure, what).unwrap_err(), DenyReason::Configuring);
    }
}

#[test]
fn what_was_granted_passes_and_what_lies_beyond_does_not() {
    let (origin, setting) = (origin(), ["auth", "0", "file"].map(str::to_owned));
    for what in uses(&origin, &setting) {
        assert_eq!(everything().decide(CALL, what).unwrap().what(), what);
    }
    for name in ["PATH", "", "HARMONY_CONFIG", "harmony_config_a", "XHARMONY_CONFIG_A"] {
        for what in [Use::Variable(name), Use::VariableNames(name)] {
            assert!(matches!(everything().decide(CALL, what), Err(DenyReason::OutsidePrefix { .. })), "{name}");
        }
    }
}

#[test]
fn a_variable_that_was_granted_by_its_name_is_that_one_alone() {
    let policy = Policy::new(Grants { variables: ["THEIR_PW".to_owned()].into(), ..Grants::default() });
    policy.decide(CALL, Use::Variable("THEIR_PW")).unwrap();
    for what in [Use::Variable("THEIR_PW_2"), Use::Variable("PATH"), Use::VariableNames("THEIR_PW")] {
        assert!(policy.decide(CALL, what).is_err(), "{what:?}");
    }
    assert_eq!(policy.decide(Phase::Configure, Use::Variable("THEIR_PW")).unwrap_err(), DenyReason::Configuring);
}

#[test]
fn an_entry_of_the_keyring_has_the_name_of_a_coordinate() {
    for name in ["", "a/b", "App@", "App@a@b", "a b", "../x", "a\0"] {
        let refused = everything().decide(CALL, Use::Keyring(name));
        assert!(matches!(refused, Err(DenyReason::NoEntry(_))), "{name:?}");
    }
}

#[test]
fn a_refusal_names_the_command_that_would_allow_it_and_no_words_of_the_plugin() {
    let policy = Policy::default().granted_by(Some("harmony-config grant acme".to_owned()));
    for (what, remedy) in [
        (
            Use::Variable("ACME_TOKEN"),
            Some("if it should have that: harmony-config grant acme --environment ACME_TOKEN"),
        ),
        (Use::Variable("A; rm -rf ~"), Some("if it should have that: harmony-config grant acme --environment PREFIX")),
        (Use::Sql, Some("if it should have that: harmony-config grant acme --sql")),
    ] {
        assert_eq!(policy.check(CALL, what).unwrap_err().remedy.as_deref(), remedy);
    }
    assert_eq!(policy.check(Phase::Configure, Use::Sql).unwrap_err().remedy, None);
    assert_eq!(Policy::default().check(CALL, Use::Sql).unwrap_err().remedy, None);
}

#[test]
fn a_request_goes_to_the_granted_origin_alone() {
    let policy = everything().granted_by(Some("harmony-config grant acme".to_owned()));
    let refused = |secure, authority: &str| {
        let origin = Origin::of_request(secure, authority);
        let origin = origin.as_ref().map_err(String::as_str);
        policy.check(CALL, Use::Http { method: "GET", authority, origin }).unwrap_err()
    };
    for (secure, authority) in [
        (false, "bao.example.com:8200"),
        (true, "bao.example.com"),
        (true, "bao.example.com:8201"),
        (true, "other.example.com:8200"),
        (true, "10.0.0.1:8200"),
    ] {
        let failure = refused(secure, authority);
        assert!(failure.message.contains("granted requests to https://bao.example.com:8200"), "{failure}");
        let scheme = if secure { "https" } else { "http" };
        let command = format!("if it should have that: harmony-config grant acme --http {scheme}://{authority}");
        assert_eq!(failure.remedy, Some(command));
    }
    for odd in ["me@bao.example.com:8200", "bao.example.com.:8200", "0x7f.1:8200", "[::ffff:127.0.0.1]:8200"] {
        assert_eq!(refused(true, odd).remedy, None, "{odd}");
    }
}

#[test]
fn nothing_is_sent_to_a_metadata_address_though_it_was_granted() {
    for text in ["http://169.254.169.254", "http://[fd00:ec2::254]"] {
        let granted = Origin::parse(text).unwrap();
        let policy = Policy::new(Grants { http: [granted.clone()].into(), ..Grants::default() });
        let what = Use::Http { method: "GET", authority: "", origin: Ok(&granted) };
        assert!(matches!(policy.decide(CALL, what), Err(DenyReason::ForbiddenAddress { .. })), "{text}");
    }
}

#[test]
fn no_connection_is_made_to_a_metadata_address_whatever_name_led_there() {
    let origin = origin();
    for address in ["169.254.169.254:8200", "[::ffff:169.254.169.254]:8200", "0.0.0.0:8200"] {
        let what = Use::Dial { origin: &origin, address: address.parse().unwrap() };
        let failure = everything().dial(what).unwrap_err();
        assert!(failure.message.contains("an address of bao.example.com"), "{failure}");
    }
}

#[test]
fn methods_that_turn_a_server_into_a_tunnel_are_refused() {
    let origin = origin();
    for method in ["CONNECT", "connect", "TRACE"] {
        let what = Use::Http { method, authority: "bao.example.com:8200", origin: Ok(&origin) };
        assert_eq!(everything().decide(CALL, what).unwrap_err(), DenyReason::ForbiddenMethod(method.to_owned()));
    }
}

#[test]
fn a_credential_file_is_one_that_a_setting_of_the_plugin_names() {
    for other in [&["auth", "0", "password"][..], &["auth", "file"], &["file"], &[]] {
        let other: Vec<String> = other.iter().map(|part| (*part).to_owned()).collect();
        let refused = everything().decide(CALL, Use::CredentialFile(&other)).unwrap_err();
        assert!(matches!(refused, DenyReason::NoCredentialFile(_)), "{other:?}");
    }
}

#[test]
fn a_person_is_not_asked_where_the_call_forbids_it() {
    let refused = everything().decide(Phase::Call(Interaction::Forbidden), Use::Prompt).unwrap_err();
    assert_eq!(Failure::from(refused).code, FailureCode::InteractionRequired);
}

#[test]
fn a_page_is_shown_of_an_origin_that_the_plugin_may_speak_with_and_of_no_other() {
    let other = Origin::parse("https://elsewhere.example.com").unwrap();
    let what = Use::Page { address: "https://elsewhere.example.com/device", origin: Ok(&other) };
    let policy = everything().granted_by(Some("harmony-config grant acme".to_owned()));
    let failure = policy.check(CALL, what).unwrap_err();
    assert!(failure.message.contains("a page of https://elsewhere.example.com is not shown"), "{failure}");
    assert!(failure.remedy.unwrap().ends_with("--http https://elsewhere.example.com"));
    let odd = Use::Page { address: "javascript:alert(1)", origin: Err("is no address of a web page") };
    assert!(matches!(everything().decide(CALL, odd), Err(DenyReason::OddAddress { .. })));
    let origin = origin();
    let own = Use::Page { address: "https://bao.example.com:8200/device", origin: Ok(&origin) };
    let refused = everything().decide(Phase::Call(Interaction::Forbidden), own).unwrap_err();
    assert_eq!(Failure::from(refused).code, FailureCode::InteractionRequired);
}

#[test]
fn tokens_are_those_of_an_identity_that_a_setting_of_the_plugin_names() {
    for other in [&["auth", "0", "role"][..], &["identity"], &[]] {
        let other: Vec<String> = other.iter().map(|part| (*part).to_owned()).collect();
        let refused = everything().decide(CALL, Use::Identity(&other)).unwrap_err();
        assert!(matches!(refused, DenyReason::NoIdentity(_)), "{other:?}");
    }
}
