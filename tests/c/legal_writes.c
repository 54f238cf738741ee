/* Writes that look wrong and are not: the option check has nothing to say of this program.
 *
 *     cc -I examples tests/c/legal_writes.c -lssl -lcrypto
 */
#include "peer.h"

static unsigned char elsewhere[2 * MESSAGE];

static void expect(int is_so, const char *what) {
    if (!is_so) fail(what);
}

/* A connection with a write of |length| bytes that waits to be repeated. */
static SSL *pending(void (*peers_part)(int fd), long modes, const void *bytes, int length) {
    SSL *ssl = connect_to(peers_part);
    SSL_set_mode(ssl, modes);
    keep_peer_busy(ssl);
    int result = SSL_write(ssl, bytes, length);
    expect(result < 0 && SSL_get_error(ssl, result) == SSL_ERROR_WANT_WRITE, "a write that waits");
    return ssl;
}

static void finish(SSL *ssl, const void *bytes, int length) {
    int result;
    let_peer_go_on();
    while ((result = SSL_write(ssl, bytes, length)) <= 0) expect(wait_for(ssl, result), "SSL_write");
}

static void longer_retry(void) {
    SSL *ssl = pending(receive_message, 0, message, MESSAGE / 2);
    finish(ssl, message, MESSAGE);
    expect(end(ssl) == 0, "the message");
}

static void moved_retry(void) {
    SSL *ssl = pending(receive_message, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, message, MESSAGE);
    memcpy(elsewhere, message, MESSAGE);
    finish(ssl, elsewhere, MESSAGE);
    expect(end(ssl) == 0, "the message");
}

static void moved_and_longer_retry(void) {
    SSL *ssl = pending(receive_message, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, message, MESSAGE / 3);
    memcpy(elsewhere, message, MESSAGE);
    finish(ssl, elsewhere, MESSAGE);
    expect(end(ssl) == 0, "the message");
}

/* What was not sent is moved to the front, and more comes behind it. */
static void rest_in_a_queue(void) {
    SSL *ssl = connect_to(receive_message);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int taken = 0, queued = 0;
    while (taken < MESSAGE || queued > 0) {
        int more = MESSAGE - taken < 30000 ? MESSAGE - taken : 30000;
        memcpy(elsewhere + queued, message + taken, (size_t)more);
        taken += more, queued += more;
        int result = SSL_write(ssl, elsewhere, queued);
        expect(result > 0, "SSL_write");
        queued -= result;
        memmove(elsewhere, elsewhere + result, (size_t)queued);
    }
    expect(end(ssl) == 0, "the message");
}

/* The rest goes out piece by piece. */
static void rest_in_pieces(void) {
    SSL *ssl = connect_to(receive_message);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    for (int sent = 0, size = MESSAGE; sent < MESSAGE; size = 7000) {
        int result = SSL_write(ssl, message + sent, MESSAGE - sent < size ? MESSAGE - sent : size);
        expect(result > 0, "SSL_write");
        sent += result;
    }
    expect(end(ssl) == 0, "the message");
}

/* A part of it is out when the transport is full; the retry is of the rest. */
static void short_write_then_want(void) {
    SSL *ssl = connect_to(receive_message);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    keep_peer_busy(ssl);
    for (int sent = 0; sent < MESSAGE;) {
        int result = SSL_write(ssl, message + sent, MESSAGE - sent);
        if (result > 0) sent += result;
        else expect(wait_for(ssl, result), "SSL_write");
    }
    expect(end(ssl) == 0, "the message");
}

static void read_while_pending(void) {
    unsigned char byte;
    SSL *ssl = pending(receive_message, 0, message, MESSAGE);
    int result = SSL_read(ssl, &byte, 1);
    expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "nothing to read");
    expect(SSL_peek(ssl, &byte, 1) < 0 && SSL_pending(ssl) == 0, "nothing to look at");
    finish(ssl, message, MESSAGE);
    expect(end(ssl) == 0, "the message");
}

/* Whoever asks twice gets the same answer. */
static void asked_twice(void) {
    SSL *ssl = connect_to(receive_message);
    keep_peer_busy(ssl);
    int result = SSL_write(ssl, message, MESSAGE);
    for (int i = 0; i < 2; i++) expect(SSL_get_error(ssl, result) == SSL_ERROR_WANT_WRITE, "a write that waits");
    expect(SSL_want(ssl) == SSL_WRITING && SSL_get_mode(ssl) >= 0, "a write that waits");
    finish(ssl, message, MESSAGE);
    expect(end(ssl) == 0, "the message");
}

/* Nobody asks SSL_get_error: this program knows what its socket does. */
static void never_asked(void) {
    SSL *ssl = connect_to(receive_message);
    struct pollfd fd = {SSL_get_fd(ssl), POLLOUT, 0};
    keep_peer_busy(ssl);
    let_peer_go_on();
    while (SSL_write(ssl, message, MESSAGE) < 0) expect(poll(&fd, 1, -1) == 1, "poll");
    expect(end(ssl) == 0, "the message");
}

