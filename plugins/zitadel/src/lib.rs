//! The identity `zitadel`: signs a person in at Zitadel, or another issuer of OpenID Connect that has device authorization,
//! and hands out id_tokens that say who it is. As a source it answers who is signed in, and nothing else. What it is told is
//! `settings` and `issuer`; one call of the host is `call`; what the issuer says of itself `provider`, what it hands out
//! `tokens`, whether that is right `verify`, what is kept of it `record`; a person signs in by `device`, a machine by
//! `machine`, and a session is renewed by `renew`; what it is asked is `identity`, health `doctor`, what goes wrong on the
//! way `trouble`. The rest of the world is the host's, as `world` has it.

mod call;
mod device;
mod doctor;
mod identity;
mod issuer;
mod machine;
mod provider;
mod record;
mod renew;
mod settings;
mod time;
mod tokens;
mod trouble;
mod verify;
mod world;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use harmony_config_sdk::{
    Entry, Failure, Feature, Host, Identity, Request, Source, Token, TokenRequest, export_identity,
};

use serde_json::Value;

use crate::{
    call::{Call, DEFAULT_TIMEOUT},
    provider::Provider,
    settings::{Given, Settings},
    world::World,
};

/// The one key that it answers.
const KEY: &str = "ZitadelIdentity";

/// The issuer, as far as one instance knows it.
struct Store<W: World> {
    world: W,
    settings: Settings,
    /// How long one call may take.
    timeout: Duration,
    /// What a person is told to run.
    login: String,
    /// What the issuer said of itself a while ago.
    provider: RefCell<Option<Rc<Provider>>>,
    /// Until when the issuer wants to be left alone.
    left_alone: Cell<Duration>,
}

impl<W: World> Store<W> {
    fn new(world: W, settings: Settings, host: &Host) -> Self {
        Store {
            world,
            settings,
            timeout: host.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis),
            login: host
                .source
                .as_ref()
                .map_or("harmony-config login".to_owned(), |name| format!("harmony-config login {name}")),
            provider: RefCell::default(),
            left_alone: Cell::default(),
        }
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        if request.at.key != KEY || request.at.instance.is_some() || !request.locations.is_empty() {
            return Ok(None);
        }
        // Where nobody said where to sign in, nobody is signed in; `token` and `doctor` say what is missing.
        let Ok(call) = Call::begin(self) else { return Ok(None) };
        if call.name().is_err() {
            return Ok(None);
        }
        let location = format!("the session at {}", call.issuer.as_str());
        Ok(call.who()?.map(|record| Entry::new(Value::Object(record.who()).to_string(), location)))
    }

    fn who(&self) -> Result<Option<String>, Failure> {
        let call = Call::begin(self)?;
        Ok(call.who()?.map(|record| call.told(&record).to_string()))
    }
}

struct Zitadel(Store<world::Host>);

impl Source for Zitadel {
    type Settings = Given;

    fn configure(settings: Given, host: Host) -> Result<Self, Failure> {
        Ok(Zitadel(Store::new(world::Host::new(), settings.check()?, &host)))
    }

    fn features(&self) -> &'static [Feature] {
        &[]
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        self.0.get(request)
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        Call::begin(&self.0)?.check()
    }
}

impl Identity for Zitadel {
    fn token(&self, request: &TokenRequest) -> Result<Token, Failure> {
        Call::begin(&self.0)?.token(request)
    }

    fn sign_in(&self, request: &TokenRequest) -> Result<String, Failure> {
        Call::begin(&self.0)?.sign_in(request)
    }

    fn sign_out(&self) -> Result<Vec<String>, Failure> {
        Call::begin(&self.0)?.sign_out()
    }

    fn who(&self) -> Result<Option<String>, Failure> {
        self.0.who()
    }
}

export_identity! {
    Zitadel,
    name: "zitadel",
    description: "Signs in at Zitadel, or another issuer of OpenID Connect",
    features: [],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "issuer": {
                "type": "string",
                "minLength": 1,
                "description": "The issuer, to the character: https://HOST. Without it: the variable HARMONY_SSO_URL."
            },
            "client-id": {
                "type": "string",
                "minLength": 1,
                "description": "The client id of an application of type Native. Without it: the variable HARMONY_SSO_CLIENT_ID."
            },
            "scopes": {
                "type": "array",
                "items": { "type": "string", "minLength": 1 },
                "description": "What is asked for besides openid, email, profile and offline_access."
            },
            "project-id": {
                "type": "string",
                "minLength": 1,
                "description": "The id of a project of Zitadel: tokens are for it, too, and have the roles in it."
            },
            "key-file": {
                "type": "string",
                "minLength": 1,
                "description": "The key of a service user, as JSON: a machine signs in with it, and no person."
            }
        }
    }"#,
    wants: r#"{
        "http": { "setting": "issuer", "variables": ["HARMONY_SSO_URL"] },
        "session": {},
        "attention": {},
        "credential-files": ["key-file"],
        "variables": ["HARMONY_SSO_CLIENT_ID"]
    }"#,
}

#[cfg(test)]
mod tests;
