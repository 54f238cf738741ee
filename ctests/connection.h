/* Two ends of a TLS connection in one process, over the libssl under test.
 *
 * The modes are set through libsslmode (SSL_CTX_set_mode, SSL_set_mode); everything that makes them act is the host's
 * own: its handshake, its SSL_read and SSL_write, its error queue. SSLMODE_TEST_CERTIFICATE names a file with a throw-
 * away key and certificate.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "host.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct bio_st BIO;

enum { ANY_VERSION, SSL_3 = 0x300, TLS_1_0 = 0x301, TLS_1_1 = 0x302, TLS_1_2 = 0x303, TLS_1_3 = 0x304 };
enum { ERROR_NONE, ERROR_SSL, ERROR_WANT_READ, ERROR_WANT_WRITE, ERROR_SYSCALL = 5, ERROR_ZERO_RETURN };
enum { CTRL_SET_OPTIONS = 32, CTRL_SET_MIN_VERSION = 123, CTRL_SET_MAX_VERSION = 124 };
enum { FILETYPE_PEM = 1, CLOSE = 1, PATIENCE = 200, ROOM_FOR_ONE_RECORD = 17000 };

/* The host's own functions, reached past libsslmode. */
static struct {
    int (*use_certificate)(SSL_CTX *, const char *, int);
    int (*use_key)(SSL_CTX *, const char *, int);
    void (*set_bio)(SSL *, BIO *, BIO *);
    void (*set_connect_state)(SSL *);
    void (*set_accept_state)(SSL *);
    int (*do_handshake)(SSL *);
    int (*read)(SSL *, void *, int);
    int (*write)(SSL *, const void *, int);
    int (*get_error)(const SSL *, int);
    int (*new_bio_pair)(BIO **, size_t, BIO **, size_t);
    BIO *(*new_socket_bio)(int, int);
    int (*bio_read)(BIO *, void *, int);
    int (*bio_write)(BIO *, const void *, int);
    int (*bio_free)(BIO *);
    unsigned long (*next_error)(void);
    void (*clear_errors)(void);
    void (*set_read_ahead)(SSL *, int);
} io;

static inline void connection_load(void) {
    host_load();
    if (!look_up(&io.use_certificate, "SSL_CTX_use_certificate_file") ||
        !look_up(&io.use_key, "SSL_CTX_use_PrivateKey_file") || !look_up(&io.set_bio, "SSL_set_bio") ||
        !look_up(&io.set_connect_state, "SSL_set_connect_state") ||
        !look_up(&io.set_accept_state, "SSL_set_accept_state") || !look_up(&io.do_handshake, "SSL_do_handshake") ||
        !look_up(&io.read, "SSL_read") || !look_up(&io.write, "SSL_write") ||
        !look_up(&io.get_error, "SSL_get_error") || !look_up(&io.new_bio_pair, "BIO_new_bio_pair") ||
        !look_up(&io.new_socket_bio, "BIO_new_socket") || !look_up(&io.bio_read, "BIO_read") ||
        !look_up(&io.bio_write, "BIO_write") || !look_up(&io.bio_free, "BIO_free") ||
        !look_up(&io.next_error, "ERR_get_error") || !look_up(&io.clear_errors, "ERR_clear_error") ||
        !look_up(&io.set_read_ahead, "SSL_set_read_ahead"))
        bail_out("not all functions of a connection in", host.expected.dialect);
}

static inline int is_dialect(const char *start) {
    return strncmp(host.expected.dialect, start, strlen(start)) == 0;
}
/* The record layer that was written anew for 3.2. */
static inline int is_record_layer_new(void) { return is_dialect("openssl-3.2") || is_dialect("openssl-4"); }
/* BoringSSL and AWS-LC: functions for macros, numbers of their own. */
static inline int is_boringssl_kind(void) { return host.ctx_ctrl == NULL; }

/* This project's own libssl: what it makes of the modes is its dialect's, but not which protocols it has. */
static inline int is_ours(void) {
    const char *(*dialect)(void);
    return look_up(&dialect, "sslmode_dialect");
}

