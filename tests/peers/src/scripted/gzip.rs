//! A gzip file of nothing but zeros, written by hand: no compressor is needed to say "the same again" many times.

/// The bits of a deflate stream, the first in the lowest place.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    open: u32,
    count: u32,
}

impl Bits {
    fn add(&mut self, value: u32, length: u32) {
        for at in 0..length {
            self.open |= (value >> at & 1) << self.count;
            self.count += 1;
            if self.count == 8 {
                self.flush();
            }
        }
    }

    /// Codes come with their highest bit first.
    fn code(&mut self, value: u32, length: u32) {
        for at in (0..length).rev() {
            self.add(value >> at & 1, 1);
        }
    }

    fn flush(&mut self) {
        if self.count > 0 {
            self.bytes.extend(self.open.to_le_bytes().first());
            (self.open, self.count) = (0, 0);
        }
    }
}

/// Zeros, in less than a hundredth of their length.
pub(super) fn zeros(length: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with the codes that the format fixes.
    bits.add(1, 1);
    bits.add(1, 2);
    let zero = |bits: &mut Bits| bits.code(0x30, 8);
    if length > 0 {
        zero(&mut bits);
    }
    let left = length.saturating_sub(1);
    for _ in 0..left / 258 {
        // 258 bytes, from one byte back.
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    for _ in 0..left % 258 {
        zero(&mut bits);
    }
    bits.code(0, 7);
    bits.flush();
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(bits.bytes);
    file.extend(checksum_of_zeros(length).to_le_bytes());
    file.extend(u32::try_from(length % (1 << 32)).unwrap_or_default().to_le_bytes());
    file
}

/// CRC-32 of zeros, without a table: for a zero, eight steps of the register are all there is.
fn checksum_of_zeros(length: usize) -> u32 {
    let step = |register: u32| (0..8).fold(register, |it, _| if it & 1 == 1 { it >> 1 ^ 0xedb8_8320 } else { it >> 1 });
    // A step is linear: what it does to each bit, squared again and again, does 2, 4, 8 … steps at once.
    let mut matrix: Vec<u32> = (0..32).map(|bit| step(1 << bit)).collect();
    let apply = |matrix: &[u32], register: u32| {
        matrix.iter().enumerate().filter(|(bit, _)| register >> bit & 1 == 1).fold(0, |sum, (_, column)| sum ^ column)
    };
    let (mut register, mut left) = (u32::MAX, length);
    while left > 0 {
        if left & 1 == 1 {
            register = apply(&matrix, register);
        }
        matrix = matrix.iter().map(|column| apply(&matrix, *column)).collect();
        left >>= 1;
    }
    !register
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_as_many_zeros() {
        // The well-known values for 1, 4 and 32 zeros.
        assert_eq!(checksum_of_zeros(1), 0xd202_ef8d);
        assert_eq!(checksum_of_zeros(4), 0x2144_df1c);
        assert_eq!(checksum_of_zeros(32), 0x190a_55ad);
        assert_eq!(checksum_of_zeros(0), 0);
    }

    #[test]
    fn a_bomb_is_small() {
        assert!(zeros(100 << 20).len() < (100 << 20) / 150);
    }
}
