//! A plain client of a provider: what a test does where the program that it tests is not the point. No retries, no waiting.

use std::fmt::{self, Debug, Formatter};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivatePkcs1KeyDer, pem::PemObject};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Endpoint, Provider};
use crate::{
    client::Target,
    error::{Error, Result},
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const MACHINE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What the identity plugin asks for.
const SCOPES: &str = "openid email profile offline_access";

/// A client of a provider, under an id and without a secret.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    provider: &'a Provider,
    id: &'a str,
}

/// A login that was begun.
#[derive(Clone, Deserialize)]
pub struct Device {
    /// What the device polls with.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The page with the code in its address.
    #[serde(default)]
    pub verification_uri_complete: Option<String>,
    /// Seconds that the person has.
    pub expires_in: u64,
    /// Seconds between polls, if it says so.
    #[serde(default)]
    pub interval: Option<u64>,
}

impl Debug for Device {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "login with the code {}", self.user_code)
    }
}

/// What the token endpoint gave.
#[derive(Clone, Deserialize)]
pub struct Tokens {
    /// For userinfo.
    #[serde(default)]
    pub access_token: Option<String>,
    /// For the next refresh.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// What OpenBao takes.
    #[serde(default)]
    pub id_token: Option<String>,
    /// Seconds that the access token lives.
    #[serde(default)]
    pub expires_in: Option<u64>,
}

impl Debug for Tokens {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let has = |token: &Option<String>| token.is_some();
        let (access, refresh, id) = (has(&self.access_token), has(&self.refresh_token), has(&self.id_token));
        write!(f, "Tokens {{ access: {access}, refresh: {refresh}, id: {id} }}")
    }
}

/// What the token endpoint said instead of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Of the answer.
    pub status: u16,
    /// `authorization_pending`, `invalid_grant` …
    pub error: String,
}

/// The key of a machine, as Zitadel hands it out in a file.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineKey {
    /// The machine's user.
    pub user_id: String,
    /// The name of the key.
    pub key_id: String,
    /// The key, in PEM.
    pub key: String,
}

impl Debug for MachineKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "key {} of {}", self.key_id, self.user_id)
    }
}

impl MachineKey {
    /// An assertion of RFC 7523 for an issuer, signed with RS256; times are in seconds since 1970.
    ///
    /// # Errors
    /// If the key is none.
    pub fn assertion(&self, issuer: &str, issued: u64, expires: u64) -> Result<String> {
        let failed = |why: &dyn fmt::Display| Error::new(format!("the {self:?}: {why}"));
        let der = PrivatePkcs1KeyDer::from_pem_slice(self.key.as_bytes()).map_err(|error| failed(&error))?;
        let pair = RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|error| failed(&error))?;
        let claims = json!({ "iss": self.user_id, "sub": self.user_id, "aud": issuer, "iat": issued, "exp": expires });
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(json!({ "alg": "RS256", "kid": self.key_id })), part(claims));
        let mut signature = vec![0; pair.public().modulus_len()];
        let random = SystemRandom::new();
        pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).map_err(|error| failed(&error))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(provider: &'a Provider, id: &'a str) -> Self {
        Self { provider, id }
    }

    /// Begins a login with the scopes that the identity plugin asks for.
    ///
    /// # Errors
    /// If the provider refuses.
    pub fn begin(&self) -> Result<Device> {
        self.begin_with(SCOPES)
    }

    /// Begins a login.
    ///
    /// # Errors
    /// If the provider refuses.
    pub fn begin_with(&self, scopes: &str) -> Result<Device> {
        let fields = [("client_id", self.id), ("scope", scopes)];
        let (status, body) = self.post(Endpoint::DeviceAuthorization, &fields)?;
        let failed = || Error::new(format!("a login cannot be begun: {status} {body}"));
        if status == 200 { serde_json::from_value(body.clone()).map_err(|_| failed()) } else { Err(failed()) }
    }

    /// Asks once whether the person has decided.
    ///
    /// # Errors
    /// If the provider cannot be reached. A refusal is no error.
    pub fn poll(&self, device: &Device) -> Result<std::result::Result<Tokens, Refusal>> {
        self.tokens(&[("grant_type", DEVICE), ("client_id", self.id), ("device_code", &device.device_code)])
    }

    /// A whole login of a user, who approves at once.
    ///
    /// # Errors
    /// If it fails.
    pub fn log_in(&self, user: &str) -> Result<Tokens> {
        self.log_in_with(user, SCOPES)
    }

    /// The same with other scopes.
    ///
    /// # Errors
    /// If it fails.
    pub fn log_in_with(&self, user: &str, scopes: &str) -> Result<Tokens> {
        let device = self.begin_with(scopes)?;
        self.provider.approve(&device.user_code, user)?;
        self.poll(&device)?.map_err(|refusal| Error::new(format!("a login that was approved: {refusal:?}")))
    }

    /// Gives a refresh token for new tokens.
    ///
    /// # Errors
    /// If the provider cannot be reached. A refusal is no error.
    pub fn refresh(&self, refresh_token: &str) -> Result<std::result::Result<Tokens, Refusal>> {
        self.tokens(&[("grant_type", "refresh_token"), ("client_id", self.id), ("refresh_token", refresh_token)])
    }

    /// Logs a machine in.
    ///
    /// # Errors
    /// If the provider cannot be reached. A refusal is no error.
    pub fn machine(&self, assertion: &str, scopes: &str) -> Result<std::result::Result<Tokens, Refusal>> {
        self.tokens(&[("grant_type", MACHINE), ("assertion", assertion), ("scope", scopes)])
    }

    /// Gives a token back: its status.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn revoke(&self, token: &str) -> Result<u16> {
        Ok(self.post(Endpoint::Revocation, &[("client_id", self.id), ("token", token)])?.0)
    }

    /// What the provider says about the owner of an access token: status and body.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub fn userinfo(&self, access_token: &str) -> Result<(u16, Value)> {
        let request = Request::get(self.provider.path(Endpoint::Userinfo));
        self.send(request.header(header::AUTHORIZATION, format!("Bearer {access_token}")), String::new())
    }

    fn tokens(&self, fields: &[(&str, &str)]) -> Result<std::result::Result<Tokens, Refusal>> {
        let (status, body) = self.post(Endpoint::Token, fields)?;
        if status == 200 {
            return serde_json::from_value(body).map(Ok).map_err(|error| Error::while_doing("tokens", error));
        }
        let error = body.get("error").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Err(Refusal { status, error }))
    }

    fn post(&self, endpoint: Endpoint, fields: &[(&str, &str)]) -> Result<(u16, Value)> {
        let field = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        let body: Vec<String> = fields.iter().map(field).collect();
        let request = Request::post(self.provider.path(endpoint));
        self.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body.join("&"))
    }

    fn send(&self, request: http::request::Builder, body: String) -> Result<(u16, Value)> {
        let request = request.body(Full::from(Bytes::from(body)));
        let request = request.map_err(|error| Error::while_doing("a request to the provider", error))?;
        let target = Target { authority: self.provider.socket().to_string(), tls: None };
        let answer = target.send_blocking(request)?;
        Ok((answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()))
    }
}
