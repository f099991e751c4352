//! What was asked of the stand-in, and what its answers rest on: a recording, or what is only known from documents.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Basis {
    /// An exchange of `wire/{file}.json`, by its name.
    Recorded { file: &'static str, name: &'static str },
    /// No recording shows it: written from public documents, and to be seen against a real server.
    Unrecorded(&'static str),
}

pub(crate) const fn recorded(file: &'static str, name: &'static str) -> Basis {
    Basis::Recorded { file, name }
}

pub(crate) const fn unrecorded(what: &'static str) -> Basis {
    Basis::Unrecorded(what)
}

/// A request that the stand-in has answered. No token and no body: what a test counts may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `LIST` …
    pub method: String,
    /// The path as it was sent, `/v1/` and query included.
    pub path: String,
    /// `X-Vault-Namespace`, if it was sent.
    pub namespace: Option<String>,
    /// Whether a token came with it.
    pub with_token: bool,
    /// What was answered.
    pub status: u16,
}

/// How many answers rest on which recording, and how many on none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    answers: BTreeMap<Basis, usize>,
}

impl Report {
    /// Answers that a recording shows.
    #[must_use]
    pub fn recorded(&self) -> usize {
        self.count(|basis| matches!(basis, Basis::Recorded { .. }))
    }

    /// Answers that no recording shows.
    #[must_use]
    pub fn unrecorded(&self) -> usize {
        self.count(|basis| matches!(basis, Basis::Unrecorded(_)))
    }

    /// What was answered without a recording, each with how often.
    #[must_use]
    pub fn without_recording(&self) -> Vec<(&'static str, usize)> {
        let unrecorded = |(basis, count): (&Basis, &usize)| match basis {
            Basis::Unrecorded(what) => Some((*what, *count)),
            Basis::Recorded { .. } => None,
        };
        self.answers.iter().filter_map(unrecorded).collect()
    }

    fn count(&self, which: impl Fn(&Basis) -> bool) -> usize {
        self.answers.iter().filter(|(basis, _)| which(basis)).map(|(_, count)| count).sum()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} answers with a recording, {} without", self.recorded(), self.unrecorded())?;
        for (what, count) in self.without_recording() {
            write!(f, "\n  {count} × {what}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    report: Report,
    seen: Vec<Seen>,
}

impl Ledger {
    pub(crate) fn enter(&mut self, seen: Seen, basis: Basis) {
        *self.report.answers.entry(basis).or_default() += 1;
        self.seen.push(seen);
    }

    pub(crate) fn report(&self) -> Report {
        self.report.clone()
    }

    pub(crate) fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Forgets the requests, so that a test counts from here; the report goes on.
    pub(crate) fn forget_seen(&mut self) {
        self.seen.clear();
    }
}
