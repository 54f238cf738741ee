// Our libssl.so.3 beside another through the C ABI, both ends of each connection in this process: heap per idle end,
// CPU time of bulk data and of handshakes in turns, and loops of mode calls for callgrind.
//
//     libssl heap CERT KEY CA LIBRARY...          bytes of heap per idle end
//     libssl bulk CERT KEY CA OURS THEIRS         times as fast, median of the turns
//     libssl handshake CERT KEY CA OURS THEIRS    times as fast, median of the turns
//     libssl mode LIBRARY FUNCTION COUNT          so many mode calls
#include <dlfcn.h>
#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FUNCTIONS(F)                                                                                                   \
    F(const SSL_METHOD *, TLS_method, (void))                                                                          \
    F(SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *))                                                                    \
    F(void, SSL_CTX_free, (SSL_CTX *))                                                                                 \
    F(long, SSL_CTX_ctrl, (SSL_CTX *, int, long, void *))                                                              \
    F(long, SSL_ctrl, (SSL *, int, long, void *))                                                                      \
    F(int, SSL_CTX_use_certificate_chain_file, (SSL_CTX *, const char *))                                              \
    F(int, SSL_CTX_use_PrivateKey_file, (SSL_CTX *, const char *, int))                                                \
    F(int, SSL_CTX_load_verify_locations, (SSL_CTX *, const char *, const char *))                                     \
    F(void, SSL_CTX_set_verify, (SSL_CTX *, int, SSL_verify_cb))                                                       \
    F(int, SSL_CTX_set_cipher_list, (SSL_CTX *, const char *))                                                         \
    F(uint64_t, SSL_CTX_set_options, (SSL_CTX *, uint64_t))                                                            \
    F(SSL *, SSL_new, (SSL_CTX *))                                                                                     \
    F(void, SSL_free, (SSL *))                                                                                         \
    F(int, SSL_set1_host, (SSL *, const char *))                                                                       \
    F(void, SSL_set_bio, (SSL *, BIO *, BIO *))                                                                        \
    F(int, SSL_set_fd, (SSL *, int))                                                                                   \
    F(void, SSL_set_connect_state, (SSL *))                                                                            \
    F(void, SSL_set_accept_state, (SSL *))                                                                             \
    F(int, SSL_do_handshake, (SSL *))                                                                                  \
    F(int, SSL_read, (SSL *, void *, int))                                                                             \
    F(int, SSL_write, (SSL *, const void *, int))                                                                      \
    F(int, SSL_shutdown, (SSL *))                                                                                      \
    F(long, SSL_get_verify_result, (const SSL *))

#define POINTER(result, name, arguments) result(*name) arguments;
typedef struct {
    const char *path;
    void *handle;
    FUNCTIONS(POINTER)
} Library;

static const char *certificate, *key, *authority;

static void fail(const char *what) {
    fprintf(stderr, "libssl: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void *find(const Library *library, const char *name) {
    void *function = dlsym(library->handle, name);
    if (!function) fail(name);
    return function;
}

static Library load(const char *path) {
    Library library = {.path = path, .handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (!library.handle) fail(dlerror());
#define LOOK_UP(result, name, arguments) *(void **)&library.name = find(&library, #name);
    FUNCTIONS(LOOK_UP)
    return library;
}

// A context for one version; a client's verifies with X509_verify_cert.
static SSL_CTX *context(const Library *l, int version, int server) {
    SSL_CTX *ctx = l->SSL_CTX_new(l->TLS_method());
    if (!ctx) fail("SSL_CTX_new");
    l->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, version, NULL);
    l->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, version, NULL);
    l->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_GROUPS_LIST, 0, "X25519:P-256");
    l->SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM");
    if (server) {
        if (l->SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1) fail(certificate);
        if (l->SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) fail(key);
    } else {
        if (l->SSL_CTX_load_verify_locations(ctx, authority, NULL) != 1) fail(authority);
        l->SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    }
    return ctx;
}

typedef struct {
    SSL *client, *server;
    int client_fd, server_fd;
} Pair;

