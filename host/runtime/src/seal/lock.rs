//! Whose turn it is with the keys, among all programs of this person. Whoever seals a value holds a share from the look at
//! which key is current until the value is written; whoever makes or drops a key is alone. So no value is ever written
//! under a key that has just been dropped, and no two keys are made at once. A lock ends with the process that holds it.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

use crate::paths::private;

/// How long to wait for the others: more than a keyring takes to answer, and a write to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    _file: File,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Shared,
    Alone,
}

/// A turn beside others who seal.
pub(crate) async fn shared(folder: &Path) -> io::Result<Held> {
    take(folder, Turn::Shared).await
}

/// A turn alone.
pub(crate) async fn alone(folder: &Path) -> io::Result<Held> {
    take(folder, Turn::Alone).await
}

/// Who wants to be alone waits inside the gate, and so is not kept out for ever by those who share.
async fn take(folder: &Path, turn: Turn) -> io::Result<Held> {
    let gate = private::open_to_lock(&folder.join("gate"))?;
    wait(&gate, turn).await?;
    let file = private::open_to_lock(&folder.join("lock"))?;
    wait(&file, turn).await?;
    Ok(Held { _file: file })
}

async fn wait(file: &File, turn: Turn) -> io::Result<()> {
    let started = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        let tried = match turn {
            Turn::Shared => file.try_lock_shared(),
            Turn::Alone => file.try_lock(),
        };
        match tried {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if started.elapsed() > PATIENCE => {
                let words = format!("another program had it for more than {} s", PATIENCE.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, words));
            }
            Err(TryLockError::WouldBlock) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_free(folder: &Path, turn: Turn) -> bool {
        tokio::time::timeout(Duration::from_millis(60), take(folder, turn)).await.is_ok()
    }

    #[tokio::test]
    async fn those_who_share_are_together_and_one_alone_is_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (first, second) = (shared(folder).await.unwrap(), shared(folder).await.unwrap());
        assert!(!is_free(folder, Turn::Alone).await);
        drop((first, second));
        let held = alone(folder).await.unwrap();
        assert!(!is_free(folder, Turn::Shared).await && !is_free(folder, Turn::Alone).await);
        drop(held);
        assert!(is_free(folder, Turn::Shared).await);
    }

    #[tokio::test]
    async fn one_who_waits_to_be_alone_lets_nobody_else_in_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let first = shared(&path).await.unwrap();
        let waiting = tokio::spawn(async move { alone(&path).await.map(|_| ()) });
        // It is inside the gate as soon as nobody else gets in.
        while is_free(folder.path(), Turn::Shared).await {
            tokio::task::yield_now().await;
        }
        drop(first);
        waiting.await.unwrap().unwrap();
    }
}
