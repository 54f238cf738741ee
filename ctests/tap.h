/* The Test Anything Protocol, as prove reads it. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_tests, tap_failures;

static void tap_line(const char *verdict, const char *format, va_list arguments) {
    printf("%s %d - ", verdict, ++tap_tests);
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
}

/* A test that holds if |holds|. */
static inline int ok(int holds, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tap_line(holds ? "ok" : "not ok", format, arguments);
    va_end(arguments);
    tap_failures += !holds;
    return holds;
}

/* A test of a returned mask. */
static inline int mask_is(long got, long expected, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tap_line(got == expected ? "ok" : "not ok", format, arguments);
    va_end(arguments);
    if (got != expected) {
        tap_failures++;
        printf("# expected %ld (%#lx), got %ld (%#lx)\n", expected, expected, got, got);
    }
    return got == expected;
}

static inline void skip(const char *why, const char *what) {
    printf("ok %d - %s # SKIP %s\n", ++tap_tests, what, why);
}

/* For main to return. */
static inline int tap_done(void) {
    printf("1..%d\n", tap_tests);
    return tap_failures != 0;
}

/* No test can run: what the host lacks is its own affair, not a failure. */
static inline void skip_all(const char *why) {
    printf("1..0 # SKIP %s\n", why);
    exit(0);
}

static inline void bail_out(const char *why, const char *detail) {
    printf("Bail out! %s: %s\n", why, detail);
    exit(255);
}

#endif
