/* A program that brings the numbers of the modes along (netty-tcnative pull request 558).
 *
 * There a mode that OpenSSL's header lacks was given the number that it has in BoringSSL, 0x80, which is another mode in
 * OpenSSL: SEND_FALLBACK_SCSV. Here it is the other way round: a binding that was made for OpenSSL says 0x80, and on
 * BoringSSL and AWS-LC it switches on false start. The header of the libssl that is meant has the right numbers.
 *
 *     cc -I BORINGSSL/include foreign_mode.c BORINGSSL/libssl.so BORINGSSL/libcrypto.so
 */
#include <openssl/ssl.h>

#ifdef MENDED
enum { SEND_FALLBACK_SCSV = SSL_MODE_SEND_FALLBACK_SCSV };
#else
enum { SEND_FALLBACK_SCSV = 0x80 };
#endif

int main(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(ctx, SEND_FALLBACK_SCSV);
    SSL *ssl = SSL_new(ctx);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return 0;
}
