//! Words that come from a plugin, made fit to be shown: no control characters, no more than so many bytes, none of the
//! secrets that are known to be in play. And the nearest of several names.

mod pieces;

use harmony_config_core::envelope;
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
///
/// A plugin decides how much that is and how much it says, so both have a bound: beyond it the plugin's words are
/// withheld, rather than shown with a secret in them or searched while everybody waits.
#[derive(Default)]
pub(crate) struct InPlay {
    texts: Vec<Zeroizing<String>>,
    /// How many of them have been looked into: most calls say nothing, so it is done when something is said.
    looked_into: usize,
    /// The texts inside those that are JSON: a message would quote a field.
    leaves: Vec<Zeroizing<String>>,
    /// Whole files that the plugin read: what they say is looked for piece by piece.
    documents: Vec<Zeroizing<String>>,
    /// The place of such a file, which is the host's own word: nothing in it is blotted out.
    place: Option<String>,
    bytes: usize,
    too_much: bool,
}

/// A text shorter than this is not looked for: it would blot out half of every sentence.
const SHORTEST: usize = 4;

/// The texts of one call that are looked for, and their bytes.
const MAX_TEXTS: usize = 8_192;
const MAX_BYTES: usize = 2 * limits::MAX_CALL_BYTES;

/// The bytes that looking for all of them in one message may go through.
const MAX_WORK: usize = 64 << 20;

const WITHHELD: &str = "(words of the plugin are withheld: they are too long to be searched for all secrets in play)";

impl InPlay {
    pub(crate) fn add(&mut self, text: &str) {
        // Read again and again, one secret is one.
        if text.len() < SHORTEST || self.too_much || self.texts.iter().rev().take(8).any(|known| **known == text) {
            return;
        }
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MAX_BYTES {
            self.too_much = true;
            return;
        }
        self.texts.push(Zeroizing::new(text.to_owned()));
        self.too_much = self.texts.len() > MAX_TEXTS;
    }

    /// A whole file that the plugin read, and where it is.
    pub(crate) fn add_document(&mut self, bytes: &[u8], place: &str) {
        if self.too_much || self.documents.iter().rev().take(8).any(|known| known.as_bytes() == bytes) {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_BYTES {
            self.too_much = true;
            return;
        }
        self.documents.push(Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()));
        self.place = Some(place.to_owned());
    }

    pub(crate) fn clear(&mut self) {
        // Keeps the room: it is used again in the next call.
        self.texts.clear();
        self.leaves.clear();
        self.documents.clear();
        self.place = None;
        self.looked_into = 0;
        self.bytes = 0;
        self.too_much = false;
    }

    /// The text as it may be shown, with every secret in play blotted out.
    pub(crate) fn shown(&mut self, text: &str) -> String {
        for secret in self.texts.iter().skip(self.looked_into) {
            if secret.starts_with(['{', '[', '"'])
                && let Ok(value) = serde_json::from_str::<Value>(secret)
            {
                let owned = leaves(secret_part(&value)).into_iter().map(|leaf| Zeroizing::new(leaf.to_owned()));
                self.leaves.extend(owned);
            }
        }
        self.looked_into = self.texts.len();
        self.too_much |= self.texts.len() + self.leaves.len() > MAX_TEXTS;
        let secrets: Vec<&str> = self.texts.iter().chain(&self.leaves).map(|secret| secret.as_str()).collect();
        if self.too_much {
            return WITHHELD.to_owned();
        }
        match self.place.as_deref().filter(|place| text.contains(place)) {
            Some(place) => {
                let parts: Vec<String> =
                    text.split(place).map(|part| blotted(part, &secrets, &self.documents)).collect();
                shown(&parts.join(place))
            }
            None => shown(&blotted(text, &secrets, &self.documents)),
        }
    }

    /// The same for words beside a value that has been parsed: nearly always it is all that is in play, and parsing it a
    /// second time would cost more than the rest of the call.
    pub(crate) fn shown_beside(&mut self, text: String, json: &str, value: &Value) -> String {
        let value_alone = !self.too_much && self.looked_into == 0 && self.texts.iter().all(|secret| **secret == json);
        let mut left = MAX_TEXTS;
        let beside = match self.place.as_deref().and_then(|place| text.strip_prefix(place)) {
            Some(rest) => rest,
            None => &text,
        };
        let harmless = (self.texts.is_empty() && self.documents.is_empty())
            || (!beside.contains(json)
                && !quotes(beside, secret_part(value), &mut left)
                && !self.documents.iter().any(|document| pieces::any(document, |piece| beside.contains(piece))));
        if value_alone && harmless && text.len() <= limits::MAX_MESSAGE_BYTES && text.bytes().all(is_plain) {
            return text;
        }
        self.shown(&text)
    }
}

