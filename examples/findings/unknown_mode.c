/* A program that takes an option for a mode.
 *
 * SSL_CTX_set_mode and SSL_CTX_set_options stand side by side in every program, both take a mask, and the compiler sees two
 * numbers: SSL_OP_NO_TICKET, given to the wrong one, is a mode that no libssl knows. It is stored, read back, and does
 * nothing.
 */
#include "../peer.h"

int main(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
#ifdef MENDED
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
#else
    SSL_CTX_set_mode(ctx, SSL_OP_NO_TICKET);
#endif
    SSL *ssl = SSL_new(ctx);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return 0;
}
