//! What the issuer says of itself, and the keys that it signs with. An instance remembers both for a while: they change
//! seldom, and a key that is not known is looked for again.

use std::{cell::RefCell, rc::Rc, time::Duration};

use harmony_config_sdk::Failure;
use openidconnect::{
    AdditionalProviderMetadata, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
        CoreResponseType, CoreSubjectIdentifierType,
    },
    url::Url,
};
use serde::{Deserialize, Serialize};

use crate::{call::Call, trouble::Deed, world::World};

/// How long an instance remembers it.
const REMEMBERED: Duration = Duration::from_secs(600);

/// What the issuer says of itself.
pub(crate) struct Provider {
    pub(crate) token: Option<Url>,
    pub(crate) device: Option<Url>,
    pub(crate) revocation: Option<Url>,
    /// Which grants it has; none where it does not say.
    grants: Option<Vec<CoreGrantType>>,
    keys_at: Url,
    keys: RefCell<Option<CoreJsonWebKeySet>>,
    since: Duration,
}

/// What the standard document lacks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Besides {
    #[serde(default)]
    device_authorization_endpoint: Option<String>,
    #[serde(default)]
    revocation_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for Besides {}

type Document = ProviderMetadata<
    Besides,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

impl Provider {
    /// Whether it says that it has the grant of devices; true where it says nothing.
    pub(crate) fn has_device_grant(&self) -> bool {
        self.grants.as_ref().is_none_or(|grants| grants.contains(&CoreGrantType::DeviceCode))
    }
}

impl<W: World> Call<'_, W> {
    /// What the issuer says of itself, with keys.
    pub(crate) fn provider(&self) -> Result<Rc<Provider>, Failure> {
        if let Some(provider) = self.store.provider.borrow().as_ref()
            && self.world.clock().saturating_sub(provider.since) < REMEMBERED
        {
            return Ok(Rc::clone(provider));
        }
        let provider = Rc::new(self.discover()?);
        self.fetch_keys(&provider)?;
        self.store.provider.replace(Some(Rc::clone(&provider)));
        Ok(provider)
    }

    /// The same, fresh, without keys.
    pub(crate) fn discover(&self) -> Result<Provider, Failure> {
        let well_known = self.issuer.well_known();
        let url = Url::parse(&well_known).map_err(|_| Failure::invalid("the setting `issuer` is no address"))?;
        let deed = Deed { doing: "reading its configuration", url: &url };
        let answer = self.get(&url).map_err(|fault| self.of_fault(fault, deed))?;
        if answer.status != 200 {
            return Err(self.of_answer(&answer, deed));
        }
        let document: Document = self.json(&answer, deed)?;
        if document.issuer() != &self.issuer.url {
            return Err(self.of_another_issuer(document.issuer().as_str()));
        }
        let endpoint = |name: &str, text: Option<&str>| {
            text.map(Url::parse).transpose().map_err(|_| {
                Failure::invalid(format!("the issuer {} says an `{name}` that is no address", self.issuer.as_str()))
                    .remedy(format!("see what it says at {well_known}"))
            })
        };
        let besides = document.additional_metadata();
        Ok(Provider {
            token: document.token_endpoint().map(|endpoint| endpoint.url().clone()),
            device: endpoint("device_authorization_endpoint", besides.device_authorization_endpoint.as_deref())?,
            revocation: endpoint("revocation_endpoint", besides.revocation_endpoint.as_deref())?,
            grants: document.grant_types_supported().cloned(),
            keys_at: document.jwks_uri().url().clone(),
            keys: RefCell::new(None),
            since: self.world.clock(),
        })
    }

    fn of_another_issuer(&self, said: &str) -> Failure {
        let ours = self.issuer.as_str();
        let said: String = said.chars().filter(|character| !character.is_control()).take(200).collect();
        let slash = match ours.trim_end_matches('/') == said.trim_end_matches('/') {
            true => ": they differ by the slash at the end",
            false => "",
        };
        Failure::invalid(format!("the issuer was given as `{ours}` and calls itself `{said}`{slash}")).remedy(format!(
            "give it as `{said}`, to the character: in HARMONY_SSO_URL or the setting `issuer`, and wherever its tokens \
             are checked"
        ))
    }

    /// The keys as they are now.
    pub(crate) fn fetch_keys(&self, provider: &Provider) -> Result<(), Failure> {
        let deed = Deed { doing: "reading its keys", url: &provider.keys_at };
        let answer = self.get(&provider.keys_at).map_err(|fault| self.of_fault(fault, deed))?;
        if answer.status != 200 {
            return Err(self.of_answer(&answer, deed));
        }
        let keys = self.json(&answer, deed)?;
        provider.keys.replace(Some(keys));
        Ok(())
    }

    /// The keys as they are known.
    pub(crate) fn keys(&self, provider: &Provider) -> CoreJsonWebKeySet {
        provider.keys.borrow().clone().unwrap_or_else(|| CoreJsonWebKeySet::new(Vec::new()))
    }

    pub(crate) fn token_endpoint<'p>(&self, provider: &'p Provider) -> Result<&'p Url, Failure> {
        provider.token.as_ref().ok_or_else(|| self.lacks("token_endpoint"))
    }

    pub(crate) fn device_endpoint<'p>(&self, provider: &'p Provider) -> Result<&'p Url, Failure> {
        provider.device.as_ref().ok_or_else(|| self.lacks("device_authorization_endpoint"))
    }

    fn lacks(&self, endpoint: &str) -> Failure {
        Failure::unsupported(format!(
            "nobody can sign in at the issuer {} from here: its configuration has no `{endpoint}`",
            self.issuer.as_str()
        ))
        .remedy(format!(
            "see {}: the issuer must offer device authorization (RFC 8628), as Zitadel does since version 2.33",
            self.issuer.well_known()
        ))
    }
}
