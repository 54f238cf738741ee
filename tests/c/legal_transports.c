/* Transports that ask for retries by the hundred, and others that have rules of their own: the option check has nothing
 * to say of this program.
 *
 *     cc -I examples tests/c/legal_transports.c -lssl -lcrypto
 */
#include "peer.h"
#include <arpa/inet.h>
#include <dlfcn.h>

static unsigned char received[100];

static void expect(int is_so, const char *what) {
    if (!is_so) fail(what);
}

static SSL *of_context(SSL_CTX *ctx) {
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    return ssl;
}

static SSL *new_client(void) {
    SSL *ssl = of_context(SSL_CTX_new(TLS_client_method()));
    SSL_set_connect_state(ssl);
    return ssl;
}

static SSL *new_server(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    certify(ctx);
    SSL *ssl = of_context(ctx);
    SSL_set_accept_state(ssl);
    return ssl;
}

/* Carries a byte from what one end has written to what the other reads; 0 if there is none. */
static int carry(SSL *from, SSL *to) {
    char byte;
    return BIO_read(SSL_get_wbio(from), &byte, 1) == 1 && BIO_write(SSL_get_rbio(to), &byte, 1) == 1;
}

/* As asyncio does it, with the least that can be carried: libssl is asked again after every byte. */
static void pumped_byte_by_byte(void) {
    SSL *client = new_client(), *server = new_server();
    int retries = 0, result;
    SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    while ((result = SSL_do_handshake(client)) != 1 || !SSL_is_init_finished(server)) {
        if (result != 1) expect(SSL_get_error(client, result) == SSL_ERROR_WANT_READ, "the client's handshake");
        result = SSL_do_handshake(server);
        if (result != 1) expect(SSL_get_error(server, result) == SSL_ERROR_WANT_READ, "the server's handshake");
        expect(carry(client, server) + carry(server, client) > 0, "bytes to carry");
        retries++;
    }
    expect(retries > 500, "a long way");
    expect(SSL_write(client, message, 50) == 50, "SSL_write");
    while ((result = SSL_read(server, received, 50)) <= 0) {
        expect(SSL_get_error(server, result) == SSL_ERROR_WANT_READ, "the server's read");
        expect(carry(client, server), "bytes to carry");
    }
    SSL_shutdown(client);
    SSL_free(client), SSL_free(server);
}

/* Both ends in turns, over a pair with little room. */
static void over_a_pair(void) {
    SSL *client = new_client(), *server = new_server();
    BIO *near, *far;
    int sent = 0, got = 0, result;
    static unsigned char at_the_server[MESSAGE];
    BIO_new_bio_pair(&near, 100, &far, 100);
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    while (got < MESSAGE) {
        if (sent == 0 && (result = SSL_write(client, message, MESSAGE)) > 0) sent = result;
        else if (sent == 0) expect(SSL_get_error(client, result) != SSL_ERROR_SSL, "SSL_write");
        if ((result = SSL_read(server, at_the_server + got, MESSAGE - got)) > 0) got += result;
        else expect(SSL_get_error(server, result) != SSL_ERROR_SSL, "SSL_read");
        /* Tickets are in the way of the rest. */
        expect(SSL_read(client, received, 1) < 0, "nothing to read");
    }
    expect(memcmp(at_the_server, message, MESSAGE) == 0, "the message");
    SSL_shutdown(client);
    SSL_free(client), SSL_free(server);
}

/* The peer: all that it says comes a byte at a time. */
static void speak_slowly(int fd) {
    SSL *ssl = new_server();
    char byte;
    int result = 0;
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    while (result <= 0) {
        result = SSL_is_init_finished(ssl) ? SSL_read(ssl, received, 1) : SSL_do_handshake(ssl) - 1;
        if (result == 1) SSL_write(ssl, received, 1);
        while (BIO_read(SSL_get_wbio(ssl), &byte, 1) == 1)
            if (write(fd, &byte, 1) != 1) _exit(1);
        if (result <= 0 && !(result == 0 && SSL_is_init_finished(ssl)))
            if (read(fd, &byte, 1) != 1 || BIO_write(SSL_get_rbio(ssl), &byte, 1) != 1) _exit(1);
    }
    _exit(0);
}

