//! The ways to sign in: which one is used, and what it says to the server. What comes of it, and how long it lasts, is
//! `session`'s.

use harmony_config_sdk::{Failure, version_of};
use serde_json::{Value, json};

use crate::{
    call::Call,
    jwt, paths,
    settings::{JwtFrom, Method, TokenFrom},
    world::World,
};

/// The variables that a token may come from, in their order.
const TOKENS: [&str; 3] = ["OPENBAO_TOKEN", "BAO_TOKEN", "VAULT_TOKEN"];

/// What `team init` creates.
const DEFAULT_ROLE: &str = "harmony-developer";

/// The way that is used.
pub(crate) enum Way {
    /// A token that somebody gave: it is used as it is, and not renewed.
    Given {
        token: String,
        /// For people: `OPENBAO_TOKEN`.
        from: String,
    },
    Login(Principal),
}

/// Who signs in, and with what.
pub(crate) struct Principal {
    /// The name of the session: who is signed in where.
    pub(crate) name: String,
    /// Below `/v1/`, percent-encoded.
    pub(crate) path: String,
    /// For people: "the password of OPENBAO_PASSWORD for the user `harmony` of OPENBAO_USERNAME".
    pub(crate) credential: String,
    /// For people: `OPENBAO_PASSWORD`.
    pub(crate) from: String,
    /// For people: `userpass`.
    pub(crate) method: &'static str,
    /// The credential may be good for one time only.
    pub(crate) once: bool,
    secret: Option<String>,
    body: Body,
    /// The identity that hands out the JWT.
    identity: Option<Box<Identity>>,
}

/// An identity, and what makes a session one of whoever is signed in there.
struct Identity {
    /// The place in the list `auth`.
    index: usize,
    mount: String,
    /// The rest of the session's name.
    who: [String; 3],
}

enum Body {
    Password,
    Jwt { role: String },
    SecretId { role_id: String },
}

impl Principal {
    /// Whether an identity says who it is.
    pub(crate) fn is_of_an_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// What is sent; none where the credential was not looked at, because somebody is signed in.
    pub(crate) fn body(&self) -> Option<String> {
        let secret = self.secret.as_deref()?;
        let body: Value = match &self.body {
            Body::Password => json!({ "password": secret }),
            Body::Jwt { role } => json!({ "role": role, "jwt": secret }),
            Body::SecretId { role_id } => json!({ "role_id": role_id, "secret_id": secret }),
        };
        Some(body.to_string())
    }

    /// Whether the JWT has still to be asked for.
    pub(crate) fn lacks_token(&self) -> bool {
        self.secret.is_none() && self.identity.is_some()
    }

    /// Why the server refused it, in words of this plugin, and what to do about it.
    pub(crate) fn explained(&self, said: &[String], now: u64) -> Option<(String, String)> {
        let (Body::Jwt { role }, Some(jwt)) = (&self.body, self.secret.as_deref()) else { return None };
        let mount = self.path.strip_prefix("auth/")?.strip_suffix("/login")?;
        let of_identity = self.identity.is_some();
        jwt::explained(said, &jwt::Attempt { jwt, role, mount, from: &self.from, of_identity, now })
    }

    /// Tells the credential from another one.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        self.secret.as_deref().map(version_of)
    }
}

/// A way, or what it lacks.
type Available = Result<Way, Lack>;

enum Lack {
    /// In words.
    Credential(String),
    /// Nobody is signed in, and nobody may be asked to: what the identity said of it.
    SignIn(Failure),
}

impl From<String> for Lack {
    fn from(words: String) -> Self {
        Lack::Credential(words)
    }
}

