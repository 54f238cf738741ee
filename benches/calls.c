/* Makes one kind of call N times: calls KIND N. Run under callgrind with N and with 2N, the difference is the price of N
 * calls. Compiled with FUNCTIONS the mode calls are libsslmode's functions, otherwise OpenSSL's macros. */
#include <openssl/ssl.h>
#ifdef FUNCTIONS
#include <sslmode.h>
#define MODE_CALL(name) (name)
#else
#define MODE_CALL(name) name
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SSL_CTX *ctx;
static SSL *ssl, *peer;
static volatile long sink;

static void ssl_ctx_ctrl(void) { sink = SSL_CTX_ctrl(ctx, SSL_CTRL_GET_SESS_CACHE_MODE, 0, NULL); }
static void ssl_ctrl(void) { sink = SSL_ctrl(ssl, SSL_CTRL_GET_MAX_CERT_LIST, 0, NULL); }
static void ssl_ctx_new(void) { SSL_CTX_free(SSL_CTX_new(TLS_method())); }
static void ssl_new(void) { SSL_free(SSL_new(ctx)); }
static void ssl_dup(void) { SSL_free(SSL_dup(ssl)); }
/* Without a BIO and a handshake these fail at once: what they cost themselves is not the question. */
static char buffer[16];
static size_t moved;
static void ssl_get_error(void) { sink = SSL_get_error(ssl, 1); }
static void ssl_want(void) { sink = SSL_want(ssl); }
static void ssl_clear(void) { sink = SSL_clear(ssl); }
static void ssl_read(void) { sink = SSL_read(ssl, buffer, sizeof buffer); }
static void ssl_peek(void) { sink = SSL_peek(ssl, buffer, sizeof buffer); }
static void ssl_write(void) { sink = SSL_write(ssl, buffer, sizeof buffer); }
static void ssl_read_ex(void) { sink = SSL_read_ex(ssl, buffer, sizeof buffer, &moved); }
static void ssl_write_ex(void) { sink = SSL_write_ex(ssl, buffer, sizeof buffer, &moved); }
static void ssl_do_handshake(void) { sink = SSL_do_handshake(ssl); }
static void ssl_shutdown(void) { sink = SSL_shutdown(ssl); }
/* A record each way through libssl, over a connection of its own. */
static void write_and_read(void) {
    if (SSL_write(ssl, buffer, sizeof buffer) != sizeof buffer || SSL_read(peer, buffer, sizeof buffer) != sizeof buffer)
        exit(2);
}
static void ssl_ctx_set_mode(void) { sink = MODE_CALL(SSL_CTX_set_mode)(ctx, SSL_MODE_AUTO_RETRY); }
static void ssl_ctx_clear_mode(void) { sink = MODE_CALL(SSL_CTX_clear_mode)(ctx, SSL_MODE_ASYNC); }
static void ssl_ctx_get_mode(void) { sink = MODE_CALL(SSL_CTX_get_mode)(ctx); }
static void ssl_set_mode(void) { sink = MODE_CALL(SSL_set_mode)(ssl, SSL_MODE_AUTO_RETRY); }
static void ssl_clear_mode(void) { sink = MODE_CALL(SSL_clear_mode)(ssl, SSL_MODE_ASYNC); }
static void ssl_get_mode(void) { sink = MODE_CALL(SSL_get_mode)(ssl); }

static const struct {
    const char *kind;
    void (*call)(void);
} calls[] = {
    {"SSL_CTX_ctrl", ssl_ctx_ctrl},
    {"SSL_ctrl", ssl_ctrl},
    {"SSL_CTX_new", ssl_ctx_new},
    {"SSL_new", ssl_new},
    {"SSL_dup", ssl_dup},
    {"SSL_get_error", ssl_get_error},
    {"SSL_want", ssl_want},
    {"SSL_clear", ssl_clear},
    {"SSL_read", ssl_read},
    {"SSL_peek", ssl_peek},
    {"SSL_write", ssl_write},
    {"SSL_read_ex", ssl_read_ex},
    {"SSL_write_ex", ssl_write_ex},
    {"SSL_do_handshake", ssl_do_handshake},
    {"SSL_shutdown", ssl_shutdown},
    {"SSL_write SSL_read", write_and_read},
    {"SSL_CTX_set_mode", ssl_ctx_set_mode},
    {"SSL_CTX_clear_mode", ssl_ctx_clear_mode},
    {"SSL_CTX_get_mode", ssl_ctx_get_mode},
    {"SSL_set_mode", ssl_set_mode},
    {"SSL_clear_mode", ssl_clear_mode},
    {"SSL_get_mode", ssl_get_mode},
};

/* Without certificates: of what a handshake costs nothing is counted. */
static int connect_pair(void) {
    BIO *one, *other;
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_security_level(ctx, 0);
    if (!SSL_CTX_set_cipher_list(ctx, "AECDH-AES128-SHA") || !BIO_new_bio_pair(&one, 0, &other, 0)) return 0;
    ssl = SSL_new(ctx);
    peer = SSL_new(ctx);
    SSL_set_bio(ssl, one, one);
    SSL_set_bio(peer, other, other);
    SSL_set_connect_state(ssl);
    SSL_set_accept_state(peer);
    for (int round = 0; round < 10; round++)
        if ((SSL_do_handshake(ssl) == 1) & (SSL_do_handshake(peer) == 1)) return 1;
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    ctx = SSL_CTX_new(TLS_method());
    if (strcmp(argv[1], "SSL_write SSL_read") != 0)
        ssl = SSL_new(ctx);
    else if (!connect_pair())
        return 2;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].kind, argv[1]) != 0) continue;
        for (long n = atol(argv[2]); n > 0; n--) calls[i].call();
        return 0;
    }
    return 2;
}
