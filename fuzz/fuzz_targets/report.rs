//! `sslmode report`: any bytes are a trace or lines with a reason, and every report can be written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_engine::Dialect;
use sslmode_report::{Analysis, Baseline, Question};

fuzz_target!(|bytes: &[u8]| {
    let dialect = |name| Dialect::by_name(name);
    for from in [dialect("openssl-1.0.2"), None] {
        let to = dialect("openssl-4").expect("it is in the table");
        let baseline = if from.is_some() { Baseline::read(bytes).ok() } else { None };
        let mut analysis = Analysis::new(Question { from, to, suppressions: Default::default(), baseline });
        analysis.read("trace", bytes).expect("memory can be read");
        let Ok(report) = analysis.finish() else { continue };
        let page = report.to_html();
        assert!(page.matches("<script").count() == 1, "a trace wrote into the page");
        let _ = (report.to_text(), report.to_json());
    }
});
