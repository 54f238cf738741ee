/* A program that takes a buffer for sent when a part of it is (libevent pull request 1433).
 *
 * There a chain of buffers was written one by one. Under SSL_MODE_ENABLE_PARTIAL_WRITE SSL_write may return after a record
 * of 16,384 bytes, and what it returned was not compared with what it had been given: the next buffer followed, and the
 * rest of this one never went out. It was mended by going on in the same buffer.
 */
#include "../peer.h"

enum { BUFFER = 25000 };

int main(void) {
    SSL *ssl = connect_to(receive_message);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    for (int buffer = 0; buffer < MESSAGE; buffer += BUFFER) {
        int sent = 0, result;
        do {
            result = SSL_write(ssl, message + buffer + sent, BUFFER - sent);
            if (result <= 0) fail("SSL_write");
#ifdef MENDED
            sent += result;
#else
            sent = BUFFER;
#endif
        } while (sent < BUFFER);
    }
    return end(ssl);
}
