//! Sessions after the login: refreshes, their ends, and what goes wrong on the way.

use std::{io::Write, net::TcpStream, thread, time::Duration};

use harmony_config_peers::oidc::{Delay, Endpoint, Setting};

use crate::{KINDS, access_token, claims, refresh_token, refused, start, zitadel};

#[test]
fn a_refresh_gives_another_refresh_token_and_an_id_token() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let first = client.log_in("anna").expect("tokens");
        let second = client.refresh(refresh_token(&first)).expect("an answer").expect("tokens");
        assert_ne!(refresh_token(&first), refresh_token(&second), "{kind:?}");
        assert_eq!(claims(&second)["sub"], claims(&first)["sub"], "{kind:?}");
        let third = client.refresh(refresh_token(&second)).expect("an answer").expect("tokens");
        assert_ne!(refresh_token(&second), refresh_token(&third), "{kind:?}");
        assert_eq!(provider.refreshes().expect("a count"), 2, "{kind:?}");
    }
}

#[test]
fn a_refresh_token_that_is_used_twice_ends_the_session() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let first = client.log_in("anna").expect("tokens");
        let second = client.refresh(refresh_token(&first)).expect("an answer").expect("tokens");
        let refresh = |tokens| refused(client.refresh(refresh_token(tokens)).expect("an answer"));
        assert_eq!(refresh(&first), "invalid_grant", "{kind:?}");
        assert_eq!(refresh(&second), "invalid_grant", "{kind:?}: it was good before");
    }
}

#[test]
fn a_refresh_token_that_was_given_back_is_worth_nothing() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let tokens = client.log_in("anna").expect("tokens");
        assert_eq!(client.revoke(refresh_token(&tokens)).expect("an answer"), 200, "{kind:?}");
        assert_eq!(refused(client.refresh(refresh_token(&tokens)).expect("an answer")), "invalid_grant", "{kind:?}");
        assert_eq!(client.revoke("never given").expect("an answer"), 200, "{kind:?}: that is no error");
    }
}

#[test]
fn an_administrator_ends_the_sessions_of_one_person() {
    let provider = zitadel();
    let client = provider.client();
    let (anna, ben) = (client.log_in("anna").expect("tokens"), client.log_in("ben").expect("tokens"));
    client.log_in("anna").expect("tokens");
    assert_eq!(provider.end_sessions("anna").expect("an order"), 2);
    assert_eq!(refused(client.refresh(refresh_token(&anna)).expect("an answer")), "invalid_grant");
    assert_eq!(client.userinfo(access_token(&anna)).expect("an answer").0, 403);
    client.refresh(refresh_token(&ben)).expect("an answer").expect("tokens");
    assert_eq!(provider.sessions().expect("a count"), 1);
}

#[test]
fn a_refresh_whose_answer_never_arrives_was_made_all_the_same() {
    let provider = zitadel();
    let client = provider.client();
    let tokens = client.log_in("anna").expect("tokens");
    let late = Delay::of_refreshes(Duration::from_secs(60));
    provider.set(Setting::DelayAfter(late)).expect("a setting");
    thread::scope(|scope| {
        let refresh = scope.spawn(|| client.refresh(refresh_token(&tokens)));
        // Made, and on its way: whoever is killed now has lost it.
        provider.wait_for_refreshes(1, Duration::from_secs(10)).expect("it is made");
        assert!(!refresh.is_finished());
        // Lets it go.
        provider.set(Setting::DelayAfter(Delay::default())).expect("a setting");
        assert_eq!(refused(client.refresh(refresh_token(&tokens)).expect("an answer")), "invalid_grant");
        refresh.join().expect("it ends").expect("an answer").expect("tokens");
    });
}

#[test]
fn who_goes_away_before_a_refresh_is_looked_at_has_changed_nothing() {
    let provider = zitadel();
    let client = provider.client();
    let tokens = client.log_in("anna").expect("tokens");
    provider.set(Setting::DelayBefore(Delay::of_refreshes(Duration::from_millis(500)))).expect("a setting");
    let body = format!("grant_type=refresh_token&client_id=harmony-cli&refresh_token={}", refresh_token(&tokens));
    let mut connection = TcpStream::connect(provider.socket()).expect("a connection");
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        provider.path(Endpoint::Token),
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).expect("a request");
    thread::sleep(Duration::from_millis(100));
    drop(connection);
    thread::sleep(Duration::from_millis(900));
    assert_eq!(provider.refreshes().expect("a count"), 0);
    client.refresh(refresh_token(&tokens)).expect("an answer").expect("it is still good");
}

#[test]
fn a_login_is_not_held_up_by_a_delay_of_refreshes() {
    let provider = zitadel();
    provider.set(Setting::DelayBefore(Delay::of_refreshes(Duration::from_secs(60)))).expect("a setting");
    let start = std::time::Instant::now();
    provider.client().log_in("anna").expect("tokens");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn members_are_missing_where_a_test_wants_it() {
    let provider = zitadel();
    let client = provider.client();
    provider.set(Setting::OmitAtRefresh(&["id_token", "refresh_token"])).expect("a setting");
    provider.set(Setting::RotateRefreshTokens(false)).expect("a setting");
    let tokens = client.log_in("anna").expect("tokens");
    assert!(tokens.id_token.is_some());
    for _ in 0..2 {
        let fresh = client.refresh(refresh_token(&tokens)).expect("an answer").expect("the old one is still good");
        assert!(fresh.id_token.is_none() && fresh.refresh_token.is_none() && fresh.access_token.is_some(), "{fresh:?}");
    }
    provider.set(Setting::OmitAtLogin(&["id_token"])).expect("a setting");
    assert!(client.log_in("anna").expect("tokens").id_token.is_none());
}

#[test]
fn who_does_not_ask_for_offline_access_gets_no_refresh_token() {
    for kind in KINDS {
        let provider = start(kind);
        let tokens = provider.client().log_in_with("anna", "openid email").expect("tokens");
        assert!(tokens.refresh_token.is_none() && tokens.id_token.is_some(), "{kind:?}: {tokens:?}");
    }
}
