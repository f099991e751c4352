//! Reading values.

use super::*;

#[test]
fn a_value_is_the_json_text_in_it() {
    let (fake, instance) = team();
    fake.plays("kv2", "read");
    let entry = instance.get(&request("harmony", "AppConfig")).unwrap().unwrap();
    assert_eq!(entry, Entry::new(STORED, "team/data/harmony/AppConfig v1").version("1"));
    assert_eq!(fake.sent().len(), 1, "a warm key is one request");
}

#[test]
fn a_plain_object_is_the_value_itself() {
    let (fake, instance) = team();
    fake.plays("kv2", "read after the undelete");
    let entry = instance.get(&request("harmony", "AppConfig")).unwrap().unwrap();
    assert_eq!(entry.value, r#"{"note":"x","value":"{\"host\": \"sw1\", \"port\": 443}"}"#);
    assert_eq!(entry.version.as_deref(), Some("3"));
    // A member `value` that is no text is not Harmony's form.
    fake.answers(lies(&json!({ "value": 5 }), 1));
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap().unwrap().value, r#"{"value":5}"#);
}

#[test]
fn a_number_is_what_it_was() {
    let (fake, instance) = team();
    let body = br#"{"data":{"data":{"n":123456789012345678901234567890,"x":1.10},"metadata":{"version":1}}}"#;
    fake.answers(Ok(Answer { status: 200, body: body.to_vec(), ..Answer::default() }));
    let entry = instance.get(&request("harmony", "AppConfig")).unwrap().unwrap();
    assert_eq!(entry.value, r#"{"n":123456789012345678901234567890,"x":1.10}"#);
}

#[test]
fn what_was_never_written_or_is_gone_is_absent_and_the_mount_is_looked_at_once() {
    let (fake, instance) = team();
    fake.plays("kv2", "read what was never written").plays("mounts", "mount facts as seen by a client");
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap(), None);
    fake.plays("kv2", "read after that");
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap(), None);
    fake.plays("token", "read inside the policy, absent");
    assert_eq!(instance.get(&request("harmony", "Never")).unwrap(), None);
    fake.sent();
    // Another instance takes its word for it.
    let other = fake.instance(json!({ "mount": "team" }));
    fake.plays("kv2", "read after that");
    assert_eq!(other.get(&request("harmony", "AppConfig")).unwrap(), None);
    assert_eq!(fake.sent().len(), 1);
    // For an hour.
    fake.now.set(fake.now.get() + 3_601);
    fake.plays("kv2", "read after that").plays("mounts", "mount facts as seen by a client");
    assert_eq!(fake.instance(json!({ "mount": "team" })).get(&request("harmony", "AppConfig")).unwrap(), None);
}

#[test]
fn a_deleted_and_a_destroyed_version_are_absent() {
    let (fake, instance) = team();
    fake.plays("kv2", "read after a soft delete");
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap(), None);
    fake.answers_as("kv2", "read a destroyed version");
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap(), None);
    assert_eq!(fake.sent().len(), 2, "it says that it is KV version 2");
}

#[test]
fn a_mount_of_version_1_is_not_taken_for_absence() {
    let (fake, instance) = with_token(json!({ "mount": "old" }));
    fake.plays("kv2", "KV v2 read on a KV v1 mount").plays("mounts", "mount facts of a KV v1 mount");
    let words = words(instance.get(&request("harmony", "AppConfig")), "invalid");
    has(&words, &[AT, "`old`", "version 1", "old/data/harmony/AppConfig", "bao kv enable-versioning old"]);
    // Something may lie there, in the way of version 1.
    fake.answers(status(200, &json!({ "data": { "value": "canary" } })));
    has(&super::words(instance.get(&request("harmony", "AppConfig")), "invalid"), &["version 1"]);
}

