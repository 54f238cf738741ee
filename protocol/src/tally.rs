//! How much was seen, counted in a file that the command and every process of the program map: it stands there
//! whatever way the processes end.

/// What is counted. Each is a `u64` in the machine's own order, at the place of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Processes, counted when a program starts in them, that have the library in front.
    Processes,
    /// Libssls found in them.
    Hosts,
    /// Contexts made. Not all of them, where no option watches: only whether there were any.
    Contexts,
    /// Connections made, where an option watches.
    Connections,
    /// Faults made.
    Faults,
    /// Processes that called `exit(3)` with a libssl in them, and without a call to it that was seen.
    Unreached,
}

const COUNTS: usize = Count::Unreached as usize + 1;

/// The length of the file in bytes.
pub const LENGTH: usize = COUNTS * size_of::<u64>();

/// The counts in the bytes of such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally([u64; COUNTS]);

impl Tally {
    /// None where the file has another length.
    pub fn read(bytes: &[u8]) -> Option<Tally> {
        let (numbers, []) = bytes.as_chunks() else { return None };
        Some(Tally(<[[u8; 8]; COUNTS]>::try_from(numbers).ok()?.map(u64::from_ne_bytes)))
    }

    /// One of the counts.
    pub fn of(&self, count: Count) -> u64 {
        self.0[count as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_counts() {
        let bytes: Vec<u8> = [1u64, 2, 3, 4, 5, 6].into_iter().flat_map(u64::to_ne_bytes).collect();
        assert_eq!(bytes.len(), LENGTH);
        let tally = Tally::read(&bytes).unwrap();
        assert_eq!((tally.of(Count::Processes), tally.of(Count::Connections), tally.of(Count::Faults)), (1, 4, 5));
        assert_eq!(Tally::read(&bytes[1..]), None);
    }
}
