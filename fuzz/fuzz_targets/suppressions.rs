//! The file of the option `suppressions`: any text is either suppressions or one line that says what is wrong with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_protocol::suppressions::Suppressions;

fuzz_target!(|input: (&str, &str)| {
    let (text, name) = input;
    match text.parse::<Suppressions>() {
        Ok(suppressions) => {
            let _ = suppressions.cover("busy-retry", [name].into_iter());
            // What stands alone in a pattern matches itself.
            if let Ok(exact) = format!("*:^{name}$").parse::<Suppressions>()
                && !name.contains(['*', '^', '$', '\n', '\r'])
                && name.trim() == name
            {
                assert!(exact.cover("busy-retry", [name].into_iter()), "{name}");
            }
        }
        Err(mistake) => assert!(mistake.to_string().starts_with("line ")),
    }
});
