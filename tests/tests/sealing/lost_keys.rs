//! A key that is not there. What is sealed with it is unavailable, it says so, and no second key hides it.

use std::fs;

use crate::world::World;

fn stored() -> World {
    let world = World::new();
    world.keep("Auth", "secret");
    world
}

/// Nothing was made, and nothing that is sealed was touched.
fn unchanged(world: &World, before: &str) {
    assert_eq!(world.key_files().len(), 0, "a second key was made");
    assert_eq!(world.row("Auth"), before);
}

#[test]
fn a_database_that_is_copied_away_opens_nowhere_else() {
    let (from, to) = (stored(), World::new());
    fs::create_dir_all(to.database().parent().unwrap()).unwrap();
    for entry in fs::read_dir(from.database().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.database().with_file_name(path.file_name().unwrap())).unwrap();
    }
    let row = to.row("Auth");
    to.run(&["-n", "harmony", "get", "Auth"])
        .badly(6, &["Auth", "`sqlite`", "is sealed", "not on this machine", "backup"]);
    to.run_with(&["-n", "harmony", "set", "Auth", "-"], "new").badly(6, &["no second one is made", "backup"]);
    to.run_with(&["-n", "harmony", "set", "Other", "-"], "new").badly(6, &["no second one is made"]);
    to.run(&["rekey"]).badly(6, &["no second one is made"]);
    unchanged(&to, &row);
}

#[test]
fn a_key_that_was_lost_is_unavailable_until_what_it_sealed_is_unset() {
    let world = stored();
    let row = world.row("Auth");
    fs::remove_dir_all(world.keys().parent().unwrap()).unwrap();
    world.run(&["-n", "harmony", "get", "Auth"]).badly(6, &["is sealed", "not on this machine"]);
    world.run_with(&["-n", "harmony", "set", "Other", "-"], "new").badly(6, &["no second one is made"]);
    unchanged(&world, &row);
    world.run(&["-n", "harmony", "unset", "Auth", "--in", "sqlite"]).well();
    world.keep("Auth", "new");
    assert_eq!(world.value("Auth"), "new");
    assert_eq!(world.key_files().len(), 1);
}

#[test]
fn a_key_whose_file_is_gone_damaged_or_open_to_others_is_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    type Harm = (fn(&std::path::Path), &'static str);
    let harms: [Harm; 3] = [
        (|file| fs::remove_file(file).unwrap(), "is gone"),
        (|file| fs::write(file, "AAAA\n").unwrap(), "another text"),
        (|file| fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap(), "others can read it"),
    ];
    for (harm, words) in harms {
        let world = stored();
        let file = world.key_files().remove(0);
        let (key, row) = (fs::read(&file).unwrap(), world.row("Auth"));
        harm(&file);
        for arguments in [&["-n", "harmony", "get", "Auth"][..], &["-n", "harmony", "set", "Other", "-"], &["rekey"]] {
            world.run_with(arguments, "new").badly(6, &[words]);
        }
        assert_eq!(world.row("Auth"), row);
        assert_eq!(world.record()["keys"].as_array().unwrap().len(), 1, "a second key was made");
        fs::write(&file, key).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(world.value("Auth"), "secret", "put back, it opens again");
    }
}

#[test]
fn a_record_that_cannot_be_read_is_not_taken_for_none() {
    let world = stored();
    fs::write(world.keys().join("keys.json"), "{").unwrap();
    world.run(&["-n", "harmony", "get", "Auth"]).badly(6, &["keys.json"]);
    world.run_with(&["-n", "harmony", "set", "Other", "-"], "new").badly(6, &["keys.json"]);
    fs::remove_file(world.keys().join("keys.json")).unwrap();
    assert_eq!(world.value("Auth"), "secret", "the key itself is there");
    world.keep("Other", "new");
    assert_eq!(world.key_files().len(), 1);
}
