#ifndef CCRYPT_H
#define CCRYPT_H
#include <stddef.h>
#include <stdint.h>

// Hashes of passwords as crypt(5) has them.

enum { SLUICE_CRYPT_ROOM = 384, SLUICE_BCRYPT_SALT = 16 };
// Hashes `phrase`, which ends with a zero, as `setting` says: a setting or a whole hash. May be called on many threads.
// 1 and a text that ends with a zero in `output`, of SLUICE_CRYPT_ROOM bytes; 0 for a setting that nothing is known of.
int sluice_crypt(const char *phrase, const char *setting, char *output);
// The setting of bcrypt with a cost and a salt of 16 bytes, in `output` of SLUICE_CRYPT_ROOM bytes. 1 or 0.
int sluice_bcrypt_setting(unsigned long cost, const uint8_t *salt, char *output);
// Whether the bytes are the same, in a time that tells nothing about where they differ.
int sluice_crypt_equal(const void *left, const void *right, size_t count);
#endif
