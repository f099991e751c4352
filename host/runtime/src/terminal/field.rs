//! One question while it is being answered: what each key does to it, and the rows that show it. No terminal is touched
//! here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::Value;

use super::{
    editor::Editor,
    layout::{cut, pad, width},
    parse::{Asked, HIDDEN, Parsed},
    view::{Frame, Row, Tone},
};
use crate::prompt::Kind;

/// How many choices are seen at once.
const MAX_CHOICES: usize = 8;

/// From so many columns on, the help of every choice stands beside it; below, that of the chosen one alone.
const ROOM_FOR_HELP: usize = 48;

/// What a key came to.
pub(crate) enum Step {
    /// The question goes on.
    On,
    /// It is answered, or left empty.
    Done(Option<Value>),
    /// The person said no.
    Cancelled,
}

/// What is seen of a question: its rows, and the row and column of the cursor.
pub(crate) struct Picture {
    pub(crate) rows: Vec<Row>,
    pub(crate) cursor: (usize, usize),
}

/// A question while it is being answered.
pub(crate) struct Field<'a> {
    asked: &'a Asked,
    editor: Editor,
    /// Whether a secret is shown.
    revealed: bool,
    /// Which choice is marked. One past the last is "no answer", where that may be.
    marked: usize,
    wrong: Option<String>,
}

impl<'a> Field<'a> {
    /// The question, not yet answered.
    pub(crate) fn new(asked: &'a Asked) -> Self {
        let choices = &asked.question().choices;
        let default = asked.default().and_then(|default| choices.iter().position(|choice| choice.value == *default));
        let first = if asked.question().required { 0 } else { choices.len() };
        let marked = default.unwrap_or(first);
        Field { asked, editor: Editor::default(), revealed: false, marked, wrong: None }
    }

