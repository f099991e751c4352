//! The source over a file in memory.

use harmony_config_plugin_shared::document::Memory;
use harmony_config_sdk::{Coordinate, Interaction, Sensitivity};
use serde_json::json;

use super::*;

fn request(key: &str) -> Request {
    let (key, instance) = key.split_once('@').map_or((key, None), |(key, instance)| (key, Some(instance.to_owned())));
    Request {
        at: Coordinate { namespace: "n".into(), key: key.into(), instance },
        sensitivity: Sensitivity::Standard,
        schema: None,
        locations: Vec::new(),
        interaction: Interaction::Forbidden,
        id: "1".into(),
        extra: Vec::new(),
    }
}

fn source() -> DotenvSource {
    DotenvSource { prefix: "P_".to_owned(), read_only: false }
}

fn get(text: &str, key: &str) -> Result<Option<Entry>, Failure> {
    source().get_in(&Memory::with(text), &request(key))
}

fn value(text: &str, key: &str) -> Value {
    let entry = get(text, key).unwrap().unwrap();
    serde_json::from_str(&entry.value).unwrap_or_else(|_| Value::String(entry.value))
}

fn set(text: &str, key: &str, json: &str) -> String {
    let file = Memory::with(text);
    source().set_in(&file, &request(key), json, &Expected::Anything).unwrap();
    file.text()
}

#[test]
fn the_names_are_those_of_the_environment() {
    let text =
        "P_App={\"port\":80}\nP_Fw__AT__fw_a='{\"host\":\"a\"}'\nP_Fw__host=plain\nP_Fw__tls__on=true\nOTHER=1\n";
    assert_eq!(value(text, "App"), json!({ "port": 80 }));
    assert_eq!(value(text, "Fw@fw-a"), json!({ "host": "a" }));
    let fields = get(text, "Fw").unwrap().unwrap();
    assert!(fields.partial);
    assert_eq!(fields.location, "/project/config: P_Fw__host, P_Fw__tls__on");
    assert_eq!(value(text, "Fw"), json!({ "host": "plain", "tls": { "on": "true" } }));
    assert!(get(text, "Other").unwrap().is_none());
    assert!(source().get_in(&Memory::default(), &request("App")).unwrap().is_none());
}

/// As single fields, whose texts are passed on as they are.
#[test]
fn a_line_is_read_as_shells_and_other_programs_write_it() {
    for (line, expected) in [
        ("P_A__f=plain", "plain"),
        ("  export   P_A__f = spaced out  ", "spaced out"),
        ("P_A__f=a#b", "a#b"),
        ("P_A__f=a # comment", "a"),
        ("P_A__f= # comment", ""),
        ("P_A__f=", ""),
        ("P_A__f='a # \"b\" \\n $C' # comment", "a # \"b\" \\n $C"),
        ("P_A__f=\"a # 'b' \\n\\t\\\"\\\\ \\$C \\x\"", "a # 'b' \n\t\"\\ $C \\x"),
        ("P_A__f='two\nlines'", "two\nlines"),
        ("P_A__f=\"two\r\nlines\"\r", "two\nlines"),
        ("P_A__f=$HOME/${X}", "$HOME/${X}"),
        ("P_A__f=back\\slash", "back\\slash"),
        ("P_A__f=a=b==", "a=b=="),
        ("P_A__f=it's", "it's"),
        ("P_A__f=windows\r", "windows"),
        ("P_A__f=ä ß 漢字", "ä ß 漢字"),
    ] {
        for text in [format!("{line}\n"), format!("# P_A__f=no\n\nX=1\n{line}"), format!("\u{feff}{line}\nX='2'\n")] {
            assert_eq!(value(&text, "A")["f"], expected, "{text:?}");
        }
    }
}

#[test]
fn json_without_quotes_may_have_a_comment_sign_in_it() {
    assert_eq!(value("P_A={\"c\": \" #fff\"}\n", "A"), json!({ "c": " #fff" }));
    assert_eq!(value("P_A={\"c\": 1} # c\n", "A"), json!({ "c": 1 }));
}

#[test]
fn what_cannot_be_told_is_an_error_that_names_the_line_and_not_the_value() {
    for (text, words) in [
        ("X=1\nP_A=1\nP_A=\"canary\"\n", "P_A is set twice, in line 2 and in line 3"),
        ("X=1\nP_A='canary\nX=2\n", "line 2: the quote of P_A is never closed"),
        ("X=\"canary\nP_A=1\n", "line 1: the quote of X is never closed"),
        ("P_A='a'canary\n", "line 1: something stands behind the closing quote"),
        ("P_A=canary\nP_A__f=1\n", "the variable P_A is not JSON"),
    ] {
        let failure = get(text, "A").unwrap_err();
        assert_eq!(failure.code, "invalid");
        assert!(failure.message.starts_with("/project/config: ") && failure.message.contains(words), "{failure}");
        assert!(failure.remedy.is_some() && !format!("{failure:?}").contains("canary"), "{failure:?}");
    }
    // What is odd in the lines of others is theirs.
    assert_eq!(value("key: value\nX='a'b\nX=2\nexport Y\nP_A=1\n", "A"), json!(1));
}

