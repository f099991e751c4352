//! What a form looks like: its heading, an answered question, all as rows of text that fit the window. Which keys do what
//! is `field`'s, and putting rows on a terminal is `screen`'s.

use super::layout::{cut, pad, width, wrap, wrap_capped};
use crate::prompt::Form;

/// How a piece of a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As any text.
    Plain,
    /// What a row is about.
    Strong,
    /// Help, and what is there already.
    Faint,
    /// What the person should know.
    Notice,
    /// What is wrong.
    Wrong,
    /// A picture in black on white.
    Inked,
}

/// A piece of a row in one tone.
pub(crate) type Span = (Tone, String);

/// One row of the window.
pub(crate) type Row = Vec<Span>;

/// What is said where an optional question was left empty.
const NO_ANSWER: &str = "(none)";

/// Rows of help of a form, and of a question.
const MAX_FORM_HELP: usize = 6;
const MAX_HELP: usize = 3;

/// The least room for typing beside a name; with less, the name gets a row of its own.
const MIN_FIELD: usize = 8;

/// How many columns the names of a form may take.
const MAX_NAME: usize = 28;

/// The columns of a form: `? name = field`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Columns that may be written to: the last one is left free, so that no terminal wraps.
    pub(crate) columns: usize,
    /// Columns of the names.
    names: usize,
}

impl Frame {
    /// The frame of a form in a window of this width.
    pub(crate) fn new(window: usize, form: &Form, labels: &[String]) -> Self {
        let known = form.known.keys().map(|name| width(name));
        let widest = labels.iter().map(|label| width(label)).chain(known).max().unwrap_or(0);
        Frame { columns: window.saturating_sub(1).max(1), names: widest.min(MAX_NAME) }
    }

    /// The name before the field, and how many columns are left for the field. `mark` is one column.
    pub(crate) fn name(&self, mark: &str, tone: Tone, name: &str) -> (Vec<Row>, usize) {
        let side_by_side = self.names.max(width(name).min(MAX_NAME));
        let used = side_by_side + 5;
        if used + MIN_FIELD <= self.columns {
            let name = pad(&cut(name, side_by_side), side_by_side);
            let row = vec![(Tone::Strong, format!("{mark} ")), (tone, name), (Tone::Faint, " = ".to_owned())];
            return (vec![row], self.columns - used);
        }
        let above = vec![(Tone::Strong, format!("{mark} ")), (tone, cut(name, self.columns.saturating_sub(2)))];
        let row = vec![(Tone::Faint, "  = ".to_owned())];
        (vec![above, row], self.columns.saturating_sub(4))
    }

    /// A name with its value: what is known, and what was answered.
    fn entry(&self, name: &str, tone: Tone, value: &str) -> Vec<Row> {
        // A name that has a row of its own while it is asked for may share it once the value is short.
        if self.names.max(width(name)) + 5 + MIN_FIELD > self.columns && width(name) + 5 + width(value) <= self.columns
        {
            return vec![vec![
                (Tone::Plain, format!("  {name}")),
                (Tone::Faint, " = ".to_owned()),
                (tone, value.to_owned()),
            ]];
        }
        let (mut rows, room) = self.name(" ", Tone::Plain, name);
        if let Some(row) = rows.last_mut() {
            row.push((tone, cut(value, room)));
        }
        rows
    }

    /// A text below a question, two columns in.
    pub(crate) fn below(&self, tone: Tone, text: &str) -> Vec<Row> {
        self.indented(tone, text, MAX_HELP)
    }

    fn indented(&self, tone: Tone, text: &str, most: usize) -> Vec<Row> {
        let lines = wrap_capped(text, self.columns.saturating_sub(2), most);
        lines.into_iter().map(|line| vec![(Tone::Plain, "  ".to_owned()), (tone, line)]).collect()
    }

    /// A text after a `!`.
    pub(crate) fn marked(&self, tone: Tone, text: &str) -> Vec<Row> {
        let mut mark = "! ";
        let lines = wrap(text, self.columns.saturating_sub(2));
        lines
            .into_iter()
            .map(|line| vec![(tone, std::mem::replace(&mut mark, "  ").to_owned()), (tone, line)])
            .collect()
    }

    /// What stands above the questions.
    pub(crate) fn heading(&self, form: &Form) -> Vec<Row> {
        let asked_by = format!("asked by {}", form.source);
        let mut rows: Vec<Row> = Vec::new();
        if width(&form.title) + 2 + width(&asked_by) <= self.columns {
            rows.push(vec![(Tone::Strong, form.title.clone()), (Tone::Faint, format!("  {asked_by}"))]);
        } else {
            rows.extend(wrap(&form.title, self.columns).into_iter().map(|line| vec![(Tone::Strong, line)]));
            rows.extend(self.indented(Tone::Faint, &asked_by, 1));
        }
        if let Some(help) = &form.help {
            rows.extend(self.indented(Tone::Faint, help, MAX_FORM_HELP));
        }
        for notice in &form.notices {
            rows.extend(self.marked(Tone::Notice, notice));
        }
        for (name, value) in &form.known {
            rows.extend(self.entry(name, Tone::Faint, value));
        }
        rows
    }

    /// A question that was answered, or left empty.
    pub(crate) fn answered(&self, name: &str, shown: Option<&str>) -> Vec<Row> {
        match shown {
            Some(shown) => self.entry(name, Tone::Plain, shown),
            None => self.entry(name, Tone::Faint, NO_ANSWER),
        }
    }
}

/// The rows as plain lines.
pub(crate) fn plain(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let line: String = row.iter().map(|(_, text)| text.as_str()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
