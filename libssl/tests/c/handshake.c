/* Certificates judged and presented, handshake by handshake, client and server in one process: handshake FOLDER. */
#include "support.h"

static EVP_PKEY *ca_key, *middle_key, *key, *ec_key, *ed_key, *pss_key, *p521_key, *weak_key, *rogue_key;
static X509 *ca, *middle, *leaf, *ec_leaf, *ed_leaf, *pss_leaf, *p521_leaf, *weak_leaf, *expired, *early, *alone, *mail,
    *rogue, *rogue_ca, *wild, *address, *forged, *client;
static const char *folder;

static X509 *issue(const char *cn, EVP_PKEY *of, const char *names, const char *usage, long from, long to) {
    return certificate(cn, of, middle, middle_key, EVP_sha256(), 0, names, usage, from, to);
}

static void make(void) {
    const char *here = "DNS:localhost,DNS:example.org";
    ca_key = ec("P-256"), middle_key = rsa(2048), key = rsa(2048), ec_key = ec("P-256"), ed_key = ed25519();
    pss_key = rsa_pss(2048), p521_key = ec("P-521"), weak_key = rsa(1024), rogue_key = ec("P-256");
    ca = certificate("authority", ca_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -9 * DAY, DAY);
    middle = certificate("middle", middle_key, ca, ca_key, EVP_sha256(), 1, NULL, NULL, -9 * DAY, DAY);
    leaf = issue("leaf", key, here, NULL, -DAY, DAY);
    ec_leaf = issue("ec", ec_key, here, NULL, -DAY, DAY);
    ed_leaf = issue("ed", ed_key, here, NULL, -DAY, DAY);
    pss_leaf = issue("pss", pss_key, here, NULL, -DAY, DAY);
    p521_leaf = issue("p521", p521_key, here, NULL, -DAY, DAY);
    weak_leaf = issue("weak", weak_key, here, NULL, -DAY, DAY);
    expired = issue("expired", key, here, NULL, -8 * DAY, -DAY);
    early = issue("early", key, here, NULL, DAY, 2 * DAY);
    mail = issue("mail", key, here, "emailProtection", -DAY, DAY);
    wild = issue("wild", key, "DNS:*.example.org", NULL, -DAY, DAY);
    address = issue("address", key, "IP:127.0.0.1", NULL, -DAY, DAY);
    client = issue("client", ec_key, NULL, "clientAuth", -DAY, DAY);
    forged = certificate("forged", key, middle, rogue_key, EVP_sha256(), 0, here, NULL, -DAY, DAY);
    alone = certificate("alone", key, NULL, NULL, EVP_sha256(), 0, here, NULL, -DAY, DAY);
    rogue_ca = certificate("authority", rogue_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -DAY, DAY);
    rogue = certificate("rogue", key, rogue_ca, rogue_key, EVP_sha256(), 0, here, NULL, -DAY, DAY);
}

/* One handshake. What is not said is as in new contexts. */
struct plan {
    const char *name;
    X509 *certificate;
    EVP_PKEY *key;
    X509 *more;          /* added to the server's chain */
    X509 *extra;         /* added to the server's context */
    X509 *server_trusts; /* in the store of the server's context */
    X509 *client_trusts;
    X509 *also_trusts;
    int client_mode, server_mode;
    const char *host;
    unsigned host_flags;
    int depth, level, no_auto_chain;
    X509 *client_certificate;
    EVP_PKEY *client_key;
    int (*on_verify)(int, X509_STORE_CTX *);
    int (*judge)(X509_STORE_CTX *, void *);
    int (*server_callback)(SSL *, void *);
    int (*client_callback)(SSL *, void *);
    int (*find)(SSL *, X509 **, EVP_PKEY **);
    X509 *verify_store, *chain_store, *second;
    EVP_PKEY *second_key;
    const char *sigalgs, *server_sigalgs, *sends_names;
    int purpose;
};

static int calls;

/* What the callbacks are told, and that they may use the connection. */
static int tell(int ok, X509_STORE_CTX *ctx) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    printf("  verify: ok %d error %d depth %d ssl %d mode %d server %d peer %d chain %d\n", ok,
           X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx), ssl != NULL, SSL_get_verify_mode(ssl),
           SSL_is_server(ssl), SSL_get0_peer_certificate(ssl) != NULL, sk_X509_num(X509_STORE_CTX_get0_chain(ctx)));
    SSL_set_verify_depth(ssl, 50);
    calls++;
    return ok;
}

