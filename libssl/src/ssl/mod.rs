//! What an `SSL` holds.
//!
//! | file | its job |
//! |---|---|
//! | `bio` | the SSL BIO |
//! | `calls` | `SSL_do_handshake`, `SSL_read`, `SSL_write`, `SSL_shutdown` and what they return |
//! | `outcome` | what stopped a call: `SSL_want`, the error queue, `SSL_get_error` |
//! | `program` | the program's callbacks in a handshake |
//! | `reasons` | OpenSSL's reasons for what stopped a connection |
//! | `sessions` | the session in force |
//! | `start` | a handshake begun with the settings of the moment |
//! | `state` | what is asked and told beside |
//! | `tickets` | the program's part in a server's tickets |

pub mod bio;
mod calls;
mod outcome;
mod program;
mod reasons;
mod sessions;
mod start;
mod state;
mod tickets;

pub use calls::Failed;
pub use sslmode_tls::record::Role;

use crate::context::Context;
use crate::crypto::bio::{Bio, Bios};
use crate::crypto::ex_data::{Class, ExData};
use crate::negotiated::Own;
use crate::settings::{Settings, dialect};
use crate::verification::SslTrust;
use outcome::Want;
use program::Asked;
use sslmode_engine::{ModeCell, Modes};
use sslmode_tls::connection::{Connection, Io};
use sslmode_tls::exporter::Exporter;
use sslmode_tls::record::Version;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// `SSL_SENT_SHUTDOWN`.
pub const SENT_SHUTDOWN: u8 = 1;
/// `SSL_RECEIVED_SHUTDOWN`.
pub const RECEIVED_SHUTDOWN: u8 = 2;

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent or read.
    Before,
    /// In the handshake, or it failed.
    Init,
    /// The handshake is done.
    Open,
}

