#ifndef CBARE_H
#define CBARE_H
#include <stddef.h>
#include <stdint.h>

// Nanoseconds of CPU of this thread.
double bare_now(void);

// One verification with what the library has prepared, over and over: the least that a signature can cost.
struct bare;
// `digest`: "SHA256", or null for Ed25519. Null when the key cannot be read.
struct bare *bare_new(const char *pem, const char *digest, const uint8_t *message, size_t count, const uint8_t *signature,
                      size_t signature_count);
void bare_free(struct bare *bare);
// Nanoseconds of one, or less than 0 when it did not verify. `is_whole`: with the digest, and from nothing each time.
double bare_run(struct bare *bare, int rounds, int is_whole);
#endif
