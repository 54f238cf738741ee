//! What can only be seen from inside: sequence numbers and limits.

use super::*;

fn pair(cipher: Cipher, version: Version) -> (RecordLayer, RecordLayer) {
    let end = |role, write: u8, read: u8| {
        let protection = match version {
            Version::Tls12 => {
                let keys = |seed| (Keys::new(cipher, &vec![seed; cipher.key_length()], &[seed; 12]).unwrap(), 1);
                Protection::Tls12 { write: keys(write), read: keys(read) }
            }
            Version::Tls13 => {
                let secret = |seed| (TrafficSecret::new(Hash::Sha256, &[seed; 32]).unwrap(), 0);
                Protection::Tls13 { cipher, write: secret(write), read: secret(read) }
            }
        };
        RecordLayer::new(Traffic { role, protection, tickets: None })
    };
    (end(Role::Client, 1, 2), end(Role::Server, 2, 1))
}

fn seal(layer: &mut RecordLayer, data: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; layer.sealed_length(data.len()) + 64];
    let length = layer.seal(data, &mut out)?;
    out.truncate(length);
    Ok(out)
}

/// Opens every record in `bytes`; answers what the last one was.
fn open_all(layer: &mut RecordLayer, bytes: &[u8]) -> Result<Received, Error> {
    let mut buffer = RecordBuffer::new();
    let mut last = Received::Empty;
    assert_eq!(buffer.push(bytes), bytes.len());
    while let Some(record) = buffer.record() {
        let length = record.len();
        last = layer.open(record, &mut [0; MAX_CONTENT + 1])?;
        buffer.consume(length);
    }
    assert!(buffer.is_empty());
    Ok(last)
}

const ALL: [Cipher; 3] = [Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305];

#[test]
fn a_tls13_key_is_updated_before_its_limit() {
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
    client.sealer.key().set_usage(7, 1 << 34);
    server.opener.key().set_usage(7, 0);
    let bytes = seal(&mut client, b"data").unwrap();
    // KeyUpdate, then the data under the new key with sequence number 0.
    assert_eq!(open_all(&mut server, &bytes), Ok(Received::Data(4)));
    assert_eq!(server.opener.key().next_nonce().unwrap().0, 1);
    assert_eq!(seal(&mut client, b"data").unwrap().len(), client.sealed_length(4));
}

#[test]
fn a_tls12_key_ends_at_its_limit_with_a_close_notify() {
    for (cipher, blocks, sequence) in [(ALL[0], 1 << 34, 9), (ALL[1], 1 << 34, 9), (ALL[2], 0, u64::MAX - 10)] {
        let (mut client, mut server) = pair(cipher, Version::Tls12);
        client.sealer.key().set_usage(sequence, blocks);
        server.opener.key().set_usage(sequence, 0);
        assert_eq!(seal(&mut client, b"data"), Err(Error::KeyExhausted));
        assert_eq!(client.failure(), None);
        client.close();
        let mut out = vec![0; client.due_length()];
        client.seal_due(&mut out).unwrap();
        assert_eq!(open_all(&mut server, &out), Ok(Received::CloseNotify));
    }
}

#[test]
fn chacha_is_not_limited_by_blocks() {
    let (mut client, mut server) = pair(Cipher::ChaCha20Poly1305, Version::Tls13);
    client.sealer.key().set_usage(0, u64::MAX);
    let record = seal(&mut client, b"data").unwrap();
    assert_eq!(record.len(), client.sealed_length(4));
    assert_eq!(open_all(&mut server, &record), Ok(Received::Data(4)));
}

#[test]
fn sequence_numbers_do_not_wrap() {
    for version in [Version::Tls12, Version::Tls13] {
        for cipher in ALL {
            let (mut client, mut server) = pair(cipher, version);
            let record = seal(&mut client, b"data").unwrap();
            server.opener.key().set_usage(u64::MAX, 0);
            let refused = open_all(&mut server, &record).unwrap_err();
            assert!(matches!(refused, Error::Protocol(AlertDescription::INTERNAL_ERROR, _)));
            assert_eq!(server.failure(), Some(refused));
        }
    }
}

