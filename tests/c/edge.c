/* An edge-triggered program that does everything right: edge tcp|unix THREADS CERTIFICATE KEY
 *
 * In each thread both ends of a connection wait in one poller, told of changes only. Each sends the other MESSAGE bytes,
 * tries until libssl wants something, and then waits. It knows nothing of libsslmode. It ends with 0 if all bytes came
 * within the time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE = 1000000, PIECE = 30000, PATIENCE = 20000 };

static unsigned char message[MESSAGE];
static SSL_CTX *client_ctx, *server_ctx;
static int over_tcp;

struct end {
    SSL *ssl;
    int shaken, sent, got, wrong;
};

static int connect_by_tcp(int fds[2]) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        connect(fds[0], (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    fds[1] = accept(listener, NULL, NULL);
    close(listener);
    return fds[1] < 0 ? -1 : 0;
}

static int is_wanting(struct end *end, int result) {
    int error = SSL_get_error(end->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 1;
    fprintf(stderr, "result %d, error %d, errno %d\n", result, error, errno);
    ERR_print_errors_fp(stderr);
    end->wrong = 1;
    return 0;
}

/* Everything that can be done now; when it returns libssl has wanted something in every direction. */
static void go_on(struct end *end) {
    unsigned char received[20000];
    int result;
    if (!end->shaken) {
        if ((result = SSL_do_handshake(end->ssl)) != 1) {
            is_wanting(end, result);
            return;
        }
        end->shaken = 1;
    }
    for (int going = 1; going && !end->wrong;) {
        going = 0;
        if (end->sent < MESSAGE) {
            int length = MESSAGE - end->sent < PIECE ? MESSAGE - end->sent : PIECE;
            result = SSL_write(end->ssl, message + end->sent, length);
            if (result > 0) end->sent += result, going = 1;
            else is_wanting(end, result);
        }
        if (end->got < MESSAGE && !end->wrong) {
            result = SSL_read(end->ssl, received, sizeof received);
            if (result > 0) {
                if (end->got + result > MESSAGE || memcmp(received, message + end->got, (size_t)result) != 0)
                    end->wrong = 1;
                end->got += result, going = 1;
            } else
                is_wanting(end, result);
        }
    }
}

static int is_done(const struct end *end) { return end->sent == MESSAGE && end->got == MESSAGE; }

static void *converse(void *result) {
    int fds[2], poller = epoll_create1(0);
    struct end ends[2] = {{SSL_new(client_ctx), 0, 0, 0, 0}, {SSL_new(server_ctx), 0, 0, 0, 0}};
    if ((over_tcp ? connect_by_tcp(fds) : socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) != 0) return NULL;
    for (int i = 0; i < 2; i++) {
        struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = &ends[i]}};
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        SSL_set_fd(ends[i].ssl, fds[i]);
        epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &event);
    }
    SSL_set_connect_state(ends[0].ssl);
    SSL_set_accept_state(ends[1].ssl);
    while (!ends[0].wrong && !ends[1].wrong && !(is_done(&ends[0]) && is_done(&ends[1]))) {
        struct epoll_event events[2];
        int ready = epoll_wait(poller, events, 2, PATIENCE);
        if (ready == 0) {
            fprintf(stderr, "no edge came: %d and %d sent, %d and %d received\n", ends[0].sent, ends[1].sent, ends[0].got,
                    ends[1].got);
            return NULL;
        }
        for (int i = 0; i < ready; i++) go_on(events[i].data.ptr);
    }
    *(int *)result = !ends[0].wrong && !ends[1].wrong;
    for (int i = 0; i < 2; i++) SSL_free(ends[i].ssl), close(fds[i]);
    close(poller);
    return NULL;
}

int main(int argc, char **argv) {
    enum { MOST = 16 };
    pthread_t thread[MOST];
    int well[MOST] = {0}, all = 1;
    if (argc != 5) return 2;
    int threads = atoi(argv[2]);
    if (threads < 1 || threads > MOST) return 2;
    over_tcp = strcmp(argv[1], "tcp") == 0;
    client_ctx = SSL_CTX_new(TLS_client_method());
    server_ctx = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_file(server_ctx, argv[3], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(server_ctx, argv[4], SSL_FILETYPE_PEM) != 1)
        return 2;
    for (size_t i = 0; i < sizeof message; i++) message[i] = (unsigned char)rand();
    for (int i = 0; i < threads; i++) pthread_create(&thread[i], NULL, converse, &well[i]);
    for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < threads; i++) all = all && well[i];
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    return !all;
}
