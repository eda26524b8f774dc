#define _GNU_SOURCE
#include "CCrypt.h"
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int sluice_crypt(const char *phrase, const char *setting, char *output) {
    // 32 KiB: too much for the stacks of some threads.
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return 0;
    const char *hash = crypt_r(phrase, setting, data);
    // What cannot be hashed is answered with a text that begins with an asterisk.
    int is_hashed = hash && hash[0] != '*' && strlen(hash) < SLUICE_CRYPT_ROOM;
    if (is_hashed) strcpy(output, hash);
    explicit_bzero(data, sizeof *data);
    free(data);
    return is_hashed;
}

int sluice_bcrypt_setting(unsigned long cost, const uint8_t *salt, char *output) {
    return crypt_gensalt_rn("$2b$", cost, (const char *)salt, SLUICE_BCRYPT_SALT, output, SLUICE_CRYPT_ROOM) != NULL;
}

int sluice_crypt_equal(const void *left, const void *right, size_t count) {
    const volatile uint8_t *a = left, *b = right;
    uint8_t difference = 0;
    for (size_t i = 0; i < count; i++) difference |= a[i] ^ b[i];
    return difference == 0;
}
