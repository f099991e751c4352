//! When the terminal is not asked at all. What happens in a terminal needs one, and is tested with one.

use harmony_config_core::FailureCode;
use serde_json::json;

use super::{form, question};
use crate::{
    prompt::{Kind, Prompter},
    terminal::TerminalPrompter,
};

#[tokio::test]
async fn nobody_is_asked_where_the_program_was_told_so() {
    let prompter = TerminalPrompter::new(true);
    let failure = prompter.unavailable().unwrap();
    assert_eq!(failure.code, FailureCode::InteractionRequired);
    assert!(failure.remedy.unwrap().contains("harmony-config set KEY"));
    let asked = prompter.ask(vec![form(vec![question("user", Kind::Text, json!({}))])]).await;
    assert_eq!(asked.unwrap_err().code, FailureCode::InteractionRequired);
}

#[tokio::test]
async fn forms_without_questions_need_no_terminal() {
    let answers = TerminalPrompter::new(true).ask(vec![form(Vec::new()), form(Vec::new())]).await.unwrap();
    assert!(answers.len() == 2 && answers.iter().all(Vec::is_empty));
}
