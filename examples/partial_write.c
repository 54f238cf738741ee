/* A partial write, seen from the program: partial_write PORT CAFILE
 *
 * Connects to a TLS server on loopback and sends it one megabyte, first as OpenSSL does by default and then with
 * SSL_MODE_ENABLE_PARTIAL_WRITE, which the six functions of libsslmode set, read and clear.
 *
 *     cc partial_write.c -lsslmode -lssl -lcrypto
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sslmode.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH = 1 << 20 };

static char data[LENGTH];

static void fail(const char *what) {
    fprintf(stderr, "partial_write: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static int connect_to(int port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    return fd;
}

static void print_modes(const char *what, long mask) {
    char names[256];
    sslmode_mode_names(NULL, mask, names, sizeof names);
    printf("%s: %s\n", what, names);
}

/* Sends all of the data; returns how many calls that took, and the result of the first. */
static int send_all(SSL *ssl, int *first) {
    int calls = 0;
    for (int sent = 0; sent < LENGTH; calls++) {
        int written = SSL_write(ssl, data + sent, LENGTH - sent);
        if (written <= 0) fail("SSL_write");
        if (calls == 0) *first = written;
        sent += written;
    }
    return calls;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: partial_write PORT CAFILE\n");
        return 2;
    }
    memset(data, '.', sizeof data);

    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL || SSL_CTX_load_verify_locations(ctx, argv[2], NULL) != 1) fail("SSL_CTX_load_verify_locations");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    /* In parentheses it is the function and not OpenSSL's macro. Both answer the same. */
    print_modes("a new context has", (SSL_CTX_get_mode)(ctx));
    print_modes("SSL_CTX_set_mode", (SSL_CTX_set_mode)(ctx, SSL_MODE_RELEASE_BUFFERS));
    print_modes("SSL_CTX_clear_mode", (SSL_CTX_clear_mode)(ctx, SSL_MODE_RELEASE_BUFFERS));

    SSL *ssl = SSL_new(ctx);
    if (ssl == NULL || SSL_set_fd(ssl, connect_to(atoi(argv[1]))) != 1 || SSL_connect(ssl) != 1) fail("SSL_connect");
    print_modes("a new connection has", (SSL_get_mode)(ssl));

    int first = 0, calls = send_all(ssl, &first);
    printf("SSL_write of %d bytes returned %d; all of it took %d call\n", LENGTH, first, calls);
    if (first != LENGTH || calls != 1) return 1;

    print_modes("SSL_set_mode", (SSL_set_mode)(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE));
    calls = send_all(ssl, &first);
    printf("SSL_write of %d bytes returned %d; all of it took %d calls\n", LENGTH, first, calls);
    if (first <= 0 || first >= LENGTH) return 1;
    print_modes("SSL_clear_mode", (SSL_clear_mode)(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE));

    /* A socket that is closed with something unread, such as a session ticket, takes back what was sent. */
    int fd = SSL_get_fd(ssl);
    char rest[1024];
    if (SSL_shutdown(ssl) < 0) fail("SSL_shutdown");
    while (SSL_read(ssl, rest, sizeof rest) > 0) continue;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return 0;
}
