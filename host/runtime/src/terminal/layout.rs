//! Text in columns: how wide it is, where it breaks, where it is cut. No terminal is touched here.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands at the end of a text that was cut.
const CUT: &str = "...";

/// How many columns the text takes.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// How many columns the character takes.
pub(crate) fn char_width(character: char) -> usize {
    UnicodeWidthChar::width(character).unwrap_or(0)
}

/// The text with what a terminal would act upon made visible.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            other if other.is_control() => shown.push('?'),
            other => shown.push(other),
        }
    }
    shown
}

/// The text, cut to `columns`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(CUT.len());
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += char_width(character);
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept.extend(CUT.chars().take(columns));
    kept
}

/// The text, padded with spaces to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    padded
}

/// The text in lines of at most `columns`, broken between words, inside a word only where it fits no line.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let gap = usize::from(!line.is_empty());
            if width(&line) + gap + width(word) > columns && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for character in word.chars() {
                if width(&line) + char_width(character) > columns {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(character);
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// The same, of at most `most` lines: the last one says that there was more.
pub(crate) fn wrap_capped(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = wrap(text, columns);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} {CUT}"), columns);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words_and_inside_only_what_fits_nowhere() {
        assert_eq!(wrap("the name of the host", 8), ["the name", "of the", "host"]);
        assert_eq!(wrap("a https://example.org b", 8), ["a", "https://", "example.", "org b"]);
        assert_eq!(wrap("one\n\ntwo", 8), ["one", "two"]);
        assert_eq!(wrap("", 8), Vec::<String>::new());
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(cut("日本語です", 7), "日本...");
        assert_eq!(pad("日本", 6), "日本  ");
    }

    #[test]
    fn a_cut_text_says_so_and_fits() {
        assert_eq!(cut("password", 8), "password");
        assert_eq!(cut("passwords", 8), "passw...");
        assert_eq!(cut("passwords", 2), "..");
        assert_eq!(wrap_capped("one two three four", 8, 2), ["one two", "three..."]);
    }

    #[test]
    fn nothing_that_a_terminal_would_act_upon_is_left() {
        assert_eq!(visible("a\u{1b}[31m\n\tb\u{7f}"), "a?[31m\\n\\tb?");
    }
}
