/* SSL_MODE_SEND_FALLBACK_SCSV: "Send TLS_FALLBACK_SCSV in the ClientHello. To be set only by applications that
 * reconnect with a downgraded protocol version". RFC 7507: the value is 0x56,0x00, and a server that speaks a higher
 * version than such a ClientHello answers with the fatal alert inappropriate_fallback(86). */
#include "connection.h"

enum { SCSV = 0x5600, ALERT = 21, HANDSHAKE = 22, CLIENT_HELLO = 1, FATAL = 2, INAPPROPRIATE_FALLBACK = 86 };
enum { CLIENT_REASON = 1000 + INAPPROPRIATE_FALLBACK }; /* SSL_R_TLSV1_ALERT_INAPPROPRIATE_FALLBACK */

static long mode(void) { return is_boringssl_kind() ? 0x400 : SSL_MODE_SEND_FALLBACK_SCSV; }

static const char *name_of(int version) {
    static const char *const names[] = {"SSL 3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};
    return version >= SSL_3 && version <= TLS_1_3 ? names[version - SSL_3] : "?";
}

/* What a ClientHello says. */
struct hello {
    int version, ciphers, scsvs;
    const char *format;
};

static int number(const unsigned char *at, int bytes) {
    int value = 0;
    while (bytes-- > 0) value = value << 8 | *at++;
    return value;
}

/* The list of |length| bytes, in each |width| of them a cipher suite. */
static int count_ciphers(struct hello *hello, const unsigned char *list, int length, int width) {
    for (int i = 0; i + width <= length; i += width, hello->ciphers++) hello->scsvs += number(list + i, width) == SCSV;
    return length > 0 && length % width == 0;
}

/* RFC 5246, 7.4.1.2. The functions that parse return 0 if it is anything else. */
static int parse_message(struct hello *hello, const unsigned char *data, int length) {
    if (length < 39 || data[0] != CLIENT_HELLO) return 0;
    hello->format = "TLS's";
    hello->version = number(data + 4, 2);
    int at = 39 + data[38]; /* header 4, version 2, random 32, session id */
    if (at + 2 > length) return 0;
    int list = number(data + at, 2);
    return at + 2 + list <= length && count_ciphers(hello, data + at + 2, list, 2);
}

/* A record, or the format of SSL 2 (RFC 5246, appendix E.2), which 0.9.8 may use. */
static int parse(struct hello *hello, const unsigned char *data, int length) {
    memset(hello, 0, sizeof *hello);
    if (length >= 11 && data[0] & 0x80 && data[2] == CLIENT_HELLO) {
        int list = number(data + 5, 2);
        hello->format = "SSL 2's";
        hello->version = number(data + 3, 2);
        return 11 + list <= length && count_ciphers(hello, data + 11, list, 3);
    }
    return length >= 5 && data[0] == HANDSHAKE && 5 + number(data + 3, 2) <= length &&
           parse_message(hello, data + 5, number(data + 3, 2));
}

/* The bytes that a client of |ctx| begins with. */
static struct hello first_flight(SSL_CTX *ctx, long own_mode) {
    unsigned char bytes[16384];
    BIO *near, *far;
    struct hello hello;
    if (io.new_bio_pair(&near, sizeof bytes, &far, sizeof bytes) != 1) bail_out("BIO_new_bio_pair", "failed");
    SSL *ssl = new_connection(ctx);
    SSL_set_mode(ssl, own_mode);
    io.set_connect_state(ssl);
    io.set_bio(ssl, near, near);
    io.do_handshake(ssl);
    if (!parse(&hello, bytes, io.bio_read(far, bytes, sizeof bytes)))
        bail_out("not a ClientHello", host.expected.dialect);
    host.ssl_free(ssl);
    io.bio_free(far);
    return hello;
}

static void in_the_bytes(void) {
    SSL_CTX *ctx = new_context();
    struct hello off = first_flight(ctx, 0), by_ssl = first_flight(ctx, mode());
    SSL_CTX_set_mode(ctx, mode());
    struct hello by_ctx = first_flight(ctx, 0);
    SSL_CTX_clear_mode(ctx, mode());
    struct hello cleared = first_flight(ctx, 0);
    ok(off.scsvs == 0, "off: no 0x56,0x00 among the %d cipher suites of the ClientHello (%s format, %s)", off.ciphers,
       off.format, name_of(off.version));
    ok(by_ssl.scsvs == 1 && by_ssl.ciphers == off.ciphers + 1, "set on the connection: 0x56,0x00 once among %d",
       by_ssl.ciphers);
    ok(by_ctx.scsvs == 1 && by_ctx.ciphers == off.ciphers + 1, "set on the context: 0x56,0x00 once among %d",
       by_ctx.ciphers);
    ok(cleared.scsvs == 0 && cleared.ciphers == off.ciphers, "cleared: none among %d", cleared.ciphers);
    host.ctx_free(ctx);
}

static struct hello second;

static void watch(int written, int version, int type, const void *data, size_t length, SSL *ssl, void *argument) {
    (void)version, (void)ssl, (void)argument;
    if (written && type == HANDSHAKE && length > 0 && *(const unsigned char *)data == CLIENT_HELLO)
        parse_message(&second, data, (int)length);
}

/* The mode says "in the ClientHello", and a renegotiation has one too. */
static void in_a_renegotiation(void) {
    int (*renegotiate)(SSL *);
    void (*set_watch)(SSL *, void (*)(int, int, int, const void *, size_t, SSL *, void *));
    if (is_boringssl_kind() || !look_up(&renegotiate, "SSL_renegotiate") ||
        !look_up(&set_watch, "SSL_set_msg_callback")) {
        skip("this libssl's clients do not begin a renegotiation", "the SCSV in a renegotiation");
        return;
    }
    struct ends ends = contexts(highest_version() < TLS_1_2 ? highest_version() : TLS_1_2);
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    establish(&ends);
    SSL_set_mode(ends.client, mode());
    set_watch(ends.client, watch);
    if (renegotiate(ends.client) == 1) {
        io.do_handshake(ends.client);
        ok(second.scsvs == 1, "on, renegotiation: 0x56,0x00 once among the %d of its ClientHello", second.ciphers);
    } else {
        skip("this libssl's SSL_renegotiate fails: it has no renegotiation", "the SCSV in a renegotiation");
    }
    free_ends(&ends);
}

static struct ends speaking(int client_highest, int server_highest, int with_mode) {
    struct ends ends = contexts_of(host.method);
    limit_versions(ends.client_ctx, client_highest < TLS_1_2 ? client_highest : TLS_1_2, client_highest);
    limit_versions(ends.server_ctx, client_highest < TLS_1_2 ? client_highest : TLS_1_2, server_highest);
    if (with_mode) SSL_CTX_set_mode(ends.client_ctx, mode());
    over_bio_pair(&ends, ROOM_FOR_ONE_RECORD);
    return ends;
}

static void succeeds(int client_highest, int server_highest, int with_mode, const char *what) {
    int (*version)(const SSL *);
    struct ends ends = speaking(client_highest, server_highest, with_mode);
    int done = shake_hands(&ends);
    int spoken = look_up(&version, "SSL_version") ? version(ends.client) : 0;
    ok(done && spoken == client_highest, "%s: client up to %s, server up to %s, mode %s: %s, %s", what,
       name_of(client_highest), name_of(server_highest), with_mode ? "on" : "off",
       done ? "a handshake" : "no handshake", name_of(spoken));
    free_ends(&ends);
}

/* The server's answer as bytes, and what the client makes of it. */
static void is_refused(int client_highest, int server_highest) {
    unsigned char bytes[256] = {0};
    struct ends ends = speaking(client_highest, server_highest, 1);
    BIO *(*rbio)(const SSL *);
    if (!look_up(&rbio, "SSL_get_rbio")) bail_out("no SSL_get_rbio in", host.expected.dialect);
    io.do_handshake(ends.client);
    struct result server = result_of(ends.server, io.do_handshake(ends.server));
    int length = io.bio_read(rbio(ends.client), bytes, sizeof bytes);
    ok(server.value <= 0 && server.error == ERROR_SSL && server.reason == (is_boringssl_kind() ? 157 : 373),
       "fallback from %s to %s: the server's handshake is %s, \"inappropriate fallback\"", name_of(server_highest),
       name_of(client_highest), show(server));
    free_ends(&ends);
    if (client_highest == SSL_3) {
        ok(length <= 0, "0.9.8e has no such alert for SSL 3 and sends none: %d bytes", length > 0 ? length : 0);
        return;
    }
    ok(length == 7 && bytes[0] == ALERT && bytes[5] == FATAL && bytes[6] == INAPPROPRIATE_FALLBACK,
       "it answers with record type %d, level %d, alert %d", bytes[0], bytes[5], bytes[6]);

    ends = speaking(client_highest, server_highest, 1);
    io.do_handshake(ends.client);
    io.do_handshake(ends.server);
    io.clear_errors();
    struct result client = result_of(ends.client, io.do_handshake(ends.client));
    ok(client.value <= 0 && client.error == ERROR_SSL && client.reason == CLIENT_REASON, "the client's is %s",
       show(client));
    free_ends(&ends);
}

/* What the client sends, with the SCSV turned into a cipher suite that nobody knows: a server from before RFC 7507. */
static void pass_on_without_scsv(BIO *from, BIO *to) {
    unsigned char bytes[16384];
    int length = io.bio_read(from, bytes, sizeof bytes);
    if (length < 44) bail_out("not a ClientHello", host.expected.dialect);
    int at = 44 + bytes[43], list = number(bytes + at, 2);
    for (int i = at + 2; i < at + 2 + list && i + 1 < length; i += 2)
        if (number(bytes + i, 2) == SCSV) bytes[i + 1] ^= 0x5A;
    io.bio_write(to, bytes, length);
}

/* OpenSSL's clients under the mode, from 1.1.1 on; our libssl follows its profile. Another one under a profile is newer. */
static int looks_for_mark(void) {
    if (host.through) return 1;
    return !is_boringssl_kind() && strncmp(host.expected.dialect, "openssl-0.", 10) != 0 &&
           strncmp(host.expected.dialect, "openssl-1.0.", 12) != 0;
}

/* RFC 8446, 4.1.3: the ServerHello of a server that could do more has a mark in its random bytes, which a client that
 * could do more looks for. OpenSSL's counts as one under the mode, though its own limit is lower. */
static void the_mark_of_a_downgrade(int with_mode) {
    unsigned char bytes[16384];
    BIO *client[2], *server[2];
    struct ends ends = speaking(TLS_1_2, TLS_1_3, with_mode);
    if (io.new_bio_pair(&client[0], sizeof bytes, &client[1], sizeof bytes) != 1 ||
        io.new_bio_pair(&server[0], sizeof bytes, &server[1], sizeof bytes) != 1)
        bail_out("BIO_new_bio_pair", "failed");
    io.set_bio(ends.client, client[0], client[0]);
    io.set_bio(ends.server, server[0], server[0]);
    io.do_handshake(ends.client);
    pass_on_without_scsv(client[1], server[1]);
    io.do_handshake(ends.server);
    io.bio_write(client[1], bytes, io.bio_read(server[1], bytes, sizeof bytes));
    io.clear_errors();
    struct result call = result_of(ends.client, io.do_handshake(ends.client));
    ok(with_mode && looks_for_mark() ? call.error == ERROR_SSL && call.reason == 373 : wants(call, ERROR_WANT_READ),
       "a server that knows no SCSV but TLS 1.3, mode %s: the client's handshake is %s", with_mode ? "on" : "off",
       show(call));
    free_ends(&ends);
    io.bio_free(client[1]), io.bio_free(server[1]);
}

int main(void) {
    connection_load();
    int highest = highest_version(), lowered = highest - 1;
    in_the_bytes();
    in_a_renegotiation();
    succeeds(highest, highest, 0, "nothing lowered");
    succeeds(highest, highest, 1, "nothing lowered");
    succeeds(lowered, highest, 0, "lowered");
    succeeds(lowered, lowered, 1, "a fallback that the server needs");
    is_refused(lowered, highest);
    if (highest < TLS_1_3)
        skip("this libssl has no TLS 1.3", "the mark of a downgrade");
    else
        for (int on = 0; on < 2; on++) the_mark_of_a_downgrade(on);
    return tap_done();
}
