/* A program of 1.0.2's time that relies on three things, and its mended twin.
 *
 *     cc three.c -o three -lssl -lcrypto
 *     cc -DMENDED three.c -o mended -lssl -lcrypto
 *     sslmode run --trace --format json --log trace -- ./three SERVER.PEM
 *     sslmode report --from openssl-1.0.2 --to openssl-4 trace
 */
#include "ends.h"

/* Sends what is in the way of nobody, a pipe at a time. */
static void send_all(struct ends ends, const unsigned char *bytes, int length) {
    while (show(ends.client, "SSL_write", SSL_write(ends.client, bytes, length)) <= 0) {
        if (drain(ends) == 0) return;
    }
    drain(ends);
}

/* A queue that grew: what is to be sent is somewhere else when it is sent again. */
static void from_a_queue(SSL_CTX *ctx) {
    struct ends ends = connect_ends(ctx);
    unsigned char *copy = malloc(BIG);
    memcpy(copy, data, BIG);
    show(ends.client, "SSL_write", SSL_write(ends.client, data, BIG));
    drain(ends);
    send_all(ends, copy, BIG);
    free(copy);
    free_ends(ends);
}

/* A sender that takes a refusal as a hint to send less. */
static void less_at_a_time(SSL_CTX *ctx) {
    struct ends ends = connect_ends(ctx);
    show(ends.client, "SSL_write", SSL_write(ends.client, data, BIG));
    drain(ends);
#ifdef MENDED
    send_all(ends, data, BIG);
#else
    show(ends.client, "SSL_write of 10", SSL_write(ends.client, data, 10));
#endif
    free_ends(ends);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    SSL_CTX *ctx = new_context(argv[1]);
#ifdef MENDED
    SSL_CTX_set_mode(ctx, SSL_MODE_AUTO_RETRY | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#endif
    from_a_queue(ctx);
    less_at_a_time(ctx);
    SSL_CTX_free(ctx);
    return 0;
}
