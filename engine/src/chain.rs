//! NO_AUTO_CHAIN: whether the chain that is sent with a certificate is completed from the trusted store.
//!
//! The manual page of 1.0.2 does not name the mode; `ssl.h` says "Don't attempt to automatically build certificate
//! chain". Without it, and "if no chain is specified, the library will try to complete the chain from the available CA
//! certificates in the trusted CA storage" (SSL_CTX_add_extra_chain_cert(3)).

use crate::mode::Modes;

/// Whether the chain is built from the store. `given` says that the program gave one, for the certificate or for the
/// whole context; an empty one counts.
pub fn is_built(modes: Modes, given: bool) -> bool {
    !given && !modes.contains(Modes::NO_AUTO_CHAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_built_only_where_none_is_given_and_the_mode_is_clear() {
        assert!(is_built(Modes::empty(), false));
        assert!(is_built(!Modes::NO_AUTO_CHAIN, false));
        assert!(!is_built(Modes::NO_AUTO_CHAIN, false));
        assert!(!is_built(Modes::empty(), true));
        assert!(!is_built(Modes::NO_AUTO_CHAIN, true));
    }
}
