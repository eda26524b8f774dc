// Checks of signatures. The library's context of a key and an algorithm is kept: making one takes as long as all else that
// is done for a token but the arithmetic.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "Key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

static const EVP_MD *digest_of(int algorithm) {
    switch (algorithm) {
    case SLUICE_JOSE_RS256: case SLUICE_JOSE_PS256: case SLUICE_JOSE_ES256: case SLUICE_JOSE_HS256: return EVP_sha256();
    case SLUICE_JOSE_RS384: case SLUICE_JOSE_PS384: case SLUICE_JOSE_ES384: case SLUICE_JOSE_HS384: return EVP_sha384();
    case SLUICE_JOSE_RS512: case SLUICE_JOSE_PS512: case SLUICE_JOSE_ES512: case SLUICE_JOSE_HS512: return EVP_sha512();
    default: return NULL;
    }
}

// The library's own one-shot calls look the algorithm up by its name each time, which takes longer than 200 bytes do.
static size_t digest(int algorithm, const uint8_t *message, size_t count, uint8_t into[SHA512_DIGEST_LENGTH]) {
    switch (algorithm) {
    case SLUICE_JOSE_RS256: case SLUICE_JOSE_PS256: case SLUICE_JOSE_ES256: {
        SHA256_CTX context;
        return SHA256_Init(&context) && SHA256_Update(&context, message, count) && SHA256_Final(into, &context)
                   ? SHA256_DIGEST_LENGTH : 0;
    }
    case SLUICE_JOSE_RS384: case SLUICE_JOSE_PS384: case SLUICE_JOSE_ES384: {
        SHA512_CTX context;
        return SHA384_Init(&context) && SHA384_Update(&context, message, count) && SHA384_Final(into, &context)
                   ? SHA384_DIGEST_LENGTH : 0;
    }
    case SLUICE_JOSE_RS512: case SLUICE_JOSE_PS512: case SLUICE_JOSE_ES512: {
        SHA512_CTX context;
        return SHA512_Init(&context) && SHA512_Update(&context, message, count) && SHA512_Final(into, &context)
                   ? SHA512_DIGEST_LENGTH : 0;
    }
    default: return 0;
    }
}

static int is_of_kind(enum kind kind, int algorithm, int own) {
    switch (kind) {
    case OF_RSA: return algorithm >= SLUICE_JOSE_RS256 && algorithm <= SLUICE_JOSE_PS512;
    case OF_EC: return algorithm == own;
    case OF_ED25519: return algorithm == SLUICE_JOSE_EDDSA;
    case OF_SECRET: return algorithm >= SLUICE_JOSE_HS256 && algorithm <= SLUICE_JOSE_HS512;
    }
    return 0;
}

// ---- what is prepared

// RFC 7518 section 3.5: the salt is as long as the digest, and MGF1 uses the same one.
static int pad(EVP_PKEY_CTX *context, int algorithm) {
    if (algorithm < SLUICE_JOSE_PS256) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest_of(algorithm)) > 0;
}

static EVP_PKEY_CTX *public_context(const struct sluice_jose_key *key, int algorithm) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->key, NULL);
    if (context && EVP_PKEY_verify_init(context) > 0 && (key->kind != OF_RSA || pad(context, algorithm)) &&
        EVP_PKEY_CTX_set_signature_md(context, digest_of(algorithm)) > 0)
        return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

static EVP_MAC_CTX *secret_context(const struct sluice_jose_key *key, int algorithm) {
    EVP_MAC *method = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = method ? EVP_MAC_CTX_new(method) : NULL;
    EVP_MAC_free(method);
    OSSL_PARAM settings[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)EVP_MD_get0_name(digest_of(algorithm)), 0),
        OSSL_PARAM_construct_end(),
    };
    if (context && EVP_MAC_init(context, key->secret, key->secret_count, settings)) return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

void *sluice_jose_make_context(const struct sluice_jose_key *key, int algorithm) {
    switch (key->kind) {
    case OF_RSA: case OF_EC: return public_context(key, algorithm);
    case OF_ED25519: return EVP_MD_CTX_new();
    case OF_SECRET: return secret_context(key, algorithm);
    }
    return NULL;
}

void sluice_jose_free_context(const struct sluice_jose_key *key, void *context) {
    switch (key->kind) {
    case OF_RSA: case OF_EC: EVP_PKEY_CTX_free(context); break;
    case OF_ED25519: EVP_MD_CTX_free(context); break;
    case OF_SECRET: EVP_MAC_CTX_free(context); break;
    }
}

// ---- the checks

