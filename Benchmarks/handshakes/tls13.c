#include "tls13.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static EVP_PKEY_CTX *own;
static EVP_CIPHER *aes;
static EVP_CIPHER_CTX *cipher;
static uint8_t hello_message[hello_limit], derived_early[32], empty_hash[32];
static size_t hello_size;
static const uint8_t zeros[32];

static void require(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "handshakes: %s\n", what);
    exit(1);
}

static void hmac(const uint8_t key[32], const uint8_t *data, size_t size, uint8_t out[32]) {
    uint8_t pad[64];
    SHA256_CTX hash;
    memset(pad, 0x36, sizeof pad);
    for (int at = 0; at < 32; at++) pad[at] ^= key[at];
    SHA256_Init(&hash);
    SHA256_Update(&hash, pad, sizeof pad);
    SHA256_Update(&hash, data, size);
    SHA256_Final(out, &hash);
    for (int at = 0; at < 64; at++) pad[at] ^= 0x36 ^ 0x5c;
    SHA256_Init(&hash);
    SHA256_Update(&hash, pad, sizeof pad);
    SHA256_Update(&hash, out, 32);
    SHA256_Final(out, &hash);
}

// HKDF-Expand-Label, RFC 8446 section 7.1, for at most 32 bytes.
static void expand(const uint8_t secret[32], const char *label, const uint8_t *context, size_t context_size, uint8_t *out,
                   size_t size) {
    uint8_t info[96], full[32];
    size_t label_size = strlen(label), at = 0;
    info[at++] = 0;
    info[at++] = (uint8_t)size;
    info[at++] = (uint8_t)(6 + label_size);
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, label_size);
    at += 6 + label_size;
    info[at++] = (uint8_t)context_size;
    if (context_size) memcpy(info + at, context, context_size);
    at += context_size;
    info[at++] = 1;
    hmac(secret, info, at, full);
    memcpy(out, full, size);
}

static void set_keys(struct direction *direction, const uint8_t secret[32]) {
    expand(secret, "key", NULL, 0, direction->key, 16);
    expand(secret, "iv", NULL, 0, direction->iv, 12);
    direction->sequence = 0;
}

static void hash_so_far(const struct handshake *handshake, uint8_t out[32]) {
    SHA256_CTX copy = handshake->transcript;
    SHA256_Final(out, &copy);
}

static void nonce_of(struct direction *direction, uint8_t nonce[12]) {
    memcpy(nonce, direction->iv, 12);
    for (int at = 0; at < 8; at++) nonce[11 - at] ^= (uint8_t)(direction->sequence >> (8 * at));
    direction->sequence++;
}

static size_t put(uint8_t *to, size_t at, const void *bytes, size_t size) {
    memcpy(to + at, bytes, size);
    return at + size;
}

size_t tls_prepare(uint8_t *hello) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    uint8_t share[32], extensions[256];
    size_t share_size = 32, size = 0;
    require(key && EVP_PKEY_get_raw_public_key(key, share, &share_size), "no key pair");
    own = EVP_PKEY_CTX_new(key, NULL);
    require(own && EVP_PKEY_derive_init(own) > 0, "no key agreement");
    aes = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    cipher = EVP_CIPHER_CTX_new();
    require(aes && cipher, "no AES");
    uint8_t early[32];
    SHA256(NULL, 0, empty_hash);
    hmac(zeros, zeros, 32, early);
    expand(early, "derived", empty_hash, 32, derived_early, 32);

    size = put(extensions, size, "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09localhost", 18);
    size = put(extensions, size, "\x00\x0a\x00\x04\x00\x02\x00\x1d", 8);
    size = put(extensions, size, "\x00\x0d\x00\x06\x00\x04\x04\x03\x08\x04", 10);
    size = put(extensions, size, "\x00\x10\x00\x0b\x00\x09\x08http/1.1", 15);
    size = put(extensions, size, "\x00\x2b\x00\x03\x02\x03\x04", 7);
    size = put(extensions, size, "\x00\x2d\x00\x02\x01\x01", 6);
    size = put(extensions, size, "\x00\x33\x00\x26\x00\x24\x00\x1d\x00\x20", 10);
    size = put(extensions, size, share, 32);

    uint8_t *message = hello_message;
    size_t body = 2 + 32 + 1 + 4 + 2 + 2 + size, at = 0;
    at = put(message, at, (uint8_t[]){1, 0, (uint8_t)(body >> 8), (uint8_t)body, 3, 3}, 6);
    for (int each = 0; each < 32; each++) message[at++] = (uint8_t)(each * 7 + 1);
    at = put(message, at, "\x00\x00\x02\x13\x01\x01\x00", 7);
    at = put(message, at, (uint8_t[]){(uint8_t)(size >> 8), (uint8_t)size}, 2);
    hello_size = put(message, at, extensions, size);
    size_t total = put(hello, 0, (uint8_t[]){22, 3, 1, (uint8_t)(hello_size >> 8), (uint8_t)hello_size}, 5);
    return put(hello, total, message, hello_size);
}

