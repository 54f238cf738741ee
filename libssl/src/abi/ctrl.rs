//! `SSL_CTX_ctrl`, `SSL_ctrl` and their callback forms: what the macros of OpenSSL's headers call.

mod commands;

use super::chains;
use crate::boundary::{answer, bytes, guard, on_ctx, on_ssl, string};
use crate::context::Context;
use crate::error::{self, Reason};
use crate::negotiated::Negotiated;
use crate::settings::callbacks::{Argument, Callbacks};
use crate::settings::choices::{Bound, Choices};
use crate::settings::{groups, signatures};
use crate::ssl::Ssl;
use commands::*;
use libc::{c_char, c_int, c_long, c_void};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A function of the program's of some type; which, the command says.
type Function = Option<unsafe extern "C" fn()>;

/// The commands of a context's macros (`SSL_CTRL_…`), each with its number or pointer; what is returned is the
/// command's. 0 for a command that is unknown or of a feature that is not there, and for NULL, where lists of groups
/// and signature algorithms are checked all the same. Modes come first, without what the others need.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CTX_ctrl(
    ctx: Option<&Context>,
    command: c_int,
    number: c_long,
    pointer: *mut c_void,
) -> c_long {
    match (command, ctx) {
        (MODE, ctx) => ctx.map_or(0, |ctx| ctx.modes.set(number)),
        (CLEAR_MODE, ctx) => ctx.map_or(0, |ctx| ctx.modes.clear(number)),
        // SAFETY: the pointer is what the command's macro takes.
        // SAFETY: the pointer is what the command's macro takes.
        (SET_GROUPS_LIST | SET_SIGALGS_LIST | SET_CLIENT_SIGALGS_LIST, None) => unsafe {
            without_context(command, number, pointer)
        },
        (_, None) => 0,
        // SAFETY: as above.
        (_, ctx) => unsafe { other_of_context(ctx, command, number, pointer) },
    }
}

/// Apart from the mode commands, which then save no registers.
#[inline(never)]
unsafe fn other_of_context(ctx: Option<&Context>, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    // SAFETY: the pointer is what the command's macro takes.
    on_ctx(ctx, 0, |ctx| unsafe { context(ctx, command, number, pointer) })
}

/// As [`SSL_CTX_ctrl`], for one connection.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_ctrl(ssl: Option<&Ssl>, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    match (command, ssl) {
        (MODE, ssl) => ssl.map_or(0, |ssl| ssl.modes.set(number)),
        (CLEAR_MODE, ssl) => ssl.map_or(0, |ssl| ssl.modes.clear(number)),
        (_, None) => 0,
        // SAFETY: the pointer is what the command's macro takes.
        (_, ssl) => unsafe { other_of_connection(ssl, command, number, pointer) },
    }
}

/// As [`other_of_context`].
#[inline(never)]
unsafe fn other_of_connection(ssl: Option<&Ssl>, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    // SAFETY: the pointer is what the command's macro takes.
    on_ssl(ssl, 0, |ssl| unsafe { connection(ssl, command, number, pointer) })
}

/// A syntax check without a context.
#[inline(never)]
unsafe fn without_context(command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    // SAFETY: the pointer is what the command's macro takes.
    guard(0, || unsafe { choose(&mut Choices::default(), &crate::method::TLS, command, number, pointer) })
}

