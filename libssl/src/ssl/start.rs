//! A handshake begun with the settings of the moment, and ended.

use super::calls::Failed;
use super::program::{Client, KeyLog, Peer, Program, Sessions};
use super::tickets::{self, Tickets};
use super::{Role, Ssl, Stage};
use crate::certificates::identity;
use crate::cipher::Cipher;
use crate::error::{self, Reason};
use crate::session::now;
use crate::settings::callbacks::place;
use crate::settings::choices::{self, option};
use crate::settings::{Settings, dialect};
use crate::verification::peer::PeerChain;
use crate::verification::{judge, mode};
use sslmode_engine::Modes;
use sslmode_engine::fallback::{self, Ability};
use sslmode_tls::connection::{Connection, Stop};
use sslmode_tls::handshake::{
    ClientAuth, ClientHello, ClientSettings, Established, ServerSettings, Session, TicketProgram,
};
use sslmode_tls::record::{AlertDescription, Version};
use std::sync::Arc;
use zeroize::Zeroizing;

/// As it is on the wire (RFC 8446 4.2.1).
const TLS_1_3: u16 = 0x0304;

impl Ssl {
    /// Makes the connection of which the handshake is to begin.
    pub(super) fn start(&self) -> Result<(), Failed> {
        if self.rbio.borrow().is_none() || self.wbio.borrow().is_none() {
            error::put(Reason::BIO_NOT_SET);
            return Err(Failed(-1));
        }
        self.inform(place::HANDSHAKE_START, 1);
        self.count_begun();
        let connection = match self.role.get() {
            Some(Role::Client) => {
                let settings = self.client_settings().map_err(refused)?;
                match settings.connect() {
                    Ok(handshake) => Connection::client(dialect(), handshake),
                    Err(failure) => return Err(Failed(self.stopped(Stop::Handshake(failure)))),
                }
            }
            _ => Connection::server(dialect()),
        };
        self.connection.set(Some(Box::new(connection)));
        self.stage.set(Stage::Init);
        Ok(())
    }

