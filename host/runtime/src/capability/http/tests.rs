//! Against small servers on this machine, each of which says whether anybody came.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use harmony_config_core::Interaction;
use http_body_util::{BodyExt, Empty};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{origin::Origin, *};
use crate::policy::{Grants, Phase};

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

impl Server {
    /// Answers each connection's first request with `ok`.
    async fn start(certificate_for: Option<&[&str]>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, folder) = (listener.local_addr().unwrap(), tempfile::tempdir().unwrap());
        let tls = certificate_for.map(|names| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let made = rcgen::generate_simple_self_signed(names).unwrap();
            std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
            let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
            let chain = vec![CertificateDer::from(made.cert.der().to_vec())];
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
            TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()))
        });
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                match &tls {
                    None => drop(tokio::spawn(answer(stream))),
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            tokio::spawn(answer(stream));
                        }
                    }
                }
            }
        });
        Server { address, connections, folder }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut head = [0; 4096];
    let _ = stream.read(&mut head).await;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let _ = stream.read(&mut head).await;
}

/// Asks `url`, to which requests are granted, on these terms.
async fn ask_with(url: &str, terms: HttpTerms, names: Names) -> Result<String, Fault> {
    let (origin, _) = Origin::of_address(url).unwrap();
    let policy = Policy::new(Grants { http: [origin.clone()].into(), ..Grants::default() });
    let network = Network::new("test".into(), terms, names, policy.clone(), Duration::from_secs(2));
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::get(url).body(body).unwrap();
    let authority = origin.authority();
    let what = Use::Http { method: "GET", authority: &authority, origin: Ok(&origin) };
    let pass = policy.decide(Phase::Call(Interaction::Forbidden), what).unwrap();
    let response = network.send(&pass, request, None, &Heard::default()).await?;
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn ask(url: &str, terms: HttpTerms) -> Result<String, Fault> {
    ask_with(url, terms, Names::System).await
}

#[tokio::test]
async fn a_server_with_a_certificate_of_the_named_ca_is_asked() {
    let server = Server::start(Some(&["localhost"])).await;
    let url = format!("https://localhost:{}", server.address.port());
    let terms = HttpTerms::default().ca_file(server.ca_file());
    assert_eq!(ask(&url, terms).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_refused_in_words_that_help() {
    let server = Server::start(Some(&["other.example"])).await;
    let port = server.address.port();
    let trusted = HttpTerms::default().ca_file(server.ca_file());
    let fault = ask(&format!("https://localhost:{port}"), trusted.clone()).await.unwrap_err();
    assert!(matches!(fault, Fault::Certificate { .. }), "{fault:?}");
    assert!(fault.to_string().contains("not for `localhost`, but for"), "{fault}");
    assert!(fault.remedy().unwrap().contains("tls.server-name"));
    // The name that it is for, said in the terms.
    let named = trusted.server_name("other.example");
    assert_eq!(ask(&format!("https://localhost:{port}"), named).await.unwrap(), "ok");

    let other = Server::start(Some(&["localhost"])).await;
    for (terms, remedy) in [
        (HttpTerms::default().ca_file(server.ca_file()), "put the right CA's certificate into"),
        (HttpTerms::default(), "ca-file"),
    ] {
        let fault = ask(&format!("https://localhost:{}", other.address.port()), terms).await.unwrap_err();
        assert!(matches!(fault, Fault::Certificate { .. }), "{fault:?}");
        assert!(fault.remedy().unwrap().contains(remedy), "{fault:?}");
    }
}

#[tokio::test]
async fn no_certificate_is_checked_only_where_somebody_said_so() {
    let server = Server::start(Some(&["other.example"])).await;
    let url = format!("https://localhost:{}", server.address.port());
    assert!(ask(&url, HttpTerms::default()).await.is_err());
    assert_eq!(ask(&url, HttpTerms::default().skip_verify("a test")).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let server = Server::start(Some(&["localhost"])).await;
    let url = format!("https://localhost:{}", server.address.port());
    for content in [None, Some("no certificate")] {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let fault = ask(&url, HttpTerms::default().ca_file(&file)).await.unwrap_err();
        assert!(matches!(fault, Fault::Terms { .. }), "{fault:?}");
        assert!(fault.to_string().contains("ca.pem"), "{fault}");
    }
}

#[tokio::test]
async fn what_does_not_speak_tls_is_told_from_what_is_not_there() {
    let server = Server::start(None).await;
    let fault = ask(&format!("https://localhost:{}", server.address.port()), HttpTerms::default()).await.unwrap_err();
    assert!(matches!(fault, Fault::Tls(_)), "{fault:?}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let fault = ask(&format!("http://{closed}"), HttpTerms::default()).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused(_)), "{fault:?}");
    assert_eq!(fault.to_string(), format!("nobody listens at {closed}"));
    let names = Names::With(Arc::new(|_| Vec::new()));
    let fault = ask_with("http://nowhere.example", HttpTerms::default(), names).await.unwrap_err();
    assert!(matches!(fault, Fault::Dns(_)), "{fault:?}");
}

/// The first answer of the resolver is a machine, every later one is the metadata address: what was judged is dialled, and
/// the name is looked up once for each connection.
#[tokio::test]
async fn a_name_that_changes_its_address_leads_to_no_address_that_was_not_judged() {
    let server = Server::start(None).await;
    let asked = Arc::new(Mutex::new(0));
    let metadata: IpAddr = "169.254.169.254".parse().unwrap();
    let names = || {
        let asked = Arc::clone(&asked);
        Names::With(Arc::new(move |_| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            vec![if *asked == 1 { "127.0.0.1".parse().unwrap() } else { metadata }]
        }))
    };
    let url = format!("http://rebound.example:{}", server.address.port());
    assert_eq!(ask_with(&url, HttpTerms::default(), names()).await.unwrap(), "ok");
    assert_eq!(*asked.lock().unwrap(), 1);
    let fault = ask_with(&url, HttpTerms::default(), names()).await.unwrap_err();
    assert!(matches!(fault, Fault::Prohibited(_)), "{fault:?}");
    assert!(fault.to_string().contains("169.254.169.254 (an address of rebound.example)"), "{fault}");
    assert_eq!(server.connections(), 1);
}

/// One of two addresses is forbidden: the other one is dialled.
#[tokio::test]
async fn of_several_addresses_those_that_passed_are_dialled() {
    let server = Server::start(None).await;
    let names = Names::With(Arc::new(|_| vec!["169.254.169.254".parse().unwrap(), "127.0.0.1".parse().unwrap()]));
    let url = format!("http://two.example:{}", server.address.port());
    assert_eq!(ask_with(&url, HttpTerms::default(), names).await.unwrap(), "ok");
}

#[tokio::test]
async fn through_a_proxy_a_tunnel_is_made_and_the_proxy_looks_the_name_up() {
    let server = Server::start(Some(&["store.example"])).await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, to) = (proxy.local_addr().unwrap(), server.address);
    let heard = tokio::spawn(async move {
        let (mut inner, _) = proxy.accept().await.unwrap();
        let mut head = vec![0; 1024];
        let read = inner.read(&mut head).await.unwrap();
        let mut outer = tokio::net::TcpStream::connect(to).await.unwrap();
        inner.write_all(b"HTTP/1.1 200 Connection established\r\nx: y\r\n\r\n").await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut inner, &mut outer).await });
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    let terms = HttpTerms::default().ca_file(server.ca_file()).proxy(&format!("http://{at}"));
    let names = Names::With(Arc::new(|_| panic!("nobody looks up a name that the proxy does")));
    assert_eq!(ask_with("https://store.example:8200", terms, names).await.unwrap(), "ok");
    assert!(heard.await.unwrap().starts_with("CONNECT store.example:8200 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_proxy_that_refuses_or_cannot_be_used_is_named() {
    let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = refusing.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut inner, _) = refusing.accept().await.unwrap();
        let _ = inner.read(&mut [0; 1024]).await;
        let _ = inner.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    });
    let proxy = format!("http://{at}");
    let fault = ask("https://store.example", HttpTerms::default().proxy(&proxy)).await.unwrap_err();
    assert!(fault.to_string().contains(&proxy) && fault.to_string().contains("407"), "{fault}");
    for (url, proxy) in [
        ("https://store.example", "socks5://127.0.0.1:1"),
        ("https://store.example", "https://127.0.0.1:1"),
        ("http://store.example", "http://127.0.0.1:1"),
    ] {
        let fault = ask(url, HttpTerms::default().proxy(proxy)).await.unwrap_err();
        assert!(matches!(fault, Fault::Terms { .. }), "{fault:?}");
    }
}