unsafe fn context(ctx: &Context, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    let callbacks = |change: &dyn Fn(&mut Callbacks)| {
        ctx.change(|settings| change(Arc::make_mut(&mut settings.callbacks)));
        1
    };
    let argument = Argument(pointer);
    match command {
        SET_MSG_CALLBACK_ARG => callbacks(&|callbacks| callbacks.message.argument = argument),
        SET_TLSEXT_SERVERNAME_ARG => callbacks(&|callbacks| callbacks.server_name.argument = argument),
        SET_TLSEXT_STATUS_REQ_CB_ARG => callbacks(&|callbacks| callbacks.status.argument = argument),
        GET_TLSEXT_STATUS_REQ_CB => {
            // SAFETY: a place for a function pointer, by the macro.
            unsafe { answer(pointer.cast(), ctx.settings().callbacks.status.call) };
            1
        }
        GET_TLSEXT_STATUS_REQ_CB_ARG => {
            // SAFETY: a place for a pointer, by the macro.
            unsafe { answer(pointer.cast(), ctx.settings().callbacks.status.argument.0) };
            1
        }
        // SAFETY: memory for the keys, by the macro.
        GET_TLSEXT_TICKET_KEYS | SET_TLSEXT_TICKET_KEYS => unsafe { ticket_keys(ctx, command, number, pointer.cast()) },
        SESS_NUMBER => ctx.sessions.len() as c_long,
        SESS_CONNECT..=SESS_CACHE_FULL => count(ctx, command),
        GET_SESS_CACHE_SIZE => ctx.settings().sessions.size,
        SET_SESS_CACHE_SIZE if number < 0 => 0,
        SET_SESS_CACHE_SIZE => ctx.change(|settings| std::mem::replace(&mut settings.sessions.size, number)),
        GET_SESS_CACHE_MODE => c_long::from(ctx.settings().sessions.mode),
        SET_SESS_CACHE_MODE => {
            ctx.change(|settings| std::mem::replace(&mut settings.sessions.mode, number as u32)).into()
        }
        _ if is_choice(command) => {
            // SAFETY: the caller's promise is the same.
            ctx.change(|settings| unsafe { choose(&mut settings.choices, ctx.method, command, number, pointer) })
        }
        _ => match chosen(&ctx.settings().choices, command) {
            Some(answer) => answer,
            // SAFETY: as above.
            None => unsafe { chains::context(ctx, command, number, pointer) }.unwrap_or(0),
        },
    }
}

unsafe fn connection(ssl: &Ssl, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    match command {
        SET_MSG_CALLBACK_ARG => {
            ssl.change(|settings| Arc::make_mut(&mut settings.callbacks).message.argument = Argument(pointer));
            1
        }
        // SAFETY: C's string.
        SET_TLSEXT_HOSTNAME => unsafe { set_host_name(ssl, number, pointer.cast()) },
        // No trace of extensions is kept.
        SET_TLSEXT_DEBUG_ARG => 1,
        // Renegotiation is not there.
        GET_NUM_RENEGOTIATIONS | CLEAR_NUM_RENEGOTIATIONS | GET_TOTAL_RENEGOTIATIONS | GET_FLAGS => 0,
        GET_RI_SUPPORT => c_long::from(ssl.own.negotiated.borrow().cipher.is_some()),
        GET_EXTMS_SUPPORT => {
            let negotiated = ssl.own.negotiated.borrow();
            if negotiated.cipher.is_some() { negotiated.extended_master_secret.into() } else { -1 }
        }
        GET_TLSEXT_STATUS_REQ_EXTS | GET_TLSEXT_STATUS_REQ_IDS => {
            // SAFETY: a place for a list, by the macro. None is kept.
            unsafe { answer(pointer.cast(), std::ptr::null_mut::<c_void>()) };
            1
        }
        // Extensions of the request and names of responders are for a server that would look at them.
        SET_TLSEXT_STATUS_REQ_EXTS | SET_TLSEXT_STATUS_REQ_IDS => 1,
        GET_TLSEXT_STATUS_REQ_OCSP_RESP => {
            let response = ssl.own.ocsp_response.borrow();
            let (start, length) = match response.as_deref() {
                Some(response) if !response.is_empty() => (response.as_ptr(), response.len() as c_long),
                _ => (std::ptr::null(), -1),
            };
            // SAFETY: a place for a pointer, by the macro; it stays until the response changes.
            unsafe { answer(pointer.cast(), start) };
            length
        }
        // SAFETY: memory of libcrypto's that is given to us, by the macro.
        SET_TLSEXT_STATUS_REQ_OCSP_RESP => unsafe { set_ocsp_response(ssl, number, pointer.cast()) },
        GET_RAW_CIPHERLIST => {
            const CIPHER_LENGTH: c_long = 2;
            let negotiated = ssl.own.negotiated.borrow();
            let offered = &negotiated.peer_ciphers;
            match (pointer.is_null(), offered.is_empty()) {
                (true, _) => CIPHER_LENGTH,
                (false, true) => 0,
                (false, false) => {
                    // SAFETY: a place for a pointer, by the macro; it stays until the next handshake.
                    unsafe { answer(pointer.cast(), offered.as_ptr()) };
                    offered.len() as c_long
                }
            }
        }
        // SAFETY: places by the macros.
        GET_GROUPS => unsafe { peer_groups(&ssl.own.negotiated.borrow(), pointer.cast()) },
        GET_SHARED_GROUP => shared_group(ssl, number),
        GET_NEGOTIATED_GROUP => ssl.own.negotiated.borrow().group.map_or(0, |group| groups::nid(group).into()),
        GET_SIGNATURE_NID | GET_PEER_SIGNATURE_NID => {
            let negotiated = ssl.own.negotiated.borrow();
            let ours = command == GET_SIGNATURE_NID;
            let scheme = if ours { negotiated.signature_scheme } else { negotiated.peer_signature_scheme };
            let Some(scheme) = scheme.and_then(signatures::by_number) else { return 0 };
            // SAFETY: a place for a number, by the macro.
            unsafe { answer(pointer.cast::<c_int>(), scheme.hash) };
            1
        }
        _ if is_choice(command) => {
            let method = ssl.context().method;
            // SAFETY: the caller's promise is the same.
            ssl.change(|settings| unsafe { choose(&mut settings.choices, method, command, number, pointer) })
        }
        _ => match chosen(&ssl.settings().choices, command) {
            Some(answer) => answer,
            // SAFETY: as above.
            None => unsafe { chains::connection(ssl, command, number, pointer) }.unwrap_or(0),
        },
    }
}

