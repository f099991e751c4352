//! `harmony:config/environment`.

use super::{
    bindings::harmony::config::{environment::Host, types::Failure},
    to_guest,
};
use crate::{component::State, policy::Use};

impl Host for State {
    fn get(&mut self, name: String) -> Result<Option<String>, Failure> {
        let pass = self.decide(Use::Variable(&name)).map_err(to_guest)?;
        let value = self.capabilities().variables.get(&pass).map_err(to_guest)?;
        if let Some(value) = &value
            && !self.capabilities().plain_variables.contains(&name)
        {
            self.in_play.add(value);
        }
        Ok(value)
    }

    fn names(&mut self, prefix: String) -> Result<Vec<String>, Failure> {
        let pass = self.decide(Use::VariableNames(&prefix)).map_err(to_guest)?;
        Ok(self.capabilities().variables.names(&pass))
    }
}