/* It waits each time, and each time there is a byte. */
static void waits_for_every_byte(void) {
    SSL *ssl = client_of(speak_slowly);
    int result;
    do_not_block(ssl);
    while ((result = SSL_connect(ssl)) != 1) expect(wait_for(ssl, result), "SSL_connect");
    expect(SSL_write(ssl, message, 1) == 1, "SSL_write");
    while ((result = SSL_read(ssl, received, 1)) <= 0) expect(wait_for(ssl, result), "SSL_read");
    expect(received[0] == message[0] && hang_up(ssl) == 0, "the answer");
}

/* Once in every frame of a picture it looks whether something has come. */
static void looks_now_and_then(void) {
    SSL *ssl = connect_to(answer);
    do_not_block(ssl);
    for (int frame = 0; frame < 150; frame++) {
        int result = SSL_read(ssl, received, 1);
        expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "nothing to read");
        usleep(2000);
    }
    expect(end(ssl) == 0, "the peer");
}

/* A socket whose reads give up after a while, which looks as if it did not block. */
static void gives_up_after_a_while(void) {
    SSL *ssl = connect_to(answer);
    struct timeval patience = {0, 120000};
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    expect(SSL_read(ssl, received, 1) < 0, "nothing to read");
    expect(hang_up(ssl) == 0, "the peer");
}

static int retries(BIO *bio) {
    int fd = -1;
    BIO_get_fd(bio, &fd);
    struct pollfd poller = {fd, BIO_should_write(bio) ? POLLOUT : POLLIN, 0};
    return BIO_should_retry(bio) && poll(&poller, 1, -1) == 1;
}

/* The chain of BIOs that BIO_f_ssl(3) shows: handshake, write, read, and an end that says goodbye by itself. */
static void over_a_chain(void) {
    SSL *unused = client_of(answer);
    int fd = SSL_get_fd(unused);
    SSL_free(unused);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    BIO *chain = BIO_push(BIO_new_ssl(SSL_CTX_new(TLS_client_method()), 1), BIO_new_socket(fd, BIO_CLOSE));
    while (BIO_do_handshake(chain) != 1) expect(retries(chain), "BIO_do_handshake");
    while (BIO_write(chain, message, 1) != 1) expect(retries(chain), "BIO_write");
    while (BIO_read(chain, received, 1) != 1) expect(retries(chain), "BIO_read");
    expect(received[0] == message[0], "the answer");
    BIO_free_all(chain);
    waitpid(peer, NULL, 0);
}

/* The same, failing: its end calls SSL_shutdown nevertheless, which is libssl's own affair. */
static void over_a_chain_that_fails(void) {
    SSL *unused = client_of(answer_in_clear);
    int fd = SSL_get_fd(unused);
    SSL_free(unused);
    BIO *chain = BIO_push(BIO_new_ssl(SSL_CTX_new(TLS_client_method()), 1), BIO_new_socket(fd, BIO_CLOSE));
    expect(BIO_do_handshake(chain) == 1 && BIO_read(chain, received, 1) <= 0, "what is no TLS");
    BIO_free_all(chain);
    ERR_clear_error();
    waitpid(peer, NULL, 0);
}

#ifdef SSL_READ_EARLY_DATA_ERROR
/* The peer: new keys before each answer. */
static void answer_with_new_keys(int fd) {
    SSL *ssl = serve(fd);
    while (SSL_read(ssl, received, 1) == 1 && SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_write(ssl, received, 1) == 1)
        continue;
    _exit(0);
}