static Pair begin(const Library *l, SSL_CTX *client, SSL_CTX *server) {
    Pair pair = {l->SSL_new(client), l->SSL_new(server), -1, -1};
    if (!pair.client || !pair.server) fail("SSL_new");
    l->SSL_set_connect_state(pair.client);
    l->SSL_set_accept_state(pair.server);
    l->SSL_set1_host(pair.client, "localhost");
    return pair;
}

static void over_bios(const Library *l, Pair *pair) {
    BIO *left, *right;
    if (BIO_new_bio_pair(&left, 40000, &right, 40000) != 1) fail("BIO_new_bio_pair");
    l->SSL_set_bio(pair->client, left, left);
    l->SSL_set_bio(pair->server, right, right);
}

static void over_sockets(const Library *l, Pair *pair) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) != 0) fail("socketpair");
    pair->client_fd = sockets[0];
    pair->server_fd = sockets[1];
    l->SSL_set_fd(pair->client, sockets[0]);
    l->SSL_set_fd(pair->server, sockets[1]);
}

static void handshake(const Library *l, Pair *pair) {
    int client = 0, server = 0;
    for (int turn = 0; turn < 10 && (client != 1 || server != 1); turn++) {
        if (client != 1) client = l->SSL_do_handshake(pair->client);
        if (server != 1) server = l->SSL_do_handshake(pair->server);
    }
    if (client != 1 || server != 1) fail("the handshake does not come to an end");
    if (l->SSL_get_verify_result(pair->client) != X509_V_OK) fail("the certificate is not verified");
}

static void end(const Library *l, Pair *pair) {
    l->SSL_free(pair->client);
    l->SSL_free(pair->server);
    if (pair->client_fd >= 0) close(pair->client_fd);
    if (pair->server_fd >= 0) close(pair->server_fd);
}

// Moves `total` bytes from one end to the other in calls of `chunk` bytes.
static void move(const Library *l, SSL *from, SSL *to, long total, int chunk) {
    static char out[16384], in[16384];
    for (long moved = 0; moved < total; moved += chunk) {
        if (l->SSL_write(from, out, chunk) != chunk) fail("SSL_write");
        for (int got = 0; got < chunk;) {
            int count = l->SSL_read(to, in, chunk);
            if (count <= 0) fail("SSL_read");
            got += count;
        }
    }
}

enum { CONNECTIONS = 400, TURNS = 11 };

static long heap(void) {
    struct mallinfo2 info = mallinfo2();
    return (long)(info.uordblks + info.hblkhd);
}

