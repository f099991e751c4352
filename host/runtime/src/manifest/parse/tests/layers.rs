use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Manifest, Place};

const PROJECT: &str = "version = 1\nnamespace = \"p\"\nchain = [\"env\", \"team\", \"sqlite\"]\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \"shared\"\n";

fn of(layers: &[(Layer, &str)], profile: Profile, environment: &[(&str, &str)]) -> Result<Manifest, ConfigError> {
    let file = |layer: &Layer| PathBuf::from(format!("/{layer}/{layer}.toml"));
    read_layers(Input {
        layers: layers.iter().map(|(layer, text)| (*layer, file(layer), (*text).to_owned())).collect(),
        profile,
        app: "harmony",
        variables: &Variables::fixed(environment.iter().copied()),
    })
}

fn layered(layers: &[(Layer, &str)]) -> Result<Manifest, ConfigError> {
    of(layers, Profile::Default, &[])
}

fn named(name: &str) -> Profile {
    Profile::Named(name.to_owned(), "chosen by hand".to_owned())
}

fn said(manifest: &Manifest, path: &[&str]) -> String {
    manifest.place(path).map(Place::to_string).unwrap_or_default()
}

#[test]
fn tables_merge_and_lists_replace_and_each_line_keeps_its_file() {
    let manifest = layered(&[
        (Layer::User, "version = 1\nchain = [\"sqlite\"]\n[source.team]\ntimeout = \"5s\"\nsettings.dir = \"mine\"\n"),
        (Layer::Project, PROJECT),
        (Layer::Local, "[source.team]\nsettings.read-only = true\n[persist]\nsecret = [\"sqlite\"]\n"),
    ])
    .unwrap();
    assert_eq!(manifest.chain, ["env", "team", "sqlite"]);
    let team = &manifest.sources["team"];
    assert_eq!((team.timeout, &team.settings["dir"]), (Some(Duration::from_secs(5)), &"shared".into()));
    assert_eq!(team.settings["read-only"], true);
    assert_eq!(said(&manifest, &["source", "team", "timeout"]), "/user/user.toml:4");
    assert_eq!(said(&manifest, &["source", "team", "settings", "dir"]), "/project/project.toml:6");
    assert_eq!(said(&manifest, &["source", "team", "settings", "read-only"]), "/local/local.toml:2");
    assert_eq!(manifest.place(&["persist"]).unwrap().layer, Layer::Local);
    assert_eq!(manifest.file.as_deref(), Some(Path::new("/project/project.toml")));
    assert_eq!(
        manifest.files.iter().map(|file| file.layer).collect::<Vec<_>>(),
        [Layer::User, Layer::Project, Layer::Local]
    );
}

#[test]
fn an_error_marks_the_line_of_the_layer_that_said_it() {
    let wrong = |user: &str, local: &str| {
        let user = format!("version = 1\n{user}");
        let layers = [(Layer::User, user.as_str()), (Layer::Project, PROJECT), (Layer::Local, local)];
        layered(&layers).unwrap_err().to_string()
    };
    let error = wrong("", "# a comment\nchain = [\"env\", \"sqlit\"]\n");
    assert!(error.starts_with("/local/local.toml:2:17: there is no source `sqlit`; did you mean `sqlite`?"), "{error}");
    let error = wrong("[source.team.settings]\ndri = 1\n", "");
    assert!(error.starts_with("/user/user.toml:3:1: source `team`: there is no setting `dri`"), "{error}");
    let error = wrong("chian = []\n", "");
    assert!(error.starts_with("/user/user.toml:2:1: there is no `chian` here; did you mean `chain`?"), "{error}");
    let error = wrong("", "[persist\n");
    assert!(error.starts_with("/local/local.toml:1:"), "{error}");
    let error = wrong("app = \"other\"\n", "");
    assert!(error.starts_with("/user/user.toml:2:1:") && error.contains("one app"), "{error}");
}

#[test]
fn what_names_one_thing_is_replaced_whole() {
    let manifest = layered(&[
        (Layer::User, "version = 1\n[vars]\nA = { env = \"A\", default = \"mine\" }\n"),
        (Layer::Project, "version = 1\nchain = [\"x\"]\nnamespace = \"n${A}\"\n[source.x]\nplugin = \"builtin:env\"\n[vars]\nA = { env = \"B\", default = \"b\" }\n"),
    ])
    .unwrap();
    assert_eq!(manifest.variables["A"].environment.as_deref(), Some("B"));
    assert_eq!(manifest.namespace, "nb");
    let sha = "0".repeat(64);
    let error = layered(&[
        (Layer::User, &format!("version = 1\n[source.x]\nplugin = {{ path = \"a\", sha256 = \"{sha}\" }}\n")),
        (Layer::Project, "version = 1\nchain = [\"x\"]\n[source.x]\nplugin = { path = \"b\" }\n"),
    ])
    .unwrap_err()
    .to_string();
    assert!(error.starts_with("/project/project.toml:4:") && error.contains("no `sha256`"), "{error}");
}

