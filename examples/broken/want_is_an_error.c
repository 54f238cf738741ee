/* A program to which everything that is not success is the end (netdata 11754).
 *
 * There the server answered with more than the socket would take. SSL_write then returned -1 with
 * SSL_ERROR_WANT_WRITE, the server took that for an error and closed, and curl said that bytes were missing. It was
 * mended with SSL_MODE_ENABLE_PARTIAL_WRITE, under which SSL_write tells how much it has sent, and with trying again.
 */
#include "../peer.h"

int main(void) {
    SSL *ssl = connect_to(receive_message);
    do_not_block(ssl);
#ifdef MENDED
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
#endif
    for (int sent = 0; sent < MESSAGE;) {
        int result = SSL_write(ssl, message + sent, MESSAGE - sent);
        if (result > 0) {
            sent += result;
            continue;
        }
#ifdef MENDED
        if (wait_for(ssl, result)) continue;
#endif
        break;
    }
    return end(ssl);
}
