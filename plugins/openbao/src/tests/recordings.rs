//! What running servers said, as the project recorded it. Each exchange is played by a test, or stands below with the reason
//! why the source never makes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::http::Answer;
use harmony_config_plugin_shared::http::Head;

#[derive(Clone, Deserialize)]
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) request: Recorded,
    response: Response,
}

#[derive(Clone, Deserialize)]
pub(super) struct Recorded {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) token: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Value,
}

#[derive(Clone, Deserialize)]
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Recording {
    pub(super) fn answer(&self) -> Answer {
        let body = match &self.response.body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let header = |name: &str| self.response.headers.get(name).cloned();
        let head = Head {
            retry_after: header("retry-after"),
            location: header("location"),
            content_encoding: header("content-encoding"),
            date: None,
        };
        Answer { status: self.response.status, body, head }
    }
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../../tests/peers/wire/", $name, ".json")))),*];
    };
}

files!(
    "approle",
    "init",
    "jwt",
    "kv2",
    "limits",
    "mounts",
    "namespaces",
    "policies",
    "sealed",
    "standby",
    "status",
    "token",
    "userpass",
);

fn all(file: &str) -> Vec<Recording> {
    let (_, text) = FILES.iter().find(|(name, _)| *name == file).expect("a file of recordings");
    serde_json::from_str(text).unwrap()
}

#[track_caller]
pub(super) fn recording(file: &str, name: &str) -> Recording {
    all(file).into_iter().find(|recording| recording.name == name).expect("a recording of that name")
}

/// What an administrator does, and not the source.
const ADMINISTRATION: &[(&str, &str)] = &[
    ("approle", "enable"),
    ("approle", "role"),
    ("approle", "role id"),
    ("approle", "secret id"),
    ("init", "initialise"),
    ("init", "initialise again"),
    ("init", "first unseal key"),
    ("init", "the same key again"),
    ("init", "a key that is none"),
    ("init", "second unseal key"),
    ("jwt", "enable jwt"),
    ("jwt", "config with an issuer that answers nothing"),
    ("jwt", "config without the trailing slash of the issuer"),
    ("jwt", "config"),
    ("jwt", "role bound to the client id, user is sub"),
    ("jwt", "role whose user claim is email"),
    ("jwt", "role without audiences"),
    ("jwt", "role with another audience"),
    ("jwt", "role with a groups claim that the token lacks"),
    ("kv2", "require cas on a key"),
    ("limits", "quota of 1 request a second on the mount"),
    ("limits", "remove the quota"),
    ("limits", "active node steps down"),
    ("mounts", "enable a KV v2 mount"),
    ("mounts", "enable it again"),
    ("mounts", "enable a KV v1 mount"),
    ("namespaces", "create"),
    ("namespaces", "mount in it, by header"),
    ("policies", "write a policy"),
    ("policies", "read it"),
    ("policies", "a policy that does not parse"),
    ("sealed", "seal"),
    ("standby", "second node joins"),
    ("standby", "mount"),
    ("token", "create a periodic child token"),
    ("token", "a token of one use"),
    ("token", "a token that lives 1 s and is not renewable"),
    ("token", "revoke-self"),
    ("userpass", "enable userpass"),
    ("userpass", "create a user"),
    ("userpass", "create a user at the login path, as root"),
];

/// What the source has no use for, or never gets wrong in this way.
const NEVER_MADE: &[(&str, &str, &str)] = &[
    ("init", "is it initialised", "the health says so too"),
    ("init", "seal status before initialisation", "the health says so too"),
    ("status", "seal status", "the health says so too"),
    ("standby", "leader as a standby tells it", "a standby forwards"),
    ("standby", "read at a standby, forwarding refused", "nobody refuses to be forwarded"),
    ("kv2", "read version 1", "the latest version is what is read"),
    ("kv2", "read a version that never was", "the latest version is what is read"),
    ("kv2", "write without data", "there is always data"),
    ("kv2", "write what is not JSON", "it is always JSON"),
    ("kv2", "write with no body", "there is always a body"),
    ("kv2", "patch", "a value is written whole"),
    ("kv2", "patch without its content type", "a value is written whole"),
    ("kv2", "patch what is not there", "a value is written whole"),
    ("kv2", "list by GET", "the method LIST is used"),
    ("kv2", "list with a trailing slash", "it is listed without one"),
    ("kv2", "undelete", "what is deleted is left so"),
    ("kv2", "destroy version 1", "a deletion is a soft one"),
    ("kv2", "delete all versions and metadata", "a deletion is a soft one"),
    ("kv2", "key with a space and a slash, encoded", "no key has them, and the slash of a `ref` divides"),
    ("kv2", "read it back", "no key has them, and the slash of a `ref` divides"),
    ("kv2", "key with .. in it", "such a path is refused before it is sent"),
    ("kv2", "non-ASCII key", "no key is written that has such characters"),
    ("namespaces", "read in it, by path", "the header is used"),
    ("status", "no such route", "every path is below a mount"),
    ("status", "method not allowed", "that method is never used"),
    ("token", "capabilities-self", "a refusal says enough"),
    ("token", "no token", "nothing is read without one"),
];

#[test]
fn every_recording_is_played_or_has_a_reason_why_not() {
    let tests = [
        include_str!("listed.rs"),
        include_str!("outages.rs"),
        include_str!("principals.rs"),
        include_str!("refusals.rs"),
        include_str!("values.rs"),
        include_str!("written.rs"),
    ]
    .concat();
    let mut wrong = Vec::new();
    for (file, _) in FILES {
        for Recording { name, .. } in all(file) {
            let place = format!("(\"{file}\", \"{name}\"");
            let is_played = tests.contains(&place);
            let has_reason = ADMINISTRATION.contains(&(file, name.as_str()))
                || NEVER_MADE.iter().any(|(of, never, _)| (of, *never) == (file, name.as_str()));
            if is_played == has_reason {
                wrong.push(place);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
