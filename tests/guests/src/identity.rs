//! Guests that want more of an identity, or of a person's attention, than they were granted; and the identities that such
//! a guest asks. Which one it is, the setting `guest` says, as with every other.

use harmony_config_sdk::{
    Entry, Expected, Failure, Identity, Request, Token, TokenRequest,
    attention::{self, Page},
    identity_token, session,
};

use crate::{Guest, attempt::Attempts};

type Answer = Result<Option<Entry>, Failure>;

/// The path of the setting that names an identity.
const NAMED: [&str; 1] = ["identity"];

pub(crate) fn identity_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "token", identity_token::get(&NAMED).map(|_| ()));
    attempts.refused_as("denied", "sign-in", identity_token::current(&NAMED));
    attempts.answer()
}

/// It was granted tokens of the identity that `identity` names, and wants others.
pub(crate) fn foreign_identity(_: &Guest, _: &Request) -> Answer {
    identity_token::get(&NAMED)?;
    let mut attempts = Attempts::default();
    for other in [&["credential"][..], &["identity", "0"], &[], &["zitadel"]] {
        attempts.refused_as("denied", &other.join("."), identity_token::get(other).map(|_| ()));
        attempts.refused_as("denied", &other.join("."), identity_token::current(other));
    }
    attempts.answer()
}

/// It was granted a token, and says it where a person reads it.
pub(crate) fn leak_token(_: &Guest, _: &Request) -> Answer {
    let token = identity_token::get(&NAMED)?;
    harmony_config_sdk::log::info(&token.value);
    Err(Failure::unavailable(format!("could not use {}", token.value)))
}

fn page(address: &str) -> Page {
    Page {
        title: "Sign in".to_owned(),
        address: address.to_owned(),
        address_with_code: None,
        code: "WDJB-MJHT".to_owned(),
        expires_in_ms: None,
        extra: Vec::new(),
    }
}

pub(crate) fn page_not_granted(guest: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as(
        "denied",
        "page",
        attention::show(&page(&format!("http://{}/device", guest.address))).map(|_| ()),
    );
    attempts.answer()
}

/// It was granted the terminal, and requests to `address`.
pub(crate) fn page_elsewhere(guest: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    for address in [
        "https://phishing.example.com/device",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://me@127.0.0.1/device",
        "not an address",
        "",
    ] {
        attempts.refused_as("denied", address, attention::show(&page(address)).map(|_| ()));
    }
    let own = format!("http://{}/device", guest.address);
    attempts.refused_as("invalid", "no code", attention::show(&Page { code: String::new(), ..page(&own) }).map(|_| ()));
    let long = Page { code: "x".repeat(1_000), ..page(&own) };
    attempts.refused_as("invalid", "long code", attention::show(&long).map(|_| ()));
    attempts.answer()
}

/// A second page, and a form, while one is being shown.
pub(crate) fn page_and_form(guest: &Guest, _: &Request) -> Answer {
    let own = page(&format!("http://{}/device", guest.address));
    let shown = attention::show(&own)?;
    let mut attempts = Attempts::default();
    attempts.refused_as("invalid", "second page", attention::show(&own).map(|_| ()));
    attempts.refused_as("invalid", "form", harmony_config_sdk::prompt::ask(&[]).map(|_| ()));
    drop(shown);
    attempts.answer()
}

/// It has the turn to sign in, for which others wait, and waits for them.
pub(crate) fn waits_under_a_turn(guest: &Guest, _: &Request) -> Answer {
    let turn = session::enter("held")?;
    let mut attempts = Attempts::default();
    attempts.refused_as("invalid", "token", identity_token::get(&NAMED).map(|_| ()));
    let own = page(&format!("http://{}/device", guest.address));
    attempts.refused_as("invalid", "page", attention::show(&own).map(|_| ()));
    drop(turn);
    identity_token::get(&NAMED)?;
    attempts.answer()
}

/// It lets go of nothing: not of the person's attention, nor of the turn to sign in.
pub(crate) fn holds_for_ever(guest: &Guest, _: &Request) -> Answer {
    std::mem::forget(attention::show(&page(&format!("http://{}/device", guest.address)))?);
    std::mem::forget(session::enter("held")?);
    Err(Failure::unavailable("it holds on"))
}

impl Identity for Guest {
    fn token(&self, request: &TokenRequest) -> Result<Token, Failure> {
        match self.name.as_str() {
            // It takes longer than its callers wait, and keeps what came of it.
            "slow_identity" => {
                std::thread::sleep(std::time::Duration::from_millis(700));
                let kept = session::load("refreshes")?.map(|kept| kept.value).unwrap_or_default();
                session::save("refreshes", &format!("{kept}x"), &Expected::Anything)?;
            }
            "asking_identity" if request.may_ask() => {
                let shown = attention::show(&page(&format!("http://{}/device", self.address)))?;
                for _ in 0..10 {
                    shown.wait(150)?;
                }
            }
            "asking_identity" => return Err(Failure::interaction_required("somebody has to sign in")),
            _ => {}
        }
        session::save("identity", "the session of the identity", &Expected::Anything)?;
        let audience = request.audience.as_deref().unwrap_or("itself");
        Ok(Token::new(format!("canary-token-for-{audience}"), "anna"))
    }

    fn sign_in(&self, _: &TokenRequest) -> Result<String, Failure> {
        Ok(r#"{"subject":"anna"}"#.to_owned())
    }

    fn sign_out(&self) -> Result<Vec<String>, Failure> {
        session::remove("identity", &Expected::Anything)?;
        Ok(vec!["forgotten".to_owned()])
    }

    fn who(&self) -> Result<Option<String>, Failure> {
        let refreshes = session::load("refreshes")?.map(|kept| kept.value).unwrap_or_default();
        let who = serde_json::json!({ "subject": "anna", "refreshes": refreshes.len() });
        Ok(session::load("identity")?.map(|_| who.to_string()))
    }
}

/// A guest that behaves: what it has is the token, and which sign-in it is of.
pub(crate) fn token_as_value(_: &Guest, _: &Request) -> Answer {
    let before = identity_token::current(&NAMED)?;
    let token = identity_token::get(&NAMED)?;
    let after = identity_token::current(&NAMED)?;
    let value = serde_json::json!({ "token": token.value, "before": before, "after": after });
    Ok(Some(Entry::new(value.to_string(), "an identity")))
}
