//! The settings, and what of them cannot be used together. What a way to sign in needs besides is found when it is used:
//! see `login`.

use harmony_config_sdk::Failure;
use serde::Deserialize;

use crate::{address::Address, paths};

/// As the manifest has them.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Given {
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    mount: Option<String>,
    #[serde(default)]
    openbao_namespace: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    auth: Option<Vec<GivenMethod>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct GivenMethod {
    method: Kind,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    identity: Option<String>,
    #[serde(default)]
    audience: Option<String>,
    #[serde(default)]
    role_id: Option<String>,
    #[serde(default)]
    secret_id: Option<String>,
    #[serde(default)]
    mount: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Token,
    Userpass,
    Jwt,
    Approle,
}

/// As they are used.
pub(crate) struct Settings {
    pub(crate) address: Option<Address>,
    pub(crate) mount: Option<String>,
    pub(crate) openbao_namespace: Option<String>,
    pub(crate) read_only: bool,
    /// In the order of preference.
    pub(crate) auth: Vec<Method>,
}

/// A way to sign in. What is not given comes from the environment.
pub(crate) enum Method {
    Token(TokenFrom),
    Userpass { username: Option<String>, password: Option<String>, mount: Option<String> },
    Jwt { role: Option<String>, from: JwtFrom, mount: Option<String> },
    Approle { role_id: String, secret_id: String, mount: Option<String> },
}

pub(crate) enum TokenFrom {
    Setting(String),
    File,
    Environment,
}

pub(crate) enum JwtFrom {
    /// The file, as the manifest names it.
    File(String),
    /// The identity, as the manifest names it, and whom its tokens are for.
    Identity { name: String, audience: Option<String> },
}

impl Given {
    /// Checks them. No value is in a message.
    pub(crate) fn check(self) -> Result<Settings, Failure> {
        let address = self.address.as_deref().map(Address::parse).transpose()?;
        let path = |name: &str, given: Option<String>| match given {
            Some(text) if !paths::is_path(text.trim_matches('/')) => Err(Failure::invalid(format!(
                "the setting `{name}` is no path: it is empty, or has an empty part, `.` or `..` in it"
            ))
            .remedy("give it as `bao secrets list` or `bao namespace list` shows it, without the slash at its end")),
            given => Ok(given.map(|text| text.trim_matches('/').to_owned())),
        };
        let auth = match self.auth {
            None => vec![
                Method::Token(TokenFrom::Environment),
                Method::Userpass { username: None, password: None, mount: None },
            ],
            Some(methods) => {
                let methods = methods.into_iter().enumerate();
                methods.map(|(index, method)| method.check(index)).collect::<Result<_, _>>()?
            }
        };
        Ok(Settings {
            address,
            mount: path("mount", self.mount)?,
            openbao_namespace: path("openbao-namespace", self.openbao_namespace)?,
            read_only: self.read_only,
            auth,
        })
    }
}

