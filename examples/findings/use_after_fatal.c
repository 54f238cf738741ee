/* A program that goes on reading after a fatal error (FreeRADIUS pull request 2164).
 *
 * There SSL_read failed for good, what it returned was not what the program thought an error to be, and the session went on
 * in a loop. SSL_get_error(3): after SSL_ERROR_SSL and SSL_ERROR_SYSCALL no further I/O operations should be performed on
 * the connection.
 */
#include "../peer.h"

int main(void) {
    unsigned char received;
    SSL *ssl = connect_to(answer_in_clear);
    for (int attempt = 0; attempt < 3; attempt++) {
        int result = SSL_read(ssl, &received, 1);
        if (result > 0) break;
#ifdef MENDED
        if (!wait_for(ssl, result)) break;
#endif
    }
    return hang_up(ssl);
}
