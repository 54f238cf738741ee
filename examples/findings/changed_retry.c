/* A program that tries again with the newest state (uSockets issue 9).
 *
 * There the tests wrote whatever was current when the socket was ready again, and SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
 * silenced the check of the address. libssl does not look at the bytes: it goes on with what it has encrypted already, and
 * takes the rest from the new buffer. Everything succeeds, and the peer gets half a state of one kind and half of another.
 */
#include "../peer.h"

/* Each byte of a state shows which one it belongs to. */
static void compose_state(unsigned char *state, unsigned char number) {
    for (int i = 0; i < MESSAGE; i++) state[i] = message[i] ^ number;
}

/* The peer: content if all it got belongs together. */
static void receive_state(int fd) {
    static unsigned char received[MESSAGE];
    SSL *ssl = serve(fd);
    int length = 0, result;
    while (length < MESSAGE && (result = SSL_read(ssl, received + length, MESSAGE - length)) > 0) length += result;
    for (int i = 0; i < MESSAGE; i++)
        if ((received[i] ^ message[i]) != (received[0] ^ message[0])) {
            fprintf(stderr, "the peer got two states: another one begins at byte %d\n", i);
            _exit(1);
        }
    _exit(0);
}

int main(void) {
    static unsigned char state[MESSAGE];
    unsigned char number = 0;
    SSL *ssl = connect_to(receive_state);
    keep_peer_busy(ssl);
    compose_state(state, number);
    int result;
    while ((result = SSL_write(ssl, state, MESSAGE)) <= 0) {
        if (!wait_for(ssl, result)) fail("SSL_write");
#ifndef MENDED
        compose_state(state, ++number);
#endif
    }
    return end(ssl);
}
