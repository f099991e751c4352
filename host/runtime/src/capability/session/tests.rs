use harmony_config_core::Interaction;

use super::*;
use crate::{
    Places,
    policy::{Grants, Phase, Policy},
};

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> Policy {
    Policy::new(Grants { session: true, ..Grants::default() })
}

fn pass<'a>(policy: &Policy, name: &'a str) -> Pass<'a> {
    policy.decide(Phase::Call(Interaction::Forbidden), Use::Session(name)).unwrap()
}

/// As a process of its own would have it.
fn sessions(home: Option<&Path>, owner: &str) -> OwnSessions {
    let places = match home {
        Some(home) => Places::of("harmony", Some(home.to_owned())),
        None => Places::default(),
    };
    OwnSessions::new(Arc::new(Sessions::new(Vault::new(&places), places.sessions())), "harmony", owner)
}

async fn text(sessions: &OwnSessions, name: &str) -> Option<String> {
    sessions.load(&pass(&policy(), name)).await.unwrap().map(|kept| kept.value.to_string())
}

#[tokio::test]
async fn what_one_process_keeps_the_next_one_has_and_no_other_plugin() {
    let home = tempfile::tempdir().unwrap();
    let (first, policy) = (sessions(Some(home.path()), "builtin:openbao"), policy());
    assert_eq!(text(&first, "me").await, None);
    first.save(&pass(&policy, "me"), "canary-token", Some(""), SECOND).await.unwrap();
    assert_eq!(text(&sessions(Some(home.path()), "builtin:openbao"), "me").await.as_deref(), Some("canary-token"));
    assert_eq!(text(&sessions(Some(home.path()), "sha256:1"), "me").await, None);
    assert_eq!(text(&first, "somebody else").await, None);
}

#[tokio::test]
async fn nothing_that_is_kept_can_be_read_in_the_files() {
    let home = tempfile::tempdir().unwrap();
    let sessions = sessions(Some(home.path()), "p");
    sessions.save(&pass(&policy(), "me"), "canary-token", None, SECOND).await.unwrap();
    let mut folders = vec![home.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("canary"), "{}", path.display());
        }
    }
    assert!(files > 2);
}

#[tokio::test]
async fn a_change_over_another_version_is_refused_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (sessions, policy) = (sessions(Some(home.path()), "p"), policy());
    let me = pass(&policy, "me");
    let version = sessions.save(&me, "one", Some(""), SECOND).await.unwrap();
    for wrong in ["", "0123"] {
        let failure = sessions.save(&me, "two", Some(wrong), SECOND).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Conflict);
        assert_eq!(sessions.remove(&me, Some(wrong), SECOND).await.unwrap_err().code, FailureCode::Conflict);
    }
    assert_eq!(text(&sessions, "me").await.as_deref(), Some("one"));
    sessions.save(&me, "two", Some(&version), SECOND).await.unwrap();
    assert_eq!(text(&sessions, "me").await.as_deref(), Some("two"));
    sessions.remove(&me, None, SECOND).await.unwrap();
    sessions.remove(&me, None, SECOND).await.unwrap();
    assert_eq!(text(&sessions, "me").await, None);
}

#[tokio::test]
async fn without_a_home_it_lasts_as_long_as_the_process() {
    let (sessions, policy) = (sessions(None, "p"), policy());
    sessions.save(&pass(&policy, "me"), "one", None, SECOND).await.unwrap();
    assert_eq!(text(&sessions, "me").await.as_deref(), Some("one"));
    sessions.enter(&pass(&policy, "me"), SECOND).await.unwrap();
    sessions.remove(&pass(&policy, "me"), None, SECOND).await.unwrap();
    assert_eq!(text(&sessions, "me").await, None);
}

#[tokio::test]
async fn what_was_damaged_or_moved_reads_as_none() {
    let home = tempfile::tempdir().unwrap();
    let (sessions, policy) = (sessions(Some(home.path()), "p"), policy());
    for name in ["one", "two"] {
        sessions.save(&pass(&policy, name), name, None, SECOND).await.unwrap();
    }
    let file = |name: &str| {
        let id = sessions.id(&pass(&policy, name)).unwrap();
        sessions.all.file(&id, "session").unwrap()
    };
    fs::copy(file("one"), file("two")).unwrap();
    assert_eq!(text(&sessions, "two").await, None);
    fs::write(file("one"), "{").unwrap();
    assert_eq!(text(&sessions, "one").await, None);
}

#[tokio::test]
async fn one_at_a_time_has_the_turn_among_tasks_and_processes() {
    let home = tempfile::tempdir().unwrap();
    let (one, other, policy) = (sessions(Some(home.path()), "p"), sessions(Some(home.path()), "p"), policy());
    let me = pass(&policy, "me");
    let turn = one.enter(&me, SECOND).await.unwrap();
    let short = Duration::from_millis(30);
    for sessions in [&one, &other] {
        assert_eq!(sessions.enter(&me, short).await.err().unwrap().code, FailureCode::Unavailable);
        // It is about signing in: who has it not may still read and keep.
        sessions.save(&me, "x", None, SECOND).await.unwrap();
    }
    other.enter(&pass(&policy, "somebody else"), short).await.unwrap();
    drop(turn);
    other.enter(&me, SECOND).await.unwrap();
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused() {
    let sessions = sessions(None, "p");
    let long = "x".repeat(limits::MAX_SESSION_BYTES + 1);
    let failure = sessions.save(&pass(&policy(), "me"), &long, None, SECOND).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
}
