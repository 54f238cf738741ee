/* NULL for a handle: an answer, one line on stderr, and nothing else. */
#include "host.h"
#include <fcntl.h>
#include <unistd.h>

/* Everything that |calls| writes to stderr, which stays the same file: a pipe, put there by the runner of main. */
static int capture;

static size_t captured(char *text, size_t room) {
    ssize_t length = read(capture, text, room - 1);
    text[length > 0 ? length : 0] = 0;
    return length > 0 ? (size_t)length : 0;
}

static void check(void) {
    char text[4096];
    SSL_CTX *ctx = new_context();
    SSL *ssl = new_connection(ctx);
    long ctx_mask = SSL_CTX_get_mode(ctx), ssl_mask = SSL_get_mode(ssl);

    mask_is(SSL_CTX_set_mode(NULL, 1), 0, "SSL_CTX_set_mode(NULL)");
    fflush(stderr);
    size_t length = captured(text, sizeof text);
    ok(length > 0 && strstr(text, "SSL_CTX_set_mode") && strstr(text, "NULL"), "a line names the function and NULL");
    ok(length > 0 && strchr(text, '\n') == text + length - 1, "and it is one line");

    mask_is(SSL_CTX_set_mode(NULL, -1), 0, "SSL_CTX_set_mode(NULL), again");
    mask_is(SSL_CTX_clear_mode(NULL, -1), 0, "SSL_CTX_clear_mode(NULL)");
    mask_is(SSL_CTX_get_mode(NULL), 0, "SSL_CTX_get_mode(NULL)");
    mask_is(SSL_set_mode(NULL, -1), 0, "SSL_set_mode(NULL)");
    mask_is(SSL_clear_mode(NULL, -1), 0, "SSL_clear_mode(NULL)");
    mask_is(SSL_get_mode(NULL), 0, "SSL_get_mode(NULL)");
    mask_is(SSL_CTX_ctrl(NULL, CTRL_MODE, 1, NULL), 0, "SSL_CTX_ctrl(NULL, SSL_CTRL_MODE)");
    mask_is(SSL_CTX_ctrl(NULL, CTRL_CLEAR_MODE, 1, NULL), 0, "SSL_CTX_ctrl(NULL, SSL_CTRL_CLEAR_MODE)");
    mask_is(SSL_ctrl(NULL, CTRL_MODE, 1, NULL), 0, "SSL_ctrl(NULL, SSL_CTRL_MODE)");
    mask_is(SSL_ctrl(NULL, CTRL_CLEAR_MODE, 1, NULL), 0, "SSL_ctrl(NULL, SSL_CTRL_CLEAR_MODE)");
    ok(captured(text, sizeof text) == 0, "the line is not said again%s", "");

    mask_is(SSL_CTX_get_mode(ctx), ctx_mask, "no context was changed");
    mask_is(SSL_get_mode(ssl), ssl_mask, "no connection was changed");
    host.ssl_free(ssl);
    host.ctx_free(ctx);
}

int main(int argc, char **argv) {
    if (argc == 1) {
        /* libsslmode writes to the stderr that it was loaded with: load it with a pipe there. */
        int ends[2];
        char number[16];
        if (pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 || dup2(ends[1], 2) != 2)
            bail_out("pipe", "cannot be made");
        snprintf(number, sizeof number, "%d", ends[0]);
        execl(argv[0], argv[0], number, (char *)NULL);
        bail_out("execl", "failed");
    }
    capture = atoi(argv[1]);
    host_load();
    check();
    return tap_done();
}
