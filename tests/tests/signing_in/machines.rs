//! Machines: a key in a file, and nobody to be asked.

use std::fs;

use serde_json::json;

use crate::team::Team;

#[test]
fn a_machine_signs_in_with_its_key_and_asks_nobody() {
    let team = Team::new();
    team.keep("AppConfig", &json!({ "port": 4711, "tags": [] }));
    let key = team.provider.machine("ci", &["developer"]).unwrap();
    fs::write(team.machine.project().join("key.json"), serde_json::to_string(&key).unwrap()).unwrap();
    team.machine.manifest(&format!(
        "version = 1\nnamespace = \"harmony\"\nchain = [\"env\", \"openbao\", \"sqlite\"]\n\
         [source.openbao.settings]\naddress = \"{}\"\nauth = [{{ method = \"jwt\", identity = \"zitadel\" }}]\n\
         [source.zitadel.settings]\nissuer = \"{}\"\nclient-id = \"{}\"\nkey-file = \"key.json\"\n",
        team.store.address(),
        team.provider.issuer(),
        team.provider.client_id(),
    ));
    team.cli(&["get", "AppConfig"]).badly(5, &["trust"]);
    let reach = team.cli(&["trust", "--print"]).well().out;
    assert!(reach.contains("hand tokens of `zitadel` to `openbao`"), "{reach}");
    let id = reach.lines().next().unwrap().to_owned();
    team.cli(&["trust", "--yes", &id]).well();
    assert_eq!(team.cli(&["get", "AppConfig.port"]).well().out, "4711\n");
}
