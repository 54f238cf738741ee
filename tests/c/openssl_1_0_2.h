/* Lets a program that was written with OpenSSL 3.0's headers be compiled with them and linked with 1.0.2:
 *
 *     cc -include openssl_1_0_2.h program.c libssl.so.1.0.2 libcrypto.so.1.0.2
 *
 * Most functions are the same there; these are not.
 */
#ifndef OPENSSL_1_0_2_H
#define OPENSSL_1_0_2_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* One method was for all versions, and it had another name. */
#undef SSLv23_method
#undef SSLv23_client_method
#undef SSLv23_server_method
const SSL_METHOD *SSLv23_method(void);
const SSL_METHOD *SSLv23_client_method(void);
const SSL_METHOD *SSLv23_server_method(void);
#define TLS_method SSLv23_method
#define TLS_client_method SSLv23_client_method
#define TLS_server_method SSLv23_server_method

/* The highest version is lowered by an option. */
#undef SSL_CTX_set_max_proto_version
#define SSL_CTX_set_max_proto_version(ctx, version) SSL_CTX_ctrl(ctx, 32, SSL_OP_NO_TLSv1_2, NULL)
#undef SSL_CTX_set_options
#define SSL_CTX_set_options(ctx, options) SSL_CTX_ctrl(ctx, 32, (long)(options), NULL)

/* No forms that end in _ex, nor anything else of 1.1.1: this is how a program can tell. */
#undef SSL_READ_EARLY_DATA_ERROR

int SSL_state(const SSL *ssl);
#define SSL_is_init_finished(ssl) (SSL_state(ssl) == 3)

/* It has no tickets that come after the handshake. */
#define SSL_CTX_set_num_tickets(ctx, number) ((void)(ctx), (void)(number))

#undef X509_set_notBefore
#undef X509_set_notAfter
int X509_set_notBefore(X509 *certificate, const ASN1_TIME *time);
int X509_set_notAfter(X509 *certificate, const ASN1_TIME *time);
#define X509_set1_notBefore X509_set_notBefore
#define X509_set1_notAfter X509_set_notAfter

static inline EVP_PKEY *make_ec_key(void) {
    EVP_PKEY *key = EVP_PKEY_new();
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    EC_KEY_set_asn1_flag(ec, OPENSSL_EC_NAMED_CURVE);
    return EC_KEY_generate_key(ec) == 1 && EVP_PKEY_assign(key, EVP_PKEY_EC, ec) == 1 ? key : NULL;
}
#undef EVP_EC_gen
#define EVP_EC_gen(curve) make_ec_key()

/* A server chooses no curve for its key exchange unless it is told to. */
static inline SSL_CTX *make_context(const SSL_METHOD *method) {
    enum { CTRL_SET_ECDH_AUTO = 94 };
    SSL_CTX *ctx = SSL_CTX_new(method);
    SSL_CTX_ctrl(ctx, CTRL_SET_ECDH_AUTO, 1, NULL);
    return ctx;
}
#define SSL_CTX_new make_context

#undef SSL_library_init
int SSL_library_init(void);
void SSL_load_error_strings_of_1_0_2(void) __asm__("SSL_load_error_strings");
__attribute__((constructor)) static void initialise(void) {
    SSL_library_init();
    SSL_load_error_strings_of_1_0_2();
}

#endif
