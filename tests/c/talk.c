/* Connections to itself, and what every call on them answers: talk KIND CERTIFICATE KEY [FILE or PROGRAM]
 *
 * What it prints is what a program can notice: results, SSL_get_error, errno and the error queue of each call. It knows
 * nothing of libsslmode.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 17000, BIG = 40000 };

static const char *certificate, *key;
static char data[BIG], received[BIG];

struct pair {
    SSL_CTX *client_ctx, *server_ctx;
    SSL *client, *server;
};

static void fail(const char *what) {
    fprintf(stdout, "failed: %s\n", what);
    ERR_print_errors_fp(stdout);
    exit(1);
}

static SSL_CTX *new_ctx(int server) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    if (ctx == NULL) fail("SSL_CTX_new");
    if (server && (SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) != 1 ||
                   SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1))
        fail("the certificate");
    return ctx;
}

static struct pair new_pair(void) {
    struct pair pair = {new_ctx(0), new_ctx(1), NULL, NULL};
    pair.client = SSL_new(pair.client_ctx);
    pair.server = SSL_new(pair.server_ctx);
    SSL_set_connect_state(pair.client);
    SSL_set_accept_state(pair.server);
    return pair;
}

static void free_pair(struct pair pair) {
    SSL_free(pair.client);
    SSL_free(pair.server);
    SSL_CTX_free(pair.client_ctx);
    SSL_CTX_free(pair.server_ctx);
}

static void join_by_memory(struct pair pair) {
    BIO *one, *other;
    if (BIO_new_bio_pair(&one, ROOM, &other, ROOM) != 1) fail("BIO_new_bio_pair");
    SSL_set_bio(pair.client, one, one);
    SSL_set_bio(pair.server, other, other);
}

static int shake_hands(struct pair pair) {
    for (int i = 0; i < 100; i++) {
        int client = SSL_do_handshake(pair.client), server = SSL_do_handshake(pair.server);
        if (client == 1 && server == 1) return 1;
    }
    return 0;
}

/* What one call left behind. */
static long noticed(FILE *out, SSL *ssl, const char *call, long result, size_t moved) {
    int was = errno;
    fprintf(out, "%s %ld, moved %zu, errno %d, queued %d, error %d, want %d, mode %ld\n", call, result, moved, was,
            (int)ERR_GET_REASON(ERR_peek_error()), SSL_get_error(ssl, (int)result), SSL_want(ssl), SSL_get_mode(ssl));
    ERR_clear_error();
    errno = 0;
    return result;
}

