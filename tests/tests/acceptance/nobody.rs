//! Where nobody can be asked: an error at once, with what to do, and never a hang.

use std::{path::Path, time::Duration};

use crate::world::{PROGRAM, World, cli, finish, start};

/// Long for a program that waits for nobody, short for a person.
const AT_ONCE: Duration = Duration::from_secs(5);

#[test]
fn without_a_terminal_the_program_says_at_once_that_a_person_is_needed() {
    let world = World::new();
    // In a session of its own there is no terminal to be found by any way.
    let done = finish(start(world.command("setsid", &["--wait", PROGRAM, "ask", "BrocadeSwitchAuth"]), b""));
    let took = done.took;
    done.badly(4, &["BrocadeSwitchAuth", "not a terminal", "HARMONY_CONFIG_", "source.interaction-required"]);
    assert!(took < AT_ONCE, "{took:?}");
    assert!(!world.database().exists());
}

#[test]
fn a_terminal_whose_input_comes_from_elsewhere_is_nobody_to_be_asked() {
    let world = World::new();
    let script = "\"$0\" ask BrocadeSwitchAuth </dev/null";
    let mut terminal = world.terminal(60, 80, Path::new("/bin/sh"), &["-c", script, PROGRAM]);
    assert_eq!(terminal.end().code, 4, "{}", terminal.text());
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().contains("standard input is not a terminal"), "{}", terminal.text());
}

#[test]
fn the_variable_that_forbids_asking_holds_in_a_terminal_too() {
    let world = World::new().with("HARMONY_CONFIG_NON_INTERACTIVE", "1");
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    let ended = terminal.end();
    assert_eq!((ended.code, ended.terminal_is_as_before), (4, true), "{}", terminal.text());
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().contains("next:"), "{}", terminal.text());
}

#[test]
fn the_advice_that_is_given_where_nobody_can_be_asked_works_as_it_stands() {
    let world = World::new();
    let advice = r#"{"host":"fcs-1","user":"admin","password":"opensesame"}"#;
    world.cli(&["set", "BrocadeSwitchAuth", "-"], advice.as_bytes()).well();
    assert!(world.run(&["ask", "BrocadeSwitchAuth"]).well().out.contains("admin@fcs-1"));
}

#[test]
fn reading_asks_nobody_even_in_a_terminal() {
    let world = World::new();
    let mut terminal = world.sit_down(&["get", "BrocadeSwitchAuth"]);
    assert_eq!(terminal.end().code, 3, "{}", terminal.text());
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().contains("not found in env, sqlite"), "{}", terminal.text());
}

#[test]
fn the_command_line_needs_a_person_only_where_no_value_was_given() {
    let world = World::new();
    let done = world.cli(&["set", "Token"], b"").badly(4, &["Token", "no terminal"]);
    assert!(done.took < AT_ONCE, "{done:?}");
    let mut terminal = world.terminal(60, 80, &cli(), &["--non-interactive", "set", "Token"]);
    assert_eq!(terminal.end().code, 4, "{}", terminal.text());
    assert!(!world.database().exists());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let world = World::new();
    world.cli(&["set", "Token", "-"], b"\"abc\"").well();
    // The pipe is closed before the program writes.
    let script = "\"$0\" get Token | true; echo";
    let done = finish(start(world.command("/bin/sh", &["-c", script, cli().to_str().unwrap()]), b"")).well();
    assert_eq!(done.err, "", "{done:?}");
}
