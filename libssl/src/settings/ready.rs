//! Settings made ready for handshakes: once for all connections that share them.

use super::Settings;
use super::choices::option;
use crate::error::Reason;
use crate::method::Method;
use sslmode_tls::handshake::{Choices, TICKET_KEYS, Tickets};
use std::sync::{Arc, OnceLock};

/// What the handshakes of unchanged settings share. Copies begin without it, since they are made to be changed.
#[derive(Default)]
pub struct Ready(OnceLock<Result<Prepared, Reason>>);

impl Clone for Ready {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// See [`Ready`].
pub struct Prepared {
    /// Suites, groups, versions.
    pub choices: Choices,
    /// What a client offers by ALPN.
    pub alpn: Vec<Vec<u8>>,
    /// The keys of a server's tickets; None where it sends none.
    pub tickets: Option<Arc<Tickets>>,
}

impl Settings {
    /// Made ready for the connections of a context with this method and these keys for tickets.
    ///
    /// # Errors
    /// They leave nothing to offer.
    pub fn prepared(&self, method: &Method, ticket_keys: &[u8; TICKET_KEYS]) -> Result<&Prepared, Reason> {
        self.ready.0.get_or_init(|| self.prepare(method, ticket_keys)).as_ref().map_err(|&reason| reason)
    }

    fn prepare(&self, method: &Method, ticket_keys: &[u8; TICKET_KEYS]) -> Result<Prepared, Reason> {
        let choices = &self.choices;
        let versions = choices.versions(method)?;
        let tickets = (choices.options & option::NO_TICKET == 0).then(|| {
            let keys = self.callbacks.ticket_keys.as_deref().unwrap_or(ticket_keys);
            let lifetime = u32::try_from(self.sessions.timeout).unwrap_or(0);
            Arc::new(Tickets::with_keys(*keys, lifetime))
        });
        Ok(Prepared {
            choices: Choices::new(&choices.suites(self.certificates.security.level), choices.groups(), versions)
                .map_err(|_| Reason::NO_CIPHERS_AVAILABLE)?,
            alpn: choices.alpn().map(<[u8]>::to_vec).collect(),
            tickets,
        })
    }

    /// Changes settings that others may share; what was made ready of them is no longer.
    pub fn change<R>(shared: &mut Arc<Settings>, change: impl FnOnce(&mut Settings) -> R) -> R {
        let settings = Arc::make_mut(shared);
        settings.ready = Ready::default();
        change(settings)
    }
}
