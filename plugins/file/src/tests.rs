//! The source over a file in memory; the formats by their texts.

use harmony_config_plugin_shared::document::Memory;
use serde_json::{Value, json};

use super::*;
use crate::{fault::Fault, format::Format::*};

fn at(key: &str) -> Coordinate {
    let (key, instance) = names::key(key).unwrap();
    Coordinate { namespace: "mine".into(), key, instance }
}

fn source(settings: Value) -> FileSource {
    FileSource::configure(serde_json::from_value(settings).unwrap(), Host::of("harmony")).unwrap()
}

fn get(format: Format, text: &str, name: &str) -> Option<Value> {
    format.get(text, name).unwrap().map(|json| serde_json::from_str(&json).unwrap())
}

fn fault_of(format: Format, text: &str) -> Fault {
    let fault = format.get(text, "App").unwrap_err();
    assert!(!fault.what.contains("canary"), "{fault:?}");
    fault
}

#[test]
fn every_format_has_a_table_for_each_key_and_instance() {
    for (format, text) in [
        (
            Json,
            r#"{ "App": {"port": 8080, "tls": {"on": true}}, "Fw@fw-a": {"tags": ["x", 1.5]}, "Plain": "text", "$schema": 1 }"#,
        ),
        (
            Toml,
            "Plain = 'text'\n\"$schema\" = 1\n[App]\nport = 8080\n[App.tls]\non = true\n[\"Fw@fw-a\"]\ntags = ['x', 1.5]\n",
        ),
        (
            Yaml,
            "App:\n  port: 8080\n  tls: {on: true}\nFw@fw-a:\n  tags:\n    - x\n    - 1.5\nPlain: text\n$schema: 1\n",
        ),
    ] {
        assert_eq!(get(format, text, "App"), Some(json!({ "port": 8080, "tls": { "on": true } })), "{format:?}");
        assert_eq!(get(format, text, "Fw@fw-a"), Some(json!({ "tags": ["x", 1.5] })), "{format:?}");
        assert_eq!(get(format, text, "Plain"), Some(json!("text")));
        assert_eq!(get(format, text, "Fw"), None);
        let format_of = format!("{format:?}").to_lowercase();
        let page = source(json!({ "path": "x", "format": format_of, "read-only": true }))
            .list_in(&Memory::with(text), "mine", "", None)
            .unwrap();
        let listed: Vec<_> = page.entries.iter().map(|(at, _)| names::of(at)).collect();
        assert_eq!(listed, ["App", "Fw@fw-a", "Plain"], "{format:?}: what is no key is left out");
    }
}

#[test]
fn an_empty_file_and_one_of_comments_have_no_values() {
    for (format, texts) in [
        (Json, &["", " \r\n", "{}", "{ }\n"][..]),
        (Toml, &["", "\n", "# nothing\n"][..]),
        (Yaml, &["", "\n", "# nothing\n", "---\n", "{}", "null\n"][..]),
    ] {
        for text in texts {
            assert_eq!(get(format, text, "App"), None, "{format:?} {text:?}");
            assert!(format.names(text).unwrap().is_empty());
        }
    }
}

#[test]
fn numbers_keep_their_digits_and_what_json_does_not_have_is_refused_with_its_place() {
    let large = "9007199254740993";
    for (format, text) in [
        (Json, format!("{{\"App\": [{large}, 9223372036854775807, -0.5, 1e3]}}")),
        (Toml, format!("App = [{large}, 9_223_372_036_854_775_807, -0.5, 1e3]")),
        (Yaml, format!("App: [{large}, 9223372036854775807, -0.5, 1e3]")),
    ] {
        let found = format.get(&text, "App").unwrap().unwrap().replace(' ', "").replace("1e3", "1000.0");
        assert_eq!(found, format!("[{large},9223372036854775807,-0.5,1000.0]"), "{format:?}");
    }
    assert_eq!(get(Toml, "App = [0x1F, 0o17, 0b11]", "App"), Some(json!([31, 15, 3])));
    assert_eq!(get(Yaml, "App: [0x1F, 0o17, 18446744073709551615, +7]", "App"), Some(json!([31, 15, u64::MAX, 7])));
    for (format, text, place) in [
        (Toml, "[App]\na = inf", (2, 5)),
        (Toml, "App = [ nan ]", (1, 9)),
        (Yaml, "App:\n  a: .inf", (2, 6)),
        (Yaml, "App: 18446744073709551616", (1, 6)),
        (Yaml, "App: 1e999", (1, 6)),
    ] {
        let fault = fault_of(format, text);
        assert_eq!(fault.place, Some(place), "{text}: {fault:?}");
        assert!(fault.what.contains("not finite"), "{fault:?}");
    }
}

