//! What is reached over the network: the address with the terms that it is spoken to on, and the credentials that go there.

use super::*;

const CHAIN: &str = "chain = [\"env\", \"openbao\", \"sqlite\"]\n[source.openbao]\n";

const NAMESPACE: &str = "ask and tell values of the namespace `p` elsewhere: source `openbao` (builtin:openbao)";
const KEEP: &str = "keep secrets in `openbao`";
const SIGN_IN: &str = "sign in at https://bao.example with what your environment has: \
                       OPENBAO_TOKEN, BAO_TOKEN, VAULT_TOKEN, OPENBAO_PASSWORD";

fn bao(lines: &str) -> String {
    format!("{CHAIN}settings.address = \"https://bao.example\"\n{lines}")
}

#[test]
fn an_address_of_the_project_gets_the_persons_credentials_and_says_so_first() {
    let words = World::new().words(&bao(""));
    let requests = "send requests to https://bao.example as source `openbao`";
    assert_eq!(words, [SIGN_IN, NAMESPACE, requests, KEEP]);
}

#[test]
fn which_of_the_variables_are_set_changes_nothing() {
    let fact = &World::new().reach(&bao("")).facts[0];
    assert!(fact.canonical.starts_with(r#"["sign-in","openbao","https://bao.example",["OPENBAO_TOKEN""#), "{fact:?}");
    assert!(fact.canonical.contains("OPENBAO_KV_MOUNT"), "all that it reads is meant: {fact:?}");
    assert_eq!(fact.place.as_deref(), Some("harmony-config.toml:5"));
}

#[test]
fn the_address_of_the_environment_gets_what_the_environment_has() {
    let world = World::new();
    assert_eq!(world.words("chain = [\"env\", \"openbao\", \"sqlite\"]\n"), [NAMESPACE, KEEP]);
    let other_mount = world.words(&format!("{CHAIN}settings.mount = \"other\"\n"));
    assert_eq!(other_mount, [NAMESPACE, KEEP, "tell `openbao`: mount = \"other\""]);
}

#[test]
fn an_address_of_the_persons_own_manifest_gets_their_credentials_until_a_project_moves_it() {
    let world = World::new();
    let own = "[vars]\nHOST = \"bao.example\"\n[source.openbao]\nsettings.address = \"https://${HOST}\"\n\
               settings.auth = [ { method = \"token\", token = \"canary\" } ]\n";
    let words = |project: &str| {
        let project = format!("chain = [\"env\", \"openbao\", \"sqlite\"]\n{project}");
        world.reach_over(own, &project).facts.into_iter().map(|fact| fact.words).collect::<Vec<_>>()
    };
    assert_eq!(words(""), Vec::<String>::new());
    let auth = "tell `openbao`: auth = [{\"method\":\"token\",\"token\":\"***\"}]";
    let requests = "send requests to https://bao.example as source `openbao`, without checking its certificate";
    assert_eq!(words("[source.openbao]\ntls.skip-verify = true\n"), [NAMESPACE, requests, KEEP, auth]);
    for moved in
        ["[source.openbao]\nsettings.address = \"https://evil.example\"\n", "[vars]\nHOST = \"evil.example\"\n"]
    {
        let words = words(moved);
        assert!(words[0].starts_with("sign in at https://evil.example with what your environment has"), "{words:?}");
        assert_eq!(words[1], "sign in at https://evil.example with what your own manifest has: auth");
        assert_eq!(words[3], "send requests to https://evil.example as source `openbao`");
        assert!(words.iter().all(|words| !words.contains("canary")), "{words:?}");
    }
}

#[test]
fn how_requests_travel_is_one_with_the_address() {
    let world = World::new();
    let requests = |lines: &str| {
        let words = world.words(&bao(lines)).into_iter().find(|words| words.starts_with("send requests")).unwrap();
        words.strip_prefix("send requests to https://bao.example as source `openbao`").unwrap().to_owned()
    };
    assert_eq!(requests("tls.ca-file = \"ca.pem\"\n"), ", trusting the CA file ca.pem");
    assert_eq!(requests("tls.ca-file = \"~/ca.pem\"\n"), ", trusting the CA file ~/ca.pem");
    assert_eq!(requests("tls.server-name = \"other\"\n"), ", taking a certificate for `other`");
    assert_eq!(requests("tls.skip-verify = true\n"), ", without checking its certificate");
    assert_eq!(requests("tls.skip-verify = false\n"), "");
    assert_eq!(
        requests("tls.ca-file = \"/srv/ca.pem\"\nproxy = \"http://proxy:3128\"\n"),
        ", trusting the CA file /srv/ca.pem, through the proxy http://proxy:3128"
    );
}

#[test]
fn terms_for_the_address_of_the_environment_are_a_fact_too() {
    let words = World::new().words(&format!("{CHAIN}proxy = \"http://evil:1\"\n"));
    let requests =
        "send requests to the address that your environment has as source `openbao`, through the proxy http://evil:1";
    assert_eq!(words, [NAMESPACE, requests, KEEP]);
}

#[test]
fn equal_addresses_are_one_reach_and_every_term_is_another() {
    let world = World::new();
    let id = |lines: &str| world.reach(&format!("{CHAIN}{lines}")).id();
    let plain = id("settings.address = \"https://bao.example\"\n");
    for same in ["https://BAO.example:443/", "HTTPS://bao.example", "https://bao.example."] {
        assert_eq!(id(&format!("settings.address = \"{same}\"\n")), plain, "{same}");
    }
    assert_eq!(id("timeout = \"9s\"\nsettings.address = \"https://bao.example\"\n"), plain);
    let mut all = vec![plain];
    for other in ["http://bao.example", "https://bao.example:8200", "https://bao.example/path"] {
        all.push(id(&format!("settings.address = \"{other}\"\n")));
    }
    for term in
        ["tls.ca-file = \"ca.pem\"", "tls.server-name = \"x\"", "tls.skip-verify = true", "proxy = \"http://p:1\""]
    {
        all.push(id(&format!("{term}\nsettings.address = \"https://bao.example\"\n")));
        all.push(id(&format!("{term}\n")));
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[cfg(unix)]
#[test]
fn a_credential_file_is_named_where_it_leads() {
    let world = World::new();
    std::os::unix::fs::symlink("../.ssh/id_ed25519", world.home.join("project/token")).unwrap();
    let words = |file: &str| {
        let text = bao(&format!("settings.auth = [ {{ method = \"jwt\", file = \"{file}\" }} ]\n"));
        world.words(&text).remove(0)
    };
    assert_eq!(
        words("~/.vault-token"),
        "hand the content of ~/.vault-token to `openbao`, as its setting `auth.0.file`"
    );
    assert!(words("token").starts_with("hand the content of ~/.ssh/id_ed25519 to"), "{}", words("token"));
    assert!(words("jwt").starts_with("hand the content of jwt to"), "{}", words("jwt"));
    assert!(words("/srv/token").starts_with("hand the content of /srv/token to"));
}

#[test]
fn without_a_project_there_is_nothing_to_say_yes_to() {
    let world = World::new();
    let text = format!("version = 1\n{}", bao("tls.skip-verify = true\n"));
    let layers = vec![(Layer::User, world.home.join("data/user/harmony-config.toml"), text)];
    assert!(world.reach_of(layers).is_empty());
    let variables = Variables::fixed([("OPENBAO_URL", "https://bao.example")]);
    let manifest = Manifest::without_any("harmony", &variables);
    assert!(Reach::of(&manifest, "harmony", &world.places()).unwrap().is_empty());
}

#[test]
fn the_terms_of_a_plugin_of_somebody_else_are_a_fact() {
    let world = World::new();
    let words = world.words(&acme("tls.skip-verify = true\nproxy = \"http://p:1\"\n"));
    let travel = "send requests as source `acme`, without checking its certificate, through the proxy http://p:1";
    assert!(words.contains(&travel.to_owned()), "{words:?}");
}

#[test]
fn the_digest_of_a_reach_over_the_network_stays_what_it_was() {
    let text = bao(
        "tls.ca-file = \"ca.pem\"\nproxy = \"http://proxy:3128\"\nsettings.auth = [ { method = \"jwt\", file = \"jwt\" } ]\n",
    );
    assert_eq!(
        World::new().reach(&text).id(),
        "sha256:c30f51ff81ed076a19de3febefd1b24772d5cb5c995ea47489c1e38f7dcefb10",
        "people wrote it into their CI"
    );
}
