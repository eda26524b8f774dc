// Bare verifications by libcrypto, to compare with.
#include "CBare.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bare {
    EVP_PKEY *key;
    const EVP_MD *method;
    EVP_PKEY_CTX *context;
    EVP_MD_CTX *whole;
    uint8_t digest[EVP_MAX_MD_SIZE], message[8192], signature[1024], der[160];
    unsigned digest_count;
    size_t count, signature_count;
};

double bare_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static size_t integer(const uint8_t *bytes, size_t count, uint8_t *into) {
    while (count > 1 && !*bytes) bytes++, count--;
    size_t sign = *bytes >> 7;
    into[0] = 2, into[1] = (uint8_t)(count + sign), into[2] = 0;
    memcpy(into + 2 + sign, bytes, count);
    return 2 + sign + count;
}

static void use_der(struct bare *bare) {
    size_t half = bare->signature_count / 2;
    size_t length = integer(bare->signature, half, bare->der + 2);
    length += integer(bare->signature + half, half, bare->der + 2 + length);
    bare->der[0] = 0x30, bare->der[1] = (uint8_t)length;
    bare->signature_count = 2 + length;
    memcpy(bare->signature, bare->der, 2 + length);
}

struct bare *bare_new(const char *pem, const char *digest, const uint8_t *message, size_t count, const uint8_t *signature,
                      size_t signature_count) {
    struct bare *bare = calloc(1, sizeof *bare);
    if (!bare || count > sizeof bare->message || signature_count > sizeof bare->signature) return free(bare), NULL;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    bare->key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (!bare->key) return free(bare), NULL;
    bare->method = digest ? EVP_get_digestbyname(digest) : NULL;
    memcpy(bare->message, message, bare->count = count);
    memcpy(bare->signature, signature, bare->signature_count = signature_count);
    if (EVP_PKEY_get_base_id(bare->key) == EVP_PKEY_EC) use_der(bare);
    bare->whole = EVP_MD_CTX_new();
    if (!digest) return bare;
    EVP_Digest(message, count, bare->digest, &bare->digest_count, bare->method, NULL);
    bare->context = EVP_PKEY_CTX_new(bare->key, NULL);
    EVP_PKEY_verify_init(bare->context);
    if (EVP_PKEY_get_base_id(bare->key) == EVP_PKEY_RSA) EVP_PKEY_CTX_set_rsa_padding(bare->context, RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(bare->context, bare->method);
    return bare;
}

void bare_free(struct bare *bare) {
    if (!bare) return;
    EVP_PKEY_CTX_free(bare->context);
    EVP_MD_CTX_free(bare->whole);
    EVP_PKEY_free(bare->key);
    free(bare);
}

static int once(struct bare *bare, int is_whole) {
    if (bare->context && !is_whole)
        return EVP_PKEY_verify(bare->context, bare->signature, bare->signature_count, bare->digest, bare->digest_count);
    return EVP_DigestVerifyInit(bare->whole, NULL, bare->method, NULL, bare->key) > 0 &&
           EVP_DigestVerify(bare->whole, bare->signature, bare->signature_count, bare->message, bare->count);
}

double bare_run(struct bare *bare, int rounds, int is_whole) {
    double start = bare_now();
    for (int round = 0; round < rounds; round++)
        if (once(bare, is_whole) != 1) return -1;
    return (bare_now() - start) / rounds;
}
