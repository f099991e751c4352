//! A request as the handlers see it: what is to be done where, with which fields.

use std::{collections::HashMap, time::Duration};

use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{ledger::unrecorded, replies::Reply, time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Write,
    Patch,
    Delete,
    List,
}

/// What came over the wire, read but not yet judged.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) operation: Option<Operation>,
    /// Below `/v1/`, decoded.
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) token: Option<String>,
    pub(crate) namespace: String,
    pub(crate) wrap_ttl: Option<Duration>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Result<Option<Map<String, Value>>, String>,
}

impl Request {
    pub(crate) fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bearer = || header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
        let query = query(uri.query().unwrap_or_default());
        let path = percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
        let mut path = path.strip_prefix("/v1/").unwrap_or(path.trim_start_matches('/')).to_owned();
        let operation = match method.as_str() {
            "GET" | "HEAD" if query.get("list").is_some_and(|value| value == "true" || value == "1") => {
                Some(Operation::List)
            }
            "GET" | "HEAD" => Some(Operation::Read),
            "LIST" => Some(Operation::List),
            "POST" | "PUT" => Some(Operation::Write),
            "PATCH" => Some(Operation::Patch),
            "DELETE" => Some(Operation::Delete),
            _ => None,
        };
        if operation == Some(Operation::List) && !path.ends_with('/') {
            path.push('/');
        }
        Self {
            operation,
            path,
            query,
            token: header("x-vault-token").or_else(bearer).filter(|token| !token.is_empty()),
            namespace: header("x-vault-namespace").unwrap_or_default(),
            wrap_ttl: header("x-vault-wrap-ttl").and_then(|ttl| time::duration(&ttl)),
            content_type: header("content-type"),
            body: object(body),
        }
    }
}

fn query(text: &str) -> HashMap<String, String> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn object(body: &[u8]) -> Result<Option<Map<String, Value>>, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(Some(fields)),
        Ok(Value::Null) => Ok(None),
        Ok(_) => Err("the body is not an object".to_owned()),
        Err(error) if error.is_eof() => Err("unexpected EOF".to_owned()),
        Err(error) => {
            let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
            let at = line.get(error.column().saturating_sub(1)).copied().map(char::from).unwrap_or_default();
            Err(format!("invalid character '{at}'"))
        }
    }
}

/// A request that may be carried out.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// `""`, or with a slash at its end: `team-a/`.
    pub(crate) namespace: String,
    /// Within the namespace.
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    /// `None`: no body was sent.
    pub(crate) fields: Option<Fields>,
    /// The token that it came with.
    pub(crate) token: Option<String>,
    /// What the issuer said, where the call configures one.
    pub(crate) issuer: Option<Result<(), String>>,
}

impl Call {
    pub(crate) fn fields(&self) -> Fields {
        self.fields.clone().unwrap_or_default()
    }
}

/// The fields of a body, read as loosely as the server reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(pub(crate) Map<String, Value>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A list, or one text with commas.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        let words = |text: &str| text.split(',').map(|word| word.trim().to_owned()).filter(|w| !w.is_empty()).collect();
        match self.get(name)? {
            Value::Array(values) => Some(values.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            Value::String(text) => Some(words(text)),
            _ => None,
        }
    }

    pub(crate) fn numbers(&self, name: &str) -> Vec<u64> {
        match self.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_u64).collect(),
            Some(Value::String(text)) => text.split(',').filter_map(|word| word.trim().parse().ok()).collect(),
            Some(Value::Number(number)) => number.as_u64().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn duration(&self, name: &str) -> Result<Option<Duration>, Reply> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let unreadable = || {
            let words = format!("error converting input for field {name:?}: time: invalid duration {text:?}");
            Reply::error(400, words, unrecorded("a duration that is none"))
        };
        time::duration(&text).map(Some).ok_or_else(unreadable)
    }
}
