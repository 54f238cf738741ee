//! Sessions in the encoding of OpenSSL's `i2d_SSL_SESSION`.
//!
//! It holds what a program can ask a session for. What rustls resumes by is not ours to write down: sessions that were
//! encoded are kept by their id, and decoding one in the same process finds it. Elsewhere the session is decoded all
//! the same, and using it leads to a full handshake.

use super::der::{OCTET_STRING, Reader, SEQUENCE, explicit, put, put_integer};
use super::{Data, Session, now};
use crate::cipher::Cipher;
use crate::error::Reason;
use crate::settings::sessions::Id;
use crate::verification::peer::PeerChain;
use sslmode_tls::record::Role;
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::ffi::CString;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use zeroize::Zeroizing;

/// `SSL_SESSION_ASN1_VERSION`.
const ENCODING: i64 = 1;
/// `SSL_SESS_FLAG_EXTMS`.
const EXTENDED_MASTER_SECRET: i64 = 1;
/// OpenSSL's where none was encoded, in seconds.
const SHORT_TIMEOUT: i64 = 3;
/// The longest master key that a session takes, in bytes, as in OpenSSL 3.0.
pub const LONGEST_KEY: usize = 512;

/// The numbers of the optional fields.
mod field {
    pub const TIME: u8 = 1;
    pub const TIMEOUT: u8 = 2;
    pub const PEER: u8 = 3;
    pub const ID_CONTEXT: u8 = 4;
    pub const VERIFY_RESULT: u8 = 5;
    pub const HOST_NAME: u8 = 6;
    pub const LIFETIME_HINT: u8 = 9;
    pub const TICKET: u8 = 10;
    pub const FLAGS: u8 = 13;
    pub const MAX_EARLY_DATA: u8 = 15;
    pub const ALPN: u8 = 16;
    pub const MAX_FRAGMENT_LENGTH: u8 = 17;
    pub const TICKET_DATA: u8 = 18;
}

/// The encoding; None where the session has no suite. The session can then be decoded in this process.
pub fn encode(session: &Session) -> Option<Vec<u8>> {
    let data = session.data();
    let cipher = data.cipher.map(|cipher| cipher.number).or(data.unknown_cipher)?;
    let mut body = Vec::new();
    put_integer(&mut body, ENCODING);
    put_integer(&mut body, data.version.into());
    put(&mut body, OCTET_STRING, &cipher.to_be_bytes());
    put(&mut body, OCTET_STRING, data.id.as_bytes());
    put(&mut body, OCTET_STRING, &data.master_key);
    put_number(&mut body, field::TIME, data.time);
    put_number(&mut body, field::TIMEOUT, data.timeout);
    if let Some(der) = data.peer.as_ref().and_then(|peer| peer.ders().first()) {
        put(&mut body, explicit(field::PEER), der);
    }
    put_bytes(&mut body, field::ID_CONTEXT, Some(data.id_context.as_bytes()));
    put_number(&mut body, field::VERIFY_RESULT, data.verify_result);
    put_bytes(&mut body, field::HOST_NAME, data.host_name.as_ref().map(|name| name.as_bytes()));
    put_number(&mut body, field::LIFETIME_HINT, data.lifetime_hint.into());
    put_bytes(&mut body, field::TICKET, data.ticket.as_deref());
    put_number(&mut body, field::FLAGS, i64::from(data.extended_master_secret) * EXTENDED_MASTER_SECRET);
    put_number(&mut body, field::MAX_EARLY_DATA, data.max_early_data.into());
    put_bytes(&mut body, field::ALPN, data.alpn.as_deref());
    put_number(&mut body, field::MAX_FRAGMENT_LENGTH, data.max_fragment_length.into());
    put_bytes(&mut body, field::TICKET_DATA, data.ticket_data.as_deref());
    if let Some(resumption) = &data.resumption {
        known().insert(data.id, resumption);
    }
    let mut out = Vec::new();
    put(&mut out, SEQUENCE, &body);
    Some(out)
}

