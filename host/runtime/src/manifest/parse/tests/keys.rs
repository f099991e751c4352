use serde_json::json;

use super::*;

fn with(lines: &str) -> String {
    format!("version = 1\nchain = [\"env\", \"sqlite\", \"prompt\"]\n{lines}")
}

#[test]
fn a_key_has_a_chain_and_places_of_its_own() {
    let manifest = read(&with(
        "[key.\"*Auth\"]\nchain = [\"env\", \"local-file\"]\n[key.\"Firewall@fw-a\"]\nref.env.tls.key = \"TLS\"\nref.local-file = \"fw.json#a\"",
    ))
    .unwrap();
    let [auth, firewall] = manifest.keys.as_slice() else { panic!("{:?}", manifest.keys) };
    assert_eq!(auth.chain.as_deref().unwrap(), ["env", "local-file"]);
    assert_eq!(
        (firewall.refs["env"][0].field.join("."), firewall.refs["env"][0].at.as_str()),
        ("tls.key".to_owned(), "TLS")
    );
    assert_eq!(firewall.refs["local-file"][0].field, Vec::<String>::new());
    assert_eq!(firewall.refs["env"][0].place.line, 6);
    assert!(manifest.sources.contains_key("local-file"), "a source that only the chain of a key names is there");
    assert!(manifest.warnings.is_empty());
}

#[test]
fn what_is_wrong_with_a_key_is_marked() {
    refused(&with("[key.\"a/b\"]\nchain = [\"env\"]"), ":3:6", &["'/'"]);
    refused(&with("[key.\"a/*\"]\nchain = [\"env\"]"), ":3:6", &["no pattern of keys", "*Auth"]);
    refused(&with("[key.PROFILE]\nchain = [\"env\"]"), ":3:6", &["reserved"]);
    refused(&with("[key.A]\nchain = [\"evn\"]"), ":4:10", &["did you mean `env`?"]);
    refused(&with("[key.A]\nchain = []"), ":4:9", &["is empty"]);
    refused(&with("[key.A]\nchain = [\"env\", \"env\"]"), ":4:17", &["named twice"]);
    refused(&with("[key.A]\nref.evn = \"X\""), ":4:5", &["did you mean `env`?"]);
    refused(&with("[key.A]\nref.env = 7"), ":4:11", &["no place"]);
    refused(&with("[key.A]\nref.prompt = \"X\""), ":4:5", &["knows no `ref`", "env", "local-file"]);
    refused(&with("[key.A]\nrefs.env = \"X\""), ":4:1", &["did you mean `ref`?"]);
}

#[test]
fn defaults_keep_their_places() {
    let manifest =
        read(&with("[value.AppConfig]\nport = 8080\ntls = { cert = \"c\" }\n[value]\nGreeting = \"hi\"")).unwrap();
    assert_eq!(manifest.values["AppConfig"].value, json!({ "port": 8080, "tls": { "cert": "c" } }));
    assert_eq!(manifest.values["Greeting"].value, json!("hi"));
    assert_eq!(manifest.values["AppConfig"].places[&vec!["tls".to_owned(), "cert".to_owned()]].line, 5);
    refused(&with("[value.HOME]\na = 1"), ":3:8", &["reserved"]);
    refused(&with("[value.\"a b\"]\na = 1"), ":3:8", &["' '"]);
}

#[test]
fn the_manifests_own_defaults_are_no_source_to_be_named() {
    refused("version = 1\nchain = [\"env\", \"value\"]", ":2:17", &["below every source", "leave it out"]);
    refused(&with("[source.value]\nplugin = \"builtin:env\""), ":3:9", &["the manifest's own defaults"]);
}

const CREDENTIAL: &str =
    "version = 1\nchain = [\"x\"]\n[source.x]\nplugin = \"builtin:local-file\"\nsettings.read-only = ";

