mod network;

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;
use crate::{
    Layer, Variables,
    manifest::{Input, Profile, read_layers},
};

/// A person's home with a project in it, and links resolved, so that paths can be compared.
struct World {
    _keep: tempfile::TempDir,
    home: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        fs::create_dir_all(home.join("project/files")).unwrap();
        World { _keep: folder, home }
    }

    fn places(&self) -> Places {
        Places {
            data: Some(self.home.join("data")),
            cache: Some(self.home.join("data/cache")),
            config: Some(self.home.join("data/user")),
            home: Some(self.home.clone()),
            ..Places::default()
        }
    }

    fn reach(&self, text: &str) -> Reach {
        let text = format!("version = 1\nnamespace = \"p\"\n{text}");
        self.reach_at(&self.home.join("project/harmony-config.toml"), &text)
    }

    /// Of a project's manifest there.
    fn reach_at(&self, file: &Path, text: &str) -> Reach {
        self.reach_of(vec![(Layer::Project, file.to_owned(), text.to_owned())])
    }

    /// Of a project's manifest over the person's own.
    fn reach_over(&self, own: &str, project: &str) -> Reach {
        let own = format!("version = 1\n{own}");
        let project = format!("version = 1\nnamespace = \"p\"\n{project}");
        self.reach_of(vec![
            (Layer::User, self.home.join("data/user/harmony-config.toml"), own),
            (Layer::Project, self.home.join("project/harmony-config.toml"), project),
        ])
    }

    fn reach_of(&self, layers: Vec<(Layer, PathBuf, String)>) -> Reach {
        let variables = Variables::fixed([("SOME_TOKEN", "canary")]);
        let input = Input { layers, profile: Profile::Default, app: "harmony", variables: &variables };
        Reach::of(&read_layers(input).unwrap(), "p", &self.places()).unwrap()
    }

    fn words(&self, text: &str) -> Vec<String> {
        self.reach(text).facts.into_iter().map(|fact| fact.words).collect()
    }
}

const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn acme(settings: &str) -> String {
    format!(
        "chain = [\"env\", \"acme\", \"sqlite\"]\n[source.acme]\nplugin = {{ path = \"acme.wasm\", sha256 = \"{SHA}\" }}\n{settings}"
    )
}

#[test]
fn what_stays_with_the_person_and_the_project_is_harmless() {
    let world = World::new();
    for text in [
        "chain = [\"env\", \"sqlite\", \"local-file\", \"prompt\"]\n",
        "chain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"files\"\n",
        "chain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"files/../not-there-yet\"\n",
        "chain = [\"sqlite\"]\n[source.sqlite]\nsettings.path = \"~/data/config/other.db\"\n",
        "chain = [\"env\", \"team\"]\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \".\"\n[persist]\nsecret = [\"team\"]\n",
    ] {
        let reach = world.reach(text);
        assert!(reach.is_empty(), "{text}: {:?}", reach.facts);
    }
}