/// What contexts and connections have in common: the questions.
fn chosen(choices: &Choices, command: c_int) -> Option<c_long> {
    Some(match command {
        GET_READ_AHEAD => choices.read_ahead.into(),
        GET_MAX_CERT_LIST => choices.max_certificate_list as c_long,
        GET_MIN_PROTO_VERSION => choices.min_version.into(),
        GET_MAX_PROTO_VERSION => choices.max_version.into(),
        GET_TLSEXT_STATUS_REQ_TYPE => choices.status_type.into(),
        _ => return None,
    })
}

/// Whether [`choose`] knows the command: settings are copied for those alone.
fn is_choice(command: c_int) -> bool {
    matches!(
        command,
        SET_READ_AHEAD
            | SET_MAX_CERT_LIST
            | SET_MAX_SEND_FRAGMENT
            | SET_SPLIT_SEND_FRAGMENT
            | SET_MAX_PIPELINES
            | CERT_FLAGS
            | CLEAR_CERT_FLAGS
            | SET_MIN_PROTO_VERSION
            | SET_MAX_PROTO_VERSION
            | SET_GROUPS
            | SET_GROUPS_LIST
            | SET_SIGALGS
            | SET_SIGALGS_LIST
            | SET_CLIENT_SIGALGS
            | SET_CLIENT_SIGALGS_LIST
            | SET_TLSEXT_STATUS_REQ_TYPE
            | SET_DH_AUTO
            | SET_TMP_DH
            | SET_TMP_ECDH
            | SET_TMP_DH_CB
    )
}

/// What contexts and connections have in common: the setters.
unsafe fn choose(
    choices: &mut Choices,
    method: &crate::method::Method,
    command: c_int,
    number: c_long,
    pointer: *mut c_void,
) -> c_long {
    const MAX_PIPELINES: c_long = 32;
    // SAFETY: C's string where the command takes one, by the macro.
    let text = || unsafe { string(pointer.cast::<c_char>()) }.map(|text| text.to_string_lossy().into_owned());
    // SAFETY: `number` numbers where the command takes some, by the macro.
    let numbers = || unsafe { numbers(pointer.cast(), number) };
    match command {
        SET_READ_AHEAD => std::mem::replace(&mut choices.read_ahead, number as c_int).into(),
        SET_MAX_CERT_LIST if number < 0 => 0,
        SET_MAX_CERT_LIST => std::mem::replace(&mut choices.max_certificate_list, number as usize) as c_long,
        SET_MAX_SEND_FRAGMENT => choices.set_max_send_fragment(number as usize).into(),
        SET_SPLIT_SEND_FRAGMENT => choices.set_split_send_fragment(number as usize).into(),
        SET_MAX_PIPELINES => (1..=MAX_PIPELINES).contains(&number).into(),
        CERT_FLAGS => {
            choices.certificate_flags |= number as u32;
            choices.certificate_flags.into()
        }
        CLEAR_CERT_FLAGS => {
            choices.certificate_flags &= !(number as u32);
            choices.certificate_flags.into()
        }
        SET_MIN_PROTO_VERSION => choices.set_bound(method, Bound::Min, number as c_int).into(),
        SET_MAX_PROTO_VERSION => choices.set_bound(method, Bound::Max, number as c_int).into(),
        SET_GROUPS if number == 0 => {
            error::put(Reason::BAD_LENGTH);
            0
        }
        SET_GROUPS => store(&mut choices.groups, groups::of_nids(numbers()).ok()),
        SET_GROUPS_LIST => store(&mut choices.groups, text().and_then(|list| groups::read(&list))),
        SET_SIGALGS => store(&mut choices.signature_schemes, signatures::of_nids(numbers())),
        SET_SIGALGS_LIST => store(&mut choices.signature_schemes, text().and_then(|list| signatures::parse(&list))),
        SET_CLIENT_SIGALGS => store(&mut choices.client_signature_schemes, signatures::of_nids(numbers())),
        SET_CLIENT_SIGALGS_LIST => {
            store(&mut choices.client_signature_schemes, text().and_then(|list| signatures::parse(&list)))
        }
        SET_TLSEXT_STATUS_REQ_TYPE => {
            choices.status_type = number as c_int;
            1
        }
        // Finite-field groups are for suites that are not there.
        SET_DH_AUTO => 1,
        SET_TMP_DH | SET_TMP_ECDH if pointer.is_null() => {
            error::put(Reason::PASSED_NULL_PARAMETER);
            0
        }
        SET_TMP_DH => 1,
        SET_TMP_ECDH => {
            // SAFETY: an EC_KEY, by the macro.
            let nid = unsafe { curve_of(pointer) };
            store(&mut choices.groups, groups::of_nids(&[nid]).ok())
        }
        SET_TMP_DH_CB => {
            error::put(Reason::SHOULD_NOT_HAVE_BEEN_CALLED);
            0
        }
        _ => 0,
    }
}

