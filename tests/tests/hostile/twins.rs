//! Every capability three times: granted it works, not granted it is refused, beyond its bounds it is refused. The last
//! two are guests of their own as well; here they stand beside the first, so that none is forgotten.

use std::fs;

use harmony_config_core::{ConfigSource, Failure, FailureCode, Interaction, Request};
use harmony_config_host::{Grants, Plugin};
use serde_json::json;

use crate::world::{PREFIX, World, bad, read, refuses};

async fn refusal(world: &World, guest: &str, grants: Grants, request: &Request) -> Failure {
    world.guest(guest).grants(grants).build().unwrap().read(request).await.unwrap_err()
}

#[tokio::test]
async fn environment_granted_not_granted_and_beyond() {
    let world = World::new();
    let env = || world.host.source("env", Plugin::bundled("env").unwrap());
    let granted = Grants { environment: Some(PREFIX.to_owned()), ..Grants::default() };
    let source = env().grants(granted.clone()).build().unwrap();
    assert_eq!(read(&source, &bad()).await.value["from"], "env");

    let failure = env().build().unwrap().read(&bad()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Denied);
    assert!(failure.message.contains("was not granted the environment"), "{failure}");

    // The app's prefix is not what was granted.
    let narrow = Grants { environment: Some("OTHER_".to_owned()), ..Grants::default() };
    let failure = env().grants(narrow).build().unwrap().read(&bad()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Denied);
    assert!(failure.message.contains("does not begin with `OTHER_`"), "{failure}");

    refuses(&refusal(&world, "foreign_variable", granted, &bad()).await, &["PATH"]);
}

#[tokio::test]
async fn sql_granted_not_granted_and_beyond() {
    let world = World::new();
    let sqlite = || world.host.source("sqlite", Plugin::bundled("sqlite").unwrap());
    let granted = Grants { sql: true, ..Grants::default() };
    let source = sqlite().grants(granted.clone()).build().unwrap();
    source.write(&bad(), &json!({ "from": "sqlite" }), None).await.unwrap();
    assert_eq!(read(&source, &bad()).await.value["from"], "sqlite");

    let without = sqlite().build().unwrap();
    for failure in [without.read(&bad()).await.unwrap_err(), without.write(&bad(), &json!({}), None).await.unwrap_err()]
    {
        assert_eq!(failure.code, FailureCode::Denied);
        assert!(failure.message.contains("was not granted a database"), "{failure}");
    }
    assert_eq!(read(&source, &bad()).await.value["from"], "sqlite", "and nothing was written");

    refuses(&refusal(&world, "sql_escape", granted, &bad()).await, &["ATTACH"]);
    assert!(!world.host.places().database().unwrap().with_file_name("copy.db").exists());
}

/// The database of a plugin that is not bundled is a file of its own, wherever the bundled one's is.
#[tokio::test]
async fn two_plugins_do_not_share_a_database() {
    let world = World::new();
    let granted = Grants { sql: true, ..Grants::default() };
    let _ = refusal(&world, "sql_escape", granted, &bad()).await;
    assert!(world.folder.path().join("data/plugins/guest.db").exists());
    assert!(!world.host.places().database().unwrap().exists());
}

#[tokio::test]
async fn files_granted_not_granted_and_beyond() {
    let world = World::new();
    let own = world.folder.path().join("own");
    let file = |grants| world.guest_with("escape_directory", json!({ "dir": own })).grants(grants).build().unwrap();

    // The guest writes and reads back in its own directory before it tries to leave it.
    make_private(&own);
    let failure = file(Grants { files: true, ..Grants::default() }).read(&bad()).await.unwrap_err();
    refuses(&failure, &["/config/../outside/secret: "]);
    assert_eq!(fs::read_to_string(own.join("own")).unwrap(), "mine");

    fs::remove_file(own.join("own")).unwrap();
    let failure = file(Grants::default()).read(&bad()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Denied);
    assert_eq!(failure.message, "the source was not granted a directory");
    assert!(!own.join("own").exists());
}

#[tokio::test]
async fn document_granted_not_granted_and_beyond() {
    let world = World::new();
    let own = world.folder.path().join("own.json");
    let file = || {
        let settings = json!({ "path": own }).as_object().unwrap().clone();
        world.host.source("file", Plugin::bundled("file").unwrap()).settings(settings)
    };
    let granted = Grants { document: true, ..Grants::default() };
    let source = file().grants(granted.clone()).build().unwrap();
    source.write(&bad(), &json!({ "from": "file" }), None).await.unwrap();
    assert_eq!(read(&source, &bad()).await.value["from"], "file");

    let without = file().build().unwrap();
    for failure in [without.read(&bad()).await.unwrap_err(), without.write(&bad(), &json!({}), None).await.unwrap_err()]
    {
        assert_eq!(failure.code, FailureCode::Denied);
        assert!(failure.message.contains("was not granted a file"), "{failure}");
    }
    assert_eq!(read(&source, &bad()).await.value["from"], "file", "and nothing was written");

    let flood = world.guest_with("document_flood", json!({ "document": world.folder.path().join("other") }));
    refuses(&flood.grants(granted).build().unwrap().read(&bad()).await.unwrap_err(), &["the most is 4 MiB"]);
    assert_eq!(read(&source, &bad()).await.value["from"], "file", "and the file of another source is as it was");
}

#[tokio::test]
async fn keyring_granted_not_granted_and_beyond() {
    let world = World::new();
    let keyring = || world.host.source("keyring", Plugin::bundled("keyring").unwrap());
    let granted = Grants { keyring: true, ..Grants::default() };
    let source = keyring().grants(granted.clone()).build().unwrap();
    source.write(&bad(), &json!({ "from": "keyring" }), None).await.unwrap();
    assert_eq!(read(&source, &bad()).await.value["from"], "keyring");

    let without = keyring().build().unwrap();
    for failure in [without.read(&bad()).await.unwrap_err(), without.write(&bad(), &json!({}), None).await.unwrap_err()]
    {
        assert_eq!(failure.code, FailureCode::Denied);
        assert!(failure.message.contains("was not granted the keyring"), "{failure}");
    }
    assert_eq!(read(&source, &bad()).await.value["from"], "keyring", "and nothing was written");

    refuses(&refusal(&world, "foreign_entry", granted, &bad()).await, &["is no name of an entry"]);
}

fn make_private(path: &std::path::Path) {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).unwrap();
}

#[tokio::test]
async fn prompt_granted_not_granted_and_beyond() {
    let world = World::new();
    let granted = Grants { prompt: true, ..Grants::default() };
    let mut allowed = bad();
    allowed.interaction = Interaction::Allowed;
    let source = world.guest("prompt_when_forbidden").grants(granted.clone()).build().unwrap();
    assert_eq!(read(&source, &allowed).await.value["from"], "person");

    let failure = refusal(&world, "prompt_when_forbidden", Grants::default(), &allowed).await;
    assert_eq!(failure.code, FailureCode::Denied);
    assert!(failure.message.contains("was not granted the terminal"), "{failure}");

    let failure = source.read(&bad()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InteractionRequired);
    refuses(&refusal(&world, "prompt_flood", granted, &allowed).await, &["too many"]);
}
