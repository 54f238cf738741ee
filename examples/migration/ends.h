/* Two ends of a connection in one thread, over a pipe of memory that holds one record: what a full socket does, a
 * program of a few lines does here. It compiles with OpenSSL's headers from 1.1.1 on, and runs on each OpenSSL from 1.0.2
 * to 4.
 *
 *     cc NAME.c -lssl -lcrypto && ./a.out SERVER.PEM
 */
#ifndef ENDS_H
#define ENDS_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A record of 16,384 bytes and its header, and no second one. */
enum { PIPE = 17000, BIG = 40000 };

#undef SSL_library_init
#undef SSLv23_method
int SSL_library_init(void) __attribute__((weak));
const SSL_METHOD *SSLv23_method(void) __attribute__((weak));
#pragma weak OPENSSL_init_ssl
#pragma weak TLS_method

struct ends {
    SSL *client, *server;
};

static unsigned char data[BIG];

static inline const char *error_name(SSL *ssl, int result) {
    static const char *const names[] = {"", " SSL_ERROR_SSL", " SSL_ERROR_WANT_READ", " SSL_ERROR_WANT_WRITE",
                                        " SSL_ERROR_WANT_X509_LOOKUP", " SSL_ERROR_SYSCALL", " SSL_ERROR_ZERO_RETURN"};
    int error = SSL_get_error(ssl, result);
    return error >= 0 && error < 7 ? names[error] : " ?";
}

/* One line: the call, what it returned, what SSL_get_error says, and why. */
static inline int show(SSL *ssl, const char *call, int result) {
    unsigned long why = ERR_peek_last_error() & 0xfff;
    printf("%s = %d%s%s\n", call, result, result > 0 ? "" : error_name(ssl, result),
           why == 127 ? " (bad write retry)" : why == 271 ? " (bad length)" : "");
    ERR_clear_error();
    return result;
}

/* A context for both ends, and data that no libssl can compress. */
static inline SSL_CTX *new_context(const char *pem) {
    unsigned state = 1;
    for (int i = 0; i < BIG; i++) data[i] = (unsigned char)((state = state * 1664525 + 1013904223) >> 24);
    if (SSL_library_init != NULL) SSL_library_init();
    SSL_CTX *ctx = SSL_CTX_new(TLS_method != NULL ? TLS_method() : SSLv23_method());
    if (ctx == NULL || SSL_CTX_use_certificate_file(ctx, pem, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, pem, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "cannot use %s\n", pem);
        exit(2);
    }
    return ctx;
}

static inline struct ends new_ends(SSL_CTX *ctx) {
    struct ends ends = {SSL_new(ctx), SSL_new(ctx)};
    BIO *one, *other;
    if (BIO_new_bio_pair(&one, PIPE, &other, PIPE) != 1) exit(2);
    SSL_set_bio(ends.client, one, one);
    SSL_set_bio(ends.server, other, other);
    SSL_set_connect_state(ends.client);
    SSL_set_accept_state(ends.server);
    return ends;
}

/* A handshake, and the tickets behind it. */
static inline struct ends connect_ends(SSL_CTX *ctx) {
    struct ends ends = new_ends(ctx);
    for (int i = 0; i < 10; i++) {
        SSL_do_handshake(ends.client);
        SSL_do_handshake(ends.server);
    }
    if (SSL_do_handshake(ends.client) != 1 || SSL_do_handshake(ends.server) != 1) {
        fprintf(stderr, "the handshake failed\n");
        exit(2);
    }
    ERR_clear_error();
    return ends;
}

/* The server reads what is in the pipe: there is room again. */
static inline int drain(struct ends ends) {
    static unsigned char received[BIG];
    int all = 0;
    for (int got; (got = SSL_read(ends.server, received, sizeof received)) > 0;) all += got;
    ERR_clear_error();
    return all;
}

static inline void free_ends(struct ends ends) {
    SSL_free(ends.client);
    SSL_free(ends.server);
    ERR_clear_error();
}

#endif