#[test]
fn dates_are_texts() {
    let text = "[App]\nday = 1979-05-27\ntime = 07:32:00\nwhen = 1979-05-27T07:32:00Z\n";
    let expected = json!({ "day": "1979-05-27", "time": "07:32:00", "when": "1979-05-27T07:32:00Z" });
    assert_eq!(get(Toml, text, "App"), Some(expected));
    assert_eq!(get(Yaml, "App: {day: 1979-05-27}", "App"), Some(json!({ "day": "1979-05-27" })));
}

#[test]
fn yaml_is_read_by_the_core_schema() {
    let text = "App:\n  a: no\n  b: yes\n  c: ~\n  d: TRUE\n  e: \"1\"\n  f: '2'\n  g: !!str 3\n  h: |\n    two\n    lines\n  i: 1.2.3\n  j: .5\n  k: 0777\n  l: '<<'\n  m: -\n";
    let text = text.replace("  m: -\n", "");
    assert_eq!(
        get(Yaml, &text, "App"),
        Some(json!({
            "a": "no", "b": "yes", "c": null, "d": true, "e": "1", "f": "2", "g": "3", "h": "two\nlines\n",
            "i": "1.2.3", "j": 0.5, "k": 777, "l": "<<",
        }))
    );
    let shared = "base: &base {port: 1}\nApp:\n  one: *base\n  two: *base\n";
    assert_eq!(get(Yaml, shared, "App"), Some(json!({ "one": { "port": 1 }, "two": { "port": 1 } })));
}

#[test]
fn what_yaml_could_be_misread_as_is_refused() {
    for (text, words, place) in [
        ("base: &b {a: 1}\nApp:\n  <<: *b\n", "merge keys", (3, 3)),
        ("App: !canary 1\n", "a tag that is not known", (1, 6)),
        ("App: 1\n---\nApp: 2\n", "a second document", (2, 1)),
        ("? [canary]\n: 1\n", "a name must be a text", (1, 3)),
        ("App: 1\nApp: 2\n", "`App` stands here a second time", (2, 1)),
        ("App:\n  a: 1\n  a: canary\n", "`a` stands here a second time", (3, 3)),
        ("- canary\n", "no table of keys", (1, 1)),
        ("canary\n", "no table of keys", (1, 1)),
        ("App: {a: canary\n", "not YAML", (2, 1)),
        ("App: *canary\n", "not YAML", (1, 6)),
    ] {
        let fault = fault_of(Yaml, text);
        assert!(fault.what.contains(words), "{text}: {fault:?}");
        assert_eq!(fault.place, Some(place), "{text}: {fault:?}");
    }
}

#[test]
fn aliases_that_multiply_and_values_that_lie_too_deep_end_in_an_error() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = level - 1;
        laughs += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", "));
    }
    assert!(fault_of(Yaml, &laughs).what.contains("more than 200000 values"));
    let deep = format!("App: {}1{}", "[".repeat(150), "]".repeat(150));
    assert!(fault_of(Yaml, &deep).place.is_some());
    assert!(fault_of(Json, &format!("{{\"App\": {}1{}}}", "[".repeat(500), "]".repeat(500))).place.is_some());
    assert!(fault_of(Toml, &format!("App = {}1{}", "[".repeat(500), "]".repeat(500))).place.is_some());
}

