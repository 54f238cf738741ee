/* What programs should not do, and what may happen to them: calls out of order, callbacks that call back, transports
 * that fail at every call, many threads over one context, a fork. Every line is the same on OpenSSL 3.0. */
#include "support.h"
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static SSL_CTX *client_ctx, *server_ctx;
static EVP_PKEY *key;
static X509 *cert;
static int version;

#define ERROR(ssl, call)                                                                                               \
    do {                                                                                                               \
        int error_, result_;                                                                                           \
        ERR_clear_error();                                                                                             \
        result_ = (int)(call);                                                                                         \
        error_ = SSL_get_error(ssl, result_);                                                                          \
        printf("error %d, ", error_);                                                                                  \
        show(#call, result_);                                                                                          \
    } while (0)

static void contexts(void) {
    client_ctx = SSL_CTX_new(TLS_client_method());
    server_ctx = SSL_CTX_new(TLS_server_method());
    must(client_ctx && server_ctx, "make contexts");
    SSL_CTX_set_min_proto_version(client_ctx, version);
    SSL_CTX_set_max_proto_version(client_ctx, version);
    SSL_CTX_use_certificate(server_ctx, cert);
    SSL_CTX_use_PrivateKey(server_ctx, key);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), cert);
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
}

static void pair(SSL **client, SSL **server) {
    BIO *left, *right;
    *client = SSL_new(client_ctx);
    *server = SSL_new(server_ctx);
    must(BIO_new_bio_pair(&left, 0, &right, 0), "make a pair");
    SSL_set_bio(*client, left, left);
    SSL_set_bio(*server, right, right);
    SSL_set_connect_state(*client);
    SSL_set_accept_state(*server);
}

/* 1 where both ends are through. */
static int handshake(SSL *client, SSL *server) {
    int one = 0, other = 0;
    for (int turn = 0; turn < 10 && (one != 1 || other != 1); turn++) {
        if (one != 1)
            one = SSL_do_handshake(client);
        if (other != 1)
            other = SSL_do_handshake(server);
    }
    return one == 1 && other == 1;
}

static void out_of_order(void) {
    SSL *client, *server, *bare = SSL_new(client_ctx);
    char data[16] = "data";
    printf("-- out of order, %x\n", (unsigned)version);
    ERROR(bare, SSL_read(bare, data, 4));
    ERROR(bare, SSL_write(bare, data, 4));
    ERROR(bare, SSL_shutdown(bare));
    ERROR(bare, SSL_do_handshake(bare));
    VALUE(SSL_pending(bare));
    VALUE(SSL_key_update(bare, 0));
    SSL_free(bare);
    pair(&client, &server);
    ERROR(client, SSL_read(client, data, 4));
    ERROR(client, SSL_shutdown(client));
    ERROR(client, SSL_write(client, data, 4));
    VALUE(handshake(client, server));
    ERROR(server, SSL_read(server, data, 4));
    ERROR(server, SSL_write(server, data, 0));
    ERROR(client, SSL_write(client, data, -1));
    ERROR(client, SSL_read(client, data, -1));
    ERROR(client, SSL_shutdown(client));
    ERROR(client, SSL_write(client, data, 4));
    ERROR(client, SSL_shutdown(client));
    ERROR(server, SSL_read(server, data, 4));
    ERROR(server, SSL_read(server, data, 4));
    ERROR(server, SSL_write(server, data, 4));
    ERROR(client, SSL_read(client, data, 4));
    ERROR(server, SSL_shutdown(server));
    ERROR(client, SSL_shutdown(client));
    VALUE(SSL_clear(client));
    SSL_free(client);
    SSL_free(server);
}

static SSL *other;
static int calls;

static int verify(int good, X509_STORE_CTX *store) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    char data[4];
    calls++;
    printf("%s, in init %d, pending %d\n", SSL_get_version(ssl), SSL_in_init(ssl), SSL_pending(ssl));
    SSL_get_verify_result(ssl);
    SSL_get_shutdown(ssl);
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, verify);
    SSL_has_pending(ssl);
    X509_free(SSL_get1_peer_certificate(ssl));
    SSL_SESSION_free(SSL_get1_session(ssl));
    /* What OpenSSL does here depends on its state machine: it must do no harm. */
    if (getenv("DEEP") != NULL) {
        SSL_read(ssl, data, 4);
        SSL_write(ssl, data, 4);
        SSL_peek(ssl, data, 4);
        SSL_do_handshake(ssl);
        SSL_shutdown(ssl);
        SSL_key_update(ssl, 0);
        SSL_SESSION_free(SSL_get1_session(ssl));
        ERR_clear_error();
    }
    SSL_free(other);
    other = NULL;
    return good;
}