#[test]
fn a_setting_may_be_another_sources() {
    let manifest = read(&format!("{CREDENTIAL}{{ from = \"sqlite\", key = \"Dir@a\", field = \"path\" }}")).unwrap();
    let [credential] = manifest.sources["x"].credentials.as_slice() else { panic!("{manifest:?}") };
    assert_eq!((credential.source.as_str(), credential.key.as_str()), ("sqlite", "Dir@a"));
    assert_eq!(
        (credential.setting.as_slice(), credential.field.as_deref()),
        (&["read-only".to_owned()][..], Some("path"))
    );
    assert_eq!(credential.place.line, 5);
    assert!(!manifest.sources["x"].settings.contains_key("read-only"));
    assert!(manifest.sources.contains_key("sqlite"), "it need not be in the chain");
    let line = manifest.lines.iter().find(|line| line.path.contains(&"read-only".to_owned())).unwrap();
    assert_eq!(line.value, json!({ "field": "path", "from": "sqlite", "key": "Dir@a" }));
}

#[test]
fn what_is_wrong_with_a_credential_is_marked() {
    let wrong = |credential: &str, words: &[&str]| refused(&format!("{CREDENTIAL}{credential}"), ":5:", words);
    wrong("{ from = \"sqlit\", key = \"A\" }", &["did you mean `sqlite`?"]);
    wrong("{ from = \"sqlite\" }", &["which key"]);
    wrong("{ from = \"sqlite\", kye = \"A\" }", &["did you mean `key`?"]);
    wrong("{ from = \"sqlite\", key = 7 }", &["should be a text"]);
    wrong("{ from = \"sqlite\", key = \"a/b\" }", &["'/'"]);
    wrong("{ from = \"prompt\", key = \"A\" }", &["asks a person"]);
    refused(
        "version = 1\nchain = [\"x\"]\n[source.x]\nplugin = \"builtin:sqlite\"\nsettings.path = { from = \"local-file\", key = \"A\" }",
        ":5:",
        &["the host opens `path` itself"],
    );
    wrong("{ from = \"x\", key = \"A\" }", &["cannot have its own credential"]);
}

#[test]
fn a_circle_of_credentials_is_an_error_and_so_is_a_chain_of_them() {
    let source = |name: &str, from: &str| {
        format!(
            "[source.{name}]\nplugin = \"builtin:local-file\"\nsettings.read-only = {{ from = \"{from}\", key = \"D\" }}\n"
        )
    };
    let circle = format!("version = 1\nchain = [\"a\"]\n{}{}", source("a", "b"), source("b", "a"));
    refused(&circle, ":5:", &["source `b` needs a credential itself, from `a`"]);
    let chain = format!("version = 1\nchain = [\"a\"]\n{}{}", source("a", "b"), source("b", "sqlite"));
    refused(&chain, ":5:", &["source `b` needs a credential itself"]);
}

#[test]
fn a_plugin_in_a_file_has_a_path_and_a_digest() {
    let plugin = |said: &str| format!("version = 1\nchain = [\"x\"]\n[source.x]\nplugin = {said}");
    let digest = "Ab".repeat(32);
    let manifest = read(&plugin(&format!("{{ path = \"p/x.wasm\", sha256 = \"{digest}\" }}"))).unwrap();
    let ManifestPlugin::File { path, sha256, place } = &manifest.sources["x"].plugin else { panic!("{manifest:?}") };
    assert_eq!(
        (path.as_path(), sha256.as_str(), place.line),
        (Path::new("p/x.wasm"), digest.to_lowercase().as_str(), 4)
    );
    refused(&plugin("{ path = \"x\" }"), ":4:10", &["no `sha256`"]);
    refused(&plugin("{ path = \"x\", sha256 = \"abc\" }"), ":4:", &["64 hexadecimal digits", "sha256sum x"]);
    refused(&plugin("{ path = \"x\", sha25 = \"abc\" }"), ":4:", &["did you mean `sha256`?"]);
    refused(&plugin("7"), ":4:10", &["names no plugin"]);
}