static inline int highest_version(void) {
    const void *any;
    return look_up(&any, "SSL_key_update") ? TLS_1_3 : look_up(&any, "TLSv1_2_method") ? TLS_1_2 : TLS_1_0;
}

/* Up to 1.0.2 versions are taken out one by one. */
static inline void limit_by_options(SSL_CTX *ctx, int lowest, int highest) {
    static const struct { int version; long without; } bits[] = {
        {SSL_3, 0x02000000}, {TLS_1_0, 0x04000000}, {TLS_1_1, 0x10000000}, {TLS_1_2, 0x08000000}};
    long options = 0x01000000; /* SSL 2 always */
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (bits[i].version <= highest_version() && (bits[i].version < lowest || bits[i].version > highest))
            options |= bits[i].without;
    host.ctx_ctrl(ctx, CTRL_SET_OPTIONS, options, NULL);
}

static inline void limit_versions(SSL_CTX *ctx, int lowest, int highest) {
    int (*set_min)(SSL_CTX *, uint16_t), (*set_max)(SSL_CTX *, uint16_t);
    if (!is_boringssl_kind() && host.ctx_ctrl(ctx, CTRL_SET_MIN_VERSION, ANY_VERSION, NULL) != 1) {
        limit_by_options(ctx, lowest, highest);
    } else if (!is_boringssl_kind()) {
        host.ctx_ctrl(ctx, CTRL_SET_MIN_VERSION, lowest, NULL);
        host.ctx_ctrl(ctx, CTRL_SET_MAX_VERSION, highest, NULL);
    } else if (look_up(&set_min, "SSL_CTX_set_min_proto_version") &&
               look_up(&set_max, "SSL_CTX_set_max_proto_version")) {
        set_min(ctx, (uint16_t)lowest);
        set_max(ctx, (uint16_t)highest);
    } else
        bail_out("no way to limit versions in", host.expected.dialect);
}

/* The two ends; contexts of their own, so that each can have its own modes and versions. */
struct ends {
    SSL_CTX *client_ctx, *server_ctx;
    SSL *client, *server;
};

static inline SSL_CTX *context_of(const void *method) {
    SSL_CTX *ctx = host.front ? SSL_CTX_new(method) : host.ctx_new(method);
    if (ctx == NULL) bail_out("SSL_CTX_new", "NULL");
    return ctx;
}

static inline struct ends contexts_of(const void *method) {
    struct ends ends = {context_of(method), context_of(method), NULL, NULL};
    const char *pem = setting("SSLMODE_TEST_CERTIFICATE");
    if (io.use_certificate(ends.server_ctx, pem, FILETYPE_PEM) != 1 ||
        io.use_key(ends.server_ctx, pem, FILETYPE_PEM) != 1)
        bail_out("cannot use the certificate", pem);
    return ends;
}

/* Contexts of which both speak exactly this version. */
static inline struct ends contexts(int version) {
    struct ends ends = contexts_of(host.method);
    limit_versions(ends.client_ctx, version, version);
    limit_versions(ends.server_ctx, version, version);
    return ends;
}

static inline void connections(struct ends *ends) {
    ends->client = new_connection(ends->client_ctx);
    ends->server = new_connection(ends->server_ctx);
    io.set_connect_state(ends->client);
    io.set_accept_state(ends->server);
}

/* Through two buffers of |room| bytes, one each way. */
static inline void over_bio_pair(struct ends *ends, size_t room) {
    BIO *client, *server;
    if (io.new_bio_pair(&client, room, &server, room) != 1) bail_out("BIO_new_bio_pair", "failed");
    connections(ends);
    io.set_bio(ends->client, client, client);
    io.set_bio(ends->server, server, server);
}

static inline void non_blocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

