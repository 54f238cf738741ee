/* Shows one connection over one libssl, step by step:
 *
 *   cc -o show show.c -ldl && ./show /path/to/libssl.so
 *
 * Two ends in one thread, each over a BIO pair. Every step prints what the call returned, what SSL_get_error said, the
 * first error of the queue, the data that arrived (its length and FNV-1a sum), and the bytes then on the wire.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char CERTIFICATE[] = @CERTIFICATE@;
static const char KEY[] = @KEY@;

enum { ARENA = 300000, RECORD = 1 << 18 };
static unsigned char arena[2][ARENA]; /* the data that is written, twice */
static unsigned char buffer[1 << 16], arrived[RECORD];
static size_t arrived_length;
static int key_update;
static void *library, *client, *server, *client_near, *client_far, *server_near, *server_far;

static void *find(const char *name) { return dlsym(library, name); }

static void *get(const char *name) {
    void *function = find(name);
    if (function == NULL) {
        fprintf(stderr, "expected a libssl with %s\n", name);
        exit(2);
    }
    return function;
}

/* Calls by name: P returns a pointer, I an int, L a long. */
#define P(name, types) ((void *(*)types)get(name))
#define I(name, types) ((int (*)types)get(name))
#define L(name, types) ((long (*)types)get(name))
#define V(name, types) ((void (*)types)get(name))

static uint32_t sum(const unsigned char *data, size_t length) {
    uint32_t sum = 0x811c9dc5;
    for (size_t i = 0; i < length; i++) sum = (sum ^ data[i]) * 0x01000193;
    return sum;
}

static size_t on_the_wire(void) { return (size_t)L("BIO_ctrl_pending", (void *))(client_far); }

static void end_step(long value, int ssl_error, const unsigned char *data, size_t length) {
    static const char *const names[] = {"", " SSL", " WANT_READ", " WANT_WRITE", "", " SYSCALL", " ZERO_RETURN"};
    unsigned long error = ((unsigned long (*)(void))get("ERR_peek_error"))();
    printf(" = %ld%s", value, names[ssl_error]);
    if (error != 0) printf(" reason %lu", error & 0xfff);
    if (length > 0) printf(", %zu bytes of data (sum %08x)", length, sum(data, length));
    printf(", %zu on the wire\n", on_the_wire());
}

static void clear_errors(void) { V("ERR_clear_error", (void))(); }

static void end_call(void *ssl, int value, const unsigned char *data) {
    end_step(value, I("SSL_get_error", (void *, int))(ssl, value), data, data != NULL && value > 0 ? (size_t)value : 0);
}

static void fill_arena(void) {
    uint64_t state = 1;
    for (size_t i = 0; i < ARENA; i += 8) {
        state += 0x9e3779b97f4a7c15;
        uint64_t mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        mixed ^= mixed >> 31;
        memcpy(arena[0] + i, &mixed, 8);
        memcpy(arena[1] + i, &mixed, 8);
    }
}

static void load(int argc, char **argv) {
    if (argc != 2 || (library = dlopen(argv[1], RTLD_NOW)) == NULL) {
        fprintf(stderr, "usage: %s /path/to/libssl.so\n%s\n", argv[0], argc == 2 ? dlerror() : "");
        exit(2);
    }
    fill_arena();
    if (find("SSL_library_init"))
        I("SSL_library_init", (void))();
    else
        I("OPENSSL_init_ssl", (uint64_t, void *))(0, NULL);
    /* Records of a known size: nothing is compressed. */
    if (find("SSL_COMP_get_compression_methods") && find("sk_zero")) {
        void *methods = P("SSL_COMP_get_compression_methods", (void))();
        if (methods != NULL) V("sk_zero", (void *))(methods);
    }
}

static void *read_pem(const char *function, const char *text) {
    void *bio = P("BIO_new_mem_buf", (const void *, int))(text, -1);
    return P(function, (void *, void *, void *, void *))(bio, NULL, NULL, NULL);
}

