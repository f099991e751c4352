//! What an answer that is no success means, by its status and its words.

use std::io;

use rustify::errors::ClientError as Transport;
use vaultrs::error::ClientError;

use crate::{Error, call::Call, words};

/// What an answer that is no success means.
pub(crate) enum Answered {
    /// There is nothing at the path.
    Absent,
    /// The token may not, or is none.
    Forbidden,
    /// Anything else.
    Failed(Error),
}

/// Makes of an error what it means.
pub(crate) fn read(address: &str, namespace: Option<&str>, call: &Call, error: ClientError) -> Answered {
    let failed = match error {
        ClientError::APIError { code, errors } => return answer(address, namespace, call, code, &errors),
        ClientError::RestClientError { source } => match source {
            Transport::ServerResponseError { code, content } => match content.as_deref().and_then(errors) {
                Some(said) => return answer(address, namespace, call, code, &said),
                None => other_server(address, code),
            },
            Transport::RequestError { source, .. } | Transport::ResponseError { source } => {
                transport(address, source.chain())
            }
            Transport::ResponseParseError { .. } | Transport::ResponseConversionError { .. } => {
                Error::NotOpenBao { address: address.to_owned(), why: "its answer is no JSON of OpenBao".to_owned() }
            }
            other => Error::Unreachable { address: address.to_owned(), why: other.to_string() },
        },
        ClientError::ResponseEmptyError | ClientError::ResponseDataEmptyError => return Answered::Absent,
        other => Error::Unreachable { address: address.to_owned(), why: other.to_string() },
    };
    Answered::Failed(failed)
}

/// The member `errors` of a body.
fn errors(content: &str) -> Option<Vec<String>> {
    let body: serde_json::Value = serde_json::from_str(content).ok()?;
    let errors = body.get("errors")?.as_array()?;
    Some(errors.iter().filter_map(|error| error.as_str().map(str::to_owned)).collect())
}

fn answer(address: &str, namespace: Option<&str>, call: &Call, status: u16, errors: &[String]) -> Answered {
    let said = words::plain(&errors.join("; "));
    let address = address.to_owned();
    let failed = match status {
        403 => return Answered::Forbidden,
        404 if said.contains("namespace not found") => Error::NoNamespace(namespace.unwrap_or_default().to_owned()),
        404 => return Answered::Absent,
        503 if said.contains("sealed") => Error::Sealed { address },
        429 | 500..=599 => Error::Busy { address, status, said },
        _ => Error::Refused { method: call.method(), path: call.path().to_owned(), status, said },
    };
    Answered::Failed(failed)
}

fn other_server(address: &str, status: u16) -> Error {
    let address = address.to_owned();
    match status {
        300..=399 => Error::NotOpenBao {
            address,
            why: format!("it sends elsewhere (status {status}), and a token is not sent after it"),
        },
        429 | 500..=599 => Error::Busy { address, status, said: String::new() },
        _ => Error::NotOpenBao { address, why: format!("status {status}, without OpenBao's words") },
    }
}

/// Why nothing came back, from the innermost cause.
fn transport<'a>(address: &str, chain: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> Error {
    let address = address.to_owned();
    let mut why = "the connection failed".to_owned();
    for cause in chain {
        if let Some(error) = tls(cause) {
            return match error {
                rustls::Error::InvalidCertificate(_) => Error::Certificate { address, why: certificate(error) },
                rustls::Error::InvalidMessage(_) => Error::Unreachable {
                    address,
                    why: "what answers there does not speak TLS; is the address to begin with http://?".to_owned(),
                },
                other => Error::Unreachable { address, why: format!("TLS failed: {other}") },
            };
        }
        if cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout) {
            return Error::Unreachable { address, why: "no answer in time".to_owned() };
        }
        // The innermost says most; what stands above it repeats the address.
        why = cause.to_string();
    }
    Error::Unreachable { address, why }
}

/// An error of I/O hides what it holds from the chain, and may hold another such.
fn tls<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    match cause.downcast_ref::<io::Error>() {
        Some(error) => tls(error.get_ref()?),
        None => cause.downcast_ref(),
    }
}

fn certificate(error: &rustls::Error) -> String {
    use rustls::CertificateError as Why;
    let rustls::Error::InvalidCertificate(why) = error else { return error.to_string() };
    match why {
        Why::UnknownIssuer => "its certificate was signed by a CA that is not trusted here".to_owned(),
        Why::NotValidForName | Why::NotValidForNameContext { .. } => {
            "its certificate is for another name than the address has".to_owned()
        }
        Why::Expired | Why::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Why::NotValidYet | Why::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or the clock of this machine is wrong".to_owned()
        }
        other => format!("its certificate is not accepted: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_error(code: u16, content: &str) -> Answered {
        let source = Transport::ServerResponseError { code, content: Some(content.to_owned()) };
        read("https://bao", Some("team"), &Call::get("sys/mounts"), ClientError::RestClientError { source })
    }

    fn failed(code: u16, content: &str) -> Error {
        match read_error(code, content) {
            Answered::Failed(error) => error,
            _ => panic!("{code} {content}"),
        }
    }

    #[test]
    fn each_status_means_what_the_recordings_say() {
        assert!(matches!(read_error(404, r#"{"errors":[]}"#), Answered::Absent));
        assert!(matches!(read_error(403, r#"{"errors":["permission denied"]}"#), Answered::Forbidden));
        assert!(
            matches!(failed(404, r#"{"errors":["namespace not found"]}"#), Error::NoNamespace(name) if name == "team")
        );
        assert!(matches!(failed(503, r#"{"errors":["Vault is sealed"]}"#), Error::Sealed { .. }));
        assert!(matches!(failed(429, r#"{"errors":["request path rate limited"]}"#), Error::Busy { status: 429, .. }));
        assert!(matches!(failed(500, r#"{"errors":["internal error"]}"#), Error::Busy { .. }));
        assert!(matches!(failed(400, r#"{"errors":["path is already in use at team/"]}"#), Error::Refused { .. }));
    }

    #[test]
    fn what_is_no_openbao_is_not_taken_for_one() {
        for (code, body) in [(404, "<html>"), (200, ""), (307, ""), (403, "blocked by the firewall")] {
            assert!(matches!(failed(code, body), Error::NotOpenBao { .. }), "{code}");
        }
        assert!(failed(307, "").to_string().contains("token is not sent"));
        assert!(matches!(failed(502, "<html>"), Error::Busy { .. }));
    }
}
