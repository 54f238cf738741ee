/* A program that takes SSL_shutdown for close (ndt pull request 27).
 *
 * There SSL_shutdown stood where the end of a descriptor was meant, and told the other side that nothing more would come,
 * when the last results were still to be sent. After close_notify nothing can be written: "protocol is shutdown".
 */
#include "../peer.h"

enum { LAST = 1000 };

int main(void) {
    SSL *ssl = connect_to(receive_message);
    if (SSL_write(ssl, message, MESSAGE - LAST) != MESSAGE - LAST) fail("SSL_write");
#ifndef MENDED
    SSL_shutdown(ssl);
#endif
    if (SSL_write(ssl, message + MESSAGE - LAST, LAST) != LAST) fail("SSL_write");
    return end(ssl);
}
