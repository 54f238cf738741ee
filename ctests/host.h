/* The libssl that a test runs over, chosen at run time:
 *
 *   SSLMODE_TEST_LIBSSL   its path
 *   SSLMODE_TEST_DIALECT  which of the lines of `expectations` it is
 *   SSLMODE_TEST_DOOR     "front": SSL_CTX_new, SSL_new, ... are called through libsslmode, as in a program that it is
 *                         linked or loaded in front of; "behind": they are called past it, so that it never saw the
 *                         handles that it is asked about; "through": every function that libsslmode has is called
 *                         through it, macros too, as a profile wants it (SSLMODE_OPTIONS=profile=...): the dialect is
 *                         then the profile's
 *
 * The expectations were observed on the libraries themselves and stand here apart from the engine's table, so that one
 * cannot hide the other's mistake.
 */
#ifndef HOST_H
#define HOST_H

#include "sslmode.h"
#include "tap.h"
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

/* Exported by libsslmode beside what its header declares. */
extern SSL_CTX *SSL_CTX_new(const void *method);
extern SSL *SSL_new(SSL_CTX *ctx);
extern SSL *SSL_dup(SSL *ssl);
extern long SSL_CTX_ctrl(SSL_CTX *ctx, int cmd, long larg, void *parg);
extern long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg);

enum { CTRL_MODE = 33, CTRL_CLEAR_MODE = 78 };

struct expectation {
    const char *dialect;
    long default_mask;
    long minus_one; /* what setting -1 returns */
};

static const struct expectation expectations[] = {
    {"openssl-0.9.8", 0, -1},
    {"openssl-1.0.2", 0, -1},
    {"openssl-1.0.2l", 0, -1},
    {"openssl-1.1.1", 0x4, 4294967295},
    {"openssl-3", 0x4, 4294967295},
    {"openssl-3.2", 0x4, 4294967295},
    {"openssl-4", 0x4, 4294967295},
    {"boringssl", 0x8, 4294967295},
    {"aws-lc", 0x8, 4294967295},
};

/* What the macros of this host's header call, reached past libsslmode. */
static struct {
    void *library;
    struct expectation expected;
    int front, through;
    const void *method;
    SSL_CTX *(*ctx_new)(const void *);
    void (*ctx_free)(SSL_CTX *);
    SSL *(*ssl_new)(SSL_CTX *);
    SSL *(*ssl_dup)(SSL *);
    void (*ssl_free)(SSL *);
    int (*ssl_clear)(SSL *);
    SSL_CTX *(*set_ssl_ctx)(SSL *, SSL_CTX *);
    long (*ctx_ctrl)(SSL_CTX *, int, long, void *);
    long (*ssl_ctrl)(SSL *, int, long, void *);
    uint32_t (*ctx_set_mode)(SSL_CTX *, uint32_t);
    uint32_t (*ctx_clear_mode)(SSL_CTX *, uint32_t);
    uint32_t (*ctx_get_mode)(const SSL_CTX *);
    uint32_t (*ssl_set_mode)(SSL *, uint32_t);
    uint32_t (*ssl_clear_mode)(SSL *, uint32_t);
    uint32_t (*ssl_get_mode)(const SSL *);
} host;

