//! The one file of a source, changed so that no change of somebody else is lost.

use std::cell::{Cell, RefCell};

use harmony_config_sdk::{
    Expected, Failure,
    document::{self, Content},
    version_of,
};

use crate::text;

/// How often a change is made again because somebody else wrote in between. Each time at least one of the writers is done.
const TRIES: usize = 200;

/// A file, as it is now. A seam: the functions of the SDK exist only inside a host.
pub trait File {
    /// What is in it; none where there is no file.
    ///
    /// # Errors
    /// Why it could not be read.
    fn read(&self) -> Result<Option<Content>, Failure>;

    /// Replaces it.
    ///
    /// # Errors
    /// `conflict` where it is not what was expected.
    fn write(&self, bytes: &[u8], expected: &Expected) -> Result<String, Failure>;

    /// Its place, for people.
    fn location(&self) -> String;
}

/// The host's.
#[derive(Clone, Copy, Debug)]
pub struct Opened;

impl File for Opened {
    fn read(&self) -> Result<Option<Content>, Failure> {
        document::read()
    }

    fn write(&self, bytes: &[u8], expected: &Expected) -> Result<String, Failure> {
        document::write(bytes, expected)
    }

    fn location(&self) -> String {
        document::location()
    }
}

/// Changes the text of a file: it is read, changed, and written only if it is still what was read; else it is done again.
/// So a condition on one value does not fail because of another one. `make` answers none where nothing is to be changed.
///
/// # Errors
/// Those of the file and of `make`; `unavailable` where others write without end.
pub fn change<T>(
    file: &impl File,
    mut make: impl FnMut(&str) -> Result<Option<(String, T)>, Failure>,
) -> Result<Option<T>, Failure> {
    for _ in 0..TRIES {
        let content = file.read()?;
        let (bytes, version) = match &content {
            Some(content) => (content.bytes.as_slice(), Expected::Version(content.version.clone())),
            None => (&[][..], Expected::Nothing),
        };
        let text = text::decode(bytes, || file.location())?;
        let Some((changed, answer)) = make(text.text)? else { return Ok(None) };
        match file.write(&text.encode(&changed), &version) {
            Ok(_) => return Ok(Some(answer)),
            Err(failure) if failure.code == "conflict" => {}
            Err(failure) => return Err(failure),
        }
    }
    Err(Failure::unavailable(format!("{} is written again and again by others", file.location()))
        .remedy("try again when they are done"))
}

/// Whether what is there is what was expected; `what` names it in the failure.
///
/// # Errors
/// `conflict`, if it is not.
pub fn expect(what: &str, there: Option<&str>, expected: &Expected) -> Result<(), Failure> {
    let holds = match expected {
        Expected::Anything => true,
        Expected::Nothing => there.is_none(),
        Expected::Version(version) => there == Some(version),
    };
    match holds {
        true => Ok(()),
        false => Err(Failure::conflict(format!("{what} is not what it was when it was read"))
            .remedy("read it again, and repeat the change if it is still wanted")),
    }
}

/// A file in memory, for tests.
#[derive(Debug, Default)]
pub struct Memory {
    /// What is in it.
    pub bytes: RefCell<Option<Vec<u8>>>,
    /// How often somebody else still adds a line just before this one writes.
    pub interferes: Cell<usize>,
}

impl Memory {
    /// With this text in it.
    pub fn with(text: &str) -> Self {
        Memory { bytes: RefCell::new(Some(text.as_bytes().to_vec())), interferes: Cell::new(0) }
    }

    /// Its text; empty where there is no file.
    pub fn text(&self) -> String {
        self.bytes.borrow().as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned()
    }
}

impl File for Memory {
    fn read(&self) -> Result<Option<Content>, Failure> {
        let version = version_of(&self.text());
        Ok(self.bytes.borrow().clone().map(|bytes| Content { bytes, version }))
    }

    fn write(&self, bytes: &[u8], expected: &Expected) -> Result<String, Failure> {
        if let Some(left) = self.interferes.get().checked_sub(1) {
            self.interferes.set(left);
            *self.bytes.borrow_mut() = Some(format!("{}\n", self.text()).into_bytes());
        }
        let there = self.read()?.map(|content| content.version);
        expect("the file", there.as_deref(), expected)?;
        *self.bytes.borrow_mut() = Some(bytes.to_vec());
        Ok(version_of(&self.text()))
    }

    fn location(&self) -> String {
        "/project/config".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_between_reading_and_writing_is_kept_and_the_own_one_made_again() {
        let file = Memory::with("a");
        file.interferes.set(20);
        let mut made = 0;
        let answer = change(&file, |text| {
            made += 1;
            Ok(Some((format!("{text}b"), made)))
        });
        assert_eq!((answer.unwrap(), file.text()), (Some(21), format!("a{}b", "\n".repeat(20))));
        file.interferes.set(1_000);
        let failure = change(&file, |text| Ok(Some((format!("{text}c"), ())))).unwrap_err();
        assert_eq!(failure.code, "unavailable");
    }

    #[test]
    fn a_change_that_is_none_writes_nothing() {
        let file = Memory::default();
        assert_eq!(change::<()>(&file, |_| Ok(None)).unwrap(), None);
        assert_eq!(*file.bytes.borrow(), None);
    }
}
