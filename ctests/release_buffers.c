/* SSL_MODE_RELEASE_BUFFERS: "When we no longer need a read buffer or a write buffer for a given SSL, then release the
 * memory we were using to hold it. Released memory is either appended to a list of unused RAM chunks on the SSL_CTX, or
 * simply freed if the list of unused chunks would become longer than SSL_CTX->freelist_max_len, which defaults to 32.
 * Using this flag can save around 34k per idle SSL connection. This flag has no effect on [...] DTLS connections."
 *
 * Seen in the heap in use, once many connections have shaken hands, carried data both ways, and fallen idle. */
#include "connection.h"

enum { CONNECTIONS = 50, DATA = 16000, FREELIST = 32 };

/* What the mode saves an end: about a read and a write buffer; up to 3.0 TLS 1.3 holds fewer to begin with. */
struct range {
    long least, most;
};
static struct range expected_of_tls(void) {
    return is_dialect("openssl-1.0.2") || is_ours() ? (struct range){33000, 38000}
           : is_record_layer_new()     ? (struct range){30000, 37000}
                                       : (struct range){22000, 28000};
}
/* Nothing, says the page; but the record layer of 3.2 gives write buffers back whatever the protocol. */
static struct range expected_of_dtls(void) {
    return is_record_layer_new() ? (struct range){15000, 28000} : (struct range){-1500, 1500};
}

/* glibc's struct mallinfo2, which headers older than 2.33 lack. */
struct heap_info {
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};
static struct heap_info (*mallinfo2_of_glibc)(void);

static long in_use(void) {
    struct heap_info info = mallinfo2_of_glibc();
    return (long)(info.uordblks + info.hblkhd); /* from the arenas, and mapped on their own */
}

static void exchange(SSL *from, SSL *to) {
    static unsigned char sent[DATA], received[DATA];
    fill(sent, sizeof sent);
    if (write_once(from, sent, DATA).value != DATA || receive(to, received, DATA) != DATA ||
        memcmp(sent, received, DATA) != 0)
        bail_out("bytes were lost over", host.expected.dialect);
    /* A read that finds nothing: the end is then idle. */
    if (!wants(read_once(to, received, DATA), ERROR_WANT_READ)) bail_out("not idle", host.expected.dialect);
}

/* Heap in use: for each end while all are idle, and what is still held by the contexts when all are gone. */
struct heap_use {
    long per_end, kept;
};

static struct heap_use measure(const void *method, int datagrams, int with_mode) {
    struct ends ends = contexts_of(method), open[CONNECTIONS];
    if (with_mode) {
        SSL_CTX_set_mode(ends.client_ctx, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_mode(ends.server_ctx, SSL_MODE_RELEASE_BUFFERS);
    }
    long start = in_use();
    for (int i = 0; i < CONNECTIONS; i++) {
        open[i] = ends;
        over_sockets(&open[i], datagrams ? SOCK_DGRAM : SOCK_STREAM);
        if (!shake_hands(&open[i])) bail_out("the handshake failed", host.expected.dialect);
        exchange(open[i].client, open[i].server);
        exchange(open[i].server, open[i].client);
    }
    struct heap_use use = {(in_use() - start) / (2 * CONNECTIONS), 0};
    for (int i = 0; i < CONNECTIONS; i++) free_connections(&open[i]);
    use.kept = in_use() - start;
    free_contexts(&ends);
    return use;
}

static int within(long saved, struct range range) { return saved >= range.least && saved <= range.most; }

static void over_tls(void) {
    struct range range = expected_of_tls();
    measure(host.method, 0, 0); /* whatever is made once and kept */
    struct heap_use off = measure(host.method, 0, 0), on = measure(host.method, 0, 1);
    long saved = off.per_end - on.per_end;
    ok(within(saved, range), "an idle end of TLS: %ld bytes off, %ld on: %ld saved (expected %ld to %ld)",
       off.per_end, on.per_end, saved, range.least, range.most);
    /* Both contexts have a list for each kind, and SSL_free puts buffers there with the mode or without. */
    long chunks = off.kept / (2 * FREELIST);
    if (is_dialect("openssl-1.0.2"))
        ok(within(chunks, range),
           "%d connections freed: the contexts keep %ld bytes, %d pairs of buffers each of %ld bytes a pair",
           CONNECTIONS, off.kept, FREELIST, chunks);
    else
        ok(off.kept < FREELIST * range.least / 4, "%d connections freed: the contexts keep %ld bytes, no buffers",
           CONNECTIONS, off.kept);
}

/* Where the mode is 0 its effect is always on: buffers are held only while there is something in them. */
static void without_the_mode(void) {
    skip("RELEASE_BUFFERS is 0 in BoringSSL and AWS-LC", "what the mode saves");
    measure(host.method, 0, 0);
    long idle = measure(host.method, 0, 0).per_end;
    ok(idle < DATA, "without the mode an idle end has %ld bytes: less than one buffer", idle);
}

static void over_dtls(void) {
    const void *(*method)(void);
    if (!look_up(&method, "DTLS_method") && !look_up(&method, "DTLSv1_method")) {
        skip("this libssl has no DTLS", "DTLS");
        return;
    }
    SSL_CTX *ctx = host.ctx_new(method());
    if (ctx == NULL) {
        skip("this libssl's SSL_CTX_new is NULL for DTLS: it has none", "DTLS");
        return;
    }
    host.ctx_free(ctx);
    measure(method(), 1, 0);
    long off = measure(method(), 1, 0).per_end, on = measure(method(), 1, 1).per_end;
    struct range range = expected_of_dtls();
    ok(within(off - on, range), "an idle end of DTLS: %ld bytes off, %ld on: %ld saved (expected %ld to %ld)", off, on,
       off - on, range.least, range.most);
}

int main(void) {
    const char *preloaded = getenv("LD_PRELOAD");
    connection_load();
    if (is_dialect("openssl-0.9.8")) skip_all("0.9.8 has no RELEASE_BUFFERS: 1.0.0 added it");
    if (host.through) skip_all("under a profile the buffers are the libssl's own");
    if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL) skip_all("valgrind's heap has no mallinfo2");
    void *address = dlsym(RTLD_DEFAULT, "mallinfo2");
    memcpy(&mallinfo2_of_glibc, &address, sizeof address);
    if (address == NULL) skip_all("this C library has no mallinfo2 (glibc 2.33)");
    if (is_boringssl_kind()) {
        without_the_mode();
    } else {
        over_tls();
        over_dtls();
    }
    return tap_done();
}
