//! A plugin as an identity: what it exports besides a source. Who may ask it, and when it is asked, is `identity`'s.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use harmony_config_core::{Failure, FailureCode, Interaction};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    ComponentSource, Watch, convert,
    instance::Instance,
    source::{CallFuture, Terms},
};
use crate::{
    glue::identity::exports::harmony::config::identity::{Guest, TokenRequest},
    words::shown,
};

/// How many questions were put to identities: each has a number, for logs.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// A token.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) value: Zeroizing<String>,
    pub(crate) expires_in: Option<Duration>,
    /// Who it speaks for: no two persons of no two issuers have the same.
    pub(crate) subject: String,
    /// Which sign-in it is of; known once it is looked up.
    pub(crate) sign_in: String,
}

/// What an identity is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// Whom the token is to be for.
    pub(crate) audience: Option<String>,
    /// Whether a person may be asked to sign in.
    pub(crate) may_ask: bool,
}

impl Asked {
    fn interaction(&self) -> Interaction {
        if self.may_ask { Interaction::Allowed } else { Interaction::Forbidden }
    }

    fn request(&self) -> TokenRequest {
        TokenRequest {
            audience: self.audience.clone(),
            interaction: convert::interaction(self.interaction()),
            id: format!("{}-{}", std::process::id(), QUESTIONS.fetch_add(1, Ordering::Relaxed)),
            extra: Vec::new(),
        }
    }
}

impl ComponentSource {
    /// A token. `watched` is told while nobody's time runs: while the plugin is made ready, and while a person is asked.
    pub(crate) async fn token(&self, asked: &Asked, watched: Watch) -> Result<Token, Failure> {
        let request = asked.request();
        let terms = Terms { interaction: asked.interaction(), watched: Some(watched), ..Terms::default() };
        let token = self
            .as_identity(terms, |instance, identity| {
                Box::pin(async move { identity.call_token(&mut instance.store, &request).await })
            })
            .await?;
        if token.value.is_empty() || token.subject.is_empty() {
            return Err(convert::broken("a token without a value or a subject".to_owned()));
        }
        Ok(Token {
            value: Zeroizing::new(token.value),
            expires_in: token.expires_in_ms.map(Duration::from_millis),
            subject: token.subject,
            sign_in: String::new(),
        })
    }

    /// Signs in anew, and answers who it is.
    pub(crate) async fn sign_in(&self, asked: &Asked) -> Result<Value, Failure> {
        let request = asked.request();
        let terms = Terms { interaction: asked.interaction(), in_any_case: true, ..Terms::default() };
        let who = self.as_identity(terms, |instance, identity| {
            Box::pin(async move { identity.call_sign_in(&mut instance.store, &request).await })
        });
        person(&who.await?)
    }

    /// Ends the session, and answers what was done.
    pub(crate) async fn sign_out(&self) -> Result<Vec<String>, Failure> {
        let terms = Terms { in_any_case: true, ..Terms::default() };
        let done = self.as_identity(terms, |instance, identity| {
            Box::pin(async move { identity.call_sign_out(&mut instance.store).await })
        });
        Ok(done.await?.iter().take(100).map(|line| shown(line)).collect())
    }

    /// Who is signed in, as far as the session tells.
    pub(crate) async fn who(&self) -> Result<Option<Value>, Failure> {
        let terms = Terms { in_any_case: true, ..Terms::default() };
        let who = self.as_identity(terms, |instance, identity| {
            Box::pin(async move { identity.call_who(&mut instance.store).await })
        });
        who.await?.map(|text| person(&text)).transpose()
    }

    async fn as_identity<T: Send>(
        &self,
        terms: Terms<'_>,
        call: impl for<'a> FnOnce(&'a mut Instance, Guest) -> CallFuture<'a, T> + Send,
    ) -> Result<T, Failure> {
        if !self.is_identity() {
            return Err(Failure::new(FailureCode::Unsupported, "its plugin is no identity: it signs nobody in"));
        }
        self.call(terms, |instance| match instance.identity.clone() {
            Some(identity) => call(instance, identity),
            None => Box::pin(async {
                Err(wasmtime::Error::msg("it says that it is an identity, and does not export the interface"))
            }),
        })
        .await
    }
}

/// What an identity says of a person.
fn person(text: &str) -> Result<Value, Failure> {
    match serde_json::from_str(text) {
        Ok(person @ Value::Object(_)) => Ok(person),
        _ => Err(convert::broken("what it says of a person is no JSON object".to_owned())),
    }
}
