/* A program in which the failure of one connection ends another (h2o pull request 1448).
 *
 * There somebody tried SSL 3.0, which the server refused, and left the reason in the thread's error queue. The next
 * SSL_read of another connection had nothing to read; SSL_get_error looked into the queue, found that reason, and answered
 * SSL_ERROR_SSL. SSL_get_error(3): the queue must be empty before the I/O operation is attempted. From 4.0 on it does
 * not look there any more.
 */
#include "../peer.h"

/* Somebody speaks HTTP where TLS is spoken. */
static void refuse_somebody(void) {
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 || write(fds[1], request, sizeof request - 1) < 0) fail("socketpair");
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fds[0]);
    if (SSL_accept(ssl) == 1) fail("that was no TLS");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fds[0]);
    close(fds[1]);
}

int main(void) {
    unsigned char answered = 0;
    SSL *ssl = connect_to(answer);
    do_not_block(ssl);
    refuse_somebody();
#ifdef MENDED
    ERR_clear_error();
#endif
    /* Nothing is there yet. */
    int result = SSL_read(ssl, &answered, 1);
    if (SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) fail("SSL_read");
    if (SSL_write(ssl, message, 1) != 1) fail("SSL_write");
    while ((result = SSL_read(ssl, &answered, 1)) <= 0)
        if (!wait_for(ssl, result)) fail("SSL_read");
    return end(ssl) || answered != message[0];
}
