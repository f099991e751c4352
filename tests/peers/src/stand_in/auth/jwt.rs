//! Logins with a JWT of an issuer, or of keys that are given in the configuration. Claims are judged in `claims.rs`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Admitted, Terms,
    claims::{self, Bounds},
    refused,
};
use crate::{
    jwt::{self, Published, Trust},
    stand_in::{
        ledger::{Basis, recorded, unrecorded},
        replies::{Answer, Reply},
        request::{Call, Operation},
        time::Moment,
    },
};

#[derive(Debug, Default)]
pub(crate) struct Jwt {
    config: Option<Config>,
    roles: BTreeMap<String, Role>,
}

#[derive(Debug, Default)]
struct Config {
    issuer_url: String,
    bound_issuer: String,
    default_role: String,
    keys: Vec<String>,
    jwks_url: String,
    /// CAs in PEM, for where the keys are fetched.
    issuer_ca: Option<String>,
    jwks_ca: Option<String>,
    /// What tokens may be signed with; RS256 where none is named.
    algorithms: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Role {
    kind: String,
    user_claim: String,
    groups_claim: String,
    claim_mappings: BTreeMap<String, String>,
    bounds: Bounds,
    terms: Terms,
}

impl Jwt {
    pub(crate) fn exists(&self, path: &str) -> bool {
        path.strip_prefix("role/").is_some_and(|name| self.roles.contains_key(name))
    }

    pub(super) fn log_in(&self, call: &Call, trust: &Trust, now: Moment) -> Result<Admitted, Reply> {
        let unconfigured = || refused("could not load configuration", unrecorded("jwt: login before configuration"));
        let config = self.config.as_ref().ok_or_else(unconfigured)?;
        let fields = call.fields();
        let name = fields.text("role").unwrap_or_else(|| config.default_role.clone());
        if name.is_empty() {
            return Err(refused("missing role", recorded("jwt", "log in without a role")));
        }
        let unknown = || {
            let words = format!("role {name:?} could not be found");
            refused(words, recorded("jwt", "log in with role no-such-role"))
        };
        let role = self.roles.get(&name).ok_or_else(unknown)?;
        let token = fields.text("jwt").filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| refused("missing token", recorded("jwt", "log in without a jwt")))?;
        let claims = config.verified(&token, trust)?;
        claims::registered(&claims, &config.bound_issuer, &role.bounds, now)?;
        let user = claims::user(&claims, &role.user_claim)?;
        let mut metadata = claims::mapped(&claims, &role.claim_mappings)?;
        metadata.insert("role".to_owned(), name);
        claims::groups(&claims, &role.groups_claim)?;
        claims::bound(&claims, &role.bounds)?;
        Ok(Admitted { name: user, metadata, terms: role.terms.clone(), basis: config.basis(recorded("jwt", "log in")) })
    }

    pub(super) fn answer(&mut self, call: &Call, path: &str) -> Answer {
        let (first, name) = path.split_once('/').unwrap_or((path, ""));
        match (first, call.operation) {
            ("config", Operation::Write) => {
                let config = Config::read(call)?;
                let basis = config.basis(recorded("jwt", "config"));
                self.config = Some(config);
                Ok(Reply::nothing(basis))
            }
            ("config", Operation::Read) => {
                let absent = || Reply::absent(unrecorded("jwt: no configuration to read"));
                let config = self.config.as_ref().ok_or_else(absent)?;
                Ok(Reply::data(config.shown(), unrecorded("jwt: configuration")))
            }
            ("role", Operation::List) => {
                let keys: Vec<String> = self.roles.keys().cloned().collect();
                Ok(Reply::keys(&keys, unrecorded("jwt: list of roles")))
            }
            ("role", Operation::Read) => {
                let role =
                    self.roles.get(name).ok_or_else(|| Reply::absent(unrecorded("jwt: no such role to read")))?;
                Ok(Reply::data(role.shown(), unrecorded("jwt: a role")))
            }
            ("role", Operation::Write) => {
                let mut role = self.roles.get(name).cloned().unwrap_or_default();
                role.read(call)?;
                self.roles.insert(name.to_owned(), role);
                Ok(Reply::nothing(recorded("jwt", "role bound to the client id, user is sub")))
            }
            ("role", Operation::Delete) => {
                self.roles.remove(name);
                Ok(Reply::nothing(unrecorded("jwt: delete of a role")))
            }
            ("config" | "role", _) => Err(Reply::unsupported_operation()),
            _ => Err(Reply::unsupported_path()),
        }
    }
}

