//! The source over a directory of the machine: what holds without WASI holds with it. That nothing leads out of the
//! directory is WASI's, and tested where a host is.

use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use super::*;

struct World {
    directory: tempfile::TempDir,
    folder: Folder,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder {
        path: directory.path().to_owned(),
        shown: "/shown".to_owned(),
        default_namespace: "harmony".to_owned(),
    };
    World { directory, folder }
}

impl World {
    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.directory.path().join(file), content).unwrap();
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.directory.path().join(file)).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn get(&self, at: &Coordinate) -> Result<Option<Entry>, Failure> {
        read::get(&self.folder, at)
    }

    fn set(&self, at: &Coordinate, value: &str, expected: Expected) -> Result<String, Failure> {
        write::set(&self.folder, at, value, &expected)
    }
}

fn at(key: &str) -> Coordinate {
    Coordinate { namespace: "harmony".into(), key: key.into(), instance: None }
}

fn elsewhere(namespace: &str, key: &str, instance: Option<&str>) -> Coordinate {
    Coordinate { namespace: namespace.into(), key: key.into(), instance: instance.map(str::to_owned) }
}

#[test]
fn no_file_and_no_directory_are_no_value() {
    let mut world = world();
    assert_eq!(world.get(&at("App")).unwrap(), None);
    world.folder.path = world.directory.path().join("absent");
    assert_eq!(world.get(&at("App")).unwrap(), None);
    assert!(listing::list(&world.folder, "harmony", "", None).unwrap().entries.is_empty());
    write::delete(&world.folder, &at("App"), &Expected::Anything).unwrap();
    assert_eq!(listing::check(&world.folder, false).unwrap(), ["/shown does not exist yet; the first write makes it"]);
}

#[test]
fn a_coordinate_has_a_file_of_its_own() {
    let world = world();
    world.set(&at("App"), "1", Expected::Anything).unwrap();
    world.set(&elsewhere("harmony", "App", Some("a-1")), "2", Expected::Anything).unwrap();
    world.set(&elsewhere("other", "App", None), "3", Expected::Anything).unwrap();
    assert_eq!(world.files(), ["App.json", "App@a-1.json", "other"]);
    assert_eq!(world.text("other/App.json"), "3\n");
    assert_eq!(world.get(&elsewhere("harmony", "App", Some("b"))).unwrap(), None);
}

#[test]
fn what_was_written_is_read_as_it_stands_with_its_place_and_version() {
    let world = world();
    let version = world.set(&at("App"), r#"{"b":1,"a":[true]}"#, Expected::Anything).unwrap();
    let entry = world.get(&at("App")).unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&entry.value).unwrap(), json!({ "a": [true], "b": 1 }));
    assert_eq!(world.text("App.json"), entry.value.clone() + "\n");
    assert!(entry.value.starts_with("{\n  \"b\": 1,"), "{}", entry.value);
    assert_eq!((entry.location.as_str(), entry.version), ("/shown/App.json", Some(version)));
    assert!(!entry.partial);
}

#[test]
fn a_write_leaves_nothing_but_the_file() {
    let world = world();
    for expected in [Expected::Nothing, Expected::Anything, Expected::Nothing] {
        let _ = world.set(&at("App"), "1", expected);
    }
    assert_eq!(world.files(), ["App.json"]);
}

#[test]
fn a_condition_that_does_not_hold_writes_nothing() {
    let world = world();
    let first = world.set(&at("App"), "1", Expected::Nothing).unwrap();
    assert_eq!(world.set(&at("App"), "2", Expected::Nothing).unwrap_err().code, "conflict");
    let second = world.set(&at("App"), "2", Expected::Version(first.clone())).unwrap();
    assert_eq!(world.set(&at("App"), "3", Expected::Version(first.clone())).unwrap_err().code, "conflict");
    assert_eq!(world.set(&at("New"), "3", Expected::Version(first.clone())).unwrap_err().code, "conflict");
    assert_eq!(world.text("App.json"), "2\n");
    let delete = |expected| write::delete(&world.folder, &at("App"), &expected);
    assert_eq!(delete(Expected::Version(first)).unwrap_err().code, "conflict");
    assert_eq!(delete(Expected::Nothing).unwrap_err().code, "conflict");
    delete(Expected::Version(second.clone())).unwrap();
    assert_eq!(delete(Expected::Version(second)).unwrap_err().code, "conflict");
    delete(Expected::Anything).unwrap();
    delete(Expected::Nothing).unwrap();
    assert!(world.files().is_empty());
}

