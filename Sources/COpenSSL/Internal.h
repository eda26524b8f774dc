#ifndef SLUICE_TLS_INTERNAL_H
#define SLUICE_TLS_INTERNAL_H
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>

#include "COpenSSL.h"

struct sluice_tls_name {
    struct sluice_tls_name *next;
    int is_uri;
    char *text;
};

struct sluice_tls_staple {
    struct sluice_tls_staple *next;
    X509 *leaf;
    size_t count;
    uint8_t bytes[];
};

// What belongs to an SSL_CTX and must live as long: freed with it.
struct sluice_tls_context {
    SSL_CTX *ctx;
    int is_server;
    enum sluice_tls_verify verify;
    struct sluice_tls_keys *keys;
    uint8_t *alpn;
    size_t alpn_count;
    struct sluice_tls_staple *staples;
    char *server_name;
    int server_name_is_address;
    struct sluice_tls_name *names;
    pthread_mutex_t lock;
    SSL_SESSION *last;
};

struct sluice_tls_session {
    SSL *ssl;
    struct sluice_tls_buffers *buffers;
    const uint8_t *in;
    size_t in_count;
    unsigned long error;
    uint8_t settled;
    uint8_t broken;
};

int sluice_tls_context_index(void);
BIO *sluice_tls_bio_new(struct sluice_tls_buffers *buffers);
size_t sluice_tls_keys_count(struct sluice_tls_keys *keys);
void sluice_tls_keys_retain(struct sluice_tls_keys *keys);
int sluice_tls_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                          int encrypts);
int sluice_tls_each_name(X509 *leaf, int type, sluice_tls_each each, void *closure);
// Writes `text`, and OpenSSL's reason when there is one, to `error`; empties the thread's error queue. Returns 0.
int sluice_tls_refuse(char *error, const char *text);
#endif