static void idle(const Library *l, int version, int release) {
    SSL_CTX *client = context(l, version, 0), *server = context(l, version, 1);
    if (release) {
        l->SSL_CTX_ctrl(client, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
        l->SSL_CTX_ctrl(server, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
    }
    static Pair pairs[CONNECTIONS + 20];
    long before = 0;
    for (int i = 0; i < CONNECTIONS + 20; i++) {
        if (i == 20) before = heap(); // The first ones stay, as what the contexts keep for all.
        pairs[i] = begin(l, client, server);
        over_sockets(l, &pairs[i]);
        handshake(l, &pairs[i]);
        move(l, pairs[i].client, pairs[i].server, 16000, 16000);
        move(l, pairs[i].server, pairs[i].client, 16000, 16000);
    }
    long all = heap();
    for (int i = 20; i < CONNECTIONS + 20; i++) {
        l->SSL_free(pairs[i].client);
        pairs[i].client = NULL;
    }
    long clients = all - heap(), servers = all - before - clients;
    for (int i = 0; i < CONNECTIONS + 20; i++) end(l, &pairs[i]);
    l->SSL_CTX_free(client);
    l->SSL_CTX_free(server);
    printf("heap\t%s\t%s\t%s\t%ld\t%ld\n", l->path, version == TLS1_2_VERSION ? "1.2" : "1.3",
           release ? "released" : "kept", clients / CONNECTIONS, servers / CONNECTIONS);
    fflush(stdout);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

// Both in turns: how many times as fast the first one is, and what it took.
static void compare(const char *what, double (*measure)(const Library *, SSL_CTX *[2], int), const Library both[2],
                    int version, int argument) {
    double ratios[TURNS], ours[TURNS];
    SSL_CTX *contexts[2][2];
    for (int i = 0; i < 2; i++) {
        contexts[i][0] = context(&both[i], version, 0);
        contexts[i][1] = context(&both[i], version, 1);
        measure(&both[i], contexts[i], argument);
    }
    for (int turn = 0; turn < TURNS; turn++) {
        double took[2];
        for (int i = 0; i < 2; i++) {
            int which = turn % 2 ? 1 - i : i;
            took[which] = measure(&both[which], contexts[which], argument);
        }
        ratios[turn] = took[1] / took[0];
        ours[turn] = took[0];
    }
    for (int i = 0; i < 4; i++) both[i / 2].SSL_CTX_free(contexts[i / 2][i % 2]);
    qsort(ratios, TURNS, sizeof *ratios, by_size);
    qsort(ours, TURNS, sizeof *ours, by_size);
    printf("%s\t%s\t%d\t%.2f\t%.1f\n", what, version == TLS1_2_VERSION ? "1.2" : "1.3", argument, ratios[TURNS / 2],
           ours[TURNS / 2] * 1e6);
    fflush(stdout);
}

static double bulk(const Library *l, SSL_CTX *contexts[2], int chunk) {
    Pair pair = begin(l, contexts[0], contexts[1]);
    over_bios(l, &pair);
    handshake(l, &pair);
    move(l, pair.server, pair.client, 1 << 20, chunk);
    double start = now();
    move(l, pair.server, pair.client, 24 << 20, chunk);
    double took = now() - start;
    end(l, &pair);
    return took / 24;
}

static double handshakes(const Library *l, SSL_CTX *contexts[2], int count) {
    double start = now();
    for (int i = 0; i < count; i++) {
        Pair pair = begin(l, contexts[0], contexts[1]);
        over_bios(l, &pair);
        handshake(l, &pair);
        end(l, &pair);
    }
    return (now() - start) / count;
}

static void mode_calls(const Library *l, const char *function, long count) {
    SSL_CTX *ctx = l->SSL_CTX_new(l->TLS_method());
    SSL *ssl = l->SSL_new(ctx);
    int on_ssl = !strncmp(function, "SSL_ctrl", 8) || !strncmp(function, "SSL_set", 7) ||
                 !strncmp(function, "SSL_get", 7) || !strncmp(function, "SSL_clear", 9);
    void *handle = on_ssl ? (void *)ssl : (void *)ctx;
    if (strstr(function, "ctrl")) {
        long (*call)(void *, int, long, void *) = NULL;
        *(void **)&call = find(l, function);
        for (long i = 0; i < count; i++) call(handle, SSL_CTRL_MODE, 1, NULL);
    } else {
        long (*call)(void *, long) = NULL;
        *(void **)&call = find(l, function);
        for (long i = 0; i < count; i++) call(handle, 1);
    }
    l->SSL_free(ssl);
    l->SSL_CTX_free(ctx);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "mode") && argc == 5) {
        Library library = load(argv[2]);
        mode_calls(&library, argv[3], strtol(argv[4], NULL, 10));
        return 0;
    }
    if (argc < 6) fail("see the head of its source");
    certificate = argv[2];
    key = argv[3];
    authority = argv[4];
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    if (!strcmp(what, "heap")) {
        for (int i = 5; i < argc; i++) {
            Library library = load(argv[i]);
            for (int place = 0; place < 4; place++) idle(&library, versions[place / 2], place % 2);
        }
        return 0;
    }
    if (argc != 7) fail("two libraries are compared");
    Library both[2] = {load(argv[5]), load(argv[6])};
    for (int version = 0; version < 2; version++) {
        if (!strcmp(what, "bulk")) {
            compare("bulk", bulk, both, versions[version], 16384);
            compare("bulk", bulk, both, versions[version], 1024);
        } else {
            compare("handshake", handshakes, both, versions[version], 40);
        }
    }
    return 0;
}
