//! The changes that there are, and the request that makes each. The bodies are those of vaultrs where it has them.

use std::collections::HashMap;

use serde_json::json;
use vaultrs::api::{
    auth::{
        approle::requests::{GenerateNewSecretIDRequest, SetAppRoleRequest},
        oidc::requests::{SetConfigurationRequest, SetRoleRequest},
        userpass::requests::CreateUserRequest,
    },
    sys::requests::{EnableAuthRequest, EnableEngineRequest},
};

use crate::{Error, call::Call};

/// How long a token lives that nobody renews, and how long one that is renewed: whoever leaves the team, or the provider,
/// is out after that.
pub(crate) const TOKEN_TTL: u64 = 3600;
pub(crate) const TOKEN_MAX_TTL: u64 = 24 * 3600;

/// One change of a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    EnableKv { mount: String },
    PutPolicy { name: String, text: String },
    EnableAuth { mount: String, kind: &'static str },
    ConfigureJwt { mount: String, discovery_url: String },
    SetJwtRole { mount: String, name: String, client_id: String, bound_claim: Option<String>, policies: Vec<String> },
    CreateUser { mount: String, name: String, policies: Vec<String> },
    UpdateUser { mount: String, name: String, policies: Vec<String> },
    SetAppRole { mount: String, name: String, policies: Vec<String> },
    GenerateSecretId { mount: String, role: String },
}

impl Change {
    /// The request that makes it. Only that of a new user has the password.
    pub(crate) fn call(&self, password: &str) -> Result<Call, Error> {
        match self {
            Change::EnableKv { mount } => Call::of(&EnableEngineRequest {
                path: mount.clone(),
                engine_type: Some("kv".to_owned()),
                description: Some("Configuration values of harmony-config".to_owned()),
                options: Some(HashMap::from([("version".to_owned(), "2".to_owned())])),
                ..EnableEngineRequest::default()
            }),
            // vaultrs knows only the older path, `sys/policy`.
            Change::PutPolicy { name, text } => {
                Ok(Call::put(format!("sys/policies/acl/{name}"), json!({ "policy": text })))
            }
            Change::EnableAuth { mount, kind } => Call::of(&EnableAuthRequest {
                path: mount.clone(),
                engine_type: Some((*kind).to_owned()),
                ..EnableAuthRequest::default()
            }),
            Change::ConfigureJwt { mount, discovery_url } => Call::of(&SetConfigurationRequest {
                mount: mount.clone(),
                oidc_discovery_url: Some(discovery_url.clone()),
                bound_issuer: Some(discovery_url.clone()),
                ..SetConfigurationRequest::default()
            }),
            Change::SetJwtRole { mount, name, client_id, bound_claim, policies } => Call::of(&SetRoleRequest {
                mount: mount.clone(),
                name: name.clone(),
                role_type: Some("jwt".to_owned()),
                // In every token, as the e-mail address is not.
                user_claim: "sub".to_owned(),
                bound_audiences: Some(vec![client_id.clone()]),
                bound_claims_type: Some(claims_type(bound_claim.as_deref()).to_owned()),
                bound_claims: Some(bound_claim.iter().map(|at| (at.clone(), ANY.to_owned())).collect()),
                groups_claim: Some(String::new()),
                token_policies: Some(policies.clone()),
                token_ttl: Some(TOKEN_TTL.to_string()),
                token_max_ttl: Some(TOKEN_MAX_TTL.to_string()),
                ..SetRoleRequest::default()
            }),
            Change::CreateUser { mount, name, policies } => Call::of(&CreateUserRequest {
                mount: mount.clone(),
                username: name.clone(),
                password: password.to_owned(),
                token_policies: Some(policies.clone()),
                token_ttl: Some(TOKEN_TTL.to_string()),
                token_max_ttl: Some(TOKEN_MAX_TTL.to_string()),
                ..CreateUserRequest::default()
            }),
            // vaultrs always sends a password along, and this one is the user's own.
            Change::UpdateUser { mount, name, policies } => Ok(Call::post(
                format!("auth/{mount}/users/{name}"),
                json!({ "token_policies": policies, "token_ttl": TOKEN_TTL, "token_max_ttl": TOKEN_MAX_TTL }),
            )),
            Change::SetAppRole { mount, name, policies } => Call::of(&SetAppRoleRequest {
                mount: mount.clone(),
                role_name: name.clone(),
                bind_secret_id: Some(true),
                token_policies: Some(policies.clone()),
                token_ttl: Some(TOKEN_TTL.to_string()),
                token_max_ttl: Some(TOKEN_MAX_TTL.to_string()),
                ..SetAppRoleRequest::default()
            }),
            Change::GenerateSecretId { mount, role } => Call::of(&GenerateNewSecretIDRequest {
                mount: mount.clone(),
                role_name: role.clone(),
                ..GenerateNewSecretIDRequest::default()
            }),
        }
    }

