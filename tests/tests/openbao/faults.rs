//! Servers that are not what they should be, and what a server says that no honest one does: each ends in a failure that
//! names it, within the deadline.

use std::{net::IpAddr, sync::Arc};

use harmony_config_core::FailureCode;
use harmony_config_host::{Host, HttpTerms, Names, Places, Variables};
use harmony_config_peers::{
    Kind, Peer,
    scripted::{Reply, Scripted},
};
use serde_json::json;

use crate::world::{World, builder, fails, host, is, recovers};

/// Somebody with a token asks a server that answers each request so.
async fn asks(reply: Reply) -> (harmony_config_core::Failure, Scripted) {
    let server = Scripted::always(reply).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), &[("OPENBAO_TOKEN", "canary-token")]);
    let source = builder(&host, json!({ "address": server.address() })).build().unwrap();
    let failure = fails(&source, "AppConfig").await;
    assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    assert!(failure.message.contains(&server.address()) || failure.message.contains("harmony/AppConfig"), "{failure}");
    (failure, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_and_the_message_says_where_it_points() {
    for (status, to) in [
        (307, "http://169.254.169.254/latest/meta-data/"),
        (302, "https://elsewhere.example/v1/secret"),
        (308, "http://127.0.0.1:1/"),
    ] {
        let (failure, server) = asks(Reply::redirect(status, to)).await;
        assert_eq!(failure.code, FailureCode::Unavailable, "{failure:?}");
        let host = to.split('/').nth(2).unwrap();
        assert!(failure.message.contains(host), "{failure}");
        assert!(!server.requests().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_ends_in_a_failure_and_not_in_memory() {
    for reply in [Reply::huge(100), Reply::huge_in_chunks(100), Reply::header_flood(500)] {
        let (failure, _) = asks(reply).await;
        assert!(matches!(failure.code, FailureCode::Unavailable | FailureCode::Invalid), "{failure:?}");
        assert!(failure.message.contains("large"), "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_body_is_not_unpacked() {
    let (failure, _) = asks(Reply::gzip_bomb(1024)).await;
    assert!(matches!(failure.code, FailureCode::Unavailable | FailureCode::Invalid), "{failure:?}");
    assert!(failure.message.contains("gzip"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_an_answer_of_openbao_is_said_to_be_none() {
    for reply in
        [Reply::not_json(), Reply::page_503(), Reply::cut_short(100, "{\"data\":"), Reply::raw("SSH-2.0-x\r\n")]
    {
        let (failure, _) = asks(reply).await;
        assert!(matches!(failure.code, FailureCode::Unavailable | FailureCode::Invalid), "{failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_server_is_no_absence() {
    for status in [500, 502, 504] {
        let (failure, server) = asks(Reply::json(status, &json!({ "errors": ["internal error"] }))).await;
        assert_eq!(failure.code, FailureCode::Unavailable, "{failure:?}");
        assert!(failure.message.contains(&status.to_string()), "{failure}");
        assert!(server.requests().len() > 1, "a read is tried again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_left_at_the_deadline() {
    let (failure, _) = asks(Reply::silence()).await;
    is(&failure, FailureCode::Unavailable, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_name_or_ca_is_refused_in_words_that_help() {
    let world = World::of(Kind::DevTls);
    world.keep("AppConfig", &json!(1));
    // Without the CA of the server.
    let untrusting = builder(&world.host(), json!({ "address": world.peer.address() })).build().unwrap();
    let failure = fails(&untrusting, "AppConfig").await;
    is(&failure, FailureCode::Unavailable, &["certificate"]);
    assert!(failure.remedy.as_ref().unwrap().contains("ca-file"), "{failure:?}");
    // With it, under a name that it is not for.
    let port = world.peer.socket().port();
    let names = Names::With(Arc::new(|_| vec![IpAddr::from([127, 0, 0, 1])]));
    let places = Places::of("harmony", Some(world.folder.path().join("other")));
    let variables = Variables::fixed([("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", crate::world::CANARY)]);
    let host = Host::builder().places(places).variables(variables).names(names).build();
    let trusting = HttpTerms::default().ca_file(world.peer.ca_file().unwrap());
    let settings = json!({ "address": format!("https://bao.other.example:{port}") });
    let failure = fails(&builder(&host, settings).http(trusting).build().unwrap(), "AppConfig").await;
    is(&failure, FailureCode::Unavailable, &["bao.other.example"]);
    assert!(failure.remedy.as_ref().unwrap().contains("server-name"), "{failure:?}");
    // Where a person said that none is checked, it is asked.
    let mut variables = vec![("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", crate::world::CANARY)];
    variables.push(("OPENBAO_SKIP_TLS", "1"));
    let host = world.host_with(&variables);
    recovers(&builder(&host, json!({ "address": world.peer.address() })).build().unwrap(), "AppConfig").await;
    // And the CA of the environment is taken.
    let ca = world.peer.ca_file().unwrap().to_str().unwrap().to_owned();
    let host = world.host_with(&[
        ("OPENBAO_USERNAME", "me"),
        ("OPENBAO_PASSWORD", crate::world::CANARY),
        ("BAO_CACERT", ca.as_str()),
        ("OPENBAO_URL", &world.peer.address()),
    ]);
    recovers(&builder(&host, json!({})).build().unwrap(), "AppConfig").await;
}

/// The name leads to the server when it is judged, and to the metadata address when it is asked again.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_whose_address_changes_leads_to_no_address_that_was_not_judged() {
    let peer = Peer::any(Kind::Dev).unwrap();
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let names = Names::With(Arc::new(move |_| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        vec![if first { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from([169, 254, 169, 254]) }]
    }));
    let folder = tempfile::tempdir().unwrap();
    let places = Places::of("harmony", Some(folder.path().to_owned()));
    let variables = Variables::fixed([("OPENBAO_TOKEN", peer.root_token().to_owned())]);
    let address = format!("http://rebound.example:{}", peer.socket().port());
    let new = || {
        let host = Host::builder().places(places.clone()).variables(variables.clone()).names(names.clone()).build();
        builder(&host, json!({ "address": address })).build().unwrap()
    };
    assert!(crate::world::read(&new(), "AppConfig").await.unwrap().is_none());
    let failure = fails(&new(), "AppConfig").await;
    is(&failure, FailureCode::Denied, &["169.254.169.254"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    for (address, words) in [
        ("bao.example.com:8200", "scheme"),
        ("https://me:canary@bao.example.com", "user or password"),
        ("https://bao.example.com?x=1", "query"),
    ] {
        let host = host(folder.path(), &[("OPENBAO_URL", address)]);
        let error = builder(&host, json!({})).build().err().unwrap();
        assert!(error.message().contains(words) && error.message().contains("OPENBAO_URL"), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    // Without any: the source is there, and says what it needs.
    let host = host(folder.path(), &[]);
    let failure = fails(&builder(&host, json!({})).build().unwrap(), "AppConfig").await;
    is(&failure, FailureCode::Unavailable, &["where OpenBao is"]);
    assert!(failure.remedy.unwrap().contains("OPENBAO_URL"));
}
