//! What the issuer hands out, and how it is taken back. An access token is not used here, whatever it looks like.

use harmony_config_sdk::Failure;
use serde::Deserialize;

use crate::{call::Call, provider::Provider, trouble::Deed, world::World};

/// What is read of an answer of the token endpoint.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    #[serde(default)]
    pub(crate) id_token: Option<String>,
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
}

impl<W: World> Call<'_, W> {
    /// Takes back what was handed out and is not kept, as well as that goes.
    pub(crate) fn discard(&self, provider: &Provider, token: Option<&str>) {
        if let Some(token) = token
            && let Err(failure) = self.revoke(provider, token)
        {
            self.world.debug(&format!("a session was not taken back: {}", failure.message));
        }
    }

    /// Has the issuer take a refresh token back (RFC 7009). False where it has no way to.
    pub(crate) fn revoke(&self, provider: &Provider, token: &str) -> Result<bool, Failure> {
        let Some(url) = &provider.revocation else { return Ok(false) };
        let deed = Deed { doing: "ending the session", url };
        let form = [("token", token), ("token_type_hint", "refresh_token"), ("client_id", self.client_id()?)];
        let answer = self.post(url, &form).map_err(|fault| self.of_fault(fault, deed))?;
        match answer.status {
            200 | 204 => Ok(true),
            _ => Err(self.of_answer(&answer, deed)),
        }
    }
}