#[test]
fn a_replayed_or_reordered_record_is_refused() {
    for version in [Version::Tls12, Version::Tls13] {
        for cipher in ALL {
            let (mut client, mut server) = pair(cipher, version);
            let (first, second) = (seal(&mut client, b"first").unwrap(), seal(&mut client, b"second").unwrap());
            assert_eq!(open_all(&mut server, &first), Ok(Received::Data(5)));
            assert_eq!(open_all(&mut server, &first), Err(error::BAD_RECORD_MAC));
            assert_eq!(open_all(&mut server, &second), Err(error::BAD_RECORD_MAC), "it sticks");

            let (mut client, mut server) = pair(cipher, version);
            seal(&mut client, b"lost").unwrap();
            let late = seal(&mut client, b"late").unwrap();
            assert_eq!(open_all(&mut server, &late), Err(error::BAD_RECORD_MAC));
        }
    }
}

/// A record with content of any type, as only a peer that breaks the rules would send it.
fn forged(layer: &mut RecordLayer, content_type: ContentType, content: &[u8]) -> Vec<u8> {
    let mut out = vec![0; layer.sealer.sealed_length(content.len())];
    layer.sealer.seal(content_type, content, &mut out).unwrap();
    out
}

fn alert_for(version: Version, content_type: ContentType, content: &[u8]) -> AlertDescription {
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, version);
    let record = forged(&mut client, content_type, content);
    let refused = open_all(&mut server, &record).unwrap_err();
    assert_eq!(server.failure(), Some(refused));
    let Error::Protocol(alert, _) = refused else { panic!("{refused}") };
    // The peer gets the alert, and nothing after it.
    let mut out = vec![0; server.due_length()];
    server.seal_due(&mut out).unwrap();
    assert_eq!(open_all(&mut client, &out), Err(Error::PeerAlert(alert)));
    assert_eq!(client.due_length(), 0, "a fatal alert is not answered");
    assert_eq!(server.due_length(), 0);
    assert_eq!(seal(&mut server, b"more"), Err(refused));
    alert
}

