//! Key exchange groups: those of rustls, and P-521.
//!
//! OpenSSL takes a P-521 certificate in TLS 1.2 only from a peer that has P-521 among its groups, and rustls has none.

use aws_lc_rs::agreement::{ECDH_P521, EphemeralPrivateKey, PublicKey, UnparsedPublicKey, agree_ephemeral};
use aws_lc_rs::rand::SystemRandom;
use rustls::crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup, aws_lc_rs as provider};
use rustls::{Error, NamedGroup, PeerMisbehaved};

/// The key exchange groups that are offered where the program chose none: X25519, P-256, P-521, P-384. OpenSSL 3.0 has
/// X448 between them.
pub const GROUPS: &[u16] = &[0x001d, 0x0017, 0x0019, 0x0018];

/// Every key exchange group that there is, by number: those of [`GROUPS`], and of ML-KEM X25519MLKEM768,
/// SecP256r1MLKEM768, MLKEM768 and MLKEM1024.
pub fn all_groups() -> impl Iterator<Item = u16> {
    every_group().map(|group| group.name().into())
}

/// The group of this number.
pub(super) fn group(number: u16) -> Option<&'static dyn SupportedKxGroup> {
    every_group().find(|group| u16::from(group.name()) == number)
}

fn every_group() -> impl Iterator<Item = &'static dyn SupportedKxGroup> {
    static P521: P521Group = P521Group;
    provider::ALL_KX_GROUPS.iter().copied().chain([&P521 as &dyn SupportedKxGroup])
}

#[derive(Debug)]
struct P521Group;

impl SupportedKxGroup for P521Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let private = EphemeralPrivateKey::generate(&ECDH_P521, &SystemRandom::new()).map_err(|_| GetRandomFailed)?;
        let public = private.compute_public_key().map_err(|_| GetRandomFailed)?;
        Ok(Box::new(P521Exchange { private, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

struct P521Exchange {
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl ActiveKeyExchange for P521Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // RFC 8446 4.2.8.2: the uncompressed form only.
        const UNCOMPRESSED: u8 = 4;
        let invalid = || Error::from(PeerMisbehaved::InvalidKeyShare);
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(invalid());
        }
        let peer = UnparsedPublicKey::new(&ECDH_P521, peer);
        agree_ephemeral(self.private, peer, invalid(), |secret| Ok(SharedSecret::from(secret)))
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }
}