impl GivenMethod {
    fn check(self, index: usize) -> Result<Method, Failure> {
        let own: &[&str] = match self.method {
            Kind::Token => &["token", "file"],
            Kind::Userpass => &["username", "password", "mount"],
            Kind::Jwt => &["role", "file", "identity", "audience", "mount"],
            Kind::Approle => &["role-id", "secret-id", "mount"],
        };
        let given = [
            ("token", self.token.as_ref()),
            ("file", self.file.as_ref()),
            ("username", self.username.as_ref()),
            ("password", self.password.as_ref()),
            ("role", self.role.as_ref()),
            ("identity", self.identity.as_ref()),
            ("audience", self.audience.as_ref()),
            ("role-id", self.role_id.as_ref()),
            ("secret-id", self.secret_id.as_ref()),
            ("mount", self.mount.as_ref()),
        ];
        let place = |name: &str| format!("`auth[{index}].{name}`");
        for (name, value) in given {
            match value {
                Some(_) if !own.contains(&name) => {
                    return Err(Failure::invalid(format!("the setting {} is not of its method", place(name)))
                        .remedy(format!("that method has {}", own.join(", "))));
                }
                Some(text) if text.is_empty() => {
                    return Err(Failure::invalid(format!("the setting {} is empty", place(name))));
                }
                _ => {}
            }
        }
        let missing = |name: &str| Failure::invalid(format!("the setting {} is missing", place(name)));
        let either =
            |one: &str, other: &str| Failure::invalid(format!("of {} and {}, give one", place(one), place(other)));
        if self.mount.as_deref().is_some_and(|mount| !paths::is_path(mount.trim_matches('/'))) {
            return Err(Failure::invalid(format!("the setting {} is no path", place("mount")))
                .remedy("give it as `bao auth list` shows it, without the slash at its end"));
        }
        let mount = self.mount.map(|mount| mount.trim_matches('/').to_owned());
        Ok(match self.method {
            Kind::Token => Method::Token(match (self.token, self.file) {
                (Some(_), Some(_)) => return Err(either("token", "file")),
                (Some(token), None) => TokenFrom::Setting(token),
                (None, Some(_)) => TokenFrom::File,
                (None, None) => TokenFrom::Environment,
            }),
            Kind::Userpass => Method::Userpass { username: self.username, password: self.password, mount },
            Kind::Jwt => {
                let from = match (self.file, self.identity) {
                    (Some(_), None) if self.audience.is_some() => return Err(missing("identity")),
                    (Some(file), None) => JwtFrom::File(file),
                    (None, Some(name)) => JwtFrom::Identity { name, audience: self.audience },
                    _ => return Err(either("file", "identity")),
                };
                Method::Jwt { role: self.role, from, mount }
            }
            Kind::Approle => Method::Approle {
                role_id: self.role_id.ok_or_else(|| missing("role-id"))?,
                secret_id: self.secret_id.ok_or_else(|| missing("secret-id"))?,
                mount,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: serde_json::Value) -> Result<Settings, Failure> {
        serde_json::from_value::<Given>(settings).unwrap().check()
    }

    #[test]
    fn without_settings_the_environment_is_asked_for_a_token_and_then_for_a_password() {
        let settings = check(serde_json::json!({})).unwrap();
        assert!(matches!(
            settings.auth.as_slice(),
            [Method::Token(TokenFrom::Environment), Method::Userpass { username: None, password: None, mount: None }]
        ));
        assert!(settings.address.is_none() && !settings.read_only);
    }

    #[test]
    fn a_method_with_what_is_not_its_own_is_named_and_nothing_is_quoted() {
        for (method, place) in [
            (serde_json::json!({"method": "token", "token": "canary", "file": "canary"}), "`auth[0].token`"),
            (serde_json::json!({"method": "token", "password": "canary"}), "`auth[0].password`"),
            (serde_json::json!({"method": "userpass", "password": ""}), "`auth[0].password`"),
            (serde_json::json!({"method": "jwt"}), "`auth[0].file`"),
            (serde_json::json!({"method": "jwt", "file": "canary", "audience": "canary"}), "`auth[0].identity`"),
            (serde_json::json!({"method": "userpass", "audience": "canary"}), "`auth[0].audience`"),
            (serde_json::json!({"method": "approle", "role-id": "canary"}), "`auth[0].secret-id`"),
            (serde_json::json!({"method": "userpass", "mount": "../canary"}), "`auth[0].mount`"),
        ] {
            let failure = check(serde_json::json!({ "auth": [method] })).err().unwrap();
            assert!(failure.code == "invalid" && failure.message.contains(place), "{failure:?}");
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
    }

    #[test]
    fn mounts_are_taken_as_openbao_lists_them() {
        let settings = check(serde_json::json!({"mount": "team/kv/", "openbao-namespace": "team-a/"})).unwrap();
        assert_eq!(settings.mount.as_deref(), Some("team/kv"));
        assert_eq!(settings.openbao_namespace.as_deref(), Some("team-a"));
        for wrong in [serde_json::json!({"mount": ""}), serde_json::json!({"openbao-namespace": "a/../b"})] {
            assert_eq!(check(wrong).err().unwrap().code, "invalid");
        }
    }
}
