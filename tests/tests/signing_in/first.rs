//! The first sign-in, with a person at the terminal; and what is said where there is none.

use harmony_config_peers::oidc::{Browser, Provider};
use serde_json::{Value, json};

use crate::team::{Team, on_the_screen};

/// The whole way: the chain that the environment makes, a program that asks for its configuration, the page clicked in a
/// browser, OpenBao's login, the value. Then silence.
#[test]
fn from_an_empty_machine_to_the_teams_value_with_one_click_and_then_silence() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    let mut terminal = team.machine.sit_down_at(60, 100, &["ask", "AppConfig"]);
    let (address, code) = on_the_screen(&mut terminal);
    assert!(address.starts_with(team.provider.issuer()), "{address}");
    assert!(terminal.text().contains('\u{2588}'), "the picture for a telephone:\n{}", terminal.text());
    let browser = Browser::start().unwrap();
    browser.approve(&format!("{address}?user_code={code}")).unwrap();
    terminal.see("port 4711").see("from openbao").ends_well();
    assert!(!terminal.text().contains("Waiting"), "what was shown for a while is gone:\n{}", terminal.text());

    // Another process, without a terminal, and nobody at the provider notices.
    team.provider.forget_requests().unwrap();
    let silent = team.machine.run(&["get", "AppConfig"]).well();
    assert!(silent.out.contains("port 4711"), "{silent:#?}");
    let asked = team.provider.requests().unwrap();
    assert!(asked.is_empty(), "a silent start asks the provider nothing: {asked:#?}");
    assert!(!silent.err.contains("zitadel"), "{silent:#?}");
}

#[test]
fn login_whoami_and_logout_say_who_it_is_and_take_the_session_back() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    team.cli(&["whoami"]).badly(4, &["nobody is signed in at `zitadel`", "harmony-config login zitadel"]);
    team.log_in();
    assert_eq!(team.provider.sessions().unwrap(), 1);
    let who: Value = serde_json::from_str(&team.cli(&["whoami", "--json"]).well().out).unwrap();
    assert_eq!((&who["identity"], &who["who"]["roles"]), (&json!("zitadel"), &json!(["developer"])));
    let said = team.cli(&["whoami"]).well();
    assert!(said.out.starts_with("anna@"), "{said:#?}");
    team.cli(&["get", "AppConfig"]).well();

    let out = team.cli(&["logout"]).well();
    assert!(out.err.contains("nobody is signed in at `zitadel` any more"), "{out:#?}");
    assert_eq!(team.provider.sessions().unwrap(), 0, "it was taken back at the provider");
    team.cli(&["whoami"]).badly(4, &["nobody is signed in"]);
    // The token that OpenBao gave is still good there, and is not used again.
    team.cli(&["get", "AppConfig"]).badly(4, &["harmony-config login zitadel"]);
    team.cli(&["logout"]).well();
}

#[test]
fn another_person_on_the_same_machine_gets_nothing_that_was_the_firsts() {
    let team = Team::new();
    team.log_in();
    team.cli(&["list"]).well();
    let tokens = |who: &str| {
        let listed = team.admin().must("LIST", "auth/token/accessors", &Value::Null).unwrap();
        let all = listed["data"]["keys"].as_array().unwrap().clone();
        let of = all.iter().filter(|accessor| {
            let found =
                team.admin().must("POST", "auth/token/lookup-accessor", &json!({ "accessor": accessor })).unwrap();
            found["data"]["display_name"].as_str().unwrap_or_default().contains(who)
        });
        of.count()
    };
    let (anna, ben) = ("320000000000000001", "320000000000000002");
    assert_eq!((tokens(anna), tokens(ben)), (1, 0));
    let mut terminal = team.sit_down(&["login"]);
    team.approve("ben");
    terminal.see("as ben").ends_well();
    team.cli(&["list"]).well();
    assert_eq!((tokens(anna), tokens(ben)), (1, 1), "it is another login");
}

/// Without a terminal nobody waits for somebody who is not there.
#[test]
fn where_nobody_can_be_asked_it_says_how_to_sign_in_and_never_hangs() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    for arguments in [&["get", "AppConfig"][..], &["get", "AppConfig", "--prompt"], &["login"]] {
        let done = team.cli(arguments);
        assert_eq!(done.code, Some(4), "{arguments:?}: {done:#?}");
        assert!(done.err.contains("next:"), "{done:#?}");
    }
    team.cli(&["get", "AppConfig"]).badly(4, &["openbao", "harmony-config login zitadel"]);
    assert!(team.provider.pending().unwrap().is_empty(), "no login was begun for nobody");
}

/// Esc goes on without the team's store, and what is found below it is marked; Ctrl+C ends it all.
#[test]
fn who_leaves_the_page_goes_on_without_the_store_or_stops() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    team.machine.store("AppConfig", r#"{"port":1234,"tags":[]}"#);
    let mut terminal = team.machine.sit_down_at(60, 100, &["ask", "AppConfig"]);
    on_the_screen(&mut terminal);
    terminal.press("\u{1b}").see("port 1234").see("degraded").ends_well();
    assert_eq!(team.provider.sessions().unwrap(), 0);

    let mut terminal = team.machine.sit_down_at(60, 100, &["ask", "AppConfig"]);
    on_the_screen(&mut terminal);
    terminal.press("\u{3}");
    let ended = terminal.end();
    assert!(ended.terminal_is_as_before && ended.code != 0, "{ended:?}\n{}", terminal.text());
    assert!(!terminal.text().contains("port 1234"), "{}", terminal.text());
}

#[test]
fn a_login_that_is_denied_or_runs_out_is_told_as_what_it_is() {
    let team = Team::new();
    let mut terminal = team.sit_down(&["login"]);
    let pending = team.provider.wait_for_pending(crate::team::PATIENCE).unwrap();
    team.provider.deny(&pending.user_code).unwrap();
    assert_eq!(terminal.end().code, 5, "{}", terminal.text());
    let mut terminal = team.sit_down(&["login"]);
    let pending = team.provider.wait_for_pending(crate::team::PATIENCE).unwrap();
    team.provider.expire(&pending.user_code).unwrap();
    let ended = terminal.end();
    assert!(ended.code == 4 && terminal.text().contains("next:"), "{ended:?}\n{}", terminal.text());
    // And then it goes.
    team.log_in();
}

/// Another provider, which sends no interval and knows nothing of Zitadel.
#[test]
fn the_same_with_a_provider_that_is_not_zitadel() {
    let team = Team::of(Provider::node().unwrap());
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    let mut terminal = team.sit_down(&["login"]);
    team.approve("anna");
    terminal.see("signed in at `zitadel` as").ends_well();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
    team.cli(&["logout"]).well();
    team.cli(&["get", "AppConfig"]).badly(4, &["login zitadel"]);
}

#[test]
fn doctor_tells_how_the_identity_is() {
    let team = Team::new();
    let before: Value = serde_json::from_str(&team.cli(&["doctor", "--json"]).out).unwrap();
    let state = |doctor: &Value| {
        let found = doctor["sources"].as_array().unwrap().iter().find(|source| source["source"] == "zitadel").cloned();
        found.unwrap_or_else(|| panic!("no zitadel in {doctor:#}"))
    };
    assert!(state(&before)["says"].to_string().contains(team.provider.issuer()), "{before:#}");
    team.log_in();
    let after: Value = serde_json::from_str(&team.cli(&["doctor", "--json"]).well().out).unwrap();
    assert!(state(&after)["says"].to_string().contains("anna"), "{after:#}");
}
