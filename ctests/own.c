/* libsslmode's own functions. */
#include "host.h"

static void names(const char *dialect, long mask, const char *expected) {
    char text[256];
    size_t length = sslmode_mode_names(dialect, mask, text, sizeof text);
    ok(strcmp(text, expected) == 0 && length == strlen(expected), "%s: %#lx is \"%s\"", dialect ? dialect : "NULL",
       mask, text);
}

int main(void) {
    host_load();
    ok(strchr(sslmode_version(), '.') != NULL, "sslmode_version: %s", sslmode_version());

    names("openssl-3", 0x14, "AUTO_RETRY|RELEASE_BUFFERS");
    names("openssl-3", 0, "0");
    names("openssl-3", 0x80, "SEND_FALLBACK_SCSV");
    names("boringssl", 0x80, "ENABLE_FALSE_START");
    names("boringssl", 0x400, "SEND_FALLBACK_SCSV");
    names("openssl-0.9.8", 0x10, "0x10");
    names("openssl-1.0.2", -1,
          "ENABLE_PARTIAL_WRITE|ACCEPT_MOVING_WRITE_BUFFER|AUTO_RETRY|NO_AUTO_CHAIN|RELEASE_BUFFERS|"
          "SEND_CLIENTHELLO_TIME|SEND_SERVERHELLO_TIME|SEND_FALLBACK_SCSV|0xffffffffffffff00");
    names("openssl-2", 0x4, "");
    names(NULL, 0x80, "SEND_FALLBACK_SCSV"); /* no libssl met yet: OpenSSL's numbers */

    char cut[8];
    ok(sslmode_mode_names("openssl-3", 0x4, cut, sizeof cut) == 10 && strcmp(cut, "AUTO_RE") == 0, "cut off: %s", cut);
    ok(sslmode_mode_names("openssl-3", 0x4, NULL, 0) == 10, "no buffer: only the length%s", "");
    ok(sslmode_mode_names("openssl-3", 0x4, cut, 1) == 10 && cut[0] == 0, "room for the NUL only%s", "");

    SSL_CTX *ctx = new_context();
    long before = SSL_CTX_get_mode(ctx);
    int own_numbers = host.ctx_ctrl == NULL;
    names(NULL, 0x80, own_numbers ? "ENABLE_FALSE_START" : "SEND_FALLBACK_SCSV");

    ok(sslmode_use_host("libnothing.so.7") == 0, "sslmode_use_host: not loaded%s", "");
    ok(sslmode_use_host("libc.so.6") == 0, "sslmode_use_host: loaded, and no libssl%s", "");
    mask_is(SSL_CTX_set_mode(ctx, 0x2), before | 0x2, "which changes nothing");
    ok(sslmode_use_host(getenv("SSLMODE_TEST_LIBSSL")) == 1, "sslmode_use_host: this libssl%s", "");
    mask_is(SSL_CTX_clear_mode(ctx, 0x2), before, "the handle is found in it");
    ok(sslmode_use_host(NULL) == 1, "sslmode_use_host(NULL)%s", "");
    mask_is(SSL_CTX_get_mode(ctx), before, "and without it");
    host.ctx_free(ctx);
    return tap_done();
}
