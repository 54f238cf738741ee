/* Children of a process whose other threads are looking for the libssl that their caller uses at that moment.
 *
 * Compiled twice: as a library, whose calls have to be looked up each time, for it could be unloaded; and with MAIN as the
 * program that is linked with it. */
int fork_often(void);

#ifdef MAIN
int main(void) { return fork_often(); }
#else
#include "sslmode.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct ssl_ctx_st SSL_CTX;
extern const void *TLS_method(void);
extern SSL_CTX *SSL_CTX_new(const void *method);

enum { CHILDREN = 200, THREADS = 2 };

static SSL_CTX *ctx, *childs_ctx;
static int is_over;

static void *search(void *nothing) {
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) SSL_CTX_get_mode(ctx);
    return nothing;
}

static int child_goes_well(void) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        _exit(SSL_CTX_set_mode(childs_ctx, 1) != 5);
    }
    waitpid(child, &status, 0);
    return status == 0;
}

int fork_often(void) {
    pthread_t threads[THREADS];
    int well = 0, children = 0;
    ctx = SSL_CTX_new(TLS_method());
    childs_ctx = SSL_CTX_new(TLS_method());
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, search, NULL);
    /* One that hangs is enough to know. */
    while (children == well && children < CHILDREN) {
        children++;
        well += child_goes_well();
    }
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    printf("%d of %d children went well\n", well, CHILDREN);
    return 0;
}
#endif
