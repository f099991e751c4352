//! What a test sets up at a server, and looks at: the same calls for the stand-in and a real one. Everything blocks, needs
//! no runtime and may be called from any.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    client::Target,
    error::{Error, Result},
};

/// Speaks to a server with one token, in one namespace.
#[derive(Clone)]
pub struct Admin {
    target: Target,
    token: String,
    namespace: Option<String>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("at", &self.target.authority).field("namespace", &self.namespace).finish()
    }
}

impl Admin {
    /// Speaks to a server at an address, over TLS with what a CA file says; with an empty token, without one.
    ///
    /// # Errors
    /// If the address is none, or is of TLS and no file is given.
    pub fn at(address: &str, ca_file: Option<&Path>, token: &str) -> Result<Self> {
        Ok(Self::new(Target::of(address, ca_file)?, token))
    }

    pub(crate) fn new(target: Target, token: impl Into<String>) -> Self {
        Self { target, token: token.into(), namespace: None }
    }

    /// The same server, with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// The same server and token, in a namespace.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), ..self.clone() }
    }

    /// One call: its status and body, whatever they are. `path` is below `/v1/`; a body of `null` is none.
    ///
    /// # Errors
    /// If the server cannot be reached, or its answer is not JSON.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let (status, body) = self.exchange(method, path, body)?;
        if body.is_empty() {
            return Ok((status, Value::Null));
        }
        let body = serde_json::from_slice(&body);
        Ok((status, body.map_err(|error| Error::while_doing(&format!("the answer to {method} {path}"), error))?))
    }

    /// One call that has to succeed: its body.
    ///
    /// # Errors
    /// If the server cannot be reached, or answers anything but a 2xx: its words are in the error.
    pub fn must(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let (status, body) = self.call(method, path, body)?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let errors = body.get("errors").cloned().unwrap_or_default();
        Err(Error::new(format!("{method} {path} at {}: {status} {errors}", self.target.authority)))
    }

    /// Enables KV at a mount.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn enable_kv(&self, version: u8, mount: &str) -> Result<()> {
        let body = json!({ "type": "kv", "options": { "version": version.to_string() } });
        self.must("POST", &format!("sys/mounts/{mount}"), &body)?;
        if version == 2 { self.wait_for_mount(mount) } else { Ok(()) }
    }

    /// A real server makes a new mount of version 2 ready in the background, and refuses writes until then.
    pub(crate) fn wait_for_mount(&self, mount: &str) -> Result<()> {
        for _ in 0..200 {
            if self.call("GET", &format!("{mount}/config"), &Value::Null)?.0 == 200 {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(Error::new(format!("the mount {mount} does not become ready")))
    }

    /// Writes the fields of a key of KV version 2, and gives the version that came of it.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn write_kv(&self, mount: &str, key: &str, data: &Value) -> Result<u64> {
        let written = self.must("POST", &format!("{mount}/data/{key}"), &json!({ "data": data }))?;
        let version = written.pointer("/data/version").and_then(Value::as_u64);
        version.ok_or_else(|| Error::new(format!("{mount}/data/{key}: the answer names no version")))
    }

    /// The fields of a key of KV version 2; `None` where nothing is there, or nothing any more.
    ///
    /// # Errors
    /// If the server answers neither 200 nor 404.
    pub fn read_kv(&self, mount: &str, key: &str) -> Result<Option<Value>> {
        let (status, body) = self.call("GET", &format!("{mount}/data/{key}"), &Value::Null)?;
        match status {
            200 => Ok(body.pointer("/data/data").cloned()),
            404 => Ok(None),
            _ => {
                Err(Error::new(format!("{mount}/data/{key}: {status} {}", body.get("errors").unwrap_or(&Value::Null))))
            }
        }
    }

    /// Writes a policy.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn policy(&self, name: &str, text: &str) -> Result<()> {
        self.must("PUT", &format!("sys/policies/acl/{name}"), &json!({ "policy": text })).map(drop)
    }

    /// Enables a way to log in at a mount, unless something is there.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn enable_auth(&self, kind: &str, mount: &str) -> Result<()> {
        let listed = self.must("GET", "sys/auth", &Value::Null)?;
        if listed.pointer(&format!("/data/{mount}~1")).is_some() {
            return Ok(());
        }
        self.must("POST", &format!("sys/auth/{mount}"), &json!({ "type": kind })).map(drop)
    }

    /// A user with a password at the mount `userpass`, which is enabled if need be.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn userpass_user(&self, name: &str, password: &str, policies: &[&str]) -> Result<()> {
        self.enable_auth("userpass", "userpass")?;
        let body = json!({ "password": password, "token_policies": policies });
        self.must("POST", &format!("auth/userpass/users/{name}"), &body).map(drop)
    }

    /// A role at the mount `approle`, which is enabled if need be: its role id and a secret id with so many uses (0: any).
    ///
    /// # Errors
    /// If the server refuses.
    pub fn approle(&self, role: &str, policies: &[&str], secret_id_uses: u64) -> Result<(String, String)> {
        self.enable_auth("approle", "approle")?;
        let path = format!("auth/approle/role/{role}");
        let body = json!({ "token_policies": policies, "secret_id_num_uses": secret_id_uses });
        self.must("POST", &path, &body)?;
        let role_id = self.must("GET", &format!("{path}/role-id"), &Value::Null)?;
        let secret_id = self.must("POST", &format!("{path}/secret-id"), &json!({}))?;
        Ok((text(&role_id, "/data/role_id")?, text(&secret_id, "/data/secret_id")?))
    }

    /// Has the mount `jwt`, which is enabled if need be, trust a public key in PEM.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn jwt_key(&self, public_key: &str) -> Result<()> {
        self.enable_auth("jwt", "jwt")?;
        self.must("POST", "auth/jwt/config", &json!({ "jwt_validation_pubkeys": [public_key] })).map(drop)
    }

    /// A role at the mount `jwt`, for tokens of an audience, with `sub` as the user.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn jwt_role(&self, role: &str, audience: &str, policies: &[&str]) -> Result<()> {
        let body = json!({
            "role_type": "jwt", "user_claim": "sub", "bound_audiences": [audience], "token_policies": policies,
        });
        self.must("POST", &format!("auth/jwt/role/{role}"), &body).map(drop)
    }

    /// A token that lives so long and may be used so often (0: without end).
    ///
    /// # Errors
    /// If the server refuses.
    pub fn token(&self, policies: &[&str], ttl: Duration, uses: u64) -> Result<String> {
        let body = json!({
            "policies": policies, "ttl": format!("{}s", ttl.as_secs()), "num_uses": uses, "no_parent": true,
        });
        text(&self.must("POST", "auth/token/create", &body)?, "/auth/client_token")
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn revoke(&self, token: &str) -> Result<()> {
        self.must("POST", "auth/token/revoke", &json!({ "token": token })).map(drop)
    }

    /// Creates a namespace, and speaks in it.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn namespace(&self, name: &str) -> Result<Self> {
        self.must("POST", &format!("sys/namespaces/{name}"), &json!({}))?;
        Ok(self.in_namespace(name))
    }

    /// Seals the server.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn seal(&self) -> Result<()> {
        self.must("PUT", "sys/seal", &Value::Null).map(drop)
    }

    /// Opens the seal with keys, and waits until the server serves.
    ///
    /// # Errors
    /// If the keys do not fit, or the server does not begin to serve.
    pub fn unseal(&self, keys: &[String]) -> Result<()> {
        for key in keys {
            self.must("PUT", "sys/unseal", &json!({ "key": key }))?;
        }
        self.wait_for_health(&[200], || None)
    }

    /// Waits until the server's health is one of these, or there is a reason to stop waiting.
    pub(crate) fn wait_for_health(&self, wanted: &[u16], mut stop: impl FnMut() -> Option<Error>) -> Result<()> {
        let mut last = String::from("was not asked");
        for _ in 0..600 {
            match self.exchange("GET", "sys/health", &Value::Null) {
                Ok((status, _)) if wanted.contains(&status) => return Ok(()),
                Ok((status, _)) => last = format!("answers {status}"),
                Err(error) => last = error.to_string(),
            }
            if let Some(error) = stop() {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(Error::new(format!("{} does not get ready within 30 s: it {last}", self.target.authority)))
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Bytes)> {
        let what = format!("{method} {path}");
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| Error::while_doing(&what, error))?;
        let path = path.trim_start_matches('/');
        let path = path.strip_prefix("v1/").unwrap_or(path);
        let mut request = Request::builder().method(method).uri(format!("/v1/{path}"));
        if !self.token.is_empty() {
            request = request.header("X-Vault-Token", &self.token);
        }
        if let Some(namespace) = &self.namespace {
            request = request.header("X-Vault-Namespace", namespace);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request.body(Full::from(body)).map_err(|error| Error::while_doing(&what, error))?;
        let response = self.target.send_blocking(request)?;
        Ok((response.status, response.body))
    }
}

fn text(body: &Value, pointer: &str) -> Result<String> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| Error::new(format!("the answer has no {pointer}")))
}
