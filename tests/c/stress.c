/* Threads that make handles, set modes, talk over socket pairs, hand handles to one another and free contexts that
 * others still use: stress CERTIFICATE KEY
 *
 * It is for gcc's ThreadSanitizer, which sees this file alone: neither the libssl nor a library in front of it is
 * instrumented. What it can show is that the answers come to the thread that asked: each thread writes them into memory
 * of its own, which others read only after a lock, and every message, mask and handle carries whose it is. With RACE
 * two threads share a counter without a lock, so that a run can show that the sanitizer is there.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS = 4, ROUNDS = 8, MESSAGES = 12, LONGEST = 40000, HANDLES = 2 * PAIRS * ROUNDS };

static const char *certificate, *key;

/* Both ends of a connection, and the thread at the other end. */
struct pair {
    int number;
    pthread_barrier_t ready; /* the server's handle is made, or freed */
    SSL *server;
    long wrong[2];
};

/* Handles that are done with, for a thread that made none of them. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    SSL *ssl[HANDLES];
    long modes[HANDLES];
    int count;
} bin = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {NULL}, {0}, 0};

static int calls;

static void count_call(void) {
#ifdef RACE
    calls++;
#else
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
#endif
}

static void fail(const char *what) {
    fprintf(stderr, "failed: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static SSL_CTX *new_ctx(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    if (ctx == NULL) fail("SSL_CTX_new");
    if (SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        fail("the certificate");
    return ctx;
}

/* Whether a call of this result is to be made again: a mode that somebody forced may end a call early. */
static int is_to_be_repeated(SSL *ssl, int result) {
    int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static int write_all(SSL *ssl, const char *data, int length) {
    int done = 0, result = 0;
    while (done < length) {
        result = SSL_write(ssl, data + done, length - done);
        count_call();
        if (result > 0)
            done += result;
        else if (!is_to_be_repeated(ssl, result))
            return 0;
    }
    return 1;
}

static int read_all(SSL *ssl, char *data, int length) {
    int done = 0, result = 0;
    while (done < length) {
        result = SSL_read(ssl, data + done, length - done);
        count_call();
        if (result > 0)
            done += result;
        else if (!is_to_be_repeated(ssl, result))
            return 0;
    }
    return 1;
}

static int length_of(int message) { return 1 + (message * 7919) % LONGEST; }
static char byte_of(const struct pair *pair, int end, int message, int place) {
    return (char)(pair->number * 64 + end * 32 + message + place / 256);
}

static long send_message(SSL *ssl, const struct pair *pair, int end, int message, char *data) {
    for (int i = 0; i < length_of(message); i++) data[i] = byte_of(pair, end, message, i);
    return !write_all(ssl, data, length_of(message));
}

static long receive_message(SSL *ssl, const struct pair *pair, int end, int message, char *data) {
    memset(data, 0, LONGEST);
    if (!read_all(ssl, data, length_of(message))) return 1;
    for (int i = 0; i < length_of(message); i++)
        if (data[i] != byte_of(pair, end, message, i)) return 1;
    return 0;
}

/* Bits that are no mode, and so this end's own. */
static long own_modes(const struct pair *pair, int end) { return 0x10000L << (2 * pair->number + end); }

static void throw_away(SSL *ssl, long modes) {
    pthread_mutex_lock(&bin.lock);
    bin.ssl[bin.count] = ssl;
    bin.modes[bin.count++] = modes;
    pthread_cond_signal(&bin.changed);
    pthread_mutex_unlock(&bin.lock);
}

/* One end: 0 is the client's. */
static void converse(struct pair *pair, SSL *ssl, int end) {
    char *data = malloc(LONGEST);
    long own = own_modes(pair, end), before = SSL_get_mode(ssl), *wrong = &pair->wrong[end];
    int result;
    *wrong += SSL_set_mode(ssl, own) != (before | own);
    while ((result = SSL_do_handshake(ssl)) != 1)
        if (!is_to_be_repeated(ssl, result)) fail("SSL_do_handshake");
    for (int message = 0; message < MESSAGES; message++) {
        if (message % 2 == end)
            *wrong += send_message(ssl, pair, end, message, data);
        else
            *wrong += receive_message(ssl, pair, !end, message, data);
        *wrong += SSL_get_mode(ssl) != (before | own);
        *wrong += SSL_clear_mode(ssl, own) != before;
        *wrong += SSL_set_mode(ssl, own) != (before | own);
    }
    free(data);
    throw_away(ssl, before | own);
}

static SSL *new_end(SSL_CTX *ctx, int fd, int is_client) {
    SSL *ssl = SSL_new(ctx);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) fail("SSL_new");
    if (is_client)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return ssl;
}

static void *client(void *argument) {
    struct pair *pair = argument;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        SSL_CTX *ctx = new_ctx();
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("socketpair");
        long modes = SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL *ssl = new_end(ctx, ends[0], 1);
        pair->server = new_end(ctx, ends[1], 0);
        pair->wrong[0] += SSL_get_mode(ssl) != modes;
        /* The two handles keep it; whoever frees the last of them frees it. */
        SSL_CTX_free(ctx);
        pthread_barrier_wait(&pair->ready);
        converse(pair, ssl, 0);
        pthread_barrier_wait(&pair->ready);
    }
    return NULL;
}

static void *server(void *argument) {
    struct pair *pair = argument;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&pair->ready);
        converse(pair, pair->server, 1);
        pthread_barrier_wait(&pair->ready);
    }
    return NULL;
}

/* Frees what others threw away. */
static void *clean_up(void *wrong) {
    for (int done = 0; done < HANDLES; done++) {
        pthread_mutex_lock(&bin.lock);
        while (bin.count == done) pthread_cond_wait(&bin.changed, &bin.lock);
        SSL *ssl = bin.ssl[done];
        long modes = bin.modes[done];
        pthread_mutex_unlock(&bin.lock);
        *(long *)wrong += SSL_get_mode(ssl) != modes;
        int fd = SSL_get_fd(ssl);
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

int main(int argc, char **argv) {
    static struct pair pairs[PAIRS];
    pthread_t threads[2 * PAIRS], cleaner;
    long wrong = 0;
    if (argc != 3) return 2;
    certificate = argv[1];
    key = argv[2];
    signal(SIGPIPE, SIG_IGN);
    alarm(240);
    pthread_create(&cleaner, NULL, clean_up, &wrong);
    for (int i = 0; i < PAIRS; i++) {
        pairs[i].number = i;
        pthread_barrier_init(&pairs[i].ready, NULL, 2);
        pthread_create(&threads[2 * i], NULL, client, &pairs[i]);
        pthread_create(&threads[2 * i + 1], NULL, server, &pairs[i]);
    }
    for (int i = 0; i < 2 * PAIRS; i++) pthread_join(threads[i], NULL);
    pthread_join(cleaner, NULL);
    for (int i = 0; i < PAIRS; i++) wrong += pairs[i].wrong[0] + pairs[i].wrong[1];
    printf("%d connections, %ld wrong\n", PAIRS * ROUNDS, wrong);
    return 0;
}