fn put_number(out: &mut Vec<u8>, number: u8, value: i64) {
    if value != 0 {
        let mut inner = Vec::new();
        put_integer(&mut inner, value);
        put(out, explicit(number), &inner);
    }
}

fn put_bytes(out: &mut Vec<u8>, number: u8, value: Option<&[u8]>) {
    if let Some(value) = value {
        let mut inner = Vec::new();
        put(&mut inner, OCTET_STRING, value);
        put(out, explicit(number), &inner);
    }
}

/// Decodes one session and leaves what follows it in `from`.
///
/// # Errors
/// Why not.
pub fn decode(from: &mut &[u8]) -> Result<Data, Reason> {
    let mut outer = Reader(from);
    let mut body = Reader(outer.take(SEQUENCE).ok_or(Reason::BAD_LENGTH)?);
    if body.integer() != Some(ENCODING) {
        return Err(Reason::UNKNOWN_SSL_VERSION);
    }
    let data = decode_fields(&mut body)?;
    *from = outer.0;
    Ok(data)
}

fn decode_fields(body: &mut Reader<'_>) -> Result<Data, Reason> {
    const TLS: i64 = 3;
    let version = body.integer().filter(|version| version >> 8 == TLS).ok_or(Reason::UNSUPPORTED_SSL_VERSION)?;
    let number = body.take(OCTET_STRING).and_then(|bytes| bytes.try_into().ok());
    let number = u16::from_be_bytes(number.ok_or(Reason::CIPHER_CODE_WRONG_LENGTH)?);
    let id = body.take(OCTET_STRING).and_then(Id::new).ok_or(Reason::BAD_LENGTH)?;
    let master_key = body.take(OCTET_STRING).filter(|key| key.len() <= LONGEST_KEY).ok_or(Reason::BAD_LENGTH)?;
    let mut fields = Fields::read(body).ok_or(Reason::BAD_LENGTH)?;
    let or = |value: i64, otherwise: i64| if value == 0 { otherwise } else { value };
    Ok(Data {
        version: version as i32,
        cipher: Cipher::by_number(number),
        unknown_cipher: Some(number),
        id,
        master_key: Zeroizing::new(master_key.into()),
        time: or(fields.number(field::TIME), now()),
        timeout: or(fields.number(field::TIMEOUT), SHORT_TIMEOUT),
        peer: fields.take(field::PEER).and_then(|der| PeerChain::new(Role::Client, [der])).map(Arc::new),
        id_context: Id::new(fields.bytes(field::ID_CONTEXT).unwrap_or_default()).ok_or(Reason::BAD_LENGTH)?,
        verify_result: fields.number(field::VERIFY_RESULT),
        host_name: fields.bytes(field::HOST_NAME).and_then(|name| CString::new(name).ok()),
        lifetime_hint: fields.number(field::LIFETIME_HINT) as u32,
        ticket: fields.bytes(field::TICKET).map(Into::into),
        extended_master_secret: fields.number(field::FLAGS) & EXTENDED_MASTER_SECRET != 0,
        max_early_data: fields.number(field::MAX_EARLY_DATA) as u32,
        alpn: fields.bytes(field::ALPN).map(Into::into),
        max_fragment_length: fields.number(field::MAX_FRAGMENT_LENGTH) as u8,
        ticket_data: fields.bytes(field::TICKET_DATA).map(Into::into),
        not_resumable: false,
        resumption: known().find(&id),
    })
}

/// The optional fields, by number.
struct Fields<'a>([Option<&'a [u8]>; FIELDS]);

const FIELDS: usize = 31;

impl<'a> Fields<'a> {
    /// None where something is no field.
    fn read(body: &mut Reader<'a>) -> Option<Self> {
        let mut fields = [None; FIELDS];
        while let Some(tag) = body.0.first() {
            let place = fields.get_mut(usize::from(tag ^ explicit(0)))?;
            *place = Some(body.take(*tag)?);
        }
        Some(Fields(fields))
    }

