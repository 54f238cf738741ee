/* Many threads, from the very first call on: finding the libssl, making handles, changing modes. */
#include "host.h"
#include <pthread.h>

enum { THREADS = 8, ROUNDS = 400 };

static pthread_barrier_t start;
static int wrong[THREADS];

static void *work(void *argument) {
    int thread = (int)(intptr_t)argument;
    long own = 0x10000L << thread;
    pthread_barrier_wait(&start);
    for (int round = 0; round < ROUNDS; round++) {
        SSL_CTX *ctx = new_context();
        wrong[thread] += SSL_CTX_set_mode(ctx, own) != (host.expected.default_mask | own);
        SSL *ssl = new_connection(ctx);
        wrong[thread] += SSL_get_mode(ssl) != (host.expected.default_mask | own);
        wrong[thread] += SSL_set_mode(ssl, -1) != host.expected.minus_one;
        wrong[thread] += SSL_clear_mode(ssl, ~own) != kept(own);
        wrong[thread] += SSL_CTX_clear_mode(ctx, own) != host.expected.default_mask;
        wrong[thread] += SSL_ctrl(ssl, CTRL_MODE, 0, NULL) != kept(own);
        host.ssl_free(ssl);
        host.ctx_free(ctx);
    }
    return NULL;
}

/* Up to 1.0.2 a libssl counts references without atomics unless it is lent locks. */
static pthread_mutex_t *locks;

static void with_lock(int mode, int n, const char *file, int line) {
    (void)file, (void)line;
    if (mode & 1)
        pthread_mutex_lock(&locks[n]);
    else
        pthread_mutex_unlock(&locks[n]);
}

static void lend_locks(void) {
    int (*count)(void);
    void (*set)(void (*)(int, int, const char *, int));
    if (!look_up(&count, "CRYPTO_num_locks") || !look_up(&set, "CRYPTO_set_locking_callback")) return;
    locks = calloc((size_t)count() + 1, sizeof *locks);
    for (int i = 0; i < count(); i++) pthread_mutex_init(&locks[i], NULL);
    set(with_lock);
}

int main(void) {
    host_load();
    lend_locks();
    pthread_t threads[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (intptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0) bail_out("pthread_create", "failed");
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) ok(wrong[i] == 0, "thread %d: %d wrong answers in %d rounds", i, wrong[i], ROUNDS);
    return tap_done();
}
