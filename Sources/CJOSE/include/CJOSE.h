#ifndef CJOSE_H
#define CJOSE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Signatures of JSON Web Tokens (RFC 7518 section 3, RFC 8037 section 3.1). Functions returning int: 1 is success.

// In the order of the model's list of algorithms.
enum {
    SLUICE_JOSE_RS256, SLUICE_JOSE_RS384, SLUICE_JOSE_RS512,
    SLUICE_JOSE_PS256, SLUICE_JOSE_PS384, SLUICE_JOSE_PS512,
    SLUICE_JOSE_ES256, SLUICE_JOSE_ES384, SLUICE_JOSE_ES512,
    SLUICE_JOSE_EDDSA,
    SLUICE_JOSE_HS256, SLUICE_JOSE_HS384, SLUICE_JOSE_HS512,
    SLUICE_JOSE_ALGORITHMS,
};

// A key with what was prepared for verifying with it.
struct sluice_jose_key;

// Null when the numbers make no key. Bounds on sizes and exponents are the caller's to check.
struct sluice_jose_key *sluice_jose_rsa(const uint8_t *modulus, size_t modulus_count, const uint8_t *exponent,
                                        size_t exponent_count);
// `algorithm` is ES256, ES384 or ES512 and says which curve; coordinates have exactly its size. Null for a point that
// is not on the curve.
struct sluice_jose_key *sluice_jose_ec(int algorithm, const uint8_t *x, const uint8_t *y, size_t count);
struct sluice_jose_key *sluice_jose_ed25519(const uint8_t point[32]);
struct sluice_jose_key *sluice_jose_secret(const uint8_t *bytes, size_t count);
void sluice_jose_free(struct sluice_jose_key *key);

// 1 when the signature is that of the message. 0 also for an algorithm that is not one of the key's type. May be called
// by any thread. Leaves nothing in the library's queue of errors, which TLS sessions of the same thread look into.
int sluice_jose_verify(struct sluice_jose_key *key, int algorithm, const uint8_t *message, size_t count,
                       const uint8_t *signature, size_t signature_count);

static inline int sluice_jose_equal(const void *left, const void *right, size_t count) {
    return memcmp(left, right, count) == 0;
}
#endif
