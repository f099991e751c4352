use super::*;

fn of(lines: &str) -> String {
    format!("version = 1\nchain = [\"openbao\"]\n[source.openbao]\n{lines}")
}

fn read_one(lines: &str) -> crate::ManifestSource {
    parse(&of(lines), Path::new("project/harmony-config.toml")).unwrap().sources["openbao"].clone()
}

#[test]
fn the_terms_of_tls_and_a_proxy_are_read() {
    let source = read_one(
        "tls = { ca-file = \"ca.pem\", server-name = \"bao.example.com\", skip-verify = true }\nproxy = \"http://Proxy:3128/\"",
    );
    assert_eq!(source.tls.ca_file.as_deref(), Some(Path::new("project/ca.pem")), "from the folder of the file");
    assert_eq!(source.tls.server_name.as_deref(), Some("bao.example.com"));
    assert!(source.tls.skip_verify);
    assert_eq!(source.proxy.as_deref(), Some("http://proxy:3128"));
    assert_eq!(read_one("tls.ca-file = \"~/ca.pem\"").tls.ca_file.as_deref(), Some(Path::new("~/ca.pem")));
    assert_eq!(read_one("tls.ca-file = \"/etc/ca.pem\"").tls.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
}

#[test]
fn by_itself_certificates_are_checked_and_nothing_goes_through_a_proxy() {
    let source = read_one("timeout = \"1s\"");
    assert_eq!((source.tls, source.proxy), (crate::ManifestTls::default(), None));
}

#[test]
fn variables_stand_in_them_and_the_lines_show_what_holds() {
    let text =
        of("tls.ca-file = \"${CA}\"\nproxy = \"http://${PROXY}:3128\"\n[vars]\nCA = \"ca.pem\"\nPROXY = \"proxy\"");
    let manifest = read(&text).unwrap();
    let shown = |name: &str| {
        let line = manifest.lines.iter().find(|line| line.path.last().is_some_and(|last| last == name)).unwrap();
        (line.value.as_str().unwrap().to_owned(), line.place.as_ref().unwrap().line)
    };
    assert_eq!(shown("ca-file"), ("ca.pem".to_owned(), 4));
    assert_eq!(shown("proxy"), ("http://proxy:3128".to_owned(), 5));
}

#[test]
fn what_is_wrong_with_them_is_marked() {
    refused(&of("tls = { ca-fil = \"x\" }"), ":4:9", &["did you mean `ca-file`?"]);
    refused(&of("tls = { ca-file = \"\" }"), ":4:19", &["names no file"]);
    refused(&of("tls = { server-name = \"https://a\" }"), ":4:23", &["no name that a certificate", "bao.example.com"]);
    refused(&of("tls = { skip-verify = \"yes\" }"), ":4:23", &["boolean"]);
    refused(&of("proxi = \"x\""), ":4:1", &["did you mean `proxy`?"]);
    refused(&of("proxy = \"proxy:3128\""), ":4:9", &["http://HOST:PORT"]);
    refused(&of("proxy = \"https://proxy:3128\""), ":4:9", &["spoken to by http"]);
    refused(&of("proxy = \"http://proxy/path\""), ":4:9", &["more than an origin"]);
    refused(&of("proxy = \"http://${NO}:1\""), ":4:17", &["no variable `NO`"]);
}

#[test]
fn a_password_of_a_proxy_that_a_variable_has_is_not_repeated() {
    let text = of("proxy = \"http://me:${PW}@proxy:1\"\n[vars]\nPW = { env = \"PW\" }");
    let error = read_layers(Input {
        layers: vec![(Layer::Project, "harmony-config.toml".into(), text)],
        profile: Profile::Default,
        app: DEFAULT_NAMESPACE,
        variables: &Variables::fixed([("PW", "canary")]),
    })
    .unwrap_err();
    assert!(error.to_string().contains("a user or password") && !format!("{error:?}").contains("canary"), "{error:?}");
}

#[test]
fn a_source_without_the_network_is_not_told_how_to_use_it() {
    let text = |lines: &str| format!("version = 1\nchain = [\"sqlite\"]\n[source.sqlite]\n{lines}");
    refused(&text("tls.skip-verify = true"), ":4:19", &["sends nothing over the network", "openbao"]);
    refused(&text("proxy = \"http://proxy:3128\""), ":4:9", &["sends nothing over the network"]);
}

#[test]
fn what_the_host_has_to_know_before_any_source_is_asked_is_no_credential() {
    let from = "{ from = \"sqlite\", key = \"A\" }";
    refused(&of(&format!("settings.address = {from}")), ":4:", &["the host opens `address` itself"]);
    let auth = format!("settings.auth = [ {{ method = \"token\", file = {from} }} ]");
    refused(&of(&auth), ":4:", &["the host opens `auth.0.file` itself"]);
    read(&of(&format!("settings.auth = [ {{ method = \"token\", token = {from} }} ]"))).unwrap();
}

#[test]
fn what_is_secret_within_a_list_of_settings_is_not_shown() {
    let text = of(
        "settings.auth = [ { method = \"token\", token = \"canary\" }, { method = \"token\", token = { from = \"sqlite\", key = \"Token\" } } ]",
    );
    let manifest = read(&text).unwrap();
    let line = manifest.lines.iter().find(|line| line.path.last().is_some_and(|last| last == "auth")).unwrap();
    assert_eq!(
        line.value,
        serde_json::json!([
            { "method": "token", "token": "***" },
            { "method": "token", "token": { "from": "sqlite", "key": "Token" } },
        ])
    );
}
