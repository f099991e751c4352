//! The file of a source, natively.

use std::{os::unix::fs::PermissionsExt, thread};

use harmony_config_core::Interaction;

use super::*;
use crate::policy::{Grants, Phase, Policy};

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        World { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn document(&self, name: &str) -> Arc<Document> {
        Document::new(self.path(name), None, false)
    }

    /// As a manifest in `project` names it.
    fn in_project(&self, name: &str) -> Arc<Document> {
        fs::create_dir_all(self.path("project")).unwrap();
        Document::new(self.path("project").join(name), Some(&self.path("project")), false)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn write(document: &Document, text: &str, expected: Option<&str>) -> Result<String, Failure> {
    document.write_now(text.as_bytes().to_vec(), expected, soon())
}

fn text(document: &Document) -> Option<String> {
    document.read_now().unwrap().map(|content| String::from_utf8(content.bytes).unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_that_does_not_exist_reads_as_none_and_is_made_by_the_first_write_for_its_owner_alone() {
    let world = World::new();
    let document = world.document("new/deeper/config.toml");
    assert_eq!(document.read_now().unwrap(), None);
    document.can_write(Sensitivity::Secret).unwrap();
    assert!(!world.path("new").exists(), "looking made nothing");
    let version = write(&document, "a", None).unwrap();
    assert_eq!(document.read_now().unwrap(), Some(Content { bytes: b"a".to_vec(), version }));
    assert_eq!(mode(&world.path("new/deeper/config.toml")), 0o600);
    assert_eq!(mode(&world.path("new")), 0o700);
    assert_eq!(fs::read_dir(world.path("new/deeper")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_that_is_there_keeps_its_mode() {
    let world = World::new();
    let document = world.document("a");
    for kept in [0o644, 0o640, 0o600] {
        fs::write(world.path("a"), "old").unwrap();
        fs::set_permissions(world.path("a"), fs::Permissions::from_mode(kept)).unwrap();
        write(&document, "new", None).unwrap();
        assert_eq!(mode(&world.path("a")), kept);
    }
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced_or_made() {
    let world = World::new();
    fs::create_dir(world.path("elsewhere")).unwrap();
    fs::write(world.path("elsewhere/there"), "old").unwrap();
    std::os::unix::fs::symlink("elsewhere/there", world.path("one")).unwrap();
    std::os::unix::fs::symlink("one", world.path("two")).unwrap();
    std::os::unix::fs::symlink("elsewhere/not-yet", world.path("dangling")).unwrap();
    write(&world.document("two"), "new", None).unwrap();
    assert_eq!(fs::read_to_string(world.path("elsewhere/there")).unwrap(), "new");
    assert_eq!(text(&world.document("dangling")), None);
    write(&world.document("dangling"), "made", Some("")).unwrap();
    assert_eq!(fs::read_to_string(world.path("elsewhere/not-yet")).unwrap(), "made");
    for link in ["one", "two", "dangling"] {
        assert!(fs::symlink_metadata(world.path(link)).unwrap().is_symlink());
    }
}

#[test]
fn links_in_a_circle_are_an_error() {
    let world = World::new();
    std::os::unix::fs::symlink("b", world.path("a")).unwrap();
    std::os::unix::fs::symlink("a", world.path("b")).unwrap();
    let failure = world.document("a").read_now().unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid, "{failure}");
}

#[test]
fn a_file_that_a_project_names_below_itself_may_be_no_way_out_of_it() {
    let world = World::new();
    fs::write(world.path("outside"), "canary").unwrap();
    fs::create_dir(world.path("folder")).unwrap();
    let files = [world.in_project("config.toml"), world.in_project("sub/config.toml"), world.in_project("not-yet")];
    std::os::unix::fs::symlink("../outside", world.path("project/config.toml")).unwrap();
    std::os::unix::fs::symlink("../folder", world.path("project/sub")).unwrap();
    std::os::unix::fs::symlink(world.path("made"), world.path("project/not-yet")).unwrap();
    for document in &files {
        for failure in [
            document.read_now().unwrap_err(),
            write(document, "x", None).unwrap_err(),
            document.can_write(Sensitivity::Standard).unwrap_err(),
        ] {
            assert_eq!(failure.code, FailureCode::Denied);
            assert!(failure.message.contains("a link that leads out of"), "{failure}");
        }
    }
    assert_eq!(fs::read_to_string(world.path("outside")).unwrap(), "canary");
    assert!(!world.path("made").exists() && !world.path("folder/config.toml").exists());
    // Named with its whole path it is no secret way.
    let named = Document::new(world.path("outside"), Some(&world.path("project")), false);
    assert_eq!(text(&named).as_deref(), Some("canary"));
    // A link within the project is nobody's business.
    fs::write(world.path("project/real"), "in").unwrap();
    let within = world.in_project("link");
    std::os::unix::fs::symlink("real", world.path("project/link")).unwrap();
    assert_eq!(text(&within).as_deref(), Some("in"));
}

#[test]
fn a_condition_that_does_not_hold_writes_nothing() {
    let world = World::new();
    let document = world.document("a");
    assert_eq!(write(&document, "1", Some("0123")).unwrap_err().code, FailureCode::Conflict);
    assert!(world.names().is_empty());
    let first = write(&document, "1", Some("")).unwrap();
    assert_eq!(write(&document, "2", Some("")).unwrap_err().code, FailureCode::Conflict);
    let second = write(&document, "2", Some(&first)).unwrap();
    assert_ne!(first, second);
    assert_eq!(write(&document, "3", Some(&first)).unwrap_err().code, FailureCode::Conflict);
    assert_eq!(text(&document).as_deref(), Some("2"));
    assert_eq!(write(&document, "1", None).unwrap(), first, "the same text has the same version");
}

/// Each writer adds its letters one by one, over what it read: one that another overwrote would be missing.
#[test]
fn of_writers_at_the_same_moment_none_is_lost() {
    let world = World::new();
    let document = world.document("a");
    thread::scope(|scope| {
        for letter in ["a", "b", "c", "d"] {
            let document = &document;
            scope.spawn(move || {
                let mut left = 25;
                while left > 0 {
                    let there = document.read_now().unwrap();
                    let version = there.as_ref().map_or(String::new(), |there| there.version.clone());
                    let before = there.map_or(String::new(), |there| String::from_utf8(there.bytes).unwrap());
                    match write(document, &format!("{before}{letter}"), Some(&version)) {
                        Ok(_) => left -= 1,
                        Err(failure) => assert_eq!(failure.code, FailureCode::Conflict, "{failure}"),
                    }
                }
            });
        }
    });
    let text = text(&document).unwrap();
    for letter in ['a', 'b', 'c', 'd'] {
        assert_eq!(text.chars().filter(|found| *found == letter).count(), 25);
    }
    assert_eq!(world.names(), ["a"]);
}

#[test]
fn whoever_reads_meanwhile_reads_one_text_or_the_other() {
    let world = World::new();
    let document = world.document("a");
    let texts = ["1".repeat(10), "2".repeat(300_000)];
    write(&document, &texts[0], None).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..50 {
                write(&document, &texts[round % 2], None).unwrap();
            }
        });
        while !writer.is_finished() {
            let read = text(&document).unwrap();
            assert!(texts.contains(&read), "{} bytes", read.len());
        }
    });
}

#[test]
fn a_lock_that_somebody_keeps_is_unavailable_and_nothing_is_written() {
    let world = World::new();
    let held = File::open(world.folder.path()).unwrap();
    held.lock().unwrap();
    let document = world.document("a");
    let failure = document.write_now(b"x".to_vec(), None, Instant::now()).unwrap_err();
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(failure.message.contains("written by another program"), "{failure}");
    assert!(world.names().is_empty());
    held.unlock().unwrap();
    write(&document, "x", None).unwrap();
}

#[test]
fn what_a_killed_writer_left_is_removed_by_the_next() {
    let world = World::new();
    for left in [".a.0123456789abcdef.tmp", ".b.0123456789abcdef.tmp", ".a.swp.tmp"] {
        fs::write(world.path(left), "half").unwrap();
    }
    write(&world.document("a"), "x", None).unwrap();
    assert_eq!(world.names(), [".a.swp.tmp", ".b.0123456789abcdef.tmp", "a"]);
}

#[test]
fn what_is_no_file_is_refused_without_waiting_for_it() {
    let world = World::new();
    fs::create_dir(world.path("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, world.path("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    fs::write(world.path("file"), "").unwrap();
    for name in ["folder", "pipe", "file/below"] {
        let document = world.document(name);
        assert_eq!(document.read_now().unwrap_err().code, FailureCode::Invalid, "{name}");
        assert_eq!(write(&document, "x", None).unwrap_err().code, FailureCode::Invalid, "{name}");
        assert_eq!(document.can_write(Sensitivity::Standard).unwrap_err().code, FailureCode::Invalid, "{name}");
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let world = World::new();
    File::create(world.path("a")).unwrap().set_len(20_000_000).unwrap();
    let failure = world.document("a").read_now().unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
    assert!(failure.message.contains("20000000 bytes"), "{failure}");
}

#[test]
fn a_secret_is_not_written_where_others_can_read_it() {
    let world = World::new();
    fs::write(world.path("a"), "old").unwrap();
    fs::set_permissions(world.path("a"), fs::Permissions::from_mode(0o644)).unwrap();
    let document = world.document("a");
    document.can_write(Sensitivity::Standard).unwrap();
    let failure = document.can_write(Sensitivity::Secret).unwrap_err();
    assert_eq!(failure.code, FailureCode::Denied);
    assert!(failure.remedy.unwrap().starts_with("chmod 600 "));
    fs::set_permissions(world.path("a"), fs::Permissions::from_mode(0o600)).unwrap();
    document.can_write(Sensitivity::Secret).unwrap();
}

#[tokio::test]
async fn a_leave_for_reading_is_none_for_writing_and_a_source_that_only_reads_writes_nothing() {
    let world = World::new();
    let policy = Policy::new(Grants { document: true, ..Grants::default() });
    let pass = |what| policy.decide(Phase::Call(Interaction::Forbidden), what).unwrap();
    let document = world.document("a");
    let second = Duration::from_secs(1);
    let written = document.write(&pass(Use::ReadDocument), b"x".to_vec(), None, second).await;
    assert_eq!(written.unwrap_err().code, FailureCode::Denied);
    assert_eq!(document.read(&pass(Use::WriteDocument)).await.unwrap_err().code, FailureCode::Denied);
    let read_only = Document::new(world.path("a"), None, true);
    let written = read_only.write(&pass(Use::WriteDocument), b"x".to_vec(), None, second).await;
    assert_eq!(written.unwrap_err().code, FailureCode::Denied);
    assert!(world.names().is_empty());
    document.write(&pass(Use::WriteDocument), b"x".to_vec(), None, second).await.unwrap();
    assert!(document.read(&pass(Use::ReadDocument)).await.unwrap().is_some());
}
