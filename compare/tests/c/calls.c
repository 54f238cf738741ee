/* Random sequences of SSL_read, SSL_peek, SSL_write, SSL_key_update and SSL_shutdown on both ends of a connection, and of
 * what the transport does to them; prints each call's outcome, what SSL_pending, SSL_has_pending and SSL_get_shutdown say
 * after it, and the bytes on the wire. The same seed gives the same calls on every libssl.
 *
 *   calls LIBSSL VERSION(771 or 772) PEM SEED COUNT
 */
#include "libssl.h"

enum { IGNORE_UNEXPECTED_EOF = 0x80, SHUTDOWN_WR = 142, ARENA = 60000 };

static unsigned char data[ARENA], got[ARENA];
static uint64_t state;

static unsigned below(unsigned end) {
    state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((mixed ^ (mixed >> 31)) % end);
}

#define PICK(...) ((const int[]){__VA_ARGS__}[below(sizeof((const int[]){__VA_ARGS__}) / sizeof(int))])

static uint32_t sum(const unsigned char *bytes, int length) {
    uint32_t sum = 0x811c9dc5;
    for (int i = 0; i < length; i++) sum = (sum ^ bytes[i]) * 0x01000193;
    return sum;
}

/* Whether an end without close_notify is one, and came: 3.0 then forgets that it sent a close_notify, and may send
 * another, or data after it, which ours does not: such an end only reads. */
static int ignores, forgets;
static int closed[2], reads_ahead[2], asked;

static const char *name(const struct end *end) { return end == &client ? "client" : "server"; }

static void after(struct end *end) {
    printf("; pending %d shutdown %d", I("SSL_pending", (void *), end->ssl), I("SSL_get_shutdown", (void *), end->ssl));
    /* What was read ahead counts or not by how 3.0's buffer happens to lie. */
    if (!reads_ahead[end == &client]) printf(" has %d", I("SSL_has_pending", (void *), end->ssl));
    if (!forgets) printf(" wire %zu %zu", waiting(client.far), waiting(server.far));
    printf("\n");
}

static void read_some(struct end *end, const char *function) {
    int length = PICK(0, 1, 7, 100, 5000, 20000);
    printf("  %s %s %d =", name(end), function, length);
    int value = I(function, (void *, void *, int), end->ssl, got, length);
    outcome(end->ssl, value);
    if (value > 0) printf(" sum %08x", sum(got, value));
    after(end);
}

static void read_ex(struct end *end, const char *function) {
    size_t length = (size_t)PICK(0, 1, 7, 5000, 20000), count = 77;
    printf("  %s %s %zu =", name(end), function, length);
    outcome(end->ssl, I(function, (void *, void *, size_t, size_t *), end->ssl, got, length, &count));
    printf(" count %zu", count);
    after(end);
}

/* Mostly the same call again, so that a refused one comes to its end. */
static void write_some(struct end *end) {
    static int offset, length;
    if (below(3) == 0) offset = (int)below(1000), length = PICK(0, 1, 5, 100, 5000, 16384, 20000, 40000);
    if (forgets && closed[end == &client]) return;
    printf("  %s SSL_write %d from %d =", name(end), length, offset);
    outcome(end->ssl, I("SSL_write", (void *, const void *, int), end->ssl, data + offset, length));
    after(end);
}

static void shut_down(struct end *end) {
    /* 3.0 answers a key update after its close_notify, too. */
    if (asked || (forgets && closed[end == &client])) return;
    closed[end == &client] = 1;
    printf("  %s SSL_shutdown =", name(end));
    outcome(end->ssl, I("SSL_shutdown", (void *), end->ssl));
    after(end);
}

static void update_key(struct end *end) {
    /* After its own close_notify 3.0 would send it, or the answer; ours sends nothing after one. */
    if (asked || closed[0] || closed[1]) return;
    /* With a request it is the last one: 3.0 answers with the next data as ours does, but also when one more comes. */
    int requested = (int)below(2);
    asked |= requested;
    printf("  %s SSL_key_update %d =", name(end), requested);
    int value = I("SSL_key_update", (void *, int), end->ssl, requested);
    printf(" %d", value);
    clear_errors();
    if (value == 1) printf(" type %d", I("SSL_get_key_update_type", (void *), end->ssl));
    after(end);
}

