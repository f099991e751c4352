//! What is written down about the keys: which there are, where each is kept, and which one seals. Never a key itself. It
//! is replaced as a whole, by one who has the turn alone.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use super::cipher::KeyId;
use crate::paths::private;

const NAME: &str = "keys.json";

const VERSION: u32 = 1;

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyPlace {
    /// In the keyring of the operating system.
    Keyring,
    /// In a file that only this user can read.
    File,
}

impl KeyPlace {
    /// As the command line and JSON output spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyPlace::Keyring => "keyring",
            KeyPlace::File => "file",
        }
    }
}

/// A key that is kept somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    id: String,
    #[serde(rename = "in")]
    pub(crate) place: KeyPlace,
}

impl Kept {
    pub(crate) fn new(id: &KeyId, place: KeyPlace) -> Self {
        Kept { id: id.as_str().to_owned(), place }
    }

    pub(crate) fn id(&self) -> Option<KeyId> {
        KeyId::parse(&self.id)
    }

    pub(crate) fn is(&self, id: &KeyId) -> bool {
        self.id == id.as_str()
    }
}

/// What is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    version: u32,
    /// The keys, the one that seals first. More than one while values are still sealed with an older one.
    pub(crate) keys: Vec<Kept>,
    /// A key that is about to be kept: written down first, so that one who is killed leaves no second key behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coming: Option<Kept>,
    /// Keys that seal nothing any more, and are about to be removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) going: Vec<Kept>,
}

impl Record {
    /// The key that seals.
    pub(crate) fn current(&self) -> Option<&Kept> {
        self.keys.first()
    }

    /// What is known of a key.
    pub(crate) fn find(&self, id: &KeyId) -> Option<&Kept> {
        self.keys.iter().chain(&self.coming).chain(&self.going).find(|kept| kept.is(id))
    }
}

/// What is written down in a folder; an empty record where nothing is.
pub(crate) fn read(folder: &Path) -> io::Result<Record> {
    let Some(bytes) = private::read(&folder.join(NAME))? else { return Ok(Record::default()) };
    let invalid = |words: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{NAME}: {words}"));
    let record: Record = serde_json::from_slice(&bytes).map_err(|_| invalid("it is not what this program writes"))?;
    match record.version {
        VERSION => Ok(record),
        _ => Err(invalid("a newer version of this program wrote it")),
    }
}

/// Writes it down, in the place of what was there.
pub(crate) fn write(folder: &Path, record: &Record) -> io::Result<()> {
    let record = Record { version: VERSION, ..record.clone() };
    let text = serde_json::to_string_pretty(&record).map_err(io::Error::other)?;
    private::replace(&folder.join(NAME), format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), Record::default());
        let kept = Kept::new(&KeyId::parse("0123456789abcdef").unwrap(), KeyPlace::Keyring);
        let record = Record { version: VERSION, keys: vec![kept.clone()], coming: None, going: vec![kept] };
        write(folder.path(), &record).unwrap();
        assert_eq!(read(folder.path()).unwrap(), record);
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_taken_for_none() {
        for text in ["", "{", "{}", r#"{"version":2,"keys":[]}"#, r#"{"version":1,"keys":[{"id":"x","in":"cloud"}]}"#] {
            let folder = tempfile::tempdir().unwrap();
            private::replace(&folder.path().join(NAME), text.as_bytes()).unwrap();
            assert_eq!(read(folder.path()).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text}");
        }
    }
}
