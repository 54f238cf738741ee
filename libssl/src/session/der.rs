//! As much of DER (X.690) as sessions are written in.

/// `INTEGER`.
pub const INTEGER: u8 = 0x02;
/// `OCTET STRING`.
pub const OCTET_STRING: u8 = 0x04;
/// `SEQUENCE`.
pub const SEQUENCE: u8 = 0x30;

/// A context-specific tag around another element.
pub const fn explicit(number: u8) -> u8 {
    0xa0 | number
}

/// Appends an element.
pub fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        out.push(0x80 | (bytes.len() - start) as u8);
        out.extend_from_slice(&bytes[start..]);
    }
    out.extend_from_slice(content);
}

/// Appends an `INTEGER`.
pub fn put_integer(out: &mut Vec<u8>, value: i64) {
    let bytes = value.to_be_bytes();
    // A leading byte goes where the next one has the same sign.
    let spare = (0..7).take_while(|place| bytes[*place] == if bytes[place + 1] & 0x80 == 0 { 0 } else { 0xff });
    put(out, INTEGER, &bytes[spare.count()..]);
}

/// The elements of some bytes, one after the other.
#[derive(Clone)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next element, which has to have this tag.
    pub fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], rest) = self.0.split_first_chunk()?;
        if found != tag {
            return None;
        }
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The next `INTEGER`.
    pub fn integer(&mut self) -> Option<i64> {
        let content = self.take(INTEGER)?;
        let start = if *content.first()? & 0x80 == 0 { 0 } else { -1 };
        (content.len() <= 8).then(|| content.iter().fold(start, |value, byte| (value << 8) | i64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_as_short_as_they_can_be() {
        let cases: [(i64, &[u8]); 7] = [
            (0, &[2, 1, 0]),
            (127, &[2, 1, 127]),
            (128, &[2, 2, 0, 128]),
            (-1, &[2, 1, 255]),
            (-128, &[2, 1, 128]),
            (-129, &[2, 2, 255, 127]),
            (i64::MIN, &[2, 8, 128, 0, 0, 0, 0, 0, 0, 0]),
        ];
        for (value, encoded) in cases {
            let mut out = Vec::new();
            put_integer(&mut out, value);
            assert_eq!(out, encoded);
            assert_eq!(Reader(&out).integer(), Some(value));
        }
    }

    #[test]
    fn lengths_come_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_536] {
            let mut out = Vec::new();
            put(&mut out, OCTET_STRING, &vec![7; length]);
            assert_eq!(Reader(&out).take(OCTET_STRING).map(<[u8]>::len), Some(length));
            assert_eq!(Reader(&out[..out.len() - 1]).take(OCTET_STRING), None);
        }
        assert_eq!(Reader(&[OCTET_STRING, 0x85, 0, 0, 0, 0, 0]).take(OCTET_STRING), None);
        assert_eq!(Reader(&[SEQUENCE, 0]).take(OCTET_STRING), None);
    }
}