/* Every kind of call, in one thread, over memory. */
static int talk(FILE *out) {
    struct pair pair = new_pair();
    size_t moved = 0;
    join_by_memory(pair);
    errno = 0;
    noticed(out, pair.client, "connect", SSL_connect(pair.client), 0);
    noticed(out, pair.server, "accept", SSL_accept(pair.server), 0);
    if (!shake_hands(pair)) return 1;
    errno = 0;
    noticed(out, pair.client, "read", SSL_read(pair.client, received, sizeof received), 0);
    noticed(out, pair.client, "write", SSL_write(pair.client, data, BIG), 0);
    noticed(out, pair.server, "read", SSL_read(pair.server, received, 100), 0);
    noticed(out, pair.server, "peek", SSL_peek(pair.server, received, 10), 0);
    int done = SSL_peek_ex(pair.server, received, 11, &moved);
    noticed(out, pair.server, "peek_ex", done, moved);
    done = SSL_read_ex(pair.server, received, BIG, &moved);
    noticed(out, pair.server, "read_ex", done, moved);
    noticed(out, pair.client, "write", SSL_write(pair.client, data, BIG), 0);
    while (noticed(out, pair.server, "read", SSL_read(pair.server, received, BIG), 0) > 0) continue;
    done = SSL_write_ex(pair.client, data, BIG, &moved);
    noticed(out, pair.client, "write_ex", done, moved);
    SSL_set_mode(pair.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_clear_mode(pair.client, SSL_MODE_AUTO_RETRY);
    while (noticed(out, pair.server, "read", SSL_read(pair.server, received, BIG), 0) > 0) continue;
    done = SSL_write_ex(pair.client, data, BIG, &moved);
    noticed(out, pair.client, "write_ex", done, moved);
    noticed(out, pair.server, "write", SSL_write(pair.server, data, 5), 0);
    noticed(out, pair.client, "read", SSL_read(pair.client, received, BIG), 0);
    noticed(out, pair.client, "bad length", SSL_write(pair.client, data, -1), 0);
    noticed(out, pair.server, "early", SSL_read_early_data(pair.server, received, 5, &moved), 0);
    noticed(out, pair.client, "shutdown", SSL_shutdown(pair.client), 0);
    while (noticed(out, pair.server, "read", SSL_read(pair.server, received, BIG), 0) > 0) continue;
    noticed(out, pair.server, "shutdown", SSL_shutdown(pair.server), 0);
    noticed(out, pair.client, "shutdown", SSL_shutdown(pair.client), 0);
    noticed(out, pair.client, "clear", SSL_clear(pair.client), 0);
    fprintf(out, "context %ld\n", SSL_CTX_get_mode(SSL_set_SSL_CTX(pair.server, pair.client_ctx)));
    SSL *dup = SSL_dup(pair.client);
    fprintf(out, "dup %ld\n", SSL_get_mode(dup));
    SSL_free(dup);
    SSL_free(NULL);
    free_pair(pair);
    return 0;
}

/* An SSL BIO above each end. */
static int bio(void) {
    struct pair pair = new_pair();
    join_by_memory(pair);
    BIO *client = BIO_new(BIO_f_ssl()), *server = BIO_new(BIO_f_ssl());
    BIO_set_ssl(client, pair.client, BIO_NOCLOSE);
    BIO_set_ssl(server, pair.server, BIO_NOCLOSE);
    for (int i = 0; i < 10 && !SSL_is_init_finished(pair.server); i++) {
        BIO_do_handshake(client);
        BIO_do_handshake(server);
    }
    printf("BIO_write %d", BIO_write(client, data, 1000));
    printf(", BIO_read %d", BIO_read(server, received, BIG));
    printf(", again %d", BIO_read(server, received, BIG));
    printf(", retry %d\n", BIO_should_retry(server) != 0);
    BIO_free(client);
    BIO_free(server);
    free_pair(pair);
    return 0;
}

static int many(void) {
    enum { MANY = 10000 };
    static SSL *ssl[MANY];
    SSL_CTX *ctx = new_ctx(0);
    long right = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            ssl[i] = SSL_new(ctx);
            if (i % 2) SSL_set_mode(ssl[i], SSL_MODE_RELEASE_BUFFERS);
        }
        for (int i = 0; i < MANY; i++) right += SSL_get_mode(ssl[i]) == (i % 2 ? 0x14 : 0x4);
        for (int i = 0; i < MANY; i++) SSL_free(ssl[i]);
    }
    SSL_CTX_free(ctx);
    printf("%ld of %d handles right\n", right, 2 * MANY);
    return 0;
}

static void *talk_often(void *result) {
    FILE *nowhere = fopen("/dev/null", "w");
    for (int i = 0; i < 20; i++) *(int *)result += talk(nowhere);
    fclose(nowhere);
    return NULL;
}

static int threads(void) {
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    int result[THREADS] = {0}, wrong = 0;
    for (int i = 0; i < THREADS; i++) pthread_create(&thread[i], NULL, talk_often, &result[i]);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++) wrong += result[i];
    printf("%d threads, %d went wrong\n", THREADS, wrong);
    return 0;
}

/* On a connection from before the fork: OpenSSL's own locks around new handles do not survive one. */
static int converse(struct pair pair) {
    int wrong = SSL_set_mode(pair.client, SSL_MODE_RELEASE_BUFFERS) != 0x14;
    wrong += SSL_write(pair.client, data, 1000) != 1000;
    wrong += SSL_read(pair.server, received, BIG) != 1000;
    wrong += SSL_read(pair.server, received, BIG) != -1;
    return wrong;
}

