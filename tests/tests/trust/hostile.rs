//! One repository after another that wants something which nobody said yes to. Each gets nothing, whatever it is asked,
//! and the person reads in one sentence what it tried.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use crate::{
    project::{CANARY, Cloned, GUEST_SAYS, acme, clone_of, filled},
    world::World,
};

/// A hostile repository: what the person reads of it, and how it came to be.
struct Case {
    name: &'static str,
    /// The error's first line, the world's own folder left out.
    sentence: &'static str,
    make: fn() -> World,
}

fn team(dir: &str) -> String {
    format!(
        "chain = [\"env\", \"team\", \"sqlite\"]\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \"{dir}\"\n"
    )
}

fn users(world: &World, text: &str) {
    let folder = world.home().join(if cfg!(target_os = "macos") {
        "Library/Application Support/harmony/user"
    } else {
        ".config/harmony"
    });
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("harmony-config.toml"), format!("version = 1\n{text}")).unwrap();
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "a stranger's plugin that is told an address",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would run the plugin acme.wasm (sha256 SHA…) as source `acme`, for the namespace `p`; tell `acme`: address = \"https://evil.example\"; keep secrets in `acme`; and one thing more",
            make: || clone_of(&acme("settings.address = \"https://evil.example\"\n")),
        },
        Case {
            name: "another address than the one that was trusted",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would tell `acme`: address = \"https://evil.example\"",
            make: || {
                let world = clone_of(&acme("settings.address = \"https://good.example\"\n"));
                world.trust();
                world.manifest(&filled(&acme("settings.address = \"https://evil.example\"\n")));
                world
            },
        },
        Case {
            name: "an absolute path",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would keep secrets in `team`; and read and write /var/tmp/evil, outside the project, as source `team`",
            make: || clone_of(&team("/var/tmp/evil")),
        },
        Case {
            name: "a path with ..",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would keep secrets in `team`; and read and write ~/.ssh, outside the project, as source `team`",
            make: || clone_of(&team("files/../../home/.ssh")),
        },
        Case {
            name: "a folder that is a symbolic link",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would keep secrets in `team`; and read and write /elsewhere, outside the project, as source `team`",
            make: || {
                let world = clone_of(&team("files"));
                fs::create_dir(world.path("elsewhere")).unwrap();
                symlink(world.path("elsewhere"), world.project().join("files")).unwrap();
                world
            },
        },
        Case {
            name: "a manifest that is a symbolic link to another project's",
            sentence: "/project/harmony-config.toml is a symbolic link that leads out of its folder, to /other/harmony-config.toml; it is not used",
            make: || {
                let world = clone_of(&acme(""));
                fs::create_dir(world.path("other")).unwrap();
                let manifest = world.project().join("harmony-config.toml");
                fs::rename(&manifest, world.path("other/harmony-config.toml")).unwrap();
                symlink(world.path("other/harmony-config.toml"), manifest).unwrap();
                world
            },
        },
        Case {
            name: "a manifest that everybody may write",
            sentence: "the manifest /project/harmony-config.toml is not used: everybody on this machine may write it, and could have it send your secrets away",
            make: || {
                let world = clone_of("chain = [\"env\", \"sqlite\"]\n");
                let manifest = world.project().join("harmony-config.toml");
                fs::set_permissions(manifest, fs::Permissions::from_mode(0o666)).unwrap();
                world
            },
        },
        Case {
            name: "a variable that leads elsewhere after it was trusted",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would read and write /srv/evil, outside the project, as source `team`",
            make: || {
                let text =
                    format!("{}[vars]\nWHERE = {{ env = \"WHERE\", default = \"/srv/team\" }}\n", team("${WHERE}"));
                let world = clone_of(&text);
                world.trust();
                world.with("WHERE", "/srv/evil")
            },
        },
        Case {
            name: "a source of the person's that is redefined to inherit its credential",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would hand `Secret` from `sqlite` to `acme`, as its setting `path`; run the plugin acme.wasm (sha256 SHA…) as source `acme`, for the namespace `p`; tell `acme`: address = \"https://evil.example\"; and 2 things more",
            make: || {
                let world = clone_of(
                    "chain = [\"acme\", \"sqlite\"]\n[source.acme]\nsettings.address = \"https://evil.example\"\n",
                );
                let plugin = world.project().join("acme.wasm");
                users(
                    &world,
                    &filled(&format!(
                        "[source.acme]\nplugin = {{ path = \"{}\", sha256 = \"SHA\" }}\nsettings.guest = \"none\"\n\
                         settings.address = \"https://good.example\"\nsettings.path = {{ from = \"sqlite\", key = \"Secret\" }}\n",
                        plugin.display()
                    ))
                    .replace("version = 1\nnamespace = \"p\"\n", ""),
                );
                world
            },
        },
        Case {
            name: "a credential of the person's for a plugin of the project's",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would hand `Secret` from `sqlite` to `acme`, as its setting `address`; run the plugin acme.wasm (sha256 SHA…) as source `acme`, for the namespace `p`; keep secrets in `acme`; and one thing more",
            make: || clone_of(&acme("settings.address = { from = \"sqlite\", key = \"Secret\" }\n")),
        },
        Case {
            name: "secrets that go elsewhere than was trusted",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would keep secrets in `acme`",
            make: || {
                let world = clone_of(&format!("{}[persist]\nsecret = [\"sqlite\"]\n", acme("")));
                world.trust();
                world.manifest(&filled(&format!("{}[persist]\nsecret = [\"acme\"]\n", acme(""))));
                world
            },
        },
        Case {
            name: "a second layer that reaches further",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would keep secrets in `team`; and read and write /srv/evil, outside the project, as source `team`",
            make: || {
                let world = clone_of("chain = [\"env\", \"sqlite\"]\n");
                let local = team("/srv/evil");
                fs::write(world.project().join("harmony-config.local.toml"), format!("version = 1\n{local}")).unwrap();
                world
            },
        },
        Case {
            name: "a profile that reaches further",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would keep secrets in `t`; and read and write /srv/evil, outside the project, as source `t`",
            make: || {
                clone_of(
                    "default-profile = \"x\"\nchain = [\"env\", \"sqlite\"]\n[profile.x]\nchain = [\"env\", \"t\", \"sqlite\"]\n\
                     [profile.x.source.t]\nplugin = \"builtin:local-file\"\nsettings.dir = \"/srv/evil\"\n",
                )
            },
        },
        Case {
            name: "the namespace of another project for a stranger's plugin",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would run the plugin acme.wasm (sha256 SHA…) as source `acme`, for the namespace `bank`",
            make: || {
                let world = clone_of(&acme(""));
                world.trust();
                world.manifest(&filled(&acme("")).replace("\"p\"", "\"bank\""));
                world
            },
        },
        Case {
            name: "a plugin that was swapped",
            sentence: "the plugin /project/acme.wasm is not the one that /project/harmony-config.toml:5 names: it is sha256:…, and should be sha256:SHA",
            make: || {
                let world = clone_of(&acme(""));
                world.trust();
                let mut bytes = fs::read(world.project().join("acme.wasm")).unwrap();
                // A custom section more: it runs as before.
                bytes.extend([0, 2, 1, b'x']);
                fs::write(world.project().join("acme.wasm"), bytes).unwrap();
                world
            },
        },
        Case {
            name: "a plugin whose path became a symbolic link",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would run the plugin /elsewhere.wasm (sha256 SHA…) as source `acme`, for the namespace `p`",
            make: || {
                let world = clone_of(&acme(""));
                world.trust();
                let plugin = world.project().join("acme.wasm");
                fs::rename(&plugin, world.path("elsewhere.wasm")).unwrap();
                symlink(world.path("elsewhere.wasm"), plugin).unwrap();
                world
            },
        },
        Case {
            name: "a file of trust that came with the repository",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would run the plugin acme.wasm (sha256 SHA…) as source `acme`, for the namespace `p`; keep secrets in `acme`; and tell `acme`: guest = \"none\"",
            make: || {
                let world = clone_of(&acme(""));
                world.trust();
                let decided = world.run_cli(&["trust", "--list"]).well();
                assert!(decided.out.contains("sha256:"), "{decided:?}");
                let folder = world.home().join(".config/harmony");
                for (from, to) in [("trust.toml", "trust.toml"), ("trust.toml", ".harmony/trust.toml")] {
                    let to = world.project().join(to);
                    fs::create_dir_all(to.parent().unwrap()).unwrap();
                    fs::copy(folder.join(from), to).unwrap();
                }
                fs::remove_file(folder.join("trust.toml")).unwrap();
                world
            },
        },
        Case {
            name: "a field that is taken from where another program keeps its secret",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would take `password` of `Web` from `HARMONY_CONFIG_Secret` of `env`",
            make: || {
                clone_of(
                    "chain = [\"env\", \"sqlite\"]\n[key.Web]\nref.env.password = \"HARMONY_CONFIG_Secret\"\n\
                     [value.Web]\nhost = \"evil.example\"\n",
                )
            },
        },
        Case {
            name: "an address for the login that the person's environment has",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would sign in at https://evil.example with what your environment has: OPENBAO_TOKEN, BAO_TOKEN, VAULT_TOKEN, OPENBAO_PASSWORD; ask and tell values of the namespace `p` elsewhere: source `openbao` (builtin:openbao); send requests to https://evil.example as source `openbao`; and one thing more",
            make: || clone_of(&bao("evil.example", "")).with("OPENBAO_TOKEN", CANARY),
        },
        Case {
            name: "another address for that login than the one that was trusted",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would sign in at https://evil.example with what your environment has: OPENBAO_TOKEN, BAO_TOKEN, VAULT_TOKEN, OPENBAO_PASSWORD; and send requests to https://evil.example as source `openbao`",
            make: || {
                let world = clone_of(&bao("good.example", "")).with("OPENBAO_PASSWORD", CANARY);
                world.trust();
                world.manifest(&filled(&bao("evil.example", "")));
                world
            },
        },
        Case {
            name: "a CA of the project's that is to be believed after it was trusted",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would send requests to https://good.example as source `openbao`, trusting the CA file ca.pem",
            make: || after_trust("tls.ca-file = \"ca.pem\"\n"),
        },
        Case {
            name: "no certificate that is checked any more",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would send requests to https://good.example as source `openbao`, without checking its certificate",
            make: || after_trust("tls.skip-verify = true\n"),
        },
        Case {
            name: "a proxy on the way that was trusted without one",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would send requests to https://good.example as source `openbao`, through the proxy http://evil.example:3128",
            make: || after_trust("proxy = \"http://evil.example:3128\"\n"),
        },
        Case {
            name: "the person's key as a credential for a server",
            sentence: "/project/harmony-config.toml reaches more than you trusted; nothing was read. It would hand the content of ~/.ssh/id_ed25519 to `openbao`, as its setting `auth.0.file`; and tell `openbao`: auth = [{\"file\":\"~/.ssh/id_ed25519\",\"method\":\"jwt\"}]",
            make: || after_trust("settings.auth = [ { method = \"jwt\", file = \"~/.ssh/id_ed25519\" } ]\n"),
        },
        Case {
            name: "a proxy for the server that the person's environment names",
            sentence: "/project/harmony-config.toml is not trusted; nothing was read. It would ask and tell values of the namespace `p` elsewhere: source `openbao` (builtin:openbao); send requests to the address that your environment has as source `openbao`, through the proxy http://evil.example:3128; and keep secrets in `openbao`",
            make: || {
                let manifest =
                    "chain = [\"openbao\", \"sqlite\"]\n[source.openbao]\nproxy = \"http://evil.example:3128\"\n";
                clone_of(manifest).with("OPENBAO_URL", "https://good.example").with("OPENBAO_TOKEN", CANARY)
            },
        },
    ]
}

