//! Guests that want more of the network than they were granted, and what belongs to signing in: sessions, and files with a
//! credential.

use harmony_config_sdk::{Entry, Expected, Failure, Request, credential_file, log, session};
use wasip2::http::{
    outgoing_handler::{ErrorCode, handle},
    types::{Fields, IncomingBody, Method, OutgoingRequest, Scheme},
};

use crate::{Guest, attempt::Attempts};

type Answer = Result<Option<Entry>, Failure>;

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "CONNECT" => Method::Connect,
        "TRACE" => Method::Trace,
        other => Method::Other(other.to_owned()),
    }
}

/// Sends a request and reads the whole answer: its status, and how many bytes came.
fn send(name: &str, scheme: Scheme, authority: &str) -> Result<(u16, usize), String> {
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_method(&method(name))
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some("/")));
    set.map_err(|()| "it cannot even be asked for".to_owned())?;
    let words = |code: ErrorCode| format!("{code:?}");
    let answer = handle(request, None).map_err(words)?;
    answer.subscribe().block();
    let answer = match answer.get() {
        Some(Ok(answer)) => answer.map_err(words)?,
        _ => return Err("no answer".to_owned()),
    };
    let body = answer.consume().map_err(|()| "no body".to_owned())?;
    let (mut read, status) = (0, answer.status());
    {
        let stream = body.stream().map_err(|()| "no stream".to_owned())?;
        loop {
            match stream.blocking_read(64 << 10) {
                Ok(bytes) => read += bytes.len(),
                Err(wasip2::io::streams::StreamError::Closed) => break,
                Err(wasip2::io::streams::StreamError::LastOperationFailed(error)) => {
                    return Err(error.to_debug_string());
                }
            }
        }
    }
    drop(IncomingBody::finish(body));
    Ok((status, read))
}

/// The test listens at `address`, and granted nothing.
pub(crate) fn http_not_granted(guest: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused("http", send("GET", Scheme::Http, &guest.address));
    attempts.refused("https", send("GET", Scheme::Https, "example.com"));
    attempts.answer()
}

/// It was granted `http://` at `address`, which answers, and wants everything else.
pub(crate) fn http_elsewhere(guest: &Guest, _: &Request) -> Answer {
    if let Err(why) = send("GET", Scheme::Http, &guest.address) {
        return Err(Failure::unavailable(format!("what it was granted does not work: {why}")));
    }
    let port = guest.address.rsplit(':').next().unwrap_or_default();
    let mut attempts = Attempts::default();
    attempts.refused("https", send("GET", Scheme::Https, &guest.address));
    attempts.refused("ftp", send("GET", Scheme::Other("ftp".to_owned()), &guest.address));
    attempts.refused("port", send("GET", Scheme::Http, "127.0.0.1:1"));
    attempts.refused("no port", send("GET", Scheme::Http, "127.0.0.1"));
    for name in ["CONNECT", "TRACE", "connect"] {
        attempts.refused(name, send(name, Scheme::Http, &guest.address));
    }
    for host in [
        "localhost",
        "127.0.0.2",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "127%2e0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "me@127.0.0.1",
        "me:pw@127.0.0.1",
        "127.0.0.1:80@127.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "",
    ] {
        attempts.refused(host, send("GET", Scheme::Http, &format!("{host}:{port}")));
    }
    attempts.answer()
}

/// It was granted `address`, where a server answers without end.
pub(crate) fn http_flood(guest: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused("body", send("GET", Scheme::Http, &guest.address));
    attempts.answer()
}

pub(crate) fn session_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "load", session::load("a"));
    attempts.refused_as("denied", "save", session::save("a", "x", &Expected::Anything));
    attempts.refused_as("denied", "remove", session::remove("a", &Expected::Anything));
    attempts.refused_as("denied", "turn", session::enter("a"));
    attempts.answer()
}

/// It was granted sessions, and wants another plugin's, and more than one holds. The test has kept one for another plugin
/// under the name `foreign`.
pub(crate) fn foreign_session(_: &Guest, _: &Request) -> Answer {
    let version = session::save("own", "mine", &Expected::Anything)?;
    let mut attempts = Attempts::default();
    for name in ["foreign", "../foreign", "builtin:openbao/foreign"] {
        attempts.nothing(name, session::load(name)?.map(|kept| kept.value));
    }
    attempts.refused_as("denied", "no name", session::load(""));
    attempts.refused_as("denied", "long name", session::load(&"x".repeat(2_000)));
    attempts.refused_as("invalid", "too much", session::save("own", &"x".repeat(70_000), &Expected::Anything));
    attempts.refused_as("conflict", "absent", session::save("own", "other", &Expected::Nothing));
    let old = Expected::Version(format!("{version}0"));
    attempts.refused_as("conflict", "old", session::save("own", "other", &old));
    attempts.refused_as("conflict", "removed", session::remove("own", &old));
    attempts.nothing("another text", session::load("own")?.map(|kept| kept.value).filter(|value| value != "mine"));
    attempts.answer()
}

/// Says its own token, wherever words go.
pub(crate) fn leak_session(_: &Guest, _: &Request) -> Answer {
    let Some(kept) = session::load("own")? else {
        let canary = r#"{"token":"canary-of-a-session","policies":"harmless"}"#;
        session::save("own", canary, &Expected::Anything)?;
        return Ok(None);
    };
    log::error(&format!("the session is {}", kept.value));
    Err(Failure::denied(format!("could not use {}", kept.value)).remedy("see canary-of-a-session"))
}

/// The settings name a file, and nothing was granted.
pub(crate) fn credential_file_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "named", credential_file::read(&["credential"]));
    attempts.refused_as("denied", "no setting", credential_file::read(&[]));
    attempts.answer()
}

/// The file that its settings name works; every other does not.
pub(crate) fn foreign_credential_file(_: &Guest, _: &Request) -> Answer {
    if credential_file::read(&["credential"])?.as_deref() != Some("mine") {
        return Err(Failure::unavailable("its own file does not work"));
    }
    let mut attempts = Attempts::default();
    for setting in [&["document"][..], &["path"], &["/etc/passwd"], &["credential", "0"], &["*"], &[]] {
        attempts.refused_as("denied", &setting.join("."), credential_file::read(setting));
    }
    attempts.answer()
}
