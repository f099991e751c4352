//! The plain client that peers are administered with. It is not what is tested: one connection a request, no retries.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time,
};
use tokio_rustls::TlsConnector;

use crate::{
    certificates,
    error::{Error, Result},
};

/// Longer than any request of a test takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a peer is, and how it is spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Host and port.
    pub(crate) authority: String,
    /// The CA file and the name in the certificate, for TLS.
    pub(crate) tls: Option<(PathBuf, String)>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    #[cfg(test)]
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Target {
    /// From `http://host:port` or `https://host:port`.
    pub(crate) fn of(address: &str, ca_file: Option<&Path>) -> Result<Self> {
        let (scheme, authority) =
            address.split_once("://").ok_or_else(|| Error::new(format!("{address}: no scheme")))?;
        let authority = authority.trim_end_matches('/').to_owned();
        let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).to_owned();
        let tls = match (scheme, ca_file) {
            ("http", _) => None,
            (_, Some(file)) => Some((file.to_owned(), host)),
            (_, None) => return Err(Error::new(format!("{address}: a CA file is needed"))),
        };
        Ok(Self { authority, tls })
    }

    /// Sends one request from wherever the caller is: it blocks, but needs no runtime and disturbs none.
    pub(crate) fn send_blocking(&self, request: Request<Full<Bytes>>) -> Result<Response> {
        block_on(self.send(request))
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response> {
        let what = format!("{} {} at {}", request.method(), request.uri().path(), self.authority);
        let sent = time::timeout(PATIENCE, self.try_send(request)).await;
        sent.map_err(|_| Error::new(format!("{what}: no answer for {} s", PATIENCE.as_secs())))?
            .map_err(|error| Error::while_doing(&what, error))
    }

    async fn try_send(&self, mut request: Request<Full<Bytes>>) -> Result<Response> {
        let host = self.authority.parse().map_err(|error| Error::while_doing("the address", error))?;
        request.headers_mut().insert(http::header::HOST, host);
        let stream = TcpStream::connect(&self.authority).await.map_err(|error| Error::new(error.to_string()))?;
        let Some((ca_file, name)) = &self.tls else { return exchange(stream, request).await };
        let connector = TlsConnector::from(certificates::client(ca_file)?);
        let name = ServerName::try_from(name.clone()).map_err(|error| Error::while_doing("its name", error))?;
        let stream = connector.connect(name, stream).await.map_err(|error| Error::while_doing("TLS", error))?;
        exchange(stream, request).await
    }
}

/// Does what takes requests on a thread and a runtime of its own.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = Result<T>> + Send) -> Result<T> {
    let run = || {
        let failed = |error| Error::while_doing("no runtime for a request", error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        runtime.block_on(work)
    };
    thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|_| Err(Error::new("a request panicked")))
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: hyper::Error| Error::new(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(failed)?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(failed)?.to_bytes();
    driver.abort();
    Ok(Response {
        status: parts.status.as_u16(),
        #[cfg(test)]
        headers: parts.headers,
        body,
    })
}
