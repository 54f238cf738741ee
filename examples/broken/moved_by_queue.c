/* A program that keeps what was refused in a queue of its own (pistache 996).
 *
 * There a response that did not go out at once was copied into a queue, to be sent when the socket was ready again. The
 * copy has another address than the response: "bad write retry", and large responses stopped after what the socket had
 * taken. It was mended with SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, and with emptying the error queue before each call, which
 * a failure of another connection may have filled.
 */
#include "../peer.h"

struct entry {
    int length;
    unsigned char bytes[MESSAGE];
};

static struct entry *queue;

/* 1 if it went out, 0 if it is in the queue. */
static int send_or_queue(SSL *ssl, const unsigned char *bytes, int length) {
#ifdef MENDED
    ERR_clear_error();
#endif
    int result = SSL_write(ssl, bytes, length);
    if (result > 0) return 1;
    if (!wait_for(ssl, result)) fail("SSL_write");
    struct entry *entry = malloc(sizeof *entry);
    entry->length = length;
    memcpy(entry->bytes, bytes, (size_t)length);
    queue = entry;
    return 0;
}

int main(void) {
    enum { RESPONSE = 25000 };
    SSL *ssl = connect_to(receive_message);
    do_not_block(ssl);
#ifdef MENDED
    SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#endif
    for (int sent = 0; sent < MESSAGE; sent += RESPONSE) {
        int done = send_or_queue(ssl, message + sent, RESPONSE);
        while (!done) {
            struct entry *entry = queue;
            done = send_or_queue(ssl, entry->bytes, entry->length);
            free(entry);
        }
    }
    return end(ssl);
}