impl Config {
    fn read(call: &Call) -> Result<Self, Reply> {
        let fields = call.fields();
        let text = |name| fields.text(name).unwrap_or_default();
        let config = Self {
            issuer_url: text("oidc_discovery_url"),
            bound_issuer: text("bound_issuer"),
            default_role: text("default_role"),
            keys: pem_blocks(&fields.list("jwt_validation_pubkeys").unwrap_or_default()),
            jwks_url: text("jwks_url"),
            issuer_ca: fields.text("oidc_discovery_ca_pem").filter(|pem| !pem.is_empty()),
            jwks_ca: fields.text("jwks_ca_pem").filter(|pem| !pem.is_empty()),
            algorithms: fields.list("jwt_supported_algs").unwrap_or_default(),
        };
        let ways = [!config.issuer_url.is_empty(), !config.keys.is_empty(), !config.jwks_url.is_empty()];
        if ways.iter().filter(|way| **way).count() != 1 {
            let words = "exactly one of 'jwt_validation_pubkeys', 'jwks_url', 'jwks_pairs', 'oidc_discovery_url', or \
                         'provider_config' must be set";
            return Err(refused(words, unrecorded("jwt: configuration with no way, or two, to verify")));
        }
        if let Some(Err(why)) = &call.issuer {
            let basis = if why.starts_with("Get ") {
                recorded("jwt", "config with an issuer that answers nothing")
            } else {
                recorded("jwt", "config without the trailing slash of the issuer")
            };
            return Err(refused(format!("error checking oidc discovery URL: {why}"), basis));
        }
        if let Some(why) = config.keys.iter().find_map(|key| jwt::check_key(key).err()) {
            let words = format!("error parsing public key: {why}");
            return Err(refused(words, unrecorded("jwt: a key that is none")));
        }
        Ok(config)
    }

    /// All recordings are of a mount that names its issuer.
    fn basis(&self, recorded: Basis) -> Basis {
        if self.issuer_url.is_empty() { unrecorded("jwt: a mount without an issuer") } else { recorded }
    }

    fn shown(&self) -> Value {
        json!({
            "bound_issuer": self.bound_issuer,
            "default_role": self.default_role,
            "jwks_ca_pem": self.jwks_ca.as_deref().unwrap_or_default(),
            "jwks_url": self.jwks_url,
            "jwt_supported_algs": self.algorithms,
            "jwt_validation_pubkeys": self.keys,
            "namespace_in_state": true,
            "oidc_client_id": "",
            "oidc_discovery_ca_pem": self.issuer_ca.as_deref().unwrap_or_default(),
            "oidc_discovery_url": self.issuer_url,
            "oidc_response_mode": "",
            "oidc_response_types": [],
            "override_allowed_server_names": [],
            "provider_config": {},
        })
    }

