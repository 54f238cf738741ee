/* A program whose buffer is somewhere else when it tries again (dotnet/runtime 131759).
 *
 * There the buffer lay in a heap whose garbage collector may move it between two calls. SSL_write had been refused, libssl
 * remembered the address, the retry came with the same bytes from another one: "bad write retry", now and then, when the
 * collector had run at that moment. The caller could do nothing about it; SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER does.
 */
#include "../peer.h"

/* The same bytes somewhere else. */
static unsigned char *collect(unsigned char *object) {
    unsigned char *moved = malloc(MESSAGE);
    memcpy(moved, object, MESSAGE);
    free(object);
    return moved;
}

int main(void) {
    SSL *ssl = connect_to(receive_message);
    do_not_block(ssl);
#ifdef MENDED
    SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#endif
    unsigned char *object = malloc(MESSAGE);
    memcpy(object, message, MESSAGE);
    int result;
    while ((result = SSL_write(ssl, object, MESSAGE)) <= 0) {
        if (!wait_for(ssl, result)) fail("SSL_write");
        object = collect(object);
    }
    free(object);
    return end(ssl);
}