    /// The program's part in the handshake.
    pub(super) fn program(&self) -> Program<'_> {
        Program { ssl: self }
    }

    fn client_settings(&self) -> Result<ClientSettings, Reason> {
        let (settings, context) = (self.settings(), self.context());
        let prepared = settings.prepared(context.method, context.own_ticket_keys())?;
        let session = self.own.session.borrow().as_ref().and_then(|session| {
            let data = session.data();
            let fit = !data.not_resumable && data.is_young(now());
            data.resumption.as_ref()?.downcast_ref::<Session>().filter(|_| fit).cloned()
        });
        let modes = self.modes_in_force();
        Ok(ClientSettings {
            choices: prepared.choices.clone(),
            server_name: self.own.host_name.borrow().as_ref().and_then(|name| name.to_str().ok().map(str::to_owned)),
            verify: Some(Arc::new(Peer::new(self))),
            identity: Some(Arc::new(Client::new(self))),
            alpn: prepared.alpn.clone(),
            fallback_scsv: fallback::is_sent(dialect(), fallback::Role::Client, modes),
            refuses_mark: refuses_mark(modes),
            no_ticket: settings.choices.options & option::NO_TICKET != 0,
            session,
            sessions: Some(Arc::new(Sessions::new(self))),
            verify_schemes: settings.choices.signature_schemes.clone(),
            sign_schemes: asked(&settings),
            secrets: KeyLog::of(self),
        })
    }

    /// What the server does with a ClientHello, after the program's callbacks.
    pub(super) fn server_settings(
        &self,
        hello: &ClientHello,
        alpn: Option<Vec<u8>>,
    ) -> Result<ServerSettings, AlertDescription> {
        let refuse = |reason| {
            error::put(reason);
            AlertDescription::INTERNAL_ERROR
        };
        let (settings, context) = (self.settings(), self.context());
        let prepared = settings.prepared(context.method, context.own_ticket_keys()).map_err(refuse)?;
        self.ask_for_status(hello)?;
        let response = self.own.ocsp_response.borrow();
        let identities = identity::identities(self, response.as_deref()).map_err(refuse)?;
        // The highest that both sides can do is the version.
        let newest = hello.supported_versions.contains(&TLS_1_3) && prepared.choices.versions().max == Version::Tls13;
        let request = judge::request(self, if newest { Version::Tls13 } else { Version::Tls12 });
        Ok(ServerSettings {
            choices: prepared.choices.clone(),
            server_preference: settings.choices.options & option::CIPHER_SERVER_PREFERENCE != 0,
            identities,
            client_auth: match &request {
                None => ClientAuth::None,
                Some(request) if request.mandatory => ClientAuth::Require,
                Some(_) => ClientAuth::Request,
            },
            authorities: request.map(|request| request.authorities.into()).unwrap_or_default(),
            verify: Some(Arc::new(Peer::new(self))),
            alpn,
            tickets: prepared.tickets.clone(),
            ticket_program: prepared.tickets.is_some().then(|| Arc::new(Tickets::new(self)) as Arc<dyn TicketProgram>),
            ticket_count: settings.choices.tickets,
            session_context: settings.sessions.id_context.as_bytes().to_vec(),
            lacks_session_context: settings.verification.mode & mode::PEER != 0
                && settings.sessions.id_context.as_bytes().is_empty(),
            verify_schemes: asked(&settings),
            sign_schemes: settings.choices.signature_schemes.clone(),
            secrets: KeyLog::of(self),
        })
    }

    /// Takes what the handshake left behind.
    pub(super) fn finished(&self) -> Result<(), Failed> {
        let established = self.call(|connection, _| Ok(connection.take_established()))?;
        let Some(mut established) = established else { return Ok(()) };
        if established.resumed {
            // A server's come with the ticket, a client's are its session's.
            let role = self.role.get().unwrap_or(Role::Client);
            let told = PeerChain::new(role, established.peer_certificates.iter()).map(Arc::new);
            let own = self.own.session.borrow().as_ref().and_then(|session| session.data().peer.clone());
            self.trust.set_peer(told.or(own.filter(|_| role == Role::Client)));
            match role {
                Role::Server => {
                    self.trust.set_result(tickets::verify_result(established.note.as_deref()));
                    // A session of TLS 1.2 has a name only where the program took one, and then it is the session's.
                    if established.version == Version::Tls12
                        && self.context().settings().callbacks.server_name.call.is_none()
                    {
                        self.own.negotiated.borrow_mut().server_name = None;
                    }
                }
                Role::Client => {
                    if let Some(session) = self.own.session.borrow().as_ref() {
                        self.trust.set_result(session.data().verify_result);
                    }
                }
            }
        }
        if self.trust.peer().is_none() && self.is_server() && judge::request(self, established.version).is_some() {
            self.trust.set_no_peer();
        }
        let resumed = established.resumed;
        self.negotiated(&mut established);
        // All else of it is kept as the program is shown it.
        self.exporter.replace(established.exporter.take().map(Box::new));
        self.established.set(Some(established.version));
        self.stage.set(Stage::Open);
        self.count_done(resumed);
        self.inform(place::HANDSHAKE_DONE, 1);
        Ok(())
    }

    fn negotiated(&self, established: &mut Established) {
        {
            let mut negotiated = self.own.negotiated.borrow_mut();
            negotiated.cipher = Cipher::by_number(established.cipher_suite);
            negotiated.pending_cipher = negotiated.cipher;
            negotiated.group = established.group;
            negotiated.alpn = established.alpn.as_deref().map(Into::into);
            negotiated.resumed = established.resumed;
            negotiated.extended_master_secret = true;
            negotiated.peer_signature_scheme = established.peer_signature_scheme;
            negotiated.client_random = established.client_random;
            negotiated.server_random = established.server_random;
        }
        if !established.resumed {
            self.first_session(established);
        }
        let master_secret = established.master_secret.take();
        if let (Some(session), Some(secret)) = (&*self.own.session.borrow(), master_secret) {
            session.data().master_key = Zeroizing::new(secret.as_slice().into());
        }
    }

    /// The protocols that a client offers, in the form of `SSL_CTX_set_alpn_protos`.
    pub(super) fn offered_protocols(hello: &ClientHello) -> Vec<u8> {
        hello.alpn.iter().flat_map(|name| std::iter::once(name.len() as u8).chain(name.iter().copied())).collect()
    }

    /// What the program answered to `SSL_CTX_set_alpn_select_cb`, if it is one of these.
    pub(super) fn is_offered(protocol: &[u8], offered: &[u8]) -> bool {
        choices::names(offered).any(|name| name == protocol)
    }
}

/// Whether a client with these modes that offers TLS 1.2 alone refuses a server that could do more.
fn refuses_mark(modes: Modes) -> bool {
    let ability = Ability { enabled: fallback::Version::TLS_1_2, built: fallback::Version::TLS_1_3 };
    fallback::client_answers_mark(dialect(), modes, ability.enabled, ability) != fallback::Answer::GoesOn
}

fn refused(reason: Reason) -> Failed {
    error::put(reason);
    Failed(-1)
}

/// The signature schemes for the certificates of clients.
fn asked(settings: &Settings) -> Option<Arc<[u16]>> {
    settings.choices.client_signature_schemes.clone().or_else(|| settings.choices.signature_schemes.clone())
}