    /// Where the keys are that sign, if they are not given.
    fn published(&self) -> Published<'_> {
        if self.issuer_url.is_empty() {
            Published::At { url: &self.jwks_url, ca: self.jwks_ca.as_deref() }
        } else {
            Published::By { issuer: &self.issuer_url, ca: self.issuer_ca.as_deref() }
        }
    }

    fn allows(&self, token: &str) -> bool {
        let used = jwt::algorithm(token).unwrap_or_default();
        if self.algorithms.is_empty() { used == "RS256" } else { self.algorithms.contains(&used) }
    }

    /// The claims of a token whose signature is right.
    fn verified(&self, token: &str, trust: &Trust) -> Result<Value, Reply> {
        let by_keys = !self.keys.is_empty();
        let wrong = |why: &str, basis| {
            refused(format!("error validating token: error verifying token signature: {why}"), basis)
        };
        if token.split('.').count() != 3 {
            let why = "go-jose/go-jose: compact JWS format must have three parts";
            return Err(if by_keys {
                wrong(why, unrecorded("jwt: not a jwt, where keys are given"))
            } else {
                wrong(&format!("oidc: malformed jwt: {why}"), recorded("jwt", "not a jwt"))
            });
        }
        if by_keys {
            if !self.keys.iter().any(|key| jwt::verify(key, token)) {
                let why = "no known key successfully validated the token signature";
                return Err(wrong(why, unrecorded("jwt: a broken signature, where keys are given")));
            }
        } else {
            let why = "failed to verify id token signature";
            match trust.accepts(self.published(), token) {
                // Who hands in a verifier says by it what is right, the algorithm included.
                Ok(true) if trust.verifier.is_none() && !self.allows(token) => {
                    let why = "invalid algorithm (alg) header parameter: token signed with unexpected algorithm";
                    let basis = unrecorded("jwt: an algorithm that the mount does not name");
                    return Err(refused(format!("error validating token: {why}"), basis));
                }
                Ok(true) => {}
                Ok(false) => return Err(wrong(why, recorded("jwt", "a broken signature"))),
                Err(_) => return Err(wrong(why, unrecorded("jwt: an issuer whose keys cannot be fetched"))),
            }
        }
        let unreadable = || wrong("claims are not JSON", unrecorded("jwt: claims that are not JSON"));
        jwt::claims(token).ok_or_else(unreadable)
    }
}

/// Keys come as a list, or as one text with commas or one key behind the other.
fn pem_blocks(texts: &[String]) -> Vec<String> {
    const END: &str = "-----END PUBLIC KEY-----";
    let block = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| if text.starts_with("-----") { format!("{text}\n{END}\n") } else { text.to_owned() })
    };
    texts.iter().flat_map(|text| text.split(END)).filter_map(block).collect()
}

impl Role {
    fn read(&mut self, call: &Call) -> Result<(), Reply> {
        let fields = call.fields();
        let text = |name: &str, before: &str| fields.text(name).unwrap_or_else(|| before.to_owned());
        self.kind = text("role_type", if self.kind.is_empty() { "oidc" } else { &self.kind });
        if !["jwt", "oidc"].contains(&self.kind.as_str()) {
            let words = format!("invalid 'role_type': {}", self.kind);
            return Err(refused(words, unrecorded("jwt: a role type that is none")));
        }
        self.user_claim = text("user_claim", &self.user_claim);
        self.groups_claim = text("groups_claim", &self.groups_claim);
        if let Some(mappings) = fields.get("claim_mappings").and_then(Value::as_object) {
            let pair = |(from, to): (&String, &Value)| Some((from.clone(), to.as_str()?.to_owned()));
            self.claim_mappings = mappings.iter().filter_map(pair).collect();
        }
        self.bounds.read(&fields);
        self.terms.read(&fields)?;
        if self.user_claim.is_empty() {
            let words = "a user claim must be defined on the role";
            return Err(refused(words, unrecorded("jwt: a role without a user claim")));
        }
        if self.kind == "jwt" && self.bounds.are_none() {
            let words = "must have at least one bound constraint when creating/updating a role";
            return Err(refused(words, recorded("jwt", "role without audiences")));
        }
        Ok(())
    }

    fn shown(&self) -> Value {
        let mut shown = self.terms.shown();
        // What was not given is null, not empty.
        let given = |empty: bool, value: Value| if empty { Value::Null } else { value };
        let bounds = &self.bounds;
        let own = json!({
            "allowed_redirect_uris": [],
            "bound_audiences": given(bounds.audiences.is_empty(), json!(bounds.audiences)),
            "bound_claims": given(bounds.claims.is_empty(), json!(bounds.claims)),
            "bound_claims_type": if bounds.glob { "glob" } else { "string" },
            "bound_subject": bounds.subject,
            "callback_mode": "client",
            "claim_mappings": given(self.claim_mappings.is_empty(), json!(self.claim_mappings)),
            "clock_skew_leeway": 0,
            "expiration_leeway": 0,
            "groups_claim": self.groups_claim,
            "max_age": 0,
            "not_before_leeway": 0,
            "oidc_scopes": [],
            "role_type": self.kind,
            "user_claim": self.user_claim,
            "user_claim_json_pointer": false,
            "verbose_oidc_logging": false,
        });
        shown.extend(own.as_object().cloned().unwrap_or_default());
        Value::Object(shown)
    }
}
