//! Signing in, from outside: `login`, `logout` and `whoami`, with a provider that runs and a person at a terminal. What
//! becomes of it, with OpenBao and over time, is tested in `tests/tests/signing_in`.
#![cfg(unix)]

use std::{num::NonZero, thread, time::Duration};

use harmony_config_peers::oidc::Provider;
use rexpect::session::{Options, spawn_with_options};

use crate::world::{Run, World};

/// How long a person is waited for, and a program.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider, and the people who sign in there.
pub(crate) struct People(Provider);

impl People {
    pub(crate) fn new() -> Self {
        People(Provider::zitadel().unwrap())
    }

    /// The run, with the variables that make the chain: its project's manifest, if it has one, does not count.
    pub(crate) fn known_to(&self, run: Run) -> Run {
        run.env("HARMONY_CONFIG_MANIFEST", "")
            // It is not asked: nobody listens there.
            .env("OPENBAO_URL", "http://127.0.0.1:9")
            .env("HARMONY_SSO_URL", self.0.issuer())
            .env("HARMONY_SSO_CLIENT_ID", self.0.client_id())
    }

    /// A run at a terminal, while Anna approves what it asks for: its exit code, and the screen, with another address and
    /// code than those of this run.
    pub(crate) fn at_a_terminal(&self, run: Run) -> (i32, String) {
        let command = self.known_to(run).env("TERM", "xterm").env("NO_COLOR", "1").command();
        let options = Options::new().timeout_ms(u64::try_from(PATIENCE.as_millis()).ok());
        let mut session = spawn_with_options(command, options).unwrap();
        let code = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let pending = self.0.wait_for_pending(PATIENCE).unwrap();
                    self.0.approve(&pending.user_code, "anna").unwrap();
                    pending.user_code
                })
                .join()
                .unwrap()
        });
        let sent = session.exp_eof().unwrap();
        let size = |cells| NonZero::new(cells).unwrap();
        let mut screen = vt100::Parser::new(size(60), size(100), 0);
        screen.process(sent.as_bytes());
        let exit = match session.process().wait().unwrap() {
            rexpect::process::WaitStatus::Exited(_, exit) => exit,
            other => panic!("it ended by {other:?}"),
        };
        (exit, self.redacted(&screen.screen().contents(), &code))
    }

    /// A text of this provider as one of every provider.
    pub(crate) fn redacted(&self, text: &str, code: &str) -> String {
        let address = self.0.issuer();
        let host = address.trim_start_matches("http://");
        let port = host.split(':').next().unwrap();
        let text = text
            .replace(address, "https://sso.example.com")
            .replace(host, "sso.example.com")
            .replace(port, "sso.example.com");
        let text = if code.is_empty() { text } else { text.replace(code, "WDJB-MJHT") };
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// Anna is signed in in this world.
    pub(crate) fn sign_in(&self, world: &World) {
        let (code, screen) = self.at_a_terminal(world.run(["login"]));
        assert_eq!(code, 0, "{screen}");
    }
}

#[test]
fn without_an_identity_it_says_how_there_would_be_one() {
    let world = World::new();
    for command in ["login", "logout", "whoami"] {
        world.run([command]).done().fails(2, &["there is no identity", "HARMONY_SSO_URL"]);
        world.run([command, "zitadle"]).done().fails(2, &["there is no identity `zitadle`"]);
    }
}

#[test]
fn an_identity_that_was_misspelt_is_named() {
    let (world, people) = (World::new(), People::new());
    people.known_to(world.run(["login", "zitadle"])).done().fails(2, &["did you mean `zitadel`?"]);
}

#[test]
fn the_three_commands_have_their_shape_in_json() {
    let (world, people) = (World::new(), People::new());
    let whoami = || people.known_to(world.run(["whoami", "--json"])).done();
    assert_eq!(whoami().code, 4);
    let (code, screen) = people.at_a_terminal(world.run(["login", "--json"]));
    assert_eq!(code, 0, "{screen}");
    let document = screen.find('{').map(|at| &screen[at..]).unwrap_or_default();
    let mut login: serde_json::Value =
        serde_json::from_str(document).unwrap_or_else(|error| panic!("{error}: {screen}"));
    for name in ["expires", "signed-in-at"] {
        assert!(login["who"][name].is_string(), "{login}");
        login["who"][name] = name.to_uppercase().into();
    }
    insta::assert_snapshot!("login", format!("{login:#}"));
    let mut who = whoami().json();
    for name in ["expires", "signed-in-at", "issuer"] {
        assert!(who["who"][name].is_string(), "{who}");
        who["who"][name] = name.to_uppercase().into();
    }
    insta::assert_snapshot!("whoami", format!("{who:#}"));
    let mut out = people.known_to(world.run(["logout", "--json"])).done().json();
    assert!(out["done"].as_array().is_some_and(|done| !done.is_empty()), "{out}");
    out["done"] = "DONE".into();
    insta::assert_snapshot!("logout", format!("{out:#}"));
}
