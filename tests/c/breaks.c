/* Breaks a rule, and ends: breaks HOW, where HOW is one of the names below. */
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, TIMES = 5, STATUS = 3 };

/* An error: a handshake that says that it falls back, and does not. Nobody is at the other end. */
static void say_that_it_falls_back(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_set_mode(ssl, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_connect(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* A warning. */
static void set_what_is_no_mode(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(ctx, 0x4000);
    SSL_CTX_free(ctx);
}

static void *fall_back_often(void *unused) {
    for (int i = 0; i < TIMES; i++) say_that_it_falls_back();
    return unused;
}

static int by_exit(void) {
    say_that_it_falls_back();
    return STATUS;
}

static int warned(void) {
    set_what_is_no_mode();
    return STATUS;
}

static int by_both(void) {
    set_what_is_no_mode();
    say_that_it_falls_back();
    return STATUS;
}

static int by_underscore_exit(void) {
    say_that_it_falls_back();
    _exit(STATUS);
}

static int by_sigterm(void) {
    say_that_it_falls_back();
    return raise(SIGTERM);
}

static int by_sigkill(void) {
    say_that_it_falls_back();
    return raise(SIGKILL);
}

static int by_fork(void) {
    int status = -1;
    say_that_it_falls_back();
    pid_t child = fork();
    say_that_it_falls_back();
    if (child == 0) return STATUS;
    waitpid(child, &status, 0);
    return status;
}

static int by_threads(void) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, fall_back_often, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    return STATUS;
}

/* It has no descriptor for what it might say. */
static int with_closed_stderr(void) {
    close(2);
    say_that_it_falls_back();
    return STATUS;
}

static int not_at_all(void) { return STATUS; }

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*how)(void);
    } ways[] = {{"exit", by_exit},       {"warned", warned},         {"both", by_both},
                {"_exit", by_underscore_exit}, {"sigterm", by_sigterm}, {"sigkill", by_sigkill},
                {"fork", by_fork},       {"threads", by_threads},    {"closed", with_closed_stderr},
                {"nothing", not_at_all}};
    for (size_t i = 0; argc == 2 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, argv[1]) == 0) return ways[i].how();
    return 2;
}
