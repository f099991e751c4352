//! Logins of a device, as RFC 8628 has them.

use std::time::Duration;

use harmony_config_peers::oidc::{Endpoint, Kind, Setting};

use crate::{KINDS, claims, id_token, refused, start, zitadel};

#[test]
fn a_device_gets_tokens_when_the_person_has_approved_and_not_before() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let device = client.begin().expect("a login");
        assert!(device.verification_uri.starts_with(provider.issuer()), "{kind:?}");
        let complete = device.verification_uri_complete.as_deref().expect("an address with the code");
        assert!(complete.ends_with(&device.user_code), "{kind:?}: {complete}");
        assert_eq!(refused(client.poll(&device).expect("an answer")), "authorization_pending", "{kind:?}");

        provider.approve(&device.user_code, "anna").expect("an approval");
        let tokens = client.poll(&device).expect("an answer").expect("tokens");
        let claims = claims(&tokens);
        assert_eq!(claims["iss"], provider.issuer(), "{kind:?}");
        assert_eq!(claims["sub"], "320000000000000001", "{kind:?}: an id, not the login name");
        assert_eq!(claims["email"], "anna@harmony.example", "{kind:?}");
        assert_eq!(id_token(&tokens).split('.').count(), 3, "{kind:?}");
        assert!(tokens.refresh_token.is_some() && tokens.access_token.is_some(), "{kind:?}: {tokens:?}");
    }
}

#[test]
fn both_say_of_themselves_where_everything_is() {
    for kind in KINDS {
        let provider = start(kind);
        let document = provider.discover().expect("a document");
        for (member, endpoint) in [
            ("device_authorization_endpoint", Endpoint::DeviceAuthorization),
            ("token_endpoint", Endpoint::Token),
            ("jwks_uri", Endpoint::Keys),
            ("revocation_endpoint", Endpoint::Revocation),
            ("userinfo_endpoint", Endpoint::Userinfo),
        ] {
            assert_eq!(document[member], format!("{}{}", provider.issuer(), provider.path(endpoint)), "{kind:?}");
        }
    }
}

#[test]
fn a_login_that_is_denied_ends_the_polling() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let device = client.begin().expect("a login");
        provider.deny(&device.user_code).expect("a denial");
        assert_eq!(refused(client.poll(&device).expect("an answer")), "access_denied", "{kind:?}");
        assert!(provider.approve(&device.user_code, "anna").is_err(), "{kind:?}: it was decided");
    }
}

#[test]
fn a_code_whose_time_is_over_ends_the_polling() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let device = client.begin().expect("a login");
        provider.expire(&device.user_code).expect("its end");
        assert_eq!(refused(client.poll(&device).expect("an answer")), "expired_token", "{kind:?}");
        assert!(provider.approve(&device.user_code, "anna").is_err(), "{kind:?}: it is over");
    }
}

#[test]
fn a_device_code_gives_tokens_once() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let device = client.begin().expect("a login");
        provider.approve(&device.user_code, "ben").expect("an approval");
        client.poll(&device).expect("an answer").expect("tokens");
        refused(client.poll(&device).expect("an answer"));
    }
}

#[test]
fn a_client_that_nobody_knows_cannot_begin() {
    for kind in KINDS {
        let provider = start(kind);
        let error = provider.client_named("stranger").begin().expect_err("a refusal").to_string();
        assert!(error.contains("401") && error.contains("invalid_client"), "{kind:?}: {error}");
    }
    let provider = zitadel();
    provider.allow_client("stranger").expect("a client");
    provider.client_named("stranger").log_in("anna").expect("tokens");
}

#[test]
fn the_next_polls_are_too_many_and_then_none() {
    let provider = zitadel();
    let client = provider.client();
    let device = client.begin().expect("a login");
    provider.slow_down(2).expect("an order");
    let polls: Vec<String> = (0..3).map(|_| refused(client.poll(&device).expect("an answer"))).collect();
    assert_eq!(polls, ["slow_down", "slow_down", "authorization_pending"]);
}

#[test]
fn the_pause_between_polls_is_what_was_set_or_not_said_at_all() {
    let provider = zitadel();
    let interval = || provider.client().begin().expect("a login").interval;
    assert_eq!(interval(), Some(1));
    provider.set(Setting::Interval(Some(Duration::from_secs(7)))).expect("a setting");
    assert_eq!(interval(), Some(7));
    provider.set(Setting::Interval(None)).expect("a setting");
    assert_eq!(interval(), None);
    assert_eq!(start(Kind::Node).client().begin().expect("a login").interval, None);
}

#[test]
fn what_waits_for_a_person_is_listed_and_what_was_asked_is_counted() {
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        assert!(provider.pending().expect("a list").is_empty(), "{kind:?}");
        let device = client.begin_with("openid offline_access").expect("a login");
        let waiting = provider.wait_for_pending(Duration::from_secs(5)).expect("one waits");
        assert_eq!(
            (&waiting.user_code, waiting.client.as_str()),
            (&device.user_code, provider.client_id()),
            "{kind:?}"
        );
        assert_eq!(waiting.scopes, ["openid", "offline_access"], "{kind:?}");
        refused(client.poll(&device).expect("an answer"));
        provider.approve(&device.user_code, "anna").expect("an approval");
        client.poll(&device).expect("an answer").expect("tokens");
        assert!(provider.pending().expect("a list").is_empty(), "{kind:?}");

        let count = |endpoint| provider.asked(endpoint).expect("a count");
        assert_eq!((count(Endpoint::DeviceAuthorization), count(Endpoint::Token)), (1, 2), "{kind:?}");
        let seen = provider.requests().expect("a log");
        let last = seen.last().expect("one was seen");
        assert_eq!((last.grant.rsplit(':').next(), last.status), (Some("device_code"), 200), "{kind:?}");
        provider.forget_requests().expect("an order");
        assert_eq!(count(Endpoint::Token), 0, "{kind:?}");
    }
}
