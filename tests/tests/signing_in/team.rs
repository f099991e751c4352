//! A team: who signs its people in, where its values are, and the machine of one of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use harmony_config_peers::{Admin, Kind, Peer, oidc::Provider};
use serde_json::{Value, json};

use crate::{
    terminal::Terminal,
    world::{Done, Started, World, cli, finish, start},
};

/// How long anything may take that somebody else has to do first.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Team {
    pub(crate) provider: Provider,
    pub(crate) store: Peer,
    pub(crate) machine: World,
}

impl Team {
    /// Set up by `team init`, and one machine on which nobody ever signed in.
    pub(crate) fn new() -> Self {
        Team::of(Provider::zitadel().unwrap())
    }

    pub(crate) fn of(provider: Provider) -> Self {
        let store = Peer::any(Kind::Dev).unwrap();
        let machine = World::new()
            .with("OPENBAO_URL", store.address())
            .with("HARMONY_SSO_URL", provider.issuer())
            .with("HARMONY_SSO_CLIENT_ID", provider.client_id());
        let team = Team { provider, store, machine };
        team.set_up(&[]);
        team
    }

    pub(crate) fn set_up(&self, more: &[&str]) {
        let (issuer, client) = (self.provider.issuer(), self.provider.client_id());
        let arguments = ["-n", "harmony", "team", "init", "--oidc-discovery-url", issuer, "--client-id", client];
        let mut command = self.machine.command(cli(), &[&arguments, more].concat());
        command.env("OPENBAO_TOKEN", self.store.root_token());
        finish(start(command, b"")).well();
    }

    pub(crate) fn admin(&self) -> &Admin {
        self.store.admin()
    }

    /// Keeps a value as Harmony does.
    pub(crate) fn keep(&self, key: &str, value: &Value) {
        let data = json!({ "value": value.to_string() });
        self.admin().write_kv("secret", &format!("harmony/{key}"), &data).unwrap();
    }

    /// How long OpenBao's tokens last that a sign-in brings from here on.
    pub(crate) fn tokens_last(&self, time: &str) {
        let path = "auth/jwt/role/harmony-developer";
        let mut role = self.admin().must("GET", path, &Value::Null).unwrap()["data"].take();
        for name in ["token_ttl", "token_max_ttl"] {
            role[name] = time.into();
        }
        self.admin().must("POST", path, &role).unwrap();
    }

    /// A command where there is no terminal, to be started.
    pub(crate) fn started(&self, arguments: &[&str]) -> Started {
        start(self.machine.command(cli(), arguments), b"")
    }

    pub(crate) fn cli(&self, arguments: &[&str]) -> Done {
        finish(self.started(arguments))
    }

    /// The command line at a terminal.
    pub(crate) fn sit_down(&self, arguments: &[&str]) -> Terminal {
        self.machine.terminal(60, 100, &cli(), arguments)
    }

    /// Anna signs in, by the command that is made for it.
    pub(crate) fn log_in(&self) {
        let mut terminal = self.sit_down(&["login"]);
        self.approve("anna");
        terminal.see("signed in at `zitadel` as").ends_well();
    }

    /// Somebody approves the login that waits, elsewhere.
    pub(crate) fn approve(&self, user: &str) {
        let pending = self.provider.wait_for_pending(PATIENCE).unwrap();
        self.provider.approve(&pending.user_code, user).unwrap();
    }

    /// What is left after the tokens that are there have ended: a session at the provider.
    pub(crate) fn only_a_session_is_left(&self) {
        self.provider.set(harmony_config_peers::oidc::Setting::IdTokensLive(Duration::from_secs(3600))).unwrap();
        self.tokens_last("1h");
        thread::sleep(Duration::from_secs(3));
        self.provider.forget_requests().unwrap();
    }

    /// Tokens of a sign-in from here on are good for a moment: OpenBao's, and the one of the provider.
    pub(crate) fn tokens_are_short(&self) {
        self.provider.set(harmony_config_peers::oidc::Setting::IdTokensLive(Duration::from_secs(62))).unwrap();
        self.tokens_last("1s");
    }

    /// Signed in, with a value in the store, and every token at its end.
    pub(crate) fn with_a_session_alone() -> Self {
        let team = Team::new();
        team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
        team.tokens_are_short();
        team.log_in();
        assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
        team.only_a_session_is_left();
        team
    }
}

/// The address and the code on the screen.
pub(crate) fn on_the_screen(terminal: &mut Terminal) -> (String, String) {
    terminal.see("Waiting until you confirm");
    let rows = terminal.rows();
    let after = |words: &str| {
        let row = rows.iter().find_map(|row| row.trim_start().strip_prefix(words));
        row.unwrap_or_else(|| panic!("no `{words}` in {rows:#?}")).trim().to_owned()
    };
    (after("open "), after("code "))
}

/// It comes true, in time.
#[track_caller]
pub(crate) fn soon(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(Duration::from_millis(20));
    }
}
