//! Makes what a plan found to be missing. Before the first request that changes something, all that could be known to go
//! wrong was looked at: passwords, and what the token may.

use std::collections::BTreeMap;

use harmony_config_core::Secret;
use serde_json::Value;

use crate::{Client, Error, Plan, State, Thing, change::Change, error::Missing, password};

/// Where the passwords of new users come from.
#[derive(Clone, Debug)]
pub enum Passwords {
    /// They are made, and told once.
    Generate,
    /// Somebody gave them, by user.
    Given(BTreeMap<String, Secret<String>>),
}

/// What a new principal signs in with. It is told this once; the server does not tell it again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// The password that was made for a user.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret<String>,
    },
    /// The secret id of a machine.
    SecretId {
        /// The role.
        role: String,
        /// The id of the role, which is no secret by itself.
        role_id: String,
        /// The secret id.
        secret_id: Secret<String>,
    },
}

/// What became of a plan.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Applied {
    /// What was made or changed.
    pub done: Vec<Thing>,
    /// What new principals sign in with.
    pub credentials: Vec<Credential>,
    /// What failed, and why; nothing behind it was tried.
    pub failed: Option<(Thing, Error)>,
}

impl Plan {
    /// Makes what is missing, and changes what differs, in order. What was done before something failed stays, and is
    /// found to be so by the next plan.
    ///
    /// # Errors
    /// Where it is known before that it would not go to the end ([`Error::NoPassword`], [`Error::Denied`]), or the server
    /// cannot be asked. Nothing was written then.
    pub async fn apply(&self, client: &Client, passwords: &Passwords) -> Result<Applied, Error> {
        if let Passwords::Given(given) = passwords
            && let Some(user) = self.new_users().find(|user| !given.contains_key(*user))
        {
            return Err(Error::NoPassword(user.to_owned()));
        }
        self.check_token(client).await?;
        let mut applied = Applied::default();
        for step in &self.steps {
            let Some(change) = &step.change else { continue };
            let is_new = step.state == State::Missing;
            match make(client, change, is_new, passwords, &mut applied.credentials).await {
                Ok(()) => applied.done.push(step.thing.clone()),
                Err(error) => {
                    applied.failed = Some((step.thing.clone(), error));
                    break;
                }
            }
        }
        Ok(applied)
    }

    /// Whether the token may do all of it. A server that does not tell is taken at its word later.
    async fn check_token(&self, client: &Client) -> Result<(), Error> {
        let wanted: Vec<(&str, &'static [&'static str])> = self
            .steps
            .iter()
            .filter_map(|step| Some((step.call()?.path(), step.change.as_ref()?.needs(step.state == State::Missing))))
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let paths: Vec<String> = wanted.iter().map(|(path, _)| (*path).to_owned()).collect();
        let Some(told) = client.capabilities(&paths).await? else { return Ok(()) };
        let missing: Vec<Missing> = wanted
            .into_iter()
            .filter_map(|(path, needs)| {
                let has: Vec<&str> = told.get(path)?.as_array()?.iter().filter_map(Value::as_str).collect();
                let capabilities: Vec<&'static str> =
                    needs.iter().copied().filter(|need| !allows(&has, need)).collect();
                (!capabilities.is_empty()).then(|| Missing { capabilities, path: path.to_owned() })
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::Denied(missing)) }
    }
}

/// Which of the two writing capabilities a path needs is the server's to say: either is taken here.
fn allows(has: &[&str], need: &str) -> bool {
    let writing = |capability: &str| matches!(capability, "create" | "update");
    has.contains(&"root") || has.contains(&need) || (writing(need) && has.iter().any(|has| writing(has)))
}

async fn make(
    client: &Client,
    change: &Change,
    is_new: bool,
    passwords: &Passwords,
    credentials: &mut Vec<Credential>,
) -> Result<(), Error> {
    let needs = change.needs(is_new);
    match change {
        Change::CreateUser { name, .. } => {
            let made = match passwords {
                Passwords::Generate => Some(password::generate()?),
                Passwords::Given(_) => None,
            };
            let given = match passwords {
                Passwords::Given(given) => given.get(name),
                Passwords::Generate => made.as_ref(),
            };
            let password = given.ok_or_else(|| Error::NoPassword(name.clone()))?;
            let sent = client.send(&change.call(password.expose_str())?, needs).await;
            // Where no answer came, the user may be there all the same: then this is the only time that it is told.
            if let Some(password) = made
                && matches!(sent, Ok(_) | Err(Error::Unreachable { .. }))
            {
                credentials.push(Credential::Password { user: name.clone(), password });
            }
            sent.map(drop)
        }
        Change::GenerateSecretId { mount, role } => {
            let call = change.call("")?;
            let answer = client.send(&call, needs).await?;
            let secret_id = answer.as_ref().and_then(|answer| answer.get("secret_id")).and_then(Value::as_str);
            let secret_id = secret_id.map(|id| Secret::new(id.to_owned()));
            let no_answer = |what: &str| Error::NotOpenBao {
                address: client.address().to_owned(),
                why: format!("it answers {} {} without a {what}", call.method(), call.path()),
            };
            let secret_id = secret_id.ok_or_else(|| no_answer("secret_id"))?;
            let role_id = client.read(&format!("auth/{mount}/role/{role}/role-id")).await;
            let found =
                role_id.as_ref().ok().and_then(Option::as_ref).and_then(|answer| answer.get("role_id")?.as_str());
            // The secret id is told, whatever became of the question for the role's own.
            credentials.push(Credential::SecretId {
                role: role.clone(),
                role_id: found.unwrap_or_default().to_owned(),
                secret_id,
            });
            match (found.is_some(), role_id) {
                (true, _) => Ok(()),
                (false, Ok(_)) => Err(no_answer("role_id")),
                (false, Err(error)) => Err(error),
            }
        }
        _ => client.send(&change.call("")?, needs).await.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_may_everything_and_a_writer_may_write_either_way() {
        for (has, need, allowed) in [
            (["root"].as_slice(), "sudo", true),
            (&["create"], "update", true),
            (&["update", "sudo"], "sudo", true),
            (&["update"], "sudo", false),
            (&["read", "list"], "create", false),
            (&["deny"], "update", false),
        ] {
            assert_eq!(allows(has, need), allowed, "{has:?} {need}");
        }
    }
}
