/* A program that does not look at what SSL_write returned for the head, and goes on with the body (openssl issue 5299).
 *
 * There SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER was on, one buffer was written, the result was not looked at, and the next was
 * written. When the first is refused half way, libssl takes the second for its retry. Here the second is the longer one,
 * so that nothing fails: the peer gets the head, and a body of which the beginning is missing.
 */
#include "../peer.h"

enum { HEAD = 20000 };

static int write_all(SSL *ssl, const unsigned char *bytes, int length) {
    int result;
    while ((result = SSL_write(ssl, bytes, length)) <= 0)
        if (!wait_for(ssl, result)) fail("SSL_write");
    return result;
}

int main(void) {
    SSL *ssl = connect_to(receive_message);
    SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    keep_peer_busy(ssl);
#ifdef MENDED
    write_all(ssl, message, HEAD);
#else
    SSL_write(ssl, message, HEAD);
#endif
    write_all(ssl, message + HEAD, MESSAGE - HEAD);
    return end(ssl);
}