/// A project whose values are in a team's store.
fn bao(host: &str, more: &str) -> String {
    format!("chain = [\"openbao\", \"sqlite\"]\n[source.openbao]\nsettings.address = \"https://{host}\"\n{more}")
}

/// One that says more of its store than it did when it was trusted.
fn after_trust(more: &str) -> World {
    let world = clone_of(&bao("good.example", "")).with("OPENBAO_TOKEN", CANARY);
    world.trust();
    world.manifest(&filled(&bao("good.example", more)));
    world
}

/// Everything that could bring a value out.
const COMMANDS: [&[&str]; 7] = [
    &["get", "Secret"],
    &["get", "GoodKey"],
    &["get", "Secret", "--prompt"],
    &["get", "GoodKey", "--from", "acme"],
    &["list"],
    &["explain", "GoodKey"],
    &["unset", "Secret"],
];

#[test]
fn a_hostile_repository_gets_nothing_and_a_person_reads_in_one_sentence_what_it_tried() {
    let cases = cases();
    assert!(cases.len() >= 12);
    let mut wrong = Vec::new();
    for case in cases {
        let world = (case.make)();
        for command in COMMANDS {
            let done = world.run_cli(command);
            assert_eq!(done.code, Some(5), "{}: {command:?}: {done:#?}", case.name);
            assert_eq!(done.out, "", "{}: {command:?}", case.name);
            assert!(!done.err.contains(CANARY) && !done.err.contains(GUEST_SAYS), "{}: {done:#?}", case.name);
        }
        // What is not trusted keeps nothing either.
        let done = world.cli(&["set", "New", "-"], CANARY.as_bytes());
        assert_eq!(done.code, Some(5), "{}: {done:#?}", case.name);
        for folder in ["project", "elsewhere", "other", "home/.ssh"] {
            assert!(!world.leaked_below(&world.path(folder)), "{}: in {folder}", case.name);
        }
        assert!(
            !world.home().join(".local/share/harmony/plugins").exists(),
            "{}: the plugin had a database",
            case.name
        );
        let sentence = world.named(done.err.lines().next().unwrap());
        if sentence != format!("error: {}", case.sentence) {
            wrong.push(format!("{}:\n  {sentence}", case.name));
        }
        let remedy = done.err.lines().nth(1).unwrap_or_default();
        assert!(remedy.trim_start().starts_with("next: "), "{}: {done:#?}", case.name);
    }
    assert!(wrong.is_empty(), "other sentences than expected:\n{}", wrong.join("\n"));
}

