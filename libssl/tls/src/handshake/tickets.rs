//! A server's session tickets: stateless, under keys that a context owns.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use rustls::server::ProducesTickets;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// The bytes of the keys, as `SSL_CTX_set_tlsext_ticket_keys` counts them.
pub const TICKET_KEYS: usize = 80;

const NAME: usize = 16;
const SALT: usize = 32;
const TAG: usize = 16;

/// The keys of a server's tickets, and how long these can be used.
///
/// A ticket is `name of the keys (16) | salt (32) | ciphertext | tag (16)`: AES-256-GCM under a key of its own, which
/// HMAC-SHA-256 makes from the salt. So the nonce is always 0, and one set of keys lasts for any number of tickets.
pub struct Tickets {
    keys: Zeroizing<[u8; TICKET_KEYS]>,
    lifetime: u32,
}

impl Tickets {
    /// New keys. `lifetime` is in seconds, 7 days at most (RFC 8446 4.6.1).
    pub fn generate(lifetime: u32) -> Self {
        let mut keys = [0; TICKET_KEYS];
        rand::fill(&mut keys).expect("the system gives random bytes");
        Tickets::with_keys(keys, lifetime)
    }

    /// The keys of another server: it takes our tickets, and we take its.
    pub fn with_keys(keys: [u8; TICKET_KEYS], lifetime: u32) -> Self {
        const WEEK: u32 = 7 * 24 * 60 * 60;
        Tickets { keys: Zeroizing::new(keys), lifetime: lifetime.min(WEEK) }
    }

    /// The keys.
    pub fn keys(&self) -> &[u8; TICKET_KEYS] {
        &self.keys
    }

    /// How long a ticket can be used, in seconds.
    pub fn lifetime(&self) -> u32 {
        self.lifetime
    }

    fn name(&self) -> &[u8] {
        &self.keys[..NAME]
    }

    fn key(&self, salt: &[u8]) -> LessSafeKey {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.keys[NAME..]), salt);
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("32 bytes"))
    }

    /// `binding` is authenticated: the ticket is good for connections with the same one.
    fn seal(&self, plain: &[u8], binding: &[u8], now: u64) -> Option<Vec<u8>> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt).ok()?;
        let mut body = [&now.to_be_bytes()[..], plain].concat();
        self.key(&salt).seal_in_place_append_tag(nonce(), Aad::from(binding), &mut body).ok()?;
        Some([self.name(), &salt, &body].concat())
    }

    fn open(&self, ticket: &[u8], binding: &[u8], now: u64) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_at_checked(NAME)?;
        let (salt, body) = rest.split_at_checked(SALT)?;
        if name != self.name() || body.len() < TAG {
            return None;
        }
        let mut body = body.to_vec();
        let plain = self.key(salt).open_in_place(nonce(), Aad::from(binding), &mut body).ok()?;
        let (&issued, plain) = plain.split_first_chunk()?;
        let age = now.checked_sub(u64::from_be_bytes(issued))?;
        (age <= self.lifetime.into()).then(|| plain.to_vec())
    }
}

/// RFC 5116 3.2: a nonce must not come twice under one key, and each key here is used once.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Tickets for connections whose policy is the same.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) tickets: Arc<Tickets>,
    pub(super) binding: Vec<u8>,
}

impl ProducesTickets for Bound {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.tickets.lifetime
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.tickets.seal(plain, &self.binding, now()?)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.tickets.open(ticket, &self.binding, now()?)
    }
}

fn now() -> Option<u64> {
    Some(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_under_its_keys_binding_and_lifetime_only() {
        let tickets = Tickets::generate(100);
        let ticket = tickets.seal(b"session", b"policy", 1000).unwrap();
        let opened = |tickets: &Tickets, binding: &[u8], now| tickets.open(&ticket, binding, now);
        assert_eq!(opened(&tickets, b"policy", 1100).as_deref(), Some(&b"session"[..]));
        assert_eq!(opened(&tickets, b"policy", 1101), None);
        assert_eq!(opened(&tickets, b"policy", 999), None, "from the future");
        assert_eq!(opened(&tickets, b"another", 1000), None);
        assert_eq!(opened(&Tickets::generate(100), b"policy", 1000), None);
        assert!(opened(&Tickets::with_keys(*tickets.keys(), 100), b"policy", 1000).is_some());
    }

    #[test]
    fn damaged_and_short_tickets_do_not_open() {
        let tickets = Tickets::generate(100);
        let ticket = tickets.seal(b"session", b"", 0).unwrap();
        for length in 0..ticket.len() {
            assert_eq!(tickets.open(&ticket[..length], b"", 0), None);
            let mut damaged = ticket.clone();
            damaged[length] ^= 1;
            assert_eq!(tickets.open(&damaged, b"", 0), None);
        }
    }
}
