//! `SSL_METHOD`: which roles and versions a context begins with.

use crate::ssl::Role;
use sslmode_tls::record::Version;

/// `SSL_METHOD`. Programs hold pointers to these and never look inside.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// Which roles its connections may play.
    pub roles: Roles,
    /// The one version that it allows; None where it leaves the choice to the handshake.
    pub only: Option<Version>,
    /// Whether a context can be made with it: no for the versions that are not there.
    pub is_available: bool,
}

impl Method {
    /// The role of its connections, if there is only one.
    pub fn role(&self) -> Option<Role> {
        match self.roles {
            Roles::Both => None,
            Roles::Client => Some(Role::Client),
            Roles::Server => Some(Role::Server),
        }
    }
}

/// Which roles a method's connections may play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Either.
    Both,
    /// Clients only.
    Client,
    /// Servers only.
    Server,
}

const fn method(roles: Roles, only: Option<Version>) -> Method {
    Method { roles, only, is_available: true }
}

const fn absent(roles: Roles) -> Method {
    Method { roles, only: None, is_available: false }
}

/// `TLS_method()`.
pub static TLS: Method = method(Roles::Both, None);
/// `TLS_client_method()`.
pub static TLS_CLIENT: Method = method(Roles::Client, None);
/// `TLS_server_method()`.
pub static TLS_SERVER: Method = method(Roles::Server, None);
/// `TLSv1_2_method()`.
pub static TLS1_2: Method = method(Roles::Both, Some(Version::Tls12));
/// `TLSv1_2_client_method()`.
pub static TLS1_2_CLIENT: Method = method(Roles::Client, Some(Version::Tls12));
/// `TLSv1_2_server_method()`.
pub static TLS1_2_SERVER: Method = method(Roles::Server, Some(Version::Tls12));
/// The methods of versions that are not there, for either role: DTLS, and TLS before 1.2.
pub static ABSENT: Method = absent(Roles::Both);
/// As [`ABSENT`], for clients.
pub static ABSENT_CLIENT: Method = absent(Roles::Client);
/// As [`ABSENT`], for servers.
pub static ABSENT_SERVER: Method = absent(Roles::Server);
