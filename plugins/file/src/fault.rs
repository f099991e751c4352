//! What is wrong with a text: where it is, and what was expected there. Never what stands there.

use harmony_config_sdk::Failure;

/// Line and column, both from 1.
pub(crate) type Place = (usize, usize);

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: String,
    pub(crate) place: Option<Place>,
    /// The format cannot say such a thing: nothing in the file is wrong.
    pub(crate) unsupported: bool,
}

impl Fault {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Fault { what: what.into(), place: None, unsupported: false }
    }

    /// With the place in the text, by its offset.
    pub(crate) fn at(text: &str, offset: usize, what: impl Into<String>) -> Self {
        Fault { place: Some(place(text, offset)), ..Fault::new(what) }
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Fault { unsupported: true, ..Fault::new(what) }
    }
}

/// The place of an offset in a text.
pub(crate) fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The failure that a person reads.
pub(crate) fn failure(fault: Fault, location: &str) -> Failure {
    let message = match fault.place {
        Some((line, column)) => format!("{location}, line {line}, column {column}: {}", fault.what),
        None => format!("{location}: {}", fault.what),
    };
    match fault.unsupported {
        true => Failure::unsupported(message).remedy("write it to another source, or keep the values in a JSON file"),
        false => Failure::invalid(message).remedy(format!("put it right in {location}, or name another file")),
    }
}
