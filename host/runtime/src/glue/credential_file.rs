//! `harmony:config/credential-file`.

use super::{
    bindings::harmony::config::{credential_file::Host, types::Failure},
    to_guest,
};
use crate::{component::State, policy::Use};

impl Host for State {
    fn read(&mut self, setting: Vec<String>) -> Result<Option<String>, Failure> {
        let pass = self.decide(Use::CredentialFile(&setting)).map_err(to_guest)?;
        let text = self.capabilities().credential_files.read(&pass).map_err(to_guest)?;
        Ok(text.map(|text| {
            self.in_play.add(&text);
            text.as_str().to_owned()
        }))
    }
}
