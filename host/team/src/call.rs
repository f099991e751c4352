//! One request to the server, as it is sent and as it is shown: the same thing, so that a dry run cannot show another. What
//! it is for is `change`'s business.

use std::fmt;

use rustify::{
    Endpoint,
    enums::{RequestMethod, RequestType, ResponseType},
    errors::ClientError,
};
use serde_json::Value;

use crate::Error;

/// A request to the server.
#[derive(Clone, PartialEq)]
pub struct Call {
    method: &'static str,
    path: String,
    body: Option<Value>,
}

/// Stands in place of a secret in a request that is only shown.
pub(crate) const HIDDEN: &str = "<not shown>";

/// The members of a body that are secret.
const SECRETS: [&str; 1] = ["password"];

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Call { method: "GET", path: path.into(), body: None }
    }

    pub(crate) fn list(path: impl Into<String>) -> Self {
        Call { method: "LIST", path: path.into(), body: None }
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Call { method: "POST", path: path.into(), body: Some(body) }
    }

    pub(crate) fn put(path: impl Into<String>, body: Value) -> Self {
        Call { method: "PUT", path: path.into(), body: Some(body) }
    }

    /// The request that an endpoint of vaultrs makes.
    pub(crate) fn of(endpoint: &impl Endpoint) -> Result<Self, Error> {
        let unmade = |error: &dyn fmt::Display| {
            Error::usage(format!("a request cannot be made: {error}"), "this is a fault of this program: report it")
        };
        let body = endpoint.body().map_err(|error| unmade(&error))?.filter(|bytes| !bytes.is_empty());
        let body = body.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(|error| unmade(&error))?;
        Ok(Call { method: word(&endpoint.method()), path: endpoint.path().trim_start_matches('/').to_owned(), body })
    }

    /// The method: `POST`.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The path behind `/v1/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body, with a word in place of each secret.
    pub fn body(&self) -> Option<Value> {
        let mut body = self.body.clone()?;
        for (name, value) in body.as_object_mut().into_iter().flatten() {
            if SECRETS.contains(&name.as_str()) {
                *value = HIDDEN.into();
            }
        }
        Some(body)
    }
}

/// `POST sys/mounts/secret {…}`, without secrets.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        self.body().map_or(Ok(()), |body| write!(f, " {body}"))
    }
}

/// The same as its Display: a password may stand in the body.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({self})")
    }
}

impl Endpoint for Call {
    type Response = Value;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.clone()
    }

    fn method(&self) -> RequestMethod {
        match self.method {
            "DELETE" => RequestMethod::DELETE,
            "LIST" => RequestMethod::LIST,
            "POST" => RequestMethod::POST,
            "PUT" => RequestMethod::PUT,
            _ => RequestMethod::GET,
        }
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let bytes = self.body.as_ref().map(serde_json::to_vec).transpose();
        bytes.map_err(|error| ClientError::DataParseError { source: error.into() })
    }
}

fn word(method: &RequestMethod) -> &'static str {
    match method {
        RequestMethod::DELETE => "DELETE",
        RequestMethod::LIST => "LIST",
        RequestMethod::POST => "POST",
        RequestMethod::PUT => "PUT",
        _ => "GET",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_password_is_sent_and_never_shown() {
        let call = Call::post("auth/userpass/users/anna", json!({ "password": "canary", "token_policies": ["a"] }));
        for shown in [call.to_string(), format!("{call:?}"), format!("{:?}", call.body())] {
            assert!(!shown.contains("canary") && shown.contains("token_policies"), "{shown}");
        }
        let sent = Endpoint::body(&call).unwrap().unwrap();
        assert!(String::from_utf8(sent).unwrap().contains("canary"));
    }
}
