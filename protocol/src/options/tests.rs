use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<Options, String> {
    text.parse().map_err(|error: OptionError| error.to_string())
}

fn forced(on: bool, mode: &str) -> Forced {
    Forced { on, mode: mode.to_owned() }
}

#[test]
fn items_and_switches() {
    assert_eq!(parse(""), Ok(Options::default()));
    assert_eq!(parse("trace"), parse("trace=1"));
    assert_eq!(parse(":trace=yes::"), parse("trace=0:trace=true"));
    assert_eq!(parse("trace=no"), Ok(Options::default()));
    let both = Options { host: Some("/a/b.so".to_owned()), trace: true, ..Options::default() };
    assert_eq!(parse("host=/a/b.so:trace=1"), Ok(both));
    let checked = parse("check:exitcode=66:suppressions=/a b").unwrap();
    assert_eq!((checked.check, checked.exitcode, checked.suppressions.as_deref()), (true, Some(66), Some("/a b")));
    assert!(!parse("follow=0").unwrap().follow);
    assert_eq!(parse("profile=openssl-1.0.2").unwrap().profile.as_deref(), Some("openssl-1.0.2"));
    assert_eq!(parse("format=json:log=/tmp/%p.log").unwrap().log.as_deref(), Some("/tmp/%p.log"));
}

#[test]
fn the_file_of_counts_has_the_length_that_is_told() {
    let told = format!("a file of {} bytes in which processes", crate::tally::LENGTH);
    assert!(Options::describe().to_string().contains(&told));
}

#[test]
fn forced_modes_have_a_sign_each() {
    let force = parse("force=+ENABLE_PARTIAL_WRITE,-auto_retry, +0x10").unwrap().force;
    assert_eq!(force, [forced(true, "ENABLE_PARTIAL_WRITE"), forced(false, "auto_retry"), forced(true, "0x10")]);
}

#[test]
fn quotes_keep_colons() {
    let host = |path: &str| Ok(Options { host: Some(path.to_owned()), ..Options::default() });
    assert_eq!(parse("host=\"/a:b\""), host("/a:b"));
    assert_eq!(parse("host='/a:\"b\"':trace=0"), host("/a:\"b\""));
    assert_eq!(parse("host=/it's"), host("/it's"), "a quote in mid-value is a letter");
}

#[test]
fn mistakes_say_what_was_expected() {
    let mistake = |text| parse(text).unwrap_err();
    let names =
        "check, exitcode, faults, follow, force, format, help, host, log, profile, seed, suppressions, tally, trace";
    assert_eq!(
        mistake("tracee=1"),
        format!("unknown option \"tracee\" (expected one of {names}; did you mean \"trace\"?)")
    );
    assert_eq!(mistake("colour=1"), format!("unknown option \"colour\" (expected one of {names})"));
    assert_eq!(mistake("trace=2"), "option trace: expected 1 or 0, got \"2\"");
    assert_eq!(mistake("host="), "option host: expected a path, got \"\"");
    assert_eq!(mistake("host"), "option host: expected a path, got nothing");
    assert_eq!(mistake("host=\"/a"), "no closing \" in host=\"/a");
    assert_eq!(mistake("format=jsn"), "option format: expected text or json, got \"jsn\"; did you mean \"json\"?");
    for wrong in ["exitcode", "exitcode=0", "exitcode=256", "exitcode=-1", "exitcode=x"] {
        assert!(
            mistake(wrong).starts_with("option exitcode: expected a number from 1 to 255, got"),
            "{}",
            mistake(wrong)
        );
    }
    for wrong in ["profile", "profile=", "profile=a b", "profile=é"] {
        assert!(
            mistake(wrong).starts_with("option profile: expected the name of a libssl version"),
            "{}",
            mistake(wrong)
        );
    }
    for wrong in ["force", "force=", "force=AUTO_RETRY", "force=+A,,-B", "force=+", "force=+A B", "force=é"] {
        let expected = "option force: expected +MODE or -MODE, with commas between them, got ";
        assert!(mistake(wrong).starts_with(expected), "{}", mistake(wrong));
    }
}

proptest! {
    #[test]
    fn no_text_panics(text: String, items in "([a-z]{0,6}(=['\"]?[a-z+:,%-]{0,6}['\"]?)?:?){0,8}") {
        let _ = parse(&text);
        let _ = parse(&items);
    }

    /// Words that are nearly right get further into the grammar than any text does.
    #[test]
    fn nearly_right_options_read_back(
        keys in prop::collection::vec("(check|exitcode|suppressions|faults|seed|follow|force|format|help|host|log|profile|tally|trace|tracé|)", 0..6),
        values in prop::collection::vec("(=1|=0|=all@0.5,want_read@nth=3/in=SSL_read|=json|=\\+A|=-A,\\+B_9|='a:b'|=\"/x %p\"|=''|=\"|)", 6),
    ) {
        let text = keys.iter().zip(&values).map(|(key, value)| format!("{key}{value}")).collect::<Vec<_>>().join(":");
        let both_quotes = text.contains('\'') && text.contains('"');
        if let Ok(options) = parse(&text)
            && !both_quotes
        {
            prop_assert_eq!(parse(&options.to_string()), Ok(options));
        }
    }
}
