//! What happens after the tokens have ended: a refresh that nobody notices, once, whatever is started, waits or dies.

use std::{
    thread,
    time::{Duration, Instant},
};

use harmony_config_peers::oidc::{Delay, Endpoint, Setting};

use crate::{
    team::{Team, soon},
    world::{finish, start},
};

#[test]
fn after_the_tokens_end_the_session_is_renewed_and_nobody_is_asked() {
    let team = Team::with_a_session_alone();
    let done = team.cli(&["get", "AppConfig.port"]).well();
    assert_eq!(done.out, "4711\n");
    assert_eq!(done.err, "", "nobody notices");
    assert_eq!(team.provider.refreshes().unwrap(), 1);
    // And again, with what the first refresh brought: a refresh token is good for one time.
    team.tokens_are_short();
    team.store.admin().must("POST", "sys/leases/revoke-prefix/auth/jwt", &serde_json::json!({})).ok();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
}

#[test]
fn eight_processes_at_once_make_one_refresh_and_all_have_the_value() {
    let team = Team::with_a_session_alone();
    let started: Vec<_> = (0..8).map(|_| team.started(&["get", "AppConfig.port"])).collect();
    for done in started.into_iter().map(finish) {
        assert_eq!(done.well().out, "4711\n");
    }
    assert_eq!(team.provider.refreshes().unwrap(), 1, "{:#?}", team.provider.requests().unwrap());
}

#[test]
fn who_was_signed_out_centrally_is_asked_to_sign_in_again() {
    let team = Team::with_a_session_alone();
    assert_eq!(team.provider.end_sessions("anna").unwrap(), 1);
    team.cli(&["get", "AppConfig"]).badly(4, &["zitadel", "harmony-config login zitadel"]);
    // It is not tried again and again.
    team.provider.forget_requests().unwrap();
    team.cli(&["get", "AppConfig"]).badly(4, &["harmony-config login zitadel"]);
    assert_eq!(team.provider.asked(Endpoint::Token).unwrap(), 0);
    team.log_in();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
}

/// The source has two seconds; the provider takes four. The value comes from below, and the session is not lost: the
/// process ends when it is saved.
#[test]
fn a_refresh_that_is_slower_than_the_sources_deadline_loses_no_session() {
    let team = Team::with_a_session_alone();
    team.machine.store("AppConfig", r#"{"port":1234,"tags":[]}"#);
    team.provider.set(Setting::DelayAfter(Delay::of_refreshes(Duration::from_secs(4)))).unwrap();
    let began = Instant::now();
    let done = team.cli(&["get", "AppConfig.port"]).well();
    assert_eq!(done.out, "1234\n");
    assert!(done.err.contains("openbao"), "it says that the store was not asked to the end: {done:#?}");
    assert!(began.elapsed() > Duration::from_secs(3), "it waited for the refresh");
    team.provider.set(Setting::DelayAfter(Delay::default())).unwrap();
    let next = team.cli(&["get", "AppConfig.port"]).well();
    assert_eq!(next.out, "4711\n");
    assert_eq!(team.provider.refreshes().unwrap(), 1, "the token that the first process saved was used");
}

/// Whatever a process is doing when it is killed: what it leaves is a session that works, or one that says that somebody
/// has to sign in. Nothing hangs, and nothing is corrupt.
#[test]
fn a_process_that_is_killed_at_any_moment_leaves_a_session_that_works_or_says_so() {
    let team = Team::with_a_session_alone();
    let mut lost = 0;
    for moment in (0..12).map(|step| Duration::from_millis(step * 45)) {
        team.tokens_are_short();
        team.provider.set(Setting::DelayAfter(Delay::of_refreshes(Duration::from_millis(150)))).unwrap();
        let mut command = team.machine.command(crate::world::cli(), &["get", "AppConfig.port"]);
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        team.provider.set(Setting::DelayAfter(Delay::default())).unwrap();
        let next = finish(start(team.machine.command(crate::world::cli(), &["get", "AppConfig.port"]), b""));
        match next.code {
            Some(0) => assert_eq!(next.out, "4711\n"),
            _ => {
                lost += 1;
                next.badly(4, &["harmony-config login zitadel"]);
                team.log_in();
                assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
            }
        }
        team.only_a_session_is_left();
    }
    assert!(lost < 12, "it was lost each time");
}

/// The provider is away: what was had from it serves while it is valid, and the outage is told as one.
#[test]
fn a_provider_that_is_away_is_an_outage_and_no_sign_out() {
    let team = Team::with_a_session_alone();
    team.machine.store("AppConfig", r#"{"port":1234,"tags":[]}"#);
    team.provider.set(Setting::DelayBefore(Delay::of_all(Duration::from_secs(60)))).unwrap();
    let done = team.cli(&["get", "AppConfig.port"]).well();
    assert_eq!(done.out, "1234\n", "the value below serves");
    team.provider.set(Setting::DelayBefore(Delay::default())).unwrap();
    soon("the session", || team.cli(&["get", "AppConfig.port"]).out == "4711\n");
}
