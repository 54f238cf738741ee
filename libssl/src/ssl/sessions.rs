//! The sessions of a connection: the one in force, and those that a server lets a client resume.

use super::Ssl;
use crate::cipher::Cipher;
use crate::session::{self, Data, Session};
use crate::settings::sessions::{Id, cache};
use sslmode_tls::handshake::{Established, Session as Resumable};
use sslmode_tls::record::Version;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a program finds in a version field.
fn number(version: Version) -> i32 {
    version.number().into()
}

/// Which of the counts of `SSL_CTX_sess_connect` or `SSL_CTX_sess_accept`.
const BEGUN: usize = 0;
const DONE: usize = 1;

impl Ssl {
    /// Counts a handshake that begins (`SSL_CTX_sess_connect`, `SSL_CTX_sess_accept`).
    pub(super) fn count_begun(&self) {
        self.count(BEGUN);
    }

    /// Counts one that is done (`SSL_CTX_sess_connect_good`, `SSL_CTX_sess_accept_good`, `SSL_CTX_sess_hits`).
    pub(super) fn count_done(&self, resumed: bool) {
        self.count(DONE);
        if resumed {
            self.context().sessions.counts.hits.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn count(&self, which: usize) {
        let context = self.context();
        let counts = &context.sessions.counts;
        let counts = if self.is_server() { &counts.accept } else { &counts.connect };
        counts[which].fetch_add(1, Ordering::Relaxed);
    }

    /// The session of a handshake that resumed none.
    pub(super) fn first_session(&self, established: &Established) {
        let alpn: Option<Box<[u8]>> = established.alpn.as_deref().map(Into::into);
        // A ticket that came with the handshake has made one already.
        if self.own.negotiated.borrow().has_ticket {
            if let Some(session) = &*self.own.session.borrow() {
                session.data().alpn = alpn;
            }
            return;
        }
        let session = Session::new(Data {
            version: number(established.version),
            cipher: Cipher::by_number(established.cipher_suite),
            alpn,
            ..self.session_data()
        });
        // The free callbacks of the one that was offered in vain may call back.
        drop(self.own.session.replace(Some(session)));
    }

    /// A session that can be resumed: it becomes the connection's.
    pub(super) fn take_session(&self, resumable: Resumable) -> Arc<Session> {
        let session = Session::new(Data {
            version: number(resumable.version()),
            cipher: Cipher::by_number(resumable.cipher_suite()),
            id: Id::new(resumable.id()).unwrap_or_default(),
            lifetime_hint: resumable.lifetime(),
            alpn: self.own.session.borrow().as_ref().and_then(|session| session.data().alpn.clone()),
            resumption: Some(Arc::new(resumable)),
            ..self.session_data()
        });
        self.own.negotiated.borrow_mut().has_ticket = true;
        // As above.
        drop(self.own.session.replace(Some(session.clone())));
        session
    }

    /// As [`take_session`](Self::take_session), and the program is told of it.
    pub(super) fn new_session(&self, resumable: Resumable) {
        let session = self.take_session(resumable);
        let settings = self.settings();
        if settings.sessions.mode & cache::CLIENT == 0 {
            return;
        }
        let context = self.context();
        if settings.sessions.mode & cache::NO_INTERNAL_STORE == 0 {
            context.keep(&session);
        }
        if let Some(call) = context.settings().callbacks.new_session {
            let reference = Arc::into_raw(session).cast_mut();
            // SAFETY: the connection is alive; the reference goes to the callback, and comes back unless it keeps it.
            unsafe {
                if call(std::ptr::from_ref(self).cast_mut(), reference) != 1 {
                    drop(Arc::from_raw(reference));
                }
            }
        }
    }

    fn session_data(&self) -> Data {
        let settings = self.settings();
        Data {
            id_context: settings.sessions.id_context,
            time: session::now(),
            timeout: settings.sessions.timeout,
            host_name: self.own.host_name.borrow().clone(),
            peer: self.trust.peer().filter(|peer| !peer.ders().is_empty()),
            verify_result: self.trust.result(),
            extended_master_secret: true,
            ..Data::default()
        }
    }
}
