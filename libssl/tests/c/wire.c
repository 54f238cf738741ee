/* A client and a server over TCP, each on a libssl of its own:

     wire make FOLDER                           writes certificates and keys
     wire server|client FOLDER PLAN VERSION KEY [PORT]

   PLAN says what is tried, VERSION is 12 or 13, KEY is rsa or ecdsa. The server prints its port first. Both print what
   every call returns, and what SSL_get_error and the error queue say of it. */
#include "support.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define BULK (3 * 1024 * 1024 + 17)

static const char *folder, *plan, *key_kind;
static int version;
static SSL_SESSION *kept;

static int is(const char *name) { return strcmp(plan, name) == 0; }

static const char *file(const char *name, const char *ending) {
    char whole[64];
    snprintf(whole, sizeof whole, "%s.%s", name, ending);
    return path(folder, whole);
}

static void put(const char *name, EVP_PKEY *key, X509 *x) {
    write_key(file(name, "key"), key, NULL);
    write_certificates(file(name, "pem"), &x, 1);
}

static void make(void) {
    const char *here = "DNS:localhost,DNS:example.org";
    EVP_PKEY *ca_key = ec("P-256"), *other_key = ec("P-256"), *rsa_key = rsa(2048), *ec_key = ec("P-256");
    X509 *ca = certificate("authority", ca_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -DAY, DAY);
    put("ca", ca_key, ca);
    put("other", other_key, certificate("other", other_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -DAY, DAY));
    put("rsa", rsa_key, certificate("rsa", rsa_key, ca, ca_key, EVP_sha256(), 0, here, NULL, -DAY, DAY));
    put("ecdsa", ec_key, certificate("ecdsa", ec_key, ca, ca_key, EVP_sha256(), 0, here, NULL, -DAY, DAY));
    put("rsa-expired", rsa_key, certificate("old", rsa_key, ca, ca_key, EVP_sha256(), 0, here, NULL, -9 * DAY, -DAY));
    put("ecdsa-expired", ec_key, certificate("old", ec_key, ca, ca_key, EVP_sha256(), 0, here, NULL, -9 * DAY, -DAY));
    put("client", ec_key, certificate("client", ec_key, ca, ca_key, EVP_sha256(), 0, NULL, NULL, -DAY, DAY));
}

/* A call's result, and why. */
static void say(SSL *ssl, const char *call, int result) {
    int error = SSL_get_error(ssl, result);
    unsigned long code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    printf("%s = %d, error %d%s%s\n", call, result, error, reason != NULL ? ", " : "", reason != NULL ? reason : "");
    fflush(stdout);
    ERR_clear_error();
}

/* Waits for the transport where a call on a non-blocking socket has to. */
static int again(SSL *ssl, int result) {
    struct pollfd wait = {SSL_get_fd(ssl), 0, 0};
    int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_WANT_READ)
        wait.events = POLLIN;
    else if (error == SSL_ERROR_WANT_WRITE)
        wait.events = POLLOUT;
    else
        return 0;
    must(poll(&wait, 1, 30000) == 1, "wait for the peer");
    return 1;
}

static int retried(SSL *ssl, int (*call)(SSL *)) {
    int result;
    do
        result = call(ssl);
    while (result <= 0 && again(ssl, result));
    return result;
}

static int read_some(SSL *ssl, void *into, int room) {
    int result;
    do
        result = SSL_read(ssl, into, room);
    while (result <= 0 && again(ssl, result));
    return result;
}

static int write_all(SSL *ssl, const void *from, int length) {
    int result;
    do
        result = SSL_write(ssl, from, length);
    while (result <= 0 && again(ssl, result));
    return result;
}

/* Both directions, in turns, with a sum of what came. */
static void send_bulk(SSL *ssl, unsigned seed) {
    static unsigned char bytes[BULK];
    static const int lengths[] = {1, 16384, 16385, 100, 70000, 4096};
    int sent = 0, turn = 0, result = 1;
    for (int i = 0; i < BULK; i++)
        bytes[i] = (unsigned char)((seed = seed * 1103515245u + 12345u) >> 16);
    while (sent < BULK && result > 0) {
        int length = lengths[turn++ % 6] < BULK - sent ? lengths[turn % 6] : BULK - sent;
        length = length < BULK - sent ? length : BULK - sent;
        result = write_all(ssl, bytes + sent, length);
        sent += result > 0 ? result : 0;
    }
    printf("sent %d\n", sent);
}