/* While one connection waits, another writes something else. */
static void two_connections(void) {
    SSL *waits = pending(receive_message, 0, message, MESSAGE);
    pid_t waiting_peer = peer;
    SSL *goes_on = connect_to(take_anything);
    expect(SSL_write(goes_on, elsewhere, 100) == 100 && end(goes_on) == 0, "the other connection");
    peer = waiting_peer;
    finish(waits, message, MESSAGE);
    expect(end(waits) == 0, "the message");
}

/* The first write shakes hands, and is repeated until that is done. */
static void write_that_shakes_hands(void) {
    SSL *ssl = client_of(receive_message);
    int result;
    do_not_block(ssl);
    SSL_set_connect_state(ssl);
    while ((result = SSL_write(ssl, message, MESSAGE)) <= 0) expect(wait_for(ssl, result), "SSL_write");
    expect(end(ssl) == 0, "the message");
}

/* The same, with the handshake finished by its own function. */
static void write_that_waits_for_the_handshake(void) {
    SSL *ssl = client_of(receive_message);
    int result;
    do_not_block(ssl);
    SSL_set_connect_state(ssl);
    result = SSL_write(ssl, message, MESSAGE);
    expect(wait_for(ssl, result), "SSL_write");
    while ((result = SSL_do_handshake(ssl)) <= 0) expect(wait_for(ssl, result), "SSL_do_handshake");
    while ((result = SSL_write(ssl, message, MESSAGE)) <= 0) expect(wait_for(ssl, result), "SSL_write");
    expect(end(ssl) == 0, "the message");
}

/* The peer: had enough, and throws away what still comes. */
static void say_goodbye_at_once(int fd) {
    char unread[4096];
    SSL *ssl = serve(fd);
    SSL_shutdown(ssl);
    while (read(fd, unread, sizeof unread) > 0) continue;
    _exit(0);
}

static SSL *pending_when_the_peer_closes(void) {
    unsigned char byte;
    SSL *ssl = connect_to(say_goodbye_at_once);
    struct pollfd fd = {SSL_get_fd(ssl), POLLIN, 0};
    poll(&fd, 1, -1);
    keep_peer_busy(ssl);
    int result = SSL_write(ssl, message, MESSAGE);
    expect(result < 0 && SSL_get_error(ssl, result) == SSL_ERROR_WANT_WRITE, "a write that waits");
    result = SSL_read(ssl, &byte, 1);
    expect(result == 0 && SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN, "the peer's goodbye");
    return ssl;
}

/* The rest is nobody's affair any more. */
static void closed_by_the_peer(void) { hang_up(pending_when_the_peer_closes()); }

static void goodbye_answered(void) {
    SSL *ssl = pending_when_the_peer_closes();
    SSL_shutdown(ssl);
    hang_up(ssl);
}

/* It waited long enough. */
static void out_of_patience(void) {
    SSL *ssl = pending(take_anything, 0, message, MESSAGE);
    struct pollfd fd = {SSL_get_fd(ssl), POLLOUT, 0};
    expect(poll(&fd, 1, 150) == 0, "a socket that stays full");
    hang_up(ssl);
}

static void quiet_goodbye(void) {
    SSL *ssl = pending(take_anything, 0, message, MESSAGE);
    struct pollfd fd = {SSL_get_fd(ssl), POLLOUT, 0};
    poll(&fd, 1, 150);
    SSL_set_quiet_shutdown(ssl, 1);
    SSL_shutdown(ssl);
    hang_up(ssl);
}

/* The peer dies, the retry fails, and nothing else is tried. */
static void dead_peer(void) {
    SSL *ssl = pending(take_anything, 0, message, MESSAGE);
    kill(peer, SIGKILL);
    waitpid(peer, NULL, 0);
    int result = SSL_write(ssl, message, MESSAGE);
    expect(result <= 0 && SSL_get_error(ssl, result) == SSL_ERROR_SYSCALL, "a broken pipe");
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
    ERR_clear_error();
}

/* The process ends in the middle of it. */
static void ends_in_the_middle(void) {
    pid_t child = fork();
    int status = -1;
    if (child == 0) {
        pending(take_anything, 0, message, MESSAGE);
        kill(peer, SIGKILL);
        _exit(0);
    }
    waitpid(child, &status, 0);
    expect(status == 0, "the child");
}

#ifdef SSL_READ_EARLY_DATA_ERROR
/* The forms of a function are one function. */
static void retry_by_the_other_form(void) {
    size_t written;
    SSL *ssl = pending(receive_message, 0, message, MESSAGE);
    int result;
    let_peer_go_on();
    while ((result = SSL_write_ex(ssl, message, MESSAGE, &written)) != 1) expect(wait_for(ssl, result), "SSL_write_ex");
    expect(written == MESSAGE && end(ssl) == 0, "the message");
}
#endif

int main(void) {
    longer_retry();
    moved_retry();
    moved_and_longer_retry();
    rest_in_a_queue();
    rest_in_pieces();
    short_write_then_want();
    read_while_pending();
    asked_twice();
    never_asked();
    two_connections();
    write_that_shakes_hands();
    write_that_waits_for_the_handshake();
    closed_by_the_peer();
    goodbye_answered();
    out_of_patience();
    quiet_goodbye();
    dead_peer();
    ends_in_the_middle();
#ifdef SSL_READ_EARLY_DATA_ERROR
    retry_by_the_other_form();
#endif
    return 0;
}
