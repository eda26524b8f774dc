#ifndef CCRYPTO_H
#define CCRYPTO_H
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

// Functions returning int: 1 is success, 0 is failure, unless said otherwise.

// ---- SHA-256 (FIPS 180-4)
// The library's own one-shot call looks the algorithm up by its name each time, which takes longer than 200 bytes do.
void sluice_sha256(const void *bytes, size_t count, uint8_t *digest);

// ---- AES-256-GCM (NIST SP 800-38D) and HKDF-SHA256 (RFC 5869)
enum { SLUICE_SEAL_KEY = 32, SLUICE_SEAL_NONCE = 12, SLUICE_SEAL_TAG = 16 };
// `sealed` has room for `count` bytes and the tag.
int sluice_seal(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_count,
                const uint8_t *plain, size_t count, uint8_t *sealed);
// `count`: of `sealed` with its tag; `plain` has room for all but the tag. 0 when anything at all differs.
int sluice_open(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_count,
                const uint8_t *sealed, size_t count, uint8_t *plain);
// Makes a key of 32 bytes out of a secret of any length, without a salt.
int sluice_derive(const uint8_t *secret, size_t count, const uint8_t *purpose, size_t purpose_count, uint8_t *key);

// ---- certificates, to be looked into and checked; nothing here has a clock
struct sluice_chain;
typedef void (*sluice_text)(void *closure, const char *bytes, size_t count);
// All certificates of a PEM text in their order; null when there is none, or one that cannot be read.
struct sluice_chain *sluice_chain_read(const char *pem, size_t count);
void sluice_chain_free(struct sluice_chain *chain);
size_t sluice_chain_count(const struct sluice_chain *chain);
// Whether a certificate is signed by the next one, which may sign.
int sluice_chain_is_issued_by_next(const struct sluice_chain *chain, size_t index);
// Whether it says CA:TRUE (RFC 5280 section 4.2.1.9).
int sluice_chain_is_authority(const struct sluice_chain *chain, size_t index);
// Seconds since 1970; 0 when a date makes no sense.
int sluice_chain_dates(const struct sluice_chain *chain, size_t index, int64_t *not_before, int64_t *not_after);
// As RFC 4514 has them, in ASCII.
void sluice_chain_subject(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure);
void sluice_chain_issuer(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure);
// dNSNames, addresses and URIs; without any subject alternative name the common name.
void sluice_chain_names(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure);
int sluice_chain_fingerprint(const struct sluice_chain *chain, size_t index, uint8_t digest[32]);
// "rsa-2048", "ecdsa-prime256v1", "ed25519".
void sluice_chain_key_type(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure);
// 1: the private key is the first certificate's, 0: another's, -1: it cannot be read.
int sluice_chain_has_key(const struct sluice_chain *chain, const char *pem, size_t count);
// An OCSP response in DER: 1: about the first certificate, 0: about others, -1: it cannot be read or refuses.
int sluice_chain_has_ocsp(const struct sluice_chain *chain, const uint8_t *bytes, size_t count);
// Whether a PEM text holds revocation lists and nothing that cannot be read.
int sluice_revocations_parse(const char *pem, size_t count);
#endif
