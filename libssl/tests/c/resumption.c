/* Sessions resumed, or not, under every policy that decides about it: client and server in one process, each plan a
 * first connection and a second with what changed in between: resumption FOLDER. */
#include "support.h"
#include <openssl/core_names.h>
#include <openssl/hmac.h>

static EVP_PKEY *ca_key, *key, *stranger_key;
static X509 *ca, *leaf, *client, *stranger;

static void make(void) {
    ca_key = ec("P-256"), key = ec("P-256"), stranger_key = ec("P-256");
    ca = certificate("authority", ca_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -DAY, DAY);
    leaf = certificate("leaf", key, ca, ca_key, EVP_sha256(), 0, "DNS:localhost", NULL, -DAY, DAY);
    client = certificate("client", key, ca, ca_key, EVP_sha256(), 0, NULL, NULL, -DAY, DAY);
    stranger = certificate("stranger", stranger_key, NULL, NULL, EVP_sha256(), 0, NULL, NULL, -DAY, DAY);
}

/* What holds for one of the two connections. */
struct side {
    int client_mode, server_mode, forgives, distrusts;
    const char *id_context, *name, *alpn, *suites, *old_suites;
    int client_version; /* the highest */
    int aged;           /* seconds by which the client's session is older */
    int no_ticket, sends; /* 1: the client's certificate, 2: one that nobody knows */
    int host;           /* the client asks for this name: 1 the right one, 2 another */
    int answer;         /* of the function that sets the keys of tickets, less 1 */
};

struct plan {
    const char *name;
    struct side first, second;
    int other_contexts;
    int keys; /* who sets the keys of tickets: 1 the program, 2 with the old function, 3 with no cipher */
};

static const struct plan *plan;
static const struct side *now;
static int calls[2];

/* The keys of tickets are the program's, the same in every context. */
static int set_cipher(unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, int encrypt) {
    static const unsigned char secret[16] = "cipher";
    calls[encrypt]++;
    if (now->answer != 0 && now->answer != 3)
        return now->answer - 1;
    if (encrypt)
        memcpy(name, "the name of it..", 16), memcpy(iv, "sixteen bytes...", 16);
    else if (memcmp(name, "the name of it..", 16) != 0)
        return 0;
    if (plan->keys != 3)
        EVP_CipherInit_ex(cipher, EVP_aes_128_cbc(), NULL, secret, iv, encrypt);
    return now->answer == 3 ? 2 : 1;
}

static int set_keys(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                    int encrypt) {
    OSSL_PARAM with[] = {OSSL_PARAM_utf8_string("digest", "SHA256", 0), OSSL_PARAM_octet_string("key", "mac", 3),
                         OSSL_PARAM_END};
    int result = set_cipher(name, iv, cipher, encrypt);
    (void)ssl;
    if (result > 0)
        EVP_MAC_CTX_set_params(mac, with);
    return result;
}

static int set_keys_of_old(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac,
                           int encrypt) {
    int result = set_cipher(name, iv, cipher, encrypt);
    (void)ssl;
    if (result > 0)
        HMAC_Init_ex(mac, "mac", 3, EVP_sha256(), NULL);
    return result;
}

static int forgive(int ok, X509_STORE_CTX *ctx) {
    printf("  verify: ok %d error %d\n", ok, X509_STORE_CTX_get_error(ctx));
    return 1;
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *in,
                  unsigned int count, void *argument) {
    (void)ssl, (void)argument, (void)count;
    *out = in + 1, *length = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static SSL_SESSION *newest;

static int keep(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    SSL_SESSION_free(newest);
    newest = session;
    return 1;
}

static void settle(SSL_CTX *server, SSL_CTX *client_ctx) {
    must(SSL_CTX_use_certificate(server, leaf) && SSL_CTX_use_PrivateKey(server, key), "use a certificate");
    X509_STORE_add_cert(SSL_CTX_get_cert_store(server), ca);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), ca);
    SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(client_ctx, keep);
    SSL_CTX_set_alpn_select_cb(server, choose, NULL);
    if (plan->keys == 2)
        SSL_CTX_set_tlsext_ticket_key_cb(server, set_keys_of_old);
    else if (plan->keys != 0)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server, set_keys);
}

static void describe(const char *who, SSL *ssl) {
    X509 *peer = SSL_get1_peer_certificate(ssl);
    const unsigned char *alpn = NULL;
    unsigned int length = 0;
    char name[64] = "-";
    if (peer != NULL)
        X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
    SSL_get0_alpn_selected(ssl, &alpn, &length);
    printf("  %s: finished %d reused %d result %ld peer %s sent %d name %s alpn %.*s\n", who, SSL_is_init_finished(ssl),
           SSL_session_reused(ssl), SSL_get_verify_result(ssl), name, sk_X509_num(SSL_get_peer_cert_chain(ssl)),
           SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL
               ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
               : "-",
           (int)length, alpn != NULL ? (const char *)alpn : "");
    X509_free(peer);
}

