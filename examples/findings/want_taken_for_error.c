/* A program to which everything that is not success is the end (mongoose issue 357).
 *
 * There a web server closed the connection when SSL_write returned -1 with SSL_ERROR_WANT_WRITE, and browsers got static
 * files with their ends cut off, now and then. SSL_get_error(3) says what a WANT asks for: the same call, later.
 */
#include "../peer.h"

int main(void) {
    SSL *ssl = connect_to(receive_message);
    keep_peer_busy(ssl);
    int result;
    while ((result = SSL_write(ssl, message, MESSAGE)) <= 0) {
#ifdef MENDED
        if (wait_for(ssl, result)) continue;
#endif
        fprintf(stderr, "SSL_write: %d\n", result);
        return hang_up(ssl);
    }
    return end(ssl);
}
