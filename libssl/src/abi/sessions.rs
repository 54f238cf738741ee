//! Sessions and connections, and the sessions that a context keeps.

use crate::boundary::{bytes, on_ctx, on_ssl};
use crate::context::Context;
use crate::error::{self, Reason};
use crate::session::Session;
use crate::session::cache::Cache;
use crate::settings::callbacks::{Argument, Callbacks, TicketKey};
use crate::settings::callbacks::{
    GenerateSessionId, GetSession, MakeTicket, NewSession, NotResumable, OpenTicket, RemoveSession, Told,
};
use crate::settings::sessions::Id;
use crate::ssl::Ssl;
use libc::{c_int, c_long, c_uchar, c_uint, c_void};
use std::ptr::null_mut;
use std::sync::Arc;

fn on_callbacks(ctx: Option<&Context>, body: impl FnOnce(&mut Callbacks)) {
    on_ctx(ctx, (), |ctx| ctx.change(|settings| body(Arc::make_mut(&mut settings.callbacks))));
}

/// The session in force, or NULL, without a reference of the caller's.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_session(ssl: Option<&Ssl>) -> *mut Session {
    on_ssl(ssl, null_mut(), |ssl| {
        ssl.own.session.borrow().as_ref().map_or(null_mut(), |session| Arc::as_ptr(session).cast_mut())
    })
}

/// The session in force, or NULL, with a reference for the caller.
#[unsafe(no_mangle)]
extern "C" fn SSL_get1_session(ssl: Option<&Ssl>) -> *mut Session {
    on_ssl(ssl, null_mut(), |ssl| {
        ssl.own.session.borrow().clone().map_or(null_mut(), |session| Arc::into_raw(session).cast_mut())
    })
}

/// The session that a client is to resume, of which it takes a reference; NULL is none. Its peer, and what the
/// verification said of it, are told from now on. Returns 1. Whether it is fit for the server is for the program to know.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_session(ssl: Option<&Ssl>, session: Option<&Session>) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let before = ssl.own.session.replace(session.map(shared));
        let told = session.map(|session| {
            let data = session.data();
            (data.peer.clone(), data.verify_result)
        });
        ssl.trust.set_peer(told.as_ref().and_then(|(peer, _)| peer.clone()));
        if let Some((_, result)) = told {
            ssl.trust.set_result(result);
        }
        // Its free callbacks may call back.
        drop(before);
        1
    })
}

/// A reference more to a session that C holds.
fn shared(session: &Session) -> Arc<Session> {
    // SAFETY: every `&Session` of C's came from `Arc::into_raw`; one count more is for the new Arc.
    unsafe {
        Arc::increment_strong_count(session);
        Arc::from_raw(session)
    }
}

/// 1 where the handshake resumed a session; else, and before it is done, 0.
#[unsafe(no_mangle)]
extern "C" fn SSL_session_reused(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.own.negotiated.borrow().resumed.into())
}

/// Gives a connection the session and the session id context of another. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_copy_session_id(to: Option<&Ssl>, from: Option<&Ssl>) -> c_int {
    on_ssl(from, 0, |from| {
        on_ssl(to, 0, |to| {
            let session = from.own.session.borrow().clone();
            drop(to.own.session.replace(session));
            let id_context = from.settings().sessions.id_context;
            to.change(|settings| settings.sessions.id_context = id_context);
            1
        })
    })
}

/// 1 where the context keeps a session of this id, 0 to 32 bytes; else 0.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_has_matching_session_id(ssl: Option<&Ssl>, id: *const c_uchar, length: c_uint) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        // SAFETY: C's bytes.
        let id = Id::new(unsafe { bytes(id, length as usize) });
        id.is_some_and(|id| ssl.context().sessions.find(&id).is_some()).into()
    })
}

fn id_context(context: *const c_uchar, length: c_uint) -> Option<Id> {
    // SAFETY: C's bytes, of which no more than fit are read.
    let id = if length > 32 { None } else { Id::new(unsafe { bytes(context, length as usize) }) };
    if id.is_none() {
        error::put(Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG);
    }
    id
}

/// What a server's sessions are good for, 0 to 32 bytes, which are copied: those of another are not resumed. Returns 1;
/// 0 where it is longer, with the reason "ssl session id context too long".
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_session_id_context(ctx: Option<&Context>, context: *const c_uchar, length: c_uint) -> c_int {
    on_ctx(ctx, 0, |ctx| {
        let Some(id) = id_context(context, length) else { return 0 };
        ctx.change(|settings| settings.sessions.id_context = id);
        1
    })
}

/// As [`SSL_CTX_set_session_id_context`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_session_id_context(ssl: Option<&Ssl>, context: *const c_uchar, length: c_uint) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let Some(id) = id_context(context, length) else { return 0 };
        ssl.change(|settings| settings.sessions.id_context = id);
        1
    })
}

/// How long new sessions can be resumed, in seconds. Returns what it was before.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_timeout(ctx: Option<&Context>, seconds: c_long) -> c_long {
    on_ctx(ctx, 0, |ctx| ctx.change(|settings| std::mem::replace(&mut settings.sessions.timeout, seconds)))
}