    /// The capabilities that its request needs.
    pub(crate) fn needs(&self, is_new: bool) -> &'static [&'static str] {
        match self {
            // A root-protected path.
            Change::EnableAuth { .. } => &["update", "sudo"],
            Change::EnableKv { .. }
            | Change::PutPolicy { .. }
            | Change::ConfigureJwt { .. }
            | Change::UpdateUser { .. }
            | Change::GenerateSecretId { .. } => &["update"],
            Change::SetJwtRole { .. } | Change::CreateUser { .. } | Change::SetAppRole { .. } if is_new => &["create"],
            Change::SetJwtRole { .. } | Change::CreateUser { .. } | Change::SetAppRole { .. } => &["update"],
        }
    }
}

/// What the innermost text of the role claim may be: that it is there is what counts.
pub(crate) const ANY: &str = "*";

/// How the bound claims of a role are compared.
pub(crate) fn claims_type(bound_claim: Option<&str>) -> &'static str {
    if bound_claim.is_some() { "glob" } else { "string" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(change: Change) -> String {
        change.call("canary").unwrap().to_string()
    }

    #[test]
    fn each_change_is_the_request_that_the_recordings_have() {
        let mount = "m".to_owned();
        assert_eq!(
            shown(Change::EnableAuth { mount: mount.clone(), kind: "userpass" }),
            r#"POST sys/auth/m {"type":"userpass"}"#
        );
        let kv = shown(Change::EnableKv { mount: mount.clone() });
        assert!(kv.starts_with("POST sys/mounts/m {") && kv.contains(r#""options":{"version":"2"}"#), "{kv}");
        let user =
            shown(Change::CreateUser { mount: mount.clone(), name: "anna".to_owned(), policies: vec!["p".to_owned()] });
        assert!(user.starts_with("POST auth/m/users/anna {") && user.contains(r#""token_policies":["p"]"#), "{user}");
        assert!(!user.contains("canary"), "{user}");
        let jwt = shown(Change::ConfigureJwt { mount: mount.clone(), discovery_url: "https://sso/".to_owned() });
        assert_eq!(jwt, r#"POST auth/m/config {"bound_issuer":"https://sso/","oidc_discovery_url":"https://sso/"}"#);
        let secret = shown(Change::GenerateSecretId { mount, role: "ci".to_owned() });
        assert!(secret.starts_with("POST auth/m/role/ci/secret-id"), "{secret}");
    }

    #[test]
    fn a_role_is_bound_to_the_client_and_to_the_innermost_text_of_the_map() {
        let change = Change::SetJwtRole {
            mount: "jwt".to_owned(),
            name: "harmony-developer".to_owned(),
            client_id: "cli".to_owned(),
            bound_claim: Some("/urn:zitadel:iam:org:project:roles/dev/1".to_owned()),
            policies: vec!["harmony-a-write".to_owned()],
        };
        let body = change.call("").unwrap().body().unwrap();
        assert_eq!(body["user_claim"], "sub");
        assert_eq!(body["role_type"], "jwt");
        assert_eq!(body["bound_audiences"], json!(["cli"]));
        assert_eq!(body["bound_claims"], json!({ "/urn:zitadel:iam:org:project:roles/dev/1": "*" }));
        assert_eq!(body["bound_claims_type"], "glob");
        assert_eq!(body["groups_claim"], "");
        assert_eq!(body["token_ttl"], "3600");
    }
}
