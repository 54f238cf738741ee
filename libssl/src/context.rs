//! What an `SSL_CTX` holds.

use crate::crypto::ex_data::{Class, ExData};
use crate::method::Method;
use crate::session::Session;
use crate::session::cache::Cache;
use crate::settings::{Settings, dialect};
use crate::verification::ContextTrust;
use sslmode_engine::ModeCell;
use sslmode_tls::connection::Pool;
use sslmode_tls::handshake::{TICKET_KEYS, Tickets};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// `SSL_CTX`. A program's pointer is [`Arc::into_raw`]: the references are the Arc's.
pub struct Context {
    /// What it was made with.
    pub method: &'static Method,
    /// The mask that `SSL_new` copies.
    pub modes: ModeCell,
    /// The program's own data (`SSL_CTX_set_ex_data`).
    pub ex_data: ExData,
    /// Unused record buffers.
    pub pool: Pool,
    /// Whom its connections trust.
    pub trust: ContextTrust,
    /// The sessions that it keeps.
    pub sessions: Cache,
    settings: Mutex<Arc<Settings>>,
    ticket_keys: [u8; TICKET_KEYS],
}

impl Context {
    /// `SSL_CTX_new`.
    pub fn new(method: &'static Method) -> Arc<Self> {
        let context = Context {
            method,
            modes: {
                let (width, mask) = Settings::default_modes();
                ModeCell::new(width, mask)
            },
            ex_data: ExData::default(),
            pool: Pool::new(dialect()),
            trust: ContextTrust::default(),
            sessions: Cache::default(),
            settings: Mutex::new(Arc::new(Settings::default())),
            ticket_keys: *Tickets::generate(0).keys(),
        };
        let context = Arc::new(context);
        context.ex_data.created(Class::Context, Arc::as_ptr(&context).cast());
        context
    }

    /// The keys of its servers' tickets where the program sets none. Made with the context: the processes that a server
    /// forks later open each other's tickets.
    pub fn own_ticket_keys(&self) -> &[u8; TICKET_KEYS] {
        &self.ticket_keys
    }

    /// The settings as they are now; a later change makes new ones.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys of a server's tickets, as `SSL_CTX_get_tlsext_ticket_keys` shows them: those that were set, or our own.
    pub fn ticket_keys(&self) -> Box<[u8; TICKET_KEYS]> {
        self.settings().callbacks.ticket_keys.clone().unwrap_or_else(|| Box::new(*self.own_ticket_keys()))
    }

    /// Keeps a session, and tells the program which had to leave. Answers whether it is new.
    pub fn keep(&self, session: &Arc<Session>) -> bool {
        let (is_new, leaving) = self.sessions.add(session, self.settings().sessions.size);
        self.sessions.counts.full.fetch_add(leaving.len() as i64, Ordering::Relaxed);
        self.let_go(leaving);
        is_new
    }

    /// Tells the program of sessions that left; no lock is held.
    pub fn let_go(&self, leaving: Vec<Arc<Session>>) {
        let removed = self.settings().callbacks.remove_session;
        for session in leaving {
            session.data().not_resumable = true;
            if let Some(removed) = removed {
                // SAFETY: the program's function, with objects that live through the call.
                unsafe { removed(std::ptr::from_ref(self).cast_mut(), Arc::as_ptr(&session).cast_mut()) };
            }
        }
    }

    /// Changes the settings for the connections made from now on.
    pub fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        Settings::change(&mut self.settings.lock().unwrap_or_else(PoisonError::into_inner), change)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // As OpenSSL does: the program hears of the sessions before its data go.
        self.let_go(self.sessions.flush(0));
        let this: *const Self = self;
        self.ex_data.freed(Class::Context, this.cast());
    }
}
