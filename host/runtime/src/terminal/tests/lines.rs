//! Answers that come line by line.

use std::{
    io::{self, Cursor, Write},
    sync::{Arc, Mutex},
};

use harmony_config_core::{Failure, FailureCode};
use serde_json::json;

use super::{form, question};
use crate::{
    prompt::{Answer, Kind, Prompter, Question},
    terminal::LinePrompter,
};

#[derive(Clone, Default)]
struct Transcript(Arc<Mutex<Vec<u8>>>);

impl Transcript {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Transcript {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn login() -> Vec<Question> {
    let mut user = question("user", Kind::Text, json!({ "type": "string" }));
    user.required = true;
    let mut password = question("password", Kind::Text, json!({ "type": "string", "minLength": 4 }));
    (password.required, password.secret) = (true, true);
    let mut port = question("port", Kind::Integer, json!({ "type": "integer", "minimum": 1, "maximum": 65535 }));
    port.default = Some(json!(22));
    let note = question("note", Kind::Text, json!({ "type": "string" }));
    vec![user, password, port, note]
}

async fn ask(input: impl Into<Vec<u8>>) -> (Result<Vec<Vec<Answer>>, Failure>, String) {
    let transcript = Transcript::default();
    let prompter = LinePrompter::with_echo(Cursor::new(input.into()), transcript.clone());
    let answers = prompter.ask(vec![form(login())]).await;
    (answers, transcript.text())
}

fn values(answers: &[Answer]) -> Vec<(String, serde_json::Value)> {
    answers.iter().map(|answer| (answer.path.join("."), answer.value.clone())).collect()
}

#[tokio::test]
async fn each_line_answers_one_question_and_the_transcript_hides_secrets() {
    let (answers, transcript) = ask("admin\r\ncanary\n\n\n").await;
    let expected =
        [("user".to_owned(), json!("admin")), ("password".to_owned(), json!("canary")), ("port".to_owned(), json!(22))];
    assert_eq!(values(&answers.unwrap()[0]), expected);
    assert_eq!(
        transcript,
        "BrocadeSwitchAuth  asked by prompt\n\
         \x20 The login of a switch.\n\
         ! openbao could not be asked: it is sealed\n\
         \x20 host     = sw1\n\
         \x20 user     = admin\n\
         \x20 password = ***\n\
         \x20 port     = 22\n\
         \x20 note     = (none)\n"
    );
}

#[tokio::test]
async fn a_line_that_does_not_fit_is_named_and_not_repeated() {
    let (answers, transcript) = ask("admin\nxyz\n").await;
    let failure = answers.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
    assert_eq!(
        failure.message,
        "line 2 of the answers does not fit `password` of BrocadeSwitchAuth: should be a text of at least 4 characters"
    );
    assert!(!transcript.contains("xyz"));
    let (answers, _) = ask("admin\ncanary\nmany\n").await;
    let message = answers.unwrap_err().message;
    assert!(message.ends_with("`port` of BrocadeSwitchAuth: should be a whole number from 1 to 65535"), "{message}");
}

#[tokio::test]
async fn too_few_lines_name_the_first_question_without_an_answer() {
    let (answers, _) = ask("admin").await;
    let failure = answers.unwrap_err();
    assert_eq!(failure.code, FailureCode::InteractionRequired);
    assert_eq!(failure.message, "the answers end before `password` of BrocadeSwitchAuth: line 2 is missing");
    let (answers, _) = ask("").await;
    assert!(answers.unwrap_err().message.contains("before `user`"));
}

#[tokio::test]
async fn the_next_form_goes_on_where_the_last_one_ended() {
    let prompter = LinePrompter::with_echo(Cursor::new("admin\ncanary\n80\nhello\nroot\nsecond\n\n\n"), io::sink());
    let first = prompter.ask(vec![form(login())]).await.unwrap();
    assert_eq!(values(&first[0])[3], ("note".to_owned(), json!("hello")));
    let second = prompter.ask(vec![form(login())]).await.unwrap();
    assert_eq!(values(&second[0])[0], ("user".to_owned(), json!("root")));
    assert!(prompter.ask(vec![form(login())]).await.is_err());
}

#[tokio::test]
async fn two_forms_are_answered_in_their_order_and_a_form_without_questions_takes_no_line() {
    let prompter = LinePrompter::with_echo(Cursor::new("one\ntwo\n"), io::sink());
    let single = |name: &str| form(vec![question(name, Kind::Text, json!({}))]);
    let answers = prompter.ask(vec![single("a"), form(Vec::new()), single("b")]).await.unwrap();
    let all: Vec<_> = answers.iter().map(|answers| values(answers)).collect();
    assert_eq!(all, [vec![("a".to_owned(), json!("one"))], vec![], vec![("b".to_owned(), json!("two"))]]);
}

#[tokio::test]
async fn a_line_of_one_mebibyte_is_the_longest() {
    let single = || vec![form(vec![question("text", Kind::Text, json!({}))])];
    let line = |length: usize| Cursor::new(format!("{}\n", "x".repeat(length)));
    let fits = LinePrompter::with_echo(line(1024 * 1024), io::sink()).ask(single()).await.unwrap();
    assert_eq!(fits[0][0].value.as_str().unwrap().len(), 1024 * 1024);
    for length in [1024 * 1024 + 1, 1024 * 1024 + 2, 2 * 1024 * 1024] {
        let failure = LinePrompter::with_echo(line(length), io::sink()).ask(single()).await.unwrap_err();
        assert_eq!(failure.message, "line 1 of the answers cannot be read: it is longer than 1 MiB");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let (answers, _) = ask(b"ad\xffmin\n".to_vec()).await;
    assert_eq!(answers.unwrap_err().message, "line 1 of the answers cannot be read: it is not UTF-8");
}

#[test]
fn a_pipe_that_never_speaks_does_not_hold_up_the_end_of_the_program() {
    let (reader, writer) = io::pipe().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let prompter = LinePrompter::with_echo(io::BufReader::new(reader), io::sink());
    let waited = runtime.block_on(async {
        tokio::time::timeout(std::time::Duration::from_millis(50), prompter.ask(vec![form(login())])).await
    });
    assert!(waited.is_err(), "nothing was written, so nothing can have been answered");
    drop(runtime);
    drop(writer);
}
