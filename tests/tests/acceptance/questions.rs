//! The form as a person sees it and fills it in: what is said, what is refused and why, what comes of the answers.

use std::time::Duration;

use serde_json::json;

use crate::world::{World, cli};

#[test]
fn numbers_choices_yes_or_no_nested_structs_and_optional_fields_are_asked_for_one_by_one() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "Worker"]);
    terminal.see("Where jobs run.");
    terminal.fill(&[
        ("jobs", "4"),
        // Two choices down: the third.
        ("order", "\x1b[B\x1b[B"),
        ("eager", "yes"),
        ("contact", ""),
        ("limits.memory", "512"),
        ("limits.share", "0.5"),
        ("pause", ""),
    ]);
    terminal.ends_well();
    let expected = "4 jobs, Smallest first, eager true, contact none, 512 MiB, share 0.5, pause 30";
    assert!(terminal.text().contains(expected), "{}", terminal.text());
    // What the program's author wrote about each field is said with its question.
    let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
    for help in ["How many at once.", "Whether to begin at once.", "Whom to tell.", "In MiB.", "(30)", "from 1 to 64"] {
        assert!(sent.contains(help), "{help}\n{sent}");
    }
    let stored = world.stored("Worker").unwrap();
    assert_eq!(stored["limits"], json!({ "memory": 512, "share": 0.5 }));
    assert_eq!((&stored["jobs"], &stored["order"], &stored["eager"]), (&json!(4), &json!("smallest"), &json!(true)));
    assert!(stored.get("contact").is_none_or(|contact| contact.is_null()), "{stored}");
    world.run(&["get", "Worker"]).well();
}

#[test]
fn questions_come_in_the_order_in_which_the_program_declared_its_fields() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.fill(&[("host", "a"), ("user", "b"), ("password", "c")]).ends_well();
    let text = terminal.text();
    let at = ["  host ", "  user ", "  password "].map(|name| text.find(name));
    assert!(at.is_sorted() && at[0].is_some(), "{text}");
}

#[test]
fn a_number_out_of_its_bounds_is_refused_with_the_bounds_and_then_asked_for_again() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    terminal.asked("port").see("1024").see("65535");
    for wrong in ["80", "70000", "http"] {
        terminal.press(&format!("{wrong}\r")).see("should be a whole number from 1024 to 65535");
        // The typed answer is still there, to be put right.
        assert!(terminal.row_of_cursor().contains(wrong), "{}", terminal.text());
        terminal.press("\x15").until("the answer to be gone", |terminal| !terminal.row_of_cursor().contains(wrong));
    }
    terminal.press("8443\r").fill(&[("level", ""), ("tls.certificate", "/etc/tls.pem"), ("tags", "core")]).ends_well();
    let expected = "port 8443, level Normal, tls /etc/tls.pem, tags [core]";
    assert!(terminal.text().contains(expected), "{}", terminal.text());
}

#[test]
fn a_list_is_typed_with_commas_and_an_empty_list_is_said_so() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    let tags = r#"core, "a, b", lab"#;
    terminal.fill(&[("port", "8080"), ("level", ""), ("tls.certificate", ""), ("tags", tags)]).ends_well();
    assert_eq!(world.stored("AppConfig").unwrap()["tags"], json!(["core", "a, b", "lab"]));
    assert!(terminal.text().contains("tls none"), "{}", terminal.text());

    world.store("AppConfig", r#"{"port":8080}"#);
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    terminal.answer("tags", "[]").ends_well();
    assert_eq!(world.stored("AppConfig").unwrap()["tags"], json!([]));
}

#[test]
fn an_empty_answer_to_a_needed_question_is_refused() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.answer("host", "").see("an answer is needed");
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).ends_well();

    let mut terminal = world.sit_down(&["ask", "ApiToken"]);
    terminal.answer("token", "").see("an answer is needed").press("abc\r").ends_well();
    assert_eq!(world.stored("ApiToken").unwrap()["token"], "abc");
}