#[test]
fn every_rule_has_its_alert() {
    use AlertDescription as Alert;
    use ContentType as Type;
    for version in [Version::Tls12, Version::Tls13] {
        assert_eq!(alert_for(version, Type::ChangeCipherSpec, &[1]), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(alert_for(version, Type::Handshake, &[]), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(alert_for(version, Type::Alert, &[]), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(alert_for(version, Type::Alert, &[1]), Alert::DECODE_ERROR);
        assert_eq!(alert_for(version, Type::Alert, &[1, 0, 1, 0]), Alert::DECODE_ERROR);
        assert_eq!(alert_for(version, Type::Handshake, &[20, 0, 0, 0]), Alert::UNEXPECTED_MESSAGE);
    }
    assert_eq!(alert_for(Version::Tls13, Type::Handshake, &[24, 0, 0, 1, 9]), Alert::ILLEGAL_PARAMETER);
    assert_eq!(alert_for(Version::Tls13, Type::Handshake, &[24, 0, 0, 1, 0, 0]), Alert::UNEXPECTED_MESSAGE);
    assert_eq!(alert_for(Version::Tls12, Type::Alert, &[7, 40]), Alert::ILLEGAL_PARAMETER);
}

#[test]
fn a_message_in_pieces_has_nothing_between_them() {
    let (mut client, mut server) = pair(Cipher::Aes256Gcm, Version::Tls13);
    let piece = forged(&mut client, ContentType::Handshake, &[24, 0, 0]);
    assert_eq!(open_all(&mut server, &piece), Ok(Received::Handshake { tickets: 0, key_update: false }));
    let data = seal(&mut client, b"data").unwrap();
    let refused = open_all(&mut server, &data).unwrap_err();
    assert!(matches!(refused, Error::Protocol(AlertDescription::UNEXPECTED_MESSAGE, _)));
}

#[test]
fn padding_is_taken_off_and_zeros_alone_are_refused() {
    for (inner, expected) in [
        (&b"data\x17\0\0\0\0\0\0"[..], Ok(Received::Data(4))),
        (b"\x17\0\0\0", Ok(Received::Empty)),
        (b"\0\0\0\0\0\0", Err(AlertDescription::UNEXPECTED_MESSAGE)),
        (b"data\x14", Err(AlertDescription::UNEXPECTED_MESSAGE)),
        (b"data\x63\0", Err(AlertDescription::UNEXPECTED_MESSAGE)),
    ] {
        let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
        // The last byte of the inner plaintext takes the place of the type that sealing appends.
        let record = forged_inner(&mut client, inner);
        let received = open_all(&mut server, &record).map_err(|error| match error {
            Error::Protocol(alert, _) => alert,
            other => panic!("{other}"),
        });
        assert_eq!(received, expected, "{inner:?}");
    }
}

/// A TLS 1.3 record whose whole inner plaintext is given.
fn forged_inner(layer: &mut RecordLayer, inner: &[u8]) -> Vec<u8> {
    let key = layer.sealer.key();
    let (_, nonce) = key.next_nonce().unwrap();
    let [high, low] = ((inner.len() + keys::TAG) as u16).to_be_bytes();
    let header = [23, 3, 3, high, low];
    let mut body = inner.to_vec();
    let aad = aws_lc_rs::aead::Aad::from(header);
    key.aead().seal_in_place_append_tag(keys::nonce(nonce), aad, &mut body).unwrap();
    [&header[..], &body].concat()
}

#[test]
fn a_record_holds_2_to_the_14_bytes_and_no_more() {
    for (length, fits) in [(MAX_CONTENT + 1, true), (MAX_CONTENT + 2, false), (MAX_CONTENT + 240, false)] {
        let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
        let mut inner = vec![b'x'; length];
        inner[length - 1] = 23;
        let mut record = forged_inner(&mut client, &inner);
        for (room, place) in [(length + 64, "direct"), (0, "in place")] {
            let mut out = vec![0xee; room];
            let mut again = RecordLayer::new(Traffic {
                role: Role::Server,
                protection: Protection::Tls13 {
                    cipher: Cipher::Aes128Gcm,
                    write: (TrafficSecret::new(Hash::Sha256, &[2; 32]).unwrap(), 0),
                    read: (TrafficSecret::new(Hash::Sha256, &[1; 32]).unwrap(), 0),
                },
                tickets: None,
            });
            let received = again.open(&mut record.clone(), &mut out);
            match received {
                Ok(_) => assert!(fits, "{length} {place}"),
                Err(error) => {
                    assert!(!fits, "{length} {place}");
                    assert!(matches!(error, Error::Protocol(AlertDescription::RECORD_OVERFLOW, _)), "{error}");
                    assert!(!out.contains(&b'x'), "refused content was left in the caller's buffer");
                }
            }
        }
        // The length in the header alone (RFC 8446 5.2): refused before a byte of the body is there.
        record[3..5].copy_from_slice(&(MAX_CONTENT as u16 + 257).to_be_bytes());
        let refused = server.open(&mut record, &mut []).unwrap_err();
        assert!(matches!(refused, Error::Protocol(AlertDescription::RECORD_OVERFLOW, _)), "{refused}");
    }
    let (mut client, _) = pair(Cipher::Aes128Gcm, Version::Tls12);
    assert_eq!(seal(&mut client, &vec![0; MAX_CONTENT + 1]), Err(Error::TooLong(MAX_CONTENT + 1)));
}

#[test]
fn no_room_seals_nothing() {
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
    client.update_keys(true).unwrap();
    let needed = client.sealed_length(4);
    for room in 0..needed {
        assert_eq!(client.seal(b"data", &mut vec![0; room]), Err(Error::NoRoom(needed)));
    }
    let mut out = vec![0; needed];
    assert_eq!(client.seal(b"data", &mut out), Ok(needed));
    assert_eq!(open_all(&mut server, &out), Ok(Received::Data(4)));
}

#[test]
fn a_closed_direction_is_closed_and_the_other_goes_on() {
    for version in [Version::Tls12, Version::Tls13] {
        let (mut client, mut server) = pair(Cipher::ChaCha20Poly1305, version);
        client.close();
        assert_eq!(seal(&mut client, b"more"), Err(Error::WriteClosed));
        let mut out = vec![0; client.due_length()];
        client.seal_due(&mut out).unwrap();
        assert_eq!(client.due_length(), 0);
        client.close();
        assert_eq!(client.due_length(), 0, "one close_notify is enough");

        assert_eq!(open_all(&mut server, &out), Ok(Received::CloseNotify));
        assert!(server.received_close_notify() && !server.is_write_closed());
        let data = seal(&mut server, b"half-closed").unwrap();
        assert_eq!(open_all(&mut client, &data), Ok(Received::Data(11)));
        // RFC 8446 6.1: whatever follows a close_notify is ignored.
        assert_eq!(server.open(&mut [1, 2, 3], &mut []), Ok(Received::CloseNotify));
        // A failure after our close_notify sends no alert any more.
        let refused = client.open(&mut [23, 3, 3, 0, 0], &mut []).unwrap_err();
        assert!(refused.is_fatal());
        assert_eq!(client.due_length(), 0);
    }
}

#[test]
fn a_failure_overtakes_a_close_notify_that_was_not_sent() {
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
    client.close();
    client.open(&mut [22, 3, 3, 0, 0], &mut []).unwrap_err();
    let mut out = vec![0; client.due_length()];
    client.seal_due(&mut out).unwrap();
    assert_eq!(open_all(&mut server, &out), Err(Error::PeerAlert(AlertDescription::UNEXPECTED_MESSAGE)));
}

#[test]
fn key_updates_are_answered_once_before_the_next_data() {
    let (mut client, mut server) = pair(Cipher::Aes256Gcm, Version::Tls13);
    for _ in 0..3 {
        client.update_keys(true).unwrap();
        let mut out = vec![0; client.due_length()];
        client.seal_due(&mut out).unwrap();
        assert_eq!(open_all(&mut server, &out), Ok(Received::Handshake { tickets: 0, key_update: true }));
    }
    let answer = server.due_length();
    assert_eq!(answer, server.sealer.sealed_length(5), "three requests, one answer");
    let bytes = seal(&mut server, b"data").unwrap();
    assert_eq!(open_all(&mut client, &bytes), Ok(Received::Data(4)));
    assert_eq!(client.due_length(), 0, "the answer asks for nothing");

    // An update of our own that asks for nothing is an answer, too.
    client.update_keys(true).unwrap();
    let request = seal(&mut client, b"data").unwrap();
    open_all(&mut server, &request).unwrap();
    server.update_keys(false).unwrap();
    let mut out = vec![0; server.due_length()];
    assert_eq!(server.seal_due(&mut out), Ok(answer), "one record for both");
    assert_eq!(open_all(&mut client, &out[..answer]), Ok(Received::Handshake { tickets: 0, key_update: true }));

    let (mut old, _) = pair(Cipher::Aes256Gcm, Version::Tls12);
    assert_eq!(old.update_keys(true), Err(Error::NoKeyUpdate));
}

#[test]
fn a_key_update_after_our_close_notify_is_not_answered() {
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
    server.close();
    server.seal_due(&mut vec![0; server.due_length()]).unwrap();
    client.update_keys(true).unwrap();
    let bytes = seal(&mut client, b"data").unwrap();
    assert_eq!(open_all(&mut server, &bytes), Ok(Received::Data(4)));
    assert_eq!(server.due_length(), 0);
    assert_eq!(server.update_keys(false), Err(Error::WriteClosed));
}

#[test]
fn what_is_no_data_does_not_stay_in_the_callers_buffer() {
    // A ticket of 4,000 bytes: long enough to be opened straight into the caller's buffer.
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls13);
    let ticket = [&[4, 0, 0x0f, 0xa0][..], &[b'x'; 4000]].concat();
    let mut record = forged(&mut server, ContentType::Handshake, &ticket);
    let mut out = vec![0; 8000];
    let received = client.open(&mut record, &mut out);
    assert_eq!(received, Ok(Received::Handshake { tickets: 1, key_update: false }));
    assert!(!out.contains(&b'x') && !record.windows(8).any(|window| window == b"xxxxxxxx"));

    // A damaged record: nothing unauthenticated stays in either buffer.
    for room in [0, 8000] {
        let (mut client, mut server) = pair(Cipher::ChaCha20Poly1305, Version::Tls12);
        let mut record = seal(&mut server, &[b'x'; 4000]).unwrap();
        *record.last_mut().unwrap() ^= 1;
        let mut out = vec![0; room];
        assert_eq!(client.open(&mut record, &mut out), Err(error::BAD_RECORD_MAC));
        assert!(out.iter().all(|&byte| byte == 0));
        assert!(!record.windows(8).any(|window| window == b"xxxxxxxx"));
    }
}

#[test]
fn every_bit_of_a_record_counts() {
    for version in [Version::Tls12, Version::Tls13] {
        for cipher in ALL {
            let (mut client, _) = pair(cipher, version);
            let record = seal(&mut client, b"data").unwrap();
            for bit in 0..record.len() * 8 {
                let mut damaged = record.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let (_, mut server) = pair(cipher, version);
                let refused = server.open(&mut damaged, &mut []).unwrap_err();
                let Error::Protocol(alert, _) = refused else { panic!("{refused}") };
                let expected: &[AlertDescription] = match (bit / 8, version) {
                    // An unknown type; another one that is known fails as what it claims to be, or by its tag.
                    (0, _) => &[AlertDescription::UNEXPECTED_MESSAGE, AlertDescription::BAD_RECORD_MAC],
                    (1 | 2, Version::Tls12) => &[AlertDescription::PROTOCOL_VERSION],
                    // Lengths that no record has, and those that this one has not.
                    (3 | 4, _) => &[AlertDescription::RECORD_OVERFLOW, AlertDescription::DECODE_ERROR],
                    _ => &[AlertDescription::BAD_RECORD_MAC],
                };
                assert!(expected.contains(&alert), "{version:?} {cipher:?}, bit {bit}: {alert}");
            }
        }
    }
}

#[test]
fn tls12_content_of_more_than_2_to_the_14_bytes_is_refused() {
    let (_, mut server) = pair(Cipher::Aes128Gcm, Version::Tls12);
    // Within TLSCiphertext's limit of 2^14 + 2048, beyond the content's.
    let length = MAX_CONTENT + 1 + keys::EXPLICIT_NONCE + keys::TAG;
    let mut record = vec![0; HEADER + length];
    record[..3].copy_from_slice(&[23, 3, 3]);
    record[3..5].copy_from_slice(&(length as u16).to_be_bytes());
    let refused = server.open(&mut record, &mut []).unwrap_err();
    assert!(matches!(refused, Error::Protocol(AlertDescription::RECORD_OVERFLOW, _)), "{refused}");
}

#[test]
fn a_renegotiation_is_refused_with_a_warning() {
    let (mut client, mut server) = pair(Cipher::Aes128Gcm, Version::Tls12);
    let hello_request = forged(&mut server, ContentType::Handshake, &[0, 0, 0, 0]);
    assert_eq!(open_all(&mut client, &hello_request), Ok(Received::Handshake { tickets: 0, key_update: false }));
    let bytes = seal(&mut client, b"data").unwrap();
    assert!(bytes.len() > client.sealed_length(4), "a warning goes ahead");
    assert_eq!(open_all(&mut server, &bytes), Ok(Received::Data(4)));
}

#[test]
fn floods_end_the_connection() {
    for (version, content_type, content, allowed) in [
        (Version::Tls13, ContentType::ApplicationData, &[][..], 32),
        (Version::Tls12, ContentType::ApplicationData, &[], 32),
        (Version::Tls12, ContentType::Alert, &[1, 90], 4),
        (Version::Tls12, ContentType::Handshake, &[1, 0, 0, 0], 32),
    ] {
        let (mut client, mut server) = pair(Cipher::Aes128Gcm, version);
        for _ in 0..allowed {
            let record = forged(&mut client, content_type, content);
            open_all(&mut server, &record).unwrap();
        }
        let refused = open_all(&mut server, &forged(&mut client, content_type, content)).unwrap_err();
        assert!(matches!(refused, Error::Protocol(AlertDescription::UNEXPECTED_MESSAGE, _)), "{refused}");
    }
}
