//! Passwords that nobody thought of.

use harmony_config_core::Secret;
use rustls::crypto::ring;

use crate::Error;

/// Letters and digits that are not taken for each other when they are read aloud.
const ALPHABET: &[u8; 56] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ2345679";
/// 24 of 56: more than 139 bits.
const LENGTH: usize = 24;

/// A new password, of the operating system's randomness.
pub(crate) fn generate() -> Result<Secret<String>, Error> {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0_u8; 64];
        ring::default_provider().secure_random.fill(&mut bytes).map_err(|_| {
            Error::usage("this machine has no randomness to make a password of", "give one: --passwords ask")
        })?;
        // A byte beyond the last whole multiple would make some letters likelier than others.
        let fair = bytes.iter().filter(|byte| usize::from(**byte) < 256 - 256 % ALPHABET.len());
        let letters = fair.filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        text.extend(letters.take(LENGTH - text.len()).map(|letter| char::from(*letter)));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another_and_none_has_letters_that_look_alike() {
        let all: std::collections::BTreeSet<String> = (0..64).map(|_| generate().unwrap().expose().clone()).collect();
        assert_eq!(all.len(), 64);
        for one in &all {
            assert_eq!(one.len(), LENGTH);
            assert!(!one.contains(['0', 'O', '1', 'l', 'I', '8', ':']), "{one}");
        }
    }
}
