//! Random names: tokens, accessors, ids. Of the server's shape, so that a client that looks at them sees nothing odd.

use ring::rand::{SecureRandom, SystemRandom};

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut found = [0_u8; N];
    // It fails only where the system has no random numbers; then nothing else in a test run works either.
    let _ = SystemRandom::new().fill(&mut found);
    found
}

pub(crate) fn letters<const N: usize>() -> String {
    bytes::<N>()
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|b| char::from(*b))
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn uuid() -> String {
    let all = hex(&bytes::<16>());
    let part = |from: usize, to: usize| all.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

pub(crate) fn service_token() -> String {
    format!("s.{}", letters::<24>())
}

pub(crate) fn batch_token() -> String {
    format!("b.{}", letters::<96>())
}

pub(crate) fn accessor() -> String {
    letters::<24>()
}

/// The accessor of a mount: its type and eight digits.
pub(crate) fn mount_accessor(kind: &str) -> String {
    format!("{kind}_{}", hex(&bytes::<4>()))
}
