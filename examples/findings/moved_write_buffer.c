/* A program that makes its frame anew for each attempt (nopoll pull request 16).
 *
 * There a WebSocket frame that had been refused was built again, in other memory, when the socket was ready. SSL_write(3)
 * asks for the same buffer on a retry, unless SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER is on: "bad write retry". It was mended
 * by keeping the frame until it is out.
 */
#include "../peer.h"

static unsigned char *frame_of(const unsigned char *payload) {
    unsigned char *frame = malloc(MESSAGE);
    memcpy(frame, payload, MESSAGE);
    return frame;
}

int main(void) {
    SSL *ssl = connect_to(receive_message);
    keep_peer_busy(ssl);
    unsigned char *frame = frame_of(message);
    int result;
    while ((result = SSL_write(ssl, frame, MESSAGE)) <= 0) {
        if (!wait_for(ssl, result)) fail("SSL_write");
#ifndef MENDED
        unsigned char *another = frame_of(message);
        free(frame);
        frame = another;
#endif
    }
    free(frame);
    return end(ssl);
}
