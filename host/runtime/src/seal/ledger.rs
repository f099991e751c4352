//! Which values are sealed, in which store, with which key: so that a value that lies in plain where it was sealed before
//! is seen, and so that changing the key finds every value. A list that grows by lines, outside the stores. It has names,
//! never a value.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use harmony_config_core::Coordinate;
use serde::{Deserialize, Serialize};

use super::cipher::KeyId;
use crate::paths::private::{self, Identity};

const NAME: &str = "values";

/// One value in one store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The file or folder that keeps it.
    pub(crate) store: String,
    /// The source's name.
    pub(crate) source: String,
    pub(crate) at: Coordinate,
}

/// How a value was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Sealed with this key.
    Sealed(KeyId),
    /// In plain, after it had been sealed.
    Plain,
}

/// The list of one person's sealed values.
pub(crate) struct Ledger {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Row, Seen>,
    identity: Option<Identity>,
    read: u64,
}

/// A line: what is no longer there has no `seen`.
#[derive(Serialize, Deserialize)]
struct Line {
    store: String,
    source: String,
    namespace: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    instance: Option<String>,
    /// The key's id, or nothing where it lies in plain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seen: Option<String>,
}

impl Line {
    fn new(row: &Row, seen: Option<&Seen>) -> Self {
        Line {
            store: row.store.clone(),
            source: row.source.clone(),
            namespace: row.at.namespace().to_owned(),
            key: row.at.key().to_owned(),
            instance: row.at.instance().map(str::to_owned),
            seen: seen.map(|seen| match seen {
                Seen::Sealed(key) => key.as_str().to_owned(),
                Seen::Plain => String::new(),
            }),
        }
    }

    fn text(&self) -> io::Result<String> {
        serde_json::to_string(self).map_err(io::Error::other)
    }
}

impl Ledger {
    /// The list in this folder, which need not exist.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Ledger { path: folder.map(|folder| folder.join(NAME)), state: Mutex::default() }
    }

    /// How a value was seen last; none where it never was sealed.
    pub(crate) fn seen(&self, row: &Row) -> Option<Seen> {
        // Who cannot read the list is not warned by it.
        self.up_to_date().ok().and_then(|state| state.rows.get(row).cloned())
    }

    /// All that is listed.
    pub(crate) fn rows(&self) -> io::Result<BTreeMap<Row, Seen>> {
        Ok(self.up_to_date()?.rows.clone())
    }

    /// Writes down how a value is seen now; `None` where it is gone. To be called by one who has a turn.
    pub(crate) fn note(&self, row: &Row, seen: Option<&Seen>) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let state = self.up_to_date()?;
        if state.rows.get(row) == seen {
            return Ok(());
        }
        let mut file = private::open_to_append(path)?;
        // A line of its own, whatever the end of one who was killed looks like.
        file.write_all(format!("\n{}\n", Line::new(row, seen).text()?).as_bytes())?;
        file.sync_data()
    }

    /// Writes the list anew without what was overtaken. To be called by one who has the turn alone.
    pub(crate) fn tidy(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let rows = self.rows()?;
        let mut text = String::new();
        for (row, seen) in &rows {
            text.push_str(&Line::new(row, Some(seen)).text()?);
            text.push('\n');
        }
        private::replace(path, text.as_bytes())
    }

    /// The list as it is now: what others wrote since is read.
    fn up_to_date(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.path else { return Ok(state) };
        let (identity, length) = match private::identity_and_length(path)? {
            Some((identity, length)) => (Some(identity), length),
            None => (None, 0),
        };
        if identity != state.identity || length < state.read {
            *state = State { identity, ..State::default() };
        }
        if length > state.read {
            state.read_on(path)?;
        }
        Ok(state)
    }
}

impl State {
    fn read_on(&mut self, path: &Path) -> io::Result<()> {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // A line that is still being written is read the next time.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in bytes.get(..end).unwrap_or_default().split(|byte| *byte == b'\n') {
            self.take(line);
        }
        self.read += end as u64;
        Ok(())
    }

    fn take(&mut self, line: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return };
        let Ok(at) = Coordinate::new(&line.namespace, &line.key, line.instance.as_deref()) else { return };
        let row = Row { store: line.store, source: line.source, at };
        match line.seen.as_deref() {
            None => self.rows.remove(&row),
            Some(key) => {
                let seen = KeyId::parse(key).map_or(Seen::Plain, Seen::Sealed);
                self.rows.insert(row, seen)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str) -> Row {
        let at = Coordinate::new("harmony", key, None).unwrap();
        Row { store: "/data/config.db".to_owned(), source: "sqlite".to_owned(), at }
    }

    fn sealed() -> Seen {
        Seen::Sealed(KeyId::parse("0123456789abcdef").unwrap())
    }

    #[test]
    fn what_one_writes_down_another_reads() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (Ledger::new(Some(folder.path())), Ledger::new(Some(folder.path())));
        assert_eq!(theirs.seen(&row("A")), None);
        ours.note(&row("A"), Some(&sealed())).unwrap();
        assert_eq!(theirs.seen(&row("A")), Some(sealed()));
        theirs.note(&row("A"), Some(&Seen::Plain)).unwrap();
        theirs.note(&row("B"), Some(&sealed())).unwrap();
        assert_eq!(ours.seen(&row("A")), Some(Seen::Plain));
        ours.note(&row("A"), None).unwrap();
        assert_eq!((theirs.seen(&row("A")), theirs.seen(&row("B"))), (None, Some(sealed())));
    }

    #[test]
    fn what_is_known_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(Some(folder.path()));
        ledger.note(&row("A"), None).unwrap();
        assert!(!folder.path().join(NAME).exists());
        for _ in 0..3 {
            ledger.note(&row("A"), Some(&sealed())).unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join(NAME)).unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 1, "{text}");
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(Some(folder.path()));
        ledger.note(&row("A"), Some(&sealed())).unwrap();
        let path = folder.path().join(NAME);
        let mut text = std::fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"store\":\"/da");
        std::fs::write(&path, text).unwrap();
        ledger.note(&row("B"), Some(&sealed())).unwrap();
        let other = Ledger::new(Some(folder.path()));
        for ledger in [&ledger, &other] {
            assert_eq!(ledger.rows().unwrap().len(), 2);
        }
    }

    #[test]
    fn a_list_that_was_written_anew_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, other) = (Ledger::new(Some(folder.path())), Ledger::new(Some(folder.path())));
        for key in ["A", "B", "A"] {
            ledger.note(&row(key), Some(&sealed())).unwrap();
            ledger.note(&row(key), Some(&Seen::Plain)).unwrap();
        }
        let before = other.rows().unwrap();
        ledger.tidy().unwrap();
        assert_eq!((ledger.rows().unwrap(), other.rows().unwrap()), (before.clone(), before));
        assert_eq!(std::fs::read_to_string(folder.path().join(NAME)).unwrap().lines().count(), 2);
    }
}
