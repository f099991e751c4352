//! Guests that use the host's capabilities without leave, or beyond what they were granted.

use std::{fs, sync::atomic::Ordering};

use harmony_config_core::{ConfigSource, FailureCode};
use harmony_config_host::Grants;
use serde_json::json;

use crate::world::{CANARY, Case, Log, PREFIX, World, bad, refuses};

fn everything() -> Grants {
    Grants {
        environment: Some(PREFIX.to_owned()),
        sql: true,
        files: true,
        document: true,
        keyring: true,
        prompt: true,
        ..Grants::default()
    }
}

#[tokio::test]
pub(crate) async fn environment_not_granted() {
    let failure = World::new().fails_in_get("environment_not_granted", Grants::default()).await;
    refuses(&failure, &["PATH: the source was not granted the environment", "names: "]);
}

#[tokio::test]
pub(crate) async fn foreign_variable() {
    let grants = Grants { environment: Some(PREFIX.to_owned()), ..Grants::default() };
    let failure = World::new().fails_in_get("foreign_variable", grants).await;
    refuses(&failure, &["the variable `PATH` does not begin with `HARMONY_CONFIG_`"]);
}

#[tokio::test]
pub(crate) async fn sql_not_granted() {
    let world = World::new();
    let failure = world.fails_in_get("sql_not_granted", Grants::default()).await;
    refuses(&failure, &["query: the source was not granted a database", "location: nothing there"]);
    assert!(!world.folder.path().join("data").exists(), "nothing was made");
}

#[tokio::test]
pub(crate) async fn sql_escape() {
    let world = World::new();
    let folder = world.folder.path().join("data/plugins");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("other.db"), "").unwrap();
    let failure = world.fails_in_get("sql_escape", Grants { sql: true, ..Grants::default() }).await;
    refuses(&failure, &["ATTACH", "a plugin may not do that with the database"]);
    let mut there: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.retain(|name| !name.starts_with("guest.db"));
    assert_eq!(there, ["other.db"], "no other file was made");
    assert_eq!(fs::metadata(folder.join("other.db")).unwrap().len(), 0);
}

#[tokio::test]
pub(crate) async fn sql_endless() {
    let failure = World::new().fails_in_get("sql_endless", Grants { sql: true, ..Grants::default() }).await;
    assert_eq!(failure.code, FailureCode::Unavailable);
    let words = ["did not answer within the source's deadline", "no answer within 1s"];
    assert!(words.iter().any(|words| failure.message.contains(words)), "{failure}");
}

#[tokio::test]
pub(crate) async fn sql_flood() {
    let failure = World::new().fails_in_get("sql_flood", Grants { sql: true, ..Grants::default() }).await;
    refuses(
        &failure,
        &[
            "rows: more rows than a plugin may read at once",
            "blob: ",
            "statements: a transaction has 64 statements at most",
        ],
    );
}

/// Its settings name a file, and that alone gives it nothing.
#[tokio::test]
pub(crate) async fn document_not_granted() {
    let world = World::new();
    let own = world.folder.path().join("own.toml");
    let source = world.guest_with("document_not_granted", json!({ "document": own })).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    case.goes_on(&failure).await;
    refuses(&failure, &["read: the source was not granted a file", "write: ", "location: nothing there"]);
    assert!(!own.exists(), "nothing was made");
}