#[test]
fn however_many_keys_seem_to_be_absent_the_mount_is_asked_for_once() {
    let wanted: Vec<Request> = (0..20).map(|index| request("harmony", &format!("K{index}"))).collect();
    let v1 = || Ok(recordings::recording("mounts", "mount facts of a KV v1 mount").answer());
    for (facts, code) in [(v1(), "invalid"), (Err(Fault::TimedOut), "unavailable")] {
        let (fake, instance) = with_token(json!({ "mount": "old" }));
        fake.always(move |sent| if sent.line.contains("/ui/mounts/") { facts.clone() } else { absent() });
        let answers = instance.get_many(&wanted);
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().code == code));
        assert_eq!(fake.sent().len(), 21);
    }
}

#[test]
fn a_mount_that_is_not_there_is_not_taken_for_absence() {
    let (fake, instance) = with_token(json!({ "mount": "nomount" }));
    fake.plays("status", "path of no mount");
    let words = words(instance.get(&reference(&[(&[], "x")])), "invalid");
    has(&words, &["no mount `nomount`", "nomount/data/x", "OPENBAO_KV_MOUNT", "bao secrets enable -path=nomount"]);
    // A mount above it has its facts.
    let (fake, instance) = with_token(json!({ "mount": "team/sub" }));
    fake.answers(absent()).answers(kv2("team"));
    has(&super::words(instance.get(&request("harmony", "AppConfig")), "invalid"), &["no mount `team/sub`"]);
}

#[test]
fn where_the_policies_do_not_show_the_mount_an_empty_answer_is_absence() {
    let (fake, instance) = team();
    fake.answers(absent()).answers(refused()).answers(lookup(&json!({ "policies": ["harmony-dev"] })));
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap(), None);
    fake.answers(absent());
    assert_eq!(instance.get(&request("harmony", "AppConfig")).unwrap(), None);
    assert_eq!(fake.sent().len(), 4, "it is asked once");
}

#[test]
fn a_text_that_is_no_json_is_named_and_not_quoted() {
    let (fake, instance) = team();
    fake.answers(lies(&json!({ "value": "canary" }), 4));
    let words = words(instance.get(&request("harmony", "AppConfig")), "invalid");
    has(&words, &["team/data/harmony/AppConfig v4", AT, "not JSON", "line 1", "set the value anew"]);
}

#[test]
fn instances_lie_below_their_key_and_another_prefix_before_all() {
    let (fake, instance) = with_token(json!({ "address": "https://bao.example.com/team", "mount": "a/b" }));
    let mut wanted = request("prod", "Fw");
    wanted.at.instance = Some("fw-a".into());
    fake.answers(lies(&json!({ "value": "1" }), 1));
    let entry = instance.get(&wanted).unwrap().unwrap();
    assert_eq!(entry.location, "a/b/data/prod/Fw/@fw-a v1");
    assert_eq!(fake.lines(), ["GET /team/v1/a/b/data/prod/Fw/@fw-a"]);
}

