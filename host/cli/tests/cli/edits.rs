//! `edit` with an editor that is a script: what it sees, what it saves, and what is left behind. At a terminal it is tested by
//! the workspace's `tests`.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::world::{Done, Run, World};

/// A world with an editor that runs this script, `$1` being the file.
struct Desk {
    world: World,
    /// Where private folders are made: memory, on a real machine.
    runtime: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let world = World::with_files();
        let runtime = world.home().join("run");
        fs::create_dir(&runtime).unwrap();
        world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
        Desk { world, runtime }
    }

    fn with_editor<'a>(&self, arguments: impl IntoIterator<Item = &'a str>, script: &str) -> Run {
        let file = self.world.home().join("editor");
        fs::write(&file, format!("#!/bin/sh\nset -e\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self.world
            .run(arguments)
            .env("EDITOR", file)
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .env("PATH", "/usr/bin:/bin")
            .env("SAW", self.saw())
    }

    fn edit(&self, script: &str) -> Done {
        let done = self.with_editor(["edit", "AppConfig"], script).done();
        self.left_nothing();
        done
    }

    /// A file for what the editor saw.
    fn saw(&self) -> PathBuf {
        self.world.home().join("saw")
    }

    fn left_nothing(&self) {
        let left: Vec<_> = fs::read_dir(&self.runtime).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

#[test]
fn a_value_that_was_edited_is_kept_and_nothing_is_left_on_disk() {
    let desk = Desk::new();
    let done = desk
        .edit(r#"cp "$1" "$SAW"; ls -ld "$(dirname "$1")" "$1" >> "$SAW"; sed -i s/8080/9090/ "$1"; cp "$1" "$1~""#);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{done:?}");
    assert!(done.stderr.contains("AppConfig is kept in `sqlite`"), "{done:?}");
    assert_eq!(desk.world.ok(["get", "AppConfig"]), "{\n  \"host\": \"localhost\",\n  \"port\": 9090\n}\n");
    let saw = fs::read_to_string(desk.saw()).unwrap();
    assert!(saw.starts_with("// AppConfig in `sqlite`, namespace p.\n"), "{saw}");
    assert!(saw.contains("{\n  \"host\": \"localhost\",\n  \"port\": 8080\n}\n"), "{saw}");
    assert!(saw.contains("drwx------") && saw.contains("-rw-------"), "{saw}");
}

#[test]
fn what_was_not_changed_is_not_written() {
    let desk = Desk::new();
    let before = desk.world.run(["explain", "AppConfig", "--json"]).done().json()["steps"][1]["version"].clone();
    for script in ["true", r#"touch "$1""#, r#"grep -v '^//' "$1" | tr -d ' \n' > "$1.new"; mv "$1.new" "$1""#] {
        let done = desk.edit(script);
        assert_eq!((done.code, done.stderr.as_str()), (0, "AppConfig is as it was: nothing was written to `sqlite`\n"));
    }
    let after = desk.world.run(["explain", "AppConfig", "--json"]).done().json()["steps"][1]["version"].clone();
    assert_eq!(before, after);
}

#[test]
fn a_text_that_is_no_json_is_offered_again_with_what_is_wrong_on_top() {
    let desk = Desk::new();
    // The first time the value is spoilt, the second time it is put right.
    let script = r#"if grep -q ERROR "$1"; then head -n 1 "$1" > "$SAW"; sed -i 's/canary/1/' "$1"; else sed -i 's/8080/canary/' "$1"; fi"#;
    let done = desk.edit(script);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stderr.contains("canary"), "{done:?}");
    let saw = fs::read_to_string(desk.saw()).unwrap();
    assert_eq!(saw, "// ERROR: line 5, column 11: this is not JSON\n");
    assert_eq!(desk.world.ok(["get", "AppConfig.port"]), "1\n");
}

#[test]
fn a_wrong_text_that_is_saved_again_as_it_is_ends_it() {
    let desk = Desk::new();
    let done = desk.edit(r#"echo '{"canary": ' > "$1""#);
    done.fails(7, &["AppConfig: the text cannot be used", "nothing was written", "next:"]);
    assert!(!done.stderr.contains("canary"), "{done:?}");
    assert_eq!(desk.world.ok(["get", "AppConfig.port"]), "8080\n");
}

#[test]
fn who_leaves_or_takes_everything_out_keeps_nothing() {
    let desk = Desk::new();
    desk.edit(r#"sed -i s/8080/1/ "$1"; exit 3"#).fails(1, &["ended with exit code 3; nothing was written", "next:"]);
    desk.edit(r#": > "$1""#).fails(1, &["everything was taken out; nothing was written"]);
    desk.edit(r#"sed -i s/8080/1/ "$1"; kill -KILL $$"#).fails(1, &["ended by signal 9; nothing was written"]);
    assert_eq!(desk.world.ok(["get", "AppConfig.port"]), "8080\n");
}

#[test]
fn a_value_that_somebody_changed_meanwhile_is_not_overwritten() {
    let desk = Desk::new();
    let command = env!("CARGO_BIN_EXE_harmony-config");
    let done = desk.edit(&format!(r#"echo theirs | '{command}' set AppConfig - 2> /dev/null; sed -i s/8080/1/ "$1""#));
    done.fails(1, &["AppConfig", "source `sqlite`: nothing was written", "next:"]);
    assert_eq!(desk.world.ok(["get", "AppConfig"]), "theirs\n");
}

#[test]
fn answers_say_what_becomes_of_a_text_whose_value_was_changed() {
    let desk = Desk::new();
    let command = env!("CARGO_BIN_EXE_harmony-config");
    let script = format!(
        r#"if grep -q 'changed by somebody else' "$1"; then exit 0; fi
        echo theirs | '{command}' set AppConfig - 2> /dev/null; sed -i s/8080/1/ "$1""#
    );
    for (answer, value) in [("replace", "1\n"), ("look", "1\n")] {
        desk.world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
        let run = desk.with_editor(["edit", "AppConfig", "--answers", "-"], &script);
        let done = run.stdin(format!("{answer}\n")).done();
        assert_eq!(done.code, 0, "{answer}: {done:?}");
        assert_eq!(desk.world.ok(["get", "AppConfig.port"]), value, "{answer}");
        desk.left_nothing();
    }
    desk.world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
    let run = desk.with_editor(["edit", "AppConfig", "--answers", "-"], &script);
    assert_eq!(run.stdin("leave\n").done().code, 1);
    assert_eq!(desk.world.ok(["get", "AppConfig"]), "theirs\n");
}

#[test]
fn the_first_source_that_has_it_and_can_be_written_is_edited() {
    let desk = Desk::new();
    desk.world.ok(["set", "AppConfig", r#"{"port":1}"#, "--in", "local-file"]);
    let run = desk.with_editor(["edit", "AppConfig"], r#"sed -i s/8080/2/ "$1""#);
    let done = run.env("HARMONY_CONFIG_AppConfig__port", "9").done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("`env` has a value too, and stands above `sqlite`"), "{done:?}");
    assert_eq!(desk.world.ok(["get", "AppConfig.port", "--from", "sqlite"]), "2\n");
    let run = desk.with_editor(["edit", "AppConfig", "--in", "local-file"], r#"sed -i 's/1/3/' "$1""#);
    assert_eq!(run.done().code, 0);
    assert_eq!(desk.world.ok(["get", "AppConfig.port", "--from", "local-file"]), "3\n");
    let run = desk.with_editor(["edit", "AppConfig", "--in", "env"], "exit 9");
    run.done().fails(1, &["env", "can only be read"]);
}

#[test]
fn some_fields_stay_some_fields_and_a_new_value_can_be_begun() {
    let desk = Desk::new();
    desk.world.ok(["set", "Some.port", "1"]);
    let run = desk.with_editor(["edit", "Some"], r#"cp "$1" "$SAW"; sed -i s/1/2/ "$1""#);
    assert_eq!(run.done().code, 0);
    assert!(fs::read_to_string(desk.saw()).unwrap().contains("// These are some of its fields"));
    assert_eq!(desk.world.run(["explain", "Some", "--json"]).done().json()["steps"][1]["outcome"], "partial");
    let run = desk.with_editor(["edit", "New"], r#"cp "$1" "$SAW"; echo '"text"' >> "$1""#);
    assert_eq!(run.done().code, 0);
    assert!(fs::read_to_string(desk.saw()).unwrap().contains("// It is new"));
    assert_eq!(desk.world.ok(["get", "New"]), "text\n");
    let run = desk.with_editor(["edit", "Newer"], "true");
    assert_eq!(run.done().code, 0);
    assert_eq!(desk.world.run(["get", "Newer"]).done().code, 3);
}

#[test]
fn without_an_editor_or_a_person_it_says_what_to_do() {
    let desk = Desk::new();
    desk.world.run(["edit", "AppConfig"]).done().fails(2, &["AppConfig: no editor is named", "export EDITOR=nano"]);
    let run = desk.world.run(["edit", "AppConfig"]).env("EDITOR", "no-such-editor");
    run.done().fails(2, &["the editor `no-such-editor` cannot be used", "EDITOR"]);
    desk.with_editor(["edit", "AppConfig", "--non-interactive"], "true").done().fails(4, &["set AppConfig -"]);
    let run = desk.with_editor(["edit", "AppConfig"], "true").env("HARMONY_CONFIG_NON_INTERACTIVE", "1");
    run.done().fails(4, &["nobody is to be asked"]);
    desk.with_editor(["edit", "AppConfig.port"], "true").done().fails(2, &["whole value"]);
}
