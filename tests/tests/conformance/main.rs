//! Every bundled plugin keeps what a source must keep. Driven by the list of what is bundled: a plugin without a suite
//! here fails, and so does one of which fewer checks hold than are written down for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod files;
mod openbao;
mod subjects;

use harmony_config_host::Plugin;
use harmony_config_test::World;
use harmony_config_tests::conformance::{self, Report};

use crate::{
    files::{Dotenv, File, Keyring, Kind},
    openbao::OpenBao,
    subjects::{Double, Env, LocalFile, Prompt, Sqlite, Zitadel},
};

/// Runs the suite for a plugin, with the checks that are nothing for it.
async fn suite(plugin: &str) -> (Report, &'static [&'static str]) {
    match plugin {
        "dotenv" => (conformance::check(Dotenv::new).await, NOT_FOR_DOTENV),
        "env" => (conformance::check(Env::new).await, NOT_FOR_ENV),
        "file" => (conformance::check(|| File::new(Kind::Json)).await, NOT_FOR_ONE_FILE),
        "keyring" => (conformance::check(Keyring::new).await, NOT_FOR_KEYRING),
        "local-file" => (conformance::check(LocalFile::new).await, NOT_FOR_STORES),
        "openbao" => (conformance::check(OpenBao::new).await, NOT_FOR_STORES),
        "sqlite" => (conformance::check(Sqlite::new).await, NOT_FOR_STORES),
        "prompt" => (conformance::check(Prompt::new).await, NOT_FOR_PROMPT),
        "zitadel" => (conformance::check(Zitadel::new).await, NOT_FOR_IDENTITY),
        other => panic!("the plugin `{other}` has no subject in the conformance tests"),
    }
}

