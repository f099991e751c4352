//! Machines: a key in a file, and nobody to be asked.

use std::fs;

use serde_json::json;

use crate::team::Team;

#[test]
fn a_machine_signs_in_with_its_key_and_asks_nobody() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    // A machine's token is for a project: it is no client.
    team.admin().jwt_role("machine", "42", &["harmony-harmony-read"]).unwrap();
    let key = team.provider.machine("ci", &["developer"]).unwrap();
    let file = json!({ "type": "serviceaccount", "keyId": key.key_id, "key": key.key, "userId": key.user_id });
    fs::write(team.machine.project().join("key.json"), file.to_string()).unwrap();
    team.machine.manifest(&format!(
        "version = 1\nnamespace = \"harmony\"\nchain = [\"env\", \"openbao\", \"sqlite\"]\n\
         [source.openbao.settings]\naddress = \"{}\"\nauth = [{{ method = \"jwt\", role = \"machine\", identity = \"zitadel\", audience = \"42\" }}]\n\
         [source.zitadel.settings]\nissuer = \"{}\"\nproject-id = \"42\"\nkey-file = \"key.json\"\n",
        team.store.address(),
        team.provider.issuer(),
    ));
    team.cli(&["get", "AppConfig"]).badly(5, &["trust"]);
    let reach = team.cli(&["trust", "--print"]).well().out;
    assert!(reach.contains("hand tokens of `zitadel` for `42` to `openbao`"), "{reach}");
    let id = reach.lines().next().unwrap().to_owned();
    team.cli(&["trust", "--yes", &id]).well();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
}
