//! Makes connections: looks the name up, has each address judged, dials those that passed, and speaks TLS. Nothing else
//! connects to anything for a plugin.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use http::Uri;
use hyper::rt::{ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::ClientConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::{fault::Fault, names::Names, origin::Origin, terms::HttpTerms, tls};
use crate::{
    limits,
    policy::{Pass, Policy, Use},
};

/// How long one address of several is given before the next is tried beside it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Makes connections for one source.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) source: Arc<str>,
    pub(super) terms: HttpTerms,
    pub(super) names: Names,
    pub(super) policy: Policy,
    pub(super) tls: OnceLock<Result<Arc<ClientConfig>, Fault>>,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Fault;
    type Future = BoxFuture<'static, Result<Stream, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let connect = shared.connect(&uri);
            match tokio::time::timeout(limits::HTTP_CONNECT_TIMEOUT, connect).await {
                Ok(connected) => connected,
                Err(_) => Err(Fault::ConnectTimeout(format!(
                    "no connection to {} within {:?}",
                    uri.authority().map(http::uri::Authority::as_str).unwrap_or_default(),
                    limits::HTTP_CONNECT_TIMEOUT
                ))),
            }
        })
    }
}

impl Shared {
    async fn connect(&self, uri: &Uri) -> Result<Stream, Fault> {
        let secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let origin = Origin::of_request(secure, authority)
            .map_err(|why| Fault::Protocol(format!("the address `{authority}` {why}")))?;
        let tcp = match &self.terms.proxy {
            Some(proxy) => self.through(proxy, &origin).await?,
            None => self.dial(&origin).await?,
        };
        // Requests are small, and each is waited for.
        let _ = tcp.set_nodelay(true);
        if !secure {
            return Ok(Stream { io: TokioIo::new(Box::new(tcp)), h2: false });
        }
        if let Some(who) = &self.terms.skip_verify {
            tracing::warn!("source `{}`: the certificate of {origin} is not checked, because of {who}", self.source);
        }
        let config = self.tls.get_or_init(|| tls::config(&self.terms).map(Arc::new)).clone()?;
        let name = tls::server_name(origin.host(), &self.terms)?;
        let stream = TlsConnector::from(config)
            .connect(name, tcp)
            .await
            .map_err(|error| tls::fault(&origin.host().to_string(), &self.terms, &error))?;
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream { io: TokioIo::new(Box::new(stream)), h2 })
    }

    /// A connection to the origin: to one of the addresses that its name has now, and that passed.
    async fn dial(&self, origin: &Origin) -> Result<TcpStream, Fault> {
        let port = origin.port();
        let found: Vec<SocketAddr> = match origin.host() {
            url::Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(*address), port)],
            url::Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(*address), port)],
            url::Host::Domain(name) => self.names.lookup(name, port).await.map_err(|error| unknown(name, &error))?,
        };
        let mut passes = Vec::new();
        let mut refused = None;
        for address in &found {
            match self.policy.dial(Use::Dial { origin, address: *address }) {
                Ok(pass) => passes.push(pass),
                Err(failure) => refused = Some(failure),
            }
        }
        if passes.is_empty() {
            return Err(match refused {
                Some(failure) => Fault::Prohibited(failure.message),
                None => Fault::Dns(format!("`{}` has no address", origin.host())),
            });
        }
        first_of(passes).await
    }

    /// A tunnel through a proxy (RFC 9110, CONNECT). The proxy looks the name up.
    async fn through(&self, proxy: &str, origin: &Origin) -> Result<TcpStream, Fault> {
        if !origin.is_secure() {
            let words = format!("{origin} is not spoken to over TLS, and goes through no proxy");
            return Err(Fault::Terms { words, remedy: "use https, or take `proxy` out".to_owned() });
        }
        let unusable = |why: &str| Fault::Terms {
            words: format!("the proxy `{proxy}` cannot be used: it {why}"),
            remedy: "give it as `proxy = \"http://HOST:PORT\"`".to_owned(),
        };
        let at = Origin::parse(proxy).map_err(|why| unusable(&why))?;
        if at.is_secure() {
            return Err(unusable("is spoken to over TLS, which this program does not do"));
        }
        let host = at.host().to_string();
        let mut tcp = TcpStream::connect((host.trim_start_matches('[').trim_end_matches(']'), at.port()))
            .await
            .map_err(|error| Fault::of_connect(&format!("the proxy {proxy}"), &error))?;
        let target = format!("{}:{}", origin.host(), origin.port());
        let failed = |error: io::Error| Fault::Proxy(format!("the proxy {proxy} failed: {error}"));
        let ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        tcp.write_all(ask.as_bytes()).await.map_err(failed)?;
        let status = answer(&mut tcp).await.map_err(failed)?;
        match status.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)) {
            Some(code) if code.starts_with('2') => Ok(tcp),
            Some(code) => Err(Fault::Proxy(format!("the proxy {proxy} refused to connect to {target}: {code}"))),
            None => Err(Fault::Proxy(format!("what answers as the proxy {proxy} does not speak HTTP"))),
        }
    }
}

/// The first line of a proxy's answer; the rest of its head is read and dropped.
async fn answer(tcp: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= limits::MAX_HTTP_HEAD_BYTES {
            return Err(io::Error::other("its answer has no end"));
        }
        // Not a byte more than the head: what follows belongs to TLS.
        head.push(tcp.read_u8().await?);
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn unknown(name: &str, error: &io::Error) -> Fault {
    let words = error.to_string();
    let words = words.strip_prefix("failed to lookup address information: ").unwrap_or(&words);
    Fault::Dns(format!("the name `{name}` was not found: {words}"))
}

/// A connection to the first of these that answers. They are tried in order, each with a head start.
async fn first_of(passes: Vec<Pass<'_>>) -> Result<TcpStream, Fault> {
    let mut tried = FuturesUnordered::new();
    for (place, pass) in (0_u32..).zip(passes) {
        tried.push(async move {
            tokio::time::sleep(HEAD_START * place).await;
            connect(&pass).await
        });
    }
    let mut fault = None;
    while let Some(connected) = tried.next().await {
        match connected {
            Ok(tcp) => return Ok(tcp),
            Err(why) => fault = Some(why),
        }
    }
    Err(fault.unwrap_or_else(|| Fault::Refused("there was no address to connect to".to_owned())))
}

/// The only place where a connection is made to where a plugin wants.
async fn connect(pass: &Pass<'_>) -> Result<TcpStream, Fault> {
    let Use::Dial { address, .. } = pass.what() else {
        return Err(Fault::Refused("there was no leave for an address".to_owned()));
    };
    TcpStream::connect(address).await.map_err(|error| Fault::of_connect(&address.to_string(), &error))
}

/// A connection.
pub(super) struct Stream {
    io: TokioIo<Box<dyn Duplex>>,
    h2: bool,
}

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self.h2 {
            true => Connected::new().negotiated_h2(),
            false => Connected::new(),
        }
    }
}

impl hyper::rt::Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