const FILE: &str = "# for everybody\r\nDATABASE_URL=\"postgres://x\"   # theirs\r\n\r\nexport P_App={\"a\":1} # ours\r\nP_Fw__host=h\r\nX='a'b\r\nP_Fw__port=1\r\nlast=1";

#[test]
fn a_write_changes_its_own_line_and_no_other_byte() {
    let changed = set(FILE, "App", r#"{"it's":"a\nb"}"#);
    assert_eq!(changed, FILE.replace(r#"{"a":1}"#, r#"'{"it\u0027s":"a\nb"}'"#));
    assert_eq!(value(&changed, "App"), json!({ "it's": "a\nb" }));
    assert_eq!(set(FILE, "New@one", "1"), format!("{FILE}\r\nP_New__AT__one='1'\r\n"));
    assert_eq!(set("", "App", "null"), "P_App='null'\n");
    // A whole value in the place of its single fields.
    let whole = FILE.replace("P_Fw__host=h", "P_Fw='{\"host\":\"x\"}'").replace("P_Fw__port=1\r\n", "");
    assert_eq!(set(FILE, "Fw", r#"{"host":"x"}"#), whole);
    assert_eq!(value(&whole, "Fw"), json!({ "host": "x" }));
}

#[test]
fn a_removal_takes_its_own_lines_and_no_other_byte() {
    let file = Memory::with(FILE);
    source().delete_in(&file, &request("Fw"), &Expected::Anything).unwrap();
    assert_eq!(file.text(), FILE.replace("P_Fw__host=h\r\n", "").replace("P_Fw__port=1\r\n", ""));
    source().delete_in(&file, &request("App"), &Expected::Anything).unwrap();
    assert!(get(&file.text(), "App").unwrap().is_none());
    source().delete_in(&file, &request("App"), &Expected::Nothing).unwrap();
}

#[test]
fn a_value_of_any_kind_is_read_as_it_was_written() {
    for json in [
        json!(null),
        json!("text"),
        json!("quotes \" ' \\ $HOME `x` # end"),
        json!("line\nbreak\r\n\t\u{7}\u{0}"),
        json!({ "ä": ["漢字", 1.5, { "": null }], "a": "\\u0027" }),
        json!(u64::MAX),
    ] {
        assert_eq!(value(&set(FILE, "App", &json.to_string()), "App"), json);
    }
}

#[test]
fn a_condition_is_one_on_the_value_and_not_on_its_neighbours() {
    let file = Memory::default();
    let set = |key: &str, value: &str, expected| source().set_in(&file, &request(key), value, &expected);
    let first = set("App", "1", Expected::Nothing).unwrap().unwrap();
    set("Other", "1", Expected::Nothing).unwrap();
    assert_eq!(get(&file.text(), "App").unwrap().unwrap().version, Some(first.clone()));
    assert_eq!(set("App", "2", Expected::Nothing).unwrap_err().code, "conflict");
    let second = set("App", "2", Expected::Version(first.clone())).unwrap().unwrap();
    assert_eq!(set("App", "3", Expected::Version(first.clone())).unwrap_err().code, "conflict");
    assert_eq!(set("New", "3", Expected::Version(first)).unwrap_err().code, "conflict");
    let delete = |expected| source().delete_in(&file, &request("App"), &expected);
    assert_eq!(delete(Expected::Nothing).unwrap_err().code, "conflict");
    delete(Expected::Version(second.clone())).unwrap();
    assert_eq!(delete(Expected::Version(second)).unwrap_err().code, "conflict");
    assert_eq!(file.text(), "P_Other='1'\n");
}

#[test]
fn a_source_that_may_only_read_says_so() {
    let settings = serde_json::from_value(json!({ "read-only": true })).unwrap();
    let source = DotenvSource::configure(settings, Host::of("harmony")).unwrap();
    assert_eq!(source.features(), [Feature::Refs]);
    assert_eq!(source.may_write().unwrap_err().code, "unsupported");
    assert_eq!(source.prefix, "HARMONY_CONFIG_");
}

#[test]
fn a_check_names_lines_that_are_not_read_as_somebody_may_think() {
    let findings = source().check_in(&Memory::with("P_A__=1\nP_B=\"$HOME\"\nkey: value\n# c\nX=$Y\n")).unwrap();
    assert_eq!(
        findings,
        [
            "/project/config can be read: 2 of its lines begin with P_",
            "/project/config, line 1: P_A__ is not read: between two `__` of it there is nothing",
            "/project/config, line 2: `$` in P_B is taken as it stands; other programs may put a variable there",
            "/project/config, line 3 is not read: it sets no variable",
        ]
    );
    assert_eq!(source().check_in(&Memory::default()).unwrap(), ["/project/config does not exist"]);
}

#[test]
fn the_facts_are_json() {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["wants"], json!({ "document": { "setting": "path" } }));
    assert_eq!(facts["settings"]["properties"]["path"]["default"], ".env");
}
