//! What a provider says and does in a real exchange, that a program has to bear.

use std::time::Duration;

use harmony_config_peers::oidc::Setting;
use serde_json::json;

use crate::team::{PATIENCE, Team};

/// Five seconds more for good each time that it is said (RFC 8628, section 3.5).
#[test]
fn slow_down_is_obeyed_for_good() {
    let team = Team::new();
    team.provider.set(Setting::Interval(Some(Duration::from_secs(1)))).unwrap();
    team.provider.slow_down(1).unwrap();
    let mut terminal = team.sit_down(&["login"]);
    let pending = team.provider.wait_for_pending(PATIENCE).unwrap();
    std::thread::sleep(Duration::from_secs(9));
    team.provider.approve(&pending.user_code, "anna").unwrap();
    terminal.see("signed in").ends_well();
    let polls: Vec<u64> = team
        .provider
        .requests()
        .unwrap()
        .iter()
        .filter(|seen| seen.grant.ends_with("device_code"))
        .map(|seen| seen.at)
        .collect();
    assert!(polls.len() >= 3, "{polls:?}");
    for pair in polls[..].windows(2) {
        assert!(pair[1] - pair[0] >= 5_900, "six seconds between two polls, after the first: {polls:?}");
    }
}

#[test]
fn keys_that_were_changed_are_fetched_again() {
    let team = Team::with_a_session_alone();
    team.provider.rotate_keys(false).unwrap();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
}

#[test]
fn opaque_access_tokens_and_no_email_are_no_matter() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    team.provider.set(Setting::OpaqueAccessTokens(true)).unwrap();
    team.provider.set(Setting::UserinfoInIdToken(false)).unwrap();
    team.log_in();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
}

/// The old token serves while it is valid; then a person is asked, and told why.
#[test]
fn a_refresh_that_brings_no_token_says_why_somebody_is_asked() {
    let team = Team::with_a_session_alone();
    team.provider.set(Setting::OmitAtRefresh(&["id_token"])).unwrap();
    team.provider.set(Setting::IdTokensLive(Duration::from_secs(62))).unwrap();
    std::thread::sleep(Duration::from_secs(62));
    team.cli(&["get", "AppConfig"]).badly(4, &["harmony-config login zitadel", "id_token"]);
}

#[test]
fn an_issuer_that_differs_by_a_slash_is_shown_with_both_spellings() {
    let team = Team::new();
    let mut command = team.machine.command(crate::world::cli(), &["doctor"]);
    command.env("HARMONY_SSO_URL", format!("{}/", team.provider.issuer()));
    let done = crate::world::finish(crate::world::start(command, b""));
    assert!(done.out.contains(team.provider.issuer()) && done.code != Some(0), "{done:#?}");
}
