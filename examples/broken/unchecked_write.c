/* A program that does not look at what SSL_write returned (openssl issue 5299).
 *
 * There a program set SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, wrote one buffer, did not look, and wrote the next. When the
 * first was refused half way, libssl took the second for its retry: the mode had switched off the check that would have
 * told them apart, and what followed was sent from beyond the end of the second buffer. Since 1.1.0 a shorter retry is an
 * error; a longer one still passes for the first.
 */
#include "../peer.h"

enum { PIECE = 10000 };

static void write_piece(SSL *ssl, const unsigned char *piece) {
#ifdef MENDED
    int result;
    while ((result = SSL_write(ssl, piece, PIECE)) <= 0)
        if (!wait_for(ssl, result)) fail("SSL_write");
#else
    SSL_write(ssl, piece, PIECE);
#endif
}

int main(void) {
    SSL *ssl = connect_to(receive_message);
    do_not_block(ssl);
    SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    for (int sent = 0; sent < MESSAGE; sent += PIECE) write_piece(ssl, message + sent);
    return end(ssl);
}
