//! What one dialect does about a topic, in words that are made from its tables: two dialects differ where the words do.

use super::{Said, Topic};
use crate::buffers::{self, When};
use crate::dialect::{Dialect, Fact, Interface, OnNull, Source};
use crate::fallback::{self, Ability, Answer, Role, Version};
use crate::mode::{Modes, Width};
use crate::read::{Handling, Next, ReadRules, Record};
use crate::write::{Call, MAX_FRAGMENT, Outcome, Reason, Rules, SslError, Transport, WriteMachine};

impl Said {
    fn of(text: impl Into<String>, sources: &[Source]) -> Option<Said> {
        Some(Said { text: text.into(), sources: sources.to_vec() })
    }
}

/// What `dialect`, the old or the new one, does about a topic. Where much could be said, only what matters to a program
/// that goes from the old one to the new one is. None where there is nothing to say.
pub fn said(topic: Topic, dialect: &'static Dialect, from: &'static Dialect, to: &'static Dialect) -> Option<Said> {
    let (write, read, buffers) = (Rules::of(dialect), ReadRules::of(dialect), buffers::Rules::of(dialect));
    let record = |record| Said::of(handling(read.handling(record).value), &[read.handling(record).source]);
    match topic {
        Topic::DefaultModes => {
            let modes = dialect.name_mask(dialect.default_mask());
            Said::of(format!("a new SSL_CTX has the modes {modes}"), &[dialect.default_modes.source])
        }
        Topic::MaskWidth => Said::of(width(dialect), &[dialect.width.source]),
        Topic::UnknownBits => numbers(dialect, bits(to) & !bits(from)),
        Topic::ModeNumbers => numbers(dialect, bits_of_two_modes(from, to)),
        Topic::MissingModes => missing(dialect, from),
        Topic::ModeFunctions => Said::of(interface(dialect.interface.value), &[dialect.interface.source]),
        Topic::NullHandle => null_handle(dialect),
        Topic::MovedRetry => retried(write, &[ELSEWHERE]),
        Topic::ShorterRetry => retried(write, &[LESS, MUCH_LESS, LESS_MOVING]),
        Topic::LongerRetry => retried(write, &[MORE, MORE_MOVING]),
        Topic::RightRetry => retried(write, &[AGAIN, AGAIN_PARTIAL]),
        Topic::AfterFatal => Said::of(after_fatal(write), &[write.source]),
        Topic::FailedTransport => Said::of(failed_transport(write), &[write.source]),
        Topic::NegativeLength => retried(write, &[NEGATIVE]),
        Topic::EmptyWriteEx => Said::of(empty_write_ex(write), &[write.source]),
        Topic::FragmentLimit => Said::of(fragment_limit(write), &[write.source]),
        Topic::Renegotiation => record(Record::Renegotiation),
        Topic::SessionTickets => record(Record::SessionTicket),
        Topic::KeyUpdates => record(Record::KeyUpdate),
        Topic::Heartbeats => record(Record::Heartbeat),
        Topic::WarningAlerts => record(Record::WarningAlert),
        Topic::EmptyRecords => record(Record::Empty),
        Topic::ReadAhead => read_ahead(read),
        Topic::ReleasedBuffers => Said::of(released(buffers), &[buffers.source]),
        Topic::DtlsBuffers => Said::of(dtls(buffers), &[buffers.source]),
        Topic::FallbackSignal => Said::of(signal(dialect), &[dialect.numbers.source]),
        Topic::DowngradeMark => Said::of(mark(dialect), &[read.key_update.source]),
        Topic::ErrorNumbers => {
            let numbers = write.reasons;
            let (library, retry, length) = (numbers.library, numbers.bad_write_retry, numbers.bad_length);
            let nine = dialect.error_name(9).unwrap_or("no error");
            let text = format!(
                "libssl is library {library} of the error queue, bad write retry is {retry}, bad length {length}; \
                 SSL_get_error's 9 is {nine}"
            );
            Said::of(text, &[write.source])
        }
    }
}

