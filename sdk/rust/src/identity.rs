//! The trait of a source that is an identity besides: it signs somebody in and hands out tokens. How it is called is
//! `export`'s.

use crate::{Failure, Interaction, Source, identity_bindings::exports::harmony::config::identity as contract};

pub use contract::{SignedToken as Token, TokenRequest};

/// A source that is an identity besides: what [`export_identity!`](crate::export_identity) takes.
///
/// As of every source, the host may make several instances: what a sign-in leaves behind belongs into the
/// [`session`](crate::session). It is given no [`identity_token`](crate::identity_token).
pub trait Identity: Source {
    /// A token: of the session where that is good, else of a session that was renewed, else of a sign-in, where a person
    /// may be asked.
    ///
    /// # Errors
    /// `interaction-required` where a person would be needed and may not be asked.
    fn token(&self, request: &TokenRequest) -> Result<Token, Failure>;

    /// Signs in anew, whatever session there is, and answers with what [`who`](Identity::who) would say.
    ///
    /// # Errors
    /// Why nobody was signed in.
    fn sign_in(&self, request: &TokenRequest) -> Result<String, Failure>;

    /// Ends the session: at the issuer, where it takes that back, and here in any case. Answers what was done, one finding
    /// a line. That nobody is signed in is no failure.
    ///
    /// # Errors
    /// Why the session is still there.
    fn sign_out(&self) -> Result<Vec<String>, Failure>;

    /// Who is signed in, as far as the session tells: the JSON text of an object with `subject` and whatever else is known;
    /// none where nobody is. It asks no server and nobody.
    ///
    /// # Errors
    /// Why the session cannot be looked at.
    fn who(&self) -> Result<Option<String>, Failure>;
}

impl Token {
    /// A token, and who it speaks for, in a text that no other person of no other issuer has.
    pub fn new(value: impl Into<String>, subject: impl Into<String>) -> Self {
        Token { value: value.into(), expires_in_ms: None, subject: subject.into(), extra: Vec::new() }
    }

    /// In how many milliseconds it ends.
    #[must_use]
    pub fn expires_in_ms(mut self, milliseconds: u64) -> Self {
        self.expires_in_ms = Some(milliseconds);
        self
    }
}

impl TokenRequest {
    /// A question for a token for whoever the identity itself is a client of.
    pub fn new(interaction: Interaction) -> Self {
        TokenRequest { audience: None, interaction, id: String::new(), extra: Vec::new() }
    }

    /// Who the token must be for.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Whether a person may be asked.
    pub fn may_ask(&self) -> bool {
        self.interaction == Interaction::Allowed
    }
}
