//! A server to set up, and what somebody sees who signs in there: a real one where there is one, else the stand-in.

use std::{sync::Arc, time::Duration};

use harmony_config_core::Secret;
use harmony_config_peers::{
    Kind, Peer,
    jwt::Signer,
    stand_in::{Options, StandIn, Start},
};
use harmony_config_team::{Access, Applied, Client, Credential, Error, Passwords, Plan, Principal, Server, Wanted};
use serde_json::{Value, json};
use vaultrs::{
    client::{VaultClient, VaultClientSettingsBuilder},
    error::ClientError,
};

use crate::tap::Tap;

/// A server, as it is after `bao operator init` and `unseal`, and somebody who listens before it.
pub(crate) struct World {
    runs: Runs,
    pub(crate) tap: Tap,
    pub(crate) root_token: String,
    pub(crate) signer: Arc<Signer>,
}

enum Runs {
    Real(Peer),
    StandIn(Box<StandIn>),
}

impl World {
    pub(crate) async fn new() -> Self {
        World::of(Kind::Initialised).await
    }

    pub(crate) async fn of(kind: Kind) -> Self {
        let peer = Peer::any(kind).unwrap();
        if peer.is_real() {
            let (socket, root_token) = (peer.socket(), peer.root_token().to_owned());
            let signer = Arc::new(Signer::new().unwrap());
            return World { runs: Runs::Real(peer), tap: Tap::before(socket).await, root_token, signer };
        }
        World::stand_in(if kind == Kind::Dev { Start::Dev } else { Start::Initialised }).await
    }

    /// The stand-in, which is told here what the provider signs with, instead of fetching its keys.
    pub(crate) async fn stand_in(start: Start) -> Self {
        let signer = Arc::new(Signer::new().unwrap());
        let options = Options { start, verifier: Some(signer.verifier()), ..Options::default() };
        let server = StandIn::with(options).unwrap();
        let (socket, root_token) = (server.socket(), server.root_token().to_owned());
        World { runs: Runs::StandIn(Box::new(server)), tap: Tap::before(socket).await, root_token, signer }
    }

    /// Which server it was, and what a stand-in's answers rest on.
    pub(crate) fn which(&self) -> String {
        match &self.runs {
            Runs::Real(peer) => peer.which(),
            Runs::StandIn(server) => format!("stand-in, {}", server.report()),
        }
    }

    /// As the one who sets it up, with the root token.
    pub(crate) fn client(&self) -> Client {
        self.client_with(&self.root_token)
    }

    pub(crate) fn client_with(&self, token: &str) -> Client {
        Client::new(&self.at(), &Secret::new(token.to_owned())).unwrap()
    }

    pub(crate) fn at(&self) -> Server {
        Server::at(&self.tap.address)
    }

    /// Makes it so, with passwords that are made.
    pub(crate) async fn set_up(&self, wanted: &Wanted) -> Applied {
        let client = self.client();
        let plan = Plan::of(&client, wanted).await.unwrap();
        let applied = plan.apply(&client, &Passwords::Generate).await.unwrap();
        assert!(applied.failed.is_none(), "{applied:?}");
        self.wait_for(&wanted.kv_mount).await;
        applied
    }

