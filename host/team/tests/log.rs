//! What is logged while a server is set up. By itself, in a process of its own: other tests at the same time would say what is
//! listened to.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use harmony_config_core::Secret;
use harmony_config_peers::{Kind, Peer};
use harmony_config_team::{Access, Client, Credential, Passwords, Plan, Principal, Server, Wanted};

#[tokio::test]
async fn nothing_that_is_logged_holds_a_secret_and_absence_is_no_error() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let listening = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());

    let peer = Peer::any(Kind::Dev).unwrap();
    let client = Client::new(&Server::at(&peer.address()), &Secret::new(peer.root_token().to_owned())).unwrap();
    let mut wanted = Wanted::new(["my-project"]);
    wanted.users.push(Principal::new("anna", Access::Write));
    wanted.approles.push(Principal::new("ci", Access::Read));
    let plan = Plan::of(&client, &wanted).await.unwrap();
    let applied = plan.apply(&client, &Passwords::Generate).await.unwrap();
    assert!(applied.failed.is_none(), "{applied:?}");
    drop(listening);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("PUT sys/policies/acl/harmony-my-project-read"), "it is heard at all: {log}");
    assert!(!log.contains("ERROR"), "{log}");
    let mut secrets = vec![peer.root_token().to_owned()];
    for credential in &applied.credentials {
        secrets.push(match credential {
            Credential::Password { password, .. } => password.expose().clone(),
            Credential::SecretId { secret_id, .. } => secret_id.expose().clone(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(secrets.len(), 3);
    assert!(secrets.iter().all(|secret| !log.contains(secret)), "{log}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    #[allow(clippy::unwrap_used, reason = "a test that fails says so by panicking")]
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
