//! What one connection is to do: `SSL`, as far as the handshake is concerned.

use super::error::setup;
use super::program::{self, Program};
use super::secrets::{SecretSink, Secrets};
use super::session::Store;
use super::tickets::Bound;
use super::verify::ServerVerifier;
use super::{
    Choices, ChooseIdentity, ClientHello, Handshake, HandshakeError, Identity, Session, SessionSink, Side,
    TicketProgram, Tickets, VerifyPeer,
};
use crate::record::Version;
use rustls::ServerConfig;
use rustls::SupportedProtocolVersion;
use rustls::client::{Resumption, Tls12Resumption, UnbufferedClientConnection};
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use std::sync::Arc;

/// Which versions are offered or accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The lowest.
    pub min: Version,
    /// The highest.
    pub max: Version,
}

impl Versions {
    /// TLS 1.2 and TLS 1.3.
    pub const ALL: Versions = Versions { min: Version::Tls12, max: Version::Tls13 };

    /// This one alone.
    pub const fn only(version: Version) -> Self {
        Versions { min: version, max: version }
    }

    pub(super) fn list(self) -> &'static [&'static SupportedProtocolVersion] {
        static HIGHEST_FIRST: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];
        match (self.min, self.max) {
            (Version::Tls12, Version::Tls13) => &HIGHEST_FIRST,
            (Version::Tls13, Version::Tls13) => &HIGHEST_FIRST[..1],
            (Version::Tls12, Version::Tls12) => &HIGHEST_FIRST[1..],
            (Version::Tls13, Version::Tls12) => &[],
        }
    }
}

/// What a client's connection is to do. Cheap to make and to copy: what is large is shared.
#[derive(Clone, Default)]
pub struct ClientSettings {
    /// Cipher suites, groups, versions.
    pub choices: Choices,
    /// The server's name: sent as SNI unless it is an IP address, and passed to [`VerifyPeer`].
    pub server_name: Option<String>,
    /// Who judges the server's certificates; nobody: none is refused (`SSL_VERIFY_NONE`).
    pub verify: Option<Arc<dyn VerifyPeer>>,
    /// The client's own identity, if the server asks for one.
    pub identity: Option<Arc<dyn ChooseIdentity>>,
    /// Protocols offered by ALPN, in order.
    pub alpn: Vec<Vec<u8>>,
    /// Sends [`FALLBACK_SCSV`](super::FALLBACK_SCSV) (`SSL_MODE_SEND_FALLBACK_SCSV`).
    pub fallback_scsv: bool,
    /// Takes the mark of a server that could do TLS 1.3 (RFC 8446 4.1.3) for a failure, though TLS 1.2 is all that is
    /// offered: what the mode does to clients that know the mark.
    pub refuses_mark: bool,
    /// Asks for no TLS 1.2 ticket (`SSL_OP_NO_TICKET`); a TLS 1.3 server does not ask.
    pub no_ticket: bool,
    /// The session to be resumed, if the server lets it be.
    pub session: Option<Session>,
    /// Who gets new sessions; nobody: the connection keeps nothing for making them.
    pub sessions: Option<Arc<dyn SessionSink>>,
    /// The signatures that are verified, by number, the preferred first; none: all that there are.
    pub verify_schemes: Option<Arc<[u16]>>,
    /// The signatures that are made, by number; none: all that the key makes.
    pub sign_schemes: Option<Arc<[u16]>>,
    /// Who gets the secrets (`SSL_CTX_set_keylog_callback`).
    pub secrets: Option<Arc<dyn SecretSink>>,
}

impl ClientSettings {
    /// Begins a handshake; the ClientHello is then in [`Handshake::output`].
    ///
    /// # Errors
    /// [`Failure::Setup`](super::Failure::Setup): not a name, or choices that leave nothing to offer.
    pub fn connect(&self) -> Result<Handshake, HandshakeError> {
        let mut config = self.choices.client(self.fallback_scsv)?.clone();
        let name = match &self.server_name {
            Some(name) => ServerName::try_from(name.clone()).map_err(setup)?,
            None => {
                config.enable_sni = false;
                // rustls needs one as the key of its session store; ours has no use for it.
                ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4])))
            }
        };
        let secrets = Arc::new(Secrets::telling(self.secrets.clone()));
        let store = Arc::new(Store::offering(self.session.clone()));
        let tls12 = if self.no_ticket { Tls12Resumption::SessionIdOnly } else { Tls12Resumption::SessionIdOrTickets };
        config.alpn_protocols = self.alpn.clone();
        config.key_log = secrets.clone();
        config.resumption = Resumption::store(store.clone()).tls12_resumption(tls12);
        config.time_provider = store.clone();
        let program = Arc::new(Program {
            verify: self.verify.clone(),
            name: self.server_name.clone(),
            identity: self.identity.clone(),
            verify_schemes: self.verify_schemes.clone(),
            sign_schemes: self.sign_schemes.clone(),
            ..Program::default()
        });
        let connection = {
            let _entered = program::enter(&program);
            UnbufferedClientConnection::new(Arc::new(config), name).map_err(setup)?
        };
        let mut handshake = Handshake::new(Side::Client(Box::new(connection)), secrets, program);
        handshake.fallback_from = self.refuses_mark.then_some(Version::Tls13);
        handshake.resumption = Some((store, self.sessions.clone()));
        handshake.advance()?;
        Ok(handshake)
    }
}