#[test]
fn a_path_elsewhere_is_named_where_it_leads_and_secrets_that_go_there_too() {
    let world = World::new();
    let team = |dir: &str| {
        format!(
            "chain = [\"env\", \"team\"]\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \"{dir}\"\n"
        )
    };
    assert_eq!(
        world.words(&team("/srv/share")),
        ["keep secrets in `team`", "read and write /srv/share, outside the project, as source `team`"]
    );
    for dir in ["..", "../", "files/../..", "~/", "~/x/.."] {
        assert_eq!(world.words(&team(dir)).last().unwrap(), "read and write ~/, outside the project, as source `team`");
    }
    let facts = world.reach(&team("~/notes")).facts;
    assert_eq!(facts[1].place.as_deref(), Some("harmony-config.toml:6"));
    assert_eq!(facts[1].canonical, r#"["path","team","local-file","write","~/notes"]"#);
    let read_only = format!("{}settings.read-only = true\n", team("~/notes"));
    assert!(world.words(&read_only).contains(&"read ~/notes, outside the project, as source `team`".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_symbolic_link_is_where_it_leads() {
    let world = World::new();
    std::os::unix::fs::symlink("/srv/share", world.home.join("project/linked")).unwrap();
    std::os::unix::fs::symlink("files", world.home.join("project/inside")).unwrap();
    let dir = |dir: &str| format!("chain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"{dir}\"\n");
    assert!(world.words(&dir("linked/a"))[1].contains("/srv/share/a"));
    assert!(world.reach(&dir("inside")).is_empty());
}

#[test]
fn where_the_person_decides_and_where_code_is_kept_is_never_harmless() {
    let world = World::new();
    for path in ["~/data/user/trust.db", "~/data/cache/plugins/x.cwasm"] {
        let text = format!("chain = [\"sqlite\"]\n[source.sqlite]\nsettings.path = \"{path}\"\n");
        assert_eq!(world.reach(&text).facts.len(), 2, "{path}");
    }
}

/// A manifest in the home directory, or above it, would make everything its own.
#[test]
fn a_folder_that_holds_the_home_directory_is_no_project() {
    let world = World::new();
    let text = "version = 1\nchain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \".ssh\"\n";
    for file in [world.home.join("m.toml"), world.home.parent().unwrap().join("m.toml")] {
        assert!(!world.reach_at(&file, text).is_empty(), "{}", file.display());
    }
}

#[test]
fn a_plugin_of_somebody_else_is_named_with_all_that_it_is_told() {
    let world = World::new();
    let text = acme("settings.address = \"https://acme.example\"\nsettings.tls = { verify = false, ca = \"x\" }\n");
    assert_eq!(
        world.words(&text),
        [
            "run the plugin acme.wasm (sha256 0123456789ab…) as source `acme`, for the namespace `p`",
            "tell `acme`: address = \"https://acme.example\"",
            "keep secrets in `acme`",
            "tell `acme`: tls = {\"ca\":\"x\",\"verify\":false}",
        ]
    );
}

#[test]
fn what_the_person_says_by_themselves_is_their_word_until_a_project_changes_it() {
    let world = World::new();
    let user = format!(
        "version = 1\n[vars]\nHOST = \"good.example\"\n[source.acme]\nplugin = {{ path = \"/opt/acme.wasm\", sha256 = \"{SHA}\" }}\n\
         settings.address = \"https://${{HOST}}\"\n"
    );
    let reach = |project: &str| {
        let project = format!("version = 1\nchain = [\"env\", \"acme\"]\n{project}");
        let layers = vec![
            (Layer::User, world.home.join("user.toml"), user.clone()),
            (Layer::Project, world.home.join("project/harmony-config.toml"), project),
        ];
        let variables = Variables::fixed([("", ""); 0]);
        let input = Input { layers, profile: Profile::Default, app: "harmony", variables: &variables };
        Reach::of(&read_layers(input).unwrap(), "p", &world.places()).unwrap()
    };
    assert!(reach("").is_empty(), "{:?}", reach("").facts);
    for project in
        ["[source.acme]\nsettings.address = \"https://evil\"\n", "[vars]\nHOST = \"evil\"\n", "[vars]\nHOST = \"\"\n"]
    {
        let facts = reach(project).facts;
        assert!(facts.iter().any(|fact| fact.words.starts_with("run the plugin")), "{project}: {facts:?}");
    }
}

#[test]
fn form_and_order_change_nothing_and_what_is_reached_does() {
    let world = World::new();
    let id = |text: &str| world.reach(text).id();
    let plain = acme("settings.address = \"https://a\"\nsettings.tls = { ca = \"x\", verify = false }\n");
    let same = [
        format!("# a comment\n{plain}timeout = \"9s\"\non-error = {{ denied = \"continue\" }}\n"),
        acme("[source.acme.settings]\ntls.verify = false # why\ntls.ca = 'x'\naddress = 'https://a'\n"),
        plain.replace("[\"env\", \"acme\", \"sqlite\"]", "[\"acme\", \"sqlite\", \"env\"]"),
        plain.replace("[\"env\", \"acme\", \"sqlite\"]", "[\"env\", \"acme\", \"prompt\"]"),
    ];
    for text in &same {
        assert_eq!(id(text), id(&plain), "{text}");
    }
    let other = [
        plain.replace("https://a", "https://b"),
        plain.replace("[\"env\", \"acme\", \"sqlite\"]", "[\"env\", \"sqlite\", \"acme\"]"),
        plain.replace("verify = false", "verify = true"),
        plain.replace("acme.wasm", "other.wasm"),
        plain.replace("0123", "4567"),
        format!("{plain}[persist]\nsecret = [\"sqlite\", \"acme\"]\n"),
    ];
    for text in &other {
        assert_ne!(id(text), id(&plain), "{text}");
    }
}

/// What it reaches is told in errors, and CI keeps those.
#[test]
fn a_secret_is_hashed_and_not_shown_and_an_address_is() {
    let world = World::new();
    let text = acme(
        "settings.token = \"canary\"\nsettings.inner = { password = \"canary\" }\nsettings.token-url = \"https://evil\"\n\
         settings.query = \"x-${T}\"\n[vars]\nT = { env = \"SOME_TOKEN\" }\n",
    );
    let reach = world.reach(&text);
    let all: String = reach.facts.iter().map(|fact| fact.words.clone()).collect();
    assert!(!all.contains("canary") && all.contains("https://evil"), "{all}");
    assert_ne!(reach.id(), world.reach(&text.replace("canary", "other")).id());
}

#[test]
fn a_long_setting_shows_both_its_ends() {
    let world = World::new();
    let text = acme(&format!("settings.address = \"https://good.example/{}@evil.example\"\n", "a".repeat(500)));
    let words = world.words(&text).into_iter().find(|words| words.contains("address")).unwrap();
    assert!(words.contains("https://good.example/") && words.contains("@evil.example\""), "{words}");
    assert!(words.len() < 250, "{words}");
}

#[test]
fn the_digest_of_a_reach_stays_what_it_was() {
    let world = World::new();
    let id = world.reach(&acme("settings.address = \"https://a\"\n")).id();
    assert_eq!(
        id, "sha256:fbe69198ff54766e4f352e8e0a238aba361045ba5db2af36529b4129a843fa51",
        "people wrote it into their CI"
    );
}

#[test]
fn secrets_that_are_not_to_be_sealed_are_named_where_they_would_lie_in_plain() {
    let world = World::new();
    let unsealed = "keep secrets in `sqlite` as they are, without sealing them";
    let sqlite = "chain = [\"env\", \"sqlite\"]\n[source.sqlite]\nseal = ";
    assert_eq!(world.words(&format!("{sqlite}false\n")), [unsealed]);
    assert!(world.reach(&format!("{sqlite}true\n")).is_empty());
    let below = "chain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"files\"\nseal = false\n";
    assert_eq!(world.words(below), [unsealed.replace("sqlite", "local-file")]);
    assert!(world.words(&acme("seal = false\n")).contains(&unsealed.replace("sqlite", "acme")));
    assert!(world.reach("chain = [\"env\"]\n[source.env]\nseal = false\n").is_empty(), "it keeps nothing");
    let own = "[source.sqlite]\nseal = false\n";
    assert!(world.reach_over(own, "chain = [\"env\", \"sqlite\"]\n").is_empty(), "the person said it");
}

#[cfg(unix)]
#[test]
fn a_document_of_somewhere_else_does_not_say_which_values_are_secrets_without_a_yes() {
    let world = World::new();
    std::os::unix::fs::symlink("../other.json", world.home.join("project/linked.json")).unwrap();
    let schema = |file: &str| world.words(&format!("chain = [\"env\", \"sqlite\"]\n[schema]\nfile = \"{file}\"\n"));
    assert_eq!(schema("harmony-config.schema.json"), Vec::<String>::new());
    assert_eq!(schema("../other.json"), ["learn from ~/other.json, outside the project, which values are secrets"]);
    assert_eq!(schema("linked.json"), schema("../other.json"));
}
