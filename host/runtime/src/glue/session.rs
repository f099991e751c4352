//! `harmony:config/session`.

use serde_json::Value;
use wasmtime::component::Resource;

use super::{
    bindings::harmony::config::{
        session::{Host, HostTurn, Kept},
        types::Failure,
    },
    to_guest,
};
use crate::{
    capability::session::Turn,
    component::{Held, State},
    policy::Use,
    words::{InPlay, names_a_secret},
};

impl Host for State {
    async fn load(&mut self, name: String) -> Result<Option<Kept>, Failure> {
        let pass = self.decide(Use::Session(&name)).map_err(to_guest)?;
        let capabilities = self.capabilities();
        let Some(kept) = capabilities.sessions.load(&pass).await.map_err(to_guest)? else { return Ok(None) };
        in_play(&mut self.in_play, &kept.value);
        Ok(Some(Kept { value: kept.value.as_str().to_owned(), version: kept.version }))
    }

    async fn save(&mut self, name: String, value: String, expected: Option<String>) -> Result<String, Failure> {
        let pass = self.decide(Use::Session(&name)).map_err(to_guest)?;
        let (capabilities, value) = (self.capabilities(), zeroize::Zeroizing::new(value));
        let time_left = self.call.clock.time_left();
        let saved = capabilities.sessions.save(&pass, &value, expected.as_deref(), time_left).await;
        in_play(&mut self.in_play, &value);
        saved.map_err(to_guest)
    }

    async fn remove(&mut self, name: String, expected: Option<String>) -> Result<(), Failure> {
        let pass = self.decide(Use::Session(&name)).map_err(to_guest)?;
        let (capabilities, time_left) = (self.capabilities(), self.call.clock.time_left());
        capabilities.sessions.remove(&pass, expected.as_deref(), time_left).await.map_err(to_guest)
    }

    async fn enter(&mut self, name: String) -> Result<Resource<Held<Turn>>, Failure> {
        let pass = self.decide(Use::Session(&name)).map_err(to_guest)?;
        let (capabilities, time_left) = (self.capabilities(), self.call.clock.time_left());
        let turn = capabilities.sessions.enter(&pass, time_left).await.map_err(to_guest)?;
        self.call.turns += 1;
        self.hold(turn).map_err(to_guest)
    }
}

impl HostTurn for State {
    async fn drop(&mut self, turn: Resource<Held<Turn>>) -> wasmtime::Result<()> {
        if self.let_go(turn)? {
            self.call.turns = self.call.turns.saturating_sub(1);
        }
        Ok(())
    }
}

/// The tokens in it must not come back in the plugin's words; names of policies and times may.
fn in_play(in_play: &mut InPlay, text: &str) {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => {
            for (name, value) in &fields {
                if let (true, Some(text)) = (names_a_secret(name), value.as_str()) {
                    in_play.add(text);
                }
            }
        }
        _ => in_play.add(text),
    }
}
