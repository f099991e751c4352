//! Many who write at the same moment: the acceptance list, 5.

use std::{fs, time::Duration};

use serde_json::json;

use crate::world::{PROGRAM, World, finish, start};

const APP: &str = "{\"port\":8080,\"tags\":[\"one\"]}\n";
const AUTH: &str = "{\"host\":\"fcs-1\",\"user\":\"admin\",\"password\":\"opensesame\"}\n";

#[test]
fn two_tasks_that_write_different_keys_at_the_same_moment_both_have_theirs_kept() {
    for _ in 0..5 {
        let world = World::new();
        let done = world.run_with(&["set-at-once"], &format!("{APP}{AUTH}")).well();
        assert!(done.out.contains("both are kept"), "{done:?}");
        assert_eq!(world.stored("AppConfig").unwrap()["port"], 8080);
        assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["user"], "admin");
    }
}

#[test]
fn two_processes_that_write_different_keys_at_the_same_moment_both_have_theirs_kept() {
    for _ in 0..5 {
        let world = World::new();
        let go = world.path("go");
        let words = |key| ["wait", go.to_str().unwrap(), "set", key];
        let first = start(world.command(PROGRAM, &words("AppConfig")), APP.as_bytes());
        let second = start(world.command(PROGRAM, &words("BrocadeSwitchAuth")), AUTH.as_bytes());
        std::thread::sleep(Duration::from_millis(30));
        fs::write(&go, "").unwrap();
        finish(first).well();
        finish(second).well();
        assert_eq!(world.stored("AppConfig").unwrap()["port"], 8080);
        assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["user"], "admin");
    }
}

#[test]
fn of_two_processes_that_write_the_same_key_again_and_again_one_whole_value_wins() {
    let world = World::new();
    let values =
        ["a", "b"].map(|letter| json!({ "port": 2000, "level": "loud", "tls": null, "tags": vec![letter; 300] }));
    let all: Vec<_> = values
        .iter()
        .map(|value| start(world.command(PROGRAM, &["set-again", "AppConfig", "60"]), format!("{value}\n").as_bytes()))
        .collect();
    for started in all {
        finish(started).well();
    }
    let stored = world.stored("AppConfig").unwrap();
    assert!(values.contains(&stored), "a mixture: {stored}");
}
