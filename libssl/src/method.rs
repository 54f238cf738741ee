//! `SSL_METHOD`: which roles and versions a context begins with.

/// `SSL_METHOD`. Programs hold pointers to these and never look inside.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// Which roles its connections may play.
    pub roles: Roles,
    /// The number of the one version that it allows, there or not; None where it leaves the choice to the handshake.
    pub only: Option<u16>,
    /// Whether a context can be made with it: no for DTLS.
    pub is_available: bool,
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

const TLS1_0_NUMBER: u16 = 0x301;
const TLS1_1_NUMBER: u16 = 0x302;
const TLS1_2_NUMBER: u16 = 0x303;

const fn method(roles: Roles, only: Option<u16>) -> Method {
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
pub static TLS1_2: Method = method(Roles::Both, Some(TLS1_2_NUMBER));
/// `TLSv1_2_client_method()`.
pub static TLS1_2_CLIENT: Method = method(Roles::Client, Some(TLS1_2_NUMBER));
/// `TLSv1_2_server_method()`.
pub static TLS1_2_SERVER: Method = method(Roles::Server, Some(TLS1_2_NUMBER));
/// `TLSv1_1_method()`: handshakes find that no version is left, as where OpenSSL's security level forbids it.
pub static TLS1_1: Method = method(Roles::Both, Some(TLS1_1_NUMBER));
/// `TLSv1_1_client_method()`.
pub static TLS1_1_CLIENT: Method = method(Roles::Client, Some(TLS1_1_NUMBER));
/// `TLSv1_1_server_method()`.
pub static TLS1_1_SERVER: Method = method(Roles::Server, Some(TLS1_1_NUMBER));
/// `TLSv1_method()`: as [`TLS1_1`].
pub static TLS1_0: Method = method(Roles::Both, Some(TLS1_0_NUMBER));
/// `TLSv1_client_method()`.
pub static TLS1_0_CLIENT: Method = method(Roles::Client, Some(TLS1_0_NUMBER));
/// `TLSv1_server_method()`.
pub static TLS1_0_SERVER: Method = method(Roles::Server, Some(TLS1_0_NUMBER));
/// The methods of DTLS, for either role.
pub static ABSENT: Method = absent(Roles::Both);
/// As [`ABSENT`], for clients.
pub static ABSENT_CLIENT: Method = absent(Roles::Client);
/// As [`ABSENT`], for servers.
pub static ABSENT_SERVER: Method = absent(Roles::Server);