#[test]
fn of_many_who_create_at_once_one_does() {
    let world = world();
    let made: usize = std::thread::scope(|scope| {
        let writer = |number: usize| {
            let folder = &world.folder;
            scope.spawn(move || write::set(folder, &at("App"), &number.to_string(), &Expected::Nothing).is_ok())
        };
        let writers: Vec<_> = (0..8).map(writer).collect();
        writers.into_iter().map(|writer| usize::from(writer.join().unwrap())).sum()
    });
    assert_eq!(made, 1);
    assert_eq!(world.files(), ["App.json"]);
}

#[test]
fn whoever_reads_during_a_write_reads_one_value_or_the_other() {
    let world = world();
    let long = format!("\"{}\"", "x".repeat(100_000));
    world.set(&at("App"), "1", Expected::Anything).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..50 {
                let value = if round % 2 == 0 { long.as_str() } else { "1" };
                world.set(&at("App"), value, Expected::Anything).unwrap();
            }
        });
        while !writer.is_finished() {
            let length = world.get(&at("App")).unwrap().unwrap().value.len();
            assert!(length == 1 || length == long.len(), "{length}");
        }
    });
}

#[test]
fn a_file_that_is_not_json_is_named_with_line_and_column_and_not_quoted() {
    let world = world();
    world.write("App.json", "{\n  \"a\": canary\n}");
    let failure = world.get(&at("App")).unwrap_err();
    assert_eq!(failure.code, "invalid");
    assert_eq!(failure.message, "/shown/App.json is not JSON: expected value at line 2 column 8");
    world.write("App.json", "");
    assert!(world.get(&at("App")).unwrap_err().message.contains("line 1 column 0"));
}

#[test]
fn a_file_in_another_encoding_is_refused_with_the_way_out() {
    let world = world();
    world.write("App.json", "\u{feff}{}");
    let failure = world.get(&at("App")).unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        ("invalid", "/shown/App.json begins with a byte-order mark")
    );
    assert!(failure.remedy.unwrap().contains("without a byte-order mark"));
    world.write("App.json", b"{\n\"canary\": \"\xff\"}");
    let failure = world.get(&at("App")).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("invalid", "/shown/App.json is not UTF-8: line 2"));
}

#[test]
fn a_file_of_20_mb_is_refused_unread() {
    let world = world();
    File::create(world.directory.path().join("App.json")).unwrap().set_len(20_000_000).unwrap();
    let failure = world.get(&at("App")).unwrap_err();
    assert_eq!(failure.code, "invalid");
    assert!(failure.message.contains("20000000 bytes"), "{}", failure.message);
}

#[test]
fn a_value_as_large_as_the_host_takes_is_read_as_it_was_written() {
    let world = world();
    let items = vec!["1"; 2_000_000];
    let large = format!("[{}]", items.join(","));
    let exact = format!("\"{}\"", "x".repeat(read::MAX_VALUE - 2));
    for value in [large, exact] {
        world.set(&at("App"), &value, Expected::Anything).unwrap();
        assert!(world.get(&at("App")).unwrap().unwrap().value == value);
    }
}

#[test]
fn a_directory_with_the_name_of_a_file_is_refused_and_kept() {
    let world = world();
    fs::create_dir(world.directory.path().join("App.json")).unwrap();
    assert_eq!(world.get(&at("App")).unwrap_err().code, "invalid");
    assert_eq!(world.set(&at("App"), "1", Expected::Anything).unwrap_err().code, "invalid");
    assert_eq!(world.files(), ["App.json"]);
}

#[test]
fn a_file_with_the_name_of_a_namespace_is_named() {
    let world = world();
    world.write("other", "");
    let failure = world.set(&elsewhere("other", "App", None), "1", Expected::Anything).unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        ("invalid", "/shown/other is not a directory that can be used")
    );
    assert_eq!(world.get(&elsewhere("other", "App", None)).unwrap_err().code, "invalid");
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_and_what_it_points_to_stays() {
    let world = world();
    world.write("kept", "old");
    std::os::unix::fs::symlink("kept", world.directory.path().join("App.json")).unwrap();
    world.set(&at("App"), "1", Expected::Anything).unwrap();
    assert_eq!((world.text("kept").as_str(), world.text("App.json").as_str()), ("old", "1\n"));
}

