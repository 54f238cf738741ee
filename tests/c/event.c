/* Meets one event, really or by a fault, and prints what every call answers: event EVENT VERSION really|by_fault [WATCH]
 *
 * "really": the pipe is full, the bytes have not come, the program itself sends the key update. "by_fault": none of
 * that, and the option faults is to bring it about. What is printed must be the same. WATCH is "old" or "ex": a callback
 * of this kind on the client's BIO prints what it sees. The libssl is chosen as in ctests/host.h.
 */
#include "connection.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* These go through libsslmode. */
extern int SSL_do_handshake(SSL *ssl);
extern int SSL_read(SSL *ssl, void *buf, int num);
extern int SSL_write(SSL *ssl, const void *buf, int num);
extern int SSL_shutdown(SSL *ssl);
extern int SSL_get_error(const SSL *ssl, int result);
extern int SSL_want(const SSL *ssl);

enum { BIG = 40000, SMALL = 5, NARROW = 10000, WIDE = 200000 };

/* A line from end to end by way of this program, which may hold back what is on it. */
struct line {
    int near[2], far[2]; /* 0 is the client's */
    size_t filler[2];    /* bytes on it that no end has sent */
};

static struct ends ends;
static struct line line;
static int really;
static unsigned char data[BIG], received[BIG];

static void pass_on(int from) {
    char bytes[4096];
    ssize_t length;
    for (;;) {
        size_t filler = line.filler[from], room = filler > 0 && filler < sizeof bytes ? filler : sizeof bytes;
        if ((length = recv(line.far[from], bytes, room, MSG_DONTWAIT)) <= 0) return;
        if (filler > 0)
            line.filler[from] -= (size_t)length;
        else if (send(line.far[1 - from], bytes, (size_t)length, 0) != length)
            bail_out("the line", "is too long");
    }
}

static void pass_on_both_ways(void) { pass_on(0), pass_on(1); }

/* Until nothing more fits into the client's end. */
static void fill_up(void) {
    char bytes[4096] = {0};
    ssize_t length;
    for (size_t size = sizeof bytes; size > 0; size /= 16)
        while ((length = send(line.near[0], bytes, size, MSG_DONTWAIT)) > 0) line.filler[0] += (size_t)length;
}

static void set_room(int bytes) { setsockopt(line.near[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); }

enum { CB_READ = 2, CB_WRITE = 3, CB_RETURN = 0x80 };

static void print_operation(int operation, long result) {
    int kind = operation & ~CB_RETURN;
    if (kind != CB_READ && kind != CB_WRITE) return;
    printf("  %s", kind == CB_READ ? "reads" : "writes");
    if (operation & CB_RETURN) printf(": %s", result > 0 ? "some" : result == 0 ? "none" : "-1");
    printf("\n");
}

static long on_old(BIO *bio, int operation, const char *bytes, int length, long argument, long result) {
    (void)bio, (void)bytes, (void)length, (void)argument;
    print_operation(operation, result);
    return result;
}

static long on_ex(BIO *bio, int operation, const char *bytes, size_t length, int argument, long number, int result,
                  size_t *moved) {
    (void)bio, (void)bytes, (void)length, (void)argument, (void)number, (void)moved;
    print_operation(operation, result);
    return result;
}

static void watch(BIO *bio, const char *kind) {
    void (*set_old)(BIO *, long (*)(BIO *, int, const char *, int, long, long));
    void (*set_ex)(BIO *, long (*)(BIO *, int, const char *, size_t, int, long, int, size_t *));
    if (strcmp(kind, "old") == 0 && look_up(&set_old, "BIO_set_callback")) set_old(bio, on_old);
    if (strcmp(kind, "ex") == 0 && look_up(&set_ex, "BIO_set_callback_ex")) set_ex(bio, on_ex);
}

static int noticed(const char *who, const char *call, SSL *ssl, int result) {
    int was = errno;
    printf("%s %s %d, errno %d, error %d, want %d", who, call, result, result < 0 ? was : 0, SSL_get_error(ssl, result),
           SSL_want(ssl));
    printf(", queued %d\n", (int)(io.next_error() & 0xFFF));
    io.clear_errors();
    errno = 0;
    return result;
}

static int client_writes(int length) {
    return noticed("client", "write", ends.client, SSL_write(ends.client, data, length));
}
static int server_writes(int length) {
    return noticed("server", "write", ends.server, SSL_write(ends.server, data, length));
}
static int client_reads(void) {
    return noticed("client", "read", ends.client, SSL_read(ends.client, received, BIG));
}
static int server_reads(void) {
    return noticed("server", "read", ends.server, SSL_read(ends.server, received, BIG));
}

static void connect_ends(int version, const char *watched) {
    int client[2], server[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, client) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, server) != 0)
        bail_out("socketpair", "failed");
    line.near[0] = client[0], line.far[0] = client[1], line.near[1] = server[0], line.far[1] = server[1];
    non_blocking(line.near[0]), non_blocking(line.near[1]);
    ends = contexts(version);
    connections(&ends);
    BIO *one = io.new_socket_bio(line.near[0], CLOSE), *other = io.new_socket_bio(line.near[1], CLOSE);
    watch(one, watched);
    io.set_bio(ends.client, one, one);
    io.set_bio(ends.server, other, other);
}

