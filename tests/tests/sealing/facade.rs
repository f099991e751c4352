//! The sources by today's names seal as those of a manifest do. What they are made of is one for each process, so a process
//! of its own uses them.

use std::{path::PathBuf, process::Command, sync::Arc};

use harmony_config::{ConfigManager, ConfigSource, LocalFileSource, SqliteSource};
use serde_json::json;

use crate::world::cache;

const FOLDER: &str = "SEALING_FACADE_FOLDER";

#[test]
fn the_sources_by_todays_names_seal_what_is_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "facade::in_a_process_of_its_own"]).env(FOLDER, folder.path());
    child.env("HARMONY_CONFIG_HOME", folder.path().join("home")).env("XDG_CACHE_HOME", cache());
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(folder.path().join("home/user/seal/keys.json").is_file(), "the child did nothing");
    for file in ["values.db", "values.db-wal", "values/Auth.json"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(6).any(|part| part == b"s3cret"), "it is in plain in {file}");
    }
}

/// What the test above has done by a process of its own; for any other it is nothing.
#[tokio::test]
async fn in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let files = LocalFileSource::new(folder.join("values"));
    let database = SqliteSource::open(folder.join("values.db")).await.unwrap();
    for source in [Arc::new(files) as Arc<dyn ConfigSource>, Arc::new(database)] {
        source.set("Auth", &json!({ "password": "s3cret" })).await.unwrap();
        assert_eq!(source.get("Auth").await.unwrap(), Some(json!({ "password": "s3cret" })));
        let manager = ConfigManager::new(vec![Arc::clone(&source)]);
        assert_eq!(manager.list().await.unwrap().len(), 1);
    }
}
