/* A program that reads a connection in one thread and writes it in another (openssl issues 17377 and 18209).
 *
 * There, too, the reader waited inside SSL_read while somebody else used the same SSL, which mostly goes well. An SSL is
 * not made for it: reading may have to write, writing may have to read, and both change the same state. It was suggested
 * to let the socket not block, to wait outside of libssl, and to let one thread at a time in.
 */
#include "../peer.h"
#include <pthread.h>
#include <sys/syscall.h>

static SSL *ssl;
static unsigned char answered;
static _Atomic pid_t reader;

#ifdef MENDED
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* SSL_get_error belongs to the call that it judges. */
static int read_once(int *error) {
    pthread_mutex_lock(&one_at_a_time);
    ERR_clear_error();
    int result = SSL_read(ssl, &answered, 1);
    *error = SSL_get_error(ssl, result);
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

static int write_once(const unsigned char *byte) {
    pthread_mutex_lock(&one_at_a_time);
    int result = SSL_write(ssl, byte, 1);
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}
#else
static int read_once(int *error) {
    *error = SSL_ERROR_NONE;
    return SSL_read(ssl, &answered, 1);
}

static int write_once(const unsigned char *byte) { return SSL_write(ssl, byte, 1); }
#endif

static void *read_answer(void *unused) {
    struct pollfd fd = {SSL_get_fd(ssl), POLLIN, 0};
    int error, result;
    reader = (pid_t)syscall(SYS_gettid);
    while ((result = read_once(&error)) <= 0 && error == SSL_ERROR_WANT_READ) poll(&fd, 1, -1);
    return result == 1 ? unused : NULL;
}

/* Until the reader waits for the answer, wherever that is. */
static void wait_for_reader(void) {
    char path[64], state = 'R';
    while (reader == 0) usleep(1000);
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)reader);
    while (state != 'S') {
        FILE *file = fopen(path, "r");
        if (file == NULL || fscanf(file, "%*d %*s %c", &state) != 1) fail(path);
        fclose(file);
        usleep(1000);
    }
}

int main(void) {
    pthread_t thread;
    void *succeeded;
    ssl = connect_to(answer);
#ifdef MENDED
    do_not_block(ssl);
#endif
    pthread_create(&thread, NULL, read_answer, &answered);
    wait_for_reader();
    if (write_once(message) != 1) fail("SSL_write");
    pthread_join(thread, &succeeded);
    return end(ssl) || succeeded == NULL || answered != message[0];
}
