//! The record layer against bytes that others made.

mod support;

use sslmode_tls::record::{
    AlertDescription, Cipher, Hash, Keys, Protection, Received, RecordLayer, Role, TicketSink, Traffic, TrafficSecret,
};
use std::sync::{Arc, Mutex};
use support::{due, open, seal};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// RFC 8448 3, "Simple 1-RTT Handshake": everything after the handshake.
mod rfc8448 {
    pub const CLIENT_SECRET: &str = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
    pub const SERVER_SECRET: &str = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
    pub const CLIENT_KEYS: [&str; 2] = ["17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"];
    pub const SERVER_KEYS: [&str; 2] = ["9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"];
    pub const TICKET_RECORD: &str = "17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580dcf3d11d\
        63c758db289a015940252f55713e061dc13e078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e0\
        9c30ba1e62972ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406f16e3fc181a77ca475840025db2f0a77f81b5ab05b94\
        c01346755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d023e70e952ca49fe5137121c74bc2697687e248746d6df3530\
        05f3bce18696129c8153556b3b6c6779b37bf15985684f";
    pub const TICKET: &str = "0000001efad6aac502000000b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b00\
        70ad3c498883c9367c09a2be785abc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d4\
        54a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea6\
        17646fac5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d3570008002a000400000400";
    pub const CLIENT_DATA: &str = "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a\
        20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
    pub const SERVER_DATA: &str = "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb\
        501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d";
    pub const CLIENT_CLOSE: &str = "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3";
    pub const SERVER_CLOSE: &str = "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9";
}

fn secret(text: &str) -> TrafficSecret {
    TrafficSecret::new(Hash::Sha256, &hex(text)).unwrap()
}

#[derive(Default)]
struct Collected(Arc<Mutex<Vec<Vec<u8>>>>);

impl TicketSink for Collected {
    fn ticket(&mut self, body: &[u8]) -> Result<(), AlertDescription> {
        self.0.lock().unwrap().push(body.to_vec());
        Ok(())
    }
}

fn trace(role: Role, write: &str, read: &str, write_sequence: u64) -> (RecordLayer, Arc<Mutex<Vec<Vec<u8>>>>) {
    let tickets = Collected::default();
    let collected = tickets.0.clone();
    let protection = Protection::Tls13 {
        cipher: Cipher::Aes128Gcm,
        write: (secret(write), write_sequence),
        read: (secret(read), 0),
    };
    (RecordLayer::new(Traffic { role, protection, tickets: Some(Box::new(tickets)) }), collected)
}

#[test]
fn rfc8448_keys_come_from_the_secrets() {
    for (secret_text, [key, iv]) in
        [(rfc8448::CLIENT_SECRET, rfc8448::CLIENT_KEYS), (rfc8448::SERVER_SECRET, rfc8448::SERVER_KEYS)]
    {
        let expected = Keys::new(Cipher::Aes128Gcm, &hex(key), &hex(iv)).unwrap();
        assert!(secret(secret_text).keys(Cipher::Aes128Gcm).matches(&expected));
        assert!(!secret(secret_text).next().keys(Cipher::Aes128Gcm).matches(&expected));
    }
}

