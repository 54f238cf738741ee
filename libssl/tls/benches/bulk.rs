//! CPU time of bulk data, both ends, beside the system's OpenSSL on the same transport in memory; in turns, in one run.

mod support;

use sslmode_tls::handshake::Versions;
use sslmode_tls::record::{Received, RecordBuffer, RecordLayer, Version};
use std::io::{Read, Write};
use support::ours::{KeyType, client, handshake, open, server};
use support::{Pipe, cpu, openssl_contexts, openssl_pair};

const ROUNDS: usize = 15;
const BYTES: usize = 16 << 20;

fn timed(work: impl FnOnce()) -> f64 {
    let start = cpu();
    work();
    (cpu() - start).as_secs_f64()
}

fn main() {
    println!("times as fast as OpenSSL, median of {ROUNDS} turns (lowest, highest)");
    for version in [Version::Tls12, Version::Tls13] {
        for (size, room) in [(16_384, 16_384), (16_384, 20_000), (1024, 16_384), (1024, 1024)] {
            let data = vec![7; size];
            let (mut out, mut theirs_out) = (vec![0; room], vec![0; room]);

            let pair = handshake(&client(Versions::only(version)), &server(Versions::ALL, KeyType::Ecdsa)).unwrap();
            assert_eq!(pair.client.cipher_suite, if version == Version::Tls12 { 0xc02c } else { 0x1302 });
            let (mut client, mut server) =
                (RecordLayer::new(pair.client.traffic), RecordLayer::new(pair.server.traffic));
            for record in pair.late {
                open(&mut client, &record).unwrap();
            }
            let (mut writer, mut reader) = Pipe::pair();
            let (mut record, mut buffer) = (vec![0; 20_000], RecordBuffer::new());
            let mut ours = || {
                for _ in 0..BYTES / size {
                    let length = client.seal(&data, &mut record).unwrap();
                    writer.write_all(&record[..length]).unwrap();
                    // As OpenSSL reads without read_ahead: the header, then the rest.
                    while buffer.missing() > 0 {
                        let missing = buffer.missing();
                        let count = reader.read(&mut buffer.space()[..missing]).unwrap();
                        buffer.filled(count);
                    }
                    let sealed = buffer.record().unwrap();
                    match server.open(sealed, &mut out).unwrap() {
                        Received::Data(count) => assert_eq!(count, size),
                        other => panic!("{other:?}"),
                    }
                    buffer.consume(length);
                }
            };

            let (mut their_client, mut their_server) = openssl_pair(&openssl_contexts(version, false));
            assert_eq!(their_client.ssl().current_cipher().unwrap().bits().secret, 256);
            let mut theirs = || {
                for _ in 0..BYTES / size {
                    their_client.write_all(&data).unwrap();
                    assert_eq!(their_server.read(&mut theirs_out).unwrap(), size);
                }
            };
            ours();
            theirs();
            let mut ratios: Vec<f64> = (0..ROUNDS)
                .map(|round| {
                    let (mut first, mut second) = (0.0, 0.0);
                    if round % 2 == 0 {
                        first = timed(&mut ours);
                    }
                    second += timed(&mut theirs);
                    if round % 2 == 1 {
                        first = timed(&mut ours);
                    }
                    second / first
                })
                .collect();
            ratios.sort_by(f64::total_cmp);
            let (low, high) = (ratios[0], ratios[ROUNDS - 1]);
            println!(
                "{version:?}, records of {size:5}, reads of {room:5}: {:.2} ({low:.2}, {high:.2})",
                ratios[ROUNDS / 2]
            );
        }
    }
}
