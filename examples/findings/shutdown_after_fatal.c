/* A program that says goodbye however a connection ends (pjsip issue 3576).
 *
 * There one function took down every connection, and it began with SSL_shutdown, also when SSL_read had failed for good.
 * SSL_shutdown(3): it must not be called after SSL_ERROR_SSL or SSL_ERROR_SYSCALL.
 */
#include "../peer.h"

static int take_down(SSL *ssl, int error) {
#ifdef MENDED
    if (error != SSL_ERROR_SSL && error != SSL_ERROR_SYSCALL)
#endif
        SSL_shutdown(ssl);
    return hang_up(ssl) || error != SSL_ERROR_SSL;
}

int main(void) {
    unsigned char received;
    SSL *ssl = connect_to(answer_in_clear);
    int result = SSL_read(ssl, &received, 1);
    return take_down(ssl, SSL_get_error(ssl, result));
}
