/* What the programs of broken/ and findings/ share: a peer that does everything right, in a process of its own.
 *
 * Those of broken/ send the peer MESSAGE bytes over a connection that is not in the way: without faults they do well.
 * They end with 0 if the peer got exactly these bytes. Compiled with MENDED they do well under every fault too.
 *
 *     cc NAME.c -o broken -lssl -lcrypto
 *     cc -DMENDED NAME.c -o mended -lssl -lcrypto
 *     sslmode sweep -- ./broken
 *
 * Those of findings/ need no fault: each brings about by itself what it then handles wrongly, and breaks one rule.
 *
 *     sslmode run --check -- ./broken
 */
#ifndef PEER_H
#define PEER_H

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* It fits into the socket's buffer: only a fault, or a peer that is kept busy, makes SSL_write wait. */
enum { MESSAGE = 100000 };

static unsigned char message[MESSAGE];

static inline void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static inline void compose_message(void) {
    unsigned state = 1;
    for (int i = 0; i < MESSAGE; i++) message[i] = (unsigned char)((state = state * 1664525 + 1013904223) >> 24);
}

/* Nobody else will ever see this certificate. */
static inline void certify(SSL_CTX *ctx) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    if (key == NULL || certificate == NULL) fail("no key");
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    ASN1_TIME *from = ASN1_TIME_set(NULL, time(NULL) - 60), *until = ASN1_TIME_set(NULL, time(NULL) + 3600);
    X509_set1_notBefore(certificate, from);
    X509_set1_notAfter(certificate, until);
    X509_set_pubkey(certificate, key);
    if (X509_sign(certificate, key, EVP_sha256()) == 0 || SSL_CTX_use_certificate(ctx, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(ctx, key) != 1)
        fail("no certificate");
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* The peer's side of the connection, blocking, as SSL_read(3) wants it done. */
static inline SSL *serve(int fd) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    certify(ctx);
    /* A ticket would come after the handshake; here no record comes that a fault does not bring. */
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) != 1) fail("the peer's handshake");
    return ssl;
}

/* The peer: ends with 0 if it got the message and nothing else. */
static inline void receive_message(int fd) {
    static unsigned char received[2 * MESSAGE];
    SSL *ssl = serve(fd);
    int length = 0, result;
    while (length < (int)sizeof received && (result = SSL_read(ssl, received + length, (int)sizeof received - length)) > 0)
        length += result;
    if (length != MESSAGE || memcmp(received, message, MESSAGE) != 0) {
        fprintf(stderr, "the peer got %d of %d bytes%s\n", length, MESSAGE, length < MESSAGE ? "" : ", and others");
        _exit(1);
    }
    _exit(0);
}

/* The peer: takes whatever comes. */
static inline void take_anything(int fd) {
    unsigned char received[4096];
    SSL *ssl = serve(fd);
    while (SSL_read(ssl, received, (int)sizeof received) > 0) continue;
    _exit(0);
}

/* The peer: answers a byte with a byte, as long as it is asked. */
static inline void answer(int fd) {
    unsigned char question;
    SSL *ssl = serve(fd);
    while (SSL_read(ssl, &question, 1) == 1 && SSL_write(ssl, &question, 1) == 1) continue;
    _exit(0);
}

/* The peer: what it sends after the handshake is no TLS, and it leaves the hanging up to others. */
static inline void answer_in_clear(int fd) {
    static const char answer[] = "HTTP/1.1 502 Bad Gateway\r\n\r\n";
    char unread[100];
    serve(fd);
    if (write(fd, answer, sizeof answer - 1) != (ssize_t)sizeof answer - 1) _exit(1);
    while (read(fd, unread, sizeof unread) > 0) continue;
    _exit(0);
}

static pid_t peer;

/* A client that is yet to shake hands with a peer that does this with its end. */
static inline SSL *client_of(void (*peers_part)(int fd)) {
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) fail("socketpair");
    compose_message();
    peer = fork();
    if (peer == 0) {
        /* It may be stopped when the client ends. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        peers_part(fds[1]);
        _exit(0);
    }
    close(fds[1]);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, fds[0]);
    return ssl;
}

/* A connection to a peer that does this with its end. */
static inline SSL *connect_to(void (*peers_part)(int fd)) {
    SSL *ssl = client_of(peers_part);
    if (SSL_connect(ssl) != 1) fail("the handshake");
    return ssl;
}

static inline void do_not_block(SSL *ssl) { fcntl(SSL_get_fd(ssl), F_SETFL, O_NONBLOCK); }

/* From now on the peer has something else to do, and the socket, which does not block, holds a few kilobytes. */
static inline void keep_peer_busy(SSL *ssl) {
    int little = 1, status;
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    do_not_block(ssl);
    kill(peer, SIGSTOP);
    waitpid(peer, &status, WUNTRACED);
}

/* It has time again. */
static inline void let_peer_go_on(void) { kill(peer, SIGCONT); }

/* Until the transport is ready for what the call wanted; 0 if the call failed for good. */
static inline int wait_for(SSL *ssl, int result) {
    struct pollfd fd = {SSL_get_fd(ssl), 0, 0};
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ: fd.events = POLLIN; break;
    case SSL_ERROR_WANT_WRITE: fd.events = POLLOUT; break;
    default: return 0;
    }
    let_peer_go_on();
    return poll(&fd, 1, -1) == 1;
}

/* Hangs up, and returns 0 if the peer is content. */
static inline int hang_up(SSL *ssl) {
    int status = -1, fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
    let_peer_go_on();
    waitpid(peer, &status, 0);
    return status != 0;
}

/* Says goodbye, and returns 0 if the peer is content. */
static inline int end(SSL *ssl) {
    int result;
    while ((result = SSL_shutdown(ssl)) < 0 && wait_for(ssl, result)) continue;
    return hang_up(ssl);
}

#endif