fn width(dialect: &'static Dialect) -> String {
    let answer = dialect.argument(-1);
    match dialect.width.value {
        Width::LONG => format!("a mask has the bits of a long: set(-1) answers {answer}"),
        _ => format!("a mask has 32 bits: set(-1) answers {answer}"),
    }
}

/// The bits that stand for a mode.
fn bits(dialect: &Dialect) -> u32 {
    dialect.numbers.value.iter().fold(0, |bits, (_, number)| bits | number)
}

/// The bits that stand for one mode here and another there.
fn bits_of_two_modes(from: &Dialect, to: &Dialect) -> u32 {
    let modes = |dialect: &Dialect, bit: u32| dialect.decode(i64::from(bit)).modes;
    let both = bits(from) & bits(to);
    single(both).filter(|&bit| modes(from, bit) != modes(to, bit)).fold(0, |bits, bit| bits | bit)
}

fn single(mask: u32) -> impl Iterator<Item = u32> {
    (0..32).map(|place| 1_u32 << place).filter(move |bit| mask & bit != 0)
}

/// What these bits stand for.
fn numbers(dialect: &'static Dialect, mask: u32) -> Option<Said> {
    let each = single(mask).map(|bit| match dialect.decode(i64::from(bit)).modes {
        modes if modes.is_empty() => format!("{bit:#x} means nothing"),
        _ => format!("{bit:#x} is {}", dialect.name_mask(i64::from(bit))),
    });
    Said::of(each.collect::<Vec<_>>().join(", "), &[dialect.numbers.source])
}

/// Which of the modes that do something in the old version do nothing here.
fn missing(dialect: &Dialect, from: &Dialect) -> Option<Said> {
    let names = |modes: Modes| modes.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    let lacking = effective(from) - effective(dialect);
    let text = if lacking.is_empty() { "has each of them".to_owned() } else { format!("has no {}", names(lacking)) };
    Said::of(text, &[dialect.numbers.source])
}

/// The modes whose bit is not 0.
pub fn effective(dialect: &Dialect) -> Modes {
    dialect.numbers.value.iter().filter(|(_, number)| *number != 0).map(|(mode, _)| *mode).collect()
}

fn interface(interface: Interface) -> &'static str {
    match interface {
        Interface::Ctrl => "the mode functions are macros over SSL_CTX_ctrl and SSL_ctrl, commands 33 and 78",
        Interface::Functions => "the mode functions are functions; there is no SSL_ctrl",
    }
}

fn null_handle(dialect: &Dialect) -> Option<Said> {
    let does = |fact: Fact<OnNull>| match fact.value {
        OnNull::Answers(mask) => format!("answers {mask}"),
        OnNull::Crashes => "crashes".to_owned(),
    };
    let (context, connection) = (dialect.null_context, dialect.null_connection);
    let text = format!("a mode call on a NULL SSL_CTX {}, on a NULL SSL {}", does(context), does(connection));
    Said::of(text, &[context.source, connection.source])
}

/// A retry, after `SSL_write` of 40,000 bytes over a transport with room for one record.
struct Retry {
    /// As a sentence begins.
    name: &'static str,
    modes: Modes,
    call: Call,
}

const BUFFER: usize = 0x10_0000;
const OTHER: usize = 0x20_0000;
const FIRST: Call = Call { address: BUFFER, length: 40_000 };
const MOVING: Modes = Modes::ACCEPT_MOVING_WRITE_BUFFER;

const fn retry(name: &'static str, modes: Modes, address: usize, length: i64) -> Retry {
    Retry { name, modes, call: Call { address, length } }
}

