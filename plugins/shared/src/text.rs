//! From the bytes of a file to its text, and what of it must be kept when it is written again.

use harmony_config_sdk::Failure;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The text of a file.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Without a byte-order mark.
    pub text: &'a str,
    /// It began with the mark that some editors of Windows put before UTF-8.
    marked: bool,
}

/// The text, without a byte-order mark; `location` names the file in a failure.
///
/// # Errors
/// `invalid` where the bytes are not UTF-8.
pub fn decode(bytes: &[u8], location: impl Fn() -> String) -> Result<Text<'_>, Failure> {
    let save_it = || format!("save {} as UTF-8", location());
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Failure::invalid(format!("{} is saved as UTF-16", location())).remedy(save_it()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        Failure::invalid(format!("{}, line {line}: it is not UTF-8", location())).remedy(save_it())
    })?;
    Ok(match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => Text { text, marked: true },
        None => Text { text, marked: false },
    })
}

impl Text<'_> {
    /// The bytes of a changed text, marked as the old one was.
    pub fn encode(&self, changed: &str) -> Vec<u8> {
        match self.marked {
            true => [BYTE_ORDER_MARK, changed].concat().into_bytes(),
            false => changed.as_bytes().to_vec(),
        }
    }
}

/// How lines of a text end: as the first one does.
pub fn line_end(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The length of the JSON string that `text` begins with, its quotes with it.
pub fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_of_other_editors_are_kept_or_named() {
        let marked = decode(b"\xef\xbb\xbfa", String::new).unwrap();
        assert_eq!((marked.text, marked.encode("b")), ("a", b"\xef\xbb\xbfb".to_vec()));
        assert_eq!(decode(b"a", String::new).unwrap().encode("b"), b"b");
        let failure = |bytes| decode(bytes, || "/x".to_owned()).unwrap_err();
        assert_eq!(failure(b"\xff\xfea\0").message, "/x is saved as UTF-16");
        assert_eq!(failure(b"a\n\xff").message, "/x, line 2: it is not UTF-8");
        assert_eq!(failure(b"\xff").remedy.unwrap(), "save /x as UTF-8");
    }

    #[test]
    fn lines_end_as_the_first_one_does() {
        assert_eq!([line_end(""), line_end("a\nb\r\n"), line_end("a\r\nb\n")], ["\n", "\n", "\r\n"]);
    }
}