fn store(place: &mut Option<Arc<[u16]>>, list: Option<Vec<u16>>) -> c_long {
    let is_right = list.is_some();
    if let Some(list) = list {
        *place = Some(list.into());
    }
    is_right.into()
}

unsafe fn numbers<'a>(start: *const c_int, count: c_long) -> &'a [c_int] {
    match usize::try_from(count) {
        // SAFETY: not NULL, and `count` numbers by the caller's promise.
        Ok(count) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, count) },
        _ => &[],
    }
}

unsafe fn curve_of(key: *mut c_void) -> c_int {
    // SAFETY: an EC_KEY of libcrypto's; its group is looked at and not kept.
    unsafe {
        let group = openssl_sys::EC_KEY_get0_group(key.cast());
        if group.is_null() { 0 } else { openssl_sys::EC_GROUP_get_curve_name(group) }
    }
}

unsafe fn set_host_name(ssl: &Ssl, kind: c_long, name: *const c_char) -> c_long {
    const HOST_NAME: c_long = 0;
    const LONGEST: usize = 255;
    if kind != HOST_NAME {
        error::put(Reason::SSL3_EXT_INVALID_SERVERNAME_TYPE);
        return 0;
    }
    // SAFETY: C's string.
    let name: Option<CString> = unsafe { string(name) }.map(Into::into);
    let is_right = name.as_ref().is_none_or(|name| (1..=LONGEST).contains(&name.as_bytes().len()));
    // As OpenSSL does it: the old name is gone even where the new one is wrong.
    ssl.own.host_name.replace(name.filter(|_| is_right));
    if !is_right {
        error::put(Reason::SSL3_EXT_INVALID_SERVERNAME);
    }
    is_right.into()
}

unsafe fn set_ocsp_response(ssl: &Ssl, length: c_long, response: *mut u8) -> c_long {
    // SAFETY: `length` bytes or NULL.
    let copy = unsafe { bytes(response, usize::try_from(length).unwrap_or(0)) };
    ssl.own.ocsp_response.replace((!response.is_null()).then(|| copy.into()));
    // SAFETY: it came from OPENSSL_malloc, or is NULL, and is ours to free.
    unsafe { openssl_sys::OPENSSL_free(response.cast()) };
    1
}

unsafe fn ticket_keys(ctx: &Context, command: c_int, length: c_long, keys: *mut u8) -> c_long {
    const LENGTH: c_long = 80;
    if keys.is_null() {
        return LENGTH;
    }
    if length != LENGTH {
        error::put(Reason::INVALID_TICKET_KEYS_LENGTH);
        return 0;
    }
    if command == SET_TLSEXT_TICKET_KEYS {
        // SAFETY: 80 bytes.
        let copy = Box::new(unsafe { keys.cast::<[u8; LENGTH as usize]>().read() });
        ctx.change(|settings| Arc::make_mut(&mut settings.callbacks).ticket_keys = Some(copy));
    } else {
        let keys_now = ctx.ticket_keys();
        // SAFETY: room for 80 bytes.
        unsafe { keys.cast::<[u8; LENGTH as usize]>().write(*keys_now) };
    }
    1
}

