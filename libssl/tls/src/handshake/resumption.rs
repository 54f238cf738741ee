//! TLS 1.3 sessions of a client, without the connections that they came from.
//!
//! rustls makes a session of a ticket only inside of the connection that got the ticket, and gives it out for one use.
//! Such a connection is 2,000 bytes of heap. Here a session is its ticket and the resumption master secret (RFC 8446
//! 7.1); rustls is given that secret in the place of a connection's own, inside of a connection between two ends of ours
//! that exists for nothing else. Nothing of it goes into the session but what has to be the same everywhere: the cipher
//! suite, and the verifier and identity that all clients share.

use super::client_hello::Input;
use super::hello::record_length;
use super::identity::{Identity, Sign, SigningFailed};
use super::program::{self, Program, at_hand};
use super::session::Store;
use super::settings::{ClientSettings, ServerSettings, Versions};
use super::{Acceptor, Choices, Handshake, HandshakeError, Side, signature};
use crate::record::{AlertDescription, TrafficSecret, Version};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use rustls::client::{ClientConnectionData, Tls13ClientSessionValue};
use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;
use rustls::crypto::tls13::{Hkdf, HkdfExpander, OkmBlock, OutputLengthError};
use rustls::crypto::{ActiveKeyExchange, hmac};
use rustls::kernel::KernelConnection;
use rustls::{CipherSuiteCommon, SupportedCipherSuite, Tls13CipherSuite};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

/// The cipher suites of rustls, with [`Observed`] in those of TLS 1.3.
pub(super) static SUITES: LazyLock<Vec<SupportedCipherSuite>> = LazyLock::new(|| {
    let observed = |suite: &SupportedCipherSuite| match *suite {
        SupportedCipherSuite::Tls12(suite) => SupportedCipherSuite::Tls12(suite),
        SupportedCipherSuite::Tls13(suite) => SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
            common: CipherSuiteCommon {
                suite: suite.common.suite,
                hash_provider: suite.common.hash_provider,
                confidentiality_limit: suite.common.confidentiality_limit,
            },
            hkdf_provider: Box::leak(Box::new(Observed(suite.hkdf_provider))),
            aead_alg: suite.aead_alg,
            quic: suite.quic,
        }))),
    };
    ALL_CIPHER_SUITES.iter().map(observed).collect()
});

/// HKDF that tells the connection at hand of its resumption master secret, and takes another for it while a session is
/// made.
struct Observed(&'static dyn Hkdf);

impl Observed {
    fn watch(inner: Box<dyn HkdfExpander>) -> Box<dyn HkdfExpander> {
        Box::new(Watched(inner))
    }
}

impl Hkdf for Observed {
    fn extract_from_zero_ikm(&self, salt: Option<&[u8]>) -> Box<dyn HkdfExpander> {
        Self::watch(self.0.extract_from_zero_ikm(salt))
    }

    fn extract_from_secret(&self, salt: Option<&[u8]>, secret: &[u8]) -> Box<dyn HkdfExpander> {
        Self::watch(self.0.extract_from_secret(salt, secret))
    }

    fn extract_from_kx_shared_secret(
        &self,
        salt: Option<&[u8]>,
        kx: Box<dyn ActiveKeyExchange>,
        peer_pub_key: &[u8],
    ) -> Result<Box<dyn HkdfExpander>, rustls::Error> {
        self.0.extract_from_kx_shared_secret(salt, kx, peer_pub_key).map(Self::watch)
    }

    fn expander_for_okm(&self, okm: &OkmBlock) -> Box<dyn HkdfExpander> {
        let instead = at_hand().filter(|program| program.redeems);
        let instead =
            instead.and_then(|program| Some(OkmBlock::new(program.told().resumption_master.as_ref()?.bytes())));
        self.0.expander_for_okm(instead.as_ref().unwrap_or(okm))
    }

    fn hmac_sign(&self, key: &OkmBlock, message: &[u8]) -> hmac::Tag {
        self.0.hmac_sign(key, message)
    }

    fn fips(&self) -> bool {
        self.0.fips()
    }
}

struct Watched(Box<dyn HkdfExpander>);

impl HkdfExpander for Watched {
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        self.0.expand_slice(info, output)
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        let block = self.0.expand_block(info);
        // RFC 8446 7.1: Derive-Secret(Master Secret, "res master", …).
        if info.contains(&b"res master".as_slice())
            && let Some(program) = at_hand()
        {
            program.told().resumption_master = TrafficSecret::of_length(block.as_ref());
        }
        block
    }

    fn hash_len(&self) -> usize {
        self.0.hash_len()
    }
}

/// How long the session of this ticket can be resumed, in seconds (RFC 8446 4.6.1).
///
/// # Errors
/// The ticket is not of its form.
pub(super) fn lifetime(body: &[u8]) -> Result<u32, AlertDescription> {
    const EARLY_DATA: u16 = 42;
    let read = || {
        let mut input = Input(body);
        let lifetime = u32::from(input.u16()?) << 16 | u32::from(input.u16()?);
        input.take(4)?;
        input.vector(1)?;
        (!input.vector(2)?.is_empty()).then_some(())?;
        let mut extensions = Input(input.vector(2)?);
        input.end()?;
        let mut seen = Vec::new();
        while !extensions.0.is_empty() {
            let (number, content) = (extensions.u16()?, extensions.vector(2)?);
            let fits = number != EARLY_DATA || content.len() == 4;
            (fits && !seen.contains(&number)).then_some(())?;
            seen.push(number);
        }
        Some(lifetime)
    };
    read().ok_or(AlertDescription::DECODE_ERROR)
}