static void go_on_shaking_hands(void) {
    int client = 0, server = 0;
    for (int round = 0; round < 20 && !(client == 1 && server == 1); round++) {
        if (client != 1) client = noticed("client", "handshake", ends.client, SSL_do_handshake(ends.client));
        pass_on_both_ways();
        if (server != 1) server = noticed("server", "handshake", ends.server, SSL_do_handshake(ends.server));
        pass_on_both_ways();
    }
}

/* A byte each way: tickets are then behind us. */
static void settle_down(void) {
    go_on_shaking_hands();
    SSL_write(ends.server, data, 1), pass_on_both_ways(), SSL_read(ends.client, received, 1);
    SSL_write(ends.client, data, 1), pass_on_both_ways(), SSL_read(ends.server, received, 1);
}

static void read_all_of(int length) {
    int got = 0;
    for (int calm = 0; got < length && calm < 5; calm++) {
        pass_on_both_ways();
        int result = server_reads();
        if (result > 0) got += result, calm = 0;
    }
    printf("%d of %d bytes, %s\n", got, length, got <= BIG && memcmp(received, data, 1) == 0 ? "right" : "wrong");
}

static void want_write(void) {
    settle_down();
    if (really) fill_up();
    client_writes(SMALL);
    pass_on_both_ways();
    client_writes(SMALL);
    pass_on_both_ways();
    server_reads();
}

/* A wrong retry gets what this libssl has for it. */
static void wrong_retry(void) {
    static unsigned char elsewhere[BIG];
    settle_down();
    if (really) fill_up();
    client_writes(SMALL);
    pass_on_both_ways();
    noticed("client", "write from elsewhere", ends.client, SSL_write(ends.client, elsewhere, SMALL));
    client_writes(SMALL);
    pass_on_both_ways();
    server_reads();
}

static void want_read(void) {
    settle_down();
    server_writes(SMALL);
    if (!really) pass_on_both_ways();
    client_reads();
    pass_on_both_ways();
    client_reads();
    client_reads();
}

static void short_write(void) {
    settle_down();
    if (really) set_room(NARROW);
    client_writes(BIG);
    set_room(WIDE);
    pass_on_both_ways();
    client_writes(BIG);
    read_all_of(BIG);
}

static void key_update(void) {
    int (*update)(SSL *, int);
    settle_down();
    SSL_clear_mode(ends.client, SSL_MODE_AUTO_RETRY);
    if (really && look_up(&update, "SSL_key_update")) update(ends.server, 0);
    server_writes(SMALL);
    pass_on_both_ways();
    client_reads();
    client_reads();
    server_writes(SMALL);
    pass_on_both_ways();
    client_reads();
}

/* A ticket that the server sent with the end of its handshake, or none and a key update before its data. */
static void ticket(void) {
    int (*set_tickets)(SSL *, size_t);
    if (!look_up(&set_tickets, "SSL_set_num_tickets")) bail_out("SSL_set_num_tickets", "is not there");
    set_tickets(ends.server, really ? 1 : 0);
    SSL_clear_mode(ends.client, SSL_MODE_AUTO_RETRY);
    go_on_shaking_hands();
    server_writes(SMALL);
    pass_on_both_ways();
    client_reads();
    client_reads();
    client_writes(SMALL);
    pass_on_both_ways();
    server_reads();
}

static void release(void) {
    int (*free_buffers)(SSL *);
    settle_down();
    server_writes(SMALL);
    pass_on_both_ways();
    if (really && look_up(&free_buffers, "SSL_free_buffers")) free_buffers(ends.client);
    client_reads();
    client_writes(BIG);
    read_all_of(BIG);
}

static void first_flight(void) {
    if (really) fill_up();
    noticed("client", "handshake", ends.client, SSL_do_handshake(ends.client));
    pass_on_both_ways();
    go_on_shaking_hands();
    client_writes(SMALL);
    read_all_of(SMALL);
}

static void second_flight(void) {
    noticed("client", "handshake", ends.client, SSL_do_handshake(ends.client));
    pass_on_both_ways();
    noticed("server", "handshake", ends.server, SSL_do_handshake(ends.server));
    if (!really) pass_on_both_ways();
    noticed("client", "handshake", ends.client, SSL_do_handshake(ends.client));
    pass_on_both_ways();
    go_on_shaking_hands();
    client_writes(SMALL);
    read_all_of(SMALL);
}

static void farewell(void) {
    settle_down();
    if (really) fill_up();
    noticed("client", "shutdown", ends.client, SSL_shutdown(ends.client));
    pass_on_both_ways();
    noticed("client", "shutdown", ends.client, SSL_shutdown(ends.client));
    pass_on_both_ways();
    server_reads();
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*meet)(void);
    } events[] = {{"want_write", want_write},     {"wrong_retry", wrong_retry}, {"want_read", want_read},
                  {"short_write", short_write},   {"key_update", key_update},   {"release", release},
                  {"ticket", ticket},
                  {"first_flight", first_flight}, {"second_flight", second_flight}, {"farewell", farewell}};
    if (argc != 4 && argc != 5) return 2;
    connection_load();
    really = strcmp(argv[3], "really") == 0;
    fill(data, sizeof data);
    connect_ends((int)strtol(argv[2], NULL, 0), argc == 5 ? argv[4] : "");
    errno = 0;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcmp(events[i].name, argv[1]) == 0) events[i].meet();
    free_ends(&ends);
    return 0;
}
