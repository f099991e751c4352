//! `edit` at a real terminal: the editor has it, and whichever way that ends, nothing of the value is left on disk and the
//! terminal is as it was.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::json;

use crate::{
    terminal::{Ended, Terminal},
    world::{World, cli},
};

/// Where the private folder is made.
fn runtime(world: &World) -> PathBuf {
    world.path("run")
}

/// Somebody whose editor is this script, at work.
fn sit_down(script: &str) -> (World, Terminal) {
    let mut world = World::new();
    world.store("Greeting", r#"{"to":"you","words":"hello"}"#);
    fs::create_dir(runtime(&world)).unwrap();
    let editor = world.path("editor");
    fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    world.set("VISUAL", editor.display().to_string());
    world.set("XDG_RUNTIME_DIR", runtime(&world).display().to_string());
    let terminal = world.terminal(40, 100, &cli(), &["edit", "Greeting"]);
    (world, terminal)
}

#[track_caller]
fn left_nothing(world: &World) {
    let left: Vec<_> = fs::read_dir(runtime(world)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn what_was_typed_into_the_editor_is_kept() {
    let script = r#"printf 'new words: '; read words; sed -i "s/hello/$words/" "$1""#;
    let (world, mut terminal) = sit_down(script);
    terminal.see("new words:").press("good morning\r").ends_well();
    assert!(terminal.text().contains("Greeting is kept in `sqlite`"), "{}", terminal.text());
    assert_eq!(world.stored("Greeting").unwrap(), json!({ "to": "you", "words": "good morning" }));
    left_nothing(&world);
}

#[test]
fn a_signal_ends_both_and_nothing_is_left() {
    // With raw keys, as an editor has them; one that hears nothing of the first signal is ended all the same.
    let script = r#"trap '' INT; sed -i s/hello/half/ "$1"; cp "$1" "$1~"; echo at work; read never"#;
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let (world, mut terminal) = sit_down(script);
        terminal.see("at work");
        terminal.signal(signal);
        let ended = terminal.end();
        assert_eq!(ended, Ended { code, terminal_is_as_before: true }, "{signal}: {}", terminal.text());
        assert_eq!(world.stored("Greeting").unwrap()["words"], "hello");
        left_nothing(&world);
    }
}

#[test]
fn control_c_that_ends_the_editor_ends_the_command_and_one_that_does_not_goes_by() {
    let (world, mut terminal) = sit_down(r#"sed -i s/hello/half/ "$1"; echo at work; read never"#);
    terminal.see("at work").press("\x03");
    assert_eq!(terminal.end(), Ended { code: 130, terminal_is_as_before: true }, "{}", terminal.text());
    assert_eq!(world.stored("Greeting").unwrap()["words"], "hello");
    left_nothing(&world);

    let script = r#"trap 'echo heard' INT; echo at work; until read words; do :; done; sed -i "s/hello/$words/" "$1""#;
    let (world, mut terminal) = sit_down(script);
    terminal.see("at work").press("\x03").see("heard").press("bye\r").ends_well();
    assert_eq!(world.stored("Greeting").unwrap()["words"], "bye");
    left_nothing(&world);
}

#[test]
fn an_editor_that_is_killed_leaves_the_value_alone() {
    let (world, mut terminal) = sit_down(r#"sed -i s/hello/half/ "$1"; kill -KILL $$"#);
    assert_eq!(terminal.end(), Ended { code: 1, terminal_is_as_before: true }, "{}", terminal.text());
    assert!(terminal.text().contains("nothing was written"), "{}", terminal.text());
    assert_eq!(world.stored("Greeting").unwrap()["words"], "hello");
    left_nothing(&world);
}

#[test]
fn somebody_elses_change_is_said_and_the_person_decides() {
    let theirs =
        format!(r#"echo '{{"to":"all","words":"theirs"}}' | '{}' set Greeting - 2> /dev/null"#, cli().display());
    let script = format!(r#"{theirs}; sed -i s/hello/mine/ "$1""#);
    let (world, mut terminal) = sit_down(&script);
    terminal.see("changed by somebody else").see("it differs from your text in to, words").press("r\r").ends_well();
    assert_eq!(world.stored("Greeting").unwrap(), json!({ "to": "you", "words": "mine" }));
    left_nothing(&world);

    let (world, mut terminal) = sit_down(&script);
    terminal.see("changed by somebody else").press("\x1b");
    assert_eq!(terminal.end(), Ended { code: 1, terminal_is_as_before: true }, "{}", terminal.text());
    assert_eq!(world.stored("Greeting").unwrap()["words"], "theirs");
    left_nothing(&world);
}