static void info(const SSL *ssl, int where, int result) {
    (void)where, (void)result;
    SSL_get_version(ssl);
    SSL_get_state(ssl);
    SSL_pending(ssl);
}

static void callbacks(void) {
    SSL *client, *server;
    char data[4];
    printf("-- callbacks, %x\n", (unsigned)version);
    pair(&client, &server);
    other = SSL_new(client_ctx);
    calls = 0;
    SSL_set_verify(client, SSL_VERIFY_PEER, verify);
    SSL_set_info_callback(client, info);
    SSL_set_info_callback(server, info);
    VALUE(handshake(client, server));
    VALUE(calls > 0);
    ERROR(client, SSL_write(client, "four", 4));
    ERROR(server, SSL_read(server, data, 4));
    SSL_free(client);
    SSL_free(server);
}

/* A BIO over another that fails for good at one call. */
static int left_reads, left_writes;

static int failing_read(BIO *bio, char *data, int length) {
    BIO *next = BIO_get_data(bio);
    int count;
    BIO_clear_retry_flags(bio);
    if (left_reads-- == 0)
        return -1;
    count = BIO_read(next, data, length);
    if (BIO_should_retry(next))
        BIO_set_retry_read(bio);
    return count;
}

static int failing_write(BIO *bio, const char *data, int length) {
    BIO *next = BIO_get_data(bio);
    int count;
    BIO_clear_retry_flags(bio);
    if (left_writes-- == 0)
        return -1;
    count = BIO_write(next, data, length > 700 ? 700 : length);
    if (BIO_should_retry(next))
        BIO_set_retry_write(bio);
    return count;
}

static long failing_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)number, (void)pointer;
    (void)bio;
    return command == BIO_CTRL_FLUSH;
}

static int failing_destroy(BIO *bio) { return BIO_free(BIO_get_data(bio)); }

/* The method of BIOs over another, which they free. */
static BIO_METHOD *over_another(int (*read)(BIO *, char *, int), int (*write)(BIO *, const char *, int),
                                long (*ctrl)(BIO *, int, long, void *)) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "over another");
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, ctrl);
    BIO_meth_set_destroy(method, failing_destroy);
    return method;
}

static BIO_METHOD *failing(void) {
    static BIO_METHOD *method;
    if (method == NULL)
        method = over_another(failing_read, failing_write, failing_ctrl);
    return method;
}

/* As pair, with room for so many bytes, and a BIO of this method at the client's end. */
static void pair_over(BIO_METHOD *method, size_t room, SSL **client, SSL **server) {
    BIO *left, *right, *front = BIO_new(method);
    *client = SSL_new(client_ctx);
    *server = SSL_new(server_ctx);
    must(front != NULL && BIO_new_bio_pair(&left, room, &right, room), "make a pair");
    BIO_set_data(front, left);
    BIO_set_init(front, 1);
    SSL_set_bio(*client, front, front);
    SSL_set_bio(*server, right, right);
    SSL_set_connect_state(*client);
    SSL_set_accept_state(*server);
}

/* Handshake, data both ways, shutdown: until the transport of the client fails. 1 where it never did. */
static int transfer(void) {
    SSL *client, *server;
    static char data[20000];
    int done = 0;
    pair_over(failing(), 60000, &client, &server);
    ERR_clear_error();
    if (handshake(client, server) && SSL_write(client, data, sizeof data) == sizeof data &&
        SSL_read(server, data, sizeof data) > 0 && SSL_write(server, data, 100) == 100 &&
        SSL_read(client, data, 100) == 100 && SSL_shutdown(client) == 0 && SSL_read(server, data, 4) >= 0)
        done = left_reads >= 0 && left_writes >= 0;
    if (left_reads < 0 || left_writes < 0) {
        SSL_write(client, data, 10);
        SSL_read(client, data, 10);
        SSL_shutdown(client);
    }
    SSL_free(client);
    SSL_free(server);
    return done;
}

static void transports(void) {
    int n = 0;
    printf("-- transports, %x\n", (unsigned)version);
    for (n = 0; n < 200; n++) {
        left_reads = n, left_writes = 1 << 20;
        if (transfer())
            break;
    }
    printf("with enough reads it succeeds: %d\n", n < 200);
    for (n = 0; n < 200; n++) {
        left_writes = n, left_reads = 1 << 20;
        if (transfer())
            break;
    }
    printf("with enough writes it succeeds: %d\n", n < 200);
    ERR_clear_error();
}

/* BIOs that say what they wait for and take nothing of it back, as haproxy's: what a call waits for is then its own. */
static int lazy_read(BIO *bio, char *data, int length) {
    int count = BIO_read(BIO_get_data(bio), data, length);
    if (count <= 0)
        BIO_set_retry_read(bio);
    return count;
}

