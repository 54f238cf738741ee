/* Certificates, keys, chains, stores and the settings of verification, call by call: handles PATH_TO_A_FOLDER */
#include "support.h"
#include <sys/stat.h>

static int passwords;

static int password(char *buffer, int size, int writing, void *data) {
    (void)writing;
    passwords++;
    if (data == NULL || (int)strlen(data) > size)
        return -1;
    memcpy(buffer, data, strlen(data));
    return (int)strlen(data);
}

static int freed;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long number, void *pointer) {
    (void)parent, (void)data, (void)index, (void)number, (void)pointer;
    if (ptr != NULL)
        freed++;
}

static int mark = -1;

static X509 *marked(X509 *x) {
    if (mark < 0)
        mark = X509_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    X509_set_ex_data(x, mark, x);
    return x;
}

static int asked_security, refuse_operation;

static int security(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *data) {
    asked_security++;
    if ((op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CERT)
        printf("  security: ssl %d ctx %d op %#x bits %d nid %d other %d data %ld\n", ssl != NULL, ctx != NULL, op, bits,
               nid, other != NULL, (long)data);
    return op != refuse_operation;
}

static int on_verify(int ok, X509_STORE_CTX *ctx) {
    (void)ctx;
    return ok;
}

static int judge(X509_STORE_CTX *ctx, void *argument) {
    (void)ctx, (void)argument;
    return 1;
}

static int on_certificate(SSL *ssl, void *argument) {
    (void)ssl, (void)argument;
    return 1;
}

static int client_certificate(SSL *ssl, X509 **x, EVP_PKEY **key) {
    (void)ssl, (void)x, (void)key;
    return 0;
}

static EVP_PKEY *ca_key, *rsa_key, *other_rsa, *ec_key, *weak_key, *ed_key, *x_key;
static X509 *ca, *middle, *leaf, *ec_leaf, *weak_leaf, *sha1_leaf, *ed_leaf, *other_leaf, *rsa_ca;
static EVP_PKEY *middle_key;
static const char *folder;

static void make(void) {
    ca_key = ec("P-256"), middle_key = ec("P-256"), rsa_key = rsa(2048), other_rsa = rsa(2048), ec_key = ec("P-384");
    weak_key = rsa(1024), ed_key = ed25519(), x_key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    ca = certificate("authority", ca_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -DAY, DAY);
    middle = certificate("middle", middle_key, ca, ca_key, EVP_sha256(), 1, NULL, NULL, -DAY, DAY);
    leaf = certificate("leaf", rsa_key, middle, middle_key, EVP_sha256(), 0, "DNS:localhost", NULL, -DAY, DAY);
    other_leaf = certificate("other", other_rsa, ca, ca_key, EVP_sha256(), 0, NULL, NULL, -DAY, DAY);
    ec_leaf = certificate("ec", ec_key, ca, ca_key, EVP_sha256(), 0, NULL, NULL, -DAY, DAY);
    weak_leaf = certificate("weak", weak_key, ca, ca_key, EVP_sha256(), 0, NULL, NULL, -DAY, DAY);
    sha1_leaf = certificate("sha1", rsa_key, ca, ca_key, EVP_sha1(), 0, NULL, NULL, -DAY, DAY);
    ed_leaf = certificate("ed", ed_key, ca, ca_key, EVP_sha256(), 0, NULL, NULL, -DAY, DAY);
    rsa_ca = certificate("weak authority", weak_key, NULL, NULL, EVP_sha256(), 1, NULL, NULL, -DAY, DAY);

    X509 *chain[] = {leaf, middle, ca};
    write_certificates(path(folder, "leaf.pem"), &leaf, 1);
    write_certificates(path(folder, "chain.pem"), chain, 3);
    write_certificates(path(folder, "ec.pem"), &ec_leaf, 1);
    write_certificates(path(folder, "ca.pem"), &ca, 1);
    write_certificates(path(folder, "weak.pem"), &weak_leaf, 1);
    X509 *weak_chain[] = {leaf, rsa_ca};
    write_certificates(path(folder, "weakchain.pem"), weak_chain, 2);
    X509 *twice[] = {ca, middle, ca};
    write_certificates(path(folder, "twice.pem"), twice, 3);
    write_key(path(folder, "leaf.key"), rsa_key, NULL);
    write_key(path(folder, "locked.key"), rsa_key, "secret");
    write_key(path(folder, "other.key"), other_rsa, NULL);
    write_key(path(folder, "ec.key"), ec_key, NULL);
    BIO *out = BIO_new_file(path(folder, "leaf.der"), "w");
    i2d_X509_bio(out, leaf);
    BIO_free(out);
    out = BIO_new_file(path(folder, "key.der"), "w");
    i2d_PrivateKey_bio(out, rsa_key);
    BIO_free(out);
    out = BIO_new_file(path(folder, "broken.pem"), "w");
    PEM_write_bio_X509(out, leaf);
    BIO_puts(out, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    BIO_free(out);
    out = BIO_new_file(path(folder, "empty.pem"), "w");
    BIO_free(out);
    mkdir(path(folder, "names"), 0700);
    mkdir(path(folder, "names/inner"), 0700);
    write_certificates(path(folder, "names/a.pem"), twice, 3);
    write_certificates(path(folder, "names/b.pem"), &leaf, 1);
}

/* The twins behave alike: both are run through the same calls. */
#define HANDLE SSL_CTX
#define F(name) SSL_CTX_##name
#include "twins.h"
#undef HANDLE
#undef F
#define HANDLE SSL
#define F(name) SSL_##name
#include "twins.h"

static SSL_CTX *new_context(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    must(ctx != NULL, "make a context");
    return ctx;
}

/* Each group on a context and on a connection of its own. */
#define GROUP(name)                                                                                                    \
    do {                                                                                                               \
        SSL_CTX *ctx = new_context();                                                                                  \
        printf("# contexts: " #name "\n");                                                                             \
        SSL_CTX_##name(ctx);                                                                                           \
        SSL_CTX_free(ctx);                                                                                             \
        ctx = new_context();                                                                                           \
        SSL *ssl = SSL_new(ctx);                                                                                       \
        printf("# connections: " #name "\n");                                                                          \
        SSL_##name(ssl);                                                                                               \
        SSL_free(ssl);                                                                                                 \
        SSL_CTX_free(ctx);                                                                                             \
    } while (0)

static void contexts_alone(void) {
    SSL_CTX *ctx = new_context();
    STACK_OF(X509) *chain = NULL;
    X509_STORE *store;
    printf("# contexts alone\n");
    unsigned char *der = NULL;
    int length = i2d_X509(leaf, &der);
    VALUE(SSL_CTX_check_private_key(NULL));
    THERE(SSL_CTX_get0_certificate(ctx));
    THERE(SSL_CTX_get0_privatekey(ctx));
    VALUE(SSL_CTX_use_certificate_ASN1(ctx, length, der));
    VALUE(SSL_CTX_use_certificate_ASN1(ctx, 9, der));
    THERE(SSL_CTX_get0_certificate(ctx));
    VALUE(SSL_CTX_use_PrivateKey(ctx, rsa_key));
    SAME(SSL_CTX_get0_privatekey(ctx), rsa_key);
    VALUE(SSL_CTX_use_certificate(ctx, leaf));
    SAME(SSL_CTX_get0_certificate(ctx), leaf);
    OPENSSL_free(der);

    VALUE((SSL_CTX_get_extra_chain_certs(ctx, &chain), chain == NULL));
    VALUE(SSL_CTX_add1_chain_cert(ctx, middle));
    VALUE((SSL_CTX_get_extra_chain_certs(ctx, &chain), sk_X509_num(chain)));
    VALUE((SSL_CTX_get_extra_chain_certs_only(ctx, &chain), chain == NULL));
    X509_up_ref(ca);
    VALUE(SSL_CTX_add_extra_chain_cert(ctx, ca));
    X509_up_ref(rsa_ca);
    VALUE(SSL_CTX_add_extra_chain_cert(ctx, rsa_ca));
    VALUE((SSL_CTX_get_extra_chain_certs(ctx, &chain), sk_X509_num(chain)));
    VALUE((SSL_CTX_get_extra_chain_certs_only(ctx, &chain), sk_X509_num(chain)));
    VALUE(SSL_CTX_clear_extra_chain_certs(ctx));
    VALUE((SSL_CTX_get_extra_chain_certs_only(ctx, &chain), chain == NULL));

    VALUE(SSL_CTX_load_verify_locations(ctx, NULL, NULL));
    VALUE(SSL_CTX_load_verify_locations(ctx, path(folder, "nothing"), NULL));
    VALUE(SSL_CTX_load_verify_locations(ctx, path(folder, "empty.pem"), NULL));
    VALUE(SSL_CTX_load_verify_locations(ctx, path(folder, "ca.pem"), folder));
    VALUE(SSL_CTX_load_verify_locations(ctx, path(folder, "ca.pem"), NULL));
    VALUE(SSL_CTX_load_verify_locations(ctx, NULL, path(folder, "nothing")));
    VALUE(SSL_CTX_load_verify_file(ctx, path(folder, "chain.pem")));
    VALUE(SSL_CTX_load_verify_file(ctx, path(folder, "nothing")));
    VALUE(SSL_CTX_load_verify_dir(ctx, folder));
    VALUE(SSL_CTX_load_verify_store(ctx, path(folder, "ca.pem")));
    VALUE(SSL_CTX_load_verify_store(ctx, path(folder, "nothing")));
    store = SSL_CTX_get_cert_store(ctx);
    VALUE(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)));
    VALUE(SSL_CTX_set_default_verify_paths(ctx));
    VALUE(SSL_CTX_set_default_verify_file(ctx));
    VALUE(SSL_CTX_set_default_verify_dir(ctx));
    VALUE(SSL_CTX_set_default_verify_store(ctx));
    store = X509_STORE_new();
    RUN(SSL_CTX_set1_cert_store(ctx, store));
    SAME(SSL_CTX_get_cert_store(ctx), store);
    RUN(SSL_CTX_set_cert_store(ctx, store));
    SAME(SSL_CTX_get_cert_store(ctx), store);
    RUN(SSL_CTX_set_cert_verify_callback(ctx, judge, NULL));
    THERE(SSL_CTX_get_client_cert_cb(ctx));
    SSL_CTX_set_client_cert_cb(ctx, client_certificate);
    SAME(SSL_CTX_get_client_cert_cb(ctx), client_certificate);
    SSL_CTX_free(ctx);
}

static void connections_alone(void) {
    SSL_CTX *ctx = new_context();
    SSL *ssl = SSL_new(ctx);
    unsigned char *der = NULL;
    int length = i2d_X509(leaf, &der);
    printf("# connections alone\n");
    THERE(SSL_get_certificate(ssl));
    THERE(SSL_get_privatekey(ssl));
    VALUE(SSL_use_certificate_ASN1(ssl, der, length));
    VALUE(SSL_use_certificate_ASN1(ssl, der, 9));
    VALUE(SSL_use_PrivateKey(ssl, rsa_key));
    THERE(SSL_get_certificate(ssl));
    SAME(SSL_get_privatekey(ssl), rsa_key);
    OPENSSL_free(der);
    RUN(SSL_certs_clear(ssl));
    THERE(SSL_get_certificate(ssl));
    VALUE(SSL_check_private_key(ssl));
    VALUE(SSL_set1_host(ssl, "localhost"));
    VALUE(SSL_add1_host(ssl, "example.org"));
    VALUE(strcmp(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 1), "example.org"));
    VALUE(SSL_set1_host(ssl, "127.0.0.1"));
    THERE(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    VALUE(SSL_add1_host(ssl, "::1"));
    VALUE(SSL_add1_host(ssl, NULL));
    VALUE(SSL_set1_host(ssl, NULL));
    VALUE(SSL_add1_host(ssl, "::1"));
    VALUE(SSL_set1_host(ssl, ""));
    RUN(SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_WILDCARDS));
    VALUE(X509_VERIFY_PARAM_get_hostflags(SSL_get0_param(ssl)));
    THERE(SSL_get0_peername(ssl));
    VALUE(SSL_get_verify_result(ssl));
    SSL_set_verify_result(ssl, X509_V_ERR_CERT_REVOKED);
    VALUE(SSL_get_verify_result(ssl));
    VALUE(SSL_clear(ssl));
    VALUE(SSL_get_verify_result(ssl));
    THERE(SSL_get1_peer_certificate(ssl));
    THERE(SSL_get0_peer_certificate(ssl));
    THERE(SSL_get_peer_cert_chain(ssl));
    THERE(SSL_get0_verified_chain(ssl));
    THERE(SSL_get0_peer_CA_list(ssl));
    VALUE(SSL_get_ex_data_X509_STORE_CTX_idx() == SSL_get_ex_data_X509_STORE_CTX_idx());
    VALUE(SSL_get_ex_data_X509_STORE_CTX_idx() >= 0);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* What a connection copies at SSL_new, and what it looks up in its context later. */
static void inheritance(void) {
    SSL_CTX *ctx = new_context(), *other = new_context();
    printf("# inheritance\n");
    SSL_CTX_use_certificate(ctx, leaf);
    SSL_CTX_use_PrivateKey(ctx, rsa_key);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_verify_depth(ctx, 4);
    SSL_CTX_set_security_level(ctx, 1);
    SSL_CTX_set_default_passwd_cb(ctx, password);
    SSL_CTX_add1_chain_cert(ctx, middle);
    SSL *ssl = SSL_new(ctx);
    SAME(SSL_get_certificate(ssl), leaf);
    VALUE(SSL_get_verify_depth(ssl));
    VALUE(SSL_get_security_level(ssl));
    SAME(SSL_get_default_passwd_cb(ssl), password);
    SSL_CTX_use_certificate(ctx, ec_leaf);
    SSL_CTX_use_PrivateKey(ctx, ec_key);
    SSL_CTX_set_verify(ctx, 0, NULL);
    SSL_CTX_set_verify_depth(ctx, 5);
    SSL_CTX_set_security_level(ctx, 0);
    SAME(SSL_get_certificate(ssl), leaf);
    VALUE(SSL_get_verify_mode(ssl));
    SAME(SSL_get_verify_callback(ssl), on_verify);
    VALUE(SSL_get_verify_depth(ssl));
    VALUE(SSL_get_security_level(ssl));
    SSL_set_verify_depth(ssl, 6);
    VALUE(SSL_CTX_get_verify_depth(ctx));
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_hostflags(param, 2);
    SSL *second = SSL_new(ctx);
    X509_VERIFY_PARAM_set_depth(param, 9);
    VALUE(SSL_CTX_get_verify_depth(ctx));
    VALUE(SSL_get_verify_depth(second));
    VALUE(X509_VERIFY_PARAM_get_hostflags(SSL_get0_param(second)));
    SSL_CTX_set_verify_depth(ctx, 10);
    VALUE(X509_VERIFY_PARAM_get_depth(param));
    SSL *third = SSL_new(ctx);
    VALUE(SSL_get_verify_depth(third));
    VALUE(SSL_CTX_add1_to_CA_list(ctx, ca));
    VALUE(sk_X509_NAME_num(SSL_get0_CA_list(third)));
    VALUE(SSL_add1_to_CA_list(third, ca));
    VALUE(SSL_add1_to_CA_list(third, leaf));
    VALUE(sk_X509_NAME_num(SSL_get0_CA_list(third)));
    VALUE(sk_X509_NAME_num(SSL_CTX_get0_CA_list(ctx)));
    SSL_CTX_use_certificate(other, other_leaf);
    SSL_CTX_set_verify(other, SSL_VERIFY_CLIENT_ONCE, NULL);
    SSL_CTX_set_verify_depth(other, 20);
    SSL_CTX_set_security_level(other, 1);
    SAME(SSL_set_SSL_CTX(third, other), other);
    SAME(SSL_get_certificate(third), other_leaf);
    THERE(SSL_get_privatekey(third));
    VALUE(SSL_get_verify_mode(third));
    VALUE(SSL_get_verify_depth(third));
    VALUE(SSL_get_security_level(third));
    SSL_free(ssl);
    SSL_free(second);
    SSL_free(third);
    SSL_CTX_free(other);
    SSL_CTX_free(ctx);
}

/* When the last reference to a certificate goes. */
static void references(void) {
    printf("# references\n");
    SSL_CTX *ctx = new_context();
    X509 *x = marked(X509_dup(leaf)), *y = marked(X509_dup(middle)), *z = marked(X509_dup(ca));
    SSL_CTX_use_certificate(ctx, x);
    X509_free(x);
    SSL_CTX_add0_chain_cert(ctx, y);
    SSL_CTX_add_extra_chain_cert(ctx, z);
    VALUE(freed);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_clear_chain_certs(ctx);
    VALUE(freed);
    SSL_CTX_use_certificate(ctx, other_leaf);
    VALUE(freed);
    SSL_CTX_clear_extra_chain_certs(ctx);
    VALUE(freed);
    SSL_use_certificate(ssl, other_leaf);
    VALUE(freed);
    SSL_clear_chain_certs(ssl);
    VALUE(freed);
    x = marked(X509_dup(leaf));
    SSL_use_cert_and_key(ssl, x, rsa_key, NULL, 1);
    SSL_use_cert_and_key(ssl, x, rsa_key, NULL, 1);
    X509_free(x);
    VALUE(freed);
    SSL_free(ssl);
    VALUE(freed);
    x = marked(X509_dup(leaf));
    SSL_CTX_use_certificate(ctx, x);
    ssl = SSL_new(ctx);
    X509_free(x);
    SSL_CTX_free(ctx);
    VALUE(freed);
    SSL_free(ssl);
    VALUE(freed);
}

static void lists(void) {
    printf("# lists\n");
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path(folder, "twice.pem"));
    VALUE(sk_X509_NAME_num(names));
    THERE(SSL_load_client_CA_file(path(folder, "nothing")));
    THERE(SSL_load_client_CA_file(path(folder, "empty.pem")));
    THERE(SSL_load_client_CA_file(path(folder, "leaf.key")));
    STACK_OF(X509_NAME) *copy = SSL_dup_CA_list(names);
    VALUE(copy != names && sk_X509_NAME_num(copy) == sk_X509_NAME_num(names));
    VALUE(SSL_add_file_cert_subjects_to_stack(copy, path(folder, "chain.pem")));
    VALUE(sk_X509_NAME_num(copy));
    VALUE(SSL_add_file_cert_subjects_to_stack(copy, path(folder, "nothing")));
    VALUE(SSL_add_file_cert_subjects_to_stack(copy, path(folder, "broken.pem")));
    VALUE(sk_X509_NAME_num(copy));
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    names = sk_X509_NAME_new_null();
    VALUE(SSL_add_dir_cert_subjects_to_stack(names, path(folder, "names")));
    VALUE(sk_X509_NAME_num(names));
    VALUE(SSL_add_dir_cert_subjects_to_stack(names, path(folder, "nothing")));
    VALUE(SSL_add_store_cert_subjects_to_stack(copy, path(folder, "names")));
    VALUE(sk_X509_NAME_num(copy));
    VALUE(SSL_add_store_cert_subjects_to_stack(copy, path(folder, "nothing")));
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    sk_X509_NAME_pop_free(copy, X509_NAME_free);
    names = SSL_dup_CA_list(NULL);
    THERE(names);
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

int main(int argc, char **argv) {
    must(argc == 2, "start without a folder");
    folder = argv[1];
    make();
    GROUP(certificates);
    GROUP(both);
    GROUP(verification);
    GROUP(authorities);
    contexts_alone();
    connections_alone();
    GROUP(security);
    GROUP(chains);
    inheritance();
    references();
    lists();
    VALUE(passwords);
    EVP_PKEY *keys[] = {ca_key, middle_key, rsa_key, other_rsa, ec_key, weak_key, ed_key, x_key};
    X509 *all[] = {ca, middle, leaf, ec_leaf, weak_leaf, sha1_leaf, ed_leaf, other_leaf, rsa_ca};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        EVP_PKEY_free(keys[i]);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        X509_free(all[i]);
    return 0;
}