#[test]
fn a_secret_is_not_shown_while_it_is_typed_nor_after() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "ApiToken"]);
    terminal.asked("token").see("hidden");
    for (typed, letter) in "open sésame".chars().enumerate() {
        let stars = "*".repeat(typed + 1);
        terminal.press(&letter.to_string()).until("a star", |terminal| terminal.row_of_cursor().ends_with(&stars));
    }
    terminal.press("\r").ends_well();
    let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
    for piece in ["open", "sésame", "é"] {
        assert!(!sent.contains(piece), "{sent}");
    }
    assert_eq!(world.stored("ApiToken").unwrap()["token"], "open sésame");
}

#[test]
fn two_types_are_asked_for_in_one_form_and_both_are_kept() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask-both"]);
    terminal.fill(&[("port", "8080"), ("level", ""), ("tls.certificate", ""), ("tags", "core")]);
    // Nothing is kept before the last answer of the last form.
    terminal.asked("host");
    assert!(!world.database().exists());
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).ends_well();
    assert!(terminal.text().contains("AppConfig") && terminal.text().contains("BrocadeSwitchAuth"));
    assert_eq!(world.stored("AppConfig").unwrap()["port"], 8080);
    assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["user"], "admin");
}

#[test]
fn a_form_of_two_types_that_is_left_in_the_second_keeps_nothing_of_the_first() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask-both"]);
    terminal.fill(&[("port", "8080"), ("level", ""), ("tls.certificate", ""), ("tags", "core")]);
    terminal.asked("host").press("\x03");
    assert_ne!(terminal.end().code, 0);
    assert!(!world.database().exists());
}

#[test]
fn in_a_window_of_twenty_columns_every_question_can_be_read_and_answered() {
    let world = World::new();
    let mut terminal = world.sit_down_at(24, 20, &["ask", "BrocadeSwitchAuth"]);
    terminal.asked("host");
    terminal.press("a-very-long-name-of-a-switch.example.org");
    terminal.until("the end of what was typed", |terminal| terminal.text().contains("ple.org"));
    let rows = terminal.rows();
    assert_eq!(rows.iter().filter(|row| row.starts_with("? host")).count(), 1, "{rows:#?}");
    terminal.press("\r").fill(&[("user", "admin"), ("password", "opensesame")]).ends_well();
    assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["host"], "a-very-long-name-of-a-switch.example.org");
}

#[test]
fn log_lines_wait_while_a_question_is_open_and_come_afterwards() {
    let world = World::new().with("RUST_LOG", "info");
    let mut terminal = world.sit_down(&["log", "chatter", "ask", "BrocadeSwitchAuth"]);
    terminal.asked("host").pause(Duration::from_millis(300));
    let open = terminal.text();
    terminal.pause(Duration::from_millis(300));
    assert_eq!(open, terminal.text(), "the screen changed while nobody pressed a key");
    let (_, below) = open.split_once("BrocadeSwitchAuth  asked by").unwrap_or_else(|| panic!("{open}"));
    assert!(!below.contains("still at work"), "{open}");
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).ends_well();
    let text = String::from_utf8_lossy(&terminal.sent).into_owned();
    let (_, after) = text.rsplit_once("? ").unwrap();
    assert!(after.contains("still at work"), "the lines were lost:\n{after}");
    // A line begins where a line begins.
    for row in terminal.rows().iter().filter(|row| row.contains("still at work")) {
        assert!(!row.starts_with('?') && !row.contains(" = "), "{row}");
    }
}

#[test]
fn the_command_line_asks_for_a_value_without_showing_it_at_the_highest_verbosity() {
    let world = World::new();
    let mut terminal = world.terminal(60, 80, &cli(), &["-vvv", "set", "Token"]);
    terminal.asked("value").press("opensesame\r").ends_well();
    assert!(!String::from_utf8_lossy(&terminal.sent).contains("opensesame"), "{}", terminal.text());
    assert_eq!(world.stored("Token").unwrap(), "opensesame");

    let mut terminal = world.terminal(60, 80, &cli(), &["-vvv", "get", "Other", "--prompt"]);
    terminal.asked("Other").press("{\"a\": 1}\r").ends_well();
    assert_eq!(world.stored("Other").unwrap(), json!({ "a": 1 }));
}
