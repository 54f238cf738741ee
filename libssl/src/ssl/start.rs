//! A handshake begun with the settings of the moment, and the program's part in it.

use super::calls::Failed;
use super::outcome::Want;
use super::{Role, Ssl, Stage};
use crate::error::{self, Reason};
use crate::settings::dialect;
use sslmode_engine::Modes;
use sslmode_tls::connection::{Accept, Connection, Decision, Stop};
use sslmode_tls::handshake::{ClientHello, ClientSettings, ServerSettings};
use std::rc::Rc;

impl Ssl {
    /// Makes the connection of which the handshake is to begin.
    pub(super) fn start(&self) -> Result<(), Failed> {
        if self.rbio.borrow().is_none() || self.wbio.borrow().is_none() {
            error::put(Reason::BIO_NOT_SET);
            return Err(Failed(-1));
        }
        let mut connection = match self.role.get() {
            Some(Role::Client) => match self.client_settings().connect() {
                Ok(handshake) => Connection::client(dialect(), handshake),
                Err(failure) => return Err(Failed(self.stopped(Stop::Handshake(failure)))),
            },
            _ => Connection::server(dialect()),
        };
        connection.limit_fragment(self.settings.borrow().fragment());
        self.connection.set(Some(Box::new(connection)));
        self.stage.set(Stage::Init);
        Ok(())
    }

    /// Takes what the handshake left behind.
    pub(super) fn finished(&self) -> Result<(), Failed> {
        let established = self.call(|connection, _| Ok(connection.take_established()))?;
        if let Some(established) = established {
            self.established.replace(Some(Rc::from(established)));
            self.stage.set(Stage::Open);
        }
        Ok(())
    }

    /// The program's part in the handshake.
    pub(super) fn program(&self) -> Program<'_> {
        Program { ssl: self }
    }

    fn client_settings(&self) -> ClientSettings {
        ClientSettings {
            fallback_scsv: self.modes_in_force().contains(Modes::SEND_FALLBACK_SCSV),
            ..ClientSettings::default()
        }
    }

    fn server_settings(&self, _hello: &ClientHello) -> ServerSettings {
        ServerSettings::default()
    }
}

/// Decides about a ClientHello with the program's callbacks.
pub(super) struct Program<'a> {
    ssl: &'a Ssl,
}

impl Accept for Program<'_> {
    fn accept(&mut self, hello: &ClientHello) -> Decision {
        self.ssl.hello.replace(Some(Rc::new(hello.clone())));
        self.ssl.want.set(Want::Nothing);
        Decision::Settings(Box::new(self.ssl.server_settings(hello)))
    }
}
