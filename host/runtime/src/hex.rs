//! Bytes in hexadecimal, as digests are written: in names of files, in versions, in what a person compares.

use std::fmt::Write;

/// Two lower-case digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // A text takes whatever is written into it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The first bytes of a digest: enough to tell one from another.
pub(crate) fn short(digest: &[u8], bytes: usize) -> String {
    hex(digest.get(..bytes).unwrap_or(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_two_digits_in_their_order() {
        assert_eq!(hex(&[0, 1, 0xab, 0xff]), "0001abff");
        assert_eq!(short(&[0, 1, 0xab, 0xff], 2), "0001");
        assert_eq!(short(&[7], 2), "07");
    }
}