/// The session of a ticket as rustls wants it: for one use. `came` is when the ticket did.
pub(super) fn redeem(
    cipher_suite: u16,
    master: &TrafficSecret,
    body: &[u8],
    came: SystemTime,
) -> Option<Tls13ClientSessionValue> {
    let mut maker = Maker::take(cipher_suite)?;
    let program = Program { redeems: true, ..Program::default() };
    program.told().resumption_master = Some(master.clone());
    let result = {
        let _entered = program::enter(&Arc::new(program));
        maker.store.at(came, || maker.rustls.handle_new_session_ticket(body))
    };
    let value = maker.store.take_tls13();
    maker.give_back();
    result.ok().and(value)
}

/// What rustls makes sessions of one cipher suite in.
struct Maker {
    cipher_suite: u16,
    rustls: KernelConnection<ClientConnectionData>,
    store: Arc<Store>,
}

/// Those that nobody uses now: locked for as long as taking one out lasts.
static SPARE: Mutex<Vec<Maker>> = Mutex::new(Vec::new());
const MOST_SPARE: usize = 4;

impl Maker {
    fn take(cipher_suite: u16) -> Option<Maker> {
        let spare = {
            let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
            let place = spare.iter().position(|maker| maker.cipher_suite == cipher_suite);
            place.map(|place| spare.swap_remove(place))
        };
        spare.or_else(|| Maker::new(cipher_suite).ok())
    }

    fn give_back(self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MOST_SPARE {
            spare.push(self);
        }
    }

    /// A handshake between two ends of ours.
    fn new(cipher_suite: u16) -> Result<Maker, HandshakeError> {
        const X25519: u16 = 29;
        let choices = Choices::new(&[cipher_suite], &[X25519], Versions::only(Version::Tls13))?;
        let mut client = ClientSettings { choices: choices.clone(), ..ClientSettings::default() }.connect()?;
        let identities = vec![Arc::new(throwaway_identity()?)];
        let settings = ServerSettings { choices, identities, ..ServerSettings::default() };
        let mut acceptor = Acceptor::new();
        let hello = acceptor.read(&take_output(&mut client)).unwrap_or_default();
        let mut server = acceptor.accept(&settings, &hello)?;
        let flight = take_output(&mut server);
        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (record, behind) = rest.split_at(record_length(rest));
            client.read(record)?;
            rest = behind;
        }
        let (Side::Client(connection), Some((store, _))) = (client.side, client.resumption) else {
            return Err(super::error::internal("a client is none"));
        };
        let (_, rustls) = connection.dangerous_into_kernel_connection()?;
        Ok(Maker { cipher_suite, rustls, store })
    }
}

fn take_output(handshake: &mut Handshake) -> Vec<u8> {
    std::mem::take(&mut handshake.outgoing)
}

/// A key that lives as long as one handshake with ourselves, and a certificate that has nothing in it but the key.
fn throwaway_identity() -> Result<Identity, HandshakeError> {
    struct Key(Ed25519KeyPair);
    impl Sign for Key {
        fn schemes(&self) -> &[u16] {
            &[0x0807]
        }

        fn sign(&self, _scheme: u16, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
            Ok(self.0.sign(message).as_ref().to_vec())
        }
    }
    let key = Ed25519KeyPair::generate().map_err(|_| super::error::internal("no key"))?;
    let certificate = signature::bare_certificate(&[6, 3, 43, 101, 112], key.public_key().as_ref());
    Ok(Identity::new(&[certificate], Arc::new(Key(key)), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(extensions: &[u8]) -> Vec<u8> {
        let length = (extensions.len() as u16).to_be_bytes();
        [&[0, 0, 1, 0, 1, 2, 3, 4, 1, 9, 0, 2, 7, 7][..], &length, extensions].concat()
    }

    #[test]
    fn a_ticket_has_its_form_or_is_refused() {
        assert_eq!(lifetime(&ticket(&[])), Ok(256));
        assert_eq!(lifetime(&ticket(&[0, 42, 0, 4, 0, 0, 0, 0, 0xfa, 0xfa, 0, 0])), Ok(256));
        let refused = Err(AlertDescription::DECODE_ERROR);
        assert_eq!(lifetime(&ticket(&[0, 42, 0, 3, 0, 0, 0])), refused);
        assert_eq!(lifetime(&ticket(&[0xfa, 0xfa, 0, 0, 0xfa, 0xfa, 0, 0])), refused);
        assert_eq!(lifetime(&[&ticket(&[])[..], &[0]].concat()), refused);
        assert_eq!(lifetime(&[0, 0, 1, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0]), refused, "an empty ticket");
        let whole = ticket(&[0xfa, 0xfa, 0, 1, 0]);
        for length in 0..whole.len() {
            assert_eq!(lifetime(&whole[..length]), refused);
        }
    }

    #[test]
    fn every_cipher_suite_has_its_maker() {
        for (suite, length) in [(0x1301, 32), (0x1302, 48), (0x1303, 32)] {
            let master = TrafficSecret::of_length(&vec![7; length]).unwrap();
            for _ in 0..2 {
                let value = redeem(suite, &master, &ticket(&[]), SystemTime::now()).unwrap();
                assert_eq!(u16::from(value.suite().common.suite), suite);
            }
        }
    }
}