const ELSEWHERE: Retry = retry("from another address", Modes::empty(), OTHER, 40_000);
const LESS: Retry = retry("30,000 of 40,000 bytes", Modes::empty(), BUFFER, 30_000);
const MUCH_LESS: Retry = retry("10 of them", Modes::empty(), BUFFER, 10);
const LESS_MOVING: Retry = retry("20,000 from elsewhere under ACCEPT_MOVING_WRITE_BUFFER", MOVING, OTHER, 20_000);
const MORE: Retry = retry("50,000 in place of 40,000 bytes", Modes::empty(), BUFFER, 50_000);
const MORE_MOVING: Retry = retry("50,000 from elsewhere under ACCEPT_MOVING_WRITE_BUFFER", MOVING, OTHER, 50_000);
const AGAIN: Retry = retry("the same call", Modes::empty(), BUFFER, 40_000);
const AGAIN_PARTIAL: Retry =
    retry("the same call under ENABLE_PARTIAL_WRITE", Modes::ENABLE_PARTIAL_WRITE, BUFFER, 40_000);
const NEGATIVE: Retry = retry("a length of -1", Modes::empty(), BUFFER, -1);

/// What each of these retries gets, and the right one after it.
fn retried(rules: &'static Rules, retries: &[Retry]) -> Option<Said> {
    let each = retries.iter().map(|retry| {
        let mut machine = stopped(rules);
        let reads_past = machine.may_read_past(retry.modes, retry.call);
        let outcome = machine.write(retry.modes, retry.call).run(|_| Transport::Took);
        let past = if reads_past { ", reading past the buffer" } else { "" };
        let mut text = format!("{}: {}{past}", retry.name, outcome_words(&outcome));
        if matches!(outcome, Outcome::Error(_)) {
            text += &format!("; then the right retry: {}", outcome_words(&right_retry(machine, retry.modes)));
        }
        text
    });
    Said::of(each.collect::<Vec<_>>().join(". "), &[rules.source])
}

fn stopped(rules: &'static Rules) -> WriteMachine {
    let mut machine = WriteMachine::new(rules);
    let mut room = 1;
    let _ = machine.write(Modes::empty(), FIRST).run(|_| match room {
        0 => Transport::Refused,
        _ => {
            room -= 1;
            Transport::Took
        }
    });
    machine
}

fn right_retry(mut machine: WriteMachine, modes: Modes) -> Outcome {
    machine.write(modes, FIRST).run(|_| Transport::Took)
}

/// How a call ended, for people.
pub fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Written(bytes) => format!("{bytes} bytes written"),
        Outcome::WantWrite => "SSL_ERROR_WANT_WRITE".to_owned(),
        Outcome::Error(Reason::BadWriteRetry) => "bad write retry".to_owned(),
        Outcome::Error(Reason::BadLength) => "bad length".to_owned(),
        Outcome::TransportFailed => "the transport failed".to_owned(),
        Outcome::Dead(error) => format!("the connection is dead ({})", error_words(*error)),
        Outcome::ReadsPast(_) => "accepted".to_owned(),
    }
}

fn error_words(error: SslError) -> &'static str {
    match error {
        SslError::None => "SSL_ERROR_NONE",
        SslError::Ssl => "SSL_ERROR_SSL",
        SslError::WantRead => "SSL_ERROR_WANT_READ",
        SslError::WantWrite => "SSL_ERROR_WANT_WRITE",
        SslError::Syscall => "SSL_ERROR_SYSCALL",
    }
}

fn after_fatal(rules: &Rules) -> String {
    if !rules.wrong_retry_is_fatal && !rules.failed_transport_is_fatal {
        return "no wrong retry and no failed transport ends a connection for SSL_write".to_owned();
    }
    let length = if rules.after_fatal.judges_length { ", or bad length where the length is" } else { "" };
    format!("SSL_write gets {} with an empty error queue{length}", error_words(rules.after_fatal.error))
}

fn failed_transport(rules: &Rules) -> &'static str {
    match rules.failed_transport_is_fatal {
        true => "SSL_write fails for good once the transport failed",
        false => "SSL_write goes on if the transport is mended",
    }
}

