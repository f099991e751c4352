//! `examples/team-stack`: its files agree with each other. Beside each check stands a broken copy that it has to notice.
#![allow(
    clippy::unwrap_used,
    reason = "a test that fails says so by panicking; clippy takes helpers outside #[test] for other code"
)]

use std::{fs, path::PathBuf};

use harmony_config_recipes::Recipe;

const NONE: [String; 0] = [];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn team_stack() -> Recipe {
    Recipe::read(&root().join("examples/team-stack")).unwrap()
}

/// A copy in which a file says something else.
#[track_caller]
fn broken(path: &str, from: &str, to: &str) -> Recipe {
    let changed = team_stack().with(path, from, to);
    assert!(changed.is_some(), "{path} does not say `{from}` any more");
    changed.unwrap()
}

#[track_caller]
fn one_says(faults: &[String], what: &str) {
    assert!(faults.iter().any(|fault| fault.contains(what)), "none says `{what}`: {faults:#?}");
}

#[test]
fn every_file_can_be_read() {
    assert_eq!(team_stack().unreadable(), NONE);
    let twice = broken("k3d/openbao.yaml", "  openshift: false\n", "  openshift: false\n  openshift: true\n");
    one_says(&twice.unreadable(), "k3d/openbao.yaml");
    one_says(&broken("postgres.yaml", "spec:\n", "spec: [\n").unreadable(), "postgres.yaml");
    one_says(&broken("k3d/harmony-config.toml", "version = 1", "version = ").unreadable(), "k3d/harmony-config.toml");
}

#[test]
fn every_file_is_named_and_every_name_leads_somewhere() {
    assert_eq!(team_stack().lost_files(), NONE);
    one_says(&team_stack().with_file("k3d/forgotten.yaml", "").lost_files(), "k3d/forgotten.yaml is not named");
    one_says(&broken("README.md", "k3d/dns.yaml", "k3d/names.yaml").lost_files(), "k3d/names.yaml, which is not there");
    one_says(&broken("README.md", "../../docs/team.md", "../docs/team.md").lost_files(), "../docs/team.md");
    one_says(&broken("README.md", "## On OpenShift", "## OpenShift").lost_files(), "#on-openshift");
}

#[test]
fn one_file_pins_the_versions_and_the_others_say_the_same() {
    assert_eq!(team_stack().other_versions(), NONE);
    let bumped = broken("versions.env", "ZITADEL_CHART=9.34.0", "ZITADEL_CHART=9.35.0");
    one_says(&bumped.other_versions(), "ZITADEL with 9.35.0");
    one_says(&broken("k3d/cluster.yaml", "v1.35.5-k3s1", "latest").other_versions(), "rancher/k3s:latest");
    one_says(&broken("versions.env", "17.11-minimal", "17-minimal").other_versions(), "no certain version");
    let newest = broken("README.md", " --version \"$OPENBAO_CHART\"", "");
    one_says(&newest.other_versions(), "a chart of no certain version: helm upgrade --install openbao");
}

#[test]
fn only_openshift_is_told_that_it_is_openshift() {
    assert_eq!(team_stack().wrong_distribution(), NONE);
    one_says(
        &broken("k3d/openbao.yaml", "openshift: false", "openshift: true").wrong_distribution(),
        "k3d/openbao.yaml",
    );
    one_says(
        &broken("openshift/openbao.yaml", "openshift: true", "openshift: false").wrong_distribution(),
        "openshift/",
    );
    one_says(&broken("k3d/openbao.yaml", "openshift: false", "openshift: \"false\"").wrong_distribution(), "k3d/");
    one_says(&broken("k3d/openbao.yaml", "  openshift: false\n", "").wrong_distribution(), "k3d/openbao.yaml");
}

#[test]
fn external_secure_is_false_exactly_where_there_is_no_tls() {
    assert_eq!(team_stack().wrong_tls(), NONE);
    let told = broken("k3d/zitadel.yaml", "ExternalSecure: false", "ExternalSecure: true");
    one_says(&told.wrong_tls(), "k3d/zitadel.yaml: ExternalSecure is true");
    one_says(&broken("k3d/zitadel.yaml", "    ExternalSecure: false", "   ").wrong_tls(), "the chart's own is true");
    let without = broken("openshift/zitadel.yaml", "    tls:\n      - {}\n", "");
    one_says(&without.wrong_tls(), "openshift/zitadel.yaml: ExternalSecure is true, and /login/ingress");
}

#[test]
fn the_issuer_is_the_same_text_everywhere() {
    assert_eq!(team_stack().other_addresses(), NONE);
    let slash = broken("k3d/harmony-config.toml", "\"http://sso.localhost\"", "\"http://sso.localhost/\"");
    one_says(&slash.other_addresses(), "issuer is `http://sso.localhost/`, and the values make `http://sso.localhost`");
    let slash = broken("README.md", "ISSUER=http://sso.localhost ", "ISSUER=http://sso.localhost/ ");
    one_says(&slash.other_addresses(), "ISSUER=http://sso.localhost/, which no values make");
    let port = broken("k3d/zitadel.yaml", "ExternalPort: 80", "ExternalPort: 8080");
    one_says(&port.other_addresses(), "the values make `http://sso.localhost:8080`");
    let scheme = broken("README.md", "<http://sso.localhost/ui", "<https://sso.localhost/ui");
    one_says(&scheme.other_addresses(), "`https://sso.localhost/ui/console` is not");
    let slash = broken("README.md", "--oidc-discovery-url \"$ISSUER\"", "--oidc-discovery-url \"$ISSUER/\"");
    one_says(&slash.other_addresses(), "not with the issuer");
    let host = broken("openshift/openbao.yaml", "host: bao.apps", "host: openbao.apps");
    one_says(&host.other_addresses(), "the values make `https://openbao.apps.example.com`");
}

