// Session tickets (RFC 5077 section 4; RFC 8446 section 4.6.1) under keys that all workers of a replica share.
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "Internal.h"

enum { NAME = 16, CIPHER_KEY = 32, MAC_KEY = 32 };

struct sluice_tls_keys {
    atomic_int references;
    pthread_rwlock_t lock;
    size_t count;
    uint8_t keys[SLUICE_TLS_KEYS_MAX][SLUICE_TLS_KEY_SIZE];
};

struct sluice_tls_keys *sluice_tls_keys_new(void) {
    struct sluice_tls_keys *keys = calloc(1, sizeof *keys);
    if (!keys) return NULL;
    if (pthread_rwlock_init(&keys->lock, NULL)) {
        free(keys);
        return NULL;
    }
    atomic_init(&keys->references, 1);
    return keys;
}

void sluice_tls_keys_retain(struct sluice_tls_keys *keys) { atomic_fetch_add(&keys->references, 1); }

void sluice_tls_keys_release(struct sluice_tls_keys *keys) {
    if (!keys || atomic_fetch_sub(&keys->references, 1) != 1) return;
    pthread_rwlock_destroy(&keys->lock);
    OPENSSL_cleanse(keys, sizeof *keys);
    free(keys);
}

void sluice_tls_keys_install(struct sluice_tls_keys *keys, const uint8_t *bytes, size_t count) {
    if (count > SLUICE_TLS_KEYS_MAX) count = SLUICE_TLS_KEYS_MAX;
    if (pthread_rwlock_wrlock(&keys->lock)) return;
    OPENSSL_cleanse(keys->keys, sizeof keys->keys);
    if (count) memcpy(keys->keys, bytes, count * SLUICE_TLS_KEY_SIZE);
    keys->count = count;
    pthread_rwlock_unlock(&keys->lock);
}

size_t sluice_tls_keys_count(struct sluice_tls_keys *keys) {
    if (!keys || pthread_rwlock_rdlock(&keys->lock)) return 0;
    size_t count = keys->count;
    pthread_rwlock_unlock(&keys->lock);
    return count;
}

// Copies the key to use; returns its index, or -1. `name` null: the encrypting key.
static int find(struct sluice_tls_keys *keys, const uint8_t *name, uint8_t key[SLUICE_TLS_KEY_SIZE]) {
    int found = -1;
    if (pthread_rwlock_rdlock(&keys->lock)) return -1;
    for (size_t index = 0; index < keys->count && found < 0; index++) {
        if (name && memcmp(keys->keys[index], name, NAME) != 0) continue;
        memcpy(key, keys->keys[index], SLUICE_TLS_KEY_SIZE);
        found = (int)index;
    }
    pthread_rwlock_unlock(&keys->lock);
    return found;
}

static int set_mac(EVP_MAC_CTX *mac, uint8_t *key) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, MAC_KEY),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}

// OpenSSL's contract: -1 error, 0 no such key (a full handshake follows), 1 good, 2 good and to be issued anew.
int sluice_tls_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                          int encrypts) {
    struct sluice_tls_context *context = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), sluice_tls_context_index());
    uint8_t key[SLUICE_TLS_KEY_SIZE];
    if (!context || !context->keys) return 0;
    int index = find(context->keys, encrypts ? NULL : name, key);
    if (index < 0) return 0;
    int result = -1;
    if (encrypts) {
        memcpy(name, key, NAME);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + NAME, iv) && set_mac(mac, key + NAME + CIPHER_KEY))
            result = 1;
    } else if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + NAME, iv) &&
               set_mac(mac, key + NAME + CIPHER_KEY)) {
        // TLS 1.3 clients use a ticket once (RFC 8446 appendix C.4).
        result = index == 0 && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
    }
    OPENSSL_cleanse(key, sizeof key);
    return result;
}