/* |type| is SOCK_STREAM for TLS, SOCK_DGRAM for DTLS. */
static inline void over_sockets(struct ends *ends, int type) {
    int fds[2];
    if (socketpair(AF_UNIX, type, 0, fds) != 0) bail_out("socketpair", "failed");
    non_blocking(fds[0]), non_blocking(fds[1]);
    BIO *client = io.new_socket_bio(fds[0], CLOSE), *server = io.new_socket_bio(fds[1], CLOSE);
    connections(ends);
    io.set_bio(ends->client, client, client);
    io.set_bio(ends->server, server, server);
}

static inline void free_connections(struct ends *ends) { host.ssl_free(ends->client), host.ssl_free(ends->server); }
static inline void free_contexts(struct ends *ends) {
    host.ctx_free(ends->client_ctx), host.ctx_free(ends->server_ctx);
}
static inline void free_ends(struct ends *ends) { free_connections(ends), free_contexts(ends); }

/* A call and what became of it. */
struct result {
    int value, error, reason; /* the reason that lies deepest in the error queue, 0 if none */
};

static inline struct result result_of(SSL *ssl, int value) {
    struct result result = {value, value > 0 ? ERROR_NONE : io.get_error(ssl, value), 0};
    result.reason = (int)(io.next_error() & 0xFFF);
    io.clear_errors();
    return result;
}
static inline struct result write_once(SSL *ssl, const void *data, int length) {
    io.clear_errors();
    return result_of(ssl, io.write(ssl, data, length));
}
static inline struct result read_once(SSL *ssl, void *data, int length) {
    io.clear_errors();
    return result_of(ssl, io.read(ssl, data, length));
}

static inline const char *error_name(int error) {
    static const char *const names[] = {"NONE", "SSL", "WANT_READ", "WANT_WRITE", "4", "SYSCALL", "ZERO_RETURN"};
    return error >= 0 && error < (int)(sizeof names / sizeof *names) ? names[error] : "?";
}
/* As the tests print it: "-1 WANT_WRITE", "16384". The text lives until the fourth call after. */
static inline const char *show(struct result result) {
    static char texts[4][64];
    static int next;
    char *text = texts[next++ % 4];
    int length = snprintf(text, sizeof *texts, "%d", result.value);
    if (result.error != ERROR_NONE) length += snprintf(text + length, 32, " %s", error_name(result.error));
    if (result.reason != 0) snprintf(text + length, 16, " (%d)", result.reason);
    return text;
}

static inline int wants(struct result result, int error) { return result.value == -1 && result.error == error; }

/* The handshake, driven from one thread. */
static inline int shake_hands(struct ends *ends) {
    int client = 0, server = 0;
    for (int round = 0; round < PATIENCE && !(client == 1 && server == 1); round++) {
        if (client != 1) client = io.do_handshake(ends->client);
        if (server != 1) server = io.do_handshake(ends->server);
    }
    return client == 1 && server == 1;
}

/* Exactly |length| bytes or fewer, if they do not come; WANT_READs are gone over. */
static inline int receive(SSL *ssl, unsigned char *data, int length) {
    int got = 0;
    for (int calm = 0; got < length && calm < 20;) {
        struct result result = read_once(ssl, data + got, length - got);
        calm = result.value > 0 ? 0 : calm + 1;
        got += result.value > 0 ? result.value : 0;
    }
    return got;
}

/* A byte each way: tickets and whatever else follows the handshake are then behind us. */
static inline void settle(struct ends *ends) {
    unsigned char byte = 1;
    if (write_once(ends->server, &byte, 1).value != 1 || receive(ends->client, &byte, 1) != 1 ||
        write_once(ends->client, &byte, 1).value != 1 || receive(ends->server, &byte, 1) != 1)
        bail_out("no byte went through after the handshake", host.expected.dialect);
}

static inline void establish(struct ends *ends) {
    if (!shake_hands(ends)) bail_out("the handshake failed", host.expected.dialect);
    settle(ends);
}

/* Bytes that compression cannot shorten: 1.0.2k would press others through any buffer. */
static inline void fill(unsigned char *data, size_t length) {
    static uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < length; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        data[i] = (unsigned char)(state >> 32);
    }
}

#endif
