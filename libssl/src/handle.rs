//! What contexts and connections have in common: every setter of an `SSL_CTX` has its twin on the `SSL`.

use crate::context::Context;
use crate::settings::Settings;
use crate::ssl::Ssl;
use std::ptr::null;
use std::sync::Arc;

/// A context or a connection.
pub trait Handle {
    /// The settings as they are now.
    fn settings(&self) -> Arc<Settings>;

    /// Changes the settings of this handle. A lock or a borrow lasts while `change` runs: nothing in it may run the
    /// program's callbacks, which includes giving back what the program may hold ex_data of.
    fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R;

    /// Runs `look` on the context: itself, or the one that the connection belongs to now.
    fn with_context<R>(&self, look: impl FnOnce(&Context) -> R) -> R;

    /// As a security callback is told: one of the two is NULL.
    fn pointers(&self) -> (*const Ssl, *const Context);
}

impl Handle for Context {
    fn settings(&self) -> Arc<Settings> {
        Context::settings(self)
    }

    fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        Context::change(self, change)
    }

    fn with_context<R>(&self, look: impl FnOnce(&Context) -> R) -> R {
        look(self)
    }

    fn pointers(&self) -> (*const Ssl, *const Context) {
        (null(), self)
    }
}

impl Handle for Ssl {
    fn settings(&self) -> Arc<Settings> {
        Ssl::settings(self)
    }

    fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        Ssl::change(self, change)
    }

    fn with_context<R>(&self, look: impl FnOnce(&Context) -> R) -> R {
        look(&self.context())
    }

    fn pointers(&self) -> (*const Ssl, *const Context) {
        (self, null())
    }
}
