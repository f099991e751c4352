//! A person who leaves in the middle: nothing is written, the terminal is as it was, and the program says so.

use crate::{
    terminal::{Ended, Terminal},
    world::World,
};

/// Somebody who has answered one of the questions and is at the next.
fn in_the_middle(world: &World) -> Terminal {
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.fill(&[("host", "fcs-1")]);
    terminal.press("half");
    terminal
}

#[track_caller]
fn left_cleanly(world: &World, terminal: &mut Terminal) {
    let ended = terminal.end();
    assert_eq!(ended, Ended { code: 1, terminal_is_as_before: true }, "{}", terminal.text());
    let text = terminal.text().replace('\n', " ");
    assert!(text.contains("cancelled") && text.contains("nothing was written") && text.contains("next:"), "{text}");
    assert!(text.contains("BrocadeSwitchAuth"), "{text}");
    assert!(!world.database().exists(), "something was written");
    assert!(!world.database().parent().unwrap().exists(), "a folder was made");
    // The cursor is seen again, and pastes come as they are.
    let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
    let last = |code: &str| sent.rfind(code);
    assert!(last("\x1b[?25l").is_none_or(|hidden| Some(hidden) < last("\x1b[?25h")), "{sent:?}");
    assert!(last("\x1b[?2004h") < last("\x1b[?2004l"), "{sent:?}");
}

#[test]
fn control_c_cancels_and_writes_nothing() {
    let world = World::new();
    let mut terminal = in_the_middle(&world);
    terminal.press("\x03");
    left_cleanly(&world, &mut terminal);
}

#[test]
fn escape_cancels_and_writes_nothing() {
    let world = World::new();
    let mut terminal = in_the_middle(&world);
    terminal.press("\x1b");
    left_cleanly(&world, &mut terminal);
}

#[test]
fn the_end_of_input_cancels_and_writes_nothing() {
    let world = World::new();
    let mut terminal = in_the_middle(&world);
    // First the half answer is taken back: in the middle of a line, Ctrl-D ends nothing.
    terminal.press("\x04\x15\x04");
    left_cleanly(&world, &mut terminal);
}

#[test]
fn after_somebody_left_the_next_run_asks_from_the_beginning() {
    let world = World::new();
    let mut terminal = in_the_middle(&world);
    terminal.press("\x03");
    left_cleanly(&world, &mut terminal);
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).ends_well();
    assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["password"], "opensesame");
}

#[test]
fn somebody_who_leaves_when_one_field_is_asked_for_leaves_the_stored_value_alone() {
    let world = World::new();
    world.store("AppConfig", r#"{"port":8080}"#);
    let mut terminal = world.sit_down(&["ask", "AppConfig"]);
    terminal.asked("tags").press("\x03");
    assert_eq!(terminal.end(), Ended { code: 1, terminal_is_as_before: true });
    assert_eq!(world.stored("AppConfig").unwrap(), serde_json::json!({ "port": 8080 }));
}

#[test]
fn a_program_that_a_signal_ends_while_it_asks_writes_nothing_and_puts_the_terminal_back() {
    // 128 and the signal's number: it ended by the signal, and did not take it for an answer.
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let world = World::new();
        let mut terminal = in_the_middle(&world);
        terminal.signal(signal);
        assert_eq!(terminal.end(), Ended { code, terminal_is_as_before: true }, "{signal}: {}", terminal.text());
        assert!(!world.database().exists(), "{signal}");
        let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
        assert!(sent.rfind("\x1b[?2004h") < sent.rfind("\x1b[?2004l"), "{signal}: {sent:?}");
    }
}

#[test]
fn a_program_that_asked_once_ends_by_a_signal_as_any_other_does() {
    let world = World::new();
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth", "wait", "never"]);
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).see("BrocadeSwitchAuth:");
    terminal.signal("TERM");
    assert_eq!(terminal.end().code, 143, "{}", terminal.text());
}
