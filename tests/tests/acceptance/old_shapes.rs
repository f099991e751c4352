//! A value that an older version of the program stored: the acceptance list, 7. It is never silently filled up, and a
//! person is asked for what is missing or wrong, and for nothing else.

use serde_json::json;

use crate::world::World;

#[test]
fn reading_an_old_shape_is_an_error_that_names_the_key_the_source_and_the_field() {
    let world = World::new();
    world.store("AppConfig", r#"{"port":8080}"#);
    let done = world.run(&["get", "AppConfig"]);
    done.badly(7, &["AppConfig", "`sqlite`", "`tags`", "missing", "value.deserialization"]);
}

#[test]
fn a_field_of_another_type_is_named_and_its_value_is_not_quoted() {
    let world = World::new();
    world.store("AppConfig", r#"{"port":"eighty-eighty","tags":[]}"#);
    let done = world.run(&["get", "AppConfig"]);
    let done = done.badly(7, &["AppConfig", "`sqlite`", "`port`", "1024", "65535", "value.deserialization"]);
    assert!(!done.err.contains("eighty-eighty"), "{done:?}");
}

#[test]
fn a_person_is_asked_for_the_missing_field_alone_and_the_rest_is_kept() {
    let world = World::new();
    world.store("AppConfig", r#"{"port":8080,"level":"loud"}"#);
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    terminal.answer("tags", "core, lab").ends_well();
    for name in ["? port", "? level", "? tls"] {
        assert!(!terminal.text().contains(name), "{name}\n{}", terminal.text());
    }
    assert!(terminal.text().contains("port 8080, level Loud, tls none, tags [core lab]"), "{}", terminal.text());
    let stored = world.stored("AppConfig").unwrap();
    assert_eq!(stored, json!({ "port": 8080, "level": "loud", "tags": ["core", "lab"] }));
    world.run(&["get", "AppConfig"]).well();
}

#[test]
fn a_person_is_asked_for_the_invalid_field_and_told_what_is_wrong_with_it() {
    let world = World::new();
    world.store("BrocadeSwitchAuth", r#"{"host":"fcs-1","user":7,"password":"opensesame"}"#);
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.asked("user");
    let told = terminal.text();
    assert!(told.contains("field `user` should be a text") && told.contains("sqlite"), "{told}");
    terminal.press("admin\r").ends_well();
    for name in ["? host", "? password"] {
        assert!(!terminal.text().contains(name), "{name}\n{}", terminal.text());
    }
    let stored = world.stored("BrocadeSwitchAuth").unwrap();
    assert_eq!(stored, json!({ "host": "fcs-1", "user": "admin", "password": "opensesame" }));
}

#[test]
fn a_bad_value_above_the_place_where_answers_go_is_named_and_nobody_is_asked() {
    let world = World::new().with("HARMONY_CONFIG_AppConfig__port", "eighty");
    world.store("AppConfig", r#"{"port":8080,"tags":[]}"#);
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    let ended = terminal.end();
    assert_eq!(ended.code, 7, "{}", terminal.text());
    assert!(!terminal.was_asked(), "{}", terminal.text());
    let text = terminal.text();
    for word in ["AppConfig", "`env`", "HARMONY_CONFIG_AppConfig__port", "`port`"] {
        assert!(text.replace('\n', "").contains(word), "{word}\n{text}");
    }
    assert_eq!(world.stored("AppConfig").unwrap()["port"], 8080);
}

#[test]
fn an_old_shape_in_a_variable_is_named_too_instead_of_being_asked_for_for_ever() {
    let world = World::new().with("HARMONY_CONFIG_AppConfig", r#"{"port":8080}"#);
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    assert_eq!(terminal.end().code, 7, "{}", terminal.text());
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().contains("`env`") && terminal.text().contains("`tags`"), "{}", terminal.text());
}
