//! Words that come from a plugin, made fit to be shown: no control characters, no more than so many bytes, none of the
//! secrets that are known to be in play. And the nearest of several names.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::limits;

/// A text as it may be shown to a person or written to a log: control characters are blanks, the length is capped.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(limits::MAX_MESSAGE_BYTES));
    for character in text.chars() {
        if out.len() + character.len_utf8() > limits::MAX_MESSAGE_BYTES {
            out.push('…');
            break;
        }
        // Besides control characters: those that turn the direction of what follows, or hide.
        let hidden = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        out.push(if character.is_control() || hidden { ' ' } else { character });
    }
    out
}

/// The secrets that a call has put into play: whatever passed between the plugin and its capabilities.
#[derive(Default)]
pub(crate) struct InPlay {
    texts: Vec<Zeroizing<String>>,
}

/// A text shorter than this is not looked for: it would blot out half of every sentence.
const SHORTEST: usize = 4;

impl InPlay {
    pub(crate) fn add(&mut self, text: &str) {
        if text.len() >= SHORTEST {
            self.texts.push(Zeroizing::new(text.to_owned()));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.texts.clear();
    }

    /// The text as it may be shown, with every secret in play blotted out.
    pub(crate) fn shown(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in &self.texts {
            blot(&mut out, secret);
            // A value is a JSON text, and a message would quote a field of it.
            if secret.starts_with(['{', '[', '"'])
                && let Ok(value) = serde_json::from_str::<Value>(secret)
            {
                blot_leaves(&mut out, &value);
            }
        }
        shown(&out)
    }
}

fn blot_leaves(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => blot(out, text),
        Value::Array(items) => items.iter().for_each(|item| blot_leaves(out, item)),
        Value::Object(fields) => fields.values().for_each(|field| blot_leaves(out, field)),
        _ => {}
    }
}

fn blot(out: &mut String, secret: &str) {
    if secret.len() >= SHORTEST && out.contains(secret) {
        *out = out.replace(secret, "***");
    }
}

/// The name that was probably meant.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_cannot_move_the_cursor_nor_flood_the_screen() {
        assert_eq!(shown("a\x1b[2Jb\r\nc\u{202e}d"), "a [2Jb  c d");
        let long = shown(&"ä".repeat(5_000));
        assert!(long.len() <= limits::MAX_MESSAGE_BYTES + '…'.len_utf8() && long.ends_with('…'));
    }

    #[test]
    fn a_secret_in_play_is_blotted_out_and_so_is_a_field_of_it() {
        let mut in_play = InPlay::default();
        in_play.add(r#"{"user":"admin","password":"canary-1"}"#);
        in_play.add("canary-2");
        let text = in_play.shown("could not use canary-1 of admin, nor canary-2");
        assert_eq!(text, "could not use *** of ***, nor ***");
        in_play.clear();
        assert_eq!(in_play.shown("canary-2"), "canary-2");
    }

    #[test]
    fn the_closest_name_is_offered_only_if_it_is_close() {
        assert_eq!(closest("sqlit", ["env", "sqlite"]), Some("sqlite"));
        assert_eq!(closest("oracle", ["env", "sqlite"]), None);
    }
}
