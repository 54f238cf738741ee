//! What an `SSL` holds.

use crate::context::Context;
use crate::crypto::ex_data::{Class, ExData};
use crate::negotiated::Own;
use crate::settings::Settings;
use sslmode_engine::ModeCell;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// `SSL`. A program's pointer is [`Arc::into_raw`]. Used by one thread at a time, as OpenSSL's is.
///
/// Everything is behind a cell, and no borrow lasts while the program's callbacks run: they may call back with the
/// same `SSL`.
pub struct Ssl {
    /// The mask, a copy of the context's at first.
    pub modes: ModeCell,
    /// The program's own data (`SSL_set_ex_data`).
    pub ex_data: ExData,
    /// What it was told beside its settings, and what came of its handshake.
    pub own: Own,
    context: RefCell<Arc<Context>>,
    settings: RefCell<Arc<Settings>>,
    poisoned: Cell<bool>,
}

impl Ssl {
    /// `SSL_new`.
    #[allow(clippy::arc_with_non_send_sync, reason = "the count is atomic for SSL_up_ref; the rest is used in turns")]
    pub fn new(context: &Arc<Context>) -> Arc<Self> {
        let (width, _) = Settings::default_modes();
        let ssl = Arc::new(Ssl {
            modes: ModeCell::new(width, context.modes.get()),
            ex_data: ExData::default(),
            own: Own::default(),
            context: RefCell::new(context.clone()),
            settings: RefCell::new(context.settings()),
            poisoned: Cell::new(false),
        });
        ssl.ex_data.created(Class::Connection, Arc::as_ptr(&ssl).cast());
        ssl
    }

    /// The context that it belongs to now.
    pub fn context(&self) -> Arc<Context> {
        self.context.borrow().clone()
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.borrow().clone()
    }

    /// Changes the settings of this connection alone.
    pub fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        change(Arc::make_mut(&mut self.settings.borrow_mut()))
    }

    /// A panic left it in a state that nobody knows.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned.get()
    }

    /// See [`is_poisoned`](Self::is_poisoned).
    pub fn poison(&self) {
        self.poisoned.set(true);
    }
}

impl Drop for Ssl {
    fn drop(&mut self) {
        let this: *const Self = self;
        self.ex_data.freed(Class::Connection, this.cast());
    }
}