#[test]
fn a_name_that_stands_twice_is_an_error_that_says_where() {
    for (format, text, place) in [
        (Json, "{\n \"App\": 1,\n \"App\": \"canary\"\n}", (3, 2)),
        (Json, "{\n \"App\": {\n  \"a\": 1,\n  \"a\": \"canary\" }\n}", (4, 5)),
        (Json, "{\"x\": 1, \"App\": {\"a\": 1, \"a\": 2}}", (1, 28)),
        (Toml, "[App]\na = 1\na = \"canary\"\n", (3, 1)),
        (Toml, "[App]\n[App]\n", (2, 1)),
    ] {
        let fault = fault_of(format, text);
        let (line, _) = fault.place.unwrap();
        assert_eq!(line, place.0, "{text}: {fault:?}");
        if format == Json {
            assert_eq!(fault.what, format!("`{}` stands here a second time", if place.1 == 2 { "App" } else { "a" }));
        }
    }
    // What is not asked for may be as it likes: it belongs to somebody else.
    assert_eq!(get(Json, r#"{"other": {"a": 1, "a": 2}, "App": 1}"#, "App"), Some(json!(1)));
}

#[test]
fn a_text_that_is_broken_says_where_and_not_what() {
    for (format, text, place) in [
        (Json, "{\n  \"App\": canary\n}", (2, 10)),
        (Json, "{\"App\": \"canary", (1, 15)),
        (Json, "{\"App\": 1,}", (1, 11)),
        (Json, "[\"canary\"]", (1, 1)),
        (Json, "  \"canary\"", (1, 3)),
        (Toml, "[App]\nport = canary\n", (2, 8)),
        (Toml, "[App]\nkey = \"canary\n", (2, 14)),
        (Toml, "canary\n", (1, 7)),
        (Toml, "[App\na = 1\n", (1, 5)),
    ] {
        let fault = fault_of(format, text);
        assert_eq!(fault.place, Some(place), "{text}: {fault:?}");
    }
    let failure =
        source(json!({ "path": "c.toml" })).get_in(&Memory::with("[App]\na = canary"), &at("App")).unwrap_err();
    assert_eq!(failure.code, "invalid");
    assert!(failure.message.starts_with("/project/config, line 2, column 5: it is not TOML: "), "{}", failure.message);
    assert!(failure.remedy.unwrap().contains("/project/config"));
}

#[test]
fn the_marks_of_other_editors_are_kept_or_named() {
    let toml = source(json!({ "path": "c.toml" }));
    let marked = Memory::with("\u{feff}[App]\nport = 1\n");
    assert_eq!(toml.get_in(&marked, &at("App")).unwrap().unwrap().value, r#"{"port":1}"#);
    change::set(&marked, Toml, "App", r#"{"port":2}"#, &Expected::Anything).unwrap();
    assert_eq!(marked.text(), "\u{feff}[App]\nport = 2\n");
}

const TOML: &str = r#"# What this file is for.

# The application.
[App] # beside the head
port = 80 # where to listen
# hosts, best first
hosts = [
    "a", # the old one
    "b",
]
tls.on = true # dotted

[tool.other]
left = "alone"   # as it is

["Fw@fw-a"]
host = 'h'
"#;

#[test]
fn toml_keeps_comments_order_and_the_look_of_what_is_not_changed() {
    let same = json!({ "port": 80, "hosts": ["a", "b"], "tls": { "on": true } });
    assert_eq!(Toml.set(TOML, "App", &same).unwrap(), TOML);
    let changed = json!({ "port": 81, "hosts": ["a", "b"], "tls": { "on": false, "ca": "x" }, "new": "n" });
    let text = Toml.set(TOML, "App", &changed).unwrap();
    assert_eq!(get(Toml, &text, "App"), Some(changed));
    for kept in [
        "# What this file is for.\n\n# The application.\n[App] # beside the head\nport = 81 # where to listen\n",
        "hosts = [\n    \"a\", # the old one\n    \"b\",\n]\n",
        "tls.on = false # dotted\n",
        "[tool.other]\nleft = \"alone\"   # as it is\n",
        "[\"Fw@fw-a\"]\nhost = 'h'\n",
    ] {
        assert!(text.contains(kept), "{kept}\nis not in\n{text}");
    }
}

#[test]
fn toml_gives_a_new_key_a_table_of_its_own_at_the_end() {
    let value = json!({ "port": 1, "tls": { "on": true }, "list": [{ "a": 1 }], "none": null });
    let text = Toml.set(TOML, "New@one", &value).unwrap();
    let added = "\n[\"New@one\"]\nport = 1\nlist = [{ a = 1 }]\n\n[\"New@one\".tls]\non = true\n";
    assert_eq!(text, format!("{TOML}{added}"));
    assert_eq!(Toml.set("", "App", &json!({ "a": 1 })).unwrap(), "[App]\na = 1\n");
    let scalar = Toml.set("[App]\na = 1\n", "Plain", &json!("x")).unwrap();
    assert_eq!(scalar, "Plain = \"x\"\n[App]\na = 1\n");
}

#[test]
fn toml_removes_a_table_with_its_comments_and_nothing_else() {
    let text = Toml.remove(TOML, "App").unwrap();
    assert_eq!(
        text,
        "# What this file is for.\n\n[tool.other]\nleft = \"alone\"   # as it is\n\n[\"Fw@fw-a\"]\nhost = 'h'\n"
    );
    assert_eq!(Toml.remove("[App]\na = 1\n", "App").unwrap(), "");
}

#[test]
fn lines_end_as_they_did() {
    let toml = Toml.set("# c\r\n[App]\r\na = 1\r\n", "App", &json!({ "a": 2, "b": 3 })).unwrap();
    assert_eq!(toml, "# c\r\n[App]\r\na = 2\r\nb = 3\r\n");
    let json = Json.set("{\r\n  \"App\": 1\r\n}\r\n", "Two", &json!({ "a": 1 })).unwrap();
    assert_eq!(json, "{\r\n  \"App\": 1,\r\n  \"Two\": {\r\n    \"a\": 1\r\n  }\r\n}\r\n");
}

#[test]
fn what_toml_cannot_say_is_refused_by_the_name_of_the_field() {
    for (value, words) in [
        (json!({ "a": [1, null] }), "`App.a[1]`"),
        (json!(null), "`App`"),
        (json!({ "a": { "b": u64::MAX } }), "`App.a.b`"),
    ] {
        let fault = Toml.set("", "App", &value).unwrap_err();
        assert!(fault.unsupported && fault.what.contains(words), "{fault:?}");
    }
    // A field without a value is one that is not there.
    let text = Toml.set("[App]\na = 1\nb = 2\n", "App", &json!({ "a": null, "b": 2 })).unwrap();
    assert_eq!(text, "[App]\nb = 2\n");
}

#[test]
fn json_changes_one_member_and_no_other_byte() {
    let text = "{\n    \"a\":1 ,\n    \"App\" : { \"x\": [1, \"}\"] },\n\n    \"z\": \"\\\"App\\\": 2\"\n}";
    let changed = Json.set(text, "App", &json!({ "y": 2 })).unwrap();
    assert_eq!(
        changed,
        "{\n    \"a\":1 ,\n    \"App\" : {\n      \"y\": 2\n    },\n\n    \"z\": \"\\\"App\\\": 2\"\n}"
    );
    let added = Json.set(text, "New", &json!(1)).unwrap();
    assert!(added.ends_with("\"z\": \"\\\"App\\\": 2\",\n    \"New\": 1\n}"), "{added}");
    assert_eq!(Json.set(r#"{"a":1}"#, "App", &json!([1])).unwrap(), r#"{"a":1, "App": [1]}"#);
    for empty in ["", "{}", "{ }\n"] {
        let text = Json.set(empty, "App", &json!(1)).unwrap();
        assert_eq!(text.trim_end(), "{\n  \"App\": 1\n}");
    }
}

#[test]
fn json_removes_a_member_wherever_it_stands() {
    let text = "{\n  \"a\": 1,\n  \"b\": {},\n  \"c\": \"x\"\n}\n";
    assert_eq!(Json.remove(text, "a").unwrap(), "{\n  \"b\": {},\n  \"c\": \"x\"\n}\n");
    assert_eq!(Json.remove(text, "b").unwrap(), "{\n  \"a\": 1,\n  \"c\": \"x\"\n}\n");
    assert_eq!(Json.remove(text, "c").unwrap(), "{\n  \"a\": 1,\n  \"b\": {}\n}\n");
    assert_eq!(Json.remove("{\n  \"a\": 1\n}\n", "a").unwrap(), "{}\n");
}

#[test]
fn a_condition_is_one_on_the_value_and_not_on_its_neighbours() {
    let file = Memory::default();
    let set = |name: &str, value: &str, expected| change::set(&file, Json, name, value, &expected);
    let first = set("App", "1", Expected::Nothing).unwrap();
    set("Other", "1", Expected::Nothing).unwrap();
    assert_eq!(set("App", "2", Expected::Nothing).unwrap_err().code, "conflict");
    let second = set("App", "2", Expected::Version(first.clone())).unwrap();
    assert_eq!(set("App", "3", Expected::Version(first.clone())).unwrap_err().code, "conflict");
    assert_eq!(set("New", "3", Expected::Version(first.clone())).unwrap_err().code, "conflict");
    let entry = source(json!({ "path": "c.json" })).get_in(&file, &at("App")).unwrap().unwrap();
    assert_eq!(
        (entry.value.as_str(), entry.version, entry.location.as_str()),
        ("2", Some(second.clone()), "/project/config [App]")
    );
    let delete = |expected| change::delete(&file, Json, "App", &expected);
    assert_eq!(delete(Expected::Version(first)).unwrap_err().code, "conflict");
    assert_eq!(delete(Expected::Nothing).unwrap_err().code, "conflict");
    delete(Expected::Version(second.clone())).unwrap();
    assert_eq!(delete(Expected::Version(second)).unwrap_err().code, "conflict");
    delete(Expected::Anything).unwrap();
    delete(Expected::Nothing).unwrap();
    assert_eq!(file.text(), "{\n  \"Other\": 1\n}\n");
}

#[test]
fn what_is_broken_is_not_written_over() {
    for (format, text) in [(Json, "{ canary"), (Toml, "canary")] {
        let file = Memory::with(text);
        let failure = change::set(&file, format, "App", "1", &Expected::Anything).unwrap_err();
        assert_eq!(failure.code, "invalid");
        assert_eq!(file.text(), text);
    }
}

#[test]
fn a_source_that_may_only_read_says_so_and_why() {
    let read_only = source(json!({ "path": "c.toml", "read-only": true }));
    let yaml = source(json!({ "path": "c.YML", "read-only": true }));
    let of_another = source(json!({ "path": "c.toml", "namespace": "theirs" }));
    for (source, words) in [(&read_only, "read only"), (&yaml, "comments"), (&of_another, "`theirs`")] {
        let failure = source.may_write(&at("App")).unwrap_err();
        assert_eq!(failure.code, "unsupported");
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(failure.remedy.is_some());
    }
    assert_eq!((read_only.features(), yaml.features()), (&[Feature::Lists][..], &[Feature::Lists][..]));
    let file = Memory::with("[App]\n");
    assert!(read_only.get_in(&file, &at("App")).unwrap().is_some());
    assert!(of_another.get_in(&file, &at("App")).unwrap().is_none());
    assert!(of_another.list_in(&file, "mine", "", None).unwrap().entries.is_empty());
    assert_eq!(of_another.list_in(&file, "theirs", "", None).unwrap().entries.len(), 1);
}

#[test]
fn a_format_is_said_or_seen_or_missed() {
    for (path, format) in [("a.json", Json), ("a.b.TOML", Toml), ("x/a.yaml", Yaml)] {
        assert_eq!(source(json!({ "path": path, "read-only": true })).format, format);
    }
    assert_eq!(source(json!({ "path": "a", "format": "json" })).format, Json);
    for (path, remedy) in [("a.ini", "settings.format"), ("a.yaml", "read-only = true")] {
        let settings = serde_json::from_value(json!({ "path": path })).unwrap();
        let Err(failure) = FileSource::configure(settings, Host::of("harmony")) else { panic!("{path} is taken") };
        assert!(failure.remedy.unwrap().contains(remedy));
    }
}

#[test]
fn a_listing_comes_in_pages() {
    let members: Vec<_> =
        (0..1203).map(|number| format!("\"K{:04}{}\": 1", number / 2, ["", "@i"][number % 2])).collect();
    let file = Memory::with(&format!("{{{}}}", members.join(",")));
    let source = source(json!({ "path": "c.json" }));
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let page = source.list_in(&file, "mine", "K", after.as_deref()).unwrap();
        count += page.entries.len();
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(count, 1203);
}

#[test]
fn a_check_says_what_can_be_done() {
    let toml = source(json!({ "path": "c.toml" }));
    assert_eq!(
        toml.check_in(&Memory::default()).unwrap(),
        ["/project/config does not exist yet; the first write makes it"]
    );
    assert_eq!(toml.check_in(&Memory::with("[App]\n")).unwrap(), ["/project/config can be read: 1 value"]);
    let yaml = source(json!({ "path": "c.yaml", "read-only": true }));
    assert!(yaml.check_in(&Memory::with("App: 1\n")).unwrap()[1].contains("only read"));
}

#[test]
fn the_facts_are_json() {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["wants"], json!({ "document": { "setting": "path" } }));
    assert_eq!(facts["settings"]["required"], json!(["path"]));
}