// Where the server's share is in its ServerHello.
static const uint8_t *find_share(const uint8_t *message, size_t size) {
    size_t at = 4 + 2 + 32;
    if (size < at + 1 || message[0] != 2) return NULL;
    at += 1 + message[at] + 3;
    for (at += 2; at + 4 <= size;) {
        size_t type = (size_t)(message[at] << 8 | message[at + 1]), length = (size_t)(message[at + 2] << 8 | message[at + 3]);
        if (at + 4 + length > size) return NULL;
        if (type == 51 && length == 36) return message + at + 8;
        at += 4 + length;
    }
    return NULL;
}

int tls_take_server_hello(struct handshake *handshake, const uint8_t *message, size_t size) {
    const uint8_t *share = find_share(message, size);
    if (!share) return 0;
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, share, 32);
    uint8_t shared[32], hash[32], secret[32];
    size_t shared_size = 32;
    int agreed = peer && EVP_PKEY_derive_set_peer_ex(own, peer, 0) > 0 && EVP_PKEY_derive(own, shared, &shared_size) > 0;
    EVP_PKEY_free(peer);
    if (!agreed) return 0;
    hmac(derived_early, shared, 32, handshake->handshake_secret);
    SHA256_Init(&handshake->transcript);
    SHA256_Update(&handshake->transcript, hello_message, hello_size);
    SHA256_Update(&handshake->transcript, message, size);
    hash_so_far(handshake, hash);
    expand(handshake->handshake_secret, "c hs traffic", hash, 32, handshake->client_secret, 32);
    expand(handshake->handshake_secret, "s hs traffic", hash, 32, secret, 32);
    set_keys(&handshake->read, secret);
    set_keys(&handshake->write, handshake->client_secret);
    return 1;
}

int tls_open(struct direction *direction, uint8_t *record, size_t size, uint8_t *type) {
    uint8_t nonce[12];
    int written = 0, last = 0;
    if (size < 5 + 17) return -1;
    int content = (int)size - 5 - 16;
    nonce_of(direction, nonce);
    if (!EVP_DecryptInit_ex(cipher, aes, NULL, direction->key, nonce) ||
        !EVP_DecryptUpdate(cipher, NULL, &written, record, 5) ||
        !EVP_DecryptUpdate(cipher, record + 5, &written, record + 5, content) ||
        !EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, record + size - 16) ||
        EVP_DecryptFinal_ex(cipher, record + 5 + written, &last) <= 0)
        return -1;
    while (content > 0 && record[5 + content - 1] == 0) content--;
    if (content == 0) return -1;
    *type = record[5 + content - 1];
    return content - 1;
}

int tls_take_message(struct handshake *handshake, const uint8_t *message, size_t size) {
    SHA256_Update(&handshake->transcript, message, size);
    return message[0] == 20;
}

static size_t seal(struct direction *direction, const void *content, size_t size, uint8_t type, uint8_t *out) {
    uint8_t nonce[12];
    int written = 0;
    size_t total = size + 1 + 16;
    put(out, 0, (uint8_t[]){23, 3, 3, (uint8_t)(total >> 8), (uint8_t)total}, 5);
    memcpy(out + 5, content, size);
    out[5 + size] = type;
    nonce_of(direction, nonce);
    require(EVP_EncryptInit_ex(cipher, aes, NULL, direction->key, nonce) &&
            EVP_EncryptUpdate(cipher, NULL, &written, out, 5) &&
            EVP_EncryptUpdate(cipher, out + 5, &written, out + 5, (int)size + 1) &&
            EVP_EncryptFinal_ex(cipher, out + 5 + written, &written) &&
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, out + 5 + size + 1), "cannot encrypt");
    return 5 + total;
}

size_t tls_finish(struct handshake *handshake, const char *request, uint8_t *out) {
    uint8_t hash[32], key[32], message[36] = {20, 0, 0, 32}, derived[32], master[32], secret[32];
    hash_so_far(handshake, hash);
    expand(handshake->client_secret, "finished", NULL, 0, key, 32);
    hmac(key, hash, 32, message + 4);
    size_t size = seal(&handshake->write, message, sizeof message, 22, out);
    expand(handshake->handshake_secret, "derived", empty_hash, 32, derived, 32);
    hmac(derived, zeros, 32, master);
    expand(master, "c ap traffic", hash, 32, secret, 32);
    set_keys(&handshake->write, secret);
    expand(master, "s ap traffic", hash, 32, secret, 32);
    set_keys(&handshake->read, secret);
    return size + seal(&handshake->write, request, strlen(request), 23, out + size);
}
