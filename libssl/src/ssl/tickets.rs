//! The program's part in a server's tickets: its keys, and what the session of a client that comes back is told.

use super::Ssl;
use super::program::Handle;
use crate::crypto::ticket::{self, Failed, Kind, SetKeys};
use crate::error::{self, Reason};
use crate::settings::callbacks::TicketKey;
use libc::{c_int, c_long};
use sslmode_tls::handshake::{TicketFailed, TicketProgram};

/// See the module.
pub(super) struct Tickets(Handle);

impl Tickets {
    pub(super) fn new(ssl: &Ssl) -> Self {
        Tickets(Handle::of(ssl))
    }

    /// The function that sets the keys; that with `EVP_MAC_CTX` goes before, as in OpenSSL.
    fn keys(&self) -> Option<(Kind, TicketKey)> {
        let settings = self.0.ssl().context().settings();
        let callbacks = &settings.callbacks;
        let of = |kind, call: Option<TicketKey>| call.map(|call| (kind, call));
        of(Kind::Mac, callbacks.ticket_key_evp).or_else(|| of(Kind::Hmac, callbacks.ticket_key))
    }

    fn with_keys<T>(
        &self,
        encrypt: c_int,
        work: impl FnOnce(Kind, SetKeys<'_>) -> Result<T, Failed>,
    ) -> Result<T, TicketFailed> {
        let (ssl, Some((kind, call))) = (self.0.ssl(), self.keys()) else { return Err(TicketFailed) };
        work(kind, &mut |name, iv, cipher, mac| {
            // SAFETY: the connection is alive; name and IV have the room that OpenSSL gives, and the contexts are of the
            // kinds that the program's function was set for.
            unsafe { call(ssl.as_ptr(), name, iv, cipher, mac, encrypt) }
        })
        .map_err(|failed| {
            error::put(match failed {
                Failed::Program if encrypt != 0 => Reason::CALLBACK_FAILED,
                _ => Reason::INTERNAL_ERROR,
            });
            ssl.reason_told.set(true);
            TicketFailed
        })
    }
}

impl TicketProgram for Tickets {
    fn note(&self) -> Vec<u8> {
        (self.0.ssl().trust.result() as i32).to_be_bytes().into()
    }

    fn has_keys(&self) -> bool {
        self.keys().is_some()
    }

    fn seal(&self, plain: &[u8]) -> Result<Option<Vec<u8>>, TicketFailed> {
        self.with_keys(1, |kind, set| ticket::seal(kind, plain, set))
    }

    fn open(&self, ticket: &[u8]) -> Result<Option<(Vec<u8>, bool)>, TicketFailed> {
        self.with_keys(0, |kind, set| ticket::open(kind, ticket, set))
    }
}

/// What the verification of the client said, of a note that a ticket kept; one that cannot be read vouches for nobody.
pub(super) fn verify_result(note: Option<&[u8]>) -> c_long {
    let number = note.and_then(|note| note.try_into().ok()).map(i32::from_be_bytes);
    number.unwrap_or(openssl_sys::X509_V_ERR_UNSPECIFIED).into()
}
