/* Whose mask a handle starts with, and what changes it later. */
#include "host.h"

int main(void) {
    host_load();
    SSL_CTX *ctx = new_context(), *other = new_context();
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
    long start = SSL_CTX_get_mode(ctx);

    SSL *ssl = new_connection(ctx);
    mask_is(SSL_get_mode(ssl), start, "SSL_new copies the context's mask");
    long later = SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    mask_is(later, start | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, "the context is changed after SSL_new");
    mask_is(SSL_get_mode(ssl), start, "which does not reach the connection");
    SSL *late = new_connection(ctx);
    mask_is(SSL_get_mode(late), later, "but reaches the next one");
    SSL_set_mode(ssl, 0x200000);
    mask_is(SSL_CTX_get_mode(ctx), later, "a connection's mode does not reach its context");
    mask_is(SSL_get_mode(late), later, "nor another connection");

    host.ssl_clear(ssl);
    mask_is(SSL_get_mode(ssl), start | 0x200000, "SSL_clear keeps the mask");

    if (host.set_ssl_ctx != NULL) {
        SSL_CTX_clear_mode(other, -1);
        ok(host.set_ssl_ctx(ssl, other) != NULL, "SSL_set_SSL_CTX succeeds");
        mask_is(SSL_get_mode(ssl), start | 0x200000, "SSL_set_SSL_CTX keeps the mask");
        mask_is(SSL_CTX_get_mode(other), 0, "and leaves the new context's");
    } else
        skip("this libssl has no SSL_set_SSL_CTX", "SSL_set_SSL_CTX keeps the mask");

    if (host.ssl_dup != NULL) {
        SSL *dup = host.front ? SSL_dup(late) : host.ssl_dup(late);
        ok(dup != NULL && dup != late, "SSL_dup before a handshake makes another connection");
        if (dup != NULL) {
            mask_is(SSL_get_mode(dup), later, "SSL_dup copies the mask");
            SSL_clear_mode(dup, -1);
            mask_is(SSL_get_mode(late), later, "and then they go their own ways");
            host.ssl_free(dup);
        }
    } else
        skip("this libssl has no SSL_dup", "SSL_dup copies the mask");

    /* Addresses are used again: a new handle must not be taken for the old one. */
    host.ssl_free(ssl), host.ssl_free(late);
    int wrong = 0;
    for (int round = 0; round < 200; round++) {
        SSL *again = new_connection(round % 2 ? ctx : other);
        wrong += SSL_get_mode(again) != (round % 2 ? later : 0);
        host.ssl_free(again);
    }
    ok(wrong == 0, "200 connections one after the other: %d with another's mask", wrong);
    host.ctx_free(ctx), host.ctx_free(other);
    return tap_done();
}
