//! What the derive makes of a type: key, class, schema, and where the marks of secret fields end up.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::collections::BTreeMap;

use harmony_config::{Config, Secret, Sensitivity, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether the schema's field of that path, or one around it, is marked, references followed.
fn marked<T: Config>(path: &[&str]) -> bool {
    let shape = Shape::of::<T>();
    let root = shape.schema().unwrap();
    let mut current = root;
    let is_marked = |schema: &Value| schema["x-harmony-secret"] == true;
    for name in path {
        if is_marked(current) {
            return true;
        }
        current = &current["properties"][name];
        while !is_marked(current) {
            let reference = current["$ref"].as_str().or(current["anyOf"][0]["$ref"].as_str());
            let Some(reference) = reference else { break };
            current = root.pointer(&reference[1..]).unwrap();
        }
        assert!(!current.is_null(), "{path:?} is not in {root:#}");
    }
    is_marked(current)
}

fn is_secret<T: Config>() -> bool {
    Shape::of::<T>().sensitivity() == Sensitivity::Secret
}

/// The port and the host.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Plain {
    /// Where it listens.
    port: u16,
    host: Option<String>,
    limits: BTreeMap<String, u32>,
}

#[test]
fn a_type_without_secrets_is_standard_and_has_its_documentation_in_the_schema() {
    assert_eq!(Plain::CLASS, Sensitivity::Standard);
    assert!(!is_secret::<Plain>());
    let schema = Plain::schema().unwrap();
    assert_eq!(schema["description"], "The port and the host.");
    assert_eq!(schema["properties"]["port"]["description"], "Where it listens.");
    assert!(Plain::secret_paths().is_empty());
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[config(key = "switch-auth")]
struct Renamed {
    user_name: String,
    #[config(secret)]
    pass_word: String,
    #[config(secret)]
    #[serde(rename = "PIN")]
    pin: Option<u32>,
    #[config(secret)]
    #[serde(skip)]
    _session: String,
}

#[test]
fn a_secret_field_is_marked_under_its_name_in_the_json() {
    assert_eq!(Renamed::KEY, "switch-auth");
    assert_eq!(Renamed::CLASS, Sensitivity::Secret);
    assert_eq!(Renamed::secret_paths(), ["pass-word", "PIN"]);
    assert!(marked::<Renamed>(&["pass-word"]) && marked::<Renamed>(&["PIN"]));
    assert!(!marked::<Renamed>(&["user-name"]));
}

type Token = Secret<String>;

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct WithSecretType {
    user: String,
    token: Token,
    previous: Option<Secret<String>>,
    others: Vec<Secret<String>>,
}

#[test]
fn a_secret_type_marks_itself_under_any_name_and_makes_the_class_secret() {
    assert_eq!(WithSecretType::CLASS, Sensitivity::Secret);
    assert!(is_secret::<WithSecretType>());
    assert!(marked::<WithSecretType>(&["token"]) && marked::<WithSecretType>(&["previous"]));
    assert!(!marked::<WithSecretType>(&["user"]));
    assert!(WithSecretType::schema().unwrap()["properties"]["others"]["items"]["x-harmony-secret"] == true);
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Tls {
    certificate: String,
    #[config(secret)]
    key: String,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Listener {
    port: u16,
    tls: Option<Tls>,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Server {
    name: String,
    listener: Box<Listener>,
    peers: Vec<Tls>,
    by_name: BTreeMap<String, Tls>,
    plain: Plain,
}

#[test]
fn a_nested_configuration_type_brings_its_marks_along_however_deep() {
    assert!(is_secret::<Server>());
    assert!(marked::<Server>(&["listener", "tls", "key"]));
    assert!(!marked::<Server>(&["listener", "tls", "certificate"]));
    assert!(!marked::<Server>(&["listener", "port"]));
    assert!(!marked::<Server>(&["name"]) && !marked::<Server>(&["plain"]));
}

#[test]
fn a_list_or_map_of_them_is_secret_as_a_whole() {
    assert!(marked::<Server>(&["peers"]) && marked::<Server>(&["by_name"]));
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct NotConfig {
    user: String,
    #[schemars(extend("x-harmony-secret" = true))]
    password: String,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct WithMarkedSchema {
    port: u16,
    login: NotConfig,
}

#[test]
fn a_nested_type_that_is_not_a_configuration_type_can_mark_its_schema() {
    assert!(is_secret::<WithMarkedSchema>());
    assert!(marked::<WithMarkedSchema>(&["login", "password"]));
    assert!(!marked::<WithMarkedSchema>(&["port"]));
}

#[derive(Serialize, Deserialize)]
struct ByHand {
    anything: String,
}

impl Config for ByHand {
    const KEY: &'static str = "ByHand";
}

impl JsonSchema for ByHand {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByHand".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "properties": { "anything": { "type": "string" } } })
    }
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct AroundByHand {
    port: u16,
    inner: ByHand,
}

#[test]
fn a_nested_configuration_type_without_a_schema_is_secret_as_a_whole() {
    assert!(marked::<AroundByHand>(&["inner"]));
    assert!(!marked::<AroundByHand>(&["port"]));
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Credentials {
    user: String,
    password: String,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Flat {
    port: u16,
    #[serde(flatten)]
    #[config(secret)]
    credentials: Credentials,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct FlatNested {
    port: u16,
    #[serde(flatten)]
    tls: Tls,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct FlatMap {
    port: u16,
    #[serde(flatten)]
    #[config(secret)]
    others: BTreeMap<String, String>,
}

#[test]
fn what_is_flattened_is_marked_where_it_stands() {
    assert_eq!(Flat::secret_paths(), ["user", "password"]);
    assert!(marked::<Flat>(&["user"]) && marked::<Flat>(&["password"]) && !marked::<Flat>(&["port"]));
    assert!(marked::<FlatNested>(&["key"]) && !marked::<FlatNested>(&["certificate"]));
    // Which names a map will have is not known: all of it is secret.
    assert!(marked::<FlatMap>(&["port"]));
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
#[config(secret)]
struct Whole {
    user: String,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Newtype(#[config(secret)] String);

#[derive(Config, Serialize, Deserialize, JsonSchema)]
enum Login {
    Token { token: Secret<String> },
    Tls(Tls),
    None,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
enum Level {
    Low,
    High,
}

#[test]
fn a_whole_type_can_be_secret() {
    assert!(is_secret::<Whole>() && marked::<Whole>(&["user"]));
    assert!(is_secret::<Newtype>() && marked::<Newtype>(&[]));
    assert_eq!(Login::CLASS, Sensitivity::Secret);
    assert!(marked::<Login>(&[]), "a variant with a nested secret makes the enum secret as a whole");
    assert!(!is_secret::<Level>());
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Tree {
    #[config(secret)]
    name: String,
    children: Vec<Tree>,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Left {
    right: Option<Box<Right>>,
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Right {
    left: Option<Box<Left>>,
    token: Secret<String>,
}

#[test]
fn types_that_hold_themselves_or_each_other_come_to_an_end() {
    assert!(is_secret::<Tree>());
    assert!(is_secret::<Left>() && is_secret::<Right>());
    assert!(marked::<Left>(&["right", "token"]));
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct EveryKindOfType {
    boxed: Box<str>,
    borrowed: std::borrow::Cow<'static, str>,
    bytes: Box<[u8]>,
    pair: (u8, String),
    array: [u8; 4],
    unit: (),
    number: std::num::NonZeroU16,
    path: std::path::PathBuf,
    nested: Option<Vec<BTreeMap<String, Box<str>>>>,
}

#[test]
fn any_type_that_json_can_hold_may_be_a_field() {
    assert!(!is_secret::<EveryKindOfType>());
    assert_eq!(EveryKindOfType::schema().unwrap()["properties"].as_object().unwrap().len(), 9);
}

mod elsewhere {
    pub(crate) use harmony_config as renamed;
}

#[derive(Config, Serialize, Deserialize, JsonSchema)]
#[config(crate = "crate::elsewhere::renamed", key = "in-a-renamed-crate")]
struct InARenamedCrate {
    token: Secret<String>,
}

#[test]
fn the_crate_may_bear_another_name() {
    assert_eq!(InARenamedCrate::KEY, "in-a-renamed-crate");
    assert!(is_secret::<InARenamedCrate>());
}

#[test]
fn a_wrong_name_among_the_secret_paths_lays_nothing_bare() {
    #[derive(Serialize, Deserialize)]
    struct Misspelt {
        password: String,
    }
    impl Config for Misspelt {
        const KEY: &'static str = "Misspelt";
        fn schema() -> Option<Value> {
            Some(serde_json::json!({ "properties": { "password": { "type": "string" } } }))
        }
        fn secret_paths() -> &'static [&'static str] {
            &["pasword"]
        }
    }
    assert!(is_secret::<Misspelt>() && marked::<Misspelt>(&["password"]));
}
