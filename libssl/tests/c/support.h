/* What the programs share: values and error codes printed one call a line, certificates made on the spot. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints a value and what the call left in the queue: library and reason. */
static inline void show(const char *call, long value) {
    unsigned long code;
    printf("%s = %ld", call, value);
    while ((code = ERR_get_error()) != 0)
        printf(" %d:%d", ERR_GET_LIB(code), ERR_GET_REASON(code) & 0x3ffff);
    printf("\n");
    fflush(stdout);
}

#define VALUE(call) (ERR_clear_error(), show(#call, (long)(call)))
#define SAME(call, other) (ERR_clear_error(), show(#call " == " #other, (const void *)(call) == (const void *)(other)))
#define THERE(call) (ERR_clear_error(), show(#call " != NULL", (call) != NULL))
#define RUN(call) (ERR_clear_error(), (void)(call), show(#call, 0))

static inline void must(int good, const char *what) {
    if (!good) {
        fprintf(stderr, "cannot %s\n", what);
        ERR_print_errors_fp(stderr);
        exit(2);
    }
}

static inline void extend(X509 *x, X509 *issuer, int nid, const char *value) {
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension != NULL && X509_add_ext(x, extension, -1), "extend a certificate");
    X509_EXTENSION_free(extension);
}

/* A certificate for `key`, signed by `issuer`, or by itself where that is NULL. `names`: subjectAltName, or NULL. */
static inline X509 *certificate(const char *cn, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const EVP_MD *md,
                                int authority, const char *names, const char *usage, long from, long to) {
    static long serial = 1;
    X509 *x = X509_new();
    X509_NAME *name;
    must(x != NULL, "make a certificate");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), from);
    X509_gmtime_adj(X509_getm_notAfter(x), to);
    name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x, issuer != NULL ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(x, key);
    extend(x, issuer != NULL ? issuer : x, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (names != NULL)
        extend(x, x, NID_subject_alt_name, names);
    if (usage != NULL)
        extend(x, x, NID_ext_key_usage, usage);
    must(X509_sign(x, issuer_key != NULL ? issuer_key : key, md) > 0, "sign a certificate");
    return x;
}

/* An RSA key. Of the folder that the environment calls KEYS the keys of an earlier run are taken, and new ones left in
 * it: under valgrind one takes half a minute. */
static inline EVP_PKEY *rsa_of(const char *type, int bits) {
    static int nth;
    const char *folder = getenv("KEYS");
    char path[512] = "";
    EVP_PKEY *key = NULL;
    if (folder != NULL) {
        snprintf(path, sizeof path, "%s/%d.pem", folder, nth++);
        BIO *in = BIO_new_file(path, "r");
        if (in != NULL)
            key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
        BIO_free(in);
        ERR_clear_error();
    }
    if (key != NULL)
        return key;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    must(EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) > 0 &&
             EVP_PKEY_generate(ctx, &key) > 0,
         "make a key");
    EVP_PKEY_CTX_free(ctx);
    BIO *out = folder != NULL ? BIO_new_file(path, "w") : NULL;
    if (out != NULL)
        PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    BIO_free(out);
    return key;
}

static inline EVP_PKEY *rsa(int bits) { return rsa_of("RSA", bits); }
static inline EVP_PKEY *rsa_pss(int bits) { return rsa_of("RSA-PSS", bits); }
static inline EVP_PKEY *ec(const char *curve) { return EVP_EC_gen(curve); }
static inline EVP_PKEY *ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

#define DAY 86400L

/* A file in the folder that the first argument names. */
static inline const char *path(const char *folder, const char *name) {
    static char paths[64][512];
    static int next;
    char *place = paths[next++ % 64];
    snprintf(place, sizeof paths[0], "%s/%s", folder, name);
    return place;
}

static inline void write_certificates(const char *file, X509 **all, int count) {
    BIO *out = BIO_new_file(file, "w");
    must(out != NULL, "write a file");
    for (int i = 0; i < count; i++)
        PEM_write_bio_X509(out, all[i]);
    BIO_free(out);
}

static inline void write_key(const char *file, EVP_PKEY *key, const char *password) {
    BIO *out = BIO_new_file(file, "w");
    must(out != NULL, "write a file");
    PEM_write_bio_PrivateKey(out, key, password != NULL ? EVP_aes_128_cbc() : NULL, (const unsigned char *)password,
                             password != NULL ? (int)strlen(password) : 0, NULL, NULL);
    BIO_free(out);
}

/* The queue, emptied: library and reason of each error. */
static inline void queue(const char *who) {
    unsigned long code;
    printf("  %s:", who);
    while ((code = ERR_get_error()) != 0)
        printf(" %d:%d", ERR_GET_LIB(code), ERR_GET_REASON(code) & 0x3ffff);
    printf("\n");
}

/* The handshake of a client and a server, and what the client reads after it. */
static inline void shake(SSL *a, SSL *b) {
    SSL *ends[] = {a, b};
    const char *names[] = {"client", "server"};
    int done[2] = {0, 0};
    for (int round = 0; round < 20 && !(done[0] && done[1]); round++)
        for (int i = 0; i < 2; i++) {
            if (done[i])
                continue;
            ERR_clear_error();
            int result = SSL_do_handshake(ends[i]), error = SSL_get_error(ends[i], result);
            if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
                continue;
            done[i] = 1;
            printf("  %s: handshake %d error %d\n", names[i], result, error);
            queue(names[i]);
        }
    /* Tickets, and what a server has to say in TLS 1.3 after its client is through. */
    if (SSL_is_init_finished(a)) {
        char byte;
        ERR_clear_error();
        int result = SSL_read(a, &byte, 1);
        printf("  client: read %d error %d\n", result, SSL_get_error(a, result));
        queue("client");
    }
}

#endif
