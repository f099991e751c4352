//! A server that answers what a test says, byte by byte if need be, over HTTP/1.1 in the clear: for answers that no honest
//! server gives. The answers that tests want most are made in `scripted/reply.rs`.

mod gzip;
mod reply;

use std::{
    fmt::{self, Debug, Formatter},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use self::reply::Piece;
pub use self::reply::Reply;
use crate::{
    background::{self, Background},
    error::Result,
};

/// A request that a scripted server got.
#[derive(Clone)]
pub struct Asked {
    /// `GET`, `LIST` …
    pub method: String,
    /// As it was sent, query included.
    pub path: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Without the values of headers and the body: a token may be in them.
impl Debug for Asked {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        write!(f, "{} {} {headers:?} and {} bytes", self.method, self.path, self.body.len())
    }
}

impl Asked {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A server that runs. It stops when it is dropped.
#[derive(Debug)]
pub struct Scripted {
    socket: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
    _running: Background,
}

impl Scripted {
    /// Answers each request as the script says.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn new(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let (listener, socket) = background::listen(background::loopback())?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        let count = Arc::clone(&connections);
        let running = Background::start("scripted", listener, move |listener| accept(listener, script, log, count))?;
        Ok(Self { socket, asked, connections, _running: running })
    }

    /// Answers each request with the same reply.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn always(reply: Reply) -> Result<Self> {
        Self::new(move |_| reply.clone())
    }

    /// `http://127.0.0.1:…`
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.socket)
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// How many connections were made to it, whatever came over them.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// All that it was asked.
    #[must_use]
    pub fn requests(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }
}

fn lock(asked: &Mutex<Vec<Asked>>) -> MutexGuard<'_, Vec<Asked>> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, script: Arc<Script>, log: Arc<Mutex<Vec<Asked>>>, count: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        count.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<Asked>>>) {
    let _ = stream.set_nodelay(true);
    let mut unread = Vec::new();
    while let Some(asked) = next(&mut stream, &mut unread).await {
        lock(&log).push(asked.clone());
        let reply = script(&asked);
        for piece in &reply.pieces {
            let sent = match piece {
                Piece::Bytes(bytes) => stream.write_all(bytes).await,
                Piece::Many(bytes, times) => many(&mut stream, bytes, *times).await,
                Piece::Wait(time) => {
                    tokio::time::sleep(*time).await;
                    Ok(())
                }
                Piece::Silence => std::future::pending().await,
                Piece::Reset => {
                    let _ = stream.set_zero_linger();
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
        if reply.closes {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

async fn many(stream: &mut TcpStream, bytes: &[u8], times: usize) -> std::io::Result<()> {
    for _ in 0..times {
        stream.write_all(bytes).await?;
    }
    Ok(())
}

/// The next request of a connection; what was read beyond it stays in `unread`.
async fn next(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Asked> {
    let head = until(stream, unread, |bytes| find(bytes, b"\r\n\r\n").map(|at| at + 4)).await?;
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    let mut asked = Asked { method, path, headers: lines.filter_map(header).collect(), body: Vec::new() };
    if let Some(length) = asked.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
        asked.body = until(stream, unread, |bytes| (bytes.len() >= length).then_some(length)).await?;
    } else if asked.header("transfer-encoding").is_some() {
        // As it was sent, with its chunks: what is in it is the test's to read.
        let end = |bytes: &[u8]| {
            if bytes.starts_with(b"0\r\n\r\n") { Some(5) } else { find(bytes, b"\r\n0\r\n\r\n").map(|at| at + 7) }
        };
        asked.body = until(stream, unread, end).await?;
    }
    Some(asked)
}

async fn until(stream: &mut TcpStream, unread: &mut Vec<u8>, end: impl Fn(&[u8]) -> Option<usize>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = end(unread) {
            let rest = unread.split_off(end);
            return Some(std::mem::replace(unread, rest));
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
