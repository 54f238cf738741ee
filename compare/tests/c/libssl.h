/* A libssl loaded by its path and two ends of a connection over it, in one thread, over BIO pairs whose far ends are in
 * the program's hands. Knows OpenSSL's functions and numbers, and nothing of the libssl at hand.
 */
#ifndef LIBSSL_H
#define LIBSSL_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIRE = 1 << 17 };
enum { CTRL_OPTIONS = 32, CTRL_MODE = 33, CTRL_CLEAR_MODE = 78, CTRL_MIN_VERSION = 123, CTRL_MAX_VERSION = 124 };
enum { PARTIAL_WRITE = 1, MOVING_BUFFER = 2, AUTO_RETRY = 4 };
enum { TLS_1_2 = 0x303, TLS_1_3 = 0x304 };

static void *libssl;
/* What stands in front of it, if anything: a program that is linked would call that. */
static void *front;

static void *find(const char *name) {
    void *address = front == NULL ? NULL : dlsym(front, name);
    return address != NULL ? address : dlsym(libssl, name);
}

static void *need(const char *name) {
    void *address = find(name);
    if (address == NULL) {
        fprintf(stderr, "expected a libssl with %s\n", name);
        exit(2);
    }
    return address;
}

/* Calls by name; the letter is what they return. */
#define P(name, types, ...) ((void *(*)types)need(name))(__VA_ARGS__)
#define I(name, types, ...) ((int(*)types)need(name))(__VA_ARGS__)
#define L(name, types, ...) ((long (*)types)need(name))(__VA_ARGS__)
#define V(name, types, ...) ((void (*)types)need(name))(__VA_ARGS__)

struct end {
    void *ssl, *near, *far;
};
static struct end client, server;
static void *context;

static inline void load(const char *path) {
    const char *in_front = getenv("SSLMODE_TEST_FRONT");
    libssl = dlopen(path, RTLD_NOW);
    front = in_front == NULL ? NULL : dlopen(in_front, RTLD_NOW);
    if (libssl == NULL || (in_front != NULL && front == NULL)) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    if (find("SSL_library_init"))
        I("SSL_library_init", (void));
    else
        I("OPENSSL_init_ssl", (uint64_t, void *), 0, NULL);
    /* 1.0.2k compresses where it can: records would have no known size. */
    if (find("SSL_COMP_get_compression_methods") && find("sk_zero"))
        V("sk_zero", (void *), P("SSL_COMP_get_compression_methods", (void)));
}

static inline void new_context(int version, const char *pem) {
    context = P("SSL_CTX_new", (const void *), P(find("TLS_method") ? "TLS_method" : "SSLv23_method", (void)));
    /* Before 1.1.0 there are no such commands, and TLS 1.2 is the highest. */
    L("SSL_CTX_ctrl", (void *, int, long, void *), context, CTRL_MIN_VERSION, version, NULL);
    L("SSL_CTX_ctrl", (void *, int, long, void *), context, CTRL_MAX_VERSION, version, NULL);
    I("SSL_CTX_set_cipher_list", (void *, const char *), context, "ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256");
    if (I("SSL_CTX_use_certificate_file", (void *, const char *, int), context, pem, 1) != 1 ||
        I("SSL_CTX_use_PrivateKey_file", (void *, const char *, int), context, pem, 1) != 1) {
        fprintf(stderr, "cannot use %s\n", pem);
        exit(2);
    }
}

static inline void new_end(struct end *end, int is_server, size_t room) {
    end->ssl = P("SSL_new", (void *), context);
    I("BIO_new_bio_pair", (void **, size_t, void **, size_t), &end->near, room, &end->far, WIRE);
    V("SSL_set_bio", (void *, void *, void *), end->ssl, end->near, end->near);
    V(is_server ? "SSL_set_accept_state" : "SSL_set_connect_state", (void *), end->ssl);
}

static inline void free_ends(void) {
    struct end *ends[] = {&client, &server};
    for (int i = 0; i < 2; i++) {
        V("SSL_free", (void *), ends[i]->ssl);
        I("BIO_free", (void *), ends[i]->far);
    }
}

static inline void clear_errors(void) { V("ERR_clear_error", (void)); }
static inline size_t waiting(void *bio) { return ((size_t(*)(void *))need("BIO_ctrl_pending"))(bio); }

/* From the one end's wire to the other's, as much as is there, up to |most|. */
static inline size_t carry(struct end *from, struct end *to, size_t most) {
    static unsigned char bytes[WIRE];
    size_t room = ((size_t(*)(void *))need("BIO_ctrl_get_write_guarantee"))(to->far);
    size_t there = waiting(from->far), length = there < most ? there : most;
    length = length < room ? length : room;
    int got = length == 0 ? 0 : I("BIO_read", (void *, void *, int), from->far, bytes, (int)length);
    if (got > 0) I("BIO_write", (void *, const void *, int), to->far, bytes, got);
    clear_errors();
    return got > 0 ? (size_t)got : 0;
}

static inline void connect_ends(size_t room) {
    new_end(&client, 0, room);
    new_end(&server, 1, WIRE);
    for (int round = 0; round < 20; round++) {
        I("SSL_do_handshake", (void *), client.ssl);
        carry(&client, &server, WIRE);
        I("SSL_do_handshake", (void *), server.ssl);
        carry(&server, &client, WIRE);
    }
    clear_errors();
    if (I("SSL_do_handshake", (void *), client.ssl) != 1 || I("SSL_do_handshake", (void *), server.ssl) != 1) {
        fprintf(stderr, "the handshake failed\n");
        exit(2);
    }
}

/* A call's outcome: its value, what SSL_get_error and SSL_want say, and the last reason in the queue: those before it
 * are libcrypto's. */
static inline void outcome(void *ssl, int value) {
    static const char *const names[] = {"", " SSL", " WANT_READ", " WANT_WRITE", " LOOKUP", " SYSCALL", " ZERO_RETURN"};
    int error = I("SSL_get_error", (void *, int), ssl, value);
    unsigned long code = ((unsigned long (*)(void))need("ERR_peek_last_error"))();
    printf(" %d%s want %d", value, error >= 0 && error < 7 ? names[error] : " ?", I("SSL_want", (void *), ssl));
    if (code != 0) printf(" reason %lu", code & 0xfff);
    clear_errors();
}

/* Bytes that do not compress, the same on every run. */
static inline void fill(unsigned char *data, size_t length) {
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < length; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        data[i] = (unsigned char)(state >> 32);
    }
}

#endif