static int lazy_write(BIO *bio, const char *data, int length) {
    int count = BIO_write(BIO_get_data(bio), data, length);
    if (count <= 0)
        BIO_set_retry_write(bio);
    return count;
}

static void lazy_transport(void) {
    static char data[60000];
    BIO_METHOD *method = over_another(lazy_read, lazy_write, failing_ctrl);
    SSL *client, *server;
    printf("-- lazy transport, %x\n", (unsigned)version);
    pair_over(method, 20000, &client, &server);
    VALUE(handshake(client, server));
    ERROR(client, SSL_read(client, data, 10));
    ERROR(client, SSL_write(client, data, sizeof data));
    ERROR(client, SSL_read(client, data, 10));
    ERROR(client, SSL_write(client, data, sizeof data));
    while (SSL_read(server, data, sizeof data) > 0)
        ;
    ERROR(client, SSL_write(client, data, sizeof data));
    SSL_free(client);
    SSL_free(server);
    BIO_meth_free(method);
}

/* A transport that ends: what it answers then, and whether it says that this is its end. */
static int ended, end_answer, end_is_known;

static int ending_read(BIO *bio, char *data, int length) {
    BIO_clear_retry_flags(bio);
    int count = ended ? end_answer : BIO_read(BIO_get_data(bio), data, length);
    if (!ended && count <= 0)
        BIO_set_retry_read(bio);
    return count;
}

static int ending_write(BIO *bio, const char *data, int length) {
    BIO_clear_retry_flags(bio);
    return ended ? end_answer : BIO_write(BIO_get_data(bio), data, length);
}

static long ending_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_EOF ? ended && end_is_known : command == BIO_CTRL_FLUSH;
}

static void end_of_transport(BIO_METHOD *method, int in_handshake, uint64_t options) {
    SSL *client, *server;
    char data[16];
    printf("-- the transport ends, answer %d, known %d, options %d, in the handshake %d, %x\n", end_answer, end_is_known,
           options != 0, in_handshake, (unsigned)version);
    pair_over(method, 40000, &client, &server);
    SSL_set_options(client, options);
    ended = 0;
    if (in_handshake) {
        SSL_do_handshake(client);
        ended = 1;
        ERROR(client, SSL_do_handshake(client));
    } else {
        must(handshake(client, server), "shake hands");
        SSL_read(client, data, 1);
        ended = 1;
        ERROR(client, SSL_read(client, data, sizeof data));
        ERROR(client, SSL_peek(client, data, sizeof data));
        ERROR(client, SSL_write(client, data, sizeof data));
        ERROR(client, SSL_shutdown(client));
    }
    VALUE(SSL_get_shutdown(client));
    SSL_free(client);
    SSL_free(server);
}

/* What a call sends of its own accord is not what the program writes. */
static void end_before_key_update(BIO_METHOD *method) {
    SSL *client, *server;
    char data[16];
    printf("-- the transport ends before a key update, answer %d, %x\n", end_answer, (unsigned)version);
    pair_over(method, 40000, &client, &server);
    ended = 0;
    must(handshake(client, server), "shake hands");
    SSL_read(client, data, 1);
    ERROR(client, SSL_key_update(client, 0));
    ended = 1;
    ERROR(client, SSL_write(client, "hi", 2));
    ERROR(client, SSL_do_handshake(client));
    SSL_free(client);
    SSL_free(server);
}

static void ends_of_transports(void) {
    BIO_METHOD *method = over_another(ending_read, ending_write, ending_ctrl);
    for (end_answer = -1; end_answer <= 0; end_answer++)
        for (end_is_known = 0; end_is_known < 2; end_is_known++)
            for (int in_handshake = 0; in_handshake < 2; in_handshake++) {
                end_of_transport(method, in_handshake, 0);
                end_of_transport(method, in_handshake, SSL_OP_IGNORE_UNEXPECTED_EOF);
            }
    for (end_answer = -1; end_answer <= 0; end_answer++)
        end_before_key_update(method);
    BIO_meth_free(method);
}

/* Connections as BIOs: what a call returns that brings nothing, and what a BIO without BIO_CLOSE does to its peer. */
static void ssl_bios(void) {
    char data[16];
    size_t bytes = 7;
    for (int closes = 0; closes < 2; closes++) {
        SSL *client, *server;
        BIO *bio = BIO_new(BIO_f_ssl());
        printf("-- an SSL BIO, %x\n", (unsigned)version);
        pair(&client, &server);
        BIO_set_ssl(bio, server, closes);
        ERROR(server, BIO_write(bio, "early", 5));
        VALUE(BIO_should_retry(bio) != 0);
        VALUE(handshake(client, server));
        SSL_read(client, data, 1);
        ERROR(server, BIO_read(bio, data, sizeof data));
        VALUE(BIO_should_retry(bio) != 0);
        ERROR(server, BIO_read(bio, data, 0));
        ERROR(server, BIO_read_ex(bio, data, sizeof data, &bytes));
        VALUE((int)bytes);
        ERROR(server, BIO_write(bio, "late", 4));
        ERROR(client, SSL_read(client, data, sizeof data));
        BIO_free_all(bio);
        ERROR(client, SSL_read(client, data, sizeof data));
        VALUE(SSL_get_shutdown(client));
        SSL_free(client);
        if (!closes)
            SSL_free(server);
    }
}

