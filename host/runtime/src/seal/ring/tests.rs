//! One key, whoever comes and whatever breaks off.

use std::fs;

use super::*;

fn places(folder: &Path) -> Places {
    Places { config: Some(folder.to_owned()), ..Places::default() }
}

fn key_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("seal")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "key")).collect()
}

async fn current(ring: &Ring) -> KeyId {
    ring.turn().await.unwrap().key.unwrap().id().clone()
}

#[tokio::test]
async fn nothing_is_made_before_something_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(&places(&folder.path().join("config")));
    ring.can_seal().await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn many_at_once_make_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for _ in 0..16 {
        let ring = Ring::new(&places(folder.path()));
        all.push(tokio::spawn(async move {
            ring.make_first().await.unwrap();
            current(&ring).await
        }));
    }
    let mut ids = Vec::new();
    for one in all {
        ids.push(one.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(key_files(folder.path()).len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_in_a_file_is_this_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(&places(folder.path()));
    ring.make_first().await.unwrap();
    for entry in fs::read_dir(folder.path().join("seal")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(fs::metadata(folder.path().join("seal")).unwrap().permissions().mode() & 0o777, 0o700);
    let file = key_files(folder.path()).remove(0);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let failure = Ring::new(&places(folder.path())).turn().await.err().unwrap();
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(failure.message.contains("others can read it") && failure.remedy.unwrap().contains("chmod 600"));
}

#[tokio::test]
async fn a_key_that_is_gone_or_damaged_is_not_replaced() {
    type Harm = fn(&Path);
    let harms: [Harm; 4] = [
        |file| fs::remove_file(file).unwrap(),
        |file| fs::write(file, "").unwrap(),
        |file| fs::write(file, BASE64.encode([7; 32])).unwrap(),
        |file| fs::write(file, "*").unwrap(),
    ];
    for harm in harms {
        let folder = tempfile::tempdir().unwrap();
        Ring::new(&places(folder.path())).make_first().await.unwrap();
        let file = key_files(folder.path()).remove(0);
        harm(&file);
        let ring = Ring::new(&places(folder.path()));
        ring.make_first().await.unwrap();
        let failures = [ring.turn().await.err().unwrap(), ring.can_seal().await.err().unwrap()];
        for failure in failures {
            assert_eq!(failure.code, FailureCode::Unavailable, "{failure}");
            assert!(failure.remedy.unwrap().contains("backup"));
        }
        assert!(key_files(folder.path()).len() <= 1);
    }
}

#[tokio::test]
async fn one_who_was_killed_while_making_a_key_leaves_it_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(&places(folder.path()));
    ring.make_first().await.unwrap();
    let made = current(&ring).await;
    // As if it had been killed between keeping the key and saying that it seals.
    let mut record = ring.record().unwrap();
    record.coming = record.keys.pop();
    ring.write_down(&record).unwrap();
    let next = Ring::new(&places(folder.path()));
    next.make_first().await.unwrap();
    assert_eq!(current(&next).await, made);
    // As if before keeping it.
    let mut record = next.record().unwrap();
    record.coming = Some(Kept::new(&KeyId::parse("0123456789abcdef").unwrap(), KeyPlace::File));
    record.keys.clear();
    next.write_down(&record).unwrap();
    let last = Ring::new(&places(folder.path()));
    last.make_first().await.unwrap();
    assert_ne!(current(&last).await.as_str(), "0123456789abcdef");
}

#[tokio::test]
async fn a_record_that_was_removed_is_made_of_the_keys_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(&places(folder.path()));
    ring.make_first().await.unwrap();
    let made = current(&ring).await;
    fs::remove_file(folder.path().join("seal/keys.json")).unwrap();
    let next = Ring::new(&places(folder.path()));
    assert_eq!(next.key(&made).await.unwrap().id(), &made);
    next.make_first().await.unwrap();
    assert_eq!(current(&next).await, made);
    assert_eq!(key_files(folder.path()).len(), 1);
}

#[tokio::test]
async fn without_a_home_it_says_so() {
    let failure = Ring::new(&Places::default()).can_seal().await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(failure.message.contains("no place") && failure.remedy.unwrap().contains("HOME"));
}
