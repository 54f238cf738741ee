/* The macro path of a program compiled with OpenSSL's headers: SSL_CTX_ctrl and SSL_ctrl, through libsslmode. */
#include "host.h"

enum { CTRL_OPTIONS = 32, CTRL_SESS_NUMBER = 20, CTRL_SET_SIGALGS_LIST = 98, NO_SUCH_COMMAND = 32000 };

/* From 1.0.2 to 3.0 a list of signature algorithms may be checked without a context; 3.6.3 and 4.0.3 crash there. */
static int checks_syntax_on_null(void) {
    const char *(*version)(int);
    if (!look_up(&version, "OpenSSL_version") && !look_up(&version, "SSLeay_version")) return 0;
    return strstr(version(0), "OpenSSL 1.0.2") || strstr(version(0), "OpenSSL 1.1.1") || strstr(version(0), "OpenSSL 3.0.");
}

int main(void) {
    host_load();
    SSL_CTX *ctx = new_context();
    SSL *ssl = new_connection(ctx);

    mask_is(SSL_CTX_ctrl(ctx, CTRL_MODE, 0, NULL), host.expected.default_mask, "SSL_CTX_ctrl reads a context's modes");
    mask_is(SSL_CTX_ctrl(ctx, CTRL_MODE, 0x3, NULL), host.expected.default_mask | 0x3, "sets them");
    mask_is(SSL_CTX_get_mode(ctx), host.expected.default_mask | 0x3, "so that the function sees it");
    mask_is(SSL_CTX_ctrl(ctx, CTRL_CLEAR_MODE, 0x1, NULL), host.expected.default_mask | 0x2, "and clears them");
    mask_is(macro_ctx_get(ctx), host.expected.default_mask | 0x2, "and the host holds the result");

    mask_is(SSL_ctrl(ssl, CTRL_MODE, 0, NULL), host.expected.default_mask, "SSL_ctrl reads a connection's modes");
    mask_is(SSL_ctrl(ssl, CTRL_MODE, -1, NULL), host.expected.minus_one, "sets them");
    mask_is(SSL_ctrl(ssl, CTRL_CLEAR_MODE, -1, NULL), 0, "and clears them");
    mask_is(SSL_set_mode(ssl, 0x2), 0x2, "which the function sees");
    mask_is(macro_ssl_get(ssl), 0x2, "and the host holds the result");

    if (host.ctx_ctrl == NULL) {
        skip("this libssl has no SSL_ctrl", "commands that are not about modes");
        mask_is(SSL_CTX_ctrl(ctx, CTRL_OPTIONS, 0x1000, NULL), 0, "a command that this libssl cannot have answers 0");
    } else {
        long options = SSL_CTX_ctrl(ctx, CTRL_OPTIONS, 0, NULL);
        mask_is(options, host.ctx_ctrl(ctx, CTRL_OPTIONS, 0, NULL), "another command of SSL_CTX_ctrl is the host's");
        mask_is(SSL_CTX_ctrl(ctx, CTRL_SESS_NUMBER, 0, NULL), 0, "and another");
        mask_is(SSL_ctrl(ssl, CTRL_OPTIONS, 0, NULL), host.ssl_ctrl(ssl, CTRL_OPTIONS, 0, NULL),
                "another command of SSL_ctrl is the host's");
        mask_is(SSL_CTX_ctrl(ctx, NO_SUCH_COMMAND, 1, NULL), host.ctx_ctrl(ctx, NO_SUCH_COMMAND, 1, NULL),
                "a command that nobody knows is the host's to refuse");
        if (checks_syntax_on_null())
            mask_is(SSL_CTX_ctrl(NULL, CTRL_SET_SIGALGS_LIST, 0, (char *)"RSA+SHA256"), 1,
                    "NULL with another command is passed on: a legal syntax check");
        else
            skip("not in this libssl", "NULL with another command is passed on");
    }
    host.ssl_free(ssl);
    host.ctx_free(ctx);
    return tap_done();
}
