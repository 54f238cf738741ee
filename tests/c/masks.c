/* Prints what mode calls answer. It knows nothing of libsslmode unless it is compiled with FUNCTIONS; with
 * METHOD=SSLv23_method it suits OpenSSL up to 1.0.2 too. Declarations of its own: the old libssls come without headers.
 */
#include <stdio.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
#ifndef METHOD
#define METHOD TLS_method
#endif
extern const void *METHOD(void);
#ifdef NULL_METHOD
extern const void *SSLv2_method(void);
#endif
extern SSL_CTX *SSL_CTX_new(const void *method);
extern void SSL_CTX_free(SSL_CTX *ctx);
extern SSL *SSL_new(SSL_CTX *ctx);
extern void SSL_free(SSL *ssl);
extern SSL *SSL_dup(SSL *ssl);
extern long SSL_CTX_ctrl(SSL_CTX *ctx, int cmd, long larg, void *parg);
extern long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg);

#ifdef FUNCTIONS
#include "sslmode.h"
#define ctx_set SSL_CTX_set_mode
#define ctx_clear SSL_CTX_clear_mode
#define ctx_get SSL_CTX_get_mode
#define ssl_set SSL_set_mode
#define ssl_clear SSL_clear_mode
#define ssl_get SSL_get_mode
#else
#define ctx_set(ctx, mode) SSL_CTX_ctrl(ctx, 33, mode, NULL)
#define ctx_clear(ctx, mode) SSL_CTX_ctrl(ctx, 78, mode, NULL)
#define ctx_get(ctx) SSL_CTX_ctrl(ctx, 33, 0, NULL)
#define ssl_set(ssl, mode) SSL_ctrl(ssl, 33, mode, NULL)
#define ssl_clear(ssl, mode) SSL_ctrl(ssl, 78, mode, NULL)
#define ssl_get(ssl) SSL_ctrl(ssl, 33, 0, NULL)
#endif

#ifdef SHARED
int SHARED(void);
int SHARED(void) {
#else
int main(void) {
#endif
#ifdef LIBRARY_INIT
    extern int SSL_library_init(void);
    SSL_library_init();
#endif
#ifdef NULL_METHOD
    printf("SSL_CTX_new(NULL) %s\n", SSL_CTX_new(SSLv2_method()) == NULL ? "NULL" : "a context");
#endif
    SSL_CTX *ctx = SSL_CTX_new(METHOD());
    printf("default %ld\n", ctx_get(ctx));
    printf("set 3 %ld\n", ctx_set(ctx, 3));
    SSL *ssl = SSL_new(ctx);
    printf("inherited %ld\n", ssl_get(ssl));
    printf("context -1 %ld\n", ctx_set(ctx, -1));
    printf("context cleared %ld\n", ctx_clear(ctx, -1));
    printf("connection still %ld\n", ssl_get(ssl));
    printf("connection clear 1 %ld\n", ssl_clear(ssl, 1));
    SSL *dup = SSL_dup(ssl);
    printf("dup %ld\n", ssl_get(dup));
    printf("connection -1 %ld\n", ssl_set(ssl, -1));
    SSL_free(dup);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return 0;
}
