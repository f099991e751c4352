//! What the two plugins cannot do, and where no token may be.

use std::fs;

use harmony_config_peers::scripted::{Reply, Scripted};
use harmony_config_tests::files_below;
use serde_json::json;

use crate::team::Team;

/// A signed token begins like this, wherever it is put down.
const JWT: &str = "eyJ";

/// The issuer is somebody who would have the plugin send what it has to the team's store.
#[test]
fn the_identitys_plugin_reaches_its_issuer_and_not_the_store() {
    let mut team = Team::new();
    let store = team.store.address();
    let issuer = Scripted::new(move |asked| {
        let at = format!("http://{}", asked.header("host").unwrap_or_default());
        if asked.path == "/keys" {
            return Reply::text(200, "application/json", r#"{"keys":[]}"#);
        }
        let document = json!({
            "issuer": at,
            "authorization_endpoint": format!("{at}/authorize"),
            "token_endpoint": format!("{store}/v1/auth/token"),
            "device_authorization_endpoint": format!("{store}/v1/sys/health"),
            "jwks_uri": format!("{at}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        Reply::text(200, "application/json", &document.to_string())
    });
    let issuer = issuer.unwrap();
    team.machine.set("HARMONY_SSO_URL", issuer.address());
    let seen = || team.store.as_stand_in().map(|stand_in| stand_in.requests().len());
    let before = seen();
    let mut terminal = team.sit_down(&["login"]);
    let ended = terminal.end();
    assert_eq!(ended.code, 5, "{}", terminal.text());
    let said = terminal.text().replace('\n', "");
    assert!(said.contains(&team.store.address()), "it says where it was not let: {said}");
    assert!(!issuer.requests().is_empty());
    assert_eq!(seen(), before, "nothing arrived at the store");
}

#[test]
fn no_token_is_in_a_log_an_error_a_file_or_a_list_of_processes() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    team.tokens_are_short();
    team.log_in();
    let loud = team.cli(&["-vvv", "get", "AppConfig"]).well();
    team.only_a_session_is_left();
    let started = team.started(&["-vvv", "get", "AppConfig"]);
    let listed: String = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect();
    let refreshed = crate::world::finish(started).well();
    assert_eq!(team.provider.refreshes().unwrap(), 1);
    team.provider.end_sessions("anna").unwrap();
    let refused = team.cli(&["-vvv", "logout"]);
    for (what, text) in [
        ("a loud run", format!("{loud:?}")),
        ("a refresh", format!("{refreshed:?}")),
        ("the processes", listed),
        ("a sign-out", format!("{refused:?}")),
    ] {
        assert!(!text.contains(JWT), "a token in {what}: {text}");
    }
    assert!(loud.err.contains("debug:"), "it was loud: {loud:#?}");
    let mut looked_at = 0;
    for file in files_below(&team.machine.home()).unwrap() {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(JWT) && !text.contains("refresh"), "a token in {}", file.display());
        looked_at += 1;
    }
    assert!(looked_at > 2, "nothing was kept");
}
