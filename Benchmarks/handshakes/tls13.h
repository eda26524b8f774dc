// As much of TLS 1.3 (RFC 8446) as a client needs that costs less than the server it measures: one suite
// (TLS_AES_128_GCM_SHA256), one group (X25519) with one key pair for all connections, and no certificate is verified.

#pragma once
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

enum { hello_limit = 512, flight_limit = 1024 };

struct direction {
    uint8_t key[16], iv[12];
    uint64_t sequence;
};

struct handshake {
    SHA256_CTX transcript;
    uint8_t handshake_secret[32], client_secret[32];
    struct direction read, write;
};

// Makes the key pair and the ClientHello, a whole record, that every connection sends. It asks for tickets, as browsers do.
size_t tls_prepare(uint8_t *hello);

// Takes a ServerHello (without its record header) and derives the keys of the handshake; 0 when it is not usable.
int tls_take_server_hello(struct handshake *handshake, const uint8_t *message, size_t size);

// Decrypts a record in place, header included; the size of its content, with its type in `type`, or -1.
int tls_open(struct direction *direction, uint8_t *record, size_t size, uint8_t *type);

// Takes a message of the encrypted flight; 1 once it was Finished.
int tls_take_message(struct handshake *handshake, const uint8_t *message, size_t size);

// After Finished: writes the client's Finished and `request` as two records; switches both directions to application keys.
size_t tls_finish(struct handshake *handshake, const char *request, uint8_t *out);