static size_t der_integer(const uint8_t *bytes, size_t count, uint8_t *into) {
    while (count > 1 && bytes[0] == 0) bytes++, count--;
    size_t sign = bytes[0] >> 7;
    into[0] = 0x02;
    into[1] = (uint8_t)(count + sign);
    into[2] = 0;
    memcpy(into + 2 + sign, bytes, count);
    return 2 + sign + count;
}

// 1 <= number < order: the library says so too, and did not in every release of every library.
static int is_in_range(const struct sluice_jose_key *key, const uint8_t *number) {
    uint8_t any = 0;
    for (size_t index = 0; index < key->coordinate; index++) any |= number[index];
    return any && memcmp(number, key->order, key->coordinate) < 0;
}

// RFC 7518 section 3.4: both numbers in as many bytes as a coordinate has. The library wants them in DER.
static size_t der_signature(const struct sluice_jose_key *key, const uint8_t *signature, size_t count, uint8_t *into) {
    size_t half = key->coordinate;
    if (count != 2 * half || !is_in_range(key, signature) || !is_in_range(key, signature + half)) return 0;
    uint8_t body[2 * (LONGEST_COORDINATE + 3)];
    size_t length = der_integer(signature, half, body);
    length += der_integer(signature + half, half, body + length);
    size_t head = 0;
    into[head++] = 0x30;
    if (length > 127) into[head++] = 0x81;
    into[head++] = (uint8_t)length;
    memcpy(into + head, body, length);
    return head + length;
}

static int check_public(const struct sluice_jose_key *key, void *context, int algorithm, const uint8_t *message,
                        size_t count, const uint8_t *signature, size_t signature_count) {
    uint8_t hash[SHA512_DIGEST_LENGTH], der[3 + 2 * (LONGEST_COORDINATE + 3)];
    if (key->kind == OF_EC) {
        signature_count = der_signature(key, signature, signature_count, der);
        signature = der;
    } else if (signature_count != (size_t)EVP_PKEY_get_size(key->key)) {
        return 0;
    }
    if (signature_count == 0) return 0;
    size_t hash_count = digest(algorithm, message, count, hash);
    return hash_count > 0 && EVP_PKEY_verify(context, signature, signature_count, hash, hash_count) == 1;
}

static int check_ed25519(const struct sluice_jose_key *key, EVP_MD_CTX *context, const uint8_t *message, size_t count,
                         const uint8_t *signature, size_t signature_count) {
    return signature_count == 64 && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->key) > 0 &&
           EVP_DigestVerify(context, signature, signature_count, message, count) == 1;
}

static int check_secret(EVP_MAC_CTX *context, int algorithm, const uint8_t *message, size_t count,
                        const uint8_t *signature, size_t signature_count) {
    uint8_t code[SHA512_DIGEST_LENGTH];
    size_t length = 0;
    return signature_count == (size_t)EVP_MD_get_size(digest_of(algorithm)) && EVP_MAC_init(context, NULL, 0, NULL) &&
           EVP_MAC_update(context, message, count) && EVP_MAC_final(context, code, &length, sizeof code) &&
           length == signature_count && CRYPTO_memcmp(code, signature, length) == 0;
}

static int check(const struct sluice_jose_key *key, void *context, int algorithm, const uint8_t *message, size_t count,
                 const uint8_t *signature, size_t signature_count) {
    switch (key->kind) {
    case OF_RSA: case OF_EC:
        return check_public(key, context, algorithm, message, count, signature, signature_count);
    case OF_ED25519: return check_ed25519(key, context, message, count, signature, signature_count);
    case OF_SECRET: return check_secret(context, algorithm, message, count, signature, signature_count);
    }
    return 0;
}

int sluice_jose_verify(struct sluice_jose_key *key, int algorithm, const uint8_t *message, size_t count,
                       const uint8_t *signature, size_t signature_count) {
    if (algorithm < 0 || algorithm >= SLUICE_JOSE_ALGORITHMS || !is_of_kind(key->kind, algorithm, key->algorithm)) return 0;
    struct prepared *prepared = &key->prepared[algorithm];
    int is_mine = !atomic_flag_test_and_set_explicit(&prepared->taken, memory_order_acquire);
    void *context = is_mine ? prepared->context : NULL;
    if (!context) context = sluice_jose_make_context(key, algorithm);
    int good = context && check(key, context, algorithm, message, count, signature, signature_count);
    if (is_mine) {
        prepared->context = context;
        atomic_flag_clear_explicit(&prepared->taken, memory_order_release);
    } else if (context) {
        sluice_jose_free_context(key, context);
    }
    if (!good) ERR_clear_error();
    return good;
}
