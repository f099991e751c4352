//! Answers that no honest server gives, as they come over the wire.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use harmony_config_peers::scripted::{Reply, Scripted};
use serde_json::json;

/// Sends a request that ends the connection's use, and reads what comes.
fn ask(server: &Scripted, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.socket()).expect("a connection");
    stream.write_all(request.as_bytes()).expect("it is sent");
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a limit");
    let (mut found, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
    // What does not come within the limit does not come: an honest connection stays open.
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        found.extend_from_slice(&buffer[..length]);
    }
    found
}

const GET: &str = "GET /v1/secret/data/a HTTP/1.1\r\nHost: x\r\nX-Vault-Token: s.secret\r\n\r\n";

fn body(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("headers end");
    &answer[end + 4..]
}

#[test]
fn it_answers_by_request_and_keeps_what_it_was_asked() {
    let server = Scripted::new(|asked| match asked.path.as_str() {
        "/old" => Reply::redirect(307, "http://169.254.169.254/latest/meta-data/"),
        _ => Reply::json(200, &json!({ "method": asked.method, "got": asked.body.len() })),
    });
    let server = server.expect("a server");
    let redirect = ask(&server, "GET /old HTTP/1.1\r\nHost: x\r\n\r\n");
    let redirect = String::from_utf8(redirect).expect("text");
    assert!(redirect.starts_with("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/"), "{redirect}");
    let two = format!("POST /new HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc{GET}");
    let two = String::from_utf8(ask(&server, &two)).expect("text");
    assert!(two.contains(r#"{"method":"POST","got":3}"#) && two.contains(r#"{"method":"GET","got":0}"#), "{two}");
    let asked = server.requests();
    assert_eq!(
        asked.iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>(),
        ["/old", "/new", "/v1/secret/data/a"]
    );
    assert_eq!(asked[2].header("x-vault-token"), Some("s.secret"));
    assert!(!format!("{asked:?}").contains("s.secret"), "no token is printed");
}

#[test]
fn a_huge_body_has_the_length_that_it_tells_and_chunks_that_add_up() {
    let whole = ask(&Scripted::always(Reply::huge(3)).expect("a server"), GET);
    assert!(String::from_utf8_lossy(&whole).contains(&format!("Content-Length: {}\r\n", body(&whole).len())));
    assert!(serde_json::from_slice::<serde_json::Value>(body(&whole)).is_ok());
    let chunked = ask(&Scripted::always(Reply::huge_in_chunks(3)).expect("a server"), GET);
    assert!(body(&chunked).len() > 3 << 20);
    assert!(body(&chunked).starts_with(b"9\r\n{\"data\":\"\r\n100000\r\nxxx"));
    assert!(chunked.ends_with(b"\r\n2\r\n\"}\r\n0\r\n\r\n"));
}

#[test]
fn a_bomb_is_a_gzip_file() {
    let bomb = ask(&Scripted::always(Reply::gzip_bomb(4)).expect("a server"), GET);
    let bomb = body(&bomb);
    assert!(bomb.starts_with(&[0x1f, 0x8b, 8]));
    assert_eq!(bomb[bomb.len() - 4..], (4_u32 << 20).to_le_bytes());
    assert!(bomb.len() < 40_000, "{} bytes", bomb.len());
}

#[test]
fn headers_flood_pages_come_for_json_and_bodies_end_too_soon() {
    let flood = ask(&Scripted::always(Reply::header_flood(200)).expect("a server"), GET);
    assert!(flood.len() > 200_000 && body(&flood) == b"{}");
    let page = ask(&Scripted::always(Reply::page_503()).expect("a server"), GET);
    assert!(page.starts_with(b"HTTP/1.1 503 ") && body(&page).starts_with(b"<html>"));
    let none = ask(&Scripted::always(Reply::not_json()).expect("a server"), GET);
    assert!(none.starts_with(b"HTTP/1.1 200 ") && body(&none).starts_with(b"<!doctype"));
    let cut = ask(&Scripted::always(Reply::cut_short(100, "{\"data\":")).expect("a server"), GET);
    assert_eq!(body(&cut), b"{\"data\":");
}

#[test]
fn a_reply_pauses_falls_silent_or_is_reset() {
    let begun = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    let silent = Scripted::always(begun.clone().then_silence().then("67890")).expect("a server");
    assert_eq!(body(&ask(&silent, GET)), b"12345");
    let paused = Scripted::always(begun.clone().then_wait(Duration::from_millis(50)).then("67890")).expect("a server");
    assert_eq!(body(&ask(&paused, GET)), b"1234567890");
    assert!(ask(&Scripted::always(Reply::silence()).expect("a server"), GET).is_empty());

    let reset = Scripted::always(begun.then_wait(Duration::from_millis(50)).then_reset()).expect("a server");
    let mut stream = TcpStream::connect(reset.socket()).expect("a connection");
    stream.write_all(GET.as_bytes()).expect("it is sent");
    let error = stream.read_to_end(&mut Vec::new()).expect_err("no good end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}
