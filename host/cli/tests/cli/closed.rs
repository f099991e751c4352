//! Streams that nobody reads, and a home that cannot be used: the command ends quietly, or says what it lacks.

use crate::world::World;

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let world = World::new();
    let long = "x".repeat(1 << 20);
    assert_eq!(world.run(["set", "Key", "-"]).stdin(long).done().code, 0);
    for arguments in [["get", "Key"].as_slice(), &["get", "Key", "--json"], &["--help"], &["explain", "Key"]] {
        let done = world.run(arguments).unread();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{arguments:?}");
    }
    assert_eq!(world.run(["get", "Absent"]).unread().code, 3, "a failure stays one");
}

#[cfg(unix)]
#[test]
fn a_pipe_into_a_command_that_ends_at_once_is_quiet() {
    let world = World::new();
    assert_eq!(world.run(["set", "Key", "-"]).stdin("x".repeat(1 << 20)).done().code, 0);
    let done = world.shell("harmony-config get Key | head -c 3").done();
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (0, "xxx", ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let world = World::new();
    world.ok(["set", "Key", "1"]);
    let done = world.shell("harmony-config get Key > /dev/full").done();
    done.fails(1, &["standard output cannot be written"]);
}

#[cfg(unix)]
#[test]
fn closed_streams_do_not_end_in_a_panic() {
    let world = World::new();
    world.ok(["set", "Key", "1"]);
    let done = world.shell("harmony-config get Key >&- 2>&- <&-; echo $?").done();
    assert!(["0\n", "1\n"].contains(&done.stdout.as_str()), "{done:?}");
}

#[cfg(unix)]
#[test]
fn a_home_that_cannot_be_used_leaves_the_environment_to_read() {
    let world = World::new();
    std::fs::write(world.home().join("file"), "").unwrap();
    let nowhere = world.home().join("file/home");
    let run =
        |arguments: &[&str]| world.run(arguments).env("HOME", &nowhere).env("XDG_CACHE_HOME", nowhere.join("cache"));
    let got = run(&["get", "Key"]).env("HARMONY_CONFIG_Key", "1").done();
    assert_eq!((got.code, got.stdout.as_str()), (0, "1\n"), "{got:?}");
    let kept = run(&["set", "Key", "-"]).stdin("v").done();
    assert_ne!(kept.code, 0, "{kept:?}");
    assert!(kept.stderr.contains("nothing was written"), "{kept:?}");
}