static void *new_context(int version, const char *ciphers) {
    void *method = P(find("TLS_method") ? "TLS_method" : "SSLv23_method", (void))();
    void *ctx = P("SSL_CTX_new", (void *))(method);
    if (version == 0x0301 && find("SSL_CTX_set_security_level")) V("SSL_CTX_set_security_level", (void *, int))(ctx, 0);
    if (ciphers != NULL) I("SSL_CTX_set_cipher_list", (void *, const char *))(ctx, ciphers);
    if (find("SSL_CTX_set_min_proto_version")) {
        I("SSL_CTX_set_min_proto_version", (void *, uint16_t))(ctx, (uint16_t)version);
        I("SSL_CTX_set_max_proto_version", (void *, uint16_t))(ctx, (uint16_t)version);
    } else {
        L("SSL_CTX_ctrl", (void *, int, long, void *))(ctx, 123, version, NULL);
        L("SSL_CTX_ctrl", (void *, int, long, void *))(ctx, 124, version, NULL);
    }
    /* No tickets. */
    if (find("SSL_CTX_set_num_tickets")) I("SSL_CTX_set_num_tickets", (void *, size_t))(ctx, 0);
    if (find("SSL_CTX_set_options"))
        L("SSL_CTX_set_options", (void *, unsigned long))(ctx, 0x4000);
    else
        L("SSL_CTX_ctrl", (void *, int, long, void *))(ctx, 32, 0x4000, NULL);
    I("SSL_CTX_use_certificate", (void *, void *))(ctx, read_pem("PEM_read_bio_X509", CERTIFICATE));
    I("SSL_CTX_use_PrivateKey", (void *, void *))(ctx, read_pem("PEM_read_bio_PrivateKey", KEY));
    return ctx;
}

static size_t move(void *from, void *to, size_t most) {
    static unsigned char bytes[RECORD];
    int got = I("BIO_read", (void *, void *, int))(from, bytes, (int)(most < sizeof bytes ? most : sizeof bytes));
    if (got <= 0) return 0;
    I("BIO_write", (void *, const void *, int))(to, bytes, got);
    return (size_t)got;
}

static void connect_ends(int version, const char *ciphers, size_t room, int read_ahead) {
    void *ctx = new_context(version, ciphers);
    I("BIO_new_bio_pair", (void **, size_t, void **, size_t))(&client_near, room, &client_far, RECORD);
    I("BIO_new_bio_pair", (void **, size_t, void **, size_t))(&server_near, RECORD, &server_far, RECORD);
    client = P("SSL_new", (void *))(ctx);
    server = P("SSL_new", (void *))(ctx);
    V("SSL_set_bio", (void *, void *, void *))(client, client_near, client_near);
    V("SSL_set_bio", (void *, void *, void *))(server, server_near, server_near);
    V("SSL_set_connect_state", (void *))(client);
    V("SSL_set_accept_state", (void *))(server);
    if (find("SSL_set_read_ahead")) V("SSL_set_read_ahead", (void *, int))(client, read_ahead);
    for (int i = 0; i < 50; i++) {
        int ours = I("SSL_do_handshake", (void *))(client);
        move(client_far, server_far, RECORD);
        int theirs = I("SSL_do_handshake", (void *))(server);
        move(server_far, client_far, RECORD);
        if (ours == 1 && theirs == 1 && on_the_wire() == 0) break;
    }
    clear_errors();
    /* One byte, as the run that found this had it. */
    I("SSL_write", (void *, const void *, int))(client, "x", 1);
    move(client_far, server_far, RECORD);
    if (I("SSL_read", (void *, void *, int))(server, buffer, sizeof buffer) != 1) {
        fprintf(stderr, "the handshake failed\n");
        exit(2);
    }
}

static long change_mode(const char *function, int command, long mask) {
    if (find("SSL_ctrl")) return L("SSL_ctrl", (void *, int, long, void *))(client, command, mask, NULL);
    return (long)((uint32_t (*)(void *, uint32_t))get(function))(client, (uint32_t)mask);
}

static void set_mode(long mask) {
    long answer = change_mode("SSL_set_mode", 33, mask);
    clear_errors();
    printf("SSL_set_mode(%#lx)", (unsigned long)mask);
    end_step(answer, 0, NULL, 0);
}

static void clear_mode(long mask) {
    long answer = change_mode("SSL_clear_mode", 78, mask);
    clear_errors();
    printf("SSL_clear_mode(%#lx)", (unsigned long)mask);
    end_step(answer, 0, NULL, 0);
}

static void write_from(int moved, size_t offset, int length) {
    printf("SSL_write(%s + %zu, %d)", moved ? "moved" : "first", offset, length);
    clear_errors();
    end_call(client, I("SSL_write", (void *, const void *, int))(client, arena[moved] + offset, length), NULL);
}