/// Whether a server asks its clients for a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// No (`SSL_VERIFY_NONE`).
    #[default]
    None,
    /// Yes, and it goes on without one (`SSL_VERIFY_PEER`).
    Request,
    /// Yes, and it goes on with one only (`SSL_VERIFY_FAIL_IF_NO_PEER_CERT`).
    Require,
}

/// What a server's connection is to do. Cheap to make and to copy: what is large is shared.
#[derive(Clone, Default)]
pub struct ServerSettings {
    /// Cipher suites, groups, versions.
    pub choices: Choices,
    /// Chooses the cipher suite by our order, and not by the client's (`SSL_OP_CIPHER_SERVER_PREFERENCE`).
    pub server_preference: bool,
    /// The server's certificates, at most one for each kind of key; the one that goes with what the client can verify
    /// is used.
    pub identities: Vec<Arc<Identity>>,
    /// Whether clients are asked for a certificate.
    pub client_auth: ClientAuth,
    /// Names of authorities (DER) sent with the request.
    pub authorities: Arc<[Vec<u8>]>,
    /// Who judges the client's certificates; nobody: none is refused.
    pub verify: Option<Arc<dyn VerifyPeer>>,
    /// The protocol chosen of those that the client offers by ALPN, or none (RFC 7301 3.2: no answer to the offer).
    pub alpn: Option<Vec<u8>>,
    /// The keys of session tickets; none: no session is resumed (`SSL_OP_NO_TICKET`).
    pub tickets: Option<Arc<Tickets>>,
    /// What the program has to do with the tickets.
    pub ticket_program: Option<Arc<dyn TicketProgram>>,
    /// How many tickets follow a TLS 1.3 handshake (`SSL_set_num_tickets`).
    pub ticket_count: usize,
    /// Sessions are resumed only where this, and [`client_auth`](Self::client_auth), is what it was
    /// (`SSL_set_session_id_context`).
    pub session_context: Vec<u8>,
    /// That is missing: a session that would be resumed ends the handshake (OpenSSL refuses to take one for whose clients
    /// nobody vouches).
    pub lacks_session_context: bool,
    /// The signatures that are verified, by number, the preferred first; none: all that there are.
    pub verify_schemes: Option<Arc<[u16]>>,
    /// The signatures that are made, by number; none: all that the key makes.
    pub sign_schemes: Option<Arc<[u16]>>,
    /// Who gets the secrets (`SSL_CTX_set_keylog_callback`).
    pub secrets: Option<Arc<dyn SecretSink>>,
}

impl ServerSettings {
    /// rustls' settings for the connection that begins with this ClientHello.
    pub(super) fn config(
        &self,
        program: &Arc<Program>,
        hello: &ClientHello,
    ) -> Result<(ServerConfig, Option<Arc<Bound>>), HandshakeError> {
        let mut config = if self.client_auth == ClientAuth::None {
            self.choices.server()?.clone()
        } else {
            self.choices.new_server(Arc::new(ServerVerifier {
                program: program.clone(),
                mandatory: self.client_auth == ClientAuth::Require,
                authorities: self.authorities.iter().map(|name| name.clone().into()).collect(),
            }))?
        };
        config.ignore_client_order = self.server_preference;
        config.alpn_protocols = self.alpn.iter().cloned().collect();
        config.send_tls13_tickets = 0;
        let bound = self.tickets.as_ref().map(|tickets| {
            let binding = [&[self.client_auth as u8][..], &self.session_context].concat();
            let is_tls13 = self.choices.can_tls13() && hello.offers_version(0x0304);
            Arc::new(Bound::new(tickets.clone(), self.ticket_program.clone(), binding, is_tls13))
        });
        if let Some(bound) = &bound {
            config.ticketer = bound.clone();
            config.send_tls13_tickets = self.ticket_count;
        }
        Ok((config, bound))
    }
}