impl<W: World> Call<'_, W> {
    /// The first way whose credential is there.
    pub(crate) fn choose(&self) -> Result<Way, Failure> {
        let (mut lacking, mut nobody) = (Vec::new(), None);
        for (index, method) in self.store.settings.auth.iter().enumerate() {
            match self.available(index, method)? {
                // It goes into a header.
                Ok(Way::Given { token, from }) if !token.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
                    return Err(Failure::invalid(format!(
                        "what {from} holds is no token: it has a line end or the like in it"
                    ))
                    .remedy(format!("put the token alone into {from}")));
                }
                Ok(way) => return Ok(way),
                Err(Lack::Credential(lack)) => lacking.push(lack),
                Err(Lack::SignIn(failure)) => {
                    nobody.get_or_insert(failure);
                }
            }
        }
        // To sign in is what is left to do, and how, the identity knows.
        if let Some(failure) = nobody {
            return Err(failure);
        }
        let looked_for = match lacking.is_empty() {
            true => "the setting `auth` lists no way to sign in".to_owned(),
            false => lacking.join("; "),
        };
        Err(Failure::interaction_required(format!(
            "there is no credential for OpenBao at {}: {looked_for}",
            self.address.shown
        ))
        .remedy(
            "set OPENBAO_TOKEN, or OPENBAO_USERNAME and OPENBAO_PASSWORD, or give one under `auth` in the settings",
        ))
    }

    fn available(&self, index: usize, method: &Method) -> Result<Available, Failure> {
        let setting = |name: &str| format!("`auth[{index}].{name}`");
        match method {
            Method::Token(from) => self.token(index, from),
            Method::Userpass { username, password, mount } => {
                let (username, whose) = self.given_or("OPENBAO_USERNAME", username.as_ref(), &setting("username"))?;
                let (password, from) = self.given_or("OPENBAO_PASSWORD", password.as_ref(), &setting("password"))?;
                let (username, password) = match (username, password) {
                    (Some(username), Some(password)) => (username, password),
                    (None, None) => {
                        return Ok(Err("OPENBAO_USERNAME and OPENBAO_PASSWORD are not set".to_owned().into()));
                    }
                    (None, Some(_)) => return Ok(Err("OPENBAO_USERNAME is not set".to_owned().into())),
                    (Some(_), None) => return Ok(Err("OPENBAO_PASSWORD is not set".to_owned().into())),
                };
                let mount = self.auth_mount(mount.as_deref(), "userpass")?;
                Ok(Ok(Way::Login(Principal {
                    name: self.session_name("userpass", &mount, &[&username]),
                    path: format!("auth/{}/login/{}", paths::encoded(&mount), paths::part(&username)),
                    credential: format!("the password of {from} for the user `{username}` of {whose}"),
                    from,
                    method: "userpass",
                    once: false,
                    secret: Some(password),
                    body: Body::Password,
                    identity: None,
                })))
            }
            Method::Jwt { role, from, mount } => {
                let (role, _) = self.given_or("OPENBAO_JWT_ROLE", role.as_ref(), &setting("role"))?;
                let role = role.unwrap_or_else(|| DEFAULT_ROLE.to_owned());
                let mount = self.auth_mount(mount.as_deref(), "jwt")?;
                let file = match from {
                    JwtFrom::File(file) => file,
                    JwtFrom::Identity { name, audience } => {
                        let who = [role, name.clone(), audience.clone().unwrap_or_default()];
                        return self.by_identity(Identity { index, mount, who });
                    }
                };
                let name = self.session_name("jwt", &mount, &[&role, file]);
                let from = setting("file");
                // The file is read for a login only.
                let secret = match self.is_signed_in(&name) {
                    true => None,
                    false => match self.world.credential_file(&["auth", &index.to_string(), "file"])? {
                        Some(jwt) => Some(jwt),
                        None => return Ok(Err(format!("there is no file at {from}, or nothing in it").into())),
                    },
                };
                Ok(Ok(Way::Login(Principal {
                    name,
                    path: format!("auth/{}/login", paths::encoded(&mount)),
                    credential: format!("the JWT of {from} for role `{role}`"),
                    from,
                    method: "jwt",
                    once: false,
                    secret,
                    body: Body::Jwt { role },
                    identity: None,
                })))
            }
            Method::Approle { role_id, secret_id, mount } => {
                let mount = self.auth_mount(mount.as_deref(), "approle")?;
                let from = setting("secret-id");
                Ok(Ok(Way::Login(Principal {
                    name: self.session_name("approle", &mount, &[role_id]),
                    path: format!("auth/{}/login", paths::encoded(&mount)),
                    credential: format!("the secret id of {from}"),
                    from,
                    method: "approle",
                    once: true,
                    secret: Some(secret_id.clone()),
                    body: Body::SecretId { role_id: role_id.clone() },
                    identity: None,
                })))
            }
        }
    }

    /// Whoever is signed in at an identity. Only where nobody is known to be, a token is asked for at once: while the
    /// session is good, none is needed, and nobody is asked.
    fn by_identity(&self, identity: Identity) -> Result<Available, Failure> {
        let index = identity.index.to_string();
        let setting = ["auth", index.as_str(), "identity"];
        let from = format!("`auth[{index}].identity`");
        let [role, name, _] = &identity.who;
        let mut principal = Principal {
            name: String::new(),
            path: format!("auth/{}/login", paths::encoded(&identity.mount)),
            credential: format!("the JWT of the identity `{name}` for role `{role}`"),
            from,
            method: "jwt",
            once: false,
            secret: None,
            body: Body::Jwt { role: role.clone() },
            identity: None,
        };
        match self.world.current_identity(&setting)? {
            Some(current) => principal.name = self.name_at(&identity, &current),
            None => match self.hand_out(&identity) {
                Ok((jwt, session)) => (principal.secret, principal.name) = (Some(jwt), session),
                Err(failure) if failure.code == "interaction-required" => return Ok(Err(Lack::SignIn(failure))),
                Err(failure) => return Err(failure),
            },
        }
        principal.identity = Some(Box::new(identity));
        Ok(Ok(Way::Login(principal)))
    }

    /// A JWT, and the name of the session of whoever it is of: a person may have been asked, and be another one.
    fn hand_out(&self, identity: &Identity) -> Result<(String, String), Failure> {
        let index = identity.index.to_string();
        let setting = ["auth", index.as_str(), "identity"];
        let (jwt, sign_in) = self.outside_of_time(|| self.world.identity_token(&setting))?;
        // Who nobody knows to be signed in shares a session with nobody: it is this token's.
        let sign_in = if sign_in.is_empty() { format!("token {}", version_of(&jwt)) } else { sign_in };
        let name = self.name_at(identity, &sign_in);
        Ok((jwt, name))
    }

    /// Asks the identity of a principal for a JWT. Not while a turn is had: the identity has its own to wait for.
    pub(crate) fn equip(&self, principal: &mut Principal) -> Result<(), Failure> {
        if let Some(identity) = &principal.identity {
            let (jwt, name) = self.hand_out(identity)?;
            (principal.secret, principal.name) = (Some(jwt), name);
        }
        Ok(())
    }

    fn name_at(&self, identity: &Identity, current: &str) -> String {
        let [role, name, audience] = &identity.who;
        self.session_name("jwt", &identity.mount, &[role, name, audience, current])
    }

    fn token(&self, index: usize, from: &TokenFrom) -> Result<Available, Failure> {
        match from {
            TokenFrom::Setting(token) => {
                Ok(Ok(Way::Given { token: token.clone(), from: format!("`auth[{index}].token`") }))
            }
            TokenFrom::File => {
                let from = format!("`auth[{index}].file`");
                Ok(match self.world.credential_file(&["auth", &index.to_string(), "file"])? {
                    Some(token) => Ok(Way::Given { token, from }),
                    None => Err(format!("there is no file at {from}, or nothing in it").into()),
                })
            }
            TokenFrom::Environment => {
                for name in TOKENS {
                    if let Some(token) = self.world.variable(name)? {
                        return Ok(Ok(Way::Given { token: token.trim().to_owned(), from: name.to_owned() }));
                    }
                }
                Ok(Err(format!("none of {} is set", TOKENS.join(", ")).into()))
            }
        }
    }

    /// The setting, or else the variable, and which of them it was.
    fn given_or(
        &self,
        variable: &str,
        setting: Option<&String>,
        shown: &str,
    ) -> Result<(Option<String>, String), Failure> {
        Ok(match setting {
            Some(value) => (Some(value.clone()), shown.to_owned()),
            None => (self.world.variable(variable)?, variable.to_owned()),
        })
    }

    /// The variable goes before the setting here: it is said of the one method that is used, whichever that is.
    fn auth_mount(&self, setting: Option<&str>, default: &str) -> Result<String, Failure> {
        match self.world.variable("OPENBAO_AUTH_MOUNT")? {
            Some(mount) if !paths::is_path(mount.trim_matches('/')) => {
                Err(Failure::invalid("OPENBAO_AUTH_MOUNT is no path: it has an empty part, `.` or `..` in it")
                    .remedy("set it to the name of an auth mount, as `bao auth list` shows it"))
            }
            Some(mount) => Ok(mount.trim_matches('/').to_owned()),
            None => Ok(setting.unwrap_or(default).to_owned()),
        }
    }

    /// Says who is signed in where, in a way that no two can be taken for one.
    pub(crate) fn session_name(&self, method: &str, mount: &str, who: &[&str]) -> String {
        json!([self.address.shown, self.namespace.as_deref().unwrap_or_default(), method, mount, who]).to_string()
    }
}

/// Why a login without a JWT was refused, in words of this plugin: the server's may quote what was sent.
pub(crate) fn reason(said: &[String]) -> &'static str {
    const REASONS: [(&str, &str); 2] = [
        ("invalid username or password", "the user name or the password is wrong"),
        ("invalid role or secret ID", "the role id or the secret id is wrong, or the secret id is used up"),
    ];
    let said = said.join("; ");
    REASONS.iter().find(|(phrase, _)| said.contains(phrase)).map_or("the server does not say why", |(_, words)| words)
}
