//! A line of text that a person edits: the keys of a shell's line, and the part of the text that fits the window.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::layout::{char_width, visible};

/// How long a typed or pasted answer may be.
const MAX_CHARS: usize = 1024 * 1024;

/// A text and the place in it where typing goes on.
#[derive(Default)]
pub(crate) struct Editor {
    text: Vec<char>,
    cursor: usize,
}

impl Editor {
    /// What was typed.
    pub(crate) fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Whether nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts text in at the cursor.
    pub(crate) fn insert(&mut self, text: &str) {
        let room = MAX_CHARS.saturating_sub(self.text.len());
        let added: Vec<char> = text.chars().take(room).collect();
        let cursor = self.cursor;
        self.cursor += added.len();
        self.text.splice(cursor..cursor, added);
    }

    /// Does what the key says, if it says something to a line.
    pub(crate) fn key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let end = self.text.len();
        match key.code {
            // Windows reports AltGr as Ctrl+Alt.
            KeyCode::Char(character) if control == alt && !(alt && character.is_ascii_alphabetic()) => {
                self.insert(character.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Char('b') if alt && !control => self.cursor = self.word_before(),
            KeyCode::Char('f') if alt && !control => self.cursor = self.word_after(),
            KeyCode::Left if control || alt => self.cursor = self.word_before(),
            KeyCode::Right if control || alt => self.cursor = self.word_after(),
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(end),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = end,
            KeyCode::Backspace if alt => self.remove(self.word_before(), self.cursor),
            KeyCode::Backspace => self.remove(self.cursor.saturating_sub(1), self.cursor),
            KeyCode::Delete => self.remove(self.cursor, self.cursor + 1),
            KeyCode::Char(character) if control => match character {
                'a' => self.cursor = 0,
                'e' => self.cursor = end,
                'b' => self.cursor = self.cursor.saturating_sub(1),
                'f' => self.cursor = (self.cursor + 1).min(end),
                'h' => self.remove(self.cursor.saturating_sub(1), self.cursor),
                'd' => self.remove(self.cursor, self.cursor + 1),
                'u' => self.remove(0, self.cursor),
                'k' => self.remove(self.cursor, end),
                'w' => self.remove(self.word_before(), self.cursor),
                _ => {}
            },
            _ => {}
        }
    }

    /// The part of the text that is seen in so many columns, and the column of the cursor in it. A masked text is stars.
    pub(crate) fn window(&self, columns: usize, masked: bool) -> (String, usize) {
        let shown = |character: &char| match masked {
            true => "*".to_owned(),
            false => visible(character.encode_utf8(&mut [0; 4])),
        };
        let columns_of = |text: &str| text.chars().map(char_width).sum::<usize>();
        let (before, after) = self.text.split_at_checked(self.cursor).unwrap_or((&self.text, &[]));

        // Backwards from the cursor as far as there is room: one column is the cursor's, one may be the mark's.
        let mut pieces: Vec<String> = Vec::new();
        let mut used = 0;
        for character in before.iter().rev() {
            let piece = shown(character);
            let more = columns_of(&piece);
            let mark = usize::from(pieces.len() + 1 < before.len());
            if used + more + mark + 1 > columns {
                break;
            }
            used += more;
            pieces.push(piece);
        }
        if pieces.len() < before.len() {
            pieces.push("<".to_owned());
            used += 1;
        }
        let mut text: String = pieces.into_iter().rev().collect();
        let cursor = used;
        for character in after {
            let piece = shown(character);
            used += columns_of(&piece);
            if used > columns {
                break;
            }
            text.push_str(&piece);
        }
        (text, cursor)
    }

    fn remove(&mut self, from: usize, to: usize) {
        let to = to.min(self.text.len());
        if from < to {
            self.text.drain(from..to);
            self.cursor = from;
        }
    }

    fn word_before(&self) -> usize {
        let is_space = |at: usize| self.text.get(at).is_none_or(|character| character.is_whitespace());
        let mut at = self.cursor;
        while at > 0 && is_space(at - 1) {
            at -= 1;
        }
        while at > 0 && !is_space(at - 1) {
            at -= 1;
        }
        at
    }

    fn word_after(&self) -> usize {
        let is_space = |at: usize| self.text.get(at).is_none_or(|character| character.is_whitespace());
        let mut at = self.cursor;
        while at < self.text.len() && is_space(at) {
            at += 1;
        }
        while at < self.text.len() && !is_space(at) {
            at += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.insert(text);
        editor
    }

    fn press(editor: &mut Editor, code: KeyCode, modifiers: KeyModifiers) {
        editor.key(KeyEvent::new(code, modifiers));
    }

    #[test]
    fn text_is_put_in_and_taken_out_where_the_cursor_is() {
        let mut editor = typed("amin");
        press(&mut editor, KeyCode::Home, KeyModifiers::NONE);
        press(&mut editor, KeyCode::Right, KeyModifiers::NONE);
        press(&mut editor, KeyCode::Char('d'), KeyModifiers::NONE);
        assert_eq!(editor.text(), "admin");
        press(&mut editor, KeyCode::Backspace, KeyModifiers::NONE);
        press(&mut editor, KeyCode::Delete, KeyModifiers::NONE);
        assert_eq!(editor.text(), "ain");
        press(&mut editor, KeyCode::Char('A'), KeyModifiers::SHIFT);
        assert_eq!(editor.text(), "aAin");
    }

    #[test]
    fn words_and_the_whole_line_go_by_the_keys_of_a_shell() {
        let mut editor = typed("one two three");
        press(&mut editor, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(editor.text(), "one two ");
        press(&mut editor, KeyCode::Char('b'), KeyModifiers::ALT);
        press(&mut editor, KeyCode::Char('k'), KeyModifiers::CONTROL);
        assert_eq!(editor.text(), "one ");
        press(&mut editor, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert!(editor.is_empty());
        press(&mut editor, KeyCode::Char('u'), KeyModifiers::CONTROL);
        press(&mut editor, KeyCode::Backspace, KeyModifiers::NONE);
        press(&mut editor, KeyCode::Delete, KeyModifiers::NONE);
        assert!(editor.is_empty());
    }

    #[test]
    fn alt_gr_types_and_other_combinations_do_not() {
        let mut editor = Editor::default();
        press(&mut editor, KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT);
        press(&mut editor, KeyCode::Char('x'), KeyModifiers::CONTROL);
        press(&mut editor, KeyCode::Char('x'), KeyModifiers::ALT);
        press(&mut editor, KeyCode::F(1), KeyModifiers::NONE);
        assert_eq!(editor.text(), "@");
    }

    #[test]
    fn a_long_text_is_seen_around_the_cursor() {
        let mut editor = typed("0123456789");
        assert_eq!(editor.window(20, false), ("0123456789".into(), 10));
        assert_eq!(editor.window(11, false), ("0123456789".into(), 10));
        assert_eq!(editor.window(6, false), ("<6789".into(), 5));
        press(&mut editor, KeyCode::Home, KeyModifiers::NONE);
        assert_eq!(editor.window(6, false), ("012345".into(), 0));
        for _ in 0..5 {
            press(&mut editor, KeyCode::Right, KeyModifiers::NONE);
        }
        assert_eq!(editor.window(6, false), ("012345".into(), 5));
    }

    #[test]
    fn wide_and_hidden_characters_are_counted_as_they_are_seen() {
        assert_eq!(typed("日本").window(10, false), ("日本".into(), 4));
        assert_eq!(typed("日本").window(4, false), ("<本".into(), 3));
        assert_eq!(typed("日本").window(10, true), ("**".into(), 2));
        assert_eq!(typed("a\nb").window(10, false), ("a\\nb".into(), 4));
    }
}
