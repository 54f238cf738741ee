//! A server's session tickets: stateless, under keys that a context owns.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use rustls::server::ProducesTickets;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
        self.is_valid(u64::from_be_bytes(issued), now).then(|| plain.to_vec())
    }

    /// Whether a ticket of this second may be used at that one.
    fn is_valid(&self, issued: u64, now: u64) -> bool {
        now.checked_sub(issued).is_some_and(|age| age <= self.lifetime.into())
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

/// The program's part in the tickets of one connection.
pub trait TicketProgram: Send + Sync {
    /// What tickets remember beside the session: [`Established::note`](super::Established::note) of the connection that
    /// resumes. Not asked in one that is resumed itself: what it was told goes on.
    fn note(&self) -> Vec<u8>;

    /// Whether the program has keys of its own; if not, the two below are never called.
    fn has_keys(&self) -> bool;

    /// Seals a ticket with the program's keys; none: no ticket is sent.
    ///
    /// # Errors
    /// The handshake ends with internal_error.
    fn seal(&self, plain: &[u8]) -> Result<Option<Vec<u8>>, TicketFailed>;

    /// Opens a ticket with the program's keys, and says whether it is to be replaced; none: it is not ours.
    ///
    /// # Errors
    /// As for [`seal`](Self::seal).
    fn open(&self, ticket: &[u8]) -> Result<Option<(Vec<u8>, bool)>, TicketFailed>;
}

/// The program ended the handshake over a ticket.
#[derive(Clone, Copy, Debug)]
pub struct TicketFailed;

/// Tickets of one connection, for connections whose policy is the same.
pub(super) struct Bound {
    tickets: Arc<Tickets>,
    program: Option<Arc<dyn TicketProgram>>,
    binding: Vec<u8>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether a session that is resumed gets a new ticket. In TLS 1.2 it does not: OpenSSL's clients would throw the
    /// old one away, of which their programs may know alone. An empty ticket says so (RFC 5077 3.3). The program's keys
    /// decide for themselves.
    renews: bool,
    /// What the ticket remembered that was opened.
    note: Option<Vec<u8>>,
    /// A ticket was made.
    made: bool,
    failed: bool,
}

impl Bound {
    pub(super) fn new(
        tickets: Arc<Tickets>,
        program: Option<Arc<dyn TicketProgram>>,
        binding: Vec<u8>,
        renews: bool,
    ) -> Self {
        Bound { tickets, program, binding, state: Mutex::new(State { renews, ..State::default() }) }
    }

    /// What the ticket remembered, once.
    pub(super) fn take_note(&self) -> Option<Vec<u8>> {
        self.state().note.take()
    }

    /// Whether the program ended the handshake.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who seals and opens in place of our keys.
    fn keeper(&self) -> Option<&dyn TicketProgram> {
        self.program.as_deref().filter(|program| program.has_keys())
    }

    fn fail<T>(&self, result: Result<Option<T>, TicketFailed>) -> Option<T> {
        result.unwrap_or_else(|TicketFailed| {
            self.state().failed = true;
            None
        })
    }

    /// Opens a ticket: what it remembered and the session.
    fn open(&self, ticket: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let body = match self.keeper() {
            None => self.tickets.open(ticket, &self.binding, now()?)?,
            Some(keeper) => {
                let (sealed, renew) = self.fail(keeper.open(ticket))?;
                self.state().renews = renew;
                let (binding, dated) = unpack(&sealed)?;
                let (&issued, body) = dated.split_first_chunk()?;
                let fits = binding == self.binding && self.tickets.is_valid(u64::from_be_bytes(issued), now()?);
                fits.then(|| body.to_vec())?
            }
        };
        let (note, plain) = unpack(&body)?;
        Some((note.to_vec(), plain.to_vec()))
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("tickets", &self.tickets).finish_non_exhaustive()
    }
}

/// Two parts in one: a length of two bytes, the first, the rest.
fn pack(first: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    Some([&u16::try_from(first.len()).ok()?.to_be_bytes()[..], first, rest].concat())
}

fn unpack(whole: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = whole.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(length).into())
}

impl ProducesTickets for Bound {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.tickets.lifetime
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let told = {
            let mut state = self.state();
            // A session that is resumed gets one ticket, as with OpenSSL, however many a new one gets.
            let enough = state.note.is_some() && (!state.renews || state.made);
            if enough || state.failed {
                return None;
            }
            state.made = true;
            state.note.clone()
        };
        // The program's functions run while nothing is locked.
        let note = told.or_else(|| Some(self.program.as_ref()?.note())).unwrap_or_default();
        let (body, now) = (pack(&note, plain)?, now()?);
        match self.keeper() {
            None => self.tickets.seal(&body, &self.binding, now),
            Some(keeper) => {
                let dated = Zeroizing::new([&now.to_be_bytes()[..], &body].concat());
                self.fail(keeper.seal(&Zeroizing::new(pack(&self.binding, &dated)?)))
            }
        }
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (note, plain) = self.open(ticket)?;
        self.state().note = Some(note);
        Some(plain)
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
