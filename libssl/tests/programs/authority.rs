//! Two authorities, and certificates that they made.

use crate::side::{Side, run};
use std::path::PathBuf;
use std::sync::LazyLock;

/// Files in PEM.
pub struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    /// `ca`, and an authority that has nothing to do with it: `other`. From `ca`, for `localhost` and 127.0.0.1: `rsa`
    /// and `ecdsa`; for `example.org`: `elsewhere`; for a client: `client`. Signed by itself, for `localhost`: `alone`.
    pub fn get() -> &'static Authority {
        static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);
        &AUTHORITY
    }

    pub fn certificate(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.pem"))
    }

    pub fn key(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.key"))
    }

    fn new() -> Authority {
        let authority = Authority { folder: tempfile::tempdir().expect("a folder") };
        authority.make("ca", false, None, &["-subj", "/CN=An authority"]);
        authority.make("other", false, None, &["-subj", "/CN=Another authority"]);
        let local = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
        authority.make("rsa", true, Some("ca"), &local);
        authority.make("ecdsa", false, Some("ca"), &local);
        authority.make("alone", false, None, &local);
        let elsewhere = ["-subj", "/CN=example.org", "-addext", "subjectAltName=DNS:example.org"];
        authority.make("elsewhere", false, Some("ca"), &elsewhere);
        authority.make("client", false, Some("ca"), &["-subj", "/CN=a client"]);
        authority
    }

    fn make(&self, name: &str, is_rsa: bool, issuer: Option<&str>, arguments: &[&str]) {
        let mut openssl = Side::System.command("openssl");
        openssl.args(["req", "-x509", "-batch", "-nodes", "-days", "30", "-newkey"]);
        match is_rsa {
            true => openssl.arg("rsa:2048"),
            false => openssl.args(["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        };
        if let Some(issuer) = issuer {
            openssl.arg("-CA").arg(self.certificate(issuer)).arg("-CAkey").arg(self.key(issuer));
            openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        }
        openssl.arg("-keyout").arg(self.key(name)).arg("-out").arg(self.certificate(name)).args(arguments);
        run(&mut openssl).printed();
    }
}