static int forgive(int ok, X509_STORE_CTX *ctx) {
    tell(ok, ctx);
    return 1;
}

static int forget(int ok, X509_STORE_CTX *ctx) {
    tell(ok, ctx);
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

static int accept_all(X509_STORE_CTX *ctx, void *argument) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    printf("  judge: argument %d untrusted %d cert %d ssl %d\n", argument != NULL,
           sk_X509_num(X509_STORE_CTX_get0_untrusted(ctx)), X509_STORE_CTX_get0_cert(ctx) != NULL, ssl != NULL);
    return 1;
}

static int refuse_all(X509_STORE_CTX *ctx, void *argument) {
    (void)argument;
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
    return 0;
}

static int refuse_oddly(X509_STORE_CTX *ctx, void *argument) {
    (void)ctx, (void)argument;
    return -1;
}

static int give_certificate(SSL *ssl, void *argument) {
    (void)argument;
    calls++;
    return SSL_use_certificate(ssl, leaf) && SSL_use_PrivateKey(ssl, key);
}

static int give_client_certificate(SSL *ssl, void *argument) {
    (void)argument;
    printf("  asked: names %d\n", sk_X509_NAME_num(SSL_get_client_CA_list(ssl)));
    return SSL_use_certificate(ssl, client) && SSL_use_PrivateKey(ssl, ec_key) && SSL_add1_chain_cert(ssl, middle);
}

static int fail(SSL *ssl, void *argument) {
    (void)ssl, (void)argument;
    return 0;
}

static int find_certificate(SSL *ssl, X509 **x, EVP_PKEY **of) {
    printf("  find: names %d\n", sk_X509_NAME_num(SSL_get_client_CA_list(ssl)));
    X509_up_ref(client);
    EVP_PKEY_up_ref(ec_key);
    *x = client, *of = ec_key;
    return 1;
}

static int find_nothing(SSL *ssl, X509 **x, EVP_PKEY **of) {
    (void)ssl, (void)x, (void)of;
    return 0;
}

static int find_half(SSL *ssl, X509 **x, EVP_PKEY **of) {
    (void)ssl, (void)of;
    X509_up_ref(client);
    *x = client;
    return 1;
}

static void trust(SSL_CTX *ctx, X509 *x) {
    if (x != NULL)
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x);
}

static X509_STORE *store_of(X509 *x) {
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, x);
    return store;
}

static const char *subject(const X509 *x) {
    static char name[64];
    if (x == NULL || X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof name) < 0)
        return "-";
    return name;
}

static void report(const char *who, SSL *ssl) {
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl), *verified = SSL_get0_verified_chain(ssl);
    X509 *peer = SSL_get1_peer_certificate(ssl);
    int nid = 0, kind = 0;
    const char *name = SSL_get0_peername(ssl);
    printf("  %s: finished %d result %ld peer %s sent %d verified %d", who, SSL_is_init_finished(ssl),
           SSL_get_verify_result(ssl), subject(peer), sk_X509_num(sent), sk_X509_num(verified));
    for (int i = 0; i < sk_X509_num(verified); i++)
        printf(" %s", subject(sk_X509_value(verified, i)));
    SSL_get_peer_signature_nid(ssl, &nid), SSL_get_peer_signature_type_nid(ssl, &kind);
    printf(" signature %d %d same %d name %s\n", SSL_is_init_finished(ssl) ? nid : 0, SSL_is_init_finished(ssl) ? kind : 0, sk_X509_value(verified, 0) == peer && SSL_get0_peer_certificate(ssl) == peer,
           name != NULL ? name : "-");
    X509_free(peer);
}