    /// A real server gets a new mount of version 2 ready in the background.
    async fn wait_for(&self, mount: &str) {
        for _ in 0..200 {
            if self.try_by_hand("GET", &format!("{mount}/config"), json!({})).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the mount {mount} does not become ready");
    }

    /// Why it cannot be looked at, or made so.
    pub(crate) async fn refusal(&self, client: &Client, wanted: &Wanted) -> Error {
        match Plan::of(client, wanted).await {
            Err(error) => error,
            Ok(plan) => plan.apply(client, &Passwords::Generate).await.unwrap_err(),
        }
    }

    /// Asks the server for something by hand, as an administrator does.
    #[track_caller]
    pub(crate) fn by_hand(&self, method: &str, path: &str, body: Value) -> impl Future<Output = Value> {
        let asked = self.try_by_hand(method, path, body);
        let (method, path) = (method.to_owned(), path.to_owned());
        async move { asked.await.unwrap_or_else(|status| panic!("{method} {path}: {status}")) }
    }

    fn try_by_hand(&self, method: &str, path: &str, body: Value) -> impl Future<Output = Result<Value, u16>> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let request = client
            .request(method, format!("{}/v1/{path}", self.tap.server))
            .header("X-Vault-Token", &self.root_token)
            .header("content-type", "application/json")
            .body(body.to_string());
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
            if status.is_success() { Ok(body) } else { Err(status.as_u16()) }
        }
    }

    /// A client that has signed in; or why it could not.
    pub(crate) async fn signed_in(&self, how: SignIn<'_>) -> Result<Teammate, ClientError> {
        let nobody = self.vault("");
        let auth = match how {
            SignIn::Password(user, password) => {
                vaultrs::auth::userpass::login(&nobody, "userpass", user, password).await?
            }
            SignIn::SecretId(role_id, secret_id) => {
                vaultrs::auth::approle::login(&nobody, "approle", role_id, secret_id).await?
            }
            SignIn::Jwt(role, jwt) => vaultrs::auth::oidc::login(&nobody, "jwt", jwt, Some(role.to_owned())).await?,
        };
        Ok(Teammate(self.vault(&auth.client_token)))
    }

    fn vault(&self, token: &str) -> VaultClient {
        let mut settings = VaultClientSettingsBuilder::default();
        settings.address(&self.tap.server).token(token);
        VaultClient::new(settings.build().unwrap()).unwrap()
    }
}

/// How somebody signs in.
#[derive(Clone, Copy)]
pub(crate) enum SignIn<'a> {
    Password(&'a str, &'a str),
    SecretId(&'a str, &'a str),
    Jwt(&'a str, &'a str),
}

/// Somebody who is signed in.
pub(crate) struct Teammate(VaultClient);

impl Teammate {
    /// What may be done with the values of a namespace: reading and listing, and writing.
    pub(crate) async fn access(&self, namespace: &str) -> (bool, bool) {
        let key = format!("{namespace}/AppConfig");
        let mut read = self.allowed(vaultrs::kv2::read::<Value>(&self.0, "secret", &key).await);
        read &= self.allowed(vaultrs::kv2::list(&self.0, "secret", namespace).await);
        let value = json!({ "value": "{\"port\":1}" });
        let mut written = self.allowed(vaultrs::kv2::set(&self.0, "secret", &key, &value).await);
        written &= self.allowed(vaultrs::kv2::delete_latest(&self.0, "secret", &key).await);
        written &= self.allowed(vaultrs::kv2::undelete_versions(&self.0, "secret", &key, vec![1]).await);
        (read, written)
    }

    /// That nothing is there is leave to look.
    fn allowed<T>(&self, result: Result<T, ClientError>) -> bool {
        match result {
            Ok(_) | Err(ClientError::APIError { code: 404, .. }) => true,
            Err(ClientError::APIError { code: 403, .. }) => false,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Two people and a machine of the project `my-project`.
pub(crate) fn team() -> Wanted {
    let mut wanted = Wanted::new(["my-project"]);
    wanted.users.push(Principal::new("anna", Access::Write));
    wanted.users.push(Principal::new("bert", Access::Read));
    wanted.approles.push(Principal::new("ci", Access::Read));
    wanted
}

pub(crate) fn password_of<'a>(applied: &'a Applied, name: &str) -> &'a str {
    let found = applied.credentials.iter().find_map(|credential| match credential {
        Credential::Password { user, password } if user == name => Some(password.expose_str()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no password of {name}"))
}

pub(crate) fn secret_id_of<'a>(applied: &'a Applied, name: &str) -> (&'a str, &'a str) {
    let found = applied.credentials.iter().find_map(|credential| match credential {
        Credential::SecretId { role, role_id, secret_id } if role == name => {
            Some((role_id.as_str(), secret_id.expose_str()))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no secret id of {name}"))
}
