/* Handshakes, reads, goodbyes, errors and modes that look wrong and are not: the option check has nothing to say of this
 * program.
 *
 *     cc -pthread -I examples tests/c/legal_calls.c -lssl -lcrypto
 */
#include "peer.h"
#include <pthread.h>

static unsigned char received[100];

static void expect(int is_so, const char *what) {
    if (!is_so) fail(what);
}

static int ask(SSL *ssl) {
    int result;
    while ((result = SSL_write(ssl, message, 1)) <= 0) expect(wait_for(ssl, result), "SSL_write");
    while ((result = SSL_read(ssl, received, 1)) <= 0) expect(wait_for(ssl, result), "SSL_read");
    return received[0] == message[0];
}

static void leave_an_error(void) {
    expect(SSL_CTX_load_verify_locations(SSL_CTX_new(TLS_client_method()), "/absent", NULL) == 0, "a file that is absent");
    expect(ERR_peek_error() != 0, "an error in the queue");
}

/* Reads until there is nothing more, has its answer, and says goodbye. */
static void nothing_more_to_read(void) {
    SSL *ssl = connect_to(answer);
    do_not_block(ssl);
    expect(ask(ssl), "the answer");
    int result = SSL_read(ssl, received, 1);
    expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "nothing to read");
    expect(end(ssl) == 0, "the peer");
}

/* The peer: answers once, and says goodbye when it is told goodbye. */
static void answer_politely(int fd) {
    SSL *ssl = serve(fd);
    if (SSL_read(ssl, received, 1) != 1 || SSL_write(ssl, received, 1) != 1 || SSL_read(ssl, received, 1) != 0) _exit(1);
    _exit(SSL_shutdown(ssl) != 1);
}

static void goodbye_in_two_steps(void) {
    SSL *ssl = connect_to(answer_politely);
    expect(ask(ssl), "the answer");
    int result = SSL_shutdown(ssl);
    expect(result == 0, "the first step");
    /* SSL_shutdown(3): what SSL_get_error says of 0 may mislead. */
    SSL_get_error(ssl, result);
    expect(SSL_shutdown(ssl) == 1, "the second step");
    expect(hang_up(ssl) == 0, "the peer");
}

/* The peer's goodbye is not waited for. */
static void goodbye_unanswered(void) {
    SSL *ssl = connect_to(answer);
    expect(ask(ssl), "the answer");
    do_not_block(ssl);
    keep_peer_busy(ssl);
    SSL_shutdown(ssl);
    int result = SSL_shutdown(ssl);
    expect(result < 0 && SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "a goodbye to wait for");
    hang_up(ssl);
}

/* After its own goodbye it still reads. */
static void read_after_the_goodbye(void) {
    SSL *ssl = connect_to(answer_politely);
    expect(SSL_write(ssl, message, 1) == 1 && SSL_shutdown(ssl) == 0, "SSL_shutdown");
    while (SSL_read(ssl, received, 1) > 0) continue;
    expect(hang_up(ssl) == 0, "the peer");
}

/* The peer: sends nothing more, and takes what comes. */
static void say_goodbye_and_listen(int fd) {
    SSL *ssl = serve(fd);
    SSL_shutdown(ssl);
    int result = SSL_read(ssl, received, 1);
    _exit(result != 1);
}

static void write_after_the_peers_goodbye(void) {
    SSL *ssl = connect_to(say_goodbye_and_listen);
    int result = SSL_read(ssl, received, 1);
    expect(result == 0 && SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN, "the peer's goodbye");
    expect(SSL_write(ssl, message, 1) == 1, "SSL_write");
    SSL_shutdown(ssl);
    expect(hang_up(ssl) == 0, "the peer");
}

/* What is left of a connection that failed is freed. */
static void failed_and_freed(void) {
    SSL *ssl = connect_to(answer_in_clear);
    int result = SSL_read(ssl, received, 1);
    expect(SSL_get_error(ssl, result) == SSL_ERROR_SSL && ERR_get_error() != 0, "what is no TLS");
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    expect(SSL_get_shutdown(ssl) != 0 && SSL_pending(ssl) == 0, "what can be asked");
    hang_up(ssl);
    ERR_clear_error();
}

/* The peer: hangs up without a word. */
static void hang_up_rudely(int fd) {
    serve(fd);
    _exit(0);
}

/* Whoever is gone gets no goodbye, and whoever says it nevertheless harms nobody. */
static void goodbye_to_nobody(void) {
    SSL *ssl = connect_to(hang_up_rudely);
    int result = SSL_read(ssl, received, 1);
    expect(result <= 0 && SSL_get_error(ssl, result) != SSL_ERROR_ZERO_RETURN, "an end without a goodbye");
    SSL_shutdown(ssl);
    hang_up(ssl);
    ERR_clear_error();
}

/* What failed is cleared, and used for another connection. */
static void failed_and_used_again(void) {
    SSL *ssl = connect_to(answer_in_clear);
    expect(SSL_read(ssl, received, 1) <= 0, "what is no TLS");
    ERR_clear_error();
    close(SSL_get_fd(ssl));
    waitpid(peer, NULL, 0);
    expect(SSL_clear(ssl) == 1, "SSL_clear");
    SSL *other = client_of(answer);
    SSL_set_fd(ssl, SSL_get_fd(other));
    SSL_free(other);
    expect(SSL_connect(ssl) == 1 && ask(ssl), "the other connection");
    expect(end(ssl) == 0, "the peer");
}