static void receive_bulk(SSL *ssl) {
    static unsigned char bytes[20000];
    unsigned char digest[32];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int got = 0, result = 1;
    EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    while (got < BULK && (result = read_some(ssl, bytes, (int)sizeof bytes)) > 0) {
        EVP_DigestUpdate(md, bytes, (size_t)result);
        got += result;
    }
    EVP_DigestFinal_ex(md, digest, NULL);
    EVP_MD_CTX_free(md);
    printf("got %d, sum %02x%02x%02x%02x\n", got, digest[0], digest[1], digest[2], digest[3]);
}

static void describe(SSL *ssl) {
    const unsigned char *alpn = NULL;
    unsigned length = 0;
    X509 *peer = SSL_get1_peer_certificate(ssl);
    SSL_get0_alpn_selected(ssl, &alpn, &length);
    printf("%s, %s, verify %ld, reused %d, alpn %.*s, name %s, peer %s, pending %d\n", SSL_get_version(ssl),
           SSL_get_cipher_name(ssl), SSL_get_verify_result(ssl), SSL_session_reused(ssl), (int)length,
           alpn != NULL ? (const char *)alpn : "", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
           peer != NULL ? "there" : "none", SSL_pending(ssl));
    X509_free(peer);
}

/* What either does once the handshake is done; the server speaks first. */
static void talk(SSL *ssl, int is_server) {
    char word[16] = "";
    if (is("nonblocking") || is("bulk")) {
        if (is_server)
            send_bulk(ssl, 1), receive_bulk(ssl);
        else
            receive_bulk(ssl), send_bulk(ssl, 2);
    }
    if (is("half-close") && is_server) {
        /* It says that it sends no more, and reads on. */
        say(ssl, "write", write_all(ssl, "hello", 5));
        say(ssl, "shutdown", retried(ssl, SSL_shutdown));
        say(ssl, "write", SSL_write(ssl, "more", 4));
        say(ssl, "read", read_some(ssl, word, 5));
        printf("%s\n", word);
    } else if (is("half-close")) {
        say(ssl, "read", read_some(ssl, word, 5));
        say(ssl, "read", read_some(ssl, word, 5));
        printf("%s, shutdown %d\n", word, SSL_get_shutdown(ssl));
        say(ssl, "write", write_all(ssl, "reply", 5));
    } else if (is_server) {
        say(ssl, "write", write_all(ssl, "hello", 5));
        say(ssl, "read", read_some(ssl, word, 5));
    } else {
        say(ssl, "read", read_some(ssl, word, 2));
        printf("pending %d\n", SSL_pending(ssl));
        say(ssl, "peek", SSL_peek(ssl, word, 3));
        say(ssl, "read", read_some(ssl, word + 2, 5));
        printf("%s\n", word);
        say(ssl, "write", write_all(ssl, "reply", 5));
    }
    if (is("cut") && !is_server)
        return;
    if (is("cut")) {
        say(ssl, "read", read_some(ssl, word, 5));
        say(ssl, "read", read_some(ssl, word, 5));
        return;
    }
    if (is_server && !is("half-close"))
        say(ssl, "read", read_some(ssl, word, 5));
    say(ssl, "shutdown", retried(ssl, SSL_shutdown));
    if (!is_server && !is("half-close"))
        say(ssl, "shutdown", retried(ssl, SSL_shutdown));
    if (is_server && is("half-close"))
        say(ssl, "shutdown", retried(ssl, SSL_shutdown));
    printf("shutdown %d\n", SSL_get_shutdown(ssl));
    say(ssl, "read", SSL_read(ssl, word, 5));
    say(ssl, "write", SSL_write(ssl, "more", 4));
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *offered,
                           unsigned offered_length, void *unused) {
    static const unsigned char ours[] = "\2h2\10http/1.1";
    unsigned char *chosen;
    (void)ssl, (void)unused;
    if (SSL_select_next_proto(&chosen, length, ours, sizeof ours - 1, offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int see_name(SSL *ssl, int *alert, void *unused) {
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert, (void)unused;
    printf("asked for %s\n", name != NULL ? name : "nothing");
    return is("name-refused") ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_OK;
}

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static SSL_CTX *context(int is_server) {
    SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    int number = version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    if (is("other-version") && is_server)
        number = version == 12 ? TLS1_3_VERSION : TLS1_2_VERSION;
    must(SSL_CTX_set_min_proto_version(ctx, number) && SSL_CTX_set_max_proto_version(ctx, number), "set the version");
    if (is("other-cipher"))
        must(SSL_CTX_set_cipher_list(ctx, is_server ? "ECDHE+AES128" : "ECDHE+CHACHA20") &&
                 SSL_CTX_set_ciphersuites(ctx, is_server ? "TLS_AES_128_GCM_SHA256" : "TLS_CHACHA20_POLY1305_SHA256"),
             "set the ciphers");
    must(SSL_CTX_load_verify_file(ctx, file(is("other-authority") && !is_server ? "other" : "ca", "pem")), "trust");
    return ctx;
}

static SSL_CTX *server_context(void) {
    SSL_CTX *ctx = context(1);
    char name[32];
    snprintf(name, sizeof name, "%s%s", key_kind, is("expired") ? "-expired" : "");
    must(SSL_CTX_use_certificate_chain_file(ctx, file(name, "pem")) == 1 &&
             SSL_CTX_use_PrivateKey_file(ctx, file(name, "key"), SSL_FILETYPE_PEM) == 1,
         "use the certificate");
    SSL_CTX_set_tlsext_servername_callback(ctx, see_name);
    if (is("alpn") || is("other-alpn"))
        SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    if (strncmp(plan, "client-", 7) == 0)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (is("client-optional") ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT), NULL);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"wire", 4);
    return ctx;
}

static SSL_CTX *client_context(void) {
    SSL_CTX *ctx = context(0);
    const char *name = is("client-certificate") ? "client" : is("client-unknown") ? "other" : NULL;
    if (name != NULL)
        must(SSL_CTX_use_certificate_file(ctx, file(name, "pem"), SSL_FILETYPE_PEM) == 1 &&
                 SSL_CTX_use_PrivateKey_file(ctx, file(name, "key"), SSL_FILETYPE_PEM) == 1,
             "use the certificate");
    SSL_CTX_set_verify(ctx, is("unverified") ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (is("alpn"))
        SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\10http/1.1\2h2", 12);
    if (is("other-alpn"))
        SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\4spdy", 5);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    return ctx;
}

static void one(SSL_CTX *ctx, int fd, int is_server) {
    SSL *ssl = SSL_new(ctx);
    char rest[256];
    int result;
    must(ssl != NULL && SSL_set_fd(ssl, fd), "make a connection");
    if (is("nonblocking"))
        fcntl(fd, F_SETFL, O_NONBLOCK);
    if (!is_server) {
        SSL_set_tlsext_host_name(ssl, "localhost");
        SSL_set1_host(ssl, is("other-name") ? "wrong.example" : "localhost");
        if (kept != NULL)
            SSL_set_session(ssl, kept);
    }
    result = retried(ssl, is_server ? SSL_accept : SSL_connect);
    say(ssl, is_server ? "accept" : "connect", result);
    if (result == 1) {
        describe(ssl);
        talk(ssl, is_server);
    } else {
        printf("verify %ld, finished %d\n", SSL_get_verify_result(ssl), SSL_is_init_finished(ssl));
        say(ssl, "write", SSL_write(ssl, "x", 1));
        say(ssl, "shutdown", SSL_shutdown(ssl));
    }
    /* Whatever the peer still sends is taken, lest a reset destroy what it has to read. */
    shutdown(fd, SHUT_WR);
    fcntl(fd, F_SETFL, 0);
    while (read(fd, rest, sizeof rest) > 0)
        continue;
    close(fd);
    SSL_free(ssl);
}

int main(int count, char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int is_server, listener = -1, times;
    SSL_CTX *ctx;
    must(count >= 3, "do without arguments");
    folder = words[2];
    signal(SIGPIPE, SIG_IGN);
    alarm(100);
    if (strcmp(words[1], "make") == 0) {
        make();
        return 0;
    }
    must(count >= 6, "do without arguments");
    is_server = strcmp(words[1], "server") == 0;
    plan = words[3], version = atoi(words[4]), key_kind = words[5];
    times = is("resume") ? 3 : 1;
    ctx = is_server ? server_context() : client_context();
    if (is_server) {
        listener = socket(AF_INET, SOCK_STREAM, 0);
        must(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 4) == 0 &&
                 getsockname(listener, (struct sockaddr *)&address, &length) == 0,
             "listen");
        printf("%d\n", ntohs(address.sin_port));
        fflush(stdout);
    } else {
        must(count == 7, "do without a port");
        address.sin_port = htons((unsigned short)atoi(words[6]));
    }
    while (times-- > 0) {
        int fd = is_server ? accept(listener, NULL, NULL) : socket(AF_INET, SOCK_STREAM, 0);
        must(fd >= 0, "have a socket");
        must(is_server || connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
        one(ctx, fd, is_server);
    }
    SSL_SESSION_free(kept);
    SSL_CTX_free(ctx);
    return 0;
}
