/* Prints what one libssl makes of writes that are refused, of their retries, and of reads that meet records without
 * data: the outcome of each call, a line each.
 *
 *   tables LIBSSL VERSION(771 or 772) PEM
 */
#include "libssl.h"

enum { TOTAL = 40000, ROOM = 17000 };

static unsigned char sent[2 * TOTAL], moved[2 * TOTAL], got[1 << 17];

static void set_mode(long mask) { L("SSL_ctrl", (void *, int, long, void *), client.ssl, CTRL_MODE, mask, NULL); }
static void clear_mode(long mask) { L("SSL_ctrl", (void *, int, long, void *), client.ssl, CTRL_CLEAR_MODE, mask, NULL); }

static void begin(const char *title, long mask) {
    connect_ends(ROOM);
    /* Tickets are read, and do not come in between. */
    I("SSL_write", (void *, const void *, int), server.ssl, "x", 1);
    carry(&server, &client, WIRE);
    for (int i = 0; i < 4 && I("SSL_read", (void *, void *, int), client.ssl, got, 1) != 1; i++) continue;
    clear_errors();
    set_mode(mask);
    printf("%s, modes %#lx\n", title, mask);
}

static void write_call(const unsigned char *from, int length) {
    printf("  SSL_write(%s, %d) =", from == moved ? "moved" : "first", length);
    outcome(client.ssl, I("SSL_write", (void *, const void *, int), client.ssl, from, length));
    printf("\n");
}

static void drain(void) {
    int all = 0, value;
    carry(&client, &server, WIRE);
    while ((value = I("SSL_read", (void *, void *, int), server.ssl, got + all, (int)sizeof got - all)) > 0) all += value;
    int length = all < (int)sizeof sent ? all : (int)sizeof sent;
    printf("  the peer gets %d%s\n", all, memcmp(got, sent, (size_t)length) == 0 ? "" : ", other bytes");
    clear_errors();
}

static void plain_writes(long mask) {
    int gone = 0;
    begin("40000 bytes, room for one record", mask);
    for (int i = 0; i < 3; i++) {
        int value = I("SSL_write", (void *, const void *, int), client.ssl, sent + gone, TOTAL - gone);
        printf("  SSL_write(%d) =", TOTAL - gone);
        outcome(client.ssl, value);
        printf("\n");
        if (mask & PARTIAL_WRITE && value > 0) gone += value;
        carry(&client, &server, WIRE);
    }
    free_ends();
}

/* One write that is refused, a retry, then the right retry until it is through, then a new write. */
static void retry(const char *title, long mask, int first, const unsigned char *from, int length) {
    begin(title, mask);
    write_call(sent, first);
    write_call(from, length);
    drain();
    write_call(sent, first);
    drain();
    write_call(sent, first);
    write_call(sent, 10);
    drain();
    free_ends();
}

/* The same, and then the retry itself goes on. */
static void retry_goes_on(const char *title, long mask, const unsigned char *from, int length) {
    begin(title, mask);
    for (int i = 0; i < 4; i++) {
        if (i == 0)
            write_call(sent, TOTAL);
        else
            write_call(from, length);
        drain();
    }
    free_ends();
}

static void odd_lengths(void) {
    begin("lengths that are none", 0);
    write_call(sent, 0);
    write_call(sent, -1);
    write_call(sent, 5);
    drain();
    free_ends();
}

static void read_call(int length) {
    int value = I("SSL_read", (void *, void *, int), client.ssl, got, length);
    printf("  SSL_read(%d) =", length);
    outcome(client.ssl, value);
    printf(", pending %d\n", I("SSL_pending", (void *), client.ssl));
}

static void key_update(int auto_retry, int read_ahead) {
    begin("a key update, then 5 bytes", 0);
    if (auto_retry)
        set_mode(AUTO_RETRY);
    else
        clear_mode(AUTO_RETRY);
    V("SSL_set_read_ahead", (void *, int), client.ssl, read_ahead);
    printf("  AUTO_RETRY %d, read_ahead %d\n", auto_retry, read_ahead);
    I("SSL_key_update", (void *, int), server.ssl, 0);
    I("SSL_write", (void *, const void *, int), server.ssl, "hello", 5);
    carry(&server, &client, WIRE);
    for (int i = 0; i < 3; i++) read_call(100);
    free_ends();
}

static void reads(void) {
    begin("30 bytes in one record, and 20 in the next", 0);
    I("SSL_write", (void *, const void *, int), server.ssl, sent, 30);
    I("SSL_write", (void *, const void *, int), server.ssl, sent, 20);
    carry(&server, &client, WIRE);
    read_call(7);
    read_call(0);
    read_call(100);
    read_call(100);
    read_call(100);
    free_ends();
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int version = atoi(argv[2]);
    load(argv[1]);
    new_context(version, argv[3]);
    fill(sent, sizeof sent);
    memcpy(moved, sent, sizeof sent);
    for (long mask = 0; mask < 4; mask++) plain_writes(mask);
    for (long mask = 0; mask < 4; mask++) {
        retry("other buffer", mask, TOTAL, moved, TOTAL);
        retry("same buffer, 30000 of 40000", mask, TOTAL, sent, 30000);
        retry("same buffer, 10 bytes", mask, TOTAL, sent, 10);
        retry("20000, then 17000 from elsewhere", mask, 20000, moved, 17000);
        retry("0 bytes", mask, TOTAL, sent, 0);
        retry("-1 bytes", mask, TOTAL, sent, -1);
        retry_goes_on("the same", mask, sent, TOTAL);
        retry_goes_on("moved and longer", mask, moved, 60000);
    }
    odd_lengths();
    reads();
    if (version == TLS_1_3)
        for (int i = 0; i < 4; i++) key_update(i & 1, i >> 1);
    return 0;
}
