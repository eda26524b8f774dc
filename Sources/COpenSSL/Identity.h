#ifndef SLUICE_TLS_IDENTITY_H
#define SLUICE_TLS_IDENTITY_H
#include <openssl/x509.h>
#include <stdint.h>

struct sluice_tls_identity {
    X509 *leaf;
    STACK_OF(X509) *chain;
    EVP_PKEY *key;
    uint8_t *ocsp;
    size_t ocsp_count;
};

struct sluice_tls_trust {
    X509_STORE *store;
    STACK_OF(X509_NAME) *subjects;
};
#endif