#[tokio::test]
pub(crate) async fn document_flood() {
    let world = World::new();
    let own = world.folder.path().join("new/own.toml");
    let grants = Grants { document: true, ..Grants::default() };
    let source = world.guest_with("document_flood", json!({ "document": own })).grants(grants).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    case.goes_on(&failure).await;
    refuses(&failure, &["the most is 4 MiB", "absent: ", "old: ", "odd: "]);
    assert_eq!(fs::read(&own).unwrap(), b"mine");
    assert_eq!(fs::read_dir(own.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
}

#[tokio::test]
pub(crate) async fn leak_document() {
    let log = Log::capture();
    let world = World::new();
    let own = world.folder.path().join("own.toml");
    fs::write(&own, format!("[App]\npassword = \"{CANARY}\"\n")).unwrap();
    let grants = Grants { document: true, ..Grants::default() };
    let source = world.guest_with("leak_document", json!({ "document": own })).grants(grants).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    assert!(failure.message.contains("could not use *** in "), "{failure}");
    assert!(failure.message.contains("own.toml"), "{failure}");
    assert!(!format!("{failure:?}").contains(CANARY));
    let lines = log.of_guest();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(!log.text().contains(CANARY), "{}", log.text());
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn keyring_not_granted() {
    let world = World::new();
    let failure = world.fails_in_get("keyring_not_granted", Grants::default()).await;
    refuses(&failure, &["get: the source was not granted the keyring", "set: ", "location: nothing there"]);
    assert_eq!(format!("{:?}", world.keyring), "MemoryKeyring { entries: 0 }");
}

#[tokio::test]
pub(crate) async fn foreign_entry() {
    let world = World::new();
    for service in ["harmony-config/harmony/other", "harmony-config/other/harmony", "harmony-config sealing key"] {
        world.keyring.insert(service, "Foreign", b"canary");
    }
    let failure = world.fails_in_get("foreign_entry", Grants { keyring: true, ..Grants::default() }).await;
    refuses(&failure, &["is no name of an entry", "another namespace: nothing there", "absent: ", "old: "]);
    assert_eq!(format!("{:?}", world.keyring), "MemoryKeyring { entries: 4 }", "three of others, and its own");
}

#[tokio::test]
pub(crate) async fn prompt_not_granted() {
    let world = World::new();
    let failure = world.fails_in_get("prompt_not_granted", Grants::default()).await;
    refuses(&failure, &["a form: the source was not granted the terminal"]);
    assert_eq!(world.prompter.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
pub(crate) async fn prompt_when_forbidden() {
    let world = World::new();
    let failure = world.fails_in_get("prompt_when_forbidden", Grants { prompt: true, ..Grants::default() }).await;
    assert_eq!(failure.code, FailureCode::InteractionRequired, "{failure}");
    assert_eq!(failure.message, "nobody may be asked during this call");
    assert_eq!(world.prompter.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
pub(crate) async fn prompt_flood() {
    let world = World::new();
    let source = world.guest("prompt_flood").grants(Grants { prompt: true, ..Grants::default() }).build().unwrap();
    let mut request = bad();
    request.interaction = harmony_config_core::Interaction::Allowed;
    let failure = source.read(&request).await.unwrap_err();
    refuses(&failure, &["300 questions are too many; the most is 256", "1000 forms are too many"]);
    assert_eq!(world.prompter.asked.load(Ordering::SeqCst), 0);
    drop(source);
    // In a call that forbids asking, the same is said as of any other form.
    let failure = world.fails_in_get("prompt_flood", Grants { prompt: true, ..Grants::default() }).await;
    refuses(&failure, &["nobody may be asked during this call"]);
}

/// All that it was granted, at the one moment when it may use nothing.
#[tokio::test]
pub(crate) async fn capability_in_configure() {
    let world = World::new();
    let own = world.folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let source = world.guest_with("capability_in_configure", json!({ "dir": own, "document": own.join("one") }));
    let source = source.grants(everything()).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    case.goes_on(&failure).await;
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    let words = "a plugin may use nothing while it is being configured";
    refuses(
        &failure,
        &["variable: ", "query: ", "prompt: ", "keyring: ", "file: ", "file to write: ", "files: ", words],
    );
    assert_eq!(world.prompter.asked.load(Ordering::SeqCst), 0);
    assert!(!world.folder.path().join("data/plugins/guest.db").exists());
}

/// What the host says of a settings fault is the person's to mend, not a broken plugin.
#[tokio::test]
async fn a_guest_that_nobody_knows_is_refused_by_itself() {
    let world = World::new();
    let source = world.guest("no_such_guest").build().unwrap();
    let failure = source.read(&bad()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
    assert_eq!(failure.message, "its settings cannot be used: there is no guest `no_such_guest`");
}

/// The grants are of one source: another of the same plugin on the same host has none of them.
#[tokio::test]
async fn a_grant_of_one_source_is_not_one_of_another() {
    let world = World::new();
    let grants = Grants { environment: Some(PREFIX.to_owned()), ..Grants::default() };
    let first = world.case("foreign_variable", grants).await;
    let second = world.guest("environment_not_granted").build().unwrap();
    let failure = first.fails(second.read(&bad())).await;
    refuses(&failure, &["its own prefix: the source was not granted the environment"]);
}
