//! Why a JWT was refused, as exactly as the server's words and the token's own claims tell. The claims are read, not
//! checked: the server did that. Whom a token is for and of may be shown, the token never.

use serde_json::{Map, Value};

use crate::time;

/// How much of a claim is shown.
const SHOWN: usize = 200;

/// What is known of a login that was refused.
pub(crate) struct Attempt<'a> {
    pub(crate) jwt: &'a str,
    pub(crate) role: &'a str,
    /// The auth mount, as it stands in a path.
    pub(crate) mount: &'a str,
    /// The setting that the token is of, for people: `auth[0].identity`.
    pub(crate) from: &'a str,
    pub(crate) of_identity: bool,
    pub(crate) now: u64,
}

/// Why, and what to do about it; none where the server's words say nothing that is known here.
pub(crate) fn explained(said: &[String], attempt: &Attempt<'_>) -> Option<(String, String)> {
    let said = said.join("; ");
    let Attempt { role, mount, from, .. } = attempt;
    let claims = claims(attempt.jwt).unwrap_or_default();
    let has = |phrase: &str| said.contains(phrase);
    let of_role = format!("`bao read auth/{mount}/role/{role}`");
    let of_mount = format!("`bao read auth/{mount}/config`");
    // In this order: `error verifying token signature: …` stands before what is more exact.
    Some(if has("could not be found") {
        (
            "there is no such role".to_owned(),
            format!(
                "see `bao list auth/{mount}/role`; the role is the setting `role` beside {from}, else the variable \
                 OPENBAO_JWT_ROLE"
            ),
        )
    } else if has("failed to fetch groups") {
        let (which, has) = (named(&said), present(&claims));
        (
            format!("the token lacks the claim that is the role's `groups_claim`{which}{has}"),
            format!("see {of_role}: name a claim that is a list in the token, or take `groups_claim` out"),
        )
    } else if has("not found in token") {
        let (which, has) = (named(&said), present(&claims));
        (
            format!("the token lacks the claim that is the role's `user_claim`{which}{has}"),
            format!("see {of_role}: `sub` is in every token, `email` is not"),
        )
    } else if has("audience") {
        let aud = shown(&claims, "aud");
        let mut remedy = format!("add one of them to `bound_audiences`, see {of_role}");
        if attempt.of_identity {
            remedy.push_str(&format!("; or give `audience` beside {from}, for a token that is for another one"));
        }
        (format!("the token is for another audience than the role's `bound_audiences`: its `aud` is {aud}"), remedy)
    } else if has("issuer") || has("different provider") {
        let iss = shown(&claims, "iss");
        (
            format!("the token is of another issuer than the mount's `bound_issuer`: its `iss` is {iss}"),
            format!("compare it to the character with what {of_mount} says: a slash at its end counts"),
        )
    } else if has("expired") {
        let when = match claims.get("exp").and_then(Value::as_u64) {
            Some(end) if end <= attempt.now => {
                format!(" at {}, {} ago", time::of_day(end), time::length(attempt.now - end))
            }
            Some(end) => format!(
                ", though by the clock here it is good until {}: this clock or the server's is wrong",
                time::of_day(end)
            ),
            None => String::new(),
        };
        let remedy = match attempt.of_identity {
            true => "try again: a new token is asked for; see that both clocks are right".to_owned(),
            false => format!("have a new token written to {from}: it is tried at once"),
        };
        (format!("the token has expired{when}"), remedy)
    } else if has("not yet valid") || has("issued in the future") {
        (
            "the token is not valid yet by the server's clock".to_owned(),
            "see that the clocks of the issuer and of the server are right".to_owned(),
        )
    } else if has("malformed") {
        ("it is not a JWT".to_owned(), format!("see {from}: what comes from there must be a signed JWT"))
    } else if has("signature") || has("signing algorithm") {
        let iss = shown(&claims, "iss");
        (
            format!("the server does not trust whoever signed the token: its `iss` is {iss}"),
            format!("see {of_mount}: it must have the keys of that issuer"),
        )
    } else if has("claim") {
        let which = named(&said);
        (
            format!("a claim is not as the role's `bound_claims` or `bound_subject` want it{which}"),
            format!("see {of_role}; the token's `sub` is {}", shown(&claims, "sub")),
        )
    } else {
        return None;
    })
}

/// The claim that the server names, if it is a name.
fn named(said: &str) -> String {
    let name = said.split('"').nth(1).filter(|name| is_name(name));
    name.map_or(String::new(), |name| format!(" (`{name}`)"))
}

/// Which claims there are.
fn present(claims: &Map<String, Value>) -> String {
    let names: Vec<&str> = claims.keys().map(String::as_str).filter(|name| is_name(name)).collect();
    if names.is_empty() { String::new() } else { format!("; it has {}", names.join(", ")) }
}

fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:.-/".contains(&byte))
}

/// A claim that may be shown: a text, or a list of texts.
fn shown(claims: &Map<String, Value>, name: &str) -> String {
    let text = match claims.get(name) {
        None => return "not there".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
        }
        Some(_) => return "no text".to_owned(),
    };
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What the token says; none where it is no JWT.
fn claims(jwt: &str) -> Option<Map<String, Value>> {
    let mut parts = jwt.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&decoded(payload)?).ok()
}

/// Base64 with the alphabet for addresses, without padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len() * 3 / 4), 0_u32, 0_u32);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        (bits, held) = ((bits << 6) | u32::from(value), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_decoded_as_addresses_write_it() {
        assert_eq!(decoded("Pz8_Pj4-YQ").unwrap(), b"???>>>a");
        assert_eq!(decoded("a+b"), None);
    }

    #[test]
    fn a_claim_is_shown_without_what_moves_a_cursor_and_not_without_end() {
        let claims = serde_json::json!({ "iss": format!("\u{1b}[2J{}", "x".repeat(300)), "aud": 7 });
        let claims = claims.as_object().unwrap();
        let iss = shown(claims, "iss");
        assert!(!iss.contains('\u{1b}') && iss.chars().count() == SHOWN + 1, "{iss}");
        assert_eq!((shown(claims, "aud").as_str(), shown(claims, "sub").as_str()), ("no text", "not there"));
    }
}