/// As root, a file can be made another user's; where the tests run as somebody else, the rule is tested as a function
/// (`trust::files::tests`).
#[test]
fn a_manifest_of_another_user_is_not_used() {
    let world = clone_of("chain = [\"env\", \"sqlite\"]\n");
    let manifest = world.project().join("harmony-config.toml");
    if std::os::unix::fs::chown(&manifest, Some(12_345), None).is_err() {
        eprintln!("not run as root: the owner of a file cannot be changed here");
        return;
    }
    let done = world.run_cli(&["get", "Secret"]).badly(5, &["belongs to another user (number 12345)"]);
    assert_eq!(done.out, "");
}

/// Looking for a manifest stops at the root of the repository: what lies above it is not this project's.
#[test]
fn a_manifest_above_the_repository_is_not_found() {
    let world = clone_of("chain = [\"env\", \"sqlite\"]\n");
    fs::remove_file(world.project().join("harmony-config.toml")).unwrap();
    fs::copy(world.project().join("acme.wasm"), world.path("acme.wasm")).unwrap();
    fs::write(world.path("harmony-config.toml"), filled(&acme(""))).unwrap();
    let done = world.run_cli(&["-n", "p", "get", "Secret"]).well();
    assert_eq!(done.out, format!("{CANARY}\n"), "the default chain is used");
    world.run_cli(&["get", "GoodKey"]).badly(3, &["not found"]);
}