/* dlsym into a function pointer, in the way that ISO C lets pass. */
static inline int look_up(void *function, const char *name) {
    void *address = host.through ? dlsym(RTLD_DEFAULT, name) : NULL;
    if (address == NULL) address = dlsym(host.library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static inline const char *setting(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) bail_out("expected in the environment", name);
    return value;
}

static inline void host_load(void) {
    const char *path = setting("SSLMODE_TEST_LIBSSL"), *dialect = setting("SSLMODE_TEST_DIALECT");
    host.through = strcmp(setting("SSLMODE_TEST_DOOR"), "through") == 0;
    host.front = host.through || strcmp(setting("SSLMODE_TEST_DOOR"), "front") == 0;
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++)
        if (strcmp(expectations[i].dialect, dialect) == 0) host.expected = expectations[i];
    if (host.expected.dialect == NULL) bail_out("no expectations for the dialect", dialect);

    host.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (host.library == NULL) bail_out("dlopen", dlerror());
    int (*library_init)(void), (*init_ssl)(uint64_t, const void *);
    if (look_up(&library_init, "SSL_library_init"))
        library_init();
    else if (look_up(&init_ssl, "OPENSSL_init_ssl"))
        init_ssl(0, NULL);
    const void *(*method)(void);
    if (!look_up(&method, "TLS_method") && !look_up(&method, "SSLv23_method")) bail_out("no TLS method in", path);
    host.method = method();
    if (!look_up(&host.ctx_new, "SSL_CTX_new") || !look_up(&host.ctx_free, "SSL_CTX_free") ||
        !look_up(&host.ssl_new, "SSL_new") || !look_up(&host.ssl_free, "SSL_free") ||
        !look_up(&host.ssl_clear, "SSL_clear"))
        bail_out("not a libssl", path);
    look_up(&host.ssl_dup, "SSL_dup");
    look_up(&host.set_ssl_ctx, "SSL_set_SSL_CTX");
    if (!look_up(&host.ctx_ctrl, "SSL_CTX_ctrl") || !look_up(&host.ssl_ctrl, "SSL_ctrl")) {
        if (!look_up(&host.ctx_set_mode, "SSL_CTX_set_mode") || !look_up(&host.ctx_clear_mode, "SSL_CTX_clear_mode") ||
            !look_up(&host.ctx_get_mode, "SSL_CTX_get_mode") || !look_up(&host.ssl_set_mode, "SSL_set_mode") ||
            !look_up(&host.ssl_clear_mode, "SSL_clear_mode") || !look_up(&host.ssl_get_mode, "SSL_get_mode"))
            bail_out("no mode functions in", path);
    }
}

/* The host's own macros, or the functions that it has in their place. */
static inline long macro_ctx_set(SSL_CTX *ctx, long mode) {
    return host.ctx_ctrl ? host.ctx_ctrl(ctx, CTRL_MODE, mode, NULL) : (long)host.ctx_set_mode(ctx, (uint32_t)mode);
}
static inline long macro_ctx_clear(SSL_CTX *ctx, long mode) {
    return host.ctx_ctrl ? host.ctx_ctrl(ctx, CTRL_CLEAR_MODE, mode, NULL)
                         : (long)host.ctx_clear_mode(ctx, (uint32_t)mode);
}
static inline long macro_ctx_get(SSL_CTX *ctx) {
    return host.ctx_ctrl ? host.ctx_ctrl(ctx, CTRL_MODE, 0, NULL) : (long)host.ctx_get_mode(ctx);
}
static inline long macro_ssl_set(SSL *ssl, long mode) {
    return host.ssl_ctrl ? host.ssl_ctrl(ssl, CTRL_MODE, mode, NULL) : (long)host.ssl_set_mode(ssl, (uint32_t)mode);
}
static inline long macro_ssl_clear(SSL *ssl, long mode) {
    return host.ssl_ctrl ? host.ssl_ctrl(ssl, CTRL_CLEAR_MODE, mode, NULL)
                         : (long)host.ssl_clear_mode(ssl, (uint32_t)mode);
}
static inline long macro_ssl_get(SSL *ssl) {
    return host.ssl_ctrl ? host.ssl_ctrl(ssl, CTRL_MODE, 0, NULL) : (long)host.ssl_get_mode(ssl);
}

/* Handles, made through the door under test. */
static inline SSL_CTX *new_context(void) {
    SSL_CTX *ctx = host.front ? SSL_CTX_new(host.method) : host.ctx_new(host.method);
    if (ctx == NULL) bail_out("SSL_CTX_new", "NULL");
    return ctx;
}
static inline SSL *new_connection(SSL_CTX *ctx) {
    SSL *ssl = host.front ? SSL_new(ctx) : host.ssl_new(ctx);
    if (ssl == NULL) bail_out("SSL_new", "NULL");
    return ssl;
}

/* What this host keeps of a long. */
static inline long kept(long mask) { return mask & host.expected.minus_one; }

#endif
