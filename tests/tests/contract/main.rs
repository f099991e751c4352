//! What plugins are built against must not change: every item of `wit/` that stands in the golden file is still there,
//! to the letter, and a plugin that was built against it long ago is loaded and answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod old_plugin;
mod wit;

use std::{collections::BTreeSet, fs, path::PathBuf};

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/contract.txt")
}

fn contract() -> BTreeSet<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut items = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            items.extend(wit::items(&fs::read_to_string(&path).unwrap()));
        }
    }
    items
}

/// To add what is new to the golden file: `HARMONY_CONFIG_BLESS=1 cargo test --release --workspace --test contract`.
/// What was changed or removed has to be taken out by hand, with a note in `docs/decisions`.
#[test]
fn nothing_of_the_contract_was_changed_or_removed() {
    let now = contract();
    let text = fs::read_to_string(golden()).unwrap_or_default();
    let mut then: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    if std::env::var_os("HARMONY_CONFIG_BLESS").is_some() {
        then.extend(now.iter().cloned());
        fs::write(golden(), then.iter().map(|item| format!("{item}\n")).collect::<String>()).unwrap();
    }
    assert!(then.len() > 30, "the golden file is empty or torn");
    let gone: Vec<&String> = then.difference(&now).collect();
    assert!(
        gone.is_empty(),
        "plugins that exist were built against these, and they were changed or removed:\n{gone:#?}"
    );
}

/// What a plugin exports, the host asks of every plugin, so it cannot ask for more of those that exist: what is new gets
/// an interface of its own, which a plugin may lack.
#[test]
fn nothing_was_added_to_what_plugins_export() {
    let then = fs::read_to_string(golden()).unwrap();
    let added: Vec<String> = contract()
        .into_iter()
        .filter(|item| item.starts_with("interface config-source: ") || item.starts_with("world plugin: export "))
        .filter(|item| !then.lines().any(|line| line == item))
        .collect();
    assert!(added.is_empty(), "plugins that exist do not export these, and would no longer load: {added:#?}");
}

#[test]
fn an_addition_passes_and_a_change_or_a_removal_is_named() {
    let before = wit::items(
        "package p:q@0.1.0;
        /// Documented.
        interface one {
            use types.{failure};
            record pair { a: string, b: option<u32>, }
            enum level { low, high }
            variant value { none, some(string) }
            type json = string;
            get: func(name: string) -> result<option<string>, failure>;
        }
        world w { import one; export two; }",
    );
    for item in [
        "package p:q@0.1.0",
        "interface one: record pair { a: string, b: option<u32> }",
        "interface one: enum level { low, high }",
        "interface one: variant value { none, some(string) }",
        "interface one: type json = string",
        "interface one: get: func(name: string) -> result<option<string>, failure>",
        "world w: import one",
        "world w: export two",
    ] {
        assert!(before.contains(item), "`{item}` is not in {before:#?}");
    }
    let after = wit::items(
        "package p:q@0.1.0;
        interface one { record pair { b: option<u32>, a: string } enum level { low, high, higher } added: func(); }
        interface three { f: func(); }
        world w { import one; import three; }",
    );
    let gone: Vec<&str> = before.difference(&after).map(String::as_str).collect();
    assert!(gone.contains(&"interface one: record pair { a: string, b: option<u32> }"), "the order of fields counts");
    assert!(gone.contains(&"interface one: enum level { low, high }"), "a new case is a change");
    assert!(gone.contains(&"world w: export two"));
    assert!(!gone.contains(&"world w: import one") && !gone.contains(&"package p:q@0.1.0"));
}