/* Errors lie in the queue, and nothing fails. */
static void old_errors_and_successes(void) {
    SSL *ssl = connect_to(answer);
    leave_an_error();
    expect(ask(ssl), "the answer");
    ERR_clear_error();
    expect(end(ssl) == 0, "the peer");
}

/* Errors lay in the queue, and were cleared before something failed. */
static void old_errors_cleared(void) {
    SSL *ssl = connect_to(answer);
    do_not_block(ssl);
    leave_an_error();
    ERR_clear_error();
    int result = SSL_read(ssl, received, 1);
    expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "nothing to read");
    expect(ask(ssl) && end(ssl) == 0, "the answer");
}

/* Handshakes clear the queue themselves. */
static void old_errors_and_a_handshake(void) {
    SSL *ssl = client_of(answer);
    int result;
    do_not_block(ssl);
    leave_an_error();
    while ((result = SSL_connect(ssl)) != 1) expect(wait_for(ssl, result), "the handshake");
    ERR_clear_error();
    expect(ask(ssl) && end(ssl) == 0, "the answer");
}

/* Another thread has a connection of its own, and asks about it. */
static void *serve_by_itself(void *end_of_pair) {
    int fd = *(int *)end_of_pair, result;
    unsigned char byte;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    certify(ctx);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, fd);
    do_not_block(ssl);
    while ((result = SSL_accept(ssl)) != 1) expect(wait_for(ssl, result), "SSL_accept");
    while ((result = SSL_read(ssl, &byte, 1)) <= 0) expect(wait_for(ssl, result), "SSL_read");
    while ((result = SSL_write(ssl, &byte, 1)) <= 0) expect(wait_for(ssl, result), "SSL_write");
    while ((result = SSL_read(ssl, &byte, 1)) < 0) expect(wait_for(ssl, result), "SSL_read");
    SSL_free(ssl);
    return NULL;
}

static void a_thread_for_each_end(void) {
    int fds[2], result;
    pthread_t thread;
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
    peer = getpid();
    pthread_create(&thread, NULL, serve_by_itself, &fds[1]);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, fds[0]);
    do_not_block(ssl);
    while ((result = SSL_connect(ssl)) != 1) expect(wait_for(ssl, result), "SSL_connect");
    expect(ask(ssl), "the answer");
    SSL_shutdown(ssl);
    SSL_free(ssl);
    pthread_join(thread, NULL);
    close(fds[0]), close(fds[1]);
}

/* A connection goes from one thread to the next. */
static void *go_on(void *ssl) { return ask(ssl) ? ssl : NULL; }

static void handed_over(void) {
    SSL *ssl = connect_to(answer);
    do_not_block(ssl);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *done;
        pthread_create(&thread, NULL, go_on, ssl);
        pthread_join(thread, &done);
        expect(done == ssl && ask(ssl), "the answer");
    }
    expect(end(ssl) == 0, "the peer");
}

/* A server makes itself ready for those who come later. */
static void context_configured_anew(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *now = SSL_new(ctx);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL *later = SSL_new(ctx);
    /* It is on already. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_free(now), SSL_free(later);
    SSL_CTX_free(ctx);
}

/* A mode that goes into both, so that it holds for now and for later. */
static void context_and_connection(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL *ssl = SSL_new(ctx);
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    expect(SSL_CTX_get_mode(ctx) != SSL_get_mode(ssl), "modes of their own");
    SSL_CTX_clear_mode(ctx, 0x40000000);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static SSL_CTX *with_lowered_version(const SSL_METHOD *method) {
    SSL_CTX *ctx = SSL_CTX_new(method);
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    return ctx;
}

/* The peer: an old server. */
static void serve_old_version(int fd) {
    SSL_CTX *ctx = with_lowered_version(TLS_server_method());
    certify(ctx);
    /* It means nothing in a server. */
    SSL_CTX_set_mode(ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    _exit(SSL_accept(ssl) != 1 || SSL_read(ssl, received, 1) != 1 || SSL_write(ssl, received, 1) != 1);
}

/* An explicit fallback, as RFC 7507 has it. */
static void fallback(void) {
    SSL *unused = client_of(serve_old_version);
    SSL_CTX *ctx = with_lowered_version(TLS_client_method());
    SSL_CTX_set_mode(ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, SSL_get_fd(unused));
    SSL_free(unused);
    expect(SSL_connect(ssl) == 1 && ask(ssl), "the fallback");
    expect(hang_up(ssl) == 0, "the peer");
}

int main(void) {
    nothing_more_to_read();
    goodbye_in_two_steps();
    goodbye_unanswered();
    read_after_the_goodbye();
    write_after_the_peers_goodbye();
    failed_and_freed();
    goodbye_to_nobody();
    failed_and_used_again();
    old_errors_and_successes();
    old_errors_cleared();
    old_errors_and_a_handshake();
    a_thread_for_each_end();
    handed_over();
    context_configured_anew();
    context_and_connection();
    fallback();
    return 0;
}
