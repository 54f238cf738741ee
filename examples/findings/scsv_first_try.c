/* A program that says that it falls back at its first attempt (inadyn issue 110).
 *
 * There SSL_MODE_SEND_FALLBACK_SCSV was set in every connection, because a page had said that it is more secure.
 * SSL_CTX_set_mode(3): only in explicit fallback retries, following RFC 7507. All is well until a server knows a higher
 * version than the client: then it answers inappropriate_fallback, and no connection comes about.
 */
#include "../peer.h"

int main(void) {
    SSL *ssl = client_of(receive_message);
#ifndef MENDED
    SSL_set_mode(ssl, SSL_MODE_SEND_FALLBACK_SCSV);
#endif
    if (SSL_connect(ssl) != 1) fail("the handshake");
    if (SSL_write(ssl, message, MESSAGE) != MESSAGE) fail("SSL_write");
    return end(ssl);
}
