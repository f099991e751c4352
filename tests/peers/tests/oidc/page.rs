//! The page, with a real browser and without one; and that nothing outlives its owner.

use harmony_config_peers::oidc::{Browser, Kind};

use crate::{KINDS, claims, refused, start, zitadel};

#[test]
fn a_person_approves_in_a_browser() {
    let browser = Browser::start().expect("a browser");
    for kind in KINDS {
        let provider = start(kind);
        let client = provider.client();
        let device = client.begin().expect("a login");
        let address = device.verification_uri_complete.as_deref().expect("an address with the code");
        browser.approve(address).expect("a click");
        let tokens = client.poll(&device).expect("an answer").expect("tokens");
        assert_eq!(claims(&tokens)["name"], "Anna Berg", "{kind:?}");
    }
}

#[test]
fn a_person_types_the_code_and_denies_in_a_browser() {
    let browser = Browser::start().expect("a browser");
    let provider = zitadel();
    let client = provider.client();
    let device = client.begin().expect("a login");
    browser.open(&device.verification_uri).expect("the page");
    browser.fill("#user_code", &device.user_code.to_lowercase()).expect("a field");
    browser.click("#next").expect("a button");
    assert_eq!(browser.text("#code").expect("a text"), device.user_code);
    assert_eq!(browser.text("#client").expect("a text"), provider.client_id());
    browser.fill("#user", "ben").expect("a choice");
    browser.click("#deny").expect("a button");
    assert!(browser.text("#said").expect("a text").starts_with("Denied"));
    assert_eq!(refused(client.poll(&device).expect("an answer")), "access_denied");

    let node = start(Kind::Node);
    let client = node.client();
    let device = client.begin().expect("a login");
    browser.deny(device.verification_uri_complete.as_deref().expect("an address")).expect("a click");
    assert_eq!(refused(client.poll(&device).expect("an answer")), "access_denied");
}

#[test]
fn nothing_answers_any_more_when_a_provider_is_dropped_or_stopped() {
    for kind in KINDS {
        let (dropped, mut stopped) = (start(kind), start(kind));
        let sockets = [dropped.socket(), stopped.socket()];
        let answers = || sockets.map(|socket| std::net::TcpStream::connect(socket).is_ok());
        assert_eq!(answers(), [true, true], "{kind:?}");
        drop(dropped);
        assert_eq!(answers(), [false, true], "{kind:?}");
        stopped.stop();
        assert_eq!(answers(), [false, false], "{kind:?}");
        assert!(stopped.discover().is_err() && stopped.client().begin().is_err(), "{kind:?}");
    }
}
