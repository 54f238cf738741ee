/* Several libssls at once, each driven by two threads: many_hosts LIBSSL:MINUS_ONE...
 *
 * Handles are made through libsslmode, so that it sees whose method made them; MINUS_ONE is what setting -1 returns
 * there. Addresses are used again by other libssls all the time: a handle taken for another's answers wrong or crashes.
 */
#include "sslmode.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
extern SSL_CTX *SSL_CTX_new(const void *method);
extern SSL *SSL_new(SSL_CTX *ctx);
extern long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg);

#ifndef ROUNDS
#define ROUNDS 300
#endif
enum { HANDLES = 8, THREADS_A_HOST = 2 };

struct host {
    const void *method;
    long minus_one;
    void (*ctx_free)(SSL_CTX *);
    void (*ssl_free)(SSL *);
    int wrong;
    pthread_mutex_t one_at_a_time; /* the old ones are not made for threads without locks lent to them */
};

static void look_up(void *library, void *function, const char *name) {
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
}

static int load(struct host *host, char *argument) {
    char *colon = strrchr(argument, ':');
    *colon = 0;
    void *library = dlopen(argument, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    int (*init)(void);
    const void *(*method)(void);
    look_up(library, &init, "SSL_library_init");
    if (init != NULL) init();
    look_up(library, &method, "TLS_method");
    if (method == NULL) look_up(library, &method, "SSLv23_method");
    look_up(library, &host->ctx_free, "SSL_CTX_free");
    look_up(library, &host->ssl_free, "SSL_free");
    host->method = method();
    host->minus_one = atol(colon + 1);
    pthread_mutex_init(&host->one_at_a_time, NULL);
    return 1;
}

static int wrong_answers(const struct host *host) {
    SSL_CTX *ctx[HANDLES];
    SSL *ssl[HANDLES];
    int wrong = 0;
    for (int i = 0; i < HANDLES; i++) {
        ctx[i] = SSL_CTX_new(host->method);
        wrong += SSL_CTX_set_mode(ctx[i], -1) != host->minus_one;
        ssl[i] = SSL_new(ctx[i]);
        wrong += SSL_clear_mode(ssl[i], -1) != 0;
    }
    for (int i = 0; i < HANDLES; i++) {
        wrong += SSL_ctrl(ssl[i], 33, -1, NULL) != host->minus_one;
        host->ssl_free(ssl[i]);
        wrong += SSL_CTX_get_mode(ctx[i]) != host->minus_one;
        host->ctx_free(ctx[i]);
    }
    return wrong;
}

static void *drive(void *argument) {
    struct host *host = argument;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_mutex_lock(&host->one_at_a_time);
        host->wrong += wrong_answers(host);
        pthread_mutex_unlock(&host->one_at_a_time);
    }
    return NULL;
}

int main(int argc, char **argv) {
    struct host *hosts = calloc((size_t)argc, sizeof *hosts);
    pthread_t *threads = calloc((size_t)argc * THREADS_A_HOST, sizeof *threads);
    int count = argc - 1, started = 0, wrong = 0;
    for (int i = 0; i < count; i++)
        if (!load(&hosts[i], argv[i + 1])) return 2;
    for (int i = 0; i < count * THREADS_A_HOST; i++)
        started += pthread_create(&threads[i], NULL, drive, &hosts[i % count]) == 0;
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < count; i++) wrong += hosts[i].wrong;
    printf("%d libssls, %d threads, %d wrong answers\n", count, started, wrong);
    return 0;
}
