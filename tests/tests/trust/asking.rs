//! A person at the terminal: asked in words before anything is read, once, and never where they said that nobody is.

use std::path::Path;

use crate::{
    project::{CANARY, Cloned, acme, clone_of},
    terminal::Ended,
    world::{World, cli},
};

fn asked(world: &World, arguments: &[&str]) -> crate::terminal::Terminal {
    world.terminal(60, 100, &cli(), arguments)
}

fn clone() -> World {
    clone_of(&acme("settings.address = \"https://acme.example\"\n"))
}

#[test]
fn a_person_reads_what_it_would_do_and_their_yes_holds_from_then_on() {
    let world = clone();
    let mut terminal = asked(&world, &["get", "GoodKey", "--prompt"]);
    terminal.see("Trust this project?").see("run the plugin acme.wasm").see("https://acme.example");
    terminal.answer("trust it", "y").ends_well();
    assert!(terminal.text().contains("\"from\": \"guest\""), "{}", terminal.text());
    let done = world.run_cli(&["get", "GoodKey"]).well();
    assert!(done.out.contains("guest"), "and nobody was asked again: {done:?}");
}

#[test]
fn a_no_ends_it_and_nothing_was_read() {
    let world = clone();
    let mut terminal = asked(&world, &["get", "Secret", "--prompt"]);
    terminal.answer("trust it", "n");
    assert_eq!(terminal.end(), Ended { code: 5, terminal_is_as_before: true }, "{}", terminal.text());
    assert!(terminal.text().contains("nothing was read"), "{}", terminal.text());
    assert!(!terminal.text().contains(CANARY));
    world.run_cli(&["get", "Secret"]).badly(5, &["is not trusted"]);
}

#[test]
fn a_value_is_not_asked_for_before_the_manifest_is_trusted() {
    let world = clone();
    let mut terminal = asked(&world, &["set", "Password"]);
    terminal.answer("trust it", "n");
    assert_eq!(terminal.end().code, 5);
    assert!(!terminal.text().contains("? value"), "{}", terminal.text());
}

#[test]
fn whoever_removes_or_moves_a_value_is_asked_first_too() {
    for arguments in [&["unset", "Secret"][..], &["move", "Secret", "--from", "sqlite", "--to", "acme"]] {
        let world = clone();
        let mut terminal = asked(&world, arguments);
        terminal.see("Trust this project?").answer("trust it", "n");
        assert_eq!(terminal.end().code, 5, "{arguments:?}: {}", terminal.text());
        world.trust();
        let done = world.run_cli(&["get", "Secret", "--from", "sqlite"]).well();
        assert_eq!(done.out, format!("{CANARY}\n"), "{arguments:?}: it is where it was");
    }
}

#[test]
fn the_command_asks_and_where_nobody_may_be_asked_it_says_what_to_type() {
    let world = clone();
    let mut terminal = asked(&world, &["trust"]);
    terminal.answer("trust it", "y").ends_well();
    assert!(terminal.text().contains("is trusted"), "{}", terminal.text());

    let world = clone();
    let mut terminal = asked(&world, &["--non-interactive", "trust"]);
    assert_eq!(terminal.end().code, 4, "{}", terminal.text());
    assert!(!terminal.was_asked());
    let mut terminal = asked(&world, &["--non-interactive", "get", "Secret", "--prompt"]);
    assert_eq!(terminal.end().code, 5, "{}", terminal.text());
    assert!(!terminal.was_asked());
}

/// A program says nothing of trust in its code: whoever runs it is asked all the same.
#[test]
fn a_program_asks_before_its_own_questions() {
    let world = clone();
    let mut terminal = world.terminal(60, 100, Path::new(crate::world::PROGRAM), &["ask", "AppConfig"]);
    terminal.see("Trust this project?").answer("trust it", "n");
    assert_ne!(terminal.end().code, 0, "{}", terminal.text());
    assert!(!terminal.text().contains("? host"), "{}", terminal.text());
}
