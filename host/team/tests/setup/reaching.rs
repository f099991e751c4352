//! The way to a server: TLS, redirects, and servers that are none.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use harmony_config_core::Secret;
use harmony_config_peers::{Certificate, stand_in::StandIn};
use harmony_config_team::{Client, Error, Kind, Plan, Server, Wanted};

fn root(server: &StandIn) -> Secret<String> {
    Secret::new(server.root_token().to_owned())
}

async fn look(server: &Server, token: &Secret<String>) -> Result<Plan, Error> {
    Plan::of(&Client::new(server, token)?, &Wanted::new(["my-project"])).await
}

#[tokio::test]
async fn a_server_over_tls_is_trusted_by_the_ca_file_alone() {
    let server = StandIn::dev_tls().unwrap();
    let at = Server::at(&server.address());
    let unknown = look(&at, &root(&server)).await.unwrap_err();
    assert!(matches!(unknown, Error::Certificate { .. }) && unknown.kind() == Kind::Unavailable, "{unknown}");
    assert!(unknown.remedy().contains("--ca-file"));
    assert!(look(&at.clone().ca_file(server.ca_file().unwrap()), &root(&server)).await.unwrap().differs());

    let other = Certificate::local().unwrap();
    let error = look(&at.clone().ca_file(other.ca_file()), &root(&server)).await.unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error}");
    assert!(look(&at.skip_verify("a test"), &root(&server)).await.unwrap().differs());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let certificate = Certificate::named(&["elsewhere.example.com"]).unwrap();
    let options = harmony_config_peers::stand_in::Options { certificate: Some(certificate), ..Default::default() };
    let server = StandIn::with(options).unwrap();
    let at = Server::at(&server.address()).ca_file(server.ca_file().unwrap());
    let error = look(&at, &root(&server)).await.unwrap_err();
    assert!(error.to_string().contains("another name"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_gone_or_speaks_otherwise_is_told() {
    let mut server = StandIn::dev().unwrap();
    let (address, token) = (server.address(), root(&server));
    let tls = look(&Server::at(&address.replace("http:", "https:")), &token).await.unwrap_err();
    assert!(matches!(tls, Error::Unreachable { .. }), "{tls}");
    assert!(tls.to_string().contains("does not speak TLS"), "{tls}");
    server.stop();
    let gone = look(&Server::at(&address), &token).await.unwrap_err();
    assert!(matches!(gone, Error::Unreachable { .. }) && gone.to_string().contains("refused"), "{gone}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = StandIn::dev().unwrap();
    let target = elsewhere.address();
    let (address, server) = one_answer(&format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {target}/\r\n"), "");
    let error = look(&Server::at(&address), &Secret::new("canary".to_owned())).await.unwrap_err();
    assert!(error.to_string().contains("a token is not sent after it"), "{error}");
    server.join().unwrap();
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test]
async fn a_page_that_is_no_openbao_is_told() {
    for (head, body) in [
        ("HTTP/1.1 200 OK\r\n", "<html>welcome</html>"),
        ("HTTP/1.1 200 OK\r\n", "{}"),
        ("HTTP/1.1 404 Not Found\r\n", "<html>"),
    ] {
        let (address, server) = one_answer(head, body);
        let error = look(&Server::at(&address), &Secret::new("canary".to_owned())).await.unwrap_err();
        assert!(matches!(error, Error::NotOpenBao { .. }), "{head} {body}: {error}");
        server.join().unwrap();
    }
}

#[test]
fn a_token_that_no_header_can_hold_is_refused_without_being_shown() {
    for bad in ["", " ", "can ary", "canary\r\nx: y", "canä"] {
        let error = Client::new(&Server::at("http://127.0.0.1:1"), &Secret::new(bad.to_owned())).unwrap_err();
        assert!(!format!("{error:?}").contains("can"), "{error:?}");
        assert_eq!(error.kind(), Kind::Usage);
    }
}

/// A server that gives one answer.
fn one_answer(head: &str, body: &str) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    });
    (address, server)
}
