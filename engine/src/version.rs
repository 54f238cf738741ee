//! Which dialect a libssl's own version text stands for.

use crate::dialect::{self, Dialect};

impl Dialect {
    /// The dialect of the libssl whose libcrypto calls itself `text` (`OpenSSL_version(0)`, before 1.1.0
    /// `SSLeay_version(0)`): `OpenSSL 1.0.2k  26 Jan 2017`, `BoringSSL`, `AWS-LC 1.60.0`, `LibreSSL 4.0.0`.
    ///
    /// A version that has no dialect of its own gets the nearest before it, a later one than all the latest. None
    /// where the text names no product known here.
    pub fn of_version(text: &str) -> Option<&'static Dialect> {
        let mut words = text.split_ascii_whitespace();
        match words.next()? {
            "BoringSSL" => Some(&dialect::BORINGSSL),
            "AWS-LC" => Some(&dialect::AWS_LC),
            "LibreSSL" => Some(&dialect::LIBRESSL),
            "OpenSSL" => Some(of_openssl(words.next()?)),
            _ => None,
        }
    }
}

fn of_openssl(version: &str) -> &'static Dialect {
    let mut parts = version.split('.');
    let mut number = || parts.next().map_or(0, leading_number);
    match (number(), number(), number()) {
        (0, _, _) => &dialect::OPENSSL_0_9_8,
        (1, 0, 2) if letter_of_1_0_2(version) >= Some('l') => &dialect::OPENSSL_1_0_2L,
        (1, 0, _) => &dialect::OPENSSL_1_0_2,
        (1, 1, 0) => &dialect::OPENSSL_1_1_0,
        (1, _, _) => &dialect::OPENSSL_1_1_1,
        (2, _, _) | (3, 0 | 1, _) => &dialect::OPENSSL_3,
        (3, _, _) => &dialect::OPENSSL_3_2,
        _ => &dialect::OPENSSL_4,
    }
}

/// The letter that counts the releases of 1.0.2; none is the first.
fn letter_of_1_0_2(version: &str) -> Option<char> {
    version.strip_prefix("1.0.2")?.chars().next().filter(char::is_ascii_lowercase)
}

/// The digits that `part` begins with (`2k` is 2); a part without any, or too many to count, stands for a version
/// yet to come.
fn leading_number(part: &str) -> u32 {
    let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
    part[..end].parse().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_as_libraries_print_them() {
        for (text, name) in [
            ("OpenSSL 0.9.8e-fips-rhel5 01 Jul 2008", "openssl-0.9.8"),
            ("OpenSSL 1.0.0o 15 Oct 2014", "openssl-1.0.2"),
            ("OpenSSL 1.0.2k  26 Jan 2017", "openssl-1.0.2"),
            ("OpenSSL 1.0.2k-fips  26 Jan 2017", "openssl-1.0.2"),
            ("OpenSSL 1.0.2-fips  22 Jan 2015", "openssl-1.0.2"),
            ("OpenSSL 1.0.2n  7 Dec 2017", "openssl-1.0.2l"),
            ("OpenSSL 1.0.2zk  3 Sep 2024", "openssl-1.0.2l"),
            ("OpenSSL 1.1.0l  10 Sep 2019", "openssl-1.1.0"),
            ("OpenSSL 1.1.1w  11 Sep 2023", "openssl-1.1.1"),
            ("OpenSSL 3.0.19 27 Jan 2026", "openssl-3"),
            ("OpenSSL 3.1.8 11 Feb 2025", "openssl-3"),
            ("OpenSSL 3.6.3 9 Jun 2026", "openssl-3.2"),
            ("OpenSSL 3.7.0-dev ", "openssl-3.2"),
            ("OpenSSL 4.0.3 1 Sep 2026", "openssl-4"),
            ("OpenSSL 11.2.0", "openssl-4"),
            ("BoringSSL", "boringssl"),
            ("AWS-LC 1.60.0", "aws-lc"),
            ("LibreSSL 3.9.2", "libressl"),
        ] {
            assert_eq!(Dialect::of_version(text).map(|dialect| dialect.name), Some(name), "{text}");
        }
        for text in ["", "OpenSSL", "GnuTLS 3.7", "openssl 3.0"] {
            assert!(Dialect::of_version(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, version in "OpenSSL [0-9a-z.-]{0,30}") {
            let _ = Dialect::of_version(&text);
            let _ = Dialect::of_version(&version);
        }
    }
}