const NOT_FOR_STORES: &[&str] = &[
    "some_fields_are_marked_partial",
    "what_only_reads_refuses_to_write",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

/// A file is read as a whole: one value in it that is broken breaks them all, which the plugin's own tests are about. And
/// it belongs to one project.
const NOT_FOR_ONE_FILE: &[&str] = &[
    "some_fields_are_marked_partial",
    "what_only_reads_refuses_to_write",
    "a_namespace_lists_its_own",
    "namespaces_do_not_collide",
    "unreadable_content_is_invalid",
    "calls_after_a_failure_work",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

const NOT_FOR_YAML: &[&str] = &[
    "some_fields_are_marked_partial",
    "what_was_written_is_read_back",
    "a_large_value_is_kept_and_a_larger_one_refused",
    "an_expected_version_must_hold",
    "an_expected_absence_must_hold",
    "a_version_changes_with_the_value",
    "what_was_removed_is_absent",
    "a_namespace_lists_its_own",
    "namespaces_do_not_collide",
    "unreadable_content_is_invalid",
    "calls_after_a_failure_work",
    "readers_and_writers_at_once_see_whole_values",
    "writers_of_different_keys_lose_none",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

const NOT_FOR_KEYRING: &[&str] = &[
    "some_fields_are_marked_partial",
    "what_only_reads_refuses_to_write",
    "what_was_written_is_listed",
    "pages_hold_everything_once",
    "a_namespace_lists_its_own",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

const NOT_FOR_DOTENV: &[&str] = &[
    "what_only_reads_refuses_to_write",
    "what_was_written_is_listed",
    "pages_hold_everything_once",
    "a_namespace_lists_its_own",
    "namespaces_do_not_collide",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

const NOT_FOR_ENV: &[&str] = &[
    "what_was_written_is_read_back",
    "a_large_value_is_kept_and_a_larger_one_refused",
    "an_expected_version_must_hold",
    "an_expected_absence_must_hold",
    "a_version_changes_with_the_value",
    "what_was_removed_is_absent",
    "what_was_written_is_listed",
    "pages_hold_everything_once",
    "a_namespace_lists_its_own",
    "namespaces_do_not_collide",
    "readers_and_writers_at_once_see_whole_values",
    "writers_of_different_keys_lose_none",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

/// It answers one key, while somebody is signed in; here nobody is.
const NOT_FOR_IDENTITY: &[&str] = &[
    "what_was_put_is_read_back",
    "some_fields_are_marked_partial",
    "many_are_answered_in_order",
    "a_value_says_where_it_is",
    "what_was_written_is_read_back",
    "a_large_value_is_kept_and_a_larger_one_refused",
    "an_expected_version_must_hold",
    "an_expected_absence_must_hold",
    "a_version_changes_with_the_value",
    "what_was_removed_is_absent",
    "what_was_written_is_listed",
    "pages_hold_everything_once",
    "a_namespace_lists_its_own",
    "every_name_of_the_grammar_works",
    "instances_never_fall_back",
    "namespaces_do_not_collide",
    "unreadable_content_is_invalid",
    "calls_after_a_failure_work",
    "readers_and_writers_at_once_see_whole_values",
    "writers_of_different_keys_lose_none",
    "nobody_is_asked_where_it_is_forbidden",
    "a_person_who_may_be_asked_is",
    "many_questions_are_asked_at_once",
];

const NOT_FOR_PROMPT: &[&str] = &[
    "absent_is_none",
    "what_was_put_is_read_back",
    "some_fields_are_marked_partial",
    "many_are_answered_in_order",
    "a_value_says_where_it_is",
    "what_was_written_is_read_back",
    "a_large_value_is_kept_and_a_larger_one_refused",
    "an_expected_version_must_hold",
    "an_expected_absence_must_hold",
    "a_version_changes_with_the_value",
    "what_was_removed_is_absent",
    "what_was_written_is_listed",
    "pages_hold_everything_once",
    "a_namespace_lists_its_own",
    "every_name_of_the_grammar_works",
    "instances_never_fall_back",
    "namespaces_do_not_collide",
    "unreadable_content_is_invalid",
    "calls_after_a_failure_work",
    "readers_and_writers_at_once_see_whole_values",
    "writers_of_different_keys_lose_none",
];

fn holds(name: &str, report: &Report, not_for_it: &[&str]) {
    assert!(report.failed.is_empty(), "{name}:\n{report}");
    let left_out: Vec<&str> = report.not_for_it.iter().map(|(check, _)| *check).collect();
    assert_eq!(
        left_out, not_for_it,
        "{name}: the checks that are nothing for it are not those written down:\n{report}"
    );
}

macro_rules! suites {
    ($($test:ident: $plugin:literal),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let (report, not_for_it) = suite($plugin).await;
            holds($plugin, &report, not_for_it);
        })*

        #[test]
        fn every_bundled_plugin_has_a_suite() {
            let names: Vec<&str> = Plugin::bundled_names().collect();
            assert_eq!(names, [$($plugin),*], "what is bundled, and what has a suite here");
        }
    };
}

suites! {
    dotenv_conforms: "dotenv",
    env_conforms: "env",
    file_conforms: "file",
    keyring_conforms: "keyring",
    local_file_conforms: "local-file",
    openbao_conforms: "openbao",
    prompt_conforms: "prompt",
    sqlite_conforms: "sqlite",
    zitadel_conforms: "zitadel",
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_conforms_with_toml_in_it() {
    holds("file with TOML", &conformance::check(|| File::new(Kind::Toml)).await, NOT_FOR_ONE_FILE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_conforms_with_yaml_in_it() {
    holds("file with YAML", &conformance::check(|| File::new(Kind::Yaml)).await, NOT_FOR_YAML);
}

/// The doubles that programs test with behave as the real sources do.
#[tokio::test]
async fn the_double_of_a_store_conforms() {
    let report = conformance::check(|| Double(World::new())).await;
    assert!(report.failed.is_empty(), "{report}");
    assert!(report.passed.contains(&"an_expected_version_must_hold"), "{report}");
}

/// The suite itself: a source that breaks a rule is found out, by the check that is named after it.
#[tokio::test]
async fn a_source_that_breaks_a_rule_is_found_out() {
    for (fault, check) in [
        (subjects::Fault::FallsBack, "instances_never_fall_back"),
        (subjects::Fault::ForgetsConditions, "an_expected_absence_must_hold"),
        (subjects::Fault::KeepsWhatIsRemoved, "what_was_removed_is_absent"),
        (subjects::Fault::MixesNamespaces, "namespaces_do_not_collide"),
        (subjects::Fault::ListsEverything, "what_was_written_is_listed"),
        (subjects::Fault::Truncates, "what_was_written_is_read_back"),
    ] {
        let report = conformance::check(|| subjects::Broken::new(fault)).await;
        assert!(report.failed.iter().any(|(name, _)| *name == check), "{check}:\n{report}");
    }
}
