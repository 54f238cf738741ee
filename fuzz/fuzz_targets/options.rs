//! `SSLMODE_OPTIONS`: any text is either options or one line that says what is wrong with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_engine::force;
use sslmode_protocol::options::{Options, nearest};

fuzz_target!(|text: &str| {
    match text.parse::<Options>() {
        Ok(options) => holds(&options),
        Err(mistake) => assert!(!mistake.to_string().is_empty()),
    }
});

fn holds(options: &Options) {
    for word in &options.force {
        if let Err(modes) = force::check_word(&word.mode) {
            let _ = nearest(&word.mode, modes);
        }
    }
    // A value that holds quotes of both kinds cannot be written.
    let paths = [&options.host, &options.log, &options.suppressions, &options.tally];
    let is_written = |path: &String| !(path.contains('"') && path.contains('\''));
    if paths.into_iter().flatten().all(is_written) {
        let again = options.to_string().parse::<Options>();
        assert_eq!(again.as_ref(), Ok(options), "{options}");
    }
}