#[test]
fn the_persons_own_layer_holds_without_a_project() {
    let manifest = layered(&[(Layer::User, "version = 1\n[source.sqlite]\ntimeout = \"5s\"\n")]).unwrap();
    assert_eq!((manifest.chain.as_slice(), manifest.file), (&["env", "sqlite", "prompt"].map(str::to_owned)[..], None));
    assert_eq!(manifest.sources["sqlite"].timeout, Some(Duration::from_secs(5)));
}

#[test]
fn what_the_person_describes_for_other_projects_is_no_warning() {
    let user = "version = 1\n[source.elsewhere]\nplugin = \"builtin:local-file\"\n";
    let manifest = layered(&[(Layer::User, user), (Layer::Project, PROJECT)]).unwrap();
    assert!(manifest.warnings.is_empty(), "{:?}", manifest.warnings);
    assert!(!manifest.sources.contains_key("elsewhere"));
}

const PROFILES: &str = "version = 1\nchain = [\"env\", \"sqlite\"]\ndefault-profile = \"dev\"\n[profile.dev]\nnamespace = \"p-dev\"\n[profile.prod]\nnamespace = \"p-prod\"\nchain = [\"env\"]\n";

#[test]
fn a_profile_is_laid_over_all_layers() {
    let local = "namespace = \"mine\"\n";
    let namespace = |profile: Profile| {
        let manifest = of(&[(Layer::Project, PROFILES), (Layer::Local, local)], profile, &[]).unwrap();
        (manifest.profile, manifest.namespace, manifest.chain.len())
    };
    assert_eq!(namespace(Profile::Default), (Some("dev".to_owned()), "p-dev".to_owned(), 2));
    assert_eq!(namespace(named("prod")), (Some("prod".to_owned()), "p-prod".to_owned(), 1));
}

#[test]
fn an_unknown_profile_is_an_error_that_names_those_there_are() {
    let error = of(&[(Layer::Project, PROFILES)], named("prd"), &[]).unwrap_err().to_string();
    for word in ["there is no profile `prd`; did you mean `prod`?", "chosen by hand", "there are: dev, prod"] {
        assert!(error.contains(word), "{error}");
    }
    let error = of(&[(Layer::Project, PROJECT)], named("prod"), &[]).unwrap_err().to_string();
    assert!(error.contains("no manifest has a profile: add a table [profile.prod]"), "{error}");
    let wrong = "version = 1\nchain = [\"env\"]\ndefault-profile = \"x\"\n";
    let error = layered(&[(Layer::Project, wrong)]).unwrap_err().to_string();
    assert!(error.starts_with("/project/project.toml:3:19: there is no profile `x`"), "{error}");
}

#[test]
fn the_words_of_a_profile_that_is_not_chosen_are_checked_too() {
    refused("version = 1\nchain = [\"env\"]\n[profile.a]\nchian = []", ":4:1", &["did you mean `chain`?"]);
    refused("version = 1\nchain = [\"env\"]\n[profile.a]\napp = \"x\"", ":4:1", &["there is no `app` here"]);
    refused("version = 1\nchain = [\"env\"]\n[profile.a.b]", ":3:", &["there is no `b` here"]);
}

const VARIABLES: &str = "version = 1\nnamespace = \"p-${REGION}\"\nchain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"${REGION}/${SUB}/$${KEPT}\"\n[vars]\nREGION = { env = \"THE_REGION\", default = \"eu\" }\nSUB = \"sub\"\n";

#[test]
fn declared_variables_are_put_in_where_they_may_stand() {
    let region = |environment: &[(&str, &str)]| {
        let manifest = of(&[(Layer::Project, VARIABLES)], Profile::Default, environment).unwrap();
        let dir = manifest.sources["local-file"].settings["dir"].as_str().unwrap().to_owned();
        (manifest.namespace, dir, manifest.variables["REGION"].from_environment)
    };
    assert_eq!(region(&[]), ("p-eu".to_owned(), "eu/sub/${KEPT}".to_owned(), false));
    assert_eq!(region(&[("THE_REGION", "us")]), ("p-us".to_owned(), "us/sub/${KEPT}".to_owned(), true));
    assert_eq!(region(&[("THE_REGION", ""), ("REGION", "no")]).0, "p-eu");
}

#[test]
fn a_line_says_which_variables_are_in_it() {
    let manifest = of(&[(Layer::Project, VARIABLES)], Profile::Default, &[("THE_REGION", "us")]).unwrap();
    let line = manifest.lines.iter().find(|line| line.path == ["namespace"]).unwrap();
    assert_eq!(
        (line.value.as_str(), line.note.as_deref()),
        (Some("p-us"), Some("REGION from the environment's THE_REGION"))
    );
}

