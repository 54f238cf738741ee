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

/// `TLS_method()`.
pub static TLS: Method = Method { roles: Roles::Both, only: None };
/// `TLS_client_method()`.
pub static TLS_CLIENT: Method = Method { roles: Roles::Client, only: None };
/// `TLS_server_method()`.
pub static TLS_SERVER: Method = Method { roles: Roles::Server, only: None };
