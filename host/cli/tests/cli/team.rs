//! `team init`, from outside: what is printed where, where the token and the passwords come from, and the exit codes. What it
//! does at a server is tested where that is done, in `host/team`.

use harmony_config_peers::{Kind, Peer};

use crate::world::{Done, Run, World};

/// A server to set up: a real one where there is one, else the stand-in.
pub(crate) struct Store(Peer);

impl Store {
    pub(crate) fn new() -> Self {
        Store(Peer::any(Kind::Dev).unwrap())
    }

    pub(crate) fn address(&self) -> String {
        self.0.address()
    }

    /// The run, with the address and the root token in its environment.
    pub(crate) fn known_to(&self, run: Run) -> Run {
        self.named_to(run).env("OPENBAO_TOKEN", self.0.root_token())
    }

    /// The run, with the address in its environment.
    fn named_to(&self, run: Run) -> Run {
        run.env("OPENBAO_URL", self.address())
    }
}

const INIT: [&str; 8] = ["team", "init", "-n", "shop", "--user", "anna", "--approle", "ci"];

fn init(world: &World, store: &Store, more: &[&str]) -> Done {
    store.known_to(world.run(INIT.iter().chain(more))).done()
}

#[test]
fn the_help_of_init_has_examples_and_they_work() {
    let help = World::new().ok(["team", "init", "--help"]);
    #[cfg(unix)]
    crate::documented::runs(&help);
    // A person who reads it must not get the idea.
    assert!(!help.contains("--token ") && !help.contains("--password "), "{help}");
}

#[test]
fn what_new_principals_sign_in_with_is_printed_once_and_alone() {
    let (world, store) = (World::new(), Store::new());
    let first = init(&world, &store, &[]);
    assert_eq!(first.code, 0, "{first:?}");
    let lines: Vec<Vec<&str>> = first.stdout.lines().map(|line| line.split(' ').collect()).collect();
    let names: Vec<String> = lines.iter().map(|words| format!("{} {}", words[0], words[1])).collect();
    assert_eq!(names, ["anna password", "ci role_id", "ci secret_id"], "{first:?}");
    for words in lines {
        assert!(words[2].len() >= 20 && !first.stderr.contains(words[2]), "{first:?}");
    }
    assert!(first.stderr.contains("the policy `harmony-shop-write` is made"), "{first:?}");
    assert!(first.stderr.contains("not shown again"), "{first:?}");

    let second = init(&world, &store, &[]);
    assert_eq!((second.code, second.stdout.as_str()), (0, ""), "{second:?}");
    assert!(second.stderr.contains("as they are wanted"), "{second:?}");
}

