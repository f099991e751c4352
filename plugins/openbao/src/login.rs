//! The ways to sign in: which one is used, and what it says to the server. What comes of it, and how long it lasts, is
//! `session`'s.

use harmony_config_sdk::{Failure, version_of};
use serde_json::{Value, json};

use crate::{
    call::Call,
    paths,
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
}

enum Body {
    Password,
    Jwt { role: String },
    SecretId { role_id: String },
}

impl Principal {
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

    /// Tells the credential from another one.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        self.secret.as_deref().map(version_of)
    }
}

/// A way, or what it lacks, in words.
type Available = Result<Way, String>;

impl<W: World> Call<'_, W> {
    /// The first way whose credential is there.
    pub(crate) fn choose(&self) -> Result<Way, Failure> {
        let mut lacking = Vec::new();
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
                Err(lack) => lacking.push(lack),
            }
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
                    (None, None) => return Ok(Err("OPENBAO_USERNAME and OPENBAO_PASSWORD are not set".to_owned())),
                    (None, Some(_)) => return Ok(Err("OPENBAO_USERNAME is not set".to_owned())),
                    (Some(_), None) => return Ok(Err("OPENBAO_PASSWORD is not set".to_owned())),
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
                })))
            }
            Method::Jwt { role, from, mount } => {
                let file = match from {
                    JwtFrom::File(file) => file,
                    JwtFrom::Identity(identity) => {
                        return Ok(Err(format!(
                            "{} names the identity `{identity}`, and signing in with one is not available yet",
                            setting("identity")
                        )));
                    }
                };
                let (role, _) = self.given_or("OPENBAO_JWT_ROLE", role.as_ref(), &setting("role"))?;
                let role = role.unwrap_or_else(|| DEFAULT_ROLE.to_owned());
                let mount = self.auth_mount(mount.as_deref(), "jwt")?;
                let name = self.session_name("jwt", &mount, &[&role, file]);
                let from = setting("file");
                // The file is read for a login only.
                let secret = match self.is_signed_in(&name) {
                    true => None,
                    false => match self.world.credential_file(&["auth", &index.to_string(), "file"])? {
                        Some(jwt) => Some(jwt),
                        None => return Ok(Err(format!("there is no file at {from}, or nothing in it"))),
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
                })))
            }
        }
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
                    None => Err(format!("there is no file at {from}, or nothing in it")),
                })
            }
            TokenFrom::Environment => {
                for name in TOKENS {
                    if let Some(token) = self.world.variable(name)? {
                        return Ok(Ok(Way::Given { token: token.trim().to_owned(), from: name.to_owned() }));
                    }
                }
                Ok(Err(format!("none of {} is set", TOKENS.join(", "))))
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

/// Why a login was refused, in words of this plugin: the server's may quote what was sent.
pub(crate) fn reason(said: &[String]) -> &'static str {
    const REASONS: [(&str, &str); 10] = [
        ("invalid username or password", "the user name or the password is wrong"),
        ("invalid role or secret ID", "the role id or the secret id is wrong, or the secret id is used up"),
        ("could not be found", "there is no such role"),
        ("audience", "the token is for another audience than the role's `bound_audiences`"),
        ("issuer", "the token is of another issuer than the mount's `bound_issuer`"),
        ("failed to fetch groups", "the token lacks the claim that is the role's `groups_claim`"),
        ("not found in token", "the token lacks the claim that is the role's `user_claim`"),
        ("expired", "the token has expired"),
        ("malformed", "it is not a JWT"),
        ("signature", "the server does not trust whoever signed the token"),
    ];
    let said = said.join("; ");
    // In this order: `error verifying token signature: …` stands before what is more exact.
    REASONS.iter().find(|(phrase, _)| said.contains(phrase)).map_or("the server does not say why", |(_, words)| words)
}