/* Key updates that SSL_do_handshake sends, one after the other, also where the transport has no room. */
static void key_updates(void) {
    static char data[60000];
    SSL *client, *server;
    printf("-- key updates, %x\n", (unsigned)version);
    pair(&client, &server);
    VALUE(handshake(client, server));
    SSL_read(client, data, 1);
    for (int i = 0; i < 3; i++) {
        ERROR(server, SSL_key_update(server, i % 2));
        ERROR(server, SSL_get_key_update_type(server));
        ERROR(server, SSL_do_handshake(server));
        ERROR(server, SSL_get_key_update_type(server));
        ERROR(client, SSL_read(client, data, 1));
    }
    ERROR(client, SSL_write(client, "four", 4));
    ERROR(server, SSL_read(server, data, 9));
    while (SSL_write(server, data, 1000) > 0)
        ;
    ERROR(server, SSL_key_update(server, 0));
    ERROR(server, SSL_do_handshake(server));
    while (SSL_read(client, data, sizeof data) > 0)
        ;
    ERROR(server, SSL_write(server, data, 1000));
    ERROR(server, SSL_key_update(server, 0));
    ERROR(server, SSL_do_handshake(server));
    SSL_free(client);
    SSL_free(server);
}

static void *connect_often(void *good) {
    for (int i = 0; i < 15; i++) {
        SSL *client, *server;
        pair(&client, &server);
        __atomic_fetch_add((int *)good, handshake(client, server), __ATOMIC_RELAXED);
        SSL_free(client);
        SSL_free(server);
    }
    return NULL;
}

static void *change_often(void *unused) {
    (void)unused;
    for (int i = 0; i < 200; i++) {
        SSL_CTX_set_mode(server_ctx, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_clear_mode(server_ctx, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_get_mode(client_ctx);
        SSL_CTX_up_ref(server_ctx);
        SSL_CTX_free(server_ctx);
    }
    return NULL;
}

static void threads(void) {
    pthread_t all[4];
    int good = 0;
    printf("-- threads, %x\n", (unsigned)version);
    for (int i = 0; i < 4; i++)
        must(pthread_create(&all[i], NULL, i < 3 ? connect_often : change_often, &good) == 0, "make a thread");
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
    printf("handshakes: %d\n", good);
}

/* The transport is another one from here on, and the old one is gone. */
static int new_transport(int good, X509_STORE_CTX *store) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    SSL_set_fd(ssl, SSL_get_fd(ssl));
    return good;
}

static void forks(void) {
    SSL *client, *server;
    char data[8];
    int sockets[2], status = -1;
    pid_t child;
    printf("-- fork, %x\n", (unsigned)version);
    fflush(stdout);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "make a socket pair");
    server = SSL_new(server_ctx);
    client = SSL_new(client_ctx);
    SSL_set_fd(server, sockets[1]);
    SSL_set_fd(client, sockets[0]);
    SSL_set_verify(client, SSL_VERIFY_PEER, new_transport);
    child = fork();
    if (child == 0)
        _exit(SSL_accept(server) == 1 && SSL_read(server, data, 5) == 5 && SSL_write(server, data, 5) == 5 ? 0 : 1);
    VALUE(SSL_connect(client));
    VALUE(SSL_write(client, "hello", 5));
    VALUE(SSL_read(client, data, 5));
    must(waitpid(child, &status, 0) == child, "wait");
    printf("the child: %d\n", status);
    SSL_free(client);
    SSL_free(server);
    close(sockets[0]);
    close(sockets[1]);
}

int main(void) {
    key = ec("P-256");
    cert = certificate("localhost", key, NULL, NULL, EVP_sha256(), 1, "DNS:localhost", NULL, -DAY, DAY);
    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        contexts();
        out_of_order();
        callbacks();
        transports();
        lazy_transport();
        ends_of_transports();
        key_updates();
        ssl_bios();
        threads();
        forks();
        SSL_CTX_free(client_ctx);
        SSL_CTX_free(server_ctx);
    }
    BIO_meth_free(failing());
    X509_free(cert);
    EVP_PKEY_free(key);
    return 0;
}