/* Prints the bytes written, or -1 where the function returned 0. */
static void write_ex_from(int moved, size_t offset, size_t length) {
    printf("SSL_write_ex(%s + %zu, %zu)", moved ? "moved" : "first", offset, length);
    clear_errors();
    size_t written = 0;
    int value = I("SSL_write_ex", (void *, const void *, size_t, size_t *))(client, arena[moved] + offset, length, &written);
    int error = I("SSL_get_error", (void *, int))(client, value);
    end_step(value == 1 ? (long)written : -1, error, NULL, 0);
}

/* SSL_write from a buffer that ends where the call says, with memory behind it that cannot be read. */
static void write_exactly(size_t offset, int length) {
    size_t size = length > 0 ? (size_t)length : 0, page = 4096, whole = (size + page - 1) / page * page, guard = 1 << 20;
    unsigned char *memory = mmap(NULL, whole + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *exact = memory + whole - size;
    memcpy(exact, arena[0] + offset, size);
    mprotect(memory + whole, guard, PROT_NONE);
    printf("SSL_write(a buffer of %zu, %d)", size, length);
    fflush(stdout);
    clear_errors();
    end_call(client, I("SSL_write", (void *, const void *, int))(client, exact, length), NULL);
    munmap(memory, whole + guard);
}

static void limit_fragment(size_t bytes) {
    if (find("SSL_set_max_send_fragment"))
        I("SSL_set_max_send_fragment", (void *, size_t))(client, bytes);
    else
        L("SSL_ctrl", (void *, int, long, void *))(client, 52, (long)bytes, NULL);
    clear_errors();
    printf("SSL_set_max_send_fragment(%zu)", bytes);
    end_step(0, 0, NULL, 0);
}

/* The peer takes bytes from the wire and reads the records that are whole. */
static void drain(size_t most) {
    static unsigned char data[2 * RECORD];
    size_t whole = 0, length = 0, space = sizeof arrived - arrived_length;
    int got = on_the_wire() == 0 ? 0 : I("BIO_read", (void *, void *, int))(
        client_far, arrived + arrived_length, (int)(most < space ? most : space));
    arrived_length += got > 0 ? (size_t)got : 0;
    while (whole + 5 <= arrived_length) {
        size_t next = whole + 5 + (size_t)arrived[whole + 3] * 256 + arrived[whole + 4];
        if (next > arrived_length) break;
        whole = next;
    }
    if (whole > 0) I("BIO_write", (void *, const void *, int))(server_far, arrived, (int)whole);
    memmove(arrived, arrived + whole, arrived_length - whole);
    arrived_length -= whole;
    printf("the peer takes %zu", most);
    clear_errors();
    while ((got = I("SSL_read", (void *, void *, int))(server, buffer, sizeof buffer)) > 0) {
        memcpy(data + length, buffer, (size_t)got);
        length += (size_t)got;
    }
    int error = I("SSL_get_error", (void *, int))(server, got);
    end_step((long)length, error == 2 ? 0 : error, data, length);
}

static void break_transport(void) {
    L("BIO_ctrl", (void *, int, long, void *))(client_near, 142, 0, NULL);
    clear_errors();
    printf("the transport fails from now on");
    end_step(0, 0, NULL, 0);
}

static void peer_key_update(void) {
    key_update = find("SSL_key_update") != NULL;
    clear_errors();
    printf("the peer will update its key");
    end_step(0, 0, NULL, 0);
}

static void peer_write(int bytes) {
    if (key_update) I("SSL_key_update", (void *, int))(server, 0);
    key_update = 0;
    clear_errors();
    int value = I("SSL_write", (void *, const void *, int))(server, arena[0], bytes);
    move(server_far, client_far, RECORD);
    printf("the peer writes %d", bytes);
    end_call(server, value, NULL);
}

static void read_into(int bytes) {
    printf("SSL_read(%d)", bytes);
    clear_errors();
    end_call(client, I("SSL_read", (void *, void *, int))(client, buffer, bytes), buffer);
}

/* A sequence uses some of the steps only. */
void (*const steps[])(void) = {
    (void (*)(void))set_mode,       (void (*)(void))clear_mode, (void (*)(void))write_from,
    (void (*)(void))write_exactly,  (void (*)(void))drain,      break_transport,
    (void (*)(void))limit_fragment, peer_key_update,            (void (*)(void))peer_write,
    (void (*)(void))read_into,      (void (*)(void))write_ex_from,
};

