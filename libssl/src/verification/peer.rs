//! The peer's certificates. A decoded certificate takes 4,000 bytes, so they stay DER until somebody asks.

use crate::crypto::x509::{Certificate, Certificates};
use openssl_sys::{OPENSSL_STACK, X509};
use sslmode_tls::record::Role;
use std::ptr::null_mut;
use std::sync::OnceLock;

/// What a peer sent. A connection and its session share it.
pub struct PeerChain {
    ders: Box<[Box<[u8]>]>,
    /// Which end we are: OpenSSL's servers do not count the peer's own certificate among the chain.
    role: Role,
    decoded: OnceLock<Option<Decoded>>,
}

struct Decoded {
    end_entity: Option<Certificate>,
    chain: Certificates,
}

impl PeerChain {
    /// DER, the peer's own certificate first; None where there is none.
    pub fn new(role: Role, ders: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Option<Self> {
        let ders: Box<[Box<[u8]>]> = ders.into_iter().map(|der| der.as_ref().into()).collect();
        (!ders.is_empty()).then_some(PeerChain { ders, role, decoded: OnceLock::new() })
    }

    /// That of a client which sent none.
    pub fn none() -> Self {
        PeerChain { ders: Box::default(), role: Role::Server, decoded: OnceLock::new() }
    }

    /// The certificates as DER, the peer's own first.
    pub fn ders(&self) -> &[Box<[u8]>] {
        &self.ders
    }

    fn decoded(&self) -> Option<&Decoded> {
        let decode = || {
            let certificates: Option<Vec<_>> = self.ders.iter().map(|der| Certificate::from_der(der)).collect();
            let certificates = certificates?;
            let end_entity = certificates.first().cloned();
            let mut chain = Certificates::new();
            let skipped = if self.role == Role::Server { 1 } else { 0 };
            certificates.into_iter().skip(skipped).for_each(|certificate| chain.push(certificate));
            Some(Decoded { end_entity, chain })
        };
        self.decoded.get_or_init(decode).as_ref()
    }

    /// The peer's own certificate.
    pub fn end_entity(&self) -> Option<&Certificate> {
        self.decoded()?.end_entity.as_ref()
    }

    /// Which end we are.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What `SSL_get_peer_cert_chain` answers.
    pub fn chain(&self) -> *mut OPENSSL_STACK {
        self.decoded().map_or(null_mut(), |decoded| decoded.chain.as_ptr())
    }

    /// The certificate at this place, counted from the peer's own.
    fn certificate(&self, index: usize) -> Option<Certificate> {
        let decoded = self.decoded()?;
        let chain = decoded.end_entity.iter().cloned();
        let skipped = if self.role == Role::Server { 0 } else { 1 };
        chain.chain(decoded.chain.certificates().skip(skipped)).nth(index)
    }
}

/// A certificate of a verified chain.
pub enum Link {
    /// The one at this place of what the peer sent.
    Sent(usize),
    /// One of the store's.
    Trusted(Certificate),
}

/// A verified chain: what the peer sent is named by its place, until somebody asks for it.
#[derive(Default)]
pub struct VerifiedChain {
    links: Box<[Link]>,
    stack: Option<Certificates>,
}

impl VerifiedChain {
    /// A chain of which `sent` were the peer's.
    pub fn new(chain: &Certificates, sent: &[*mut X509]) -> Self {
        let link = |certificate: Certificate| match sent.iter().position(|&one| one == certificate.as_ptr()) {
            Some(index) => Link::Sent(index),
            None => Link::Trusted(certificate),
        };
        VerifiedChain { links: chain.certificates().map(link).collect(), stack: None }
    }

    /// What `SSL_get0_verified_chain` answers: NULL where there is none.
    pub fn stack(&mut self, peer: Option<&PeerChain>) -> *mut OPENSSL_STACK {
        if self.links.is_empty() {
            return null_mut();
        }
        let links = &self.links;
        let make = || {
            let mut stack = Certificates::new();
            for link in links {
                let certificate = match link {
                    Link::Sent(index) => peer.and_then(|peer| peer.certificate(*index)),
                    Link::Trusted(certificate) => Some(certificate.clone()),
                };
                certificate.into_iter().for_each(|certificate| stack.push(certificate));
            }
            stack
        };
        self.stack.get_or_insert_with(make).as_ptr()
    }
}