#[test]
fn rfc8448_records_are_opened_and_sealed() {
    let data: Vec<u8> = (0..50).collect();

    let (mut client, tickets) = trace(Role::Client, rfc8448::CLIENT_SECRET, rfc8448::SERVER_SECRET, 0);
    let ticket = open(&mut client, &hex(rfc8448::TICKET_RECORD)).unwrap().0;
    assert_eq!(ticket, Received::Handshake { tickets: 1, key_update: false });
    assert_eq!(*tickets.lock().unwrap(), [hex(rfc8448::TICKET)]);
    assert_eq!(seal(&mut client, &data), hex(rfc8448::CLIENT_DATA));
    assert_eq!(open(&mut client, &hex(rfc8448::SERVER_DATA)).unwrap().1, data);
    client.close();
    assert_eq!(due(&mut client), hex(rfc8448::CLIENT_CLOSE));
    assert_eq!(open(&mut client, &hex(rfc8448::SERVER_CLOSE)).unwrap().0, Received::CloseNotify);

    // The server's ticket was its record 0.
    let (mut server, _) = trace(Role::Server, rfc8448::SERVER_SECRET, rfc8448::CLIENT_SECRET, 1);
    assert_eq!(open(&mut server, &hex(rfc8448::CLIENT_DATA)).unwrap().1, data);
    assert_eq!(seal(&mut server, &data), hex(rfc8448::SERVER_DATA));
    assert_eq!(open(&mut server, &hex(rfc8448::CLIENT_CLOSE)).unwrap().0, Received::CloseNotify);
    server.close();
    assert_eq!(due(&mut server), hex(rfc8448::SERVER_CLOSE));
}

/// TLS 1.2 records of "sslmode": key 00 01 02 …, IV 40 41 42 …; made with OpenSSL's AEADs and the nonces and additional
/// data of RFC 5246 6.2.3.3, RFC 5288 3 (explicit nonce: IV exclusive or sequence number) and RFC 7905 2.
const TLS12: [(Cipher, u64, &str); 9] = [
    (Cipher::Aes128Gcm, 0, "170303001f4445464748494a4b4a5a05a7022f9c299800e327453b1b4ecd1ff3ea274bb8"),
    (Cipher::Aes128Gcm, 1, "170303001f4445464748494a4a9f7709a8063576c0a80fb7dd9d0f54c4d89eb7ad7e4cc5"),
    (Cipher::Aes128Gcm, 258, "170303001f4445464748494b49b1423b545f441dfffd7ee4d01e32262d91211c80483432"),
    (Cipher::Aes256Gcm, 0, "170303001f4445464748494a4b91cac24e4958e2f4b593f63954d73cfce237320414968e"),
    (Cipher::Aes256Gcm, 1, "170303001f4445464748494a4a167bd35fb76bbbbfc5bb8e618736e16419d6f1e2836799"),
    (Cipher::Aes256Gcm, 258, "170303001f4445464748494b491edec8ecc3551a63ed9639792683d065f083c571ee834a"),
    (Cipher::ChaCha20Poly1305, 0, "17030300178b2710ec1d2e8b248c6152ccac0de5a8ea098b92225c75"),
    (Cipher::ChaCha20Poly1305, 1, "1703030017d840de19c9484f53d1c8fa44c01f776ab2f078c91faf1d"),
    (Cipher::ChaCha20Poly1305, 258, "170303001755eeb02985f121e504cb4f2a9610e490efdf19b6b7dfd5"),
];

#[test]
fn tls12_records_are_opened_and_sealed() {
    for (cipher, sequence, record) in TLS12 {
        let key: Vec<u8> = (0..cipher.key_length() as u8).collect();
        let iv: Vec<u8> = (0x40..0x4c).collect();
        let keys = || (Keys::new(cipher, &key, &iv).unwrap(), sequence);
        let protection = Protection::Tls12 { write: keys(), read: keys() };
        let mut layer = RecordLayer::new(Traffic { role: Role::Client, protection, tickets: None });
        assert_eq!(seal(&mut layer, b"sslmode"), hex(record), "{cipher:?} {sequence}");
        assert_eq!(open(&mut layer, &hex(record)).unwrap().1, b"sslmode");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let keys = Keys::new(Cipher::Aes128Gcm, &[0xab; 16], &[0xab; 12]).unwrap();
    let (layer, _) = trace(Role::Client, rfc8448::CLIENT_SECRET, rfc8448::SERVER_SECRET, 0);
    for text in [format!("{keys:?}"), format!("{:?}", secret(rfc8448::CLIENT_SECRET)), format!("{layer:?}")] {
        assert!(!text.contains("171") && !text.contains("ab, ") && !text.contains("9e"), "{text}");
    }
}
