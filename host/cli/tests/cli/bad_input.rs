//! What no one should type, and some do: the command says what is wrong, soon, and writes nothing.

use crate::world::World;

#[test]
fn a_key_outside_the_grammar_is_refused_before_anything_is_read() {
    let world = World::new();
    let long = "k".repeat(10_000);
    for (key, word) in [
        ("a/b", "'/'"),
        ("..", "begins with '.'"),
        ("../../etc/passwd", "begins with '.'"),
        ("a b", "' '"),
        ("1st", "begins with '1'"),
        ("", "is empty"),
        ("a__b", "`__`"),
        ("Key@", "instance `` is empty"),
        ("Key@a/b", "instance `a/b`"),
        (long.as_str(), "10000 bytes long"),
    ] {
        for command in ["get", "set", "unset", "explain"] {
            let mut arguments = vec![command, key];
            arguments.extend((command == "set").then_some("value"));
            let done = world.run(&arguments).done();
            done.fails(2, &[word, "next: "]);
            assert!(done.stderr.len() < 600, "a stranger reads it: {} bytes", done.stderr.len());
        }
    }
    assert!(!world.home().join(".local").exists(), "nothing was written");
}

#[test]
fn a_value_of_20_mb_is_refused_and_named() {
    let world = World::new();
    let done = world.run(["set", "Key", "-"]).stdin(vec![b'x'; 20 << 20]).done();
    done.fails(7, &["Key", "larger than 4 MiB", "next:"]);
    assert!(done.stderr.len() < 500);
    assert_eq!(world.run(["get", "Key"]).done().code, 3);
}

#[test]
fn an_empty_pipe_is_no_value() {
    let world = World::new();
    world.run(["set", "Key", "-"]).stdin("").done().fails(2, &["standard input is empty", "next:"]);
    world.run(["set", "Key", "-"]).stdin("\n").done().fails(2, &["standard input is empty"]);
    world.ok(["set", "Key", "\"\""]);
    assert_eq!(world.ok(["get", "Key"]), "\n");
}

#[test]
fn a_source_that_is_not_there_is_met_with_the_one_that_was_meant() {
    let world = World::new();
    for arguments in [
        ["get", "Key", "--from", "sqlit"].as_slice(),
        &["set", "Key", "1", "--in", "sqlit"],
        &["unset", "Key", "--in", "sqlit"],
    ] {
        let done = world.run(arguments).done();
        done.fails(2, &["there is no source `sqlit`", "did you mean `sqlite`?", "env, sqlite, prompt"]);
    }
    let done = world.run(["get", "Key", "--from", "oracle"]).done();
    assert!(!done.stderr.contains("did you mean"), "{done:?}");
}

#[test]
fn a_source_that_keeps_nothing_is_no_place_to_set_in() {
    let world = World::new();
    let done = world.run(["set", "Key", "-", "--in", "env"]).stdin("canary-for-env").done();
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("env") && done.stderr.contains("nothing was written"), "{done:?}");
    assert!(!done.stderr.contains("canary"), "{done:?}");
}

#[test]
fn words_behind_the_value_are_refused_and_not_repeated() {
    let world = World::new();
    let done = world.run(["set", "Key", "correct", "canary-horse"]).done();
    done.fails(2, &["more than one value", "quotes"]);
    assert!(!done.stderr.contains("canary") && !done.stderr.contains("correct"), "{done:?}");
}

#[test]
fn json_with_a_slip_in_it_is_kept_as_text_and_said_aloud() {
    let world = World::new();
    let done = world.run(["set", "Key", "-"]).stdin("{\"password\": canary}").done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("looks like JSON and is not (line 1, column 14)"), "{done:?}");
    assert!(!done.stderr.contains("canary"), "{done:?}");
}

#[test]
fn a_number_comes_back_as_it_was_typed() {
    let world = World::new();
    for text in ["123456789012345678901234567890", "007", "1e5", "-5", "3.10"] {
        assert_eq!(world.run(["set", "Key", text]).done().code, 0, "{text}");
        assert_eq!(world.ok(["get", "Key"]), format!("{text}\n"));
    }
}

#[test]
fn a_folder_or_a_file_that_is_not_there_is_named() {
    let world = World::new();
    world.run(["-C", "nowhere", "list"]).done().fails(2, &["there is no folder nowhere", "-C"]);
    world.run(["-f", "nothing.toml", "list"]).done().fails(2, &["nothing.toml", "next:"]);
    world.run(["-f", ".", "list"]).done().fails(2, &["not a regular file"]);
    world.run(["--answers", "nothing.txt", "get", "Key"]).done().fails(2, &["nothing.txt", "next:"]);
}

#[test]
fn a_prefix_that_no_key_can_have_is_refused() {
    let world = World::new();
    world.run(["list", "../"]).done().fails(2, &["prefix"]);
    world.run(["list", "%"]).done().fails(2, &["prefix"]);
}