#[test]
fn the_issuers_name_leads_to_zitadel_from_both_sides() {
    assert_eq!(team_stack().wrong_ways(), NONE);
    one_says(&broken("k3d/dns.yaml", r"sso\.", r"auth\.").wrong_ways(), "k3d/dns.yaml has no");
    one_says(&broken("k3d/cluster.yaml", ":80:80", ":8080:80").wrong_ways(), "127.0.0.1:80:80");
    one_says(
        &broken("k3d/zitadel.yaml", "sso.localhost", "sso.127.0.0.1.nip.io").wrong_ways(),
        "is not of this machine",
    );
}

#[test]
fn the_administrator_is_told_the_name_that_zitadel_makes() {
    assert_eq!(team_stack().other_login_names(), NONE);
    let old = broken("README.md", "admin@team.sso.localhost", "admin@zitadel.sso.localhost");
    one_says(&old.other_login_names(), "`admin@zitadel.sso.localhost` is nobody's name");
    one_says(&old.other_login_names(), "README.md never says `admin@team.sso.localhost`");
    let renamed = broken("openshift/zitadel.yaml", "Name: Team", "Name: Our Team");
    one_says(&renamed.other_login_names(), "`admin@our-team.sso.apps.example.com`");
    let address = broken("k3d/zitadel.yaml", "UserName: admin ", "UserName: anna@example.com ");
    one_says(&address.other_login_names(), "README.md never says `anna@example.com`");
}

#[test]
fn no_file_holds_a_secret() {
    assert_eq!(team_stack().secrets(), NONE);
    let key = broken("k3d/zitadel.yaml", "masterkeySecretName: zitadel-masterkey", "masterkey: canary");
    one_says(&key.secrets(), "/zitadel/masterkey is written out");
    let from = "    valueFrom:\n      secretKeyRef:\n        name: zitadel-admin\n        key: password\n";
    let password = broken("openshift/zitadel.yaml", from, "    value: canary\n");
    one_says(&password.secrets(), "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD is written out");
    let token = broken("README.md", "BAO_TOKEN; bao", "BAO_TOKEN=s.0123456789abcdefghijklmn; bao");
    one_says(&token.secrets(), "a token of OpenBao");
    let way = "method = \"jwt\"";
    let token = broken("k3d/harmony-config.toml", way, "method = \"token\", token = \"canary\"");
    one_says(&token.secrets(), "k3d/harmony-config.toml");
    for faults in [key.secrets(), password.secrets(), token.secrets()] {
        assert!(!faults.concat().contains("canary"), "{faults:?}");
    }
}

#[test]
fn every_secret_that_the_values_name_is_made() {
    assert_eq!(team_stack().secrets_that_nobody_makes(), NONE);
    let step = broken("README.md", "secret generic zitadel-admin", "secret generic admin");
    one_says(&step.secrets_that_nobody_makes(), "`zitadel-admin`");
    let database = broken("postgres.yaml", "name: zitadel-pg", "name: database");
    one_says(&database.secrets_that_nobody_makes(), "`zitadel-pg-app`");
}

#[test]
fn each_step_comes_after_what_it_needs() {
    assert_eq!(team_stack().out_of_order(), NONE);
    let swapped = broken("README.md", "bao operator init", "bao operator unseal");
    one_says(&swapped.out_of_order(), "no line says `bao operator init`");
    let early = broken("README.md", "helm repo update", "harmony-config team init --check");
    one_says(
        &early.out_of_order(),
        "`harmony-config team init` comes before `wait --for=condition=Ready pod/openbao-0`",
    );
    let hasty = broken("README.md", "wait --for=condition=Ready cluster/zitadel-pg", "get cluster/zitadel-pg");
    one_says(&hasty.out_of_order(), "no line says `wait --for=condition=Ready cluster/zitadel-pg`");
}

#[test]
fn no_fault_of_older_recipes_comes_back() {
    assert_eq!(team_stack().old_faults(), NONE);
    let claim = broken("README.md", "bao token revoke -self", "bao write auth/jwt/role/a groups_claim=\"roles\"");
    one_says(&claim.old_faults(), "groups_claim");
    let user = broken("README.md", "bao token revoke -self", "bao write auth/userpass/login/anna password=-");
    one_says(&user.old_faults(), "auth/userpass/login/");
}

#[test]
#[cfg(unix)]
fn the_shell_blocks_are_bash() {
    assert_eq!(team_stack().not_bash().unwrap(), NONE);
    one_says(&broken("README.md", "for _ in 1 2 3; do", "for _ in 1 2 3;").not_bash().unwrap(), "syntax error");
    one_says(&broken("README.md", "```bash\nping", "```sh\nping").not_bash().unwrap(), "a block of kind ```sh");
}

#[test]
fn team_init_is_called_with_flags_that_it_has() {
    let reference = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    assert_eq!(team_stack().unknown_flags(&reference), NONE);
    let other = broken("README.md", "--oidc-discovery-url", "--oidc-issuer");
    one_says(&other.unknown_flags(&reference), "team init has no --oidc-issuer");
}
