//! From the wire to an answer and back: HTTP/1.1 and HTTP/2, in the clear or over TLS.

use std::{
    convert::Infallible,
    net::TcpListener as StdListener,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request as HttpRequest, Response as HttpResponse, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{
    answer::{self, Arrival},
    ledger::{Seen, recorded},
    replies::Reply,
    request::{Operation, Request},
    state::State,
};
use crate::{background::Background, discovery, error::Result};

/// What a body may have; the server's own default.
const LONGEST_BODY: usize = 32 << 20;
/// Read and thrown away, so that the sender gets to the answer that refuses its body.
const LONGEST_WASTE: usize = 256 << 20;

/// One node: a door to a state that nodes may share.
pub(crate) struct Node {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) standby: bool,
}

impl Node {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn start(node: Arc<Node>, listener: StdListener, tls: Option<Arc<ServerConfig>>) -> Result<Background> {
    Background::start("stand-in", listener, move |listener| accept(node, listener, tls.map(TlsAcceptor::from)))
}

async fn accept(node: Arc<Node>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (node, tls) = (Arc::clone(&node), tls.clone());
        tokio::spawn(async move {
            // A client that goes away is no matter of the server's.
            let Some(tls) = tls else {
                let two = speaks_http2(&stream).await;
                return serve(node, stream, two).await;
            };
            if let Ok(stream) = tls.accept(stream).await {
                let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                serve(node, stream, two).await;
            }
        });
    }
}

/// In the clear, a client that knows that the server has HTTP/2 begins with its preface.
async fn speaks_http2(stream: &TcpStream) -> bool {
    let mut start = [0; 3];
    matches!(stream.peek(&mut start).await, Ok(3)) && &start == b"PRI"
}

async fn serve<S>(node: Arc<Node>, stream: S, two: bool)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let node = Arc::clone(&node);
        async move { Ok::<_, Infallible>(respond(&node, request).await) }
    });
    let stream = TokioIo::new(stream);
    let _ = if two {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
    } else {
        hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
    };
}

async fn respond(node: &Node, request: HttpRequest<Incoming>) -> HttpResponse<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
    let reply = match bytes_of(body).await {
        Some(body) => {
            let request = Request::read(&method, &uri, &headers, &body);
            let issuer = issuer(&request).await;
            let mut state = node.lock();
            let reply = answer::answer(&mut state, &request, Arrival { standby: node.standby, issuer });
            state.ledger.enter(seen(&method, &uri, &headers, reply.status), reply.basis);
            reply
        }
        None => {
            let basis = recorded("limits", "request of 40 MiB");
            let reply = Reply { cacheable: true, ..Reply::error(413, "http: request body too large", basis) };
            node.lock().ledger.enter(seen(&method, &uri, &headers, reply.status), reply.basis);
            reply
        }
    };
    written(&reply)
}

/// What the issuer says that a call configures: asked before the state is locked.
async fn issuer(request: &Request) -> Option<std::result::Result<(), String>> {
    let configures = request.path.contains("auth/") && request.path.ends_with("/config");
    if !configures || request.operation != Some(Operation::Write) {
        return None;
    }
    let fields = request.body.as_ref().ok()?.as_ref()?;
    let text = |name: &str| fields.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    let checked = discovery::document(text("oidc_discovery_url")?, text("oidc_discovery_ca_pem")).await;
    Some(checked.map(|_| ()))
}

/// `None` where it is too long.
async fn bytes_of(mut body: Incoming) -> Option<Vec<u8>> {
    let (mut found, mut length) = (Vec::new(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > LONGEST_WASTE {
            return None;
        }
        if length <= LONGEST_BODY {
            found.extend_from_slice(&data);
        }
    }
    (length <= LONGEST_BODY).then_some(found)
}

fn seen(method: &Method, uri: &Uri, headers: &HeaderMap, status: u16) -> Seen {
    let namespace = headers.get("x-vault-namespace").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Seen {
        method: method.to_string(),
        path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        namespace,
        with_token: headers.contains_key("x-vault-token") || headers.contains_key(header::AUTHORIZATION),
        status,
    }
}

fn written(reply: &Reply) -> HttpResponse<Full<Bytes>> {
    let body = reply.body.as_ref().map(|body| format!("{body}\n")).unwrap_or_default();
    let mut response = HttpResponse::builder().status(reply.status).header(header::CONTENT_TYPE, "application/json");
    if !reply.cacheable {
        response = response.header(header::CACHE_CONTROL, "no-store");
    }
    if let Some(seconds) = reply.retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    response.body(Full::from(body)).unwrap_or_default()
}