/* Until both are through or stuck; what failed says why. */
static void run(const struct plan *plan, int version) {
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method()), *server_ctx = SSL_CTX_new(TLS_server_method());
    SSL *a, *b;
    BIO *left, *right;
    printf("%s, TLS 1.%d\n", plan->name, version - TLS1_VERSION);
    calls = 0;
    SSL_CTX_set_min_proto_version(client_ctx, version);
    SSL_CTX_set_max_proto_version(client_ctx, version);
    if (plan->level != 0) {
        SSL_CTX_set_security_level(server_ctx, plan->level == 3 ? 1 : plan->level);
        SSL_CTX_set_security_level(client_ctx, plan->level);
    }
    if (plan->certificate != NULL) {
        must(SSL_CTX_use_certificate(server_ctx, plan->certificate), "use a certificate");
        must(SSL_CTX_use_PrivateKey(server_ctx, plan->key), "use a key");
    }
    if (plan->more != NULL)
        SSL_CTX_add1_chain_cert(server_ctx, plan->more);
    if (plan->second != NULL)
        SSL_CTX_use_cert_and_key(server_ctx, plan->second, plan->second_key, NULL, 1);
    if (plan->extra != NULL && X509_up_ref(plan->extra))
        SSL_CTX_add_extra_chain_cert(server_ctx, plan->extra);
    trust(server_ctx, plan->server_trusts);
    trust(client_ctx, plan->client_trusts);
    trust(client_ctx, plan->also_trusts);
    if (plan->no_auto_chain)
        SSL_CTX_set_mode(server_ctx, SSL_MODE_NO_AUTO_CHAIN);
    if (plan->depth != 0)
        SSL_CTX_set_verify_depth(client_ctx, plan->depth - 1);
    SSL_CTX_set_verify(client_ctx, plan->client_mode, plan->on_verify);
    SSL_CTX_set_verify(server_ctx, plan->server_mode, plan->on_verify);
    if (plan->judge != NULL)
        SSL_CTX_set_cert_verify_callback(plan->server_mode != 0 ? server_ctx : client_ctx, plan->judge, &calls);
    if (plan->server_callback != NULL)
        SSL_CTX_set_cert_cb(server_ctx, plan->server_callback, NULL);
    if (plan->client_callback != NULL)
        SSL_CTX_set_cert_cb(client_ctx, plan->client_callback, NULL);
    if (plan->find != NULL)
        SSL_CTX_set_client_cert_cb(client_ctx, plan->find);
    if (plan->verify_store != NULL)
        SSL_CTX_set0_verify_cert_store(client_ctx, store_of(plan->verify_store));
    if (plan->chain_store != NULL)
        SSL_CTX_set0_chain_cert_store(server_ctx, store_of(plan->chain_store));
    if (plan->client_certificate != NULL)
        SSL_CTX_use_cert_and_key(client_ctx, plan->client_certificate, plan->client_key, NULL, 1);
    if (plan->sigalgs != NULL)
        SSL_CTX_set1_sigalgs_list(client_ctx, plan->sigalgs);
    if (plan->server_sigalgs != NULL)
        SSL_CTX_set1_sigalgs_list(server_ctx, plan->server_sigalgs);
    if (plan->sends_names != NULL) {
        SSL_CTX_add1_to_CA_list(server_ctx, ca);
        if (strcmp(plan->sends_names, "both") == 0)
            SSL_CTX_set_client_CA_list(server_ctx, SSL_dup_CA_list(NULL)), SSL_CTX_add_client_CA(server_ctx, ca),
                SSL_CTX_add_client_CA(server_ctx, middle);
    }
    if (plan->purpose != 0)
        SSL_CTX_set_purpose(client_ctx, plan->purpose);
    a = SSL_new(client_ctx), b = SSL_new(server_ctx);
    SSL_set_connect_state(a);
    SSL_set_accept_state(b);
    if (plan->host != NULL) {
        SSL_set_hostflags(a, plan->host_flags);
        SSL_set1_host(a, plan->host);
    }
    must(BIO_new_bio_pair(&left, 1 << 16, &right, 1 << 16), "make a pair");
    SSL_set_bio(a, left, left);
    SSL_set_bio(b, right, right);
    shake(a, b);
    report("client", a);
    report("server", b);
    printf("  client: names %d %d calls %d\n", sk_X509_NAME_num(SSL_get_client_CA_list(a)),
           sk_X509_NAME_num(SSL_get0_peer_CA_list(a)), calls);
    fflush(stdout);
    SSL_free(a);
    SSL_free(b);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

