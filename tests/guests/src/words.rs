//! Guests whose words are dangerous: what is shown to a person, written to a log or stored by the host.

use harmony_config_sdk::{Coordinate, Entry, Failure, Page, Request, Sensitivity, environment, log};

use crate::Guest;

type Answer = Result<Option<Entry>, Failure>;

/// Turns what follows red, clears the screen, sets the title, moves up a line, turns the direction of the text.
const ESCAPES: &str = "\x1b[31m\x1b[2J\x1b]0;title\x07\r\n\x08\u{9b}2J\u{202e}\u{2066}\u{200b}";

pub(crate) fn terminal_escape(_: &Guest, _: &Request) -> Answer {
    log::error(&format!("log {ESCAPES} end"));
    Err(Failure::unavailable(format!("message {ESCAPES} end")).remedy(format!("remedy {ESCAPES} end")))
}

/// A version is handed back as it is, and shown to people all the same.
pub(crate) fn hostile_version(_: &Guest, _: &Request) -> Answer {
    Ok(Some(Entry::new("{}", format!("location {ESCAPES} end")).version(format!("1{ESCAPES}"))))
}

pub(crate) fn bad_json(_: &Guest, _: &Request) -> Answer {
    Ok(Some(Entry::new(r#"{"password": canary-of-bad-json"#, "the place")))
}

/// Deeper than a parser's stack.
pub(crate) fn deep_json(_: &Guest, _: &Request) -> Answer {
    Ok(Some(Entry::new(format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20)), "the place")))
}

pub(crate) fn unknown_code(_: &Guest, _: &Request) -> Answer {
    Err(Failure::new("quota-exceeded-of-2031", "a kind of failure that nobody knows yet"))
}

/// Says the secret that it was given, and each field of it, wherever words go.
pub(crate) fn leak_secret(guest: &Guest, _: &Request) -> Answer {
    let secret = environment::get(&format!("{}Secret", guest.prefix))?.unwrap_or_default();
    let password = serde_json::from_str::<serde_json::Value>(&secret)
        .ok()
        .and_then(|value| Some(value.get("password")?.as_str()?.to_owned()))
        .unwrap_or_default();
    if password.is_empty() {
        return Ok(None);
    }
    log::error(&format!("the secret is {secret}"));
    log::error(&format!("the password is {password}"));
    Err(Failure::unavailable(format!("could not use {password} of {secret}"))
        .remedy(format!("try another than {password}")))
}

/// The same behind so many words that the cut of a message goes through the secret.
pub(crate) fn leak_at_the_edge(guest: &Guest, request: &Request) -> Answer {
    let Err(leak) = leak_secret(guest, request) else { return Ok(None) };
    let password = environment::get(&format!("{}Password", guest.prefix))?.unwrap_or_default();
    for length in 1000..1024 {
        log::error(&format!("{}{password}", "w".repeat(length)));
    }
    Err(leak)
}

/// The value that it was to store.
pub(crate) fn leak_in_set(value: &str) -> Result<Option<String>, Failure> {
    log::error(&format!("cannot store {value}"));
    Err(Failure::unavailable(format!("cannot store {value}")).remedy(format!("do not store {value}")))
}

/// Names that are none, and names of another namespace.
pub(crate) fn foreign_keys(namespace: &str) -> Result<Page, Failure> {
    let at = |namespace: &str, key: &str| Coordinate {
        namespace: namespace.to_owned(),
        key: key.to_owned(),
        instance: None,
    };
    let keys = ["Own", "../escape", "a\x1b[2Jb", "", "a__b"];
    let mut entries: Vec<_> = keys.iter().map(|key| (at(namespace, key), Sensitivity::Standard)).collect();
    entries.push((at("elsewhere", "Foreign"), Sensitivity::Standard));
    Ok(Page { entries, next: None })
}