static void connect_once(SSL_CTX *client_ctx, SSL_CTX *server_ctx, const struct side *side, int version,
                         SSL_SESSION *session) {
    now = side, calls[0] = calls[1] = 0;
    SSL *a = SSL_new(client_ctx), *b = SSL_new(server_ctx);
    BIO *left, *right;
    BIO_new_bio_pair(&left, 0, &right, 0);
    SSL_set_bio(a, left, left), SSL_set_bio(b, right, right);
    SSL_set_connect_state(a), SSL_set_accept_state(b);
    SSL_set_min_proto_version(a, TLS1_2_VERSION);
    SSL_set_max_proto_version(a, side->client_version != 0 ? side->client_version : version);
    SSL_set_verify(a, side->client_mode, side->forgives ? forgive : NULL);
    SSL_set_verify(b, side->server_mode, side->forgives ? forgive : NULL);
    if (side->distrusts) {
        X509_STORE *nobody = X509_STORE_new();
        SSL_set0_verify_cert_store(a, nobody);
    }
    if (side->id_context != NULL)
        SSL_set_session_id_context(b, (const unsigned char *)side->id_context,
                                   (unsigned int)strlen(side->id_context));
    if (side->name != NULL)
        SSL_set_tlsext_host_name(a, side->name);
    if (side->host != 0)
        SSL_set1_host(a, side->host == 1 ? "localhost" : "example.org");
    if (side->alpn != NULL)
        SSL_set_alpn_protos(a, (const unsigned char *)side->alpn, (unsigned int)strlen(side->alpn));
    if (side->suites != NULL)
        SSL_set_ciphersuites(b, side->suites);
    if (side->old_suites != NULL)
        SSL_set_cipher_list(b, side->old_suites);
    if (side->sends != 0) {
        SSL_use_certificate(a, side->sends == 1 ? client : stranger);
        SSL_use_PrivateKey(a, side->sends == 1 ? key : stranger_key);
    }
    if (side->no_ticket)
        SSL_set_options(b, SSL_OP_NO_TICKET);
    if (session != NULL) {
        if (side->aged != 0)
            SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - side->aged);
        int set = SSL_set_session(a, session);
        printf("  set %d, result in it %ld, peer %d\n", set, SSL_get_verify_result(a),
               SSL_get0_peer_certificate(a) != NULL);
    }
    shake(a, b);
    describe("client", a);
    describe("server", b);
    if (plan->keys != 0)
        printf("  keys: opened %d, sealed %d, told of a session %d, has another one %d\n", calls[0], calls[1],
               newest != NULL, session != NULL && SSL_get_session(a) != session);
    SSL_shutdown(a), SSL_shutdown(b);
    SSL_free(a), SSL_free(b);
}

static void run(int version) {
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method()), *server_ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX *third = NULL;
    SSL_SESSION *session;
    printf("%s, TLS 1.%d\n", plan->name, version - TLS1_VERSION);
    settle(server_ctx, client_ctx);
    connect_once(client_ctx, server_ctx, &plan->first, version, NULL);
    if (plan->other_contexts) {
        SSL_CTX_free(client_ctx);
        client_ctx = SSL_CTX_new(TLS_client_method());
        third = plan->other_contexts == 2 ? SSL_CTX_new(TLS_server_method()) : NULL;
        settle(third != NULL ? third : server_ctx, client_ctx);
    }
    session = newest, newest = NULL;
    printf("  session %d, result %ld\n", session != NULL, (long)(session != NULL && SSL_SESSION_is_resumable(session)));
    connect_once(client_ctx, third != NULL ? third : server_ctx, &plan->second, version, session);
    SSL_SESSION_free(session), SSL_SESSION_free(newest);
    newest = NULL;
    SSL_CTX_free(third), SSL_CTX_free(client_ctx), SSL_CTX_free(server_ctx);
}

#define PEER SSL_VERIFY_PEER
#define MUST (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)