#[test]
fn a_dry_run_prints_each_request_and_changes_nothing() {
    let (world, store) = (World::new(), Store::new());
    let shown = init(&world, &store, &["--dry-run"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for request in [
        "PUT sys/policies/acl/harmony-shop-read {\"policy\":",
        "POST sys/auth/userpass {\"type\":\"userpass\"}",
        "POST auth/userpass/users/anna {",
        "POST auth/approle/role/ci/secret-id",
    ] {
        assert!(shown.stdout.lines().any(|line| line.starts_with(request)), "{request}: {shown:?}");
    }
    assert!(shown.stdout.contains("<not shown>"), "{shown:?}");
    assert_eq!(init(&world, &store, &["--dry-run"]).stdout, shown.stdout);
}

#[test]
fn a_check_says_what_differs_and_exits_with_1() {
    let (world, store) = (World::new(), Store::new());
    let before = init(&world, &store, &["--check"]);
    assert_eq!(before.code, 1, "{before:?}");
    assert!(before.stdout.contains("the user `anna` at `userpass` is missing"), "{before:?}");
    assert_eq!(init(&world, &store, &[]).code, 0);
    assert_eq!(init(&world, &store, &["--check"]).code, 0);

    store.0.admin().policy("harmony-shop-read", "path \"secret/*\" { capabilities = [\"read\"] }").unwrap();
    let changed = init(&world, &store, &["--check"]);
    assert_eq!(changed.code, 1, "{changed:?}");
    assert!(changed.stdout.contains("the policy `harmony-shop-read` differs\n  lacks "), "{changed:?}");
    assert!(changed.stdout.contains("  has besides path \"secret/*\""), "{changed:?}");
    let right = init(&world, &store, &[]);
    assert!(right.code == 0 && right.stderr.contains("`harmony-shop-read` is set right"), "{right:?}");
}

#[test]
fn the_token_and_the_passwords_come_from_a_pipe() {
    let (world, store) = (World::new(), Store::new());
    let arguments = ["team", "init", "-n", "shop", "--user", "anna", "--user", "bert", "--passwords", "stdin"];
    let run = |stdin: String| store.named_to(world.run(arguments)).stdin(stdin).done();
    let token = store.0.root_token();
    run(format!("{token}\nanna:canary pw\n")).fails(2, &["no password for the new user `bert`", "bert:PASSWORD"]);
    run(format!("{token}\nanna:canary\ncarl:canary\n")).fails(2, &["line 2 of the passwords", "--user"]);
    let done = run(format!("{token}\nanna:canary pw\nbert:other pw\n"));
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "nobody is told a password that they gave: {done:?}");
    assert!(!done.stderr.contains("canary"), "{done:?}");
    let login = serde_json::json!({ "password": "canary pw" });
    store.0.admin().must("POST", "auth/userpass/login/anna", &login).unwrap();
}

#[test]
fn the_namespace_is_the_manifests_where_none_is_named() {
    let (world, store) =
        (World::with_manifest("version = 1\nnamespace = \"billing\"\nchain = [\"env\"]\n"), Store::new());
    let run = |arguments: &[&str]| store.known_to(world.run(arguments)).done();
    let one = run(&["team", "init", "--dry-run"]);
    assert!(one.stdout.contains("harmony-billing-read"), "{one:?}");
    let two = run(&["team", "init", "--dry-run", "-n", "shop", "--namespace", "till"]);
    assert!(two.stdout.contains("harmony-shop-read") && two.stdout.contains("harmony-till-write"), "{two:?}");
    assert!(!two.stdout.contains("billing"), "{two:?}");
    let before = run(&["-n", "shop", "team", "init", "--dry-run"]);
    assert!(before.stdout.contains("harmony-shop-read") && !before.stdout.contains("billing"), "{before:?}");
}

#[test]
fn each_failure_has_its_exit_code_and_says_what_to_do() {
    let (world, store) = (World::new(), Store::new());
    world.run(["team", "init"]).done().fails(2, &["no server is named", "--address"]);
    store.named_to(world.run(["team", "init"])).done().fails(4, &["no token is given", "OPENBAO_TOKEN"]);
    let wrong = store.named_to(world.run(["team", "init"])).stdin("s.canary\n").done();
    wrong.fails(5, &["the token is not valid"]);
    assert!(!wrong.stderr.contains("canary"), "{wrong:?}");
    let run = |arguments: &[&str]| world.run(["team", "init"].iter().chain(arguments)).env("OPENBAO_TOKEN", "t").done();
    run(&["--address", "http://127.0.0.1:1"]).fails(6, &["cannot be reached", "--address"]);
    run(&["--address", "http://bao.example.com"]).fails(2, &["plain HTTP", "--insecure-http"]);
    run(&["--address", "https://127.0.0.1:1", "--ca-file", "none.pem"]).fails(2, &["none.pem", "PEM"]);
    run(&["--address", "http://127.0.0.1:1", "--user", "Anna"]).fails(2, &["lower case"]);
    let password = world.run(["team", "init", "--user", "anna=canary"]).done();
    password.fails(2, &["`anna=` is neither `read` nor `write`", "--passwords"]);
    assert!(!password.stderr.contains("canary"), "{password:?}");

    store.0.admin().enable_kv(1, "old").unwrap();
    let old = store.known_to(world.run(["team", "init", "--kv-mount", "old"])).done();
    old.fails(1, &["KV version 1", "--kv-mount"]);
}
