//! What a question looks like, and what the keys do to it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::{form, question};
use crate::{
    prompt::{Choice, Kind, Question},
    terminal::{
        field::{Field, Step},
        layout::width,
        parse::Asked,
        view::{Frame, plain},
    },
};

fn seen(field: &Field<'_>, asked: &Asked, window: usize) -> String {
    let frame = Frame::new(window, &form(Vec::new()), &[asked.label()]);
    plain(&field.picture(&frame, 20).rows)
}

fn press(field: &mut Field<'_>, code: KeyCode) -> Step {
    field.key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn control(field: &mut Field<'_>, letter: char) -> Step {
    field.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
}

fn write(field: &mut Field<'_>, text: &str) {
    for character in text.chars() {
        assert!(matches!(press(field, KeyCode::Char(character)), Step::On));
    }
}

fn done(step: Step) -> Option<Value> {
    match step {
        Step::Done(value) => value,
        Step::On => panic!("the question goes on"),
        Step::Cancelled => panic!("it was cancelled"),
    }
}

fn password() -> Question {
    let mut password = question("password", Kind::Text, json!({ "type": "string", "minLength": 8 }));
    (password.required, password.secret) = (true, true);
    password
}

fn modes(required: bool) -> Question {
    let mut mode = question("mode", Kind::Choice, json!({}));
    mode.required = required;
    let choice = |label: &str, help: &str| Choice { label: label.into(), value: json!(label), help: Some(help.into()) };
    mode.choices =
        vec![choice("fast", "takes risks"), choice("safe", "asks first"), choice("slow", "for old switches")];
    mode
}

#[test]
fn a_secret_is_stars_until_it_is_asked_to_be_shown() {
    let asked = Asked::new(password());
    let mut field = Field::new(&asked);
    write(&mut field, "canary");
    assert_eq!(
        seen(&field, &asked, 80),
        "? password = ******\n  hidden, Ctrl+R shows it; a text of at least 8 characters\n"
    );
    control(&mut field, 'r');
    assert!(seen(&field, &asked, 80).starts_with("? password = canary\n"));
    control(&mut field, 'r');
    assert!(!seen(&field, &asked, 80).contains("canary"));
}

#[test]
fn a_wrong_answer_is_explained_until_the_next_key_and_a_secret_is_not_repeated() {
    let asked = Asked::new(password());
    let mut field = Field::new(&asked);
    write(&mut field, "canary");
    assert!(matches!(press(&mut field, KeyCode::Enter), Step::On));
    assert_eq!(seen(&field, &asked, 80), "? password = ******\n! should be a text of at least 8 characters\n");
    write(&mut field, "-1");
    assert!(!seen(&field, &asked, 80).contains('!'));
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!("canary-1")));
}

#[test]
fn a_default_is_shown_and_taken_and_a_secret_one_only_taken() {
    let mut port = question("port", Kind::Integer, json!({ "type": "integer" }));
    port.default = Some(json!(22));
    let asked = Asked::new(port);
    let mut field = Field::new(&asked);
    assert_eq!(seen(&field, &asked, 80), "? port = (22)\n  a whole number\n");
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!(22)));

    let mut secret = password();
    secret.default = Some(json!("canary-default"));
    let asked = Asked::new(secret);
    let mut field = Field::new(&asked);
    assert!(seen(&field, &asked, 80).starts_with("? password = (***)\n"));
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!("canary-default")));
}

#[test]
fn an_optional_question_says_so_and_may_be_left_empty() {
    let asked = Asked::new(question("note", Kind::Text, json!({ "type": "string" })));
    let mut field = Field::new(&asked);
    assert_eq!(seen(&field, &asked, 80), "? note = (optional)\n");
    assert_eq!(done(press(&mut field, KeyCode::Enter)), None);
}

#[test]
fn the_keys_that_say_no() {
    let asked = Asked::new(password());
    let mut field = Field::new(&asked);
    assert!(matches!(press(&mut field, KeyCode::Esc), Step::Cancelled));
    assert!(matches!(control(&mut field, 'c'), Step::Cancelled));
    assert!(matches!(control(&mut field, 'd'), Step::Cancelled), "the end of the input, as nothing was typed");
    write(&mut field, "x");
    press(&mut field, KeyCode::Home);
    assert!(matches!(control(&mut field, 'd'), Step::On), "the character under the cursor is taken out");
}

