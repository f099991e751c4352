//! `harmony:config/identity-token`.

use super::{
    bindings::harmony::config::{
        identity_token::{Host, Token},
        types::Failure,
    },
    to_guest,
};
use crate::{component::State, policy::Use};

impl Host for State {
    async fn get(&mut self, setting: Vec<String>) -> Result<Token, Failure> {
        let pass = self.decide(Use::Identity(&setting)).map_err(to_guest)?;
        self.holds_nothing("no identity is asked").map_err(to_guest)?;
        let capabilities = self.capabilities();
        let token = capabilities.identities.token(&pass, self.call.interaction(), &self.call.clock).await;
        let token = token.map_err(to_guest)?;
        self.in_play.add(&token.value);
        Ok(Token {
            value: token.value.as_str().to_owned(),
            sign_in: token.sign_in,
            expires_in_ms: token.expires_in.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        })
    }

    async fn current(&mut self, setting: Vec<String>) -> Result<Option<String>, Failure> {
        let pass = self.decide(Use::Identity(&setting)).map_err(to_guest)?;
        self.capabilities().identities.current(&pass).map_err(to_guest)
    }
}
