//! Changing the key.

use std::fs;

use serde_json::Value;

use crate::world::World;

fn key_of(row: &str) -> String {
    let row: Value = serde_json::from_str(row).unwrap();
    row["$harmony-config"]["sealed"]["key"].as_str().unwrap().to_owned()
}

#[test]
fn every_value_is_sealed_with_the_new_key_and_the_old_one_goes() {
    let world = World::new();
    for key in ["A", "B", "C"] {
        world.keep(key, &format!("secret of {key}"));
    }
    world.run_with(&["-n", "other", "set", "D@one", "-"], "secret of D").well();
    let (old, old_file) = (key_of(&world.row("A")), world.key_files());
    // In a namespace that is neither the app's nor this project's.
    let done = world.run(&["-n", "third", "--json", "rekey"]).well();
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((told["new"].as_bool(), told["removed_keys"].as_u64()), (Some(true), Some(1)), "{told}");
    assert_eq!(told["resealed"]["sqlite"], 4, "{told}");
    let new = key_of(&world.row("A"));
    assert_ne!(new, old);
    assert_eq!(told["key"], new);
    for key in ["A", "B", "C"] {
        assert_eq!(key_of(&world.row(key)), new);
        assert_eq!(world.value(key), format!("secret of {key}"));
    }
    assert_eq!(world.run(&["-n", "other", "get", "D@one"]).well().out, "secret of D\n");
    assert_eq!(world.key_files().len(), 1);
    assert!(!old_file[0].exists(), "the old key is still there");
}

#[test]
fn an_old_key_stays_while_another_project_needs_it() {
    let world = World::new();
    let manifest =
        "version = 1\nnamespace = \"mine\"\nchain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"values\"\n";
    world.manifest(manifest);
    world.run_with(&["set", "Theirs", "-"], "secret of theirs").well();
    world.manifest("version = 1\nnamespace = \"harmony\"\nchain = [\"sqlite\"]\n");
    world.keep("Ours", "secret of ours");
    let done = world.run(&["--json", "rekey"]).well();
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((told["removed_keys"].as_u64(), told["kept_keys"].as_u64()), (Some(0), Some(1)), "{told}");
    assert_eq!(told["elsewhere"].as_object().unwrap().values().collect::<Vec<_>>(), [1], "{told}");
    assert_eq!(world.value("Ours"), "secret of ours");
    world.manifest(manifest);
    assert_eq!(world.run(&["get", "Theirs"]).well().out, "secret of theirs\n");
    // Given there, it ends the change that was begun, and makes no third key.
    let done = world.run(&["--json", "rekey"]).well();
    let ended: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((ended["new"].as_bool(), ended["removed_keys"].as_u64()), (Some(false), Some(1)), "{ended}");
    assert_eq!(ended["key"], told["key"]);
    assert_eq!(world.run(&["get", "Theirs"]).well().out, "secret of theirs\n");
    assert_eq!(world.key_files().len(), 1);
}

#[test]
fn what_cannot_be_opened_keeps_its_key_and_is_named() {
    let world = World::new();
    world.keep("Good", "secret");
    world.keep("Bad", "secret");
    world.sql("UPDATE config SET value = replace(value, '\"value\":\"', '\"value\":\"AAAA') WHERE key = 'Bad'");
    world.run(&["rekey"]).badly(7, &["Bad in `sqlite`", "the old one is kept", "changed or moved"]);
    assert_eq!(world.value("Good"), "secret");
    assert_eq!(world.key_files().len(), 2);
    world.keep("Bad", "new");
    let done = world.run(&["rekey"]).well();
    assert!(done.err.contains("gone on with") && done.err.contains("the old key is removed"), "{done:?}");
    assert_eq!(world.key_files().len(), 1);
    assert_eq!((world.value("Good"), world.value("Bad")), ("secret".to_owned(), "new".to_owned()));
}

#[test]
fn values_in_plain_stay_as_they_are() {
    let world = World::new();
    world.write_as_before("Old", "1");
    world.sql("INSERT INTO config (key, value) VALUES ('NoJson', 'what is this')");
    world.keep("New", "secret");
    world.run(&["rekey"]).well();
    assert_eq!(world.row("Old"), "1");
    assert_eq!(world.key_files().len(), 1);
}

/// While others read and write.
#[test]
fn a_key_is_changed_under_programs_that_use_it() {
    let world = World::new();
    for number in 0..10 {
        world.keep(&format!("Key{number}"), "0");
    }
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|part| {
                let world = &world;
                scope.spawn(move || {
                    for round in 1..=12 {
                        let key = format!("Key{}", part * 5 + round % 5);
                        world.keep(&key, &round.to_string());
                        assert_eq!(world.value(&key), round.to_string());
                    }
                })
            })
            .collect();
        for _ in 0..4 {
            world.run(&["rekey"]).well();
        }
        for writer in writers {
            writer.join().unwrap();
        }
    });
    for number in 0..10 {
        world.value(&format!("Key{number}"));
    }
    world.run(&["rekey"]).well();
    assert_eq!(world.key_files().len(), 1);
    assert!(fs::read_dir(world.keys()).unwrap().all(|entry| !entry.unwrap().path().ends_with(".new")));
}