static void transport(struct end *from, struct end *to) {
    size_t most = (size_t)PICK(1, 3, 5, 30, 600, 17000, WIRE, WIRE, WIRE);
    size_t carried = carry(from, to, most);
    if (!forgets) printf("  the wire carries %zu bytes of the %s\n", carried, name(from));
}

/* The last byte of what is on the wire, which is of a tag, becomes another. */
static void harm(struct end *from, struct end *to) {
    unsigned char bytes[WIRE];
    int there = (int)waiting(from->far);
    if (there == 0) return;
    int read = I("BIO_read", (void *, void *, int), from->far, bytes, there);
    bytes[read - 1] ^= (unsigned char)(1 + below(255));
    I("BIO_write", (void *, const void *, int), to->far, bytes, read);
    clear_errors();
    printf("  the wire carries %d bytes of the %s, the last one changed\n", read, name(from));
}

static void end_of_wire(struct end *to) {
    L("BIO_ctrl", (void *, int, long, void *), to->far, SHUTDOWN_WR, 0, NULL);
    forgets = ignores;
    printf("  the wire to the %s ends\n", name(to));
}

static void change_mode(struct end *end) {
    long mask = PICK(PARTIAL_WRITE, MOVING_BUFFER, AUTO_RETRY, AUTO_RETRY);
    int set = (int)below(2);
    long modes = L("SSL_ctrl", (void *, int, long, void *), end->ssl, set ? CTRL_MODE : CTRL_CLEAR_MODE, mask, NULL);
    printf("  %s has the modes %#lx\n", name(end), (unsigned long)modes);
}

static void read_ahead(struct end *end) {
    int on = (int)below(2);
    V("SSL_set_read_ahead", (void *, int), end->ssl, on);
    reads_ahead[end == &client] |= on;
    printf("  %s reads ahead: %d\n", name(end), on);
}

static void step(int version, int harms, int ends) {
    struct end *here = below(2) ? &client : &server, *there = here == &client ? &server : &client;
    switch (below(100)) {
        case 0 ... 19: write_some(here); break;
        case 20 ... 37: read_some(here, "SSL_read"); break;
        case 38 ... 44: read_some(here, "SSL_peek"); break;
        case 45 ... 47: read_ex(here, "SSL_read_ex"); break;
        case 48 ... 49: read_ex(here, "SSL_peek_ex"); break;
        case 50 ... 71: transport(here, there); break;
        case 72 ... 76: if (version == TLS_1_3) update_key(here); break;
        case 77 ... 82: change_mode(here); break;
        case 83 ... 85: read_ahead(here); break;
        case 86 ... 93: if (ends) shut_down(here); break;
        case 94 ... 96: if (ends) end_of_wire(here); break;
        default: if (harms) harm(here, there);
    }
}

static void settle(void) {
    I("SSL_write", (void *, const void *, int), server.ssl, "x", 1);
    carry(&server, &client, WIRE);
    I("SSL_read", (void *, void *, int), client.ssl, got, 1);
    clear_errors();
}

static void sequence(int version, uint64_t seed) {
    state = seed;
    size_t room = (size_t)PICK(17000, 1000, WIRE);
    int harms = below(4) == 0, ends = below(4) != 0, steps = 10 + (int)below(50);
    ignores = (int)below(2), forgets = asked = closed[0] = closed[1] = reads_ahead[0] = reads_ahead[1] = 0;
    connect_ends(room);
    settle();
    if (ignores) {
        ((uint64_t(*)(void *, uint64_t))need("SSL_set_options"))(client.ssl, IGNORE_UNEXPECTED_EOF);
        ((uint64_t(*)(void *, uint64_t))need("SSL_set_options"))(server.ssl, IGNORE_UNEXPECTED_EOF);
    }
    printf("seed %llu: room %zu%s\n", (unsigned long long)seed, room, ignores ? ", an end without close_notify is one" : "");
    for (int i = 0; i < steps; i++) step(version, harms, ends);
    free_ends();
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    int version = atoi(argv[2]);
    unsigned long long seed = strtoull(argv[4], NULL, 10), count = strtoull(argv[5], NULL, 10);
    load(argv[1]);
    new_context(version, argv[3]);
    fill(data, sizeof data);
    for (unsigned long long i = 0; i < count; i++) sequence(version, seed + i);
    return 0;
}
