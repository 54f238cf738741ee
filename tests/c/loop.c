/* A client and an echoing server in one loop of libevent, whose bufferevents drive libssl: loop CERTIFICATE KEY
 *
 * Ends with 0 if everything that was sent came back in time.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGE = 2000000, PATIENCE = 30 };

static unsigned char message[MESSAGE];
static struct event_base *base;
static size_t got;
static int failed;

static void stop(int wrong) {
    failed |= wrong;
    event_base_loopbreak(base);
}

static void echo(struct bufferevent *server, void *unused) {
    (void)unused;
    bufferevent_write_buffer(server, bufferevent_get_input(server));
}

static void compare(struct bufferevent *client, void *unused) {
    unsigned char bytes[65536];
    size_t length;
    (void)unused;
    while ((length = bufferevent_read(client, bytes, sizeof bytes)) > 0) {
        if (got + length > MESSAGE || memcmp(bytes, message + got, length) != 0) {
            stop(1);
            return;
        }
        got += length;
    }
    if (got == MESSAGE) stop(0);
}

static void on_event(struct bufferevent *end, short what, void *is_client) {
    if (!(what & BEV_EVENT_CONNECTED)) {
        fprintf(stderr, "event %#x, error %#lx\n", (unsigned)what, bufferevent_get_openssl_error(end));
        stop(1);
    } else if (is_client != NULL)
        bufferevent_write(end, message, MESSAGE);
}

static struct bufferevent *end_of(int fd, SSL_CTX *ctx, int is_server) {
    enum bufferevent_ssl_state state = is_server ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING;
    evutil_make_socket_nonblocking(fd);
    struct bufferevent *end = bufferevent_openssl_socket_new(base, fd, SSL_new(ctx), state, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(end, is_server ? echo : compare, NULL, on_event, is_server ? NULL : end);
    bufferevent_enable(end, EV_READ | EV_WRITE);
    return end;
}

int main(int argc, char **argv) {
    struct timeval patience = {PATIENCE, 0};
    int fds[2];
    if (argc != 3 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return 2;
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method()), *server_ctx = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_file(server_ctx, argv[1], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(server_ctx, argv[2], SSL_FILETYPE_PEM) != 1)
        return 2;
    for (size_t i = 0; i < sizeof message; i++) message[i] = (unsigned char)rand();
    base = event_base_new();
    struct bufferevent *server = end_of(fds[0], server_ctx, 1), *client = end_of(fds[1], client_ctx, 0);
    event_base_loopexit(base, &patience);
    event_base_dispatch(base);
    bufferevent_free(client);
    bufferevent_free(server);
    event_base_free(base);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    if (got != MESSAGE) fprintf(stderr, "%zu of %d bytes came back\n", got, MESSAGE);
    return failed || got != MESSAGE;
}