    fn take(&mut self, number: u8) -> Option<&'a [u8]> {
        self.0[usize::from(number)].take()
    }

    fn bytes(&mut self, number: u8) -> Option<&'a [u8]> {
        Reader(self.take(number)?).take(OCTET_STRING)
    }

    /// 0 where there is none.
    fn number(&mut self, number: u8) -> i64 {
        self.take(number).and_then(|content| Reader(content).integer()).unwrap_or_default()
    }
}

type Resumption = Arc<dyn Any + Send + Sync>;

/// What encoded sessions resume by.
#[derive(Default)]
struct Known {
    by_id: HashMap<Id, Resumption>,
    /// The oldest first.
    ids: VecDeque<Id>,
}

/// How many encoded sessions are known; then the oldest is forgotten, and decoding it leads to a full handshake.
const MOST: usize = 256;

impl Known {
    fn insert(&mut self, id: Id, resumption: &Resumption) {
        if self.by_id.insert(id, resumption.clone()).is_none() {
            self.ids.push_back(id);
        }
        if self.ids.len() > MOST {
            let oldest = self.ids.pop_front();
            oldest.and_then(|id| self.by_id.remove(&id));
        }
    }

    fn find(&self, id: &Id) -> Option<Resumption> {
        self.by_id.get(id).cloned()
    }
}

fn known() -> MutexGuard<'static, Known> {
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Data {
        Data {
            version: 0x303,
            cipher: Cipher::by_number(0xc02f),
            id: Id::new(&[7; 32]).unwrap(),
            id_context: Id::new(b"context").unwrap(),
            time: 1_700_000_000,
            timeout: 7200,
            host_name: Some(CString::new("example.org").unwrap()),
            alpn: Some(b"h2".as_slice().into()),
            master_key: Zeroizing::new([9; 48].into()),
            extended_master_secret: true,
            verify_result: 20,
            lifetime_hint: 300,
            ..Data::default()
        }
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let mut data = example();
        data.resumption = Some(Arc::new("by this"));
        let encoded = encode(&Session::new(data)).unwrap();
        let mut rest = &[&encoded[..], b"more"].concat()[..];
        let decoded = decode(&mut rest).unwrap();
        assert_eq!(rest, b"more");
        assert_eq!(decoded.resumption.as_ref().and_then(|by| by.downcast_ref()), Some(&"by this"));
        assert_eq!(encode(&Session::new(decoded)).unwrap(), encoded);
    }

    #[test]
    fn the_longest_key_comes_back() {
        let with_key = |length| Data { master_key: Zeroizing::new(vec![9; length].into()), ..example() };
        let encode = |data| encode(&Session::new(data)).unwrap();
        let decoded = decode(&mut &encode(with_key(LONGEST_KEY))[..]).unwrap();
        assert_eq!(decoded.master_key.len(), LONGEST_KEY);
        assert!(decode(&mut &encode(with_key(LONGEST_KEY + 1))[..]).is_err());
    }

    #[test]
    fn no_cut_and_no_changed_byte_does_harm() {
        let encoded = encode(&Session::new(example())).unwrap();
        for length in 0..encoded.len() {
            assert!(decode(&mut &encoded[..length]).is_err());
        }
        for place in 0..encoded.len() {
            let mut changed = encoded.clone();
            changed[place] ^= 0xff;
            _ = decode(&mut &changed[..]);
        }
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let (mut known, by): (_, Resumption) = (Known::default(), Arc::new(()));
        let id = |number: usize| Id::new(&number.to_be_bytes()).unwrap();
        for number in 0..=MOST {
            known.insert(id(number), &by);
            known.insert(id(number), &by);
        }
        assert!(known.find(&id(0)).is_none() && known.find(&id(1)).is_some() && known.find(&id(MOST)).is_some());
    }
}
