//! `login`, `logout` and `whoami`: who is signed in, at an identity that the manifest names.

use clap::Args;
use clap_complete::ArgValueCompleter;
use harmony_config_core::Failure;
use harmony_config_host::{Identity, Loaded};
use serde_json::{Value, json};

use crate::{Context, Failed, Output, completion, meant, output::decided::Decided, target::shown};

/// Signs in at an identity, whoever is signed in there: a page is to be opened, in a browser here or on any other device,
/// and a code confirmed. From then on every program that uses the identity is silent.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config login
  $ harmony-config login zitadel")]
pub struct Login {
    /// The identity, by its name in the manifest; it need not be said where there is only one.
    #[arg(value_name = "IDENTITY", add = ArgValueCompleter::new(completion::identities))]
    pub identity: Option<String>,
}

impl Login {
    /// Signs in.
    ///
    /// # Errors
    /// Where nobody can be asked, where the person or the issuer says no, and where the issuer cannot be reached.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load_asking(context.answers()?).await?;
        let (name, identity) = named(&loaded, self.identity.as_deref())?;
        let who = identity.sign_in().await.map_err(|failure| of(name, failure))?;
        let words = vec![format!("signed in at `{name}` as {}", called(&who))];
        Ok(Decided { answer: None, words, json: json!({ "version": 1, "identity": name, "who": who }) }.into())
    }
}

/// Ends the session at an identity: it is taken back at the issuer, where that can be, and forgotten here. What sources
/// kept for whoever was signed in is not used again.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config logout")]
pub struct Logout {
    /// The identity, by its name in the manifest; it need not be said where there is only one.
    #[arg(value_name = "IDENTITY", add = ArgValueCompleter::new(completion::identities))]
    pub identity: Option<String>,
}

impl Logout {
    /// Signs out.
    ///
    /// # Errors
    /// Where the session could not be forgotten.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load()?;
        let (name, identity) = named(&loaded, self.identity.as_deref())?;
        let done = identity.sign_out().await.map_err(|failure| of(name, failure))?;
        let json = json!({ "version": 1, "identity": name, "done": done });
        let mut words = vec![format!("nobody is signed in at `{name}` any more")];
        words.extend(done.into_iter().map(|line| format!("  {line}")));
        Ok(Decided { answer: None, words, json }.into())
    }
}

/// Prints who is signed in at an identity, as far as the session tells: no server is asked. With -v, all that is known.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config whoami
  $ harmony-config whoami --json")]
pub struct Whoami {
    /// The identity, by its name in the manifest; it need not be said where there is only one.
    #[arg(value_name = "IDENTITY", add = ArgValueCompleter::new(completion::identities))]
    pub identity: Option<String>,
}

impl Whoami {
    /// Looks at the session.
    ///
    /// # Errors
    /// Where nobody is signed in.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load()?;
        let (name, identity) = named(&loaded, self.identity.as_deref())?;
        let Some(who) = identity.who().await.map_err(|failure| of(name, failure))? else {
            return Err(Failed::person_needed(format!("nobody is signed in at `{name}`"))
                .with_remedy(format!("sign in: {} login {name}", context.program.command)));
        };
        let json = json!({ "version": 1, "identity": name, "who": who });
        let words = if context.global.verbose > 0 { details(&who) } else { Vec::new() };
        Ok(Decided { answer: Some(format!("{}\n", called(&who))), words, json }.into())
    }
}

/// The identity of that name, or the only one.
fn named<'a>(loaded: &'a Loaded, name: Option<&'a str>) -> Result<(&'a str, &'a Identity), Failed> {
    let names = || loaded.identities.keys().map(String::as_str);
    let listed = names().collect::<Vec<_>>().join(", ");
    let Some(name) = name else {
        let mut all = loaded.identities.iter();
        return match (all.next(), all.next()) {
            (Some((name, identity)), None) => Ok((name, identity)),
            (None, _) => Err(Failed::usage("there is no identity: nothing signs anybody in here").with_remedy(
                "add one to the manifest: [source.zitadel.settings] with `issuer` and `client-id`; or set HARMONY_SSO_URL \
                 and HARMONY_SSO_CLIENT_ID beside OPENBAO_URL",
            )),
            _ => Err(Failed::usage("there are several identities").with_remedy(format!("name one of {listed}"))),
        };
    };
    match loaded.identities.get(name) {
        Some(identity) => Ok((name, identity)),
        None => {
            let meant = meant::nearest(name, names());
            let meant = meant.map(|known| format!("did you mean `{known}`? ")).unwrap_or_default();
            let listed = if listed.is_empty() { "there are none".to_owned() } else { format!("there are: {listed}") };
            Err(Failed::usage(format!("there is no identity `{}`", shown(name)))
                .with_remedy(format!("{meant}{listed}")))
        }
    }
}

/// What a person is called by, in what is known of them.
fn called(who: &Value) -> String {
    let known = |name: &str| who.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    ["email", "name", "subject"].into_iter().find_map(known).map_or_else(|| "somebody".to_owned(), shown)
}

/// What else is known.
fn details(who: &Value) -> Vec<String> {
    let members = who.as_object().into_iter().flatten();
    let words = members.filter_map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            Value::Null => return None,
            other => other.to_string(),
        };
        (!value.is_empty()).then(|| format!("  {}: {}", shown(name), shown(&value)))
    });
    words.collect()
}

fn of(name: &str, failure: Failure) -> Failed {
    let message = format!("{name}: {}", failure.message);
    Failed::from(harmony_config_core::ConfigError::from_failure(Failure { message, ..failure }))
}
