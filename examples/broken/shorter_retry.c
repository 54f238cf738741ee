/* A program that tries again with less (ruby/openssl 793).
 *
 * There a buffering layer above SSL_write cut its buffer anew before each call: after a refusal the next piece could be
 * shorter than the one that libssl had begun to send. SSL_write(3) asks for the same arguments; from 1.1.1 on the retry
 * fails with "bad length", and the connection is at its end.
 */
#include "../peer.h"

enum { LARGE = 40000, SMALL = 8000 };

int main(void) {
    SSL *ssl = connect_to(receive_message);
    do_not_block(ssl);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    int size = LARGE;
    for (int sent = 0; sent < MESSAGE;) {
        int length = MESSAGE - sent < size ? MESSAGE - sent : size;
        int result = SSL_write(ssl, message + sent, length);
        if (result > 0) {
            sent += result;
            size = LARGE;
            continue;
        }
        if (!wait_for(ssl, result)) fail("SSL_write");
#ifndef MENDED
        /* The socket was full: more modestly now. */
        size = SMALL;
#endif
    }
    return end(ssl);
}
