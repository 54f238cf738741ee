/* A program that sets a mode of the context when its connection is already made (openssl issue 28298).
 *
 * There somebody asked whether a change of the context reaches the connections that were made of it. SSL_new copies the
 * modes, so that it does not: SSL_write of this program does not come back after a record, as it was to do.
 */
#include "../peer.h"

int main(void) {
    SSL *ssl = connect_to(receive_message);
#ifdef MENDED
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
#else
    SSL_CTX_set_mode(SSL_get_SSL_CTX(ssl), SSL_MODE_ENABLE_PARTIAL_WRITE);
#endif
    int result = SSL_write(ssl, message, MESSAGE);
    fprintf(stderr, "SSL_write sent %d of %d bytes\n", result, MESSAGE);
    for (int sent = result; sent < MESSAGE; sent += result)
        if ((result = SSL_write(ssl, message + sent, MESSAGE - sent)) <= 0) fail("SSL_write");
    return end(ssl);
}
