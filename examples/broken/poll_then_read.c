/* A program that waits with poll, and reads when something is there, on a blocking socket (openssl issue 7908).
 *
 * Up to 1.1.0 SSL_read came back with SSL_ERROR_WANT_READ when what was there held no data. Since 1.1.1
 * SSL_MODE_AUTO_RETRY is on in a new context, and SSL_read waits for the next record instead: a program that has
 * something else to do meanwhile never gets round to it. TLS 1.3 sends such records all the time. Here it is the peer
 * that waits for a sign of life, so that both wait for ever.
 */
#include "../peer.h"

enum { SIGNS = 20 };

/* The peer: each sign of life is answered, the last one with the message's end. */
static void answer_signs(int fd) {
    SSL *ssl = serve(fd);
    unsigned char sign;
    for (int i = 0; i < SIGNS; i++)
        if (SSL_read(ssl, &sign, 1) != 1 || SSL_write(ssl, message + i, 1) != 1) _exit(1);
    SSL_shutdown(ssl);
    _exit(0);
}

int main(void) {
    SSL *ssl = connect_to(answer_signs);
    unsigned char answer;
#ifdef MENDED
    SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
#endif
    for (int answers = 0; answers < SIGNS;) {
        struct pollfd fd = {SSL_get_fd(ssl), POLLIN, 0};
        if (SSL_pending(ssl) == 0 && poll(&fd, 1, 10) == 0) {
            if (SSL_write(ssl, "s", 1) != 1) fail("SSL_write");
            /* Not before the answer is there: a second sign would be one too many. */
            poll(&fd, 1, -1);
        }
        int result = SSL_read(ssl, &answer, 1);
        if (result == 1 && answer == message[answers])
            answers++;
        else if (SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ)
            fail("SSL_read");
    }
    return end(ssl);
}