/* Without AUTO_RETRY a record without data is a WANT_READ, although more is there: it is retried at once. */
static void records_without_data(void) {
    SSL *ssl = connect_to(answer_with_new_keys);
    int wants = 0;
    SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
    for (int i = 0; i < 5; i++) {
        int result;
        expect(SSL_write(ssl, message, 1) == 1, "SSL_write");
        while ((result = SSL_read(ssl, received, 1)) <= 0) {
            expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "a record without data");
            wants++;
        }
    }
    expect(wants >= 5 || SSL_version(ssl) < 0x304, "records without data");
    expect(end(ssl) == 0, "the peer");
}

/* Datagrams are lost, come again, and are asked for when a timer says so. */
static void over_datagrams(void) {
    int fds[2], done = 0, result;
    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0, "socketpair");
    SSL_CTX *ctx = SSL_CTX_new(DTLS_server_method());
    certify(ctx);
    SSL *ends[2] = {of_context(SSL_CTX_new(DTLS_client_method())), of_context(ctx)};
    SSL_set_connect_state(ends[0]), SSL_set_accept_state(ends[1]);
    for (int i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        BIO *bio = BIO_new_socket(fds[i], BIO_CLOSE);
        SSL_set_bio(ends[i], bio, bio);
        SSL_set_options(ends[i], SSL_OP_NO_QUERY_MTU);
        DTLS_set_link_mtu(ends[i], 1400);
    }
    for (int round = 0; round < 200 && done < 2; round++) {
        done = 0;
        for (int i = 0; i < 2; i++) done += (result = SSL_do_handshake(ends[i])) == 1;
        DTLSv1_handle_timeout(ends[0]);
    }
    expect(done == 2, "the handshake");
    for (int i = 0; i < 150; i++) result = SSL_read(ends[1], received, sizeof received);
    expect(SSL_get_error(ends[1], result) == SSL_ERROR_WANT_READ, "nothing to read");
    expect(SSL_write(ends[0], message, 50) == 50 && SSL_read(ends[1], received, sizeof received) == 50, "a datagram");
    SSL_free(ends[0]), SSL_free(ends[1]);
}
#endif

/* QUIC has rules of its own: the other end says nothing, and it is asked again and again. */
static void over_quic(void) {
    const SSL_METHOD *(*method)(void);
    int (*set_blocking)(SSL *, int), result = -1;
    void *functions[] = {dlsym(RTLD_DEFAULT, "OSSL_QUIC_client_method"), dlsym(RTLD_DEFAULT, "SSL_set_blocking_mode")};
    if (functions[0] == NULL || functions[1] == NULL) return;
    memcpy(&method, &functions[0], sizeof method), memcpy(&set_blocking, &functions[1], sizeof set_blocking);
    struct sockaddr_in silent = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof silent;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    expect(bind(other, (struct sockaddr *)&silent, length) == 0 &&
               getsockname(other, (struct sockaddr *)&silent, &length) == 0 &&
               connect(fd, (struct sockaddr *)&silent, length) == 0,
           "sockets of datagrams");
    SSL *ssl = of_context(SSL_CTX_new(method()));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    expect(SSL_set_fd(ssl, fd) == 1 && SSL_set_alpn_protos(ssl, (const unsigned char *)"\1x", 2) == 0, "QUIC");
    expect(set_blocking(ssl, 0) == 1, "QUIC that does not block");
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    for (int i = 0; i < 150; i++) result = SSL_connect(ssl);
    expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "an end that says nothing");
    SSL_write(ssl, message, 10), SSL_write(ssl, message + 50, 5);
    SSL_free(ssl);
    close(fd), close(other);
    ERR_clear_error();
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    compose_message();
    pumped_byte_by_byte();
    over_a_pair();
    waits_for_every_byte();
    looks_now_and_then();
    gives_up_after_a_while();
    over_a_chain();
    over_a_chain_that_fails();
#ifdef SSL_READ_EARLY_DATA_ERROR
    records_without_data();
    /* Our own libssl has no DTLS. */
    if (getenv("WITHOUT_DATAGRAMS") == NULL) over_datagrams();
#endif
    over_quic();
    return 0;
}