    /// Does what the key says.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Step {
        let control = key.modifiers.contains(KeyModifiers::CONTROL) && !key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => return Step::Cancelled,
            KeyCode::Char('c') if control => return Step::Cancelled,
            KeyCode::Char('d') if control && self.editor.is_empty() => return Step::Cancelled,
            KeyCode::Char('r') if control && self.asked.question().secret => {
                self.revealed = !self.revealed;
                return Step::On;
            }
            // In raw mode a line feed is Ctrl+J: what an unbracketed paste, or a script, sends for a line's end.
            KeyCode::Enter => return self.submit(),
            KeyCode::Char('j') if control => return self.submit(),
            _ => {}
        }
        self.wrong = None;
        match self.asked.is_choice() {
            true => self.mark(key.code),
            false => self.editor.key(key),
        }
        Step::On
    }

    /// Takes what was pasted. Line ends are kept inside a text (a key in PEM), and are spaces elsewhere.
    pub(crate) fn paste(&mut self, text: &str) {
        self.wrong = None;
        if self.asked.is_choice() {
            return;
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end_matches('\n');
        match self.asked.question().kind {
            Kind::Text => self.editor.insert(text),
            _ => self.editor.insert(&text.replace('\n', " ")),
        }
    }

    fn submit(&mut self) -> Step {
        let parsed = match self.asked.is_choice() {
            false => self.asked.parse(&self.editor.text()),
            true => match self.asked.question().choices.get(self.marked) {
                Some(choice) => self.asked.check(choice.value.clone()),
                None => Parsed::Skipped,
            },
        };
        match parsed {
            Parsed::Value(value) => return Step::Done(Some(value)),
            Parsed::Skipped => return Step::Done(None),
            Parsed::Wrong(message) => self.wrong = Some(message),
            Parsed::Unfinished => {
                self.editor.key(KeyEvent::new(KeyCode::End, KeyModifiers::NONE));
                self.editor.insert(" ");
                self.wrong = Some("the JSON is not complete: go on, or Ctrl+U to begin again".to_owned());
            }
        }
        Step::On
    }

    /// Marks another choice: by arrows, or by the first letter of its label.
    fn mark(&mut self, code: KeyCode) {
        let last = self.last();
        match code {
            KeyCode::Up | KeyCode::BackTab => self.marked = self.marked.checked_sub(1).unwrap_or(last),
            KeyCode::Down | KeyCode::Tab => self.marked = if self.marked < last { self.marked + 1 } else { 0 },
            KeyCode::Home | KeyCode::PageUp => self.marked = 0,
            KeyCode::End | KeyCode::PageDown => self.marked = last,
            KeyCode::Char(letter) => {
                let begins = |at: &usize| {
                    let choice = self.asked.question().choices.get(*at);
                    let first = choice.and_then(|choice| choice.label.chars().next());
                    first.is_some_and(|first| first.to_lowercase().eq(letter.to_lowercase()))
                };
                let after = (self.marked + 1..=last).chain(0..=self.marked);
                self.marked = after.into_iter().find(begins).unwrap_or(self.marked);
            }
            _ => {}
        }
    }

    /// The last place that can be marked.
    fn last(&self) -> usize {
        let question = self.asked.question();
        let skippable = !question.required && self.asked.default().is_none();
        if skippable { question.choices.len() } else { question.choices.len().saturating_sub(1) }
    }

    /// What is seen of it in this frame, in at most `height` rows.
    pub(crate) fn picture(&self, frame: &Frame, height: usize) -> Picture {
        let question = self.asked.question();
        let (mut rows, room) = frame.name("?", Tone::Strong, &self.asked.label());
        let typed_at: usize = rows.last().map(|row| row.iter().map(|(_, text)| width(text)).sum()).unwrap_or(0);
        let (shown, column) = self.typed(room);
        let mut cursor = (rows.len().saturating_sub(1), typed_at + column);
        if let Some(row) = rows.last_mut() {
            row.push(shown);
        }

        let mut below = match (&self.wrong, &question.help) {
            (Some(wrong), _) => frame.marked(Tone::Wrong, wrong),
            (None, Some(help)) => frame.below(Tone::Faint, help),
            (None, None) => Vec::new(),
        };
        if self.asked.is_choice() {
            let room = height.saturating_sub(rows.len() + below.len()).clamp(1, MAX_CHOICES);
            let (choices, marked) = self.choices(frame, room);
            // The help may have to give way; the choices may not.
            below.truncate(height.saturating_sub(rows.len() + choices.len()));
            rows.extend(below);
            cursor = (rows.len() + marked, 0);
            rows.extend(choices);
        } else {
            if self.wrong.is_none()
                && let Some(hint) = self.hint()
            {
                below.extend(frame.below(Tone::Faint, &hint));
            }
            rows.extend(below);
        }
        rows.truncate(height.max(1));
        cursor.0 = cursor.0.min(rows.len().saturating_sub(1));
        Picture { rows, cursor }
    }

    /// What stands behind the name, and the column of the cursor in it.
    fn typed(&self, room: usize) -> ((Tone, String), usize) {
        let question = self.asked.question();
        if self.asked.is_choice() {
            let label = question.choices.get(self.marked).map_or("(none)", |choice| choice.label.as_str());
            return ((Tone::Plain, cut(label, room)), 0);
        }
        if !self.editor.is_empty() {
            let (text, column) = self.editor.window(room, question.secret && !self.revealed);
            return ((Tone::Plain, text), column);
        }
        let inside = match self.asked.default() {
            Some(_) if question.secret => HIDDEN.to_owned(),
            Some(default) => self.asked.show(default),
            None if question.required => return ((Tone::Plain, String::new()), 0),
            None => "optional".to_owned(),
        };
        ((Tone::Faint, format!("({})", cut(&inside, room.saturating_sub(2)))), 0)
    }

    fn hint(&self) -> Option<String> {
        let how = self.asked.hint();
        if !self.asked.question().secret {
            return how;
        }
        let hidden = if self.revealed { "Ctrl+R hides it" } else { "hidden, Ctrl+R shows it" };
        Some(how.map_or(hidden.to_owned(), |how| format!("{hidden}; {how}")))
    }

    /// The rows of the choices around the marked one, and which of them is marked.
    fn choices(&self, frame: &Frame, room: usize) -> (Vec<Row>, usize) {
        let question = self.asked.question();
        let count = self.last() + 1;
        let beside = frame.columns >= ROOM_FOR_HELP;
        let chosen = question.choices.get(self.marked).and_then(|choice| choice.help.as_deref());
        let mut explained = match chosen {
            Some(help) if !beside => frame.below(Tone::Faint, help),
            _ => Vec::new(),
        };
        explained.truncate(room.saturating_sub(3));

        let room = room - explained.len();
        let first = self.marked.saturating_sub(room / 2).min(count.saturating_sub(room));
        let labels =
            question.choices.iter().map(|choice| width(&choice.label)).max().unwrap_or(0).min(frame.columns / 2);
        let mut rows = Vec::new();
        for at in (first..count).take(room) {
            let (mark, tone) = if at == self.marked { ("> ", Tone::Strong) } else { ("  ", Tone::Plain) };
            let mut row = vec![(tone, format!("  {mark}"))];
            match question.choices.get(at) {
                None => row.push((tone, "(none)".to_owned())),
                Some(choice) => match &choice.help {
                    Some(help) if beside => {
                        row.push((tone, pad(&cut(&choice.label, labels), labels)));
                        let left = frame.columns.saturating_sub(labels + 6);
                        row.push((Tone::Faint, format!("  {}", cut(help, left))));
                    }
                    _ => row.push((tone, cut(&choice.label, frame.columns.saturating_sub(4)))),
                },
            }
            rows.push(row);
        }
        let marked = self.marked.saturating_sub(first);
        // That there is more above or below is said where it stands.
        if first > 0
            && let Some(mark) = rows.first_mut().and_then(|row| row.first_mut()).filter(|_| marked > 0)
        {
            mark.1 = "  ^ ".to_owned();
        }
        if first + rows.len() < count
            && let Some(mark) = rows.last_mut().and_then(|row| row.first_mut()).filter(|mark| mark.0 == Tone::Plain)
        {
            mark.1 = "  v ".to_owned();
        }
        rows.extend(explained);
        (rows, marked)
    }
}
