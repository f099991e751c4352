//! Which questions a type's schema becomes, and which value the answers become, natively, with a scripted person.

use std::{cell::RefCell, collections::BTreeMap};

use harmony_config_sdk::{
    Coordinate, Sensitivity,
    prompt::{Choice, Question},
};
use schemars::{JsonSchema, generate::SchemaSettings, schema_for};
use serde_json::{Value, json};

use super::*;
use types::{Login, Mode, Node, Switch};

mod types;

/// Answers by label, a round of questions after the other, and keeps what was asked.
struct Script {
    answers: BTreeMap<&'static str, Value>,
    asked: RefCell<Vec<Vec<Form>>>,
}

impl Script {
    fn new(answers: &[(&'static str, Value)]) -> Self {
        Script { answers: answers.iter().cloned().collect(), asked: RefCell::default() }
    }
}

impl Person for Script {
    fn ask(&self, forms: &[Form]) -> Result<Vec<Vec<Answer>>, Failure> {
        self.asked.borrow_mut().push(forms.to_vec());
        let answer = |question: &Question| {
            let typed = self.answers.get(question.label.as_str()).map(Value::to_string);
            assert!(
                typed.is_some() || question.default.is_some() || !question.required,
                "{} is missing",
                question.label
            );
            Some(Answer { path: question.path.clone(), value: typed.or(question.default.clone())? })
        };
        Ok(forms.iter().map(|form| form.questions.iter().filter_map(answer).collect()).collect())
    }
}

fn request(key: &str, schema: Option<Value>) -> Request {
    Request {
        at: Coordinate { namespace: "n".into(), key: key.into(), instance: None },
        sensitivity: Sensitivity::Secret,
        schema: schema.map(|schema| schema.to_string()),
        locations: Vec::new(),
        interaction: Interaction::Allowed,
        id: "1".into(),
        extra: Vec::new(),
    }
}

fn request_of<T: JsonSchema>() -> Request {
    request("Switch", Some(schema_for!(T).to_value()))
}

fn question_of(plan: &Plan, label: &str) -> Question {
    let found = plan.form.questions.iter().find(|question| question.label == label);
    found.unwrap_or_else(|| panic!("no question {label} in {:#?}", plan.form)).clone()
}

fn schema_of(question: &Question) -> Value {
    serde_json::from_str(&question.schema).unwrap()
}

fn value_of(answer: Option<Result<Option<Entry>, Failure>>) -> Value {
    serde_json::from_str(&answer.unwrap().unwrap().unwrap().value).unwrap()
}

/// Enough for a switch without TLS.
fn answers() -> Vec<(&'static str, Value)> {
    vec![
        ("host", json!("h")),
        ("password", json!("pw")),
        ("debug mode", json!(false)),
        ("mode", json!("Tls")),
        ("dns servers", json!(["a", "b"])),
        ("labels", json!({ "a": "b" })),
        ("login", json!({ "type": "anonymous" })),
    ]
}

#[test]
fn fields_are_asked_in_the_order_of_their_schema() {
    let properties = r#"{"properties":{"z":{"type":"string"},"a":{"type":"string"},"m":{"type":"string"}}}"#;
    let request = Request { schema: Some(properties.to_owned()), ..request("K", None) };
    let questions = form::plan(&request).form.questions;
    assert_eq!(questions.iter().map(|question| question.label.as_str()).collect::<Vec<_>>(), ["z", "a", "m"]);
}

#[test]
fn each_field_is_asked_as_what_it_is() {
    let plan = form::plan(&request_of::<Switch>());
    assert_eq!(
        (plan.form.title.as_str(), plan.form.help.as_deref()),
        ("Switch", Some("A switch and how to reach it."))
    );
    let kinds = [
        ("host", "text", true),
        ("port", "integer", false),
        ("password", "text", true),
        ("version", "text", false),
        ("debug mode", "boolean", true),
        ("mode", "choice", true),
        ("level", "choice", false),
        ("dns servers", "list", true),
        ("weights", "list", false),
        ("labels", "json", true),
        ("login", "json", true),
        ("limits.most", "integer", false),
        ("tls.cert", "text", false),
        ("tls.key", "text", false),
        ("tls.client.name", "text", false),
    ];
    for (label, kind, required) in kinds {
        let question = question_of(&plan, label);
        assert_eq!((question.kind.as_str(), question.required), (kind, required), "{label}");
    }
    assert_eq!(question_of(&plan, "host").help.as_deref(), Some("The name or address of the switch."));
    assert_eq!(question_of(&plan, "port").default.as_deref(), Some("22"));
    assert_eq!(question_of(&plan, "tls.client.name").path, ["tls", "client", "name"]);
}

#[test]
fn bounds_and_patterns_go_to_whoever_checks_the_answer() {
    let plan = form::plan(&request_of::<Switch>());
    let port = schema_of(&question_of(&plan, "port"));
    assert_eq!((&port["type"], &port["minimum"], &port["maximum"]), (&json!("integer"), &json!(0), &json!(65535)));
    let version = schema_of(&question_of(&plan, "version"));
    assert_eq!((&version["type"], &version["pattern"]), (&json!("string"), &json!("^v[0-9]+$")));
    assert_eq!(schema_of(&question_of(&plan, "dns servers"))["items"]["type"], json!("string"));
    assert_eq!(schema_of(&question_of(&plan, "weights"))["type"], json!("array"));
}

#[test]
fn a_secret_is_hidden_and_so_is_whatever_has_one_in_it() {
    let plan = form::plan(&request_of::<Switch>());
    let secret: Vec<&str> =
        plan.form.questions.iter().filter(|question| question.secret).map(|question| question.label.as_str()).collect();
    assert_eq!(secret, ["password", "login"]);
    let marked = json!({ "properties": { "login": {
        "x-harmony-secret": true,
        "allOf": [{ "$ref": "#/definitions/Login" }],
    }}, "definitions": { "Login": { "type": "object", "properties": {
        "user": { "type": "string", "default": "canary" },
    }}}});
    let plan = form::plan(&request("K", Some(marked)));
    let question = question_of(&plan, "login.user");
    assert!(question.secret);
    assert!(!format!("{question:?}").contains("canary"), "{question:?}");
}

#[test]
fn alternatives_that_are_words_are_a_choice_with_their_documentation() {
    let plan = form::plan(&request_of::<Switch>());
    let choices = question_of(&plan, "mode").choices;
    let choice = |label: &str, help: Option<&str>| Choice {
        label: label.to_owned(),
        value: format!("\"{label}\""),
        help: help.map(str::to_owned),
    };
    let mut sorted = choices.clone();
    sorted.sort_by(|a, b| a.label.cmp(&b.label));
    assert_eq!(sorted, [choice("Other", None), choice("Plain", None), choice("Tls", Some("With TLS."))]);
    let level: Vec<String> = question_of(&plan, "level").choices.into_iter().map(|choice| choice.label).collect();
    assert_eq!(level, ["low", "high"]);
}

#[test]
fn alternatives_with_fields_are_asked_as_json_and_their_shapes_are_told() {
    let plan = form::plan(&request_of::<Switch>());
    let help = question_of(&plan, "login").help.unwrap();
    assert!(help.starts_with("One of: "), "{help}");
    assert!(help.contains("{\"type\": \"anonymous\"} (Nobody in particular.)"), "{help}");
    assert!(help.contains("\"password\": …") && help.contains("\"type\": \"basic\""), "{help}");
    assert_eq!(question_of(&plan, "labels").help.as_deref(), Some("Like: {\"name\": …, …}"));
}

#[test]
fn an_optional_struct_of_which_nothing_is_answered_is_left_out() {
    let script = Script::new(&answers());
    let value = value_of(answer(&script, &[request_of::<Switch>()]).pop());
    assert_eq!(script.asked.borrow().len(), 1);
    assert_eq!(
        value,
        json!({
            "host": "h", "port": 22, "password": "pw", "debug_mode": false, "mode": "Tls", "dns_servers": ["a", "b"],
            "labels": { "a": "b" }, "login": { "type": "anonymous" }, "limits": {},
        })
    );
}

#[test]
fn an_optional_struct_of_which_something_is_answered_is_asked_for_the_rest() {
    /// The second time, everything that is asked is answered.
    struct Twice(Script);
    impl Person for Twice {
        fn ask(&self, forms: &[Form]) -> Result<Vec<Vec<Answer>>, Failure> {
            if self.0.asked.borrow().is_empty() {
                return self.0.ask(forms);
            }
            self.0.asked.borrow_mut().push(forms.to_vec());
            let answer = |question: &Question| Answer { path: question.path.clone(), value: "\"later\"".into() };
            Ok(forms.iter().map(|form| form.questions.iter().map(answer).collect()).collect())
        }
    }
    let given = answers().into_iter().chain([("tls.client.name", json!("c"))]).collect::<Vec<_>>();
    let person = Twice(Script::new(&given));
    let value = value_of(answer(&person, &[request_of::<Switch>()]).pop());
    let asked = person.0.asked.borrow();
    let second = &asked[1][0];
    let labels: Vec<&str> = second.questions.iter().map(|question| question.label.as_str()).collect();
    assert_eq!(labels, ["tls.cert", "tls.key", "tls.client.subject"]);
    assert!(second.questions.iter().all(|question| question.required));
    assert_eq!(second.help.as_deref(), Some("You answered for tls and tls.client: this belongs to it."));
    assert_eq!(
        value["tls"],
        json!({ "cert": "later", "key": "later", "client": { "name": "c", "subject": "later" }, "extra": {} })
    );
}

#[test]
fn in_an_optional_struct_a_default_is_told_and_not_taken_for_an_answer() {
    let plan = form::plan(&request_of::<Switch>());
    let port = question_of(&plan, "tls.port");
    assert_eq!((port.default, port.help.as_deref()), (None, Some("Left empty: 22")));
}

#[test]
fn a_schema_of_draft_7_is_asked_like_one_of_2020() {
    let settings = SchemaSettings::draft07();
    let old = settings.into_generator().into_root_schema_for::<Switch>().to_value();
    assert!(old.get("definitions").is_some());
    let labels = |plan: Plan| -> Vec<(String, String, bool)> {
        let questions = plan.form.questions.into_iter();
        questions.map(|question| (question.label, question.kind, question.required)).collect()
    };
    assert_eq!(labels(form::plan(&request("Switch", Some(old)))), labels(form::plan(&request_of::<Switch>())));
}

#[test]
fn a_type_without_fields_is_one_question_and_its_answer_the_whole_value() {
    for (schema, kind, typed) in [
        (schema_for!(String).to_value(), "text", json!("x")),
        (schema_for!(Mode).to_value(), "choice", json!("Plain")),
        (schema_for!(Vec<u8>).to_value(), "list", json!([1])),
        (schema_for!(Login).to_value(), "json", json!({ "type": "anonymous" })),
    ] {
        let request = request("Switch", Some(schema));
        let plan = form::plan(&request);
        let [question] = plan.form.questions.as_slice() else { panic!("{:?}", plan.form) };
        assert_eq!((question.kind.as_str(), question.label.as_str(), question.path.len()), (kind, "Switch", 0));
        let script = Script::new(&[("Switch", typed.clone())]);
        let entry = answer(&script, &[request]).pop().unwrap().unwrap().unwrap();
        assert!(!entry.partial);
        assert_eq!(entry.value, typed.to_string());
    }
}

#[test]
fn a_key_of_which_nothing_is_known_is_asked_as_json_and_as_carefully_as_the_request_says() {
    let mut request = request("App", None);
    request.at.instance = Some("fw-a".to_owned());
    let plan = form::plan(&request);
    let question = question_of(&plan, "App");
    assert_eq!((plan.form.title.as_str(), question.kind.as_str(), question.secret), ("App @ fw-a", "json", true));
    request.sensitivity = Sensitivity::Standard;
    assert!(!question_of(&form::plan(&request), "App").secret);
}

#[test]
fn a_type_that_contains_itself_has_an_end() {
    let plan = form::plan(&request("Node", Some(schema_for!(Node).to_value())));
    assert!(plan.form.questions.len() < 16, "{:#?}", plan.form);
    assert_eq!(question_of(&plan, "name").kind, "text");
    assert_eq!(question_of(&plan, "all").kind, "json");
    let endless = json!({ "$ref": "#/$defs/A", "$defs": { "A": { "$ref": "#/$defs/A" } } });
    assert_eq!(form::plan(&request("K", Some(endless))).form.questions.len(), 1);
}

#[test]
fn all_requests_are_asked_in_one_go_and_one_that_forbids_it_fails_alone() {
    let named =
        |key: &str| request(key, Some(json!({ "properties": { key: { "type": "string" } }, "required": [key] })));
    let forbidden = Request { interaction: Interaction::Forbidden, ..named("b") };
    let script = Script::new(&[("a", json!("1")), ("c", json!("3"))]);
    let mut answered = answer(&script, &[named("a"), forbidden, named("c")]);
    assert_eq!(value_of(answered.pop()), json!({ "c": "3" }));
    let failure = answered.pop().unwrap().unwrap_err();
    assert_eq!((failure.code.as_str(), failure.remedy.is_some()), ("interaction-required", true));
    let entry = answered.pop().unwrap().unwrap().unwrap();
    assert_eq!(
        (entry.value.as_str(), entry.location.as_str(), entry.partial),
        (r#"{"a":"1"}"#, "answered at the prompt", true)
    );
    assert_eq!(script.asked.borrow().iter().map(Vec::len).collect::<Vec<_>>(), [2]);
}

#[test]
fn where_nothing_is_to_be_asked_nobody_is_bothered() {
    let script = Script::new(&[]);
    let value = value_of(answer(&script, &[request("K", Some(json!({ "properties": {} })))]).pop());
    assert_eq!(value, json!({}));
    assert!(script.asked.borrow().is_empty());
}

#[test]
fn a_person_who_says_no_ends_it_for_all() {
    struct No;
    impl Person for No {
        fn ask(&self, _: &[Form]) -> Result<Vec<Vec<Answer>>, Failure> {
            Err(Failure::cancelled("no"))
        }
    }
    let answered = answer(&No, &[request("A", None), request("B", None)]);
    assert!(answered.iter().all(|answer| answer.as_ref().is_err_and(|failure| failure.code == "cancelled")));
}

#[test]
fn names_are_made_readable() {
    for (path, label) in [
        (&["api_token"][..], "api token"),
        (&["tls", "clientCert"], "tls.client cert"),
        (&["HTTPProxy"], "HTTPProxy"),
        (&["kv-mount"], "kv mount"),
        (&["_"], "_"),
    ] {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        assert_eq!(words::label(&path), label);
    }
}

#[test]
fn the_facts_are_json() {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["features"], json!(["interactive"]));
    assert_eq!(facts["wants"], json!({ "prompt": {} }));
}
