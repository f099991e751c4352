//! An OpenID provider as far as OpenBao asks one: its document, and the keys that it signs with.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use harmony_config_peers::jwt::Signer;
use serde_json::{Value, json};

/// A provider whose issuer ends with a slash, as some do.
pub(crate) struct Issuer {
    pub(crate) address: String,
    socket: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    signer: Arc<Signer>,
}

impl Issuer {
    pub(crate) fn start(signer: &Arc<Signer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let address = format!("http://{socket}/");
        let document = json!({
            "issuer": address, "jwks_uri": format!("{address}keys"), "authorization_endpoint": format!("{address}auth"),
            "token_endpoint": format!("{address}token"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        });
        let keys = json!({ "keys": [key(&signer.public_key())] });
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // A client that went away is no fault.
                let _ = stream.and_then(|stream| answer(stream, &document, &keys));
            }
        });
        Issuer { address, socket, stop, thread: Some(thread), signer: Arc::clone(signer) }
    }

    /// A token of this provider for a person, with these claims besides.
    pub(crate) fn token(&self, subject: &str, audience: &str, besides: Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "iss": self.address, "sub": subject, "aud": [audience], "iat": now, "exp": now + 3600,
        });
        claims.as_object_mut().unwrap().extend(besides.as_object().unwrap().clone());
        self.signer.sign(&claims).unwrap()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It waits for somebody to come.
        let _ = TcpStream::connect(self.socket);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(mut stream: TcpStream, document: &Value, keys: &Value) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let (status, body) = match first.split(' ').nth(1) {
        Some("/.well-known/openid-configuration") => ("200 OK", document.to_string()),
        Some("/keys") => ("200 OK", keys.to_string()),
        _ => ("404 Not Found", String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The public key of a curve P-256 as a JWK: the last 64 bytes are the point.
fn key(pem: &str) -> Value {
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(text).unwrap();
    let (x, y) = der[der.len() - 64..].split_at(32);
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    })
}
