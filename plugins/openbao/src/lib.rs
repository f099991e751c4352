//! The source `openbao`: values in OpenBao, KV version 2. What it is told is `settings`, where a value lies `paths`; one call
//! of the host is `call`, who signs in and how `login`, why a JWT is refused `jwt`, what comes of it `session`, requests with a
//! token `refusal`; what an answer says is `kv`, `mount` and `trouble`; reading is `read`, writing `write`, what is there `listing`, health `doctor`.
//! The network is the host's: `http` and `world` say what is used of it.

mod address;
mod call;
mod doctor;
#[cfg_attr(not(any(test, target_arch = "wasm32")), allow(dead_code, reason = "for the network, and for tests"))]
mod http;
mod jwt;
mod kv;
mod listing;
mod login;
mod mount;
mod paths;
mod read;
mod refusal;
mod session;
mod settings;
mod time;
mod trouble;
mod world;
mod write;

use std::{cell::RefCell, time::Duration};

use harmony_config_plugin_shared::may_write;
use harmony_config_sdk::{Entry, Expected, Failure, Feature, Host, Page, Request, Source, export_plugin};

use crate::{
    call::{Call, DEFAULT_TIMEOUT},
    session::Lease,
    settings::{Given, Settings},
    world::World,
};

/// Values in OpenBao, as far as one instance knows it.
struct Store<W: World> {
    world: W,
    settings: Settings,
    /// How long one call may take.
    timeout: Duration,
    /// The session that was used last. A memory of what the host keeps, to be spared the look.
    signed: RefCell<Option<(String, Lease)>>,
    /// The mount that is known to be as it should be.
    mount: RefCell<Option<String>>,
}

impl<W: World> Store<W> {
    fn new(world: W, settings: Settings, host: &Host) -> Self {
        Store {
            world,
            settings,
            timeout: host.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis),
            signed: RefCell::default(),
            mount: RefCell::default(),
        }
    }

    fn get_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        match Call::begin(self) {
            Ok(call) => call.get_many(requests),
            Err(failure) => requests.iter().map(|_| Err(failure.clone())).collect(),
        }
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        may_write(self.settings.read_only)?;
        Call::begin(self)?.set(&request.at, value, expected).map(Some)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        may_write(self.settings.read_only)?;
        Call::begin(self)?.delete(&request.at, expected)
    }
}

struct OpenBaoSource(Store<world::Host>);

impl Source for OpenBaoSource {
    type Settings = Given;

    fn configure(settings: Given, host: Host) -> Result<Self, Failure> {
        Ok(OpenBaoSource(Store::new(world::Host::new(), settings.check()?, &host)))
    }

    fn features(&self) -> &'static [Feature] {
        match self.0.settings.read_only {
            false => &[Feature::Persists, Feature::Writable, Feature::Lists, Feature::Refs],
            true => &[Feature::Lists, Feature::Refs],
        }
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        self.0.get_many(std::slice::from_ref(request)).pop().unwrap_or(Ok(None))
    }

    fn get_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        self.0.get_many(requests)
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        self.0.set(request, value, expected)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        self.0.delete(request, expected)
    }

    fn list_keys(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        Call::begin(&self.0)?.list(namespace, prefix, after)
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        Call::begin(&self.0)?.check()
    }
}

export_plugin! {
    OpenBaoSource,
    name: "openbao",
    description: "OpenBao, KV version 2",
    features: ["persists", "writable", "lists", "refs"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "address": {
                "type": "string",
                "minLength": 1,
                "description": "Where the server is: https://HOST:PORT, with a path behind it if it has one. Without it: the variable OPENBAO_URL, then BAO_ADDR, then VAULT_ADDR."
            },
            "mount": {
                "type": "string",
                "minLength": 1,
                "description": "The mount of the values, KV version 2. Without it: the variable OPENBAO_KV_MOUNT, then `secret`."
            },
            "openbao-namespace": {
                "type": "string",
                "minLength": 1,
                "description": "The namespace of OpenBao itself that the mount is in. Without it: the variable BAO_NAMESPACE, then VAULT_NAMESPACE. Not the namespace of the values."
            },
            "read-only": {
                "type": "boolean",
                "default": false,
                "description": "Whether nothing may be written."
            },
            "auth": {
                "type": "array",
                "description": "Ways to sign in. The first whose credential is there is used, and no other. Without it: a token from the environment, then user name and password from there.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["method"],
                    "properties": {
                        "method": {
                            "enum": ["token", "userpass", "jwt", "approle"],
                            "description": "How: with a token, with user name and password, with a JWT, or with the secret id of an AppRole."
                        },
                        "token": {
                            "type": "string",
                            "minLength": 1,
                            "x-harmony-secret": true,
                            "description": "Of `token`: the token. Without it and `file`: the variable OPENBAO_TOKEN, then BAO_TOKEN, then VAULT_TOKEN."
                        },
                        "file": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Of `token` and `jwt`: a file with the token in it. It may be written anew at any time."
                        },
                        "username": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Of `userpass`. Without it: the variable OPENBAO_USERNAME."
                        },
                        "password": {
                            "type": "string",
                            "minLength": 1,
                            "x-harmony-secret": true,
                            "description": "Of `userpass`. Without it: the variable OPENBAO_PASSWORD."
                        },
                        "role": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Of `jwt`. Without it: the variable OPENBAO_JWT_ROLE, then `harmony-developer`."
                        },
                        "identity": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Of `jwt`: the identity that hands out the JWT, instead of a file."
                        },
                        "audience": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Of `jwt` with `identity`: who the JWT must be for. Without it: whoever the identity is a client of."
                        },
                        "role-id": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Of `approle`: who signs in."
                        },
                        "secret-id": {
                            "type": "string",
                            "minLength": 1,
                            "x-harmony-secret": true,
                            "description": "Of `approle`: with what."
                        },
                        "mount": {
                            "type": "string",
                            "minLength": 1,
                            "description": "The auth mount; without it the method's own name. The variable OPENBAO_AUTH_MOUNT goes before it."
                        }
                    }
                }
            }
        }
    }"#,
    wants: r#"{
        "http": {
            "setting": "address",
            "variables": ["OPENBAO_URL", "BAO_ADDR", "VAULT_ADDR"],
            "ca-file": ["BAO_CACERT", "VAULT_CACERT"],
            "skip-verify": ["OPENBAO_SKIP_TLS"]
        },
        "session": {},
        "credential-files": ["auth.*.file"],
        "identities": ["auth.*.identity"],
        "variables": [
            "OPENBAO_TOKEN", "BAO_TOKEN", "VAULT_TOKEN", "OPENBAO_USERNAME", "OPENBAO_PASSWORD", "OPENBAO_KV_MOUNT",
            "OPENBAO_AUTH_MOUNT", "OPENBAO_JWT_ROLE", "BAO_NAMESPACE", "VAULT_NAMESPACE"
        ]
    }"#,
}

#[cfg(test)]
mod tests;
