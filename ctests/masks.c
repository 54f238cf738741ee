/* SSL_CTX_set_mode(3): set adds, clear takes away, get answers; "options already set before are not cleared". Each value
 * is held against the host's own macro on a twin handle, and against what is known of the host. */
#include "host.h"

static SSL_CTX *ctx, *twin_ctx;
static SSL *ssl, *twin_ssl;

static void single_bits(void) {
    for (int bit = 0; bit < 64; bit++) {
        long mask = (long)(1UL << bit);
        long before = SSL_CTX_get_mode(ctx);
        mask_is(SSL_CTX_set_mode(ctx, mask), before | kept(mask), "SSL_CTX_set_mode, bit %d", bit);
        mask_is(SSL_CTX_get_mode(ctx), macro_ctx_set(twin_ctx, mask), "SSL_CTX_get_mode, bit %d, as the macro", bit);
        mask_is(SSL_CTX_clear_mode(ctx, mask), before & ~kept(mask), "SSL_CTX_clear_mode, bit %d", bit);
        mask_is(SSL_CTX_get_mode(ctx), macro_ctx_clear(twin_ctx, mask), "and clear as the macro, bit %d", bit);
    }
    for (int bit = 0; bit < 64; bit++) {
        long mask = (long)(1UL << bit);
        long before = SSL_get_mode(ssl);
        mask_is(SSL_set_mode(ssl, mask), before | kept(mask), "SSL_set_mode, bit %d", bit);
        mask_is(SSL_get_mode(ssl), macro_ssl_set(twin_ssl, mask), "SSL_get_mode, bit %d, as the macro", bit);
        mask_is(SSL_clear_mode(ssl, mask), before & ~kept(mask), "SSL_clear_mode, bit %d", bit);
        mask_is(SSL_get_mode(ssl), macro_ssl_clear(twin_ssl, mask), "and clear as the macro, bit %d", bit);
    }
}

static void all_modes_at_once(void) {
    long all = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY |
               SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_SEND_CLIENTHELLO_TIME |
               SSL_MODE_SEND_SERVERHELLO_TIME | SSL_MODE_SEND_FALLBACK_SCSV | SSL_MODE_ASYNC |
               SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG;
    mask_is(SSL_CTX_set_mode(ctx, all), SSL_CTX_get_mode(ctx) | all, "every mode of the header at once, on a context");
    mask_is(SSL_CTX_get_mode(ctx), macro_ctx_set(twin_ctx, all), "as the macro");
    mask_is(SSL_set_mode(ssl, all), SSL_get_mode(ssl) | all, "every mode of the header at once, on a connection");
    mask_is(SSL_get_mode(ssl), macro_ssl_set(twin_ssl, all), "as the macro");
    mask_is(SSL_CTX_set_mode(ctx, 0), SSL_CTX_get_mode(ctx), "setting nothing changes nothing");
    mask_is(SSL_clear_mode(ssl, 0), SSL_get_mode(ssl), "clearing nothing changes nothing");
    mask_is(SSL_CTX_clear_mode(ctx, all), macro_ctx_clear(twin_ctx, all), "cleared at once, on a context");
    mask_is(SSL_clear_mode(ssl, all), macro_ssl_clear(twin_ssl, all), "cleared at once, on a connection");
}

static void beyond_the_modes(void) {
    mask_is(SSL_CTX_set_mode(ctx, 0x00F00000), macro_ctx_set(twin_ctx, 0x00F00000), "bits that are no mode");
    mask_is(SSL_CTX_get_mode(ctx) & 0x00F00000, 0x00F00000, "bits that are no mode are kept");
    mask_is(SSL_CTX_set_mode(ctx, -1), host.expected.minus_one, "setting -1 on a context");
    mask_is(macro_ctx_set(twin_ctx, -1), host.expected.minus_one, "as the macro");
    mask_is(SSL_set_mode(ssl, -1), host.expected.minus_one, "setting -1 on a connection");
    mask_is(macro_ssl_set(twin_ssl, -1), host.expected.minus_one, "as the macro");
    mask_is(SSL_CTX_clear_mode(ctx, -1), 0, "clearing -1 on a context");
    mask_is(SSL_clear_mode(ssl, -1), 0, "clearing -1 on a connection");
    macro_ctx_clear(twin_ctx, -1);
    macro_ssl_clear(twin_ssl, -1);
    mask_is(SSL_CTX_set_mode(ctx, 0x100000001), kept(0x100000001), "bits above 32");
    mask_is(SSL_CTX_get_mode(ctx), macro_ctx_set(twin_ctx, 0x100000001), "as the macro");
    mask_is(SSL_CTX_clear_mode(ctx, 0x100000000), 1, "a bit above 32 cleared");
    mask_is(macro_ctx_clear(twin_ctx, 0x100000000), 1, "as the macro");
}

/* The same steps on the function and on the macro. */
static void random_steps(void) {
    uint64_t state = 88172645463325252u;
    int disagreements = 0;
    for (int step = 0; step < 20000; step++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        long mask = (long)(state >> (state & 31));
        switch (state >> 61) {
            case 0: case 1: disagreements += SSL_CTX_set_mode(ctx, mask) != macro_ctx_set(twin_ctx, mask); break;
            case 2: disagreements += SSL_CTX_clear_mode(ctx, mask) != macro_ctx_clear(twin_ctx, mask); break;
            case 3: disagreements += SSL_CTX_get_mode(ctx) != macro_ctx_get(twin_ctx); break;
            case 4: case 5: disagreements += SSL_set_mode(ssl, mask) != macro_ssl_set(twin_ssl, mask); break;
            case 6: disagreements += SSL_clear_mode(ssl, mask) != macro_ssl_clear(twin_ssl, mask); break;
            default: disagreements += SSL_get_mode(ssl) != macro_ssl_get(twin_ssl);
        }
    }
    ok(disagreements == 0, "20000 random steps: %d answers differ from the macro's", disagreements);
}

int main(void) {
    host_load();
    ctx = new_context(), twin_ctx = new_context();
    ssl = new_connection(ctx), twin_ssl = new_connection(twin_ctx);
    mask_is(SSL_CTX_get_mode(ctx), host.expected.default_mask, "a new context's mask");
    mask_is(macro_ctx_get(twin_ctx), host.expected.default_mask, "as the macro");
    mask_is(SSL_get_mode(ssl), host.expected.default_mask, "a new connection's mask");
    single_bits();
    all_modes_at_once();
    beyond_the_modes();
    random_steps();
    host.ssl_free(ssl), host.ssl_free(twin_ssl);
    host.ctx_free(ctx), host.ctx_free(twin_ctx);
    return tap_done();
}