#[test]
fn what_a_killed_writer_left_is_removed_when_it_is_old() {
    let world = world();
    let old = names::temporary("App.json", 7);
    let young = names::temporary("App.json", 8);
    let foreign = ".App.json.swp.tmp";
    for name in [old.as_str(), young.as_str(), foreign] {
        world.write(name, "");
    }
    let hours_ago = SystemTime::now() - Duration::from_secs(7200);
    for name in [old.as_str(), foreign] {
        File::options().write(true).open(world.directory.path().join(name)).unwrap().set_modified(hours_ago).unwrap();
    }
    world.set(&at("App"), "1", Expected::Anything).unwrap();
    let mut left = vec![young, foreign.to_owned(), "App.json".to_owned()];
    left.sort();
    assert_eq!(world.files(), left);
}

#[test]
fn a_listing_has_keys_alone_in_order_and_in_pages() {
    let world = world();
    for number in 0..700 {
        world.write(&format!("K{number:03}.json"), "1");
    }
    for other in ["K000@i.json", "notes.txt", "a.b.json", "1a.json", "a__b.json", ".K.json.tmp", "@x.json"] {
        world.write(other, "1");
    }
    fs::create_dir(world.directory.path().join("K9.json")).unwrap();
    let first = listing::list(&world.folder, "harmony", "K", None).unwrap();
    assert_eq!(first.entries.len(), 500);
    assert_eq!(first.entries[0].0, at("K000"));
    assert_eq!(first.entries[1].0, elsewhere("harmony", "K000", Some("i")));
    let second = listing::list(&world.folder, "harmony", "K", first.next.as_deref()).unwrap();
    assert_eq!((second.entries.len(), &second.next), (201, &None));
    assert_eq!(second.entries[0].0, at("K499"));
    assert!(listing::list(&world.folder, "harmony", "X", None).unwrap().entries.is_empty());
    let behind = listing::list(&world.folder, "harmony", "K000", Some("K000")).unwrap();
    assert_eq!(behind.entries.len(), 1);
    assert!(second.entries.iter().all(|(_, sensitivity)| *sensitivity == harmony_config_sdk::Sensitivity::Secret));
}

#[test]
fn a_check_says_what_can_be_done_and_which_files_are_not_read() {
    let world = world();
    world.write("App.json", "1");
    world.write("a.b.json", "1");
    let findings = listing::check(&world.folder, false).unwrap();
    assert_eq!(
        findings,
        [
            "/shown can be read: 1 value in the default namespace",
            "/shown can be written",
            "/shown/a.b.json is not read: its name is no key",
        ]
    );
    assert_eq!(world.files(), ["App.json", "a.b.json"]);
}

#[test]
fn a_source_that_may_only_read_says_so_and_refuses_to_write() {
    let host = Host::of("harmony");
    let source = LocalFileSource::configure(serde_json::from_str(r#"{"read-only":true}"#).unwrap(), host).unwrap();
    assert_eq!(source.features(), [Feature::Lists, Feature::Refs]);
    assert_eq!(source.may_write().unwrap_err().code, "unsupported");
}

#[test]
fn a_windows_path_is_shown_as_one() {
    let folder = Folder { path: "/config".into(), shown: r"C:\c".to_owned(), default_namespace: "harmony".to_owned() };
    assert_eq!(folder.shown("other/App.json"), r"C:\c\other\App.json");
    assert_eq!(folder.shown(""), r"C:\c");
}

#[test]
fn the_facts_are_json() {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["wants"], json!({ "files": { "setting": "dir" } }));
    assert!(facts["settings"]["properties"]["dir"].is_object());
}

#[test]
fn a_place_is_a_file_or_a_field_of_one() {
    let world = world();
    world.write("brocade.json", r#"{"pw":"p","deep":{"er":1}}"#);
    world.write("token", "t\n");
    let place = |at: &str| places::read(&world.folder, at).unwrap().map(|place| (place.value, place.shown));
    assert_eq!(place("brocade.json#pw"), Some((json!("p"), "/shown/brocade.json#pw".into())));
    assert_eq!(place("brocade.json#deep.er"), Some((json!(1), "/shown/brocade.json#deep.er".into())));
    assert_eq!(place("brocade.json"), Some((json!({ "pw": "p", "deep": { "er": 1 } }), "/shown/brocade.json".into())));
    assert_eq!(place("token"), Some((json!("t"), "/shown/token".into())));
    for nothing in ["absent", "absent.json#a", "brocade.json#no", "brocade.json#pw.x"] {
        assert_eq!(place(nothing), None, "{nothing}");
    }
    world.write("broken.json", "{canary");
    for wrong in ["../token", "/token", "", "#pw", "a//b", "./token", "a\\b", "broken.json", "token#x"] {
        let failure = places::read(&world.folder, wrong).err().unwrap();
        assert!(failure.code == "invalid" && !failure.message.contains("canary"), "{wrong}: {failure:?}");
    }
}
