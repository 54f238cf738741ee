/* A program that no library can be loaded into. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    printf("options %s\n", getenv("SSLMODE_OPTIONS"));
    return 0;
}
