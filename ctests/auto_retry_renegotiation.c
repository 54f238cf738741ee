/* SSL_MODE_AUTO_RETRY and renegotiation (TLS 1.2 and below): "Never bother the application with retries if the
 * transport is blocking. If a renegotiation take place during normal operation, a SSL_read(3) or SSL_write(3) would
 * return with -1 and indicate the need to retry with SSL_ERROR_WANT_READ."
 *
 * Two processes over a blocking pair of sockets: over a BIO pair in one thread nothing would ever have to wait. */
#include "connection.h"
#include <signal.h>
#include <sys/wait.h>

enum { MESSAGE = 5, SECONDS = 30, ALLOW_CLIENT_RENEGOTIATION = 0x100 };

static const unsigned char first[MESSAGE + 1] = "12345", second[MESSAGE + 1] = "67890";
static int (*renegotiate)(SSL *);

static struct ends old_contexts(void) {
    uint64_t (*set_options)(SSL_CTX *, uint64_t);
    struct ends ends = contexts(highest_version() < TLS_1_2 ? highest_version() : TLS_1_2);
    /* From 3.0 on a server takes a renegotiation from its client only if told to. */
    const void *since_3_0;
    if (look_up(&since_3_0, "SSL_get1_peer_certificate") && look_up(&set_options, "SSL_CTX_set_options"))
        set_options(ends.server_ctx, ALLOW_CLIENT_RENEGOTIATION);
    return ends;
}

static SSL *over_socket(SSL_CTX *ctx, int fd, void (*set_state)(SSL *)) {
    BIO *bio = io.new_socket_bio(fd, CLOSE);
    SSL *ssl = new_connection(ctx);
    set_state(ssl);
    io.set_bio(ssl, bio, bio);
    return ssl;
}

/* The servers return 0, or the number of the step that failed. */
typedef int server(SSL *ssl);

/* Writes, asks for a renegotiation, sees it through, writes again. */
static int asks(SSL *ssl) {
    unsigned char data[MESSAGE];
    if (io.do_handshake(ssl) != 1 || io.write(ssl, first, MESSAGE) != MESSAGE) return 1;
    if (renegotiate(ssl) != 1 || io.do_handshake(ssl) != 1) return 2; /* this sends the HelloRequest */
    /* The client writes nothing yet: only without the mode does a read come back after the handshake. */
    SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
    if (!wants(read_once(ssl, data, MESSAGE), ERROR_WANT_READ)) return 3;
    if (io.write(ssl, second, MESSAGE) != MESSAGE) return 4;
    return receive(ssl, data, 1) == 1 ? 0 : 5; /* the client's word that it is done */
}

/* Is asked for a renegotiation by a client that writes. */
static int is_asked(SSL *ssl) {
    unsigned char data[MESSAGE];
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    if (io.do_handshake(ssl) != 1) return 1;
    if (receive(ssl, data, MESSAGE) != MESSAGE || memcmp(data, second, MESSAGE) != 0) return 2;
    return 0;
}

static pid_t start(struct ends *ends, server *serve) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) bail_out("socketpair", "failed");
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) bail_out("fork", "failed");
    if (child == 0) {
        alarm(SECONDS);
        close(fds[0]);
        SSL *ssl = over_socket(ends->server_ctx, fds[1], io.set_accept_state);
        int step = serve(ssl);
        host.ssl_free(ssl);
        free_contexts(ends);
        _exit(step);
    }
    close(fds[1]);
    ends->client = over_socket(ends->client_ctx, fds[0], io.set_connect_state);
    if (io.do_handshake(ends->client) != 1) bail_out("the handshake failed", host.expected.dialect);
    return child;
}

