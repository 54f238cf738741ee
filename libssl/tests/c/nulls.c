/* NULL to every function about certificates, keys and verification: each fails, and nothing crashes. Ours alone: OpenSSL
 * crashes in most of them. */
#include "support.h"

static int count, bad;

static void check(const char *call, long value, long expected) {
    unsigned long code = ERR_peek_error();
    count++;
    if (value != expected || (code != 0 && ERR_GET_LIB(code) != ERR_LIB_SSL)) {
        printf("%s = %ld, expected %ld, %s\n", call, value, expected, ERR_error_string(code, NULL));
        bad++;
    }
    ERR_clear_error();
}

#define IS(call, expected) check(#call, (long)(call), expected)
#define ZERO(call) IS(call, 0)
#define NOTHING(call) ((void)(call), check(#call, 0, 0))

#define TWINS(p, n)                                                                                                    \
    do {                                                                                                               \
        ZERO(p##_use_certificate(n, NULL));                                                                            \
        ZERO(p##_use_certificate_file(n, NULL, SSL_FILETYPE_PEM));                                                     \
        ZERO(p##_use_certificate_chain_file(n, NULL));                                                                 \
        ZERO(p##_use_PrivateKey(n, NULL));                                                                             \
        ZERO(p##_use_PrivateKey_file(n, NULL, SSL_FILETYPE_PEM));                                                      \
        ZERO(p##_use_PrivateKey_ASN1(EVP_PKEY_RSA, n, NULL, 0));                                                       \
        ZERO(p##_use_RSAPrivateKey(n, NULL));                                                                          \
        ZERO(p##_use_RSAPrivateKey_file(n, NULL, SSL_FILETYPE_PEM));                                                   \
        ZERO(p##_use_RSAPrivateKey_ASN1(n, NULL, 0));                                                                  \
        ZERO(p##_use_cert_and_key(n, NULL, NULL, NULL, 0));                                                            \
        ZERO(p##_check_private_key(n));                                                                                \
        NOTHING(p##_set_default_passwd_cb(n, NULL));                                                                   \
        NOTHING(p##_set_default_passwd_cb_userdata(n, NULL));                                                          \
        ZERO(p##_get_default_passwd_cb(n));                                                                            \
        ZERO(p##_get_default_passwd_cb_userdata(n));                                                                   \
        ZERO(p##_add0_chain_cert(n, NULL));                                                                            \
        ZERO(p##_add1_chain_cert(n, NULL));                                                                            \
        ZERO(p##_get0_chain_certs(n, NULL));                                                                           \
        ZERO(p##_get0_chain_cert_store(n, NULL));                                                                      \
        ZERO(p##_get0_verify_cert_store(n, NULL));                                                                     \
        ZERO(p##_build_cert_chain(n, 0));                                                                              \
        ZERO(p##_select_current_cert(n, NULL));                                                                        \
        ZERO(p##_set_current_cert(n, SSL_CERT_SET_FIRST));                                                             \
        ZERO(p##_get_verify_mode(n));                                                                                  \
        ZERO(p##_get_verify_callback(n));                                                                              \
        NOTHING(p##_set_verify(n, 0, NULL));                                                                           \
        NOTHING(p##_set_cert_cb(n, NULL, NULL));                                                                       \
        ZERO(p##_get0_security_ex_data(n));                                                                            \
        NOTHING(p##_set0_CA_list(n, NULL));                                                                            \
        NOTHING(p##_set_client_CA_list(n, NULL));                                                                      \
        ZERO(p##_get0_CA_list(n));                                                                                     \
        ZERO(p##_get_client_CA_list(n));                                                                               \
        ZERO(p##_add1_to_CA_list(n, NULL));                                                                            \
        ZERO(p##_add_client_CA(n, NULL));                                                                              \
    } while (0)

/* What has no answer like this where the handle is there. */
#define NO_HANDLE(p)                                                                                                   \
    do {                                                                                                               \
        ZERO(p##_set1_chain(NULL, NULL));                                                                              \
        ZERO(p##_set1_verify_cert_store(NULL, NULL));                                                                  \
        ZERO(p##_set1_chain_cert_store(NULL, NULL));                                                                   \
        ZERO(p##_get0_param(NULL));                                                                                    \
        ZERO(p##_set1_param(NULL, NULL));                                                                              \
        ZERO(p##_set_purpose(NULL, X509_PURPOSE_SSL_SERVER));                                                          \
        ZERO(p##_set_trust(NULL, X509_TRUST_SSL_SERVER));                                                              \
        ZERO(p##_get_verify_depth(NULL));                                                                              \
        NOTHING(p##_set_verify_depth(NULL, 0));                                                                        \
        ZERO(p##_get_security_level(NULL));                                                                            \
        NOTHING(p##_set_security_level(NULL, 0));                                                                      \
        ZERO(p##_get_security_callback(NULL));                                                                         \
        NOTHING(p##_set_security_callback(NULL, NULL));                                                                \
        NOTHING(p##_set0_security_ex_data(NULL, NULL));                                                                \
    } while (0)

static void contexts(SSL_CTX *ctx) {
    ZERO(SSL_CTX_use_certificate_ASN1(ctx, 0, NULL));
    ZERO(SSL_CTX_get0_certificate(ctx));
    ZERO(SSL_CTX_get0_privatekey(ctx));
    NOTHING(SSL_CTX_set_client_cert_cb(ctx, NULL));
    ZERO(SSL_CTX_get_client_cert_cb(ctx));
    NOTHING(SSL_CTX_set_cert_verify_callback(ctx, NULL, NULL));
    ZERO(SSL_CTX_load_verify_locations(ctx, NULL, NULL));
    ZERO(SSL_CTX_load_verify_file(ctx, NULL));
    ZERO(SSL_CTX_load_verify_dir(ctx, NULL));
    ZERO(SSL_CTX_load_verify_store(ctx, NULL));
    ZERO(SSL_CTX_add_extra_chain_cert(ctx, NULL));
    ZERO(SSL_CTX_get_extra_chain_certs(ctx, NULL));
}

static void connections(SSL *ssl) {
    ZERO(SSL_use_certificate_ASN1(ssl, NULL, 0));
    ZERO(SSL_get_certificate(ssl));
    ZERO(SSL_get_privatekey(ssl));
    NOTHING(SSL_certs_clear(ssl));
    ZERO(SSL_get0_peername(ssl));
    ZERO(SSL_get_verify_result(ssl));
    ZERO(SSL_get1_peer_certificate(ssl));
    ZERO(SSL_get0_peer_certificate(ssl));
    ZERO(SSL_get_peer_cert_chain(ssl));
    ZERO(SSL_get0_verified_chain(ssl));
    ZERO(SSL_get0_peer_CA_list(ssl));
}

int main(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    TWINS(SSL_CTX, NULL);
    TWINS(SSL, NULL);
    TWINS(SSL_CTX, ctx);
    TWINS(SSL, ssl);
    NO_HANDLE(SSL_CTX);
    NO_HANDLE(SSL);
    contexts(NULL);
    contexts(ctx);
    connections(NULL);
    connections(ssl);
    ZERO(SSL_set1_host(NULL, NULL));
    ZERO(SSL_add1_host(NULL, NULL));
    NOTHING(SSL_set_hostflags(NULL, 0));
    NOTHING(SSL_set_verify_result(NULL, 0));
    ZERO(SSL_CTX_set_default_verify_paths(NULL));
    ZERO(SSL_CTX_set_default_verify_dir(NULL));
    ZERO(SSL_CTX_set_default_verify_file(NULL));
    ZERO(SSL_CTX_set_default_verify_store(NULL));
    ZERO(SSL_CTX_get_cert_store(NULL));
    NOTHING(SSL_CTX_set_cert_store(NULL, NULL));
    NOTHING(SSL_CTX_set1_cert_store(NULL, NULL));
    ZERO(SSL_CTX_clear_extra_chain_certs(NULL));
    ZERO(SSL_load_client_CA_file(NULL));
    ZERO(SSL_load_client_CA_file_ex(NULL, NULL, NULL));
    ZERO(SSL_add_file_cert_subjects_to_stack(NULL, NULL));
    ZERO(SSL_add_dir_cert_subjects_to_stack(NULL, NULL));
    ZERO(SSL_add_store_cert_subjects_to_stack(NULL, NULL));
    /* A context that trusts nobody at all. */
    SSL_CTX_set_cert_store(ctx, NULL);
    ZERO(SSL_CTX_get_cert_store(ctx));
    ZERO(SSL_CTX_set_default_verify_paths(ctx));
    ZERO(SSL_CTX_load_verify_file(ctx, "/dev/null"));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    printf("%d calls, %d wrong\n", count, bad);
    return bad != 0;
}
