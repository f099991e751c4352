//! Answers from a file or a pipe instead of a person.

use crate::world::World;

#[test]
fn the_first_answer_is_the_value_of_set() {
    let world = World::new();
    let done = world.run(["set", "Key", "--answers", "-"]).stdin("canary-answer\n").done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stderr.contains("canary") && done.stdout.is_empty(), "{done:?}");
    assert_eq!(world.ok(["get", "Key"]), "canary-answer\n");
}

#[test]
fn get_with_prompt_keeps_the_answer_and_asks_once() {
    let world = World::new();
    std::fs::write(world.project().join("answers"), "{\"port\":8080}\n").unwrap();
    let asked = world.run(["get", "Key.port", "--prompt", "--answers", "answers"]).done();
    assert_eq!((asked.code, asked.stdout.as_str()), (0, "8080\n"), "{asked:?}");
    assert_eq!(world.ok(["get", "Key.port", "--prompt"]), "8080\n");
}

#[test]
fn standard_input_is_not_both_value_and_answers() {
    let world = World::new();
    let done = world.run(["set", "Key", "-", "--answers", "-"]).stdin("x\n").done();
    done.fails(2, &["both the value and the answers"]);
}