/* Children of a process whose other threads are inside the library at that moment. */
static int forks(void) {
    enum { CHILDREN = 40 };
    pthread_t thread[2];
    int result[2] = {0}, well = 0;
    struct pair pair = new_pair();
    join_by_memory(pair);
    if (!shake_hands(pair)) return 1;
    for (int i = 0; i < 2; i++) pthread_create(&thread[i], NULL, talk_often, &result[i]);
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            _exit(converse(pair));
        }
        waitpid(child, &status, 0);
        well += status == 0;
    }
    for (int i = 0; i < 2; i++) pthread_join(thread[i], NULL);
    printf("%d of %d children ended well\n", well, CHILDREN);
    free_pair(pair);
    return 0;
}

static struct pair kept;
static void free_kept(void) { free_pair(kept); }

static int at_exit(void) {
    kept = new_pair();
    join_by_memory(kept);
    atexit(free_kept);
    printf("handshake %d\n", shake_hands(kept));
    return 0;
}

/* As a daemon does; what it opens then must stay its own. */
static int close_all(const char *path) {
    struct stat stat;
    for (int fd = 3; fd < 5000; fd++) close(fd);
    close(2);
    int first = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int fd = 3; fd < 1024; fd++) dup2(first, fd);
    int result = talk(stdout);
    fstat(first, &stat);
    printf("descriptor %d, size %ld\n", first, (long)stat.st_size);
    return result;
}

static void *read_for_ever(void *ssl) {
    SSL_read(ssl, received, BIG);
    return NULL;
}

static int cancel(void) {
    int ends[2];
    pthread_t thread;
    void *result;
    struct pair pair = new_pair();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
    SSL_set_fd(pair.client, ends[0]);
    pthread_create(&thread, NULL, read_for_ever, pair.client);
    usleep(100000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    free_pair(pair);
    return 0;
}

/* A callback that calls back. */
static void on_info(const SSL *ssl, int where, int result) {
    (void)where;
    (void)result;
    received[0] += (char)SSL_get_error(ssl, 1);
    SSL_set_mode((SSL *)ssl, SSL_MODE_RELEASE_BUFFERS);
}

static int reenter(void) {
    struct pair pair = new_pair();
    join_by_memory(pair);
    SSL_set_info_callback(pair.client, on_info);
    printf("handshake %d", shake_hands(pair));
    printf(", mode %ld\n", SSL_get_mode(pair.client));
    free_pair(pair);
    return 0;
}

static int killed(void) {
    talk(stdout);
    fflush(stdout);
    raise(SIGTERM);
    return 1;
}

/* Becomes another program while connections are open and a thread is inside the library. */
static int exec(char **argv) {
    pthread_t thread;
    int result = 0;
    struct pair pair = new_pair();
    join_by_memory(pair);
    printf("handshake %d\n", shake_hands(pair));
    fflush(stdout);
    pthread_create(&thread, NULL, talk_often, &result);
    usleep(20000);
    argv[1] = "talk";
    execv(argv[4], argv);
    return 1;
}

static int empty_environment(void) {
    extern char **environ;
    static char *none[] = {NULL};
    environ = none;
    return talk(stdout);
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    const char *kind = argv[1];
    certificate = argv[2];
    key = argv[3];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (char)rand();
    if (strcmp(kind, "talk") == 0) return talk(stdout);
    if (strcmp(kind, "bio") == 0) return bio();
    if (strcmp(kind, "many") == 0) return many();
    if (strcmp(kind, "threads") == 0) return threads();
    if (strcmp(kind, "forks") == 0) return forks();
    if (strcmp(kind, "at_exit") == 0) return at_exit();
    if (strcmp(kind, "close_all") == 0) return argc == 5 ? close_all(argv[4]) : 2;
    if (strcmp(kind, "cancel") == 0) return cancel();
    if (strcmp(kind, "reenter") == 0) return reenter();
    if (strcmp(kind, "exec") == 0) return argc == 5 ? exec(argv) : 2;
    if (strcmp(kind, "killed") == 0) return killed();
    if (strcmp(kind, "empty_environment") == 0) return empty_environment();
    return 2;
}
