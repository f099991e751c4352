//! What a scripted server sends: pieces, with pauses and ends between them.

use std::time::Duration;

use serde_json::Value;

use super::gzip;

/// One answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) pieces: Vec<Piece>,
    /// Whether the connection ends with it.
    pub(super) closes: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Bytes(Vec<u8>),
    Many(Vec<u8>, usize),
    Wait(Duration),
    Silence,
    Reset,
}

const MIB: usize = 1 << 20;

impl Reply {
    /// These bytes and no others: status line, headers and all. The connection stays.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![Piece::Bytes(bytes.into())], closes: false }
    }

    /// A whole answer with a length.
    #[must_use]
    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self::with_headers(status, &[("Content-Type", content_type)], body)
    }

    /// A whole answer with a length and headers.
    #[must_use]
    pub fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let head = head(status, headers);
        Self::raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// A whole answer in JSON.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    /// 200, said to be JSON, that is none.
    #[must_use]
    pub fn not_json() -> Self {
        Self::text(200, "application/json", "<!doctype html><title>Sign in to the network</title>")
    }

    /// 503 with a page, as a proxy in front of a server gives it.
    #[must_use]
    pub fn page_503() -> Self {
        Self::text(503, "text/html", "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>")
    }

    /// A redirect: 301, 302, 303, 307 or 308.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::with_headers(status, &[("Location", to)], "")
    }

    /// A JSON text of so many MiB, with its length told beforehand.
    #[must_use]
    pub fn huge(mib: usize) -> Self {
        let (start, end) = (&br#"{"data":""#[..], &br#""}"#[..]);
        let length = start.len() + mib * MIB + end.len();
        let head = format!("{}Content-Length: {length}\r\n\r\n", head(200, &[JSON]));
        Self::raw([head.as_bytes(), start].concat()).then_many(vec![b'x'; MIB], mib).then(end)
    }

    /// A JSON text of so many MiB, in chunks: nobody knows how long it gets.
    #[must_use]
    pub fn huge_in_chunks(mib: usize) -> Self {
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", head(200, &[JSON]));
        let start = [head.as_bytes(), &chunk(br#"{"data":""#)].concat();
        let end = [chunk(br#""}"#), b"0\r\n\r\n".to_vec()].concat();
        Self::raw(start).then_many(chunk(&vec![b'x'; MIB]), mib).then(end)
    }

    /// Few bytes in gzip that become so many MiB.
    #[must_use]
    pub fn gzip_bomb(mib: usize) -> Self {
        let body = gzip::zeros(mib * MIB);
        let head = head(200, &[JSON, ("Content-Encoding", "gzip")]);
        Self::raw([format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat())
    }

    /// A small answer behind so many headers of 1 KiB.
    #[must_use]
    pub fn header_flood(headers: usize) -> Self {
        let flood: String = (0..headers).map(|n| format!("X-Flood-{n}: {}\r\n", "x".repeat(1000))).collect();
        Self::raw(format!("{}{flood}Content-Length: 2\r\n\r\n{{}}", head(200, &[JSON])))
    }

    /// Nothing, for ever.
    #[must_use]
    pub fn silence() -> Self {
        Self { pieces: vec![Piece::Silence], closes: false }
    }

    /// Says that a body of this length comes, sends the beginning, and ends the connection.
    #[must_use]
    pub fn cut_short(length: usize, beginning: &str) -> Self {
        Self::raw(format!("{}Content-Length: {length}\r\n\r\n{beginning}", head(200, &[JSON]))).then_close()
    }

    /// More bytes.
    #[must_use]
    pub fn then(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.pieces.push(Piece::Bytes(bytes.into()));
        self
    }

    /// The same bytes so many times.
    #[must_use]
    pub fn then_many(mut self, bytes: Vec<u8>, times: usize) -> Self {
        self.pieces.push(Piece::Many(bytes, times));
        self
    }

    /// A pause.
    #[must_use]
    pub fn then_wait(mut self, time: Duration) -> Self {
        self.pieces.push(Piece::Wait(time));
        self
    }

    /// The answer after a pause.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.pieces.insert(0, Piece::Wait(time));
        self
    }

    /// Nothing more, for ever; the connection stays.
    #[must_use]
    pub fn then_silence(mut self) -> Self {
        self.pieces.push(Piece::Silence);
        self
    }

    /// The connection is reset.
    #[must_use]
    pub fn then_reset(mut self) -> Self {
        self.pieces.push(Piece::Reset);
        self
    }

    /// The connection ends in good order.
    #[must_use]
    pub fn then_close(mut self) -> Self {
        self.closes = true;
        self
    }
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn head(status: u16, headers: &[(&str, &str)]) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("None");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} {reason}\r\n{headers}")
}
