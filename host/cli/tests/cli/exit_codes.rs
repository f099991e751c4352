//! Each exit code, from something that happens to people.

use crate::world::World;

#[test]
fn zero_is_done() {
    let world = World::new();
    for arguments in
        [["--version"].as_slice(), &["--help"], &["help"], &["get", "--help"], &["list"], &["explain", "Key"]]
    {
        let done = world.run(arguments).done();
        assert_eq!(done.code, 0, "{done:?}");
    }
    assert!(world.ok(["--version"]).starts_with("harmony-config "));
}

#[test]
fn two_is_a_wrong_command_line() {
    let world = World::new();
    for arguments in [
        [].as_slice(),
        &["no-such-command"],
        &["get"],
        &["get", "Key", "--no-such-flag"],
        &["get", "not a key"],
        &["get", "Key", "--from", "nowhere"],
        &["get", "Key", "-n", "no/namespace"],
        &["set", "Key..field", "1"],
        &["explain", "Key.field"],
        &["move", "--from", "sqlite", "--to", "env"],
        &["move", "Key", "--all", "--from", "sqlite", "--to", "env"],
        &["move", "Key", "--from", "sqlite", "--to", "nowhere"],
        &["move", "Key", "--from", "sqlite", "--to", "sqlite"],
        &["--answers", "nothing.txt", "get", "Key"],
        &["--answers", "-", "--non-interactive", "get", "Key"],
    ] {
        let done = world.run(arguments).done();
        assert_eq!(done.code, 2, "{arguments:?}: {done:?}");
        assert_eq!(done.stdout, "", "{arguments:?}");
        assert!(!done.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn three_is_not_found_and_says_where_was_looked() {
    let world = World::new();
    world.run(["get", "Key"]).done().fails(3, &["Key: not found in env, sqlite", "next:"]);
    world.run(["unset", "Key"]).done().fails(3, &["Key", "not found"]);
    world.run(["unset", "Key", "--in", "sqlite"]).done().fails(3, &["Key", "sqlite"]);
    world.ok(["set", "Key", r#"{"a":1}"#]);
    world.run(["get", "Key.b"]).done().fails(3, &["Key: the value from `sqlite` has no field `b`"]);
    world.run(["get", "Key", "--from", "env"]).done().fails(3, &["Key: not found in env"]);
}

#[test]
fn four_is_a_person_needed_where_there_is_no_terminal() {
    let world = World::new();
    world.run(["set", "Key"]).done().fails(4, &["Key: no value was given", "next: pipe it in"]);
    world.run(["get", "Key", "--prompt"]).done().fails(4, &["Key", "next:"]);
    world.run(["get", "Key", "--prompt", "--non-interactive"]).done().fails(4, &["Key", "next:"]);
    let answers = world.project().join("answers");
    std::fs::write(&answers, "").unwrap();
    let done = world.run(["set", "Key", "--answers", "answers"]).done();
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stderr.contains("the answers end before `value` of Key"), "{done:?}");
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_made_is_an_error_that_names_it() {
    // Below a regular file: not even root can make it.
    let world = World::new();
    std::fs::write(world.home().join("file"), "").unwrap();
    let done =
        world.run(["set", "Key", "-"]).stdin("v").env("HARMONY_CONFIG_HOME", world.home().join("file/below")).done();
    assert_eq!(done.code, 7, "{done:?}");
    assert!(done.stderr.contains("source `sqlite`: nothing was written"), "{done:?}");
    assert!(done.stderr.contains("file/below"), "the place is named: {done:?}");
}

#[test]
fn six_is_a_source_that_cannot_be_reached() {
    let world = World::new();
    world.ok(["set", "Key", "1"]);
    let folder = world.home().join(".local/share/harmony/config");
    assert!(folder.is_dir() || !cfg!(target_os = "linux"), "the database is not where it was said to be");
    if !folder.is_dir() {
        return;
    }
    // A folder where the database should be: it cannot be opened, whoever asks.
    for file in std::fs::read_dir(&folder).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    std::fs::create_dir(folder.join("config.db")).unwrap();
    let done = world.run(["get", "Key"]).done();
    assert_eq!(done.code, 6, "{done:?}");
    assert!(done.stderr.contains("sqlite") && done.stderr.contains("config.db"), "{done:?}");
}

#[test]
fn seven_is_data_that_cannot_be_read() {
    let world = World::new();
    let run = world.run(["get", "Key"]).env("HARMONY_CONFIG_Key", "{not json");
    run.done().fails(7, &["Key", "source `env`", "HARMONY_CONFIG_Key", "next:"]);
    world.run(["set", "Key", "-"]).stdin([0xff, 0xfe]).done().fails(7, &["not UTF-8"]);
}

#[test]
fn one_is_any_other_failure_such_as_removing_what_cannot_be_written() {
    let world = World::new();
    let done = world.run(["unset", "Key"]).env("HARMONY_CONFIG_Key", "1").done();
    done.fails(1, &["Key", "source `env`, which cannot be written", "next:"]);
}
