/* A program that tries again with less (ruby/openssl 793).
 *
 * There a buffering layer cut its data anew before each call, and after a refusal the piece could be shorter than the one
 * that libssl had begun to send. From 1.1.1 on such a retry is "bad length" and the end of the connection; before, it may
 * pass, and what follows is sent from beyond the end of the shorter buffer, up to the end of the memory and a crash.
 */
#include "../peer.h"

enum { LARGE = 40000, SMALL = 8000 };

int main(void) {
    SSL *ssl = connect_to(receive_message);
    keep_peer_busy(ssl);
    int size = LARGE;
    for (int sent = 0; sent < MESSAGE;) {
        int length = MESSAGE - sent < size ? MESSAGE - sent : size;
        int result = SSL_write(ssl, message + sent, length);
        if (result > 0) {
            sent += result;
            continue;
        }
        if (!wait_for(ssl, result)) fail("SSL_write");
#ifndef MENDED
        size = SMALL;
#endif
    }
    return end(ssl);
}
