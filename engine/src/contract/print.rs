//! The fingerprint of a buffer: enough to tell whether another holds the same bytes, and nothing of them.

use std::hash::Hasher;

/// No more of a buffer is looked at than this many bytes.
pub const SEEN: usize = 256 * 1024;

/// Where the hash is noted on the way, so that a shorter buffer can be compared as well.
const CUTS: [usize; 10] = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, SEEN];

/// The fewest bytes that say which message this is.
const BEGINNING: usize = 16;

/// Hashes, under a key of the process, of a buffer's first bytes up to each cut and up to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    length: usize,
    cuts: [u64; CUTS.len()],
    end: u64,
}

impl Fingerprint {
    /// Of these bytes, of which those behind [`SEEN`] do not matter.
    pub fn of(bytes: &[u8], mut hasher: impl Hasher) -> Fingerprint {
        let bytes = &bytes[..bytes.len().min(SEEN)];
        let mut print = Fingerprint { length: bytes.len(), cuts: [0; CUTS.len()], end: 0 };
        let mut done = 0;
        for (place, &cut) in CUTS.iter().enumerate().take_while(|(_, cut)| **cut <= bytes.len()) {
            hasher.write(&bytes[done..cut]);
            print.cuts[place] = hasher.finish();
            done = cut;
        }
        hasher.write(&bytes[done..]);
        print.end = hasher.finish();
        print
    }

    /// Whether the bytes agree as far as both go; what lies between the last common cut and the shorter one's end is
    /// not compared.
    pub fn agrees(&self, other: &Fingerprint) -> bool {
        let shorter = self.length.min(other.length);
        let common = CUTS.iter().take_while(|&&cut| cut <= shorter).count();
        let ends = self.length != other.length || self.end == other.end;
        self.cuts[..common] == other.cuts[..common] && ends
    }

    /// Whether the first few bytes agree.
    pub fn begins_as(&self, other: &Fingerprint) -> bool {
        let shorter = self.length.min(other.length);
        if shorter < BEGINNING {
            return self.agrees(other);
        }
        let common = CUTS.iter().take_while(|&&cut| cut <= BEGINNING).count();
        self.cuts[..common] == other.cuts[..common]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::DefaultHasher;

    fn print(bytes: &[u8]) -> Fingerprint {
        Fingerprint::of(bytes, DefaultHasher::new())
    }

    #[test]
    fn only_the_first_part_counts() {
        let mut bytes = vec![7; SEEN + 10];
        let before = print(&bytes);
        bytes[SEEN + 5] = 8;
        assert_eq!(print(&bytes), before);
        bytes[SEEN - 1] = 8;
        assert!(!print(&bytes).agrees(&before) && print(&bytes).begins_as(&before));
    }

    proptest! {
        #[test]
        fn the_same_bytes_agree(bytes in prop::collection::vec(any::<u8>(), 0..5000), cut in 0..5000usize) {
            let whole = print(&bytes);
            let part = print(&bytes[..cut.min(bytes.len())]);
            prop_assert!(whole.agrees(&whole) && whole.agrees(&part) && part.begins_as(&whole));
        }

        #[test]
        fn one_other_byte_is_seen(mut bytes in prop::collection::vec(any::<u8>(), 1..5000), at in 0..5000usize) {
            let before = print(&bytes);
            let at = at % bytes.len();
            bytes[at] ^= 1;
            prop_assert!(!print(&bytes).agrees(&before));
            prop_assert_eq!(print(&bytes).begins_as(&before), at >= BEGINNING.min(bytes.len()) && bytes.len() >= BEGINNING);
        }
    }
}