#[test]
fn a_variable_that_is_not_there_or_may_not_stand_there_is_marked() {
    let with =
        |line: &str| format!("version = 1\nchain = [\"x\"]\n[source.x]\nplugin = \"builtin:local-file\"\n{line}\n");
    refused(
        &with("settings.dir = \"a/${REGOIN}\"\n[vars]\nREGION = \"eu\""),
        ":5:19",
        &["there is no variable `REGOIN`; did you mean `REGION`?", "^^^^^^^^^", "[vars]"],
    );
    refused(
        &with("settings.dir = \"${R}\"\n[vars]\nR = { env = \"HARMONY_TEST_NOT_SET\" }"),
        ":5:17",
        &["has no value", "export HARMONY_TEST_NOT_SET", "harmony-config.toml:7"],
    );
    refused(&with("settings.dir = \"${R\""), ":5:17", &["not closed", "$${"]);
    refused(&with("[vars]\nR = 7"), ":6:5", &["a text"]);
    refused(&with("[vars]\nR = { evn = \"R\" }"), ":6:7", &["did you mean `env`?"]);
    refused(&with("[vars]\n\"a b\" = \"x\""), ":6:1", &["cannot be a variable's name"]);
    refused(
        &with("settings.dir = { from = \"sqlite\", key = \"${K}\" }"),
        ":5:",
        &["no variable may stand in a credential"],
    );
    let sha = "0".repeat(64);
    let plugin =
        format!("version = 1\nchain = [\"x\"]\n[source.x]\nplugin = {{ path = \"${{P}}\", sha256 = \"{sha}\" }}");
    refused(&plugin, ":4:", &["no variable may stand in the name of a plugin"]);
    refused("version = 1\nchain = [\"${X}\"]", ":2:10", &["there is no source `${X}`"]);
}

#[test]
fn a_file_that_lies_beside_no_project_says_so() {
    refused("version = 1\nchain = [\"env\"]\n[schema]\nfile = 7", ":4:8", &["string"]);
    let manifest = layered(&[(Layer::Project, "version = 1\nchain = [\"env\"]\nschema.file = \"s.json\"\n")]).unwrap();
    assert_eq!(manifest.schema.as_deref(), Some(Path::new("/project/s.json")));
}

/// Lines of a manifest that cannot contradict each other's kind, so that merging has one meaning.
fn any_layer() -> impl Strategy<Value = BTreeMap<&'static str, u8>> {
    let lines = [
        "namespace",
        "persist.secret",
        "source.team.timeout",
        "source.team.settings.dir",
        "value.App.port",
        "value.App.host",
        "vars.A",
        "key.App.chain",
    ];
    prop::collection::btree_map(prop::sample::select(lines.to_vec()), 0_u8..3, 0..6)
}

fn text(layer: &BTreeMap<&str, u8>, reverse: bool) -> String {
    let mut lines: Vec<String> = layer
        .iter()
        .map(|(line, version)| match *line {
            "persist.secret" | "key.App.chain" => {
                format!("{line} = [\"{}\"]", ["env", "sqlite", "local-file"][usize::from(*version)])
            }
            "source.team.timeout" => format!("{line} = \"{}s\"", version + 1),
            line => format!("{line} = \"x{version}\""),
        })
        .collect();
    if reverse {
        lines.reverse();
    }
    lines.join(if reverse { "  # why\n\n" } else { "\n" })
}

fn joined(layers: &[String]) -> Vec<(Vec<String>, serde_json::Value)> {
    let base = "version = 1\nchain = [\"team\"]\nsource.team.plugin = \"builtin:local-file\"\n".to_owned();
    let mut input = vec![(Layer::Project, PathBuf::from("p.toml"), base)];
    input.extend(layers.iter().map(|text| (Layer::Local, PathBuf::from("l.toml"), text.clone())));
    let variables = Variables::fixed([("", ""); 0]);
    let manifest =
        read_layers(Input { layers: input, profile: Profile::Default, app: "harmony", variables: &variables });
    manifest.unwrap().lines.into_iter().map(|line| (line.path, line.value)).collect()
}

proptest! {
    #[test]
    fn merging_is_associative(a in any_layer(), b in any_layer(), c in any_layer()) {
        let mut b_and_c = b.clone();
        b_and_c.extend(c.clone());
        let one_by_one = joined(&[text(&a, false), text(&b, false), text(&c, false)]);
        prop_assert_eq!(one_by_one, joined(&[text(&a, false), text(&b_and_c, false)]));
    }

    #[test]
    fn the_order_of_lines_and_comments_change_nothing(layer in any_layer()) {
        prop_assert_eq!(joined(&[text(&layer, false)]), joined(&[text(&layer, true)]));
    }

    #[test]
    fn a_layer_over_itself_is_itself(layer in any_layer()) {
        prop_assert_eq!(joined(&[text(&layer, false)]), joined(&[text(&layer, false), text(&layer, true)]));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(version = 1\n)?[a-z\\[\\]\\.\"'={}$#\n ]{0,80}") {
        let _ = read(&text);
    }
}
