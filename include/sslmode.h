// sslmode.h: the mode calls of SSL_CTX_set_mode(3) as real functions.
//
// OpenSSL and LibreSSL have these calls as macros only: code that finds functions by name at run
// time, such as an FFI, cannot call them. libsslmode.so has them as functions, over whatever libssl
// the process uses: they find the libssl that owns the handle, and return exactly the mask that its
// own macro would return.
//
// This header may stand before or after <openssl/ssl.h>, or alone. Where OpenSSL's macros are in
// force, SSL_set_mode(ssl, mode) is the macro and (SSL_set_mode)(ssl, mode) the function; both work.
//
// BoringSSL's and AWS-LC's own headers declare these functions themselves, on uint32_t. Include
// their <openssl/ssl.h> first: then this header leaves the six functions and the modes to it. The
// other order does not compile.
//
// Made by cbindgen from src/abi; change it there, then run `make header`.

#ifndef SSLMODE_H
#define SSLMODE_H

#include <stddef.h>

// SSL and SSL_CTX, whichever header of whichever libssl declares them.
struct ssl_st;
struct ssl_ctx_st;


// Modes.
//
// The numbers are OpenSSL's, the same in every version that has the mode. BoringSSL and AWS-LC
// number some otherwise; a mask is always passed on as it is, in the numbers of the handle's libssl.

// SSL_MODE_ENABLE_PARTIAL_WRITE lets SSL_write(ssl, buf, n) return r with 0 < r < n once a record
// has been written. Then r bytes are written, and the next call must send only the n - r bytes that
// are left, as with write(2). Without it SSL_write reports success only once all n bytes are
// written.
#ifndef SSL_MODE_ENABLE_PARTIAL_WRITE
#define SSL_MODE_ENABLE_PARTIAL_WRITE 0x00000001U
#endif

// SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER lets an SSL_write that returned -1 with SSL_ERROR_WANT_READ
// or SSL_ERROR_WANT_WRITE be repeated from another address. The contents must be the same. Without
// it such a retry fails with "bad write retry".
#ifndef SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
#define SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER 0x00000002U
#endif

// SSL_MODE_AUTO_RETRY makes SSL_read and SSL_write go on by themselves after a record without
// application data: a renegotiation, a session ticket, a key update. Without it SSL_read may return
// -1 with SSL_ERROR_WANT_READ over a blocking transport too; SSL_write was not seen to in any
// version. Default since OpenSSL 1.1.1; 0 in BoringSSL.
#ifndef SSL_MODE_AUTO_RETRY
#define SSL_MODE_AUTO_RETRY 0x00000004U
#endif

// SSL_MODE_NO_AUTO_CHAIN keeps the library from completing the certificate chain that is sent with
// certificates from the trusted store. Default in BoringSSL.
#ifndef SSL_MODE_NO_AUTO_CHAIN
#define SSL_MODE_NO_AUTO_CHAIN 0x00000008U
#endif

// SSL_MODE_RELEASE_BUFFERS gives the buffers for records back while they are empty: about 34k for
// each idle connection. No effect on DTLS, but for the write buffer from OpenSSL 3.2 on. OpenSSL
// 1.0.0 and later; 0 in BoringSSL.
#ifndef SSL_MODE_RELEASE_BUFFERS
#define SSL_MODE_RELEASE_BUFFERS 0x00000010U
#endif

// SSL_MODE_SEND_CLIENTHELLO_TIME puts the current time into the first four random bytes of the
// ClientHello. OpenSSL 1.0.2 and later.
#ifndef SSL_MODE_SEND_CLIENTHELLO_TIME
#define SSL_MODE_SEND_CLIENTHELLO_TIME 0x00000020U
#endif

// SSL_MODE_SEND_SERVERHELLO_TIME puts the current time into the first four random bytes of the
// ServerHello. OpenSSL 1.0.2 and later.
#ifndef SSL_MODE_SEND_SERVERHELLO_TIME
#define SSL_MODE_SEND_SERVERHELLO_TIME 0x00000040U
#endif

// SSL_MODE_SEND_FALLBACK_SCSV puts TLS_FALLBACK_SCSV (RFC 7507) into the ClientHello, which tells
// the server that this connection is a second try with a lowered protocol version. Set it in such
// retries only: in a first try with the versions unlowered it is wrong. 0x400 in BoringSSL and
// AWS-LC, where 0x80 is another mode.
#ifndef SSL_MODE_SEND_FALLBACK_SCSV
#define SSL_MODE_SEND_FALLBACK_SCSV 0x00000080U
#endif

// SSL_MODE_ASYNC lets cryptographic operations pause a call, which then fails with
// SSL_ERROR_WANT_ASYNC. OpenSSL 1.1.0 and later.
#ifndef SSL_MODE_ASYNC
#define SSL_MODE_ASYNC 0x00000100U
#endif

// SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG counts the terminating zero of the label for DTLS over SCTP,
// as OpenSSL 1.0.x did. OpenSSL 1.1.1 and later.
#ifndef SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG
#define SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG 0x00000400U
#endif


