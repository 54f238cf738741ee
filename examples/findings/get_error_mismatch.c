/* A program that asks about one call after another (curl pull request 18872).
 *
 * There SSL_get_error came after SSL_shutdown, and was given what a read before it had returned. Here the program reads,
 * finds nothing, writes its question, and only then asks why the read failed. SSL_get_error looks at the state of the SSL,
 * which is the write's by now: it finds no WANT any more and answers SSL_ERROR_SYSCALL, of which nobody ever finds the
 * reason.
 */
#include "../peer.h"

int main(void) {
    unsigned char answered = 0;
    SSL *ssl = connect_to(answer);
    do_not_block(ssl);
    int result = SSL_read(ssl, &answered, 1);
#ifdef MENDED
    int error = SSL_get_error(ssl, result);
    if (SSL_write(ssl, message, 1) != 1) fail("SSL_write");
#else
    if (SSL_write(ssl, message, 1) != 1) fail("SSL_write");
    int error = SSL_get_error(ssl, result);
#endif
    if (error != SSL_ERROR_WANT_READ) fail("SSL_read");
    while ((result = SSL_read(ssl, &answered, 1)) <= 0)
        if (!wait_for(ssl, result)) fail("SSL_read");
    return end(ssl) || answered != message[0];
}
