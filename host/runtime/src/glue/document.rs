//! `harmony:config/document`.

use std::sync::Arc;

use super::{
    bindings::harmony::config::{
        document::{Content, Host},
        types::Failure,
    },
    to_guest,
};
use crate::{
    capability::document::{self, Document},
    component::State,
    policy::Use,
};

impl Host for State {
    async fn read(&mut self) -> Result<Option<Content>, Failure> {
        let pass = self.decide(Use::ReadDocument).map_err(to_guest)?;
        let document = of(self)?;
        let Some(content) = document.read(&pass).await.map_err(to_guest)? else { return Ok(None) };
        self.in_play.add_document(&content.bytes, &document.path().display().to_string());
        Ok(Some(Content { bytes: content.bytes, version: content.version }))
    }

    async fn write(&mut self, bytes: Vec<u8>, expected: Option<String>) -> Result<String, Failure> {
        let pass = self.decide(Use::WriteDocument).map_err(to_guest)?;
        let document = of(self)?;
        let time_left = self.call.clock.time_left();
        document.write(&pass, bytes, expected, time_left).await.map_err(to_guest)
    }

    fn location(&mut self) -> String {
        match self.decide(Use::ReadDocument).map(|_| self.capabilities().document.clone()) {
            Ok(Some(document)) => document.path().display().to_string(),
            _ => "no file".to_owned(),
        }
    }
}

/// The source's file. Where it has none, nothing named one.
fn of(state: &State) -> Result<Arc<Document>, Failure> {
    state.capabilities().document.clone().ok_or_else(|| to_guest(document::unnamed()))
}