/// `SESS_CONNECT` and those after it.
fn count(ctx: &Context, command: c_int) -> c_long {
    let counts = &ctx.sessions.counts;
    let counter: &AtomicI64 = match command {
        SESS_CONNECT..SESS_ACCEPT => &counts.connect[(command - SESS_CONNECT) as usize],
        SESS_ACCEPT..SESS_HIT => &counts.accept[(command - SESS_ACCEPT) as usize],
        SESS_HIT => &counts.hits,
        SESS_CB_HIT => &counts.callback_hits,
        SESS_MISSES => &counts.misses,
        SESS_TIMEOUTS => &counts.timeouts,
        _ => &counts.full,
    };
    counter.load(Ordering::Relaxed)
}

unsafe fn peer_groups(negotiated: &Negotiated, nids: *mut c_int) -> c_long {
    if !nids.is_null() {
        for (place, &group) in negotiated.peer_groups.iter().enumerate() {
            // SAFETY: room for as many numbers as the same call on NULL answered.
            unsafe { nids.add(place).write(groups::nid(group)) };
        }
    }
    negotiated.peer_groups.len() as c_long
}

/// The groups that both sides have: how many for -1, else the one at this place.
fn shared_group(ssl: &Ssl, place: c_long) -> c_long {
    let settings = ssl.settings();
    let negotiated = ssl.own.negotiated.borrow();
    let mut shared = settings.choices.groups().iter().filter(|group| negotiated.peer_groups.contains(group));
    if place == -1 {
        return shared.count() as c_long;
    }
    usize::try_from(place).ok().and_then(|place| shared.nth(place)).map_or(0, |&group| groups::nid(group).into())
}

/// The program's function for a context, by command. Returns 1; 0 for NULL or another command, such as those of SRP.
/// Never called: those for messages, the keys of tickets, resumption and finite-field groups.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CTX_callback_ctrl(ctx: Option<&Context>, command: c_int, function: Function) -> c_long {
    if ctx.is_none() {
        return 0;
    }
    on_ctx(ctx, 0, |ctx| {
        ctx.change(|settings| {
            let callbacks = Arc::make_mut(&mut settings.callbacks);
            // SAFETY: the command's macro takes a function of this type and no other.
            unsafe {
                match command {
                    SET_MSG_CALLBACK => callbacks.message.call = cast(function),
                    SET_TLSEXT_SERVERNAME_CB => callbacks.server_name.call = cast(function),
                    SET_TLSEXT_STATUS_REQ_CB => callbacks.status.call = cast(function),
                    SET_TLSEXT_TICKET_KEY_CB => callbacks.ticket_key = cast(function),
                    SET_NOT_RESUMABLE_SESS_CB => callbacks.not_resumable = cast(function),
                    // Finite-field groups are for suites that are not there.
                    SET_TMP_DH_CB => {}
                    _ => return 0,
                }
            }
            1
        })
    })
}

/// As [`SSL_CTX_callback_ctrl`], for one connection: messages, resumption, and finite-field groups and extensions, of
/// which the function is not kept.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_callback_ctrl(ssl: Option<&Ssl>, command: c_int, function: Function) -> c_long {
    if ssl.is_none() {
        return 0;
    }
    on_ssl(ssl, 0, |ssl| {
        let change = |change: &dyn Fn(&mut Callbacks)| {
            ssl.change(|settings| change(Arc::make_mut(&mut settings.callbacks)));
            1
        };
        match command {
            // SAFETY: the command's macro takes a function of this type and no other.
            SET_MSG_CALLBACK => change(&|callbacks| callbacks.message.call = unsafe { cast(function) }),
            // SAFETY: as above.
            SET_NOT_RESUMABLE_SESS_CB => change(&|callbacks| callbacks.not_resumable = unsafe { cast(function) }),
            SET_TMP_DH_CB | SET_TLSEXT_DEBUG_CB => 1,
            _ => 0,
        }
    })
}

/// The function as what it is.
///
/// # Safety
/// It is of type `F`, a function pointer.
unsafe fn cast<F>(function: Function) -> Option<F> {
    const { assert!(size_of::<Option<F>>() == size_of::<Function>()) };
    // SAFETY: both are function pointers of one size, NULL for None; the type is the caller's promise.
    unsafe { std::mem::transmute_copy(&function) }
}
