//! `sslmode dialects`: the engine's table for people.

use crate::mistake::Mistake;
use sslmode_engine::dialect::{Fact, Interface, OnNull, Source};
use sslmode_engine::{Dialect, Width};
use std::io::{self, Write};

/// # Errors
/// Nobody reads the output.
pub fn dialects() -> Result<(), Mistake> {
    let mut out = io::stdout().lock();
    for (place, dialect) in Dialect::ALL.into_iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        describe(&mut out, dialect)?;
    }
    Ok(())
}

fn describe(out: &mut dyn Write, dialect: &'static Dialect) -> io::Result<()> {
    writeln!(out, "{}", dialect.name)?;
    let default = dialect.name_mask(dialect.default_mask()).to_string();
    fact(out, "a new context has", &default, dialect.default_modes)?;
    let width = if dialect.width.value == Width::LONG { "a long" } else { "32 bits" };
    fact(out, "a mask is", width, dialect.width)?;
    fact(out, "a NULL context", &on_null(dialect.null_context.value), dialect.null_context)?;
    fact(out, "a NULL connection", &on_null(dialect.null_connection.value), dialect.null_connection)?;
    let interface = match dialect.interface.value {
        Interface::Ctrl => "SSL_CTX_ctrl and SSL_ctrl; the mode functions are macros",
        Interface::Functions => "functions of their own names",
    };
    fact(out, "modes are called by", interface, dialect.interface)?;
    fact(out, "its modes", "", dialect.numbers)?;
    for (mode, number) in dialect.numbers.value {
        let name: String = mode.iter_names().map(|(name, _)| name).collect();
        let note = if *number == 0 { ": does nothing" } else { "" };
        writeln!(out, "    {number:#06x}  {name}{note}")?;
    }
    Ok(())
}

fn fact<T>(out: &mut dyn Write, what: &str, value: &str, fact: Fact<T>) -> io::Result<()> {
    let source = match fact.source {
        Source::Observed(versions) => format!("observed: {versions}"),
        Source::Read(place) => format!("read: {place}"),
    };
    let space = if value.is_empty() { "" } else { " " };
    writeln!(out, "  {what} {value}{space}[{source}]")
}

fn on_null(on_null: OnNull) -> String {
    match on_null {
        OnNull::Answers(mask) => format!("answers {mask}"),
        OnNull::Crashes => String::from("crashes; here it answers 0"),
    }
}
