//! Lists of names of authorities: those that we send, those that the peer sent, and those in files.

use super::SslTrust;
use crate::crypto::file::{File, Password};
use crate::crypto::store::clear_errors;
use crate::crypto::uri;
use crate::crypto::x509::{Certificate, Name, Names, name_der};
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use openssl_sys::OPENSSL_STACK;
use sslmode_tls::record::Version;
use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;

/// What the peer sent: DER, decoded when somebody asks.
#[derive(Default)]
pub struct Asked {
    ders: Option<Box<[Box<[u8]>]>>,
    decoded: Option<Names>,
}

impl SslTrust {
    /// Keeps the names that the peer sent with its request, or with its ClientHello.
    pub fn set_asked(&self, names: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        let ders = Some(names.into_iter().map(|der| der.as_ref().into()).collect());
        let _freed = self.asked.replace(Asked { ders, decoded: None });
    }

    /// `SSL_get0_peer_CA_list`: NULL where the peer sent none, which in TLS 1.2 is an empty list.
    pub fn asked(&self, version: Version) -> *mut OPENSSL_STACK {
        let mut asked = self.asked.borrow_mut();
        let Asked { ders, decoded } = &mut *asked;
        let ders = ders.as_ref().filter(|ders| version == Version::Tls12 || !ders.is_empty());
        let Some(ders) = ders else { return null_mut() };
        let decode = || {
            let mut names = Names::new();
            ders.iter().filter_map(|der| Name::from_der(der)).for_each(|name| names.push(name));
            names
        };
        decoded.get_or_insert_with(decode).as_ptr()
    }
}

/// What is to be sent by a server: the list for clients if it is not empty, and the other otherwise; of the connection,
/// or of its context.
pub(super) fn to_send(ssl: &Ssl) -> Vec<Vec<u8>> {
    let ders = |names: Option<&Names>| -> Option<Vec<Vec<u8>>> {
        // SAFETY: the list holds the names.
        Some(names?.iter().map(|name| unsafe { name_der(name) }).collect())
    };
    let context = ssl.context();
    let own = |pick: fn(&super::Authorities) -> Option<&Names>| {
        ssl.trust
            .authorities(|lists| ders(pick(lists)))
            .or_else(|| context.trust.authorities(|lists| ders(pick(lists))))
    };
    let for_clients = own(|lists| lists.for_clients.as_ref()).filter(|names| !names.is_empty());
    for_clients.or_else(|| own(|lists| lists.any.as_ref())).unwrap_or_default()
}

/// Adds the subject of a certificate to a list.
pub fn add(list: &mut Option<Names>, certificate: &Certificate) -> bool {
    let list = list.get_or_insert_default();
    certificate.subject().map(|name| list.push(name)).is_some()
}

/// `SSL_load_client_CA_file`: the subjects in a PEM file, each once; None where there is no certificate in it, with
/// libcrypto's reason in the queue.
pub fn from_file(path: &CStr) -> Option<Names> {
    let mut file = File::open(path)?;
    let (mut names, mut seen) = (None::<Names>, HashSet::new());
    while let Some(certificate) = file.certificate(Password::default()) {
        let name = certificate.subject()?;
        let names = names.get_or_insert_default();
        if seen.insert(name.der()) {
            names.push(name);
        }
    }
    if names.is_some() {
        clear_errors();
    }
    names
}

/// `SSL_add_file_cert_subjects_to_stack`: adds the subjects in a PEM file that the list does not have.
pub fn add_file(list: &mut Names, path: &CStr) -> bool {
    let mut seen = ders(list);
    add_new(list, &mut seen, path)
}

/// `SSL_add_dir_cert_subjects_to_stack`: as [`add_file`] for every file of a folder.
pub fn add_directory(list: &mut Names, path: &CStr) -> bool {
    /// What OpenSSL has room for.
    const LONGEST_PATH: usize = 1024;
    let mut seen = ders(list);
    let folder = Path::new(std::ffi::OsStr::from_bytes(path.to_bytes()));
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(failure) => {
            error::put_system(failure.raw_os_error().unwrap_or_default(), c"calling OPENSSL_dir_read(", path);
            error::put(Reason::SYS_LIB);
            return false;
        }
    };
    for entry in entries.flatten() {
        let file = folder.join(entry.file_name());
        if file.as_os_str().len() + 1 > LONGEST_PATH {
            error::put(Reason::PATH_TOO_LONG);
            return false;
        }
        if file.is_dir() {
            continue;
        }
        let Ok(file) = CString::new(file.as_os_str().as_bytes()) else { return false };
        if !add_new(list, &mut seen, &file) {
            return false;
        }
    }
    true
}

fn ders(list: &Names) -> HashSet<Vec<u8>> {
    // SAFETY: the list holds the names.
    list.iter().map(|name| unsafe { name_der(name) }).collect()
}

fn add_new(list: &mut Names, seen: &mut HashSet<Vec<u8>>, path: &CStr) -> bool {
    let Some(mut file) = File::open(path) else { return false };
    while let Some(certificate) = file.certificate(Password::default()) {
        let Some(name) = certificate.subject() else { return false };
        if seen.insert(name.der()) {
            list.push(name);
        }
    }
    clear_errors();
    true
}

/// `SSL_add_store_cert_subjects_to_stack`: as [`add_file`] for the certificates behind a URI, and one folder deep.
pub fn add_uri(list: &mut Names, uri: &CStr) -> bool {
    let mut seen = ders(list);
    let added = uri::for_each_certificate(uri, 1, &mut |certificate| {
        let Some(name) = certificate.subject() else { return false };
        if seen.insert(name.der()) {
            list.push(name);
        }
        true
    });
    if added {
        clear_errors();
    }
    added
}
