//! What a role demands of the claims of a token.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use super::refused;
use crate::stand_in::{
    ledger::{recorded, unrecorded},
    replies::Reply,
    request::Fields,
    time::Moment,
};

/// How far the clocks of issuer and server may differ.
const LEEWAY: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub(super) audiences: Vec<String>,
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
    pub(super) glob: bool,
}

impl Bounds {
    pub(super) fn read(&mut self, fields: &Fields) {
        self.audiences = fields.list("bound_audiences").unwrap_or_else(|| self.audiences.clone());
        self.subject = fields.text("bound_subject").unwrap_or_else(|| self.subject.clone());
        if let Some(Value::Object(claims)) = fields.get("bound_claims") {
            self.claims = claims.clone();
        }
        self.glob = fields.text("bound_claims_type").map_or(self.glob, |kind| kind == "glob");
    }

    pub(super) fn are_none(&self) -> bool {
        self.audiences.is_empty() && self.subject.is_empty() && self.claims.is_empty()
    }
}

fn invalid(words: &str) -> Reply {
    refused(format!("error validating token: {words}"), unrecorded("jwt: a registered claim that does not fit"))
}

/// Issuer, subject, audience and times.
pub(super) fn registered(claims: &Value, issuer: &str, bounds: &Bounds, now: Moment) -> Result<(), Reply> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).map(|s| Duration::from_secs_f64(s.max(0.0)));
    let (issued, not_before, expires) = (time("iat"), time("nbf"), time("exp"));
    if issued.is_none() && not_before.is_none() && expires.is_none() {
        return Err(invalid("no issued at (iat), not before (nbf), or expiration time (exp) claims in token"));
    }
    if !issuer.is_empty() && text("iss") != issuer {
        return Err(invalid("invalid issuer (iss) claim"));
    }
    if !bounds.subject.is_empty() && text("sub") != bounds.subject {
        return Err(invalid("invalid subject (sub) claim"));
    }
    let audience = list(claims.get("aud"));
    if !bounds.audiences.is_empty() && !bounds.audiences.iter().any(|bound| audience.contains(&bound.as_str())) {
        let words = "error validating token: invalid audience (aud) claim: audience claim does not match any expected \
                     audience";
        return Err(refused(words, recorded("jwt", "log in with role wrong-aud")));
    }
    if not_before.is_some_and(|at| at > now.saturating_add(LEEWAY)) {
        return Err(invalid("invalid not before (nbf) claim: token not yet valid"));
    }
    if expires.is_some_and(|at| at.saturating_add(LEEWAY) < now) {
        return Err(invalid("invalid expiration time (exp) claim: token is expired"));
    }
    if issued.is_some_and(|at| at > now.saturating_add(LEEWAY)) {
        return Err(invalid("invalid issued at (iat) claim: token issued in the future"));
    }
    if bounds.audiences.is_empty() && !audience.is_empty() {
        let words = "audience claim found in JWT but no audiences bound to the role";
        return Err(refused(words, unrecorded("jwt: an audience that no role is bound to")));
    }
    Ok(())
}

pub(super) fn user(claims: &Value, claim: &str) -> Result<String, Reply> {
    let words = |what: &str| format!("claim {claim:?} {what}");
    let missing = || refused(words("not found in token"), recorded("jwt", "log in with role by-email"));
    let found = claims.get(claim).filter(|value| !value.is_null()).ok_or_else(missing)?;
    let other = || refused(words("could not be converted to string"), unrecorded("jwt: a user claim that is no text"));
    found.as_str().map(str::to_owned).ok_or_else(other)
}

pub(super) fn mapped(claims: &Value, mappings: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Reply> {
    let found = mappings.iter().filter_map(|(from, to)| Some((from, to, at(claims, from)?)));
    let pair = |(from, to, value): (&String, &String, &Value)| {
        let words = || format!("error converting claim '{from}' to string");
        let text = value.as_str().ok_or_else(|| refused(words(), unrecorded("jwt: a mapped claim that is no text")))?;
        Ok((to.clone(), text.to_owned()))
    };
    found.map(pair).collect()
}

pub(super) fn groups(claims: &Value, claim: &str) -> Result<(), Reply> {
    if claim.is_empty() {
        return Ok(());
    }
    let missing = || {
        let words = format!("failed to fetch groups: {claim:?} claim not found in token");
        refused(words, recorded("jwt", "log in with role groups"))
    };
    // Zitadel's claim of roles is an object; the server wants a list.
    let found = at(claims, claim).ok_or_else(missing)?;
    if !found.is_array() && !found.is_string() {
        let words = format!("{claim:?} claim could not be converted to string list");
        return Err(refused(words, unrecorded("jwt: a groups claim that is no list")));
    }
    Ok(())
}

pub(super) fn bound(claims: &Value, bounds: &Bounds) -> Result<(), Reply> {
    let wrong = |words: String| {
        refused(format!("error validating claims: {words}"), unrecorded("jwt: a bound claim that does not fit"))
    };
    for (claim, wanted) in &bounds.claims {
        let found = at(claims, claim).ok_or_else(|| wrong(format!("claim {claim:?} is missing")))?;
        let (wanted, found) = (listed(wanted), listed(found));
        let fits = |want: &Value, is: &Value| match (bounds.glob, want.as_str(), is.as_str()) {
            (true, Some(want), Some(is)) => glob(want, is),
            (true, ..) => false,
            (false, ..) => want == is,
        };
        if !wanted.iter().any(|want| found.iter().any(|is| fits(want, is))) {
            return Err(wrong(format!("claim {claim:?} does not match any associated bound claim values")));
        }
    }
    Ok(())
}

/// By name, or by JSON pointer where it begins with a slash.
fn at<'a>(claims: &'a Value, claim: &str) -> Option<&'a Value> {
    if claim.starts_with('/') { claims.pointer(claim) } else { claims.get(claim) }
}

fn list(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn listed(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// `*` is any text; nothing else is special.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_bound_claim_is_any_text() {
        assert!(glob("team-*", "team-a"));
        assert!(glob("*@example.com", "a@example.com"));
        assert!(glob("a*b*c", "axxbyyc"));
        assert!(!glob("a*b*c", "axxc"));
        assert!(!glob("team", "team-a"));
    }
}
