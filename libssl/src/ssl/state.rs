//! What a connection is asked about and told beside the calls that move bytes.

use super::{Ssl, Stage};
use crate::context::Context;
use crate::crypto::ex_data::Class;
use crate::error::{self, Reason};
use libc::c_int;
use sslmode_tls::record::Version;
use std::sync::Arc;

impl Ssl {
    /// The version agreed on; before that the highest that is allowed.
    pub fn version(&self) -> Version {
        let settled = self.established();
        let settled = settled.or_else(|| {
            self.peek_connection(|connection| {
                let connection = connection?;
                let failed = connection.settled().map(|(version, _)| version);
                connection.handshaking().and_then(|handshake| handshake.version()).or(failed)
            })
        });
        settled.unwrap_or_else(|| {
            let allowed = self.settings.borrow().choices.versions(self.context.borrow().method);
            allowed.map_or(Version::Tls13, |versions| versions.max)
        })
    }

    /// `SSL_get_state`: `TLS_ST_…`. In the midst of a handshake it is what comes first from the peer: finer steps are
    /// rustls' own.
    pub fn handshake_state(&self) -> c_int {
        const BEFORE: c_int = 0;
        const OK: c_int = 1;
        const READ_SERVER_HELLO: c_int = 3;
        const READ_CLIENT_HELLO: c_int = 20;
        match self.stage.get() {
            Stage::Before => BEFORE,
            Stage::Open => OK,
            Stage::Init if self.is_server() => READ_CLIENT_HELLO,
            Stage::Init => READ_SERVER_HELLO,
        }
    }

    /// `SSL_key_update`.
    ///
    /// # Errors
    /// The reason is in the queue.
    pub fn update_keys(&self, request: bool) -> Result<(), super::Failed> {
        if self.stage.get() != Stage::Open {
            // Before the hellos no version is in force.
            let settled = self.peek_connection(|connection| connection?.handshaking()?.version());
            let early = match settled {
                Some(Version::Tls13) => Reason::STILL_IN_INIT,
                _ => Reason::WRONG_SSL_VERSION,
            };
            error::put(early);
            return Err(super::Failed(0));
        }
        if self.is_updating() {
            error::put(Reason::STILL_IN_INIT);
            return Err(super::Failed(0));
        }
        self.call(|connection, _| connection.update_keys(request))
    }

    /// Whether a key update that the program asked for is still to be sent, which to OpenSSL is a handshake.
    pub(super) fn is_updating(&self) -> bool {
        self.peek_connection(|connection| connection.is_some_and(|connection| connection.is_updating()))
    }

    /// Whether a key update is due, and whether it asks for the peer's.
    pub fn due_key_update(&self) -> Option<bool> {
        self.peek_connection(|connection| connection?.due_key_update())
    }

    /// `SSL_export_keying_material`: all or nothing.
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> bool {
        self.exporter.borrow().as_ref().is_some_and(|exporter| exporter.export(label, context, out))
    }

    /// `SSL_free_buffers`: whether there was nothing in them.
    pub fn free_buffers(&self) -> bool {
        self.work(|connection, io| connection.free_buffers(io.pool)).unwrap_or(true)
    }

    /// The context that it was made with.
    pub fn first_context(&self) -> Arc<Context> {
        self.first_context.clone()
    }

    /// `SSL_set_SSL_CTX`: the certificates are then the new context's.
    pub fn set_context(&self, context: Arc<Context>) {
        if !Arc::ptr_eq(&context, &self.context()) {
            let theirs = context.settings();
            self.change(|settings| settings.take_certificates(&theirs));
            self.context.replace(context);
        }
    }

    /// `SSL_dup` of a connection that has not begun.
    pub fn duplicate(&self) -> Option<Arc<Ssl>> {
        let copy = Ssl::new(&self.context());
        copy.modes.clear(-1);
        copy.modes.set(self.modes.get());
        copy.settings.replace(self.settings());
        copy.trust.copy(&self.trust);
        copy.role.set(self.role.get());
        copy.own.info.set(self.own.info.get());
        copy.shutdown.set(self.shutdown.get());
        if !copy.ex_data.copy(Class::Connection, &self.ex_data) {
            return None;
        }
        let (rbio, wbio) = (self.rbio(), self.wbio());
        let same = match (&rbio, &wbio) {
            (Some(read), Some(write)) => read.as_ptr() == write.as_ptr(),
            _ => false,
        };
        if let Some(bio) = rbio {
            copy.set_rbio(Some(bio.duplicate()?));
        }
        match wbio {
            Some(_) if same => copy.set_wbio(copy.rbio()),
            Some(bio) => copy.set_wbio(Some(bio.duplicate()?)),
            None => {}
        }
        Some(copy)
    }
}