fn is_plain(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

/// What must not be shown of a value: of a sealed one, what is sealed. Its envelope names the app and the source, which
/// stand in the words of every place.
fn secret_part(value: &Value) -> &Value {
    match envelope::sealed(value) {
        Some(_) => value.get("value").unwrap_or(value),
        None => value,
    }
}

/// Whether a text inside the value stands in the words, or there are more than `left` of them.
fn quotes(words: &str, value: &Value, left: &mut usize) -> bool {
    match value {
        Value::String(text) if text.len() >= SHORTEST => {
            *left = left.saturating_sub(1);
            *left == 0 || words.contains(text.as_str())
        }
        Value::Array(items) => items.iter().any(|item| quotes(words, item, left)),
        Value::Object(fields) => fields.values().any(|field| quotes(words, field, left)),
        _ => false,
    }
}

fn blotted(text: &str, secrets: &[&str], documents: &[Zeroizing<String>]) -> String {
    let lines: usize = documents.iter().map(|document| document.lines().count()).sum();
    if text.len().saturating_mul(secrets.len() + lines) > MAX_WORK {
        return WITHHELD.to_owned();
    }
    let mut out = text.to_owned();
    for secret in secrets {
        blot(&mut out, secret);
    }
    for document in documents {
        pieces::any(document, |piece| {
            blot(&mut out, piece);
            false
        });
    }
    out
}

/// The texts inside a value that are long enough to be looked for.
fn leaves(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::String(text) if text.len() >= SHORTEST => found.push(text.as_str()),
            Value::Array(items) => rest.extend(items),
            Value::Object(fields) => rest.extend(fields.values()),
            _ => {}
        }
    }
    found
}

fn blot(out: &mut String, secret: &str) {
    if out.contains(secret) {
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

/// Whether a field's name says that it is a secret: all there is to go by where nobody declared the field.
pub(crate) fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "apikey", "privatekey"];
    // `apiKey`, `api-key` and `API_KEY` are one name: what counts are its words, and those at its end joined.
    let mut words: Vec<String> = vec![String::new()];
    let mut before = None;
    for character in name.chars() {
        let starts = !character.is_alphanumeric()
            || (character.is_uppercase() && before.is_some_and(|before: char| before.is_lowercase()));
        if starts {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        before = Some(character);
    }
    words.retain(|word| !word.is_empty());
    let last = words.last().map(String::as_str).unwrap_or_default();
    let last_two = words.iter().rev().take(2).rev().map(String::as_str).collect::<String>();
    WORDS.contains(&last) || WORDS.contains(&last_two.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_that_it_is_a_secret_in_any_spelling() {
        for name in ["password", "db_password", "apiToken", "API_KEY", "private-key", "clientSecret", "PASSWORD"] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["port", "token_count", "passwords_file", "secretary", "key", "", "keyring", "password_min_length"]
        {
            assert!(!names_a_secret(name), "{name}");
        }
    }

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
    fn a_place_that_quotes_its_value_is_blotted_out_too() {
        let json = r#"{"user":"admin","password":"canary-1"}"#;
        let value: Value = serde_json::from_str(json).unwrap();
        let mut in_play = InPlay::default();
        in_play.add(json);
        assert_eq!(in_play.shown_beside("row 7 of users".to_owned(), json, &value), "row 7 of users");
        assert_eq!(in_play.shown_beside("row \x1b[2J".to_owned(), json, &value), "row  [2J");
        in_play.clear();
        in_play.add(json);
        assert_eq!(in_play.shown_beside("row canary-1".to_owned(), json, &value), "row ***");
        in_play.add("canary-2");
        assert_eq!(in_play.shown_beside("row canary-1 of canary-2".to_owned(), json, &value), "row *** of ***");
        in_play.clear();
        // Nothing went through the host: then nothing is known to be secret.
        assert_eq!(in_play.shown_beside("table admin".to_owned(), json, &value), "table admin");
    }

    #[test]
    fn what_a_file_says_is_blotted_out_and_its_place_is_not() {
        let place = "/home/admin/config.toml";
        let json = r#"{"password":"canary-1"}"#;
        let value: Value = serde_json::from_str(json).unwrap();
        let mut in_play = InPlay::default();
        in_play.add_document(b"[App]\nuser = 'admin'\npassword = \"canary-1\"\n[Other]\ntoken = \"canary-2\"\n", place);
        let text = in_play.shown("/home/admin/config.toml [App]: admin and canary-1, not canary-2");
        assert_eq!(text, "/home/admin/config.toml [App]: *** and ***, not ***");
        for (location, told) in [
            ("/home/admin/config.toml [App]", "/home/admin/config.toml [App]"),
            ("/home/admin/config.toml canary-2", "/home/admin/config.toml ***"),
        ] {
            assert_eq!(in_play.shown_beside(location.to_owned(), json, &value), told);
        }
        in_play.clear();
        assert_eq!(in_play.shown("canary-1"), "canary-1");
    }

    #[test]
    fn more_secrets_than_can_be_looked_for_withhold_the_words() {
        let mut in_play = InPlay::default();
        (0..=MAX_TEXTS).for_each(|number| in_play.add(&format!("secret-{number}")));
        assert_eq!(in_play.shown("secret-1"), WITHHELD);
        in_play.clear();
        in_play.add(&"x".repeat(MAX_BYTES + 1));
        assert_eq!(in_play.shown("harmless"), WITHHELD);
        in_play.clear();
        (0..100).for_each(|_| in_play.add("read again and again"));
        assert_eq!(in_play.texts.len(), 1);
        assert_eq!(in_play.shown(&"w".repeat(MAX_WORK + 1)), WITHHELD);
        in_play.clear();
        in_play.add_document("a = 1\n".repeat(1 << 20).as_bytes(), "place");
        assert_eq!(in_play.shown(&"w".repeat(100)), WITHHELD);
        in_play.clear();
        (0..100).for_each(|_| in_play.add("read again and again"));
        assert_eq!(in_play.shown("read again and again"), "***");
    }

    #[test]
    fn the_closest_name_is_offered_only_if_it_is_close() {
        assert_eq!(closest("sqlit", ["env", "sqlite"]), Some("sqlite"));
        assert_eq!(closest("oracle", ["env", "sqlite"]), None);
    }
}