#ifdef __cplusplus
extern "C" {
#endif


// Setting, clearing and reading modes.
//
// All six may be called from several threads on different handles. On one handle they follow the
// rules of its libssl: one thread at a time.

#if !defined(OPENSSL_IS_BORINGSSL) && !defined(OPENSSL_IS_AWSLC)

// SSL_CTX_set_mode adds the modes in |mode|, one or more SSL_MODE_* values ORed together, to those
// of |ctx|. Modes that are already set stay set. It returns the mask in force afterwards.
//
// |ctx| must be a live SSL_CTX of a libssl in this process. Every SSL made from it later starts
// with its mask; an SSL made before keeps its own.
//
// Bits that are no mode of that libssl are stored and returned, as it does itself. OpenSSL up to
// 1.0.2 keeps all the bits of a long, so that setting -1 returns -1; OpenSSL 1.1.0 and later,
// BoringSSL and AWS-LC keep 32 bits, so that it returns 4294967295.
//
// It does not fail. If |ctx| is NULL, or no libssl owns it as far as can be found (see
// sslmode_use_host), it changes nothing, returns 0, and writes one line to stderr, once.
//
// Source: SSL_CTX_set_mode(3) of 1.0.2k, DESCRIPTION and RETURN VALUES; the widths were observed on
// 0.9.8e, 1.0.2k, 1.1.1w, 3.0.19, 3.6.3, 4.0.3 and BoringSSL.
long (SSL_CTX_set_mode)(struct ssl_ctx_st *ctx, long mode);

// SSL_CTX_clear_mode takes the modes in |mode| away from those of |ctx|. Bits that are not set stay
// as they are. It returns the mask in force afterwards. Everything else is as in SSL_CTX_set_mode.
//
// Source: SSL_CTX_set_mode(3) of 3.0; observed to work on 0.9.8e and 1.0.2k too, where the page
// does not name it.
long (SSL_CTX_clear_mode)(struct ssl_ctx_st *ctx, long mode);

// SSL_CTX_get_mode returns the mask in force for |ctx|, or 0 if |ctx| is NULL or no libssl owns it.
// A new SSL_CTX has 0 up to OpenSSL 1.1.0, SSL_MODE_AUTO_RETRY from 1.1.1 on, and
// SSL_MODE_NO_AUTO_CHAIN in BoringSSL.
//
// Source: SSL_CTX_set_mode(3) of 1.0.2k, RETURN VALUES; the defaults were observed on the versions
// named above.
long (SSL_CTX_get_mode)(struct ssl_ctx_st *ctx);

// SSL_set_mode adds the modes in |mode| to those of |ssl| and returns the mask in force afterwards.
// The SSL_CTX that |ssl| was made from is not changed. Everything else is as in SSL_CTX_set_mode.
//
// It may be called at any time between two I/O calls on |ssl|, also while a write is to be retried.
// Only on a QUIC stream (OpenSSL 3.2 and later) is SSL_MODE_ENABLE_PARTIAL_WRITE then left as it
// was.
//
// Source: SSL_CTX_set_mode(3) of 1.0.2k, DESCRIPTION and RETURN VALUES; for QUIC, quic_impl.c of
// 4.0.3.
long (SSL_set_mode)(struct ssl_st *ssl, long mode);

// SSL_clear_mode takes the modes in |mode| away from those of |ssl| and returns the mask in force
// afterwards. Everything else is as in SSL_set_mode.
//
// Source: SSL_CTX_set_mode(3) of 3.0; observed to work on 0.9.8e and 1.0.2k too, where the page
// does not name it.
long (SSL_clear_mode)(struct ssl_st *ssl, long mode);

// SSL_get_mode returns the mask in force for |ssl|, or 0 if |ssl| is NULL or no libssl owns it.
//
// Source: SSL_CTX_set_mode(3) of 1.0.2k, RETURN VALUES.
long (SSL_get_mode)(struct ssl_st *ssl);

#endif  // !OPENSSL_IS_BORINGSSL && !OPENSSL_IS_AWSLC


// This library.

// sslmode_version returns this library's version, such as "0.1.0": a string that is never freed.
const char *sslmode_version(void);

// sslmode_mode_names writes the modes of |mask| in names, as "AUTO_RETRY|RELEASE_BUFFERS", into
// |buf|, which has room for |len| bytes, and ends them with a NUL; what does not fit is cut off.
// Bits that are no mode follow in hexadecimal, and a mask without any bit is "0".
//
// The same number is another mode in another libssl. |dialect| says whose numbers these are:
// "openssl-0.9.8", "openssl-1.0.2", "openssl-1.0.2l", "openssl-1.1.0", "openssl-1.1.1",
// "openssl-3", "openssl-3.2", "openssl-4", "boringssl", "aws-lc" or "libressl". NULL stands for the
// first libssl that this library met in the process, and if it met none, for OpenSSL's newest.
//
// It returns the length of the whole text without the NUL, as snprintf does, so |buf| may be NULL
// if |len| is 0. If there is no such dialect it returns 0 and writes an empty string.
size_t sslmode_mode_names(const char *dialect, long mask, char *buf, size_t len);

// sslmode_use_host says which libssl owns the handles whose making this library did not see: the
// one at |path|, a path or soname such as "libssl.so.3", or, if that object is no libssl, the one
// that it uses. NULL goes back to finding it.
//
// It is needed only if several libssls are in the process, and then only for calls from an FFI, or
// with a handle of another libssl than the one that the calling program or library is linked with.
// It holds for calls after it on all threads, and does not load anything.
//
// It returns 1, or 0 and one line on stderr if no such object is loaded or it neither is nor uses a
// libssl.
int sslmode_use_host(const char *path);

#ifdef __cplusplus
}  // extern C
#endif

#endif  // SSLMODE_H