#[test]
fn a_choice_is_marked_by_arrows_and_letters() {
    let asked = Asked::new(modes(true));
    let mut field = Field::new(&asked);
    assert_eq!(
        seen(&field, &asked, 80),
        "? mode = fast\n  > fast  takes risks\n    safe  asks first\n    slow  for old switches\n"
    );
    press(&mut field, KeyCode::Down);
    assert!(seen(&field, &asked, 80).contains("> safe"));
    write(&mut field, "s");
    assert!(seen(&field, &asked, 80).contains("> slow"));
    write(&mut field, "s");
    assert!(seen(&field, &asked, 80).contains("> safe"));
    press(&mut field, KeyCode::Up);
    press(&mut field, KeyCode::Up);
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!("slow")));
}

#[test]
fn an_optional_choice_can_be_left_out_and_a_default_is_marked_first() {
    let asked = Asked::new(modes(false));
    let mut field = Field::new(&asked);
    assert!(seen(&field, &asked, 80).ends_with("  > (none)\n"));
    assert_eq!(done(press(&mut field, KeyCode::Enter)), None);
    let mut mode = modes(false);
    mode.default = Some(json!("safe"));
    let asked = Asked::new(mode);
    let mut field = Field::new(&asked);
    assert!(!seen(&field, &asked, 80).contains("(none)"));
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!("safe")));
}

#[test]
fn many_choices_scroll_and_say_that_there_are_more() {
    let mut question = question("port", Kind::Choice, json!({}));
    question.required = true;
    question.choices = (0..30).map(|at| Choice { label: format!("p{at:02}"), value: json!(at), help: None }).collect();
    let asked = Asked::new(question);
    let mut field = Field::new(&asked);
    for _ in 0..10 {
        press(&mut field, KeyCode::Down);
    }
    let frame = Frame::new(80, &form(Vec::new()), &[]);
    for height in 2..12 {
        let picture = field.picture(&frame, height);
        assert!(picture.rows.len() <= height);
        let marked: String = picture.rows[picture.cursor.0].iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(marked, "  > p10", "at a height of {height}");
    }
    let rows = seen(&field, &asked, 80);
    assert!(rows.contains("\n  ^ p06\n") && rows.ends_with("\n  v p13\n"), "{rows}");
}

#[test]
fn json_goes_on_over_line_ends_until_it_is_complete() {
    let asked = Asked::new(question("extra", Kind::Json, json!({ "type": "object" })));
    let mut field = Field::new(&asked);
    write(&mut field, r#"{"a":"#);
    assert!(matches!(press(&mut field, KeyCode::Enter), Step::On));
    assert!(seen(&field, &asked, 80).contains("not complete"));
    write(&mut field, "1}");
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!({ "a": 1 })));
    let mut field = Field::new(&asked);
    field.paste("{\r\n  \"a\": 2\r\n}\r\n");
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!({ "a": 2 })));
}

#[test]
fn a_pasted_key_keeps_its_line_ends() {
    let asked = Asked::new(question("key", Kind::Text, json!({ "type": "string" })));
    let mut field = Field::new(&asked);
    field.paste("-----BEGIN-----\nabc\n-----END-----\n");
    assert_eq!(seen(&field, &asked, 80), "? key  = -----BEGIN-----\\nabc\\n-----END-----\n");
    assert_eq!(done(press(&mut field, KeyCode::Enter)), Some(json!("-----BEGIN-----\nabc\n-----END-----")));
}

#[test]
fn everything_fits_into_windows_of_any_width() {
    let mut long = password();
    long.help = Some("The password of the administrator, as the switch's own documentation calls it.".into());
    for question in [long, modes(false), question("a-name-that-is-longer-than-most", Kind::List, json!({}))] {
        let asked = Asked::new(question);
        let mut field = Field::new(&asked);
        if !asked.is_choice() {
            field.paste("日本語 and a text that is longer than the window, with words");
        }
        for window in 1..120 {
            let mut form = form(Vec::new());
            form.title = "BrocadeSwitchAuth @ a-long-instance".into();
            let frame = Frame::new(window, &form, &[asked.label()]);
            let picture = field.picture(&frame, 20);
            let rows = [picture.rows, frame.heading(&form), frame.answered("password", Some("a value"))].concat();
            for row in rows {
                let line: String = row.iter().map(|(_, text)| text.as_str()).collect();
                assert!(width(&line) < window.max(12), "{line:?} in {window}");
            }
        }
    }
}

#[test]
fn a_window_of_twenty_columns_has_room_to_type() {
    let mut user = question("user name", Kind::Text, json!({ "type": "string" }));
    user.help = Some("Who logs in at the switch.".into());
    let asked = Asked::new(user);
    let mut field = Field::new(&asked);
    write(&mut field, "administrator");
    assert_eq!(seen(&field, &asked, 20), "? user name\n  = administrator\n  Who logs in at\n  the switch.\n");
}
