/* SSL_MODE_AUTO_RETRY and the records of TLS 1.3 that carry no data: key updates, and the session tickets that follow a
 * handshake. Off, SSL_read "would return with -1 and indicate the need to retry with SSL_ERROR_WANT_READ" although the
 * bytes are there. */
#include "connection.h"

enum { MESSAGE = 5 };

static int (*key_update)(SSL *, int);
static unsigned char sent[MESSAGE], received[MESSAGE + 1];

static void set_auto_retry(struct ends *ends, int on) {
    if (on)
        SSL_set_mode(ends->client, SSL_MODE_AUTO_RETRY);
    else
        SSL_clear_mode(ends->client, SSL_MODE_AUTO_RETRY);
}

static int is_message(struct result result) { return result.value == MESSAGE && memcmp(sent, received, MESSAGE) == 0; }

/* To a program of an older OpenSSL such records do not exist: in that dialect they are taken in unseen, unless the
 * program clears AUTO_RETRY, which is off by default there. */
static int hides_them(void) {
    return is_dialect("openssl-0.9.8") || is_dialect("openssl-1.0.2") || is_dialect("openssl-1.1.0");
}

/* Bytes that are already buffered make up for the mode, up to 3.0. Since the record layer of 3.2 a key update begins a
 * new buffer, which knows nothing of the bytes behind it. BoringSSL never stops for a record without data. */
static void after_a_key_update(int on, int read_ahead) {
    int buffered = read_ahead && !is_record_layer_new();
    int stops = !on && !buffered && !is_boringssl_kind() && !hides_them();
    struct ends ends = contexts(TLS_1_3);
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    io.set_read_ahead(ends.client, read_ahead);
    establish(&ends);
    if (on || !hides_them()) set_auto_retry(&ends, on);
    if (key_update(ends.server, 0) != 1 || write_once(ends.server, sent, MESSAGE).value != MESSAGE)
        bail_out("no key update", host.expected.dialect);
    struct result first = read_once(ends.client, received, sizeof received), second = {0, 0, 0};
    if (first.value <= 0) second = read_once(ends.client, received, sizeof received);
    ok((stops ? wants(first, ERROR_WANT_READ) && is_message(second) : is_message(first)),
       "key update, then %d bytes; %s, read_ahead %d: SSL_read is %s%s%s", MESSAGE, on ? "on" : "off", read_ahead,
       show(first), first.value <= 0 ? ", then " : "", first.value <= 0 ? show(second) : "");
    struct result rest = read_once(ends.client, received, sizeof received);
    ok(wants(rest, ERROR_WANT_READ), "and then nothing is left: %s", show(rest));
    free_ends(&ends);
}

/* The usual way to meet one: the server has written its tickets, then its first bytes. */
static void after_the_handshake(int on, int read_ahead) {
    int stops = !on && !read_ahead && !is_boringssl_kind() && !hides_them();
    struct ends ends = contexts(TLS_1_3);
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    io.set_read_ahead(ends.client, read_ahead);
    if (!shake_hands(&ends)) bail_out("the handshake failed", host.expected.dialect);
    if (on || !hides_them()) set_auto_retry(&ends, on);
    if (write_once(ends.server, sent, MESSAGE).value != MESSAGE) bail_out("SSL_write", "failed");
    int tickets = 0;
    struct result call = read_once(ends.client, received, sizeof received);
    for (; wants(call, ERROR_WANT_READ) && tickets < 10; tickets++)
        call = read_once(ends.client, received, sizeof received);
    ok(is_message(call) && (stops ? tickets > 0 : tickets == 0),
       "after the handshake, %s, read_ahead %d: %d times -1 WANT_READ for the session tickets, then %s",
       on ? "on" : "off", read_ahead, tickets, show(call));
    free_ends(&ends);
}

int main(void) {
    connection_load();
    if (!look_up(&key_update, "SSL_key_update")) skip_all("this libssl has no TLS 1.3, hence no key updates");
    fill(sent, sizeof sent);
    for (int on = 0; on < 2; on++)
        for (int read_ahead = 0; read_ahead < 2; read_ahead++) {
            after_a_key_update(on, read_ahead);
            after_the_handshake(on, read_ahead);
        }
    return tap_done();
}
