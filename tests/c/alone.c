/* A process without any libssl. */
#include "sslmode.h"
#include <stdio.h>

int main(void) {
    int nothing = 0;
    printf("%ld", SSL_CTX_set_mode((struct ssl_ctx_st *)(void *)&nothing, 4));
    printf(" %ld", SSL_get_mode((struct ssl_st *)(void *)&nothing));
    printf(" %ld\n", SSL_get_mode(NULL));
    return 0;
}