#[test]
fn places_of_one_path_are_one_request_and_fields_one_partial_value() {
    let (fake, instance) = team();
    fake.answers(lies(&json!({ "pw": "p", "user": { "name": "u" }, "a.b": 1 }), 2));
    let wanted = reference(&[
        (&["password"], "infra/brocade#pw"),
        (&["login"], "infra/brocade#user.name"),
        (&["dotted"], "infra/brocade#a.b"),
        (&["none"], "infra/brocade#nothing"),
    ]);
    let entry = instance.get(&wanted).unwrap().unwrap();
    assert_eq!(entry.value, r#"{"password":"p","login":"u","dotted":1}"#);
    assert!(entry.partial);
    has(&entry.location, &["team/data/infra/brocade#pw v2"]);
    assert_eq!(fake.lines(), ["GET /v1/team/data/infra/brocade"]);
}

#[test]
fn a_field_called_value_is_what_another_tool_wrote() {
    let (fake, instance) = team();
    fake.answers(lies(&json!({ "value": "no JSON" }), 1));
    let entry = instance.get(&reference(&[(&["password"], "x#value")])).unwrap().unwrap();
    assert_eq!(entry.value, r#"{"password":"no JSON"}"#);
    // In Harmony's form the fields are those of the text in it.
    fake.answers(lies(&json!({ "value": STORED }), 1));
    assert_eq!(instance.get(&reference(&[(&["h"], "x#host")])).unwrap().unwrap().value, r#"{"h":"sw1"}"#);
}

#[test]
fn a_place_may_be_the_whole_and_have_any_name() {
    let (fake, instance) = team();
    fake.plays("kv2", "read it back, non-ASCII");
    let entry = instance.get(&reference(&[(&[], "harmony/clé")])).unwrap().unwrap();
    assert_eq!((entry.value.as_str(), entry.partial), (r#"{"host":"sw1","port":443}"#, false));
    let words = words(instance.get(&reference(&[(&[], "../up")])), "invalid");
    has(&words, &["`../up`", "FOLDER/NAME"]);
    assert_eq!(fake.sent().len(), 1, "what is no path is not sent");
}

#[test]
fn many_values_are_one_round_and_equal_paths_one_request() {
    let (fake, instance) = team();
    fake.always(|sent| match sent.line.ends_with("/Bad") {
        true => lies(&json!({ "value": "no JSON" }), 1),
        false => lies(&json!({ "value": format!("{:?}", sent.line) }), 1),
    });
    let mut wanted: Vec<Request> = (0..32).map(|index| request("harmony", &format!("K{index}"))).collect();
    wanted.push(request("harmony", "K0"));
    wanted.push(request("harmony", "Bad"));
    let answers = instance.get_many(&wanted);
    assert_eq!(answers.len(), 34);
    assert_eq!(answers[31].as_ref().unwrap().as_ref().unwrap().value, r#""GET /v1/team/data/harmony/K31""#);
    assert_eq!(answers[32], answers[0]);
    assert_eq!(answers[33].as_ref().unwrap_err().code, "invalid", "one that cannot be read fails alone");
    assert_eq!((fake.together.get(), fake.sent().len()), (33, 33));
}

#[test]
fn the_namespace_of_openbao_goes_in_its_header() {
    let (fake, instance) = with_token(json!({ "openbao-namespace": "team-a" }));
    fake.plays("namespaces", "read in it, by header");
    // What was recorded there is a text that is no JSON.
    words(instance.get(&request("harmony", "A")), "invalid");
    fake.set("VAULT_NAMESPACE", "none");
    let instance = fake.instance(json!({}));
    fake.plays("namespaces", "a namespace that is none");
    let words = words(instance.get(&request("harmony", "A")), "invalid");
    has(&words, &["no namespace `none`", "bao namespace list"]);
    fake.set("BAO_NAMESPACE", "team-a/");
    fake.plays("namespaces", "read in it, by header");
    super::words(instance.get(&request("harmony", "A")), "invalid");
}

#[test]
fn a_standby_answers_itself_and_so_does_the_next_active_node() {
    let (fake, instance) = with_token(json!({}));
    for (file, name) in
        [("standby", "read through a standby"), ("limits", "read right after"), ("limits", "first read")]
    {
        fake.plays(file, name);
        assert_eq!(instance.get(&request("harmony", "A")).unwrap().unwrap().value, "1");
    }
}

#[test]
fn the_mount_comes_from_the_environment_where_no_setting_says_it() {
    let (fake, instance) = with_token(json!({}));
    fake.answers(lies(&json!({ "value": "1" }), 1));
    fake.set("OPENBAO_KV_MOUNT", "kv/");
    instance.get(&request("harmony", "A")).unwrap();
    assert_eq!(fake.lines(), ["GET /v1/kv/data/harmony/A"]);
    fake.set("OPENBAO_KV_MOUNT", "../canary");
    has(&words(instance.get(&request("harmony", "A")), "invalid"), &["OPENBAO_KV_MOUNT"]);
}

#[test]
fn without_an_address_it_says_how_to_give_one() {
    let fake = Fake::new();
    let settings = serde_json::from_value::<crate::settings::Given>(json!({})).unwrap().check().unwrap();
    let store = crate::Store::new(fake, settings, &harmony_config_sdk::Host::of("harmony"));
    let answer = store.get_many(&[request("harmony", "A")]).pop().unwrap();
    has(&words(answer, "unavailable"), &["OPENBAO_URL", "`address`"]);
}
