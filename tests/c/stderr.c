/* Closes stderr and opens a file of its own there: a message must not end up in it. */
#include "sslmode.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct stat stat;
    if (argc != 2) return 2;
    close(2);
    if (open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) != 2) return 3;
    SSL_CTX_set_mode(NULL, 1);
    if (fstat(2, &stat) != 0) return 4;
    printf("%ld\n", (long)stat.st_size);
    return 0;
}
