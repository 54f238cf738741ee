/* A program that asks again and again instead of waiting (libgit2 pull request 3028).
 *
 * There the handshake over a socket that does not block was a loop around SSL_connect, as long as it wanted something.
 * That goes well at the price of a whole processor, until the peer answers. poll(2) waits for what SSL_get_error says.
 */
#include "../peer.h"

enum { PATIENCE = 20000 };

int main(void) {
    SSL *ssl = client_of(receive_message);
    keep_peer_busy(ssl);
    int result, attempts = 0;
    while ((result = SSL_connect(ssl)) != 1) {
#ifdef MENDED
        if (!wait_for(ssl, result)) fail("the handshake");
#else
        int error = SSL_get_error(ssl, result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail("the handshake");
#endif
        /* So long the peer had something else to do. */
        if (++attempts == PATIENCE) let_peer_go_on();
    }
    while ((result = SSL_write(ssl, message, MESSAGE)) <= 0)
        if (!wait_for(ssl, result)) fail("SSL_write");
    return end(ssl);
}
