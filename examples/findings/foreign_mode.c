/* A program that was compiled with OpenSSL's header and runs on BoringSSL (netty-tcnative pull request 558).
 *
 * There a mode was given its number by hand, and a reviewer noticed that in the other library the number is another mode's:
 * 0x80 is SEND_FALLBACK_SCSV in OpenSSL, and ENABLE_FALSE_START in BoringSSL and AWS-LC. Here it is not the source that is
 * wrong, but what it is compiled with:
 *
 *     cc foreign_mode.c -lsslmode BORINGSSL/libssl.so BORINGSSL/libcrypto.so -o broken
 *     cc -I BORINGSSL/include foreign_mode.c BORINGSSL/libssl.so BORINGSSL/libcrypto.so -o mended
 */
#include <openssl/ssl.h>

int main(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CTX_set_mode(ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL *ssl = SSL_new(ctx);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return 0;
}