/// `SSL`. A program's pointer is [`Arc::into_raw`]. Used by one thread at a time, as OpenSSL's is.
///
/// Everything is behind a cell, and no borrow lasts while the program's callbacks run: they may call back with the
/// same `SSL`. The connection itself is taken out for as long as a call works on it, so that such a call finds none.
pub struct Ssl {
    /// The mask, a copy of the context's at first.
    pub modes: ModeCell,
    /// The program's own data (`SSL_set_ex_data`).
    pub ex_data: ExData,
    /// Whom it trusts, and who the peer is.
    pub trust: SslTrust,
    /// What it was told beside its settings, and what came of its handshake.
    pub own: Own,
    context: RefCell<Arc<Context>>,
    first_context: Arc<Context>,
    settings: RefCell<Arc<Settings>>,
    rbio: RefCell<Option<Bio>>,
    wbio: RefCell<Option<Bio>>,
    connection: Cell<Option<Box<Connection>>>,
    /// The version agreed on, once the handshake is done.
    established: Cell<Option<Version>>,
    exporter: RefCell<Option<Box<Exporter>>>,
    role: Cell<Option<Role>>,
    stage: Cell<Stage>,
    want: Cell<Want>,
    shutdown: Cell<u8>,
    asked: Cell<Asked>,
    /// A callback's failure is in the error queue already.
    reason_told: Cell<bool>,
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
            trust: SslTrust::new(&context.trust),
            own: Own::default(),
            context: RefCell::new(context.clone()),
            first_context: context.clone(),
            settings: RefCell::new(context.settings()),
            rbio: RefCell::default(),
            wbio: RefCell::default(),
            connection: Cell::default(),
            established: Cell::default(),
            exporter: RefCell::default(),
            role: Cell::new(None),
            stage: Cell::new(Stage::Before),
            want: Cell::new(Want::Nothing),
            shutdown: Cell::new(0),
            asked: Cell::default(),
            reason_told: Cell::new(false),
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
        Settings::change(&mut self.settings.borrow_mut(), change)
    }

    /// The version agreed on, once the handshake is done.
    pub fn established(&self) -> Option<Version> {
        self.established.get()
    }

    /// Which end it plays; None until the program says so.
    pub fn role(&self) -> Option<Role> {
        self.role.get()
    }

    /// `SSL_is_server`: before the program says so, the end for which the method is not only.
    pub fn is_server(&self) -> bool {
        match self.role.get() {
            Some(role) => role == Role::Server,
            None => self.context.borrow().method.roles != crate::method::Roles::Client,
        }
    }

    /// `SSL_set_connect_state`, `SSL_set_accept_state`: a new beginning.
    pub fn set_role(&self, role: Role) {
        self.role.set(Some(role));
        self.shutdown.set(0);
        self.start_over();
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// `SSL_clear`: forgets the connection, keeps the settings and BIOs.
    pub fn clear(&self) {
        self.shutdown.set(0);
        self.start_over();
    }

    fn start_over(&self) {
        self.recycle();
        self.established.take();
        self.exporter.take();
        self.own.forget();
        self.trust.clear();
        self.asked.set(Asked::Nothing);
        self.stage.set(Stage::Before);
        self.want.set(Want::Nothing);
    }

    fn recycle(&self) {
        if let Some(connection) = self.connection.take() {
            connection.recycle(&self.context.borrow().pool);
        }
    }

    /// `SSL_get_shutdown`.
    pub fn shutdown_state(&self) -> u8 {
        self.shutdown.get()
    }

    /// `SSL_set_shutdown`.
    pub fn set_shutdown_state(&self, state: u8) {
        self.shutdown.set(state & (SENT_SHUTDOWN | RECEIVED_SHUTDOWN));
    }

    /// The BIO that is read from.
    pub fn rbio(&self) -> Option<Bio> {
        self.rbio.borrow().as_ref().map(Bio::share)
    }

    /// The BIO that is written to.
    pub fn wbio(&self) -> Option<Bio> {
        self.wbio.borrow().as_ref().map(Bio::share)
    }

    /// `SSL_set0_rbio`.
    pub fn set_rbio(&self, bio: Option<Bio>) {
        // Freed after the borrow: a BIO's own callbacks may look at the connection.
        let old = self.rbio.replace(bio);
        drop(old);
    }

    /// `SSL_set0_wbio`.
    pub fn set_wbio(&self, bio: Option<Bio>) {
        let old = self.wbio.replace(bio);
        drop(old);
    }

    /// Bytes of data that a read gets without the transport.
    pub fn pending(&self) -> usize {
        self.peek_connection(|connection| connection.map_or(0, Connection::pending))
    }

    /// Whether bytes of the transport wait.
    pub fn has_pending(&self) -> bool {
        self.peek_connection(|connection| connection.is_some_and(Connection::has_pending))
    }

    /// Looks at the connection; there is none before a handshake, and none for a callback of the call that works on it.
    pub fn peek_connection<R>(&self, look: impl FnOnce(Option<&Connection>) -> R) -> R {
        let connection = self.connection.take();
        let answer = look(connection.as_deref());
        self.connection.set(connection);
        answer
    }

    /// The modes in force, as the dialect reads the mask.
    pub fn modes_in_force(&self) -> Modes {
        dialect().decode(self.modes.get()).modes
    }

    /// Runs `work` on the connection with what carries its bytes. None where there is no connection, or another call
    /// is at work on it.
    fn work<R>(&self, work: impl FnOnce(&mut Connection, &mut Io<'_>) -> R) -> Option<R> {
        let mut connection = self.connection.take()?;
        let context = self.context();
        let read_ahead = {
            let choices = &self.settings.borrow().choices;
            connection.limit_fragment(choices.max_send_fragment, choices.split_send_fragment);
            choices.read_ahead != 0
        };
        let mut transport = Bios { read: &self.rbio, write: &self.wbio };
        let mut io = Io { transport: &mut transport, modes: self.modes_in_force(), read_ahead, pool: &context.pool };
        let answer = work(&mut connection, &mut io);
        self.connection.set(Some(connection));
        Some(answer)
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
        self.recycle();
    }
}
