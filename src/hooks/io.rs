//! Calls that read, write, shake hands and shut down.

use super::check::{self, Watch};
use super::fault::{self, Plan};
use super::nesting::{self, Origin, Serving};
use super::{are_on, handle, profile, trace};
use crate::boundary::contain;
use crate::host::Host;
use crate::openssl::{Handle, ssl_st};
use crate::options;
use libc::c_int;
use std::time::{Duration, Instant};

/// A call as it came.
pub struct IoCall {
    /// As the manual page calls it.
    pub function: &'static str,
    pub ssl: *mut ssl_st,
    /// Where the caller's buffer begins, in a call that reads or writes one.
    pub buffer: Option<usize>,
    /// How many bytes it is to move at most.
    pub requested: Option<i64>,
    pub caller: usize,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it returned.
    pub result: i64,
    /// How many bytes it moved.
    pub bytes: Option<u64>,
    /// Whether `SSL_get_error` has something to say of it.
    pub failed: bool,
}

impl Outcome {
    /// Of a function that answers how many bytes it moved.
    pub fn of_count(result: i64) -> Outcome {
        Outcome { result, bytes: u64::try_from(result).ok().filter(|&bytes| bytes > 0), failed: result <= 0 }
    }

    /// Of a function that answers whether it moved bytes; SSL_read_early_data answers 1 or 2 where it did.
    pub fn of_transfer(result: i64, moved: impl FnOnce() -> usize) -> Outcome {
        let done = result > 0;
        Outcome { result, bytes: done.then(|| moved() as u64), failed: !done }
    }

    /// Of a function that moves nothing.
    pub fn of_step(result: i64) -> Outcome {
        Outcome { result, bytes: None, failed: result <= 0 }
    }
}

/// Makes the call, and shows it to the options that are on.
pub fn io<R: Copy + Into<i64>>(
    host: &'static Host,
    call: IoCall,
    outcome: impl FnOnce(i64) -> Outcome,
    make: impl Fn() -> Option<R>,
) -> Option<R> {
    if call.ssl.is_null() || !are_on() || !options::are_in_force() {
        return make();
    }
    let origin = nesting::origin(call.ssl.addr(), call.caller);
    let before = if origin == Origin::Inner { None } else { contain(|| begin(host, &call)).flatten() };
    let Before { plan, watch } = before.unwrap_or_default();
    let start = Instant::now();
    let result = {
        let _serving = Serving::begin(call.ssl.addr());
        let make = || if origin == Origin::Inner { make() } else { profile::run(host, &call, &make) };
        match &plan {
            None => make()?,
            Some(plan) => plan.run(make)?,
        }
    };
    let duration = start.elapsed();
    if plan.is_some() || watch.is_some() || trace::is_on() {
        contain(|| {
            let outcome = outcome(result.into());
            if let Some(watch) = watch {
                watch.end(&call, outcome);
            }
            end(host, &call, outcome, origin, duration, plan);
        });
    }
    Some(result)
}

/// What the options do about a call that is about to be made.
#[derive(Default)]
struct Before {
    plan: Option<Plan>,
    watch: Option<Watch>,
}

fn begin(host: &'static Host, call: &IoCall) -> Option<Before> {
    let entry = handle::meet(call.function, Handle::Connection(call.ssl), host, call.caller)?;
    let watch = if check::is_on() { check::begin(host, call, entry) } else { None };
    let plan = if fault::is_on() { fault::plan(host, call, entry) } else { None };
    Some(Before { plan, watch })
}

/// What `SSL_get_error` answers of `result`; None where the libssl lacks it.
pub fn get_error(host: &'static Host, ssl: *mut ssl_st, result: c_int, caller: usize) -> Option<c_int> {
    if options::get().check {
        contain(|| check::get_error(host, ssl, result, caller));
    }
    answer_of(host, ssl, result)
}

fn answer_of(host: &Host, ssl: *mut ssl_st, result: c_int) -> Option<c_int> {
    let by_profile = contain(|| profile::get_error(host, ssl, result)).flatten();
    // SAFETY: the handle is the program's own and alive, and this is the libssl that owns it.
    by_profile.or_else(|| host.calls.get_error.map(|get_error| unsafe { get_error(ssl, result) }))
}

fn end(host: &Host, call: &IoCall, outcome: Outcome, origin: Origin, duration: Duration, plan: Option<Plan>) {
    let made = plan.and_then(|plan| plan.finish(call, outcome));
    if trace::is_on() {
        let error = error_number(host, call, outcome);
        let error = error.map(|error| host.dialect.error_name(error).unwrap_or("an error without a name"));
        trace::io(call, outcome, error, made, origin, duration);
        trace::handshake(host, call);
    }
}

/// What the program will be told when it asks; None where the call did what it was to do. Every libssl's
/// `SSL_get_error` only looks: at the result, at the error queue without taking from it, at the handle and its BIOs.
pub fn error_number(host: &Host, call: &IoCall, outcome: Outcome) -> Option<c_int> {
    // SSL_shutdown(3): 0 is no error, but a shutdown that is not finished.
    if !outcome.failed || call.function == "SSL_shutdown" && outcome.result == 0 {
        return None;
    }
    answer_of(host, call.ssl, c_int::try_from(outcome.result).unwrap_or(-1))
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn outcomes() {
        let outcome = |result, bytes, failed| Outcome { result, bytes, failed };
        assert_eq!(Outcome::of_count(5), outcome(5, Some(5), false));
        assert_eq!(Outcome::of_count(0), outcome(0, None, true));
        assert_eq!(Outcome::of_count(-1), outcome(-1, None, true));
        assert_eq!(Outcome::of_transfer(2, || 0), outcome(2, Some(0), false));
        assert_eq!(Outcome::of_transfer(0, || panic!("not written")), outcome(0, None, true));
        assert_eq!(Outcome::of_step(1), outcome(1, None, false));
    }
}
