/* SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: "Make it possible to retry SSL_write() with changed buffer location (the buffer
 * contents must stay the same). This is not the default". */
#include "connection.h"

enum { TOTAL = 40000, RECORD = 16384, NEW = 10, BAD_LENGTH_OPENSSL = 271 };

static unsigned char sent[TOTAL], moved[TOTAL], received[TOTAL + NEW];

/* What a retry from another buffer leaves behind, as observed: the right retry and a new write after it. */
static const struct {
    const char *dialect;
    int reason; /* "bad write retry" */
    int lives;
    int right_error, right_reason, new_error, new_reason; /* where it does not */
} wrongs[] = {
    {"openssl-0.9.8", 127, 1, 0, 0, 0, 0},
    {"openssl-1.0.2", 127, 1, 0, 0, 0, 0},
    {"openssl-1.0.2l", 127, 1, 0, 0, 0, 0},
    {"openssl-1.1.1", 127, 0, ERROR_SYSCALL, 0, ERROR_SSL, BAD_LENGTH_OPENSSL},
    {"openssl-3", 127, 0, ERROR_SYSCALL, 0, ERROR_SSL, BAD_LENGTH_OPENSSL},
    {"openssl-3.2", 127, 0, ERROR_SYSCALL, 0, ERROR_SSL, BAD_LENGTH_OPENSSL},
    {"openssl-4", 127, 0, ERROR_SSL, 0, ERROR_SSL, 0},
    {"boringssl", 118, 1, 0, 0, 0, 0},
    {"aws-lc", 118, 1, 0, 0, 0, 0},
};

/* Two ends, and on the client a write that is to be retried. */
static struct ends pending(int moving) {
    struct ends ends = contexts(highest_version());
    if (moving) SSL_CTX_set_mode(ends.client_ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    establish(&ends);
    struct result call = write_once(ends.client, sent, TOTAL);
    ok(wants(call, ERROR_WANT_WRITE), "%s: SSL_write of %d is %s", moving ? "on" : "off", TOTAL, show(call));
    return ends;
}

/* The same call until it is done; returns how many bytes arrived. */
static int retry(struct ends *ends, const unsigned char *data, struct result *last) {
    int got = receive(ends->server, received, TOTAL);
    for (int call = 0; call < 5; call++) {
        *last = write_once(ends->client, data, TOTAL);
        got += receive(ends->server, received + got, TOTAL - got);
        if (!wants(*last, ERROR_WANT_WRITE)) break;
    }
    return got;
}

static void without_the_mode(void) {
    size_t i = 0;
    while (strcmp(wrongs[i].dialect, host.expected.dialect) != 0)
        if (++i == sizeof wrongs / sizeof *wrongs) bail_out("no expectations for the dialect", host.expected.dialect);
    struct ends ends = pending(0);
    struct result wrong = write_once(ends.client, moved, TOTAL);
    ok(wrong.value == -1 && wrong.error == ERROR_SSL && wrong.reason == wrongs[i].reason,
       "off: the same bytes from another buffer: %s, \"bad write retry\"", show(wrong));

    struct result right;
    int got = retry(&ends, sent, &right);
    if (wrongs[i].lives) {
        ok(right.value == TOTAL && got == TOTAL && memcmp(sent, received, TOTAL) == 0,
           "the connection lives: the right retry is %s, and the %d bytes arrive", show(right), got);
    } else {
        ok(right.value == -1 && right.error == wrongs[i].right_error && right.reason == wrongs[i].right_reason,
           "the connection is dead: the right retry is %s", show(right));
        struct result new = write_once(ends.client, sent, NEW);
        ok(new.value == -1 && new.error == wrongs[i].new_error && new.reason == wrongs[i].new_reason,
           "and a new write is %s", show(new));
        ok(got == RECORD, "of the %d bytes only the first record came: %d", TOTAL, got);
    }
    free_ends(&ends);
}

static void with_the_mode(void) {
    struct ends ends = pending(1);
    struct result last;
    int got = retry(&ends, moved, &last);
    ok(last.value == TOTAL && got == TOTAL && memcmp(sent, received, TOTAL) == 0,
       "on: the same bytes from another buffer: %s, and the %d that arrive are the ones sent", show(last), got);
    free_ends(&ends);
}

/* "the buffer contents must stay the same": no libssl looks. The pending record goes out as it was made, the rest from
 * the new buffer. */
static void with_changed_contents(void) {
    static unsigned char changed[TOTAL];
    for (int i = 0; i < TOTAL; i++) changed[i] = (unsigned char)~sent[i];
    struct ends ends = pending(1);
    struct result last;
    int got = retry(&ends, changed, &last);
    ok(last.value == TOTAL && got == TOTAL && memcmp(received, sent, 2 * RECORD) == 0 &&
           memcmp(received + 2 * RECORD, changed + 2 * RECORD, TOTAL - 2 * RECORD) == 0,
       "on, other bytes: %s, and the peer has %d of the old and %d of the new", show(last), 2 * RECORD,
       TOTAL - 2 * RECORD);
    free_ends(&ends);
}

/* The mode counts when the retry is made, not when the write began. */
static void set_in_between(void) {
    struct ends ends = pending(0);
    SSL_set_mode(ends.client, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    struct result last;
    int got = retry(&ends, moved, &last);
    ok(last.value == TOTAL && got == TOTAL && memcmp(sent, received, TOTAL) == 0,
       "set before the retry: another buffer: %s, %d bytes arrive", show(last), got);
    free_ends(&ends);
}

int main(void) {
    connection_load();
    fill(sent, sizeof sent);
    memcpy(moved, sent, sizeof sent);
    without_the_mode();
    with_the_mode();
    with_changed_contents();
    set_in_between();
    return tap_done();
}
