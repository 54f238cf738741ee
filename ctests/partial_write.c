/* SSL_MODE_ENABLE_PARTIAL_WRITE: "Allow SSL_write(..., n) to return r with 0 < r < n"; "r bytes have been successfully
 * written and the next call to SSL_write() must only send the n-r bytes left, imitating the behaviour of write()". */
#include "connection.h"

enum { TOTAL = 40000, RECORD = 16384, STREAM = 1000000 };

static unsigned char sent[STREAM], received[STREAM + 1];

static struct ends pair(int partial) {
    struct ends ends = contexts(highest_version());
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    establish(&ends);
    if (partial)
        SSL_set_mode(ends.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    else
        SSL_clear_mode(ends.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    return ends;
}

/* The pipe holds one record; what is read makes room for the next. */
static void without_the_mode(void) {
    struct ends ends = pair(0);
    struct result call[3];
    int got = 0;
    for (int i = 0; i < 3; i++) {
        call[i] = write_once(ends.client, sent, TOTAL);
        int part = receive(ends.server, received + got, TOTAL - got);
        ok(part == (i < 2 ? RECORD : TOTAL - 2 * RECORD), "off, after call %d: %d bytes arrive", i + 1, part);
        got += part;
    }
    ok(wants(call[0], ERROR_WANT_WRITE) && wants(call[1], ERROR_WANT_WRITE) && call[2].value == TOTAL,
       "off: SSL_write of %d is %s, the same again %s, the same again %s", TOTAL, show(call[0]), show(call[1]),
       show(call[2]));
    ok(got == TOTAL && memcmp(sent, received, TOTAL) == 0, "off: the %d bytes that arrived are the %d sent", got,
       TOTAL);
    free_ends(&ends);
}

static void with_the_mode(void) {
    struct ends ends = pair(1);
    struct result call[3];
    int got = 0, gone = 0;
    for (int i = 0; i < 3; i++) {
        call[i] = write_once(ends.client, sent + gone, TOTAL - gone);
        gone += call[i].value > 0 ? call[i].value : 0;
        got += receive(ends.server, received + got, TOTAL - got);
    }
    ok(call[0].value == RECORD && call[1].value == RECORD && call[2].value == TOTAL - 2 * RECORD,
       "on: SSL_write of the bytes left is %s, %s, %s", show(call[0]), show(call[1]), show(call[2]));
    ok(got == TOTAL && memcmp(sent, received, TOTAL) == 0, "on: the %d bytes that arrived are the %d sent", got, TOTAL);
    free_ends(&ends);
}

/* What the page's "must only send the n-r bytes left" warns of: all n again are n more bytes. */
static void not_only_what_is_left(void) {
    struct ends ends = pair(1);
    int first = write_once(ends.client, sent, TOTAL).value;
    int got = receive(ends.server, received, TOTAL);
    int second = write_once(ends.client, sent, TOTAL).value;
    got += receive(ends.server, received + got, TOTAL);
    ok(first == RECORD && second == RECORD && got == 2 * RECORD && memcmp(received, received + RECORD, RECORD) == 0,
       "on, all n again after r=%d: the peer has the first %d bytes twice (%d bytes)", first, RECORD, got);
    free_ends(&ends);
}

/* A full pipe is a refusal with the mode too: the record is then pending. Once it has gone out, 0.9.8e, BoringSSL and
 * AWS-LC report it; 1.0.2 and later take up the next record in the same call, and report both or are refused again. */
static void a_refusal_with_the_mode(void) {
    int goes_on = !is_dialect("openssl-0.9.8") && !is_boringssl_kind();
    struct ends ends = pair(1);
    struct result first = write_once(ends.client, sent, TOTAL), refused, again;
    refused = again = write_once(ends.client, sent + RECORD, TOTAL - RECORD);
    int got = 0, refusals = 1;
    for (; refusals < 5; refusals++) {
        got += receive(ends.server, received + got, TOTAL - got);
        again = write_once(ends.client, sent + RECORD, TOTAL - RECORD);
        if (!wants(again, ERROR_WANT_WRITE)) break;
    }
    got += receive(ends.server, received + got, TOTAL - got);
    ok(first.value == RECORD && wants(refused, ERROR_WANT_WRITE) && refusals == (goes_on ? 2 : 1) &&
           again.value == (goes_on ? TOTAL - RECORD : RECORD),
       "on, a full pipe: %s, then %d times %s, then %s", show(first), refusals, show(refused), show(again));
    ok(got == RECORD + again.value && memcmp(sent, received, (size_t)got) == 0, "and %d bytes arrive unharmed", got);
    free_ends(&ends);
}

/* The kernel's buffer in place of ours, and a program that does as the page says. */
static void over_the_kernel(int partial) {
    struct ends ends = contexts(highest_version());
    if (partial) SSL_CTX_set_mode(ends.client_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
    over_sockets(&ends, SOCK_STREAM);
    establish(&ends);
    int gone = 0, got = 0, parts = 0, refusals = 0, wrong = 0;
    for (int round = 0; round < 10 * PATIENCE && gone < STREAM; round++) {
        struct result call = write_once(ends.client, sent + gone, STREAM - gone);
        if (call.value > 0) {
            parts += call.value < STREAM - gone;
            gone += call.value;
        } else {
            refusals++;
            wrong += !wants(call, ERROR_WANT_WRITE);
            got += receive(ends.server, received + got, STREAM + 1 - got);
        }
    }
    got += receive(ends.server, received + got, STREAM + 1 - got);
    ok(gone == STREAM && refusals > 0 && wrong == 0 && (partial ? parts >= STREAM / RECORD - refusals : parts == 0),
       "non-blocking sockets, %s: %d of %d bytes, %d partial successes, %d times -1 WANT_WRITE", partial ? "on" : "off",
       gone, STREAM, parts, refusals);
    ok(got == STREAM && memcmp(sent, received, STREAM) == 0, "%d bytes arrive, and they are the ones sent", got);
    free_ends(&ends);
}

int main(void) {
    connection_load();
    fill(sent, sizeof sent);
    without_the_mode();
    with_the_mode();
    not_only_what_is_left();
    a_refusal_with_the_mode();
    over_the_kernel(0);
    over_the_kernel(1);
    return tap_done();
}
