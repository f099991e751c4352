//! The settings, and what of them cannot be used.

use harmony_config_sdk::Failure;
use serde::Deserialize;

use crate::issuer::Issuer;

/// What is always asked for: who it is, and that the session can be renewed.
const SCOPES: [&str; 4] = ["openid", "email", "profile", "offline_access"];

/// As the manifest has them.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Given {
    #[serde(default)]
    issuer: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    project_id: Option<String>,
    /// The host reads it.
    #[serde(default)]
    key_file: Option<String>,
}

/// As they are used.
pub(crate) struct Settings {
    pub(crate) issuer: Option<Issuer>,
    pub(crate) client_id: Option<String>,
    extra: Vec<String>,
    pub(crate) project_id: Option<String>,
    /// A machine signs in, with a key.
    pub(crate) is_machine: bool,
}

impl Given {
    /// Checks them. No value is in a message.
    pub(crate) fn check(self) -> Result<Settings, Failure> {
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(is_scope_byte);
        if !self.scopes.iter().all(|scope| is_word(scope)) {
            return Err(Failure::invalid("the setting `scopes` has one that is empty or has white space in it")
                .remedy("give each scope as an item of its own"));
        }
        for (name, value) in [("client-id", &self.client_id), ("project-id", &self.project_id)] {
            if value.as_deref().is_some_and(|text| !is_word(text)) {
                return Err(Failure::invalid(format!("the setting `{name}` is empty or has white space in it"))
                    .remedy("copy it from the console of Zitadel"));
            }
        }
        Ok(Settings {
            issuer: self.issuer.as_deref().map(Issuer::parse).transpose()?,
            client_id: self.client_id,
            extra: self.scopes,
            project_id: self.project_id,
            is_machine: self.key_file.is_some(),
        })
    }
}

/// A character of a scope, by RFC 6749.
fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

impl Settings {
    /// The scopes, each once. A machine has no use for a session that is renewed: its key is always there.
    pub(crate) fn scopes(&self) -> String {
        let mut scopes: Vec<String> = SCOPES
            .into_iter()
            .filter(|scope| !(self.is_machine && *scope == "offline_access"))
            .map(str::to_owned)
            .collect();
        if let Some(project) = &self.project_id {
            scopes.push(scope_of_audience(project));
            scopes.push("urn:zitadel:iam:org:projects:roles".to_owned());
        }
        for scope in &self.extra {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        scopes.join(" ")
    }

    /// Whether these settings ask for tokens that are for this audience.
    pub(crate) fn ask_for(&self, audience: &str) -> bool {
        self.project_id.as_deref() == Some(audience) || self.extra.contains(&scope_of_audience(audience))
    }
}

/// What makes a token one for a project besides.
pub(crate) fn scope_of_audience(project: &str) -> String {
    format!("urn:zitadel:iam:org:project:id:{project}:aud")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(settings: serde_json::Value) -> Result<Settings, Failure> {
        serde_json::from_value::<Given>(settings).unwrap().check()
    }

    #[test]
    fn the_scopes_are_those_of_a_session_and_what_the_settings_add_each_once() {
        assert_eq!(check(json!({})).unwrap().scopes(), "openid email profile offline_access");
        let settings = check(json!({ "project-id": "42", "scopes": ["email", "urn:x"] })).unwrap();
        assert_eq!(
            settings.scopes(),
            "openid email profile offline_access urn:zitadel:iam:org:project:id:42:aud \
             urn:zitadel:iam:org:projects:roles urn:x"
        );
        assert!(settings.ask_for("42") && !settings.ask_for("43"));
    }

    #[test]
    fn a_machine_asks_for_no_session() {
        assert_eq!(check(json!({ "key-file": "key.json" })).unwrap().scopes(), "openid email profile");
    }

    #[test]
    fn what_cannot_be_used_is_named_and_not_quoted() {
        for (settings, name) in [
            (json!({ "scopes": ["openid canary"] }), "`scopes`"),
            (json!({ "scopes": [""] }), "`scopes`"),
            (json!({ "client-id": "canary\n" }), "`client-id`"),
            (json!({ "project-id": "" }), "`project-id`"),
            (json!({ "issuer": "https://canary@sso" }), "`issuer`"),
        ] {
            let failure = check(settings).err().unwrap();
            assert!(failure.code == "invalid" && failure.message.contains(name), "{failure:?}");
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
    }
}
