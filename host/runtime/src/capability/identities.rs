//! Tokens of the identities that the settings of a source name. The identity itself is a source of its own, which the
//! host asks: what reaches the plugin is the token for the audience that the settings say, and nothing else of it.
//!
//! Stops: a plugin that wants a token of an identity which no setting of the wanted kind names, or for somebody else; a
//! plugin that wants the session. Does not stop: a plugin that misuses the token it was granted, until that ends.

use std::{collections::BTreeMap, sync::Arc};

use harmony_config_core::{Failure, FailureCode, Interaction};

use crate::{
    Identity,
    component::{Clock, Token},
    policy::{Pass, Use},
};

/// The identities that the settings of one source name, by the paths of the settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities(BTreeMap<Vec<String>, Named>);

/// An identity, and whom its tokens are for.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) identity: Identity,
    pub(crate) audience: Option<String>,
}

impl Identities {
    pub(crate) fn new(named: BTreeMap<Vec<String>, Named>) -> Self {
        Identities(named)
    }

    /// A token. `clock` is that of the call that wants it: it stands still while a person is being asked.
    pub(crate) async fn token(
        &self,
        pass: &Pass<'_>,
        interaction: Interaction,
        clock: &Arc<Clock>,
    ) -> Result<Token, Failure> {
        let Named { identity, audience } = self.named(pass)?;
        identity.token(audience.as_deref(), interaction, clock).await
    }

    /// Which sign-in there is.
    pub(crate) fn current(&self, pass: &Pass<'_>) -> Result<Option<String>, Failure> {
        Ok(self.named(pass)?.identity.current())
    }

    fn named(&self, pass: &Pass<'_>) -> Result<&Named, Failure> {
        let Use::Identity(setting) = pass.what() else {
            return Err(Failure::new(FailureCode::Denied, "this leave is not for an identity"));
        };
        self.0.get(setting).ok_or_else(|| {
            Failure::new(FailureCode::Denied, format!("the setting `{}` names no identity", setting.join(".")))
        })
    }
}
