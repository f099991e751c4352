//! The key in a real keyring: there, locked, emptied, gone, and one that never answers.
#![cfg(target_os = "linux")]

use std::{fs, os::unix::net::UnixListener, time::Duration};

use crate::{desktop::Desktop, world::World};

/// A world whose key is in the keyring, with one secret.
fn stored() -> Option<(World, Desktop)> {
    let mut world = World::new();
    let mut desktop = Desktop::start(&mut world)?;
    desktop.unlock();
    world.keep("Auth", "secret");
    Some((world, desktop))
}

#[test]
fn a_key_is_kept_in_the_keyring_that_answers() {
    let Some((world, _desktop)) = stored() else { return };
    assert_eq!(world.record()["keys"][0]["in"], "keyring");
    assert_eq!(world.key_files().len(), 0);
    assert_eq!(world.value("Auth"), "secret");
    world.keep("Other", "another");
    assert_eq!(world.record()["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn a_locked_keyring_is_unavailable_and_makes_no_second_key() {
    let Some((world, mut desktop)) = stored() else { return };
    let (row, record) = (world.row("Auth"), world.record());
    desktop.lock();
    for arguments in [&["-n", "harmony", "get", "Auth"][..], &["-n", "harmony", "set", "Other", "-"], &["rekey"]] {
        world.run_with(arguments, "new").badly(6, &["keyring"]);
    }
    assert_eq!(world.key_files().len(), 0);
    assert_eq!((world.row("Auth"), world.record()["keys"].clone()), (row, record["keys"].clone()));
    desktop.unlock();
    assert_eq!(world.value("Auth"), "secret");
}

#[test]
fn a_keyring_that_lost_the_key_is_unavailable() {
    let Some((world, mut desktop)) = stored() else { return };
    drop(fs::remove_dir_all(world.home().join(".local/share/keyrings")));
    desktop.unlock();
    world.run(&["-n", "harmony", "get", "Auth"]).badly(6, &["not in the keyring any more", "backup"]);
    world.run_with(&["-n", "harmony", "set", "Other", "-"], "new").badly(6, &["not in the keyring any more"]);
    assert_eq!(world.key_files().len(), 0);
}

#[test]
fn a_key_moves_from_the_keyring_to_a_file_and_back() {
    let Some((world, _desktop)) = stored() else { return };
    world.run(&["rekey", "--to", "file"]).well();
    assert_eq!((world.key_files().len(), world.value("Auth")), (1, "secret".to_owned()));
    world.run(&["rekey"]).well();
    assert_eq!((world.key_files().len(), world.value("Auth")), (1, "secret".to_owned()));
    world.run(&["rekey", "--to", "keyring"]).well();
    assert_eq!((world.key_files().len(), world.value("Auth")), (0, "secret".to_owned()));
    assert_eq!(world.record()["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn without_the_session_a_key_in_the_keyring_is_out_of_reach_and_said_at_once() {
    let Some((mut world, desktop)) = stored() else { return };
    drop(desktop);
    let gone = world.run(&["-n", "harmony", "get", "Auth"]).badly(6, &["keyring"]);
    assert!(gone.took < Duration::from_secs(5), "{gone:?}");
    world.set("DBUS_SESSION_BUS_ADDRESS", "");
    let none = world.run(&["-n", "harmony", "get", "Auth"]).badly(6, &["no keyring in this session"]);
    assert!(none.took < Duration::from_secs(2), "{none:?}");
    assert_eq!(world.key_files().len(), 0);
}

#[test]
fn one_folder_for_everything_leaves_the_keyring_alone() {
    let mut world = World::new();
    let Some(mut desktop) = Desktop::start(&mut world) else { return };
    desktop.unlock();
    let folder = world.root().join("elsewhere");
    world.set("HARMONY_CONFIG_HOME", folder.display().to_string());
    world.keep("Auth", "secret");
    let record = fs::read_to_string(folder.join("user/seal/keys.json")).unwrap();
    assert!(record.contains("\"file\"") && !record.contains("keyring"), "{record}");
}

/// A bus that takes calls and says nothing.
#[test]
fn a_bus_that_never_answers_holds_nobody_up_for_long() {
    let mut world = World::new();
    let socket = world.root().join("bus");
    let _listener = UnixListener::bind(&socket).unwrap();
    world.set("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    let kept = world.run_with(&["-n", "harmony", "set", "Auth", "-"], "secret").well();
    assert!(kept.took < Duration::from_secs(15), "{kept:?}");
    assert_eq!(world.key_files().len(), 1, "the key is in a file");
    let read = world.run(&["-n", "harmony", "get", "Auth"]).well();
    assert!(read.out == "secret\n" && read.took < Duration::from_secs(5), "{read:?}");
}

/// The source `keyring` in a real one: kept, read by another process, told apart by namespace, locked, removed.
#[test]
fn a_value_is_kept_in_a_real_keyring_and_nowhere_else() {
    let mut world = World::new();
    let Some(mut desktop) = Desktop::start(&mut world) else { return };
    desktop.unlock();
    world.manifest("version = 1\nnamespace = \"mine\"\nchain = [\"keyring\"]\n");
    world.run_with(&["set", "Auth@fw-a", "-"], "canary-in-the-keyring").well();
    assert_eq!(world.run(&["get", "Auth@fw-a"]).well().out, "canary-in-the-keyring\n");
    world.run(&["get", "Auth"]).badly(3, &[]);
    world.run(&["-n", "theirs", "get", "Auth@fw-a"]).badly(3, &[]);
    desktop.lock();
    world.run(&["get", "Auth@fw-a"]).badly(6, &["keyring"]);
    desktop.unlock();
    world.run(&["unset", "Auth@fw-a"]).well();
    world.run(&["get", "Auth@fw-a"]).badly(3, &[]);
    assert_eq!(world.key_files().len(), 0, "nothing is sealed that the keyring keeps");
}
