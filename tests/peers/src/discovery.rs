//! What OpenBao asks of an OpenID issuer: its discovery document, and that it names itself rightly; then its keys.

use std::fs;

use http::Request;
use http_body_util::Full;
use serde_json::Value;

use crate::client::Target;

/// Fetches an issuer's document, and sees that it is of that issuer to the character. The errors are in the server's words.
pub(crate) async fn document(issuer: &str, ca: Option<&str>) -> Result<Value, String> {
    let document = get(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')), ca).await?;
    let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if named != issuer {
        return Err(format!("issuer did not match the returned issuer, expected {issuer:?} got {named:?}"));
    }
    Ok(document)
}

/// Fetches JSON from an address.
pub(crate) async fn get(url: &str, ca: Option<&str>) -> Result<Value, String> {
    let failed = |why: &str| format!("Get {url:?}: {why}");
    let (scheme, rest) = url.split_once("://").ok_or_else(|| failed("unsupported protocol scheme \"\""))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let folder = tempfile::tempdir().map_err(|error| failed(&error.to_string()))?;
    let ca_file = folder.path().join("ca.pem");
    if let Some(pem) = ca {
        fs::write(&ca_file, pem).map_err(|error| failed(&error.to_string()))?;
    }
    let target = Target::of(&format!("{scheme}://{authority}"), ca.map(|_| ca_file.as_path()));
    let target = target.map_err(|error| failed(&error.to_string()))?;
    let request = Request::get(format!("/{path}")).body(Full::default()).map_err(|error| failed(&error.to_string()))?;
    let answer = target.send(request).await.map_err(|error| {
        let words = error.to_string();
        let refused = words.contains("refused");
        failed(&if refused { format!("dial tcp {authority}: connect: connection refused") } else { words })
    })?;
    if answer.status != 200 {
        return Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body).trim()));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| format!("oidc: failed to decode provider discovery object: {error}"))
}