/// What [`SSL_CTX_set_timeout`] set, in seconds; 7200 by default.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_timeout(ctx: Option<&Context>) -> c_long {
    on_ctx(ctx, 0, |ctx| ctx.settings().sessions.timeout)
}

/// 7200 seconds, whatever was set; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_default_timeout(ssl: Option<&Ssl>) -> c_long {
    const TWO_HOURS: c_long = 7200;
    on_ssl(ssl, 0, |_| TWO_HOURS)
}

/// Keeps a session by its id, and takes a reference; sessions of which the time ends first leave where there are too
/// many. Returns 1 where it is new, 0 where this very session was there, or for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_add_session(ctx: Option<&Context>, session: Option<&Session>) -> c_int {
    on_ctx(ctx, 0, |ctx| {
        let Some(session) = session else { return 0 };
        ctx.keep(&shared(session)).into()
    })
}

/// Takes the session of this id out of the cache; it cannot be resumed any more, and the remove callback is told.
/// Returns 1 where one was there; 0 where none was, or it has no id, or for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_remove_session(ctx: Option<&Context>, session: Option<&Session>) -> c_int {
    on_ctx(ctx, 0, |ctx| {
        let Some(session) = session else { return 0 };
        if session.data().id.as_bytes().is_empty() {
            return 0;
        }
        let there = ctx.sessions.remove(session);
        // The program is told of the one that it named.
        ctx.let_go(vec![shared(session)]);
        there.is_some().into()
    })
}

/// Takes out of the cache the sessions whose time is over at `time`, in seconds since 1970; 0 is all of them. The
/// remove callback is told of each.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_flush_sessions(ctx: Option<&Context>, time: c_long) {
    on_ctx(ctx, (), |ctx| ctx.let_go(Cache::flush(&ctx.sessions, time)));
}

/// NULL: the cache is no hash table of libcrypto's, which OpenSSL shows here.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sessions(_ctx: Option<&Context>) -> *mut c_void {
    null_mut()
}

/// Is given each new session that a client can resume, if the cache mode has `SSL_SESS_CACHE_CLIENT`. Answering 1 it
/// keeps the reference. A server's sessions are in its tickets: it calls nobody.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sess_set_new_cb(ctx: Option<&Context>, callback: Option<NewSession>) {
    on_callbacks(ctx, |callbacks| callbacks.new_session = callback);
}

/// What [`SSL_CTX_sess_set_new_cb`] set, or NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sess_get_new_cb(ctx: Option<&Context>) -> Option<NewSession> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.new_session)
}

/// Keeps the function, which is never called: servers resume by tickets.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sess_set_get_cb(ctx: Option<&Context>, callback: Option<GetSession>) {
    on_callbacks(ctx, |callbacks| callbacks.get_session = callback);
}

/// What [`SSL_CTX_sess_set_get_cb`] set, or NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sess_get_get_cb(ctx: Option<&Context>) -> Option<GetSession> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.get_session)
}

/// Is told of each session that leaves the cache: removed, flushed, or one too many. When the context is freed it is
/// told nothing.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sess_set_remove_cb(ctx: Option<&Context>, callback: Option<RemoveSession>) {
    on_callbacks(ctx, |callbacks| callbacks.remove_session = callback);
}

/// What [`SSL_CTX_sess_set_remove_cb`] set, or NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_sess_get_remove_cb(ctx: Option<&Context>) -> Option<RemoveSession> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.remove_session)
}

/// Keeps the function, which is never called: ids are of our own making. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_generate_session_id(ctx: Option<&Context>, callback: Option<GenerateSessionId>) -> c_int {
    on_callbacks(ctx, |callbacks| callbacks.generate_session_id = callback);
    ctx.is_some().into()
}

/// As [`SSL_CTX_set_generate_session_id`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_generate_session_id(ssl: Option<&Ssl>, callback: Option<GenerateSessionId>) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        ssl.change(|settings| Arc::make_mut(&mut settings.callbacks).generate_session_id = callback);
        1
    })
}

/// Keeps the function, which is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_not_resumable_session_callback(ctx: Option<&Context>, callback: Option<NotResumable>) {
    on_callbacks(ctx, |callbacks| callbacks.not_resumable = callback);
}

/// As [`SSL_CTX_set_not_resumable_session_callback`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_not_resumable_session_callback(ssl: Option<&Ssl>, callback: Option<NotResumable>) {
    on_ssl(ssl, (), |ssl| {
        ssl.change(|settings| Arc::make_mut(&mut settings.callbacks).not_resumable = callback);
    });
}

/// Keeps the functions and their argument; neither is ever called. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_session_ticket_cb(
    ctx: Option<&Context>,
    make: Option<MakeTicket>,
    open: Option<OpenTicket>,
    argument: *mut c_void,
) -> c_int {
    on_callbacks(ctx, |callbacks| {
        callbacks.make_ticket = Told { call: make, argument: Argument(argument) };
        callbacks.open_ticket = open;
    });
    ctx.is_some().into()
}

/// The function that sets the keys of a server's tickets, in place of keys of ours or those of
/// `SSL_CTX_set_tlsext_ticket_keys`. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx: Option<&Context>, callback: Option<TicketKey>) -> c_int {
    on_callbacks(ctx, |callbacks| callbacks.ticket_key_evp = callback);
    ctx.is_some().into()
}
