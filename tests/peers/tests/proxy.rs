//! Faults between a client and a server, as the client meets them. The server behind says what it got, so that "held back"
//! and "lost" can be told apart.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use harmony_config_peers::{
    proxy::{Fault, Proxy},
    scripted::{Asked, Reply, Scripted},
    stand_in::StandIn,
};

const BODY: &str = "0123456789abcdefghij";

fn server() -> Scripted {
    Scripted::new(|_: &Asked| Reply::text(200, "text/plain", BODY)).expect("a server")
}

struct Client(TcpStream);

impl Client {
    fn of(proxy: &Proxy) -> Self {
        let stream = TcpStream::connect(proxy.socket()).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        Self(stream)
    }

    fn send(&mut self, path: &str) {
        self.0.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).expect("it is sent");
    }

    /// One whole answer: its end is known by the body.
    fn answer(&mut self) -> String {
        let (mut found, mut byte) = (Vec::new(), [0]);
        while !found.ends_with(BODY.as_bytes()) {
            self.0.read_exact(&mut byte).expect("more comes");
            found.push(byte[0]);
        }
        String::from_utf8(found).expect("text")
    }

    /// What comes within a moment: nothing, if nothing does.
    fn glimpse(&mut self) -> usize {
        self.0.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
        let got = self.0.read(&mut [0; 4096]);
        self.0.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        match got {
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn with_no_fault_everything_passes_and_is_counted() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    for _ in 0..2 {
        let mut client = Client::of(&proxy);
        for path in ["/a", "/b", "/c"] {
            client.send(path);
            assert!(client.answer().starts_with("HTTP/1.1 200 OK"));
        }
    }
    assert_eq!((proxy.connections(), proxy.round_trips()), (2, 6));
    proxy.forget();
    assert_eq!((proxy.connections(), proxy.round_trips()), (0, 0));
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn requests_that_are_sent_together_are_one_round_trip() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let mut client = Client::of(&proxy);
    client.0.write_all(b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n").expect("it is sent");
    client.answer();
    client.answer();
    assert_eq!(proxy.round_trips(), 1);
}

#[test]
fn a_closed_port_refuses_and_resets_what_was_open_until_it_opens_again() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let mut client = Client::of(&proxy);
    client.send("/a");
    client.answer();
    proxy.set(Fault::Refuse).expect("it is set");
    assert_eq!(TcpStream::connect(proxy.socket()).expect_err("refused").kind(), ErrorKind::ConnectionRefused);
    assert_eq!(client.0.read(&mut [0]).expect_err("reset").kind(), ErrorKind::ConnectionReset);
    proxy.set(Fault::Pass).expect("it is set");
    let mut client = Client::of(&proxy);
    client.send("/b");
    client.answer();
}

#[test]
fn a_blackhole_takes_connections_and_holds_back_what_comes() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let mut before = Client::of(&proxy);
    before.send("/a");
    before.answer();
    proxy.set(Fault::Blackhole).expect("it is set");
    let mut during = Client::of(&proxy);
    before.send("/b");
    during.send("/c");
    assert_eq!((before.glimpse(), during.glimpse()), (0, 0));
    assert_eq!(server.requests().len(), 1, "nothing gets to the server either");
    proxy.set(Fault::Pass).expect("it is set");
    before.answer();
    during.answer();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_body_is_reset_or_cut_in_its_middle() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let whole = {
        let mut client = Client::of(&proxy);
        client.send("/a");
        client.answer().len()
    };
    let after = whole - BODY.len() / 2;

    proxy.set(Fault::Reset { after }).expect("it is set");
    let mut client = Client::of(&proxy);
    client.send("/b");
    let error = client.0.read_to_end(&mut Vec::new()).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    proxy.set(Fault::Cut { after }).expect("it is set");
    let mut client = Client::of(&proxy);
    client.send("/c");
    let mut found = Vec::new();
    client.0.read_to_end(&mut found).expect("an end in good order");
    assert_eq!(found.len(), after);
    assert!(found.ends_with(b"0123456789"), "{}", String::from_utf8_lossy(&found));
}

#[test]
fn a_fault_counts_from_when_it_began_on_a_connection_that_was_open() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let mut client = Client::of(&proxy);
    client.send("/a");
    let whole = client.answer().len();
    proxy.set(Fault::Cut { after: whole + 5 }).expect("it is set");
    client.send("/b");
    client.answer();
    client.send("/c");
    let mut found = Vec::new();
    client.0.read_to_end(&mut found).expect("an end in good order");
    assert_eq!(found, b"HTTP/");
}

#[test]
fn a_drip_comes_byte_by_byte_and_the_rest_at_once_when_it_ends() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    proxy.set(Fault::Drip { every: Duration::from_millis(150) }).expect("it is set");
    let mut client = Client::of(&proxy);
    client.send("/a");
    let got = client.glimpse();
    assert!(got <= 1, "{got} bytes in one piece");
    proxy.set(Fault::Pass).expect("it is set");
    assert!(client.answer().ends_with(BODY));
}

#[test]
fn latency_is_paid_for_each_round_trip_and_once_more_for_the_connection() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let each_way = Duration::from_millis(40);
    proxy.set(Fault::Latency { each_way }).expect("it is set");
    let start = Instant::now();
    let mut client = Client::of(&proxy);
    client.send("/a");
    client.answer();
    // A handshake and a request. Later than that is a loaded machine, sooner is wrong.
    assert!(start.elapsed() >= 4 * each_way, "{:?}", start.elapsed());
    let start = Instant::now();
    client.send("/b");
    client.answer();
    assert!(start.elapsed() >= 2 * each_way, "{:?}", start.elapsed());
    assert_eq!(proxy.round_trips(), 2);
}

#[test]
fn latency_delays_bytes_and_does_not_queue_them() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let each_way = Duration::from_millis(300);
    let mut client = Client::of(&proxy);
    client.send("/first");
    client.answer();
    proxy.set(Fault::Latency { each_way }).expect("it is set");
    proxy.forget();
    // Ten requests with pauses between, all on the way before the first answer is back.
    let start = Instant::now();
    for number in 0..10 {
        client.send(&format!("/{number}"));
        std::thread::sleep(Duration::from_millis(10));
    }
    for _ in 0..10 {
        client.answer();
    }
    // One behind the other they would take ten round trips: 6 s.
    let taken = start.elapsed();
    assert!(taken >= 2 * each_way && taken < 10 * each_way, "{taken:?}");
    assert_eq!(proxy.round_trips(), 1, "all were sent before anything came");
}

#[test]
fn tls_goes_through_untouched() {
    let server = StandIn::dev_tls().expect("a stand-in");
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    let address = proxy.in_front_of(&server.address());
    assert!(address.starts_with("https://"));
    // Without it, the tickets that a server of TLS 1.3 sends unasked may come between handshake and request.
    proxy.set(Fault::Latency { each_way: Duration::from_millis(100) }).expect("it is set");
    let client = harmony_config_peers::Admin::at(&address, server.ca_file(), server.root_token()).expect("a client");
    assert_eq!(client.read_kv("secret", "a").expect("an answer"), None);
    assert_eq!((proxy.connections(), proxy.round_trips()), (1, 2), "a handshake of TLS 1.3, a request");
}

#[tokio::test]
async fn a_fault_is_set_from_within_a_runtime_too() {
    let server = server();
    let proxy = Proxy::to(server.socket()).expect("a proxy");
    proxy.set(Fault::Refuse).expect("it is set");
    assert!(tokio::net::TcpStream::connect(proxy.socket()).await.is_err());
}