#define PEER SSL_VERIFY_PEER
#define MUST (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
#define SERVER .certificate = leaf, .key = key, .more = middle
#define TRUSTED .client_trusts = ca, .client_mode = PEER

static void all(void) {
    const struct plan plans[] = {
        {.name = "trusted", SERVER, TRUSTED, .host = "localhost", .on_verify = tell},
        {.name = "no name asked for", SERVER, TRUSTED},
        {.name = "another name", SERVER, TRUSTED, .host = "example.com", .on_verify = tell},
        {.name = "wildcard", .certificate = wild, .key = key, .more = middle, TRUSTED, .host = "www.example.org"},
        {.name = "no wildcards", .certificate = wild, .key = key, .more = middle, TRUSTED, .host = "www.example.org",
         .host_flags = X509_CHECK_FLAG_NO_WILDCARDS},
        {.name = "address", .certificate = address, .key = key, .more = middle, TRUSTED, .host = "127.0.0.1"},
        {.name = "another address", .certificate = address, .key = key, .more = middle, TRUSTED, .host = "127.0.0.2"},
        {.name = "authority unknown", SERVER, .client_mode = PEER, .on_verify = tell},
        {.name = "authority unknown, nobody verifies", SERVER},
        {.name = "authority unknown, forgiven", SERVER, .client_mode = PEER, .on_verify = forgive},
        {.name = "authority unknown, forgotten", SERVER, .client_mode = PEER, .on_verify = forget},
        {.name = "link missing", .certificate = leaf, .key = key, TRUSTED, .on_verify = tell},
        {.name = "odd mode", SERVER, .client_mode = SSL_VERIFY_CLIENT_ONCE},
        {.name = "another authority of the same name", .certificate = rogue, .key = key, .more = rogue_ca, TRUSTED},
        {.name = "signature forged", .certificate = forged, .key = key, .more = middle, TRUSTED},
        {.name = "expired", .certificate = expired, .key = key, .more = middle, TRUSTED, .on_verify = tell},
        {.name = "not yet valid", .certificate = early, .key = key, .more = middle, TRUSTED},
        {.name = "self-signed", .certificate = alone, .key = key, .client_mode = PEER},
        {.name = "self-signed and trusted", .certificate = alone, .key = key, .client_trusts = alone,
         .client_mode = PEER},
        {.name = "purpose", .certificate = mail, .key = key, .more = middle, TRUSTED, .on_verify = forgive},
        {.name = "another purpose", SERVER, TRUSTED, .purpose = X509_PURPOSE_CRL_SIGN},
        {.name = "depth 0", SERVER, TRUSTED, .depth = 1},
        {.name = "depth 1", SERVER, TRUSTED, .depth = 2},
        {.name = "weak key", .certificate = weak_leaf, .key = weak_key, .more = middle, TRUSTED, .level = 1,
         .on_verify = tell},
        {.name = "level 3", SERVER, TRUSTED, .level = 3, .on_verify = tell},
        {.name = "judge accepts", SERVER, .client_mode = PEER, .judge = accept_all},
        {.name = "judge refuses", SERVER, TRUSTED, .judge = refuse_all},
        {.name = "judge refuses, nobody verifies", SERVER, .judge = refuse_all},
        {.name = "judge refuses oddly", SERVER, TRUSTED, .judge = refuse_oddly},
        {.name = "verify store", SERVER, .client_mode = PEER, .verify_store = ca},
        {.name = "verify store in place of trust", SERVER, TRUSTED, .verify_store = rogue_ca},
        {.name = "root in the chain", .certificate = leaf, .key = key, .more = middle, .extra = ca, TRUSTED},
        {.name = "chain from the store", .certificate = leaf, .key = key, .server_trusts = middle, TRUSTED},
        {.name = "NO_AUTO_CHAIN", .certificate = leaf, .key = key, .server_trusts = middle, TRUSTED,
         .no_auto_chain = 1},
        {.name = "NO_AUTO_CHAIN with a chain", SERVER, TRUSTED, .no_auto_chain = 1},
        {.name = "extra chain", .certificate = leaf, .key = key, .extra = middle, TRUSTED},
        {.name = "extra chain before the store", .certificate = leaf, .key = key, .extra = rogue_ca,
         .server_trusts = middle, .also_trusts = middle, TRUSTED},
        {.name = "chain store", .certificate = leaf, .key = key, .chain_store = middle, .server_trusts = rogue_ca,
         TRUSTED},
        {.name = "ECDSA", .certificate = ec_leaf, .key = ec_key, .more = middle, TRUSTED},
        {.name = "ECDSA P-521", .certificate = p521_leaf, .key = p521_key, .more = middle, TRUSTED},
        {.name = "RSASSA-PSS", .certificate = pss_leaf, .key = pss_key, .more = middle, TRUSTED},
        {.name = "Ed25519", .certificate = ed_leaf, .key = ed_key, .more = middle, TRUSTED},
        {.name = "two keys", SERVER, .second = ec_leaf, .second_key = ec_key, .also_trusts = middle, TRUSTED},
        {.name = "two keys, RSA wanted", SERVER, .second = ec_leaf, .second_key = ec_key, .also_trusts = middle, TRUSTED,
         .sigalgs = "RSA-PSS+SHA256:RSA+SHA256"},
        {.name = "one signature allowed", SERVER, TRUSTED, .server_sigalgs = "RSA-PSS+SHA512:RSA+SHA384"},
        {.name = "another signature allowed", SERVER, TRUSTED, .server_sigalgs = "ECDSA+SHA256"},
        {.name = "no certificate", TRUSTED},
        {.name = "certificate by callback", TRUSTED, .server_callback = give_certificate, .also_trusts = middle},
        {.name = "certificate callback fails", SERVER, TRUSTED, .server_callback = fail},
        {.name = "client asked", SERVER, TRUSTED, .server_mode = PEER},
        {.name = "client asked later", SERVER, TRUSTED, .server_mode = MUST | SSL_VERIFY_POST_HANDSHAKE},
        {.name = "client must", SERVER, TRUSTED, .server_mode = MUST},
        {.name = "client has one", SERVER, TRUSTED, .server_mode = MUST, .server_trusts = ca, .also_trusts = middle,
         .client_certificate = client, .client_key = ec_key, .on_verify = tell},
        {.name = "client has one, unknown", SERVER, TRUSTED, .server_mode = PEER, .client_certificate = client,
         .client_key = ec_key},
        {.name = "client has a server's", SERVER, TRUSTED, .server_mode = PEER, .server_trusts = ca,
         .also_trusts = middle, .client_certificate = mail, .client_key = key},
        {.name = "client judged", SERVER, TRUSTED, .server_mode = PEER, .client_certificate = client,
         .client_key = ec_key, .judge = accept_all},
        {.name = "client not asked", SERVER, TRUSTED, .client_certificate = client, .client_key = ec_key},
        {.name = "names sent", SERVER, TRUSTED, .server_mode = PEER, .sends_names = "any",
         .client_callback = give_client_certificate, .server_trusts = ca},
        {.name = "names sent to clients", SERVER, TRUSTED, .server_mode = PEER, .sends_names = "both",
         .client_callback = give_client_certificate, .server_trusts = ca},
        {.name = "client callback fails", SERVER, TRUSTED, .server_mode = PEER, .client_callback = fail},
        {.name = "found", SERVER, TRUSTED, .server_mode = MUST, .find = find_certificate, .server_trusts = ca,
         .also_trusts = middle},
        {.name = "nothing found", SERVER, TRUSTED, .server_mode = PEER, .find = find_nothing},
        {.name = "half found", SERVER, TRUSTED, .server_mode = PEER, .find = find_half},
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        run(&plans[i], TLS1_2_VERSION);
        run(&plans[i], TLS1_3_VERSION);
    }
}

int main(int argc, char **argv) {
    must(argc == 2, "start without a folder");
    folder = argv[1];
    make();
    all();
    EVP_PKEY *keys[] = {ca_key, middle_key, key, ec_key, ed_key, pss_key, p521_key, weak_key, rogue_key};
    X509 *certificates[] = {ca,   middle, leaf,  ec_leaf, ed_leaf, pss_leaf, p521_leaf, weak_leaf, expired,
                            early, alone, mail, rogue,   rogue_ca, wild,     address,   forged,    client};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        EVP_PKEY_free(keys[i]);
    for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++)
        X509_free(certificates[i]);
    return 0;
}
