//! Names that must never become a path, a variable or a table: refused before any source sees them.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use harmony_config::{Config, ConfigError, ConfigManager, ConfigSource};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::World;

/// Counts how often it is asked.
#[derive(Default)]
struct Watching(AtomicUsize);

#[async_trait]
impl ConfigSource for Watching {
    async fn get(&self, _: &str) -> Result<Option<Value>, ConfigError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(None)
    }

    async fn set(&self, _: &str, _: &Value) -> Result<(), ConfigError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

const LONG: [u8; 10_000] = [b'a'; 10_000];

const fn long() -> &'static str {
    match std::str::from_utf8(&LONG) {
        Ok(text) => text,
        Err(_) => panic!(),
    }
}

/// A type of that key, read and written through the library.
macro_rules! refused {
    ($($test:ident: $key:expr, $says:expr;)+) => {$(
        #[tokio::test]
        async fn $test() {
            #[derive(Serialize, Deserialize)]
            struct Named;
            impl Config for Named {
                const KEY: &'static str = $key;
            }
            let watching = Arc::new(Watching::default());
            let manager = ConfigManager::new(vec![Arc::clone(&watching) as Arc<dyn ConfigSource>]);
            let errors = [
                manager.get::<Named>().await.err().unwrap(),
                manager.get_or_prompt::<Named>().await.err().unwrap(),
                manager.set(&Named).await.unwrap_err(),
                manager.delete::<Named>().await.unwrap_err(),
                manager.get_named::<Named>("x").await.err().unwrap(),
                manager.explain::<Named>().await.err().unwrap(),
            ];
            for error in errors {
                assert!(matches!(error, ConfigError::Usage(_)), "{error:?}");
                let text = error.to_string();
                assert!(text.contains($says) && text.contains("next:") && text.len() < 600, "{text}");
                assert!(!text.contains('\0'), "{text:?}");
            }
            assert_eq!(watching.0.load(Ordering::SeqCst), 0, "a source saw it");
        }
    )+};
}

refused! {
    a_key_with_a_slash_is_refused_before_any_source_sees_it: "a/b", "a/b";
    a_key_that_leaves_its_folder_is_refused_before_any_source_sees_it: "../../etc/passwd", "letter";
    a_key_of_two_dots_is_refused_before_any_source_sees_it: "..", "letter";
    a_key_with_a_nul_is_refused_before_any_source_sees_it: "a\0b", "letter";
    a_key_with_the_separator_of_variables_is_refused_before_any_source_sees_it: "a__b", "__";
    an_empty_key_is_refused_before_any_source_sees_it: "", "key";
    a_key_of_ten_thousand_characters_is_refused_before_any_source_sees_it: long(), "128";
}

#[tokio::test]
async fn an_instance_that_leaves_its_folder_is_refused() {
    #[derive(Serialize, Deserialize)]
    struct Named;
    impl Config for Named {
        const KEY: &'static str = "Named";
    }
    let watching = Arc::new(Watching::default());
    let manager = ConfigManager::new(vec![Arc::clone(&watching) as Arc<dyn ConfigSource>]);
    for instance in ["../x", "a/b", "", "a\0b", "a b"] {
        let error = manager.set_named(instance, &Named).await.unwrap_err();
        assert!(matches!(error, ConfigError::Usage(_)), "{instance:?}: {error:?}");
    }
    assert_eq!(watching.0.load(Ordering::SeqCst), 0);
}

#[test]
fn the_command_line_refuses_the_same_names_and_says_what_a_name_may_be() {
    let world = World::new();
    let long = "a".repeat(10_000);
    for key in ["a/b", "../../etc/passwd", "..", "/etc/passwd", "a__b", "a@../b", "", "a b", &long] {
        for command in [&["get", key][..], &["explain", key], &["unset", key], &["set", key, "-"]] {
            let done = world.cli(command, b"1").badly(2, &[]);
            assert!(done.err.len() < 800, "{}", done.err.len());
        }
    }
    let files: Vec<_> = fs::read_dir(world.project()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, [".git"]);
    assert!(!world.database().exists());
}