int main(int argc, char **argv) {
    static const struct plan plans[] = {
        {.name = "nothing asked"},
        {.name = "client verifies", .first.client_mode = PEER, .second.client_mode = PEER},
        {.name = "client is told", .first.distrusts = 1, .second.distrusts = 1},
        {.name = "client forgives", .first = {PEER, .forgives = 1, .distrusts = 1}, .second = {PEER}},
        {.name = "not verified, then verified", .first.distrusts = 1, .second.client_mode = PEER},
        {.name = "the right name, then another", .first = {PEER, .host = 1}, .second = {PEER, .host = 2}},
        {.name = "no context of sessions",
         .first = {.server_mode = PEER, .sends = 1},
         .second = {.server_mode = PEER, .sends = 1}},
        {.name = "no context of sessions the second time",
         .first = {.server_mode = PEER, .sends = 1, .id_context = "one"},
         .second = {.server_mode = PEER, .sends = 1}},
        {.name = "client known",
         .first = {.server_mode = MUST, .sends = 1, .id_context = "one"},
         .second = {.server_mode = MUST, .sends = 1, .id_context = "one"}},
        {.name = "client known, then silent",
         .first = {.server_mode = MUST, .sends = 1, .id_context = "one"},
         .second = {.server_mode = MUST, .id_context = "one"}},
        {.name = "client silent, and asked",
         .first = {.server_mode = PEER, .id_context = "one"},
         .second = {.server_mode = PEER, .sends = 1, .id_context = "one"}},
        {.name = "client not known, and forgiven",
         .first = {.server_mode = PEER, .sends = 2, .forgives = 1, .id_context = "one"},
         .second = {.server_mode = PEER, .sends = 2, .forgives = 1, .id_context = "one"}},
        {.name = "client not known, forgiven once",
         .first = {.server_mode = PEER, .sends = 2, .forgives = 1, .id_context = "one"},
         .second = {.server_mode = PEER, .sends = 2, .id_context = "one"}},
        {.name = "another context of sessions",
         .first = {.server_mode = PEER, .sends = 1, .id_context = "one"},
         .second = {.server_mode = PEER, .sends = 1, .id_context = "two"}},
        {.name = "another name", .first.name = "localhost", .second.name = "example.org"},
        {.name = "the same name", .first.name = "localhost", .second.name = "localhost"},
        {.name = "a name, then none", .first.name = "localhost"},
        {.name = "another protocol", .first.alpn = "\x02h2", .second.alpn = "\x08http/1.1"},
        {.name = "the same protocol", .first.alpn = "\x02h2", .second.alpn = "\x02h2"},
        {.name = "another suite",
         .first = {.suites = "TLS_AES_128_GCM_SHA256", .old_suites = "ECDHE-ECDSA-AES128-GCM-SHA256"},
         .second = {.suites = "TLS_AES_256_GCM_SHA384", .old_suites = "ECDHE-ECDSA-AES256-GCM-SHA384"}},
        {.name = "the same hash",
         .first = {.suites = "TLS_AES_128_GCM_SHA256", .old_suites = "ECDHE-ECDSA-AES128-GCM-SHA256"},
         .second = {.suites = "TLS_CHACHA20_POLY1305_SHA256", .old_suites = "ECDHE-ECDSA-CHACHA20-POLY1305"}},
        {.name = "an older version", .second.client_version = TLS1_2_VERSION},
        {.name = "too old for the client", .second.aged = 8000},
        {.name = "a client of another context", .other_contexts = 1},
        {.name = "a server of another context", .other_contexts = 2},
        {.name = "no tickets any more", .second.no_ticket = 1},
        {.name = "keys of the program", .keys = 1},
        {.name = "keys of the program, another context", .keys = 1, .other_contexts = 2},
        {.name = "keys of the program, by the old function", .keys = 2, .other_contexts = 2},
        {.name = "keys of the program, a client known",
         .first = {.server_mode = PEER, .sends = 2, .forgives = 1, .id_context = "one"},
         .second = {.server_mode = PEER, .sends = 2, .id_context = "one"},
         .keys = 1},
        {.name = "keys of the program, another context of sessions",
         .first.id_context = "one",
         .second.id_context = "two",
         .keys = 1},
        {.name = "a new key", .keys = 1, .second.answer = 3},
        {.name = "no key any more", .keys = 1, .second.answer = 1},
        {.name = "no keys at all", .keys = 1, .first.answer = 1},
        {.name = "keys that fail", .keys = 1, .second.answer = -1},
        {.name = "keys that fail at once", .keys = 1, .first.answer = -1},
        {.name = "a key without a cipher", .keys = 3},
    };
    must(argc == 2, "start without a folder");
    (void)argv;
    make();
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        plan = &plans[i];
        run(TLS1_2_VERSION);
        run(TLS1_3_VERSION);
    }
    EVP_PKEY_free(ca_key), EVP_PKEY_free(key), EVP_PKEY_free(stranger_key);
    X509_free(ca), X509_free(leaf), X509_free(client), X509_free(stranger);
    return 0;
}