static void finish(struct ends *ends, pid_t child) {
    int status = -1;
    host.ssl_free(ends->client); /* closes the socket: a server that still waits comes to its end */
    if (waitpid(child, &status, 0) != child) bail_out("waitpid", "failed");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the server is content (status %#x)", (unsigned)status);
    free_contexts(ends);
}

static void a_read(int on) {
    unsigned char data[MESSAGE] = {0}, done = 1;
    struct ends ends = old_contexts();
    SSL_CTX_clear_mode(ends.client_ctx, SSL_MODE_AUTO_RETRY);
    if (on) SSL_CTX_set_mode(ends.client_ctx, SSL_MODE_AUTO_RETRY);
    pid_t child = start(&ends, asks);
    int before = receive(ends.client, data, MESSAGE);
    struct result call = read_once(ends.client, data, MESSAGE), again = {0, 0, 0};
    if (!on) again = read_once(ends.client, data, MESSAGE);
    ok(before == MESSAGE && (on ? call.value == MESSAGE : wants(call, ERROR_WANT_READ) && again.value == MESSAGE) &&
           memcmp(data, second, MESSAGE) == 0,
       "renegotiation, then %d bytes; %s: SSL_read is %s%s%s", MESSAGE, on ? "on" : "off", show(call),
       on ? "" : ", then ", on ? "" : show(again));
    if (write_once(ends.client, &done, 1).value != 1) ok(0, "the client's last byte%s", "");
    finish(&ends, child);
}

/* The page names SSL_write too. Over a blocking transport no libssl does that: it waits for the handshake to end. */
static void a_write(int on) {
    struct ends ends = old_contexts();
    SSL_CTX_clear_mode(ends.client_ctx, SSL_MODE_AUTO_RETRY);
    if (on) SSL_CTX_set_mode(ends.client_ctx, SSL_MODE_AUTO_RETRY);
    pid_t child = start(&ends, is_asked);
    renegotiate(ends.client);
    struct result call = write_once(ends.client, second, MESSAGE);
    ok(call.value == MESSAGE, "a write that begins with a renegotiation; %s: SSL_write is %s", on ? "on" : "off",
       show(call));
    finish(&ends, child);
}

/* Over a non-blocking one it does, with the mode and without. */
static void a_write_that_cannot_wait(int on) {
    unsigned char data[MESSAGE] = {0};
    struct ends ends = old_contexts();
    over_sockets(&ends, SOCK_STREAM);
    establish(&ends);
    SSL_clear_mode(ends.client, SSL_MODE_AUTO_RETRY);
    if (on) SSL_set_mode(ends.client, SSL_MODE_AUTO_RETRY);
    renegotiate(ends.client);
    struct result call = {-1, 0, 0};
    int waits = 0, got = 0;
    for (int round = 0; round < PATIENCE && call.value < 0; round++) {
        call = write_once(ends.client, second, MESSAGE);
        waits += wants(call, ERROR_WANT_READ);
        got += receive(ends.server, data + got, MESSAGE - got);
    }
    got += receive(ends.server, data + got, MESSAGE - got);
    ok(waits > 0 && call.value == MESSAGE && got == MESSAGE && memcmp(data, second, MESSAGE) == 0,
       "the same, non-blocking; %s: -1 WANT_READ %d times, then %s", on ? "on" : "off", waits, show(call));
    free_ends(&ends);
}

static int begins_a_renegotiation(void) {
    struct ends ends = old_contexts();
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    establish(&ends);
    int begun = renegotiate(ends.client) == 1;
    free_ends(&ends);
    return begun;
}

int main(void) {
    connection_load();
    if (is_boringssl_kind()) skip_all("BoringSSL and AWS-LC have no such mode, and their servers do not renegotiate");
    if (!look_up(&renegotiate, "SSL_renegotiate")) bail_out("no SSL_renegotiate in", host.expected.dialect);
    if (!begins_a_renegotiation()) skip_all("this libssl's SSL_renegotiate fails: it has no renegotiation");
    signal(SIGPIPE, SIG_IGN);
    alarm(3 * SECONDS);
    for (int on = 0; on < 2; on++) {
        a_read(on);
        a_write(on);
        a_write_that_cannot_wait(on);
    }
    return tap_done();
}
