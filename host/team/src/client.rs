//! Speaks with a server, and makes of each answer what it means: absent, refused, sealed. Which questions are asked is
//! `found`'s and `apply`'s.

use harmony_config_core::Secret;
use rustify::{Endpoint, clients::reqwest::Client as Http};
use serde_json::{Value, json};
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};
use vaultrs::{
    api::{self, EndpointMiddleware},
    client::{VaultClient, VaultClientSettingsBuilder},
    error::ClientError,
};

use crate::{
    Error, Server,
    call::Call,
    error::Missing,
    fault::{self, Answered},
    server,
};

/// A client of one server, with one token.
pub struct Client {
    vault: VaultClient,
    /// The same without token and namespace, for what the server tells everybody.
    anybody: VaultClient,
    address: String,
    namespace: Option<String>,
}

impl Client {
    /// A client of this server. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Usage`] where the address, the certificates or the token cannot be used.
    pub fn new(server: &Server, token: &Secret<String>) -> Result<Self, Error> {
        let url = server.url()?;
        let namespace = server.namespace_checked()?.map(str::to_owned);
        let token = token.expose_str().trim();
        // It becomes a header.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::usage(
                "the token is empty, or holds what no token holds",
                "give it as OPENBAO_TOKEN or on standard input, one line with nothing else",
            ));
        }
        let http = server.http(&url)?;
        let client = |token: &str, namespace: Option<String>| {
            // Every setting is given: what is not would be read from the environment.
            let settings = VaultClientSettingsBuilder::default()
                .address(url.as_str())
                .ca_certs(Vec::new())
                .identity(None)
                .timeout(None)
                .token("")
                .verify(true)
                .build()
                .map_err(|error| Error::usage(format!("no client can be made: {error}"), "see the address"))?;
            let middle =
                EndpointMiddleware { token: token.to_owned(), version: "v1".to_owned(), wrap: None, namespace };
            Ok(VaultClient { http: Http::new(url.as_str(), http.clone()), middle, settings })
        };
        Ok(Client {
            vault: client(token, namespace.clone())?,
            anybody: client("", None)?,
            address: server::shown(&url),
            namespace,
        })
    }

    /// The address, as it stands in messages.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The namespace of OpenBao's own.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether the server can be asked at all.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Certificate`], [`Error::Uninitialised`], [`Error::Sealed`].
    pub async fn ready(&self) -> Result<(), Error> {
        let call = Call::get("sys/seal-status");
        let status = quietly(api::exec_with_no_result(&self.anybody, call.clone())).await;
        let status: Value = status.map_err(|error| match self.answered(&call, error) {
            Answered::Failed(error) => error,
            _ => Error::NotOpenBao { address: self.address.clone(), why: "it knows no seal".to_owned() },
        })?;
        match (status.get("initialized").and_then(Value::as_bool), status.get("sealed").and_then(Value::as_bool)) {
            (Some(false), _) => Err(Error::Uninitialised { address: self.address.clone() }),
            (_, Some(true)) => Err(Error::Sealed { address: self.address.clone() }),
            (_, Some(false)) => Ok(()),
            _ => Err(Error::NotOpenBao { address: self.address.clone(), why: "it says nothing of a seal".to_owned() }),
        }
    }

    /// What is at a path. Absent is none.
    pub(crate) async fn read(&self, path: &str) -> Result<Option<Value>, Error> {
        self.ask(Call::get(path), "read").await
    }

    /// The names below a path.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<String>, Error> {
        let found = self.ask(Call::list(path), "list").await?;
        let keys = found.as_ref().and_then(|found| found.get("keys")).and_then(Value::as_array);
        Ok(keys.into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect())
    }

    async fn ask(&self, call: Call, capability: &'static str) -> Result<Option<Value>, Error> {
        match quietly(api::exec_with_result(&self.vault, call.clone())).await {
            Ok(data) => Ok(Some(data)),
            Err(ClientError::ResponseDataEmptyError) => Ok(None),
            Err(error) => match self.answered(&call, error) {
                Answered::Absent => Ok(None),
                Answered::Forbidden => Err(self.denied(&call, vec![capability]).await),
                Answered::Failed(error) => Err(error),
            },
        }
    }

    /// Sends a request that changes something, and answers with the data of the response, if it has any. `needs` are the
    /// capabilities that it needs.
    pub(crate) async fn send(&self, call: &Call, needs: &[&'static str]) -> Result<Option<Value>, Error> {
        tracing::debug!("{call}");
        let sent = quietly(async {
            let response = call.clone().with_middleware(&self.vault.middle).exec(&self.vault.http).await?;
            Ok::<Vec<u8>, ClientError>(response.raw())
        });
        match sent.await {
            Ok(bytes) if bytes.is_empty() => Ok(None),
            Ok(bytes) => {
                let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
                Ok(answer.as_ref().and_then(|answer| answer.get("data")).filter(|data| !data.is_null()).cloned())
            }
            Err(error) => match self.answered(call, error) {
                Answered::Forbidden => Err(self.denied(call, needs.to_vec()).await),
                Answered::Failed(error) => Err(error),
                Answered::Absent => Err(Error::Refused {
                    method: call.method(),
                    path: call.path().to_owned(),
                    status: 404,
                    said: String::new(),
                }),
            },
        }
    }

    /// What the token may do at each of these paths; none where the server does not tell.
    pub(crate) async fn capabilities(&self, paths: &[String]) -> Result<Option<Value>, Error> {
        let call = Call::post("sys/capabilities-self", json!({ "paths": paths }));
        match quietly(api::exec_with_result(&self.vault, call.clone())).await {
            Ok(data) => Ok(Some(data)),
            Err(error) => match self.answered(&call, error) {
                Answered::Failed(error @ (Error::Unreachable { .. } | Error::Sealed { .. })) => Err(error),
                _ => Ok(None),
            },
        }
    }

    /// Why something is forbidden: the server has the same words for a token that it does not know and for one whose
    /// policies do not reach.
    async fn denied(&self, call: &Call, capabilities: Vec<&'static str>) -> Error {
        let who = Call::get("auth/token/lookup-self");
        let known = quietly(api::exec_with_result(&self.vault, who.clone())).await;
        match known.map_err(|error| self.answered(&who, error)) {
            Err(Answered::Forbidden) => Error::Token { address: self.address.clone() },
            _ => Error::Denied(vec![Missing { capabilities, path: call.path().to_owned() }]),
        }
    }

    fn answered(&self, call: &Call, error: ClientError) -> Answered {
        fault::read(&self.address, self.namespace.as_deref(), call, error)
    }
}

/// Shows nothing of the token.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// The libraries below log every refusal as an error, absence too. What an answer means is said here, once.
async fn quietly<F: Future>(future: F) -> F::Output {
    future.with_subscriber(NoSubscriber::default()).await
}