fn empty_write_ex(rules: &Rules) -> &'static str {
    match rules.empty_write_ex_is_skipped {
        true => "SSL_write_ex of 0 bytes succeeds, also while a record is pending",
        false => "SSL_write_ex of 0 bytes is a retry of what is pending, and judged as one",
    }
}

fn fragment_limit(rules: &'static Rules) -> String {
    let mut machine = WriteMachine::new(rules);
    machine.limit_fragment(1024);
    machine.limit_fragment(MAX_FRAGMENT);
    let sent = machine.write(Modes::ENABLE_PARTIAL_WRITE, FIRST).run(|_| Transport::Took);
    let Outcome::Written(bytes) = sent else { return "fails".to_owned() };
    format!("records of 1,024 bytes at the most, then of 16,384 again: the next record has {bytes}")
}

fn handling(handling: Handling) -> &'static str {
    match handling {
        Handling::ReadsOn => "SSL_read takes it in and reads on, whatever the modes",
        Handling::ByMode => {
            "SSL_read takes it in and answers SSL_ERROR_WANT_READ without AUTO_RETRY, unless more is in the read buffer"
        }
        Handling::ByModeAlone => "SSL_read takes it in and answers SSL_ERROR_WANT_READ without AUTO_RETRY",
        Handling::WantRead => "SSL_read takes it in and answers SSL_ERROR_WANT_READ, whatever the modes",
        Handling::Fails => "SSL_read fails",
        Handling::Unknown => "it does not occur: no protocol of this version has it",
    }
}

/// Only of versions that have TLS 1.3: before it no record depends on read_ahead alone.
fn read_ahead(rules: &ReadRules) -> Option<Said> {
    if rules.key_update.value == Handling::Unknown {
        return None;
    }
    let text = match rules.after(Record::KeyUpdate, Modes::empty(), true) {
        Next::ReadsOn => "without AUTO_RETRY a key update goes unnoticed if read_ahead has read what follows it",
        _ => "without AUTO_RETRY a key update is SSL_ERROR_WANT_READ, read_ahead or not",
    };
    Said::of(text, &[rules.key_update.source])
}

fn released(rules: &buffers::Rules) -> String {
    let when = match rules.tls {
        When::AtTheEnd => "buffers are kept until SSL_free",
        When::WithTheMode => "under RELEASE_BUFFERS buffers that nobody needs are given back",
        When::Always => "buffers that nobody needs are given back, whatever the modes",
    };
    let place = match rules.freelist {
        true => format!("to a list of {} on the SSL_CTX", buffers::MAX_CHUNKS),
        false => "to malloc".to_owned(),
    };
    format!("{when}, {place}")
}

fn dtls(rules: &buffers::Rules) -> String {
    let when = |when| match when {
        When::AtTheEnd => "at SSL_free",
        When::WithTheMode => "under RELEASE_BUFFERS",
        When::Always => "at once",
    };
    format!("read buffers of DTLS are given back {}, write buffers {}", when(rules.dtls_read), when(rules.dtls_write))
}

fn signal(dialect: &'static Dialect) -> &'static str {
    match fallback::is_sent(dialect, Role::Client, Modes::SEND_FALLBACK_SCSV) {
        true => "SEND_FALLBACK_SCSV puts TLS_FALLBACK_SCSV into each ClientHello",
        false => "there is no SEND_FALLBACK_SCSV",
    }
}

fn mark(dialect: &'static Dialect) -> &'static str {
    let ability = Ability { enabled: Version::TLS_1_2, built: Version::TLS_1_3 };
    match fallback::client_answers_mark(dialect, Modes::SEND_FALLBACK_SCSV, Version::TLS_1_2, ability) {
        Answer::GoesOn => "a client under SEND_FALLBACK_SCSV does not look for the mark of RFC 8446, 4.1.3",
        _ => "a client under SEND_FALLBACK_SCSV refuses a server that could do TLS 1.3, by the mark of RFC 8446, 4.1.3",
    }
}
