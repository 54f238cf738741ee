//! Keying material for the program, `SSL_export_keying_material` (RFC 5705, RFC 8446 7.5).

use crate::record::{Hash, TrafficSecret};
use aws_lc_rs::{digest, tls_prf};
use zeroize::Zeroizing;

/// What keying material is exported from, zeroized on drop.
pub struct Exporter {
    hash: Hash,
    secret: Secret,
}

enum Secret {
    Tls12 { master: Zeroizing<Vec<u8>>, client_random: [u8; 32], server_random: [u8; 32] },
    Tls13(TrafficSecret),
}

impl Exporter {
    /// For TLS 1.2: the master secret and both randoms.
    pub(crate) fn tls12(hash: Hash, master: &[u8], client_random: [u8; 32], server_random: [u8; 32]) -> Self {
        let master = Zeroizing::new(master.to_vec());
        Exporter { hash, secret: Secret::Tls12 { master, client_random, server_random } }
    }

    /// For TLS 1.3: the exporter_master_secret.
    pub(crate) fn tls13(hash: Hash, secret: TrafficSecret) -> Self {
        Exporter { hash, secret: Secret::Tls13(secret) }
    }

    /// Fills `out`, which is all or nothing. In TLS 1.3 no context and an empty one are the same (RFC 8446 7.5).
    ///
    /// Answers `false`, and leaves zeros, for what cannot be exported: no bytes or too many (RFC 5869: 255 times the
    /// hash's length), a label that has no room in its field, a context of more than 65,535 bytes.
    #[must_use]
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> bool {
        out.fill(0);
        match &self.secret {
            Secret::Tls13(secret) => {
                if label.len() > 249 || out.is_empty() || out.len() > 255 * self.hash.length() {
                    return false;
                }
                let algorithm = match self.hash {
                    Hash::Sha256 => &digest::SHA256,
                    Hash::Sha384 => &digest::SHA384,
                };
                let mut derived = Zeroizing::new([0; 48]);
                let derived = &mut derived[..self.hash.length()];
                secret.expand_label(label, digest::digest(algorithm, b"").as_ref(), derived);
                let Some(derived) = TrafficSecret::new(self.hash, derived) else { return false };
                let context = digest::digest(algorithm, context.unwrap_or_default());
                derived.expand_label(b"exporter", context.as_ref(), out);
                true
            }
            Secret::Tls12 { master, client_random, server_random } => {
                let mut seed = [&client_random[..], server_random].concat();
                if let Some(context) = context {
                    let Ok(length) = u16::try_from(context.len()) else { return false };
                    seed.extend_from_slice(&length.to_be_bytes());
                    seed.extend_from_slice(context);
                }
                let algorithm = match self.hash {
                    Hash::Sha256 => &tls_prf::P_SHA256,
                    Hash::Sha384 => &tls_prf::P_SHA384,
                };
                let exported =
                    tls_prf::Secret::new(algorithm, master).and_then(|secret| secret.derive(label, &seed, out.len()));
                let Ok(exported) = exported else { return false };
                out.copy_from_slice(exported.as_ref());
                true
            }
        }
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("hash", &self.hash).finish_non_exhaustive()
    }
}
