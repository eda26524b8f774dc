// Digests, authenticated encryption and key derivation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CCrypto.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum { STEP = 1 << 30 };

void sluice_sha256(const void *bytes, size_t count, uint8_t *digest) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
}

static int update(EVP_CIPHER_CTX *context, int seals, uint8_t *into, const uint8_t *bytes, size_t count) {
    for (size_t offset = 0; offset < count;) {
        size_t left = count - offset;
        int step = left < STEP ? (int)left : STEP, written = 0;
        uint8_t *place = into ? into + offset : NULL;
        int good = seals ? EVP_EncryptUpdate(context, place, &written, bytes + offset, step)
                         : EVP_DecryptUpdate(context, place, &written, bytes + offset, step);
        if (!good) return 0;
        offset += (size_t)step;
    }
    return 1;
}

int sluice_seal(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_count,
                const uint8_t *plain, size_t count, uint8_t *sealed) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int ended = 0;
    int good = context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) &&
               update(context, 1, NULL, associated, associated_count) && update(context, 1, sealed, plain, count) &&
               EVP_EncryptFinal_ex(context, sealed + count, &ended) &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, SLUICE_SEAL_TAG, sealed + count);
    EVP_CIPHER_CTX_free(context);
    return good;
}

int sluice_open(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated, size_t associated_count,
                const uint8_t *sealed, size_t count, uint8_t *plain) {
    if (count < SLUICE_SEAL_TAG) return 0;
    size_t length = count - SLUICE_SEAL_TAG;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t nothing[SLUICE_SEAL_TAG];
    int ended = 0;
    int good = context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, SLUICE_SEAL_TAG, (void *)(sealed + length)) &&
               update(context, 0, NULL, associated, associated_count) && update(context, 0, plain, sealed, length) &&
               EVP_DecryptFinal_ex(context, nothing, &ended) > 0;
    EVP_CIPHER_CTX_free(context);
    return good;
}

int sluice_derive(const uint8_t *secret, size_t count, const uint8_t *purpose, size_t purpose_count, uint8_t *key) {
    EVP_KDF *function = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = function ? EVP_KDF_CTX_new(function) : NULL;
    OSSL_PARAM settings[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, purpose_count),
        OSSL_PARAM_construct_end(),
    };
    int good = context && EVP_KDF_derive(context, key, SLUICE_SEAL_KEY, settings) > 0;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(function);
    return good;
}
