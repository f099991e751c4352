//! `harmony:config/keyring`.

use std::sync::Arc;

use harmony_config_core::FailureCode;

use super::{
    bindings::harmony::config::{
        keyring::{Host, Secret},
        types::Failure,
    },
    to_guest,
};
use crate::{capability::keyring::Entries, component::State, policy::Use};

impl Host for State {
    async fn get(&mut self, name: String) -> Result<Option<Secret>, Failure> {
        let pass = self.decide(Use::Keyring(&name)).map_err(to_guest)?;
        let (entries, namespace) = (entries(self), namespace(self)?);
        let Some(secret) = entries.get(&pass, &namespace).await.map_err(to_guest)? else { return Ok(None) };
        self.in_play.add(&secret.value);
        Ok(Some(Secret { value: secret.value.as_str().to_owned(), version: secret.version }))
    }

    async fn set(&mut self, name: String, value: String, expected: Option<String>) -> Result<String, Failure> {
        let pass = self.decide(Use::Keyring(&name)).map_err(to_guest)?;
        let (entries, namespace) = (entries(self), namespace(self)?);
        let value = zeroize::Zeroizing::new(value);
        let time_left = self.call.clock.time_left();
        entries.set(&pass, &namespace, &value, expected.as_deref(), time_left).await.map_err(to_guest)
    }

    async fn delete(&mut self, name: String, expected: Option<String>) -> Result<(), Failure> {
        let pass = self.decide(Use::Keyring(&name)).map_err(to_guest)?;
        let (entries, namespace) = (entries(self), namespace(self)?);
        let time_left = self.call.clock.time_left();
        entries.delete(&pass, &namespace, expected.as_deref(), time_left).await.map_err(to_guest)
    }

    fn location(&mut self, name: String) -> String {
        match self.decide(Use::Keyring(&name)) {
            Ok(_) => entries(self).location(&self.call.namespace, &name),
            Err(_) => "no keyring".to_owned(),
        }
    }
}

/// The namespace of the call under way. A call that is about none has no entries.
fn namespace(state: &State) -> Result<String, Failure> {
    match state.call.namespace.is_empty() {
        false => Ok(state.call.namespace.clone()),
        true => Err(to_guest(harmony_config_core::Failure::new(
            FailureCode::Denied,
            "an entry of the keyring belongs to a namespace, and this call is about none",
        ))),
    }
}

fn entries(state: &State) -> Arc<Entries> {
    Arc::clone(&state.capabilities().keyring)
}
