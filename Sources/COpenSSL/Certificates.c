// Certificates, keys and revocation lists out of PEM text, and what is read from a certificate.
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Identity.h"
#include "Internal.h"

enum { CHAIN_MAX = 32 };

int sluice_tls_refuse(char *error, const char *text) {
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason)
        snprintf(error, SLUICE_TLS_ERROR_SIZE, "%s (%s)", text, reason);
    else
        snprintf(error, SLUICE_TLS_ERROR_SIZE, "%s", text);
    ERR_clear_error();
    return 0;
}

// Keys are never encrypted here: nobody could type the password.
static int no_password(char *into, int size, int writes, void *asked) {
    (void)into, (void)size, (void)writes;
    *(int *)asked = 1;
    return -1;
}

static BIO *text_bio(const char *text, size_t count) {
    if (count == 0 || count > 16 * 1024 * 1024) return NULL;
    return BIO_new_mem_buf(text, (int)count);
}

// True when the last reading stopped because there is no further block, not because one is broken.
static int at_end(void) {
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

static int read_chain(struct sluice_tls_identity *identity, BIO *bio, char *error) {
    int asked = 0;
    ERR_clear_error();
    identity->leaf = PEM_read_bio_X509(bio, NULL, no_password, &asked);
    if (!identity->leaf) {
        if (at_end()) ERR_clear_error();
        return sluice_tls_refuse(error, "the certificate chain has no certificate that can be read");
    }
    identity->chain = sk_X509_new_null();
    if (!identity->chain) return sluice_tls_refuse(error, "out of memory");
    X509 *next;
    while ((next = PEM_read_bio_X509(bio, NULL, no_password, &asked))) {
        if (sk_X509_num(identity->chain) >= CHAIN_MAX || !sk_X509_push(identity->chain, next)) {
            X509_free(next);
            return sluice_tls_refuse(error, "the certificate chain has too many certificates");
        }
    }
    if (!at_end()) return sluice_tls_refuse(error, "a certificate of the chain cannot be read");
    ERR_clear_error();
    return 1;
}

static int read_key(struct sluice_tls_identity *identity, BIO *bio, char *error) {
    int asked = 0;
    ERR_clear_error();
    identity->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, &asked);
    if (identity->key) return 1;
    ERR_clear_error();
    return sluice_tls_refuse(error, asked ? "the private key is encrypted with a password" : "the private key cannot be read");
}

struct sluice_tls_identity *sluice_tls_identity_new(const char *chain, size_t chain_count, const char *key,
                                                    size_t key_count, const uint8_t *ocsp, size_t ocsp_count,
                                                    char *error) {
    struct sluice_tls_identity *identity = calloc(1, sizeof *identity);
    BIO *chain_bio = text_bio(chain, chain_count), *key_bio = text_bio(key, key_count);
    int good = 0;
    if (!identity)
        sluice_tls_refuse(error, "out of memory");
    else if (!chain_bio)
        sluice_tls_refuse(error, "the certificate chain is empty");
    else if (!key_bio)
        sluice_tls_refuse(error, "the private key is empty");
    else if (read_chain(identity, chain_bio, error) && read_key(identity, key_bio, error)) {
        good = X509_check_private_key(identity->leaf, identity->key);
        ERR_clear_error();
        if (!good) sluice_tls_refuse(error, "the private key does not match the certificate");
    }
    if (good && ocsp_count) {
        identity->ocsp = malloc(ocsp_count);
        good = identity->ocsp != NULL;
        if (good) memcpy(identity->ocsp, ocsp, ocsp_count), identity->ocsp_count = ocsp_count;
    }
    BIO_free(chain_bio);
    BIO_free(key_bio);
    if (good) return identity;
    sluice_tls_identity_free(identity);
    return NULL;
}

void sluice_tls_identity_free(struct sluice_tls_identity *identity) {
    if (!identity) return;
    X509_free(identity->leaf);
    sk_X509_pop_free(identity->chain, X509_free);
    EVP_PKEY_free(identity->key);
    free(identity->ocsp);
    free(identity);
}

int sluice_tls_identity_kind(const struct sluice_tls_identity *identity) {
    switch (EVP_PKEY_get_base_id(identity->key)) {
    case EVP_PKEY_RSA: return 0;
    case EVP_PKEY_EC: return 1;
    default: return 2;
    }
}

// A name with a byte that no name has (NUL, blank, control, beyond ASCII) is not told: nobody must be fooled by it.
static int is_plain(const uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++)
        if (bytes[index] <= 0x20 || bytes[index] >= 0x7f) return 0;
    return count > 0;
}

int sluice_tls_each_name(X509 *leaf, int type, sluice_tls_each each, void *closure) {
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    if (!names) return 0;
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        if (name->type != type) continue;
        const ASN1_IA5STRING *text = type == GEN_URI ? name->d.uniformResourceIdentifier : name->d.dNSName;
        int count = ASN1_STRING_length(text);
        const uint8_t *bytes = ASN1_STRING_get0_data(text);
        if (count > 0 && is_plain(bytes, (size_t)count)) each(closure, bytes, (size_t)count);
    }
    GENERAL_NAMES_free(names);
    return 1;
}

int sluice_tls_identity_names(const struct sluice_tls_identity *identity, sluice_tls_each each, void *closure) {
    if (sluice_tls_each_name(identity->leaf, GEN_DNS, each, closure)) return 1;
    ERR_clear_error();
    char name[256];
    int count = X509_NAME_get_text_by_NID(X509_get_subject_name(identity->leaf), NID_commonName, name, sizeof name);
    if (count > 0 && is_plain((const uint8_t *)name, (size_t)count)) each(closure, (const uint8_t *)name, (size_t)count);
    return 1;
}

struct sluice_tls_trust *sluice_tls_trust_new(char *error) {
    struct sluice_tls_trust *trust = calloc(1, sizeof *trust);
    if (trust) {
        trust->store = X509_STORE_new();
        trust->subjects = sk_X509_NAME_new_null();
        // What the operator lists is trusted, a root or not.
        if (trust->store && trust->subjects && X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN)) return trust;
    }
    sluice_tls_refuse(error, "out of memory");
    sluice_tls_trust_free(trust);
    return NULL;
}

void sluice_tls_trust_free(struct sluice_tls_trust *trust) {
    if (!trust) return;
    X509_STORE_free(trust->store);
    sk_X509_NAME_pop_free(trust->subjects, X509_NAME_free);
    free(trust);
}

static int trust_one(struct sluice_tls_trust *trust, X509 *authority) {
    X509_NAME *subject = X509_NAME_dup(X509_get_subject_name(authority));
    if (!subject || !X509_STORE_add_cert(trust->store, authority) || !sk_X509_NAME_push(trust->subjects, subject)) {
        X509_NAME_free(subject);
        return 0;
    }
    return 1;
}

int sluice_tls_trust_add_authorities(struct sluice_tls_trust *trust, const char *pem, size_t count, char *error) {
    static const char *const unreadable = "a certificate of an authority cannot be read";
    BIO *bio = text_bio(pem, count);
    X509 *next;
    int asked = 0, found = 0, good = bio != NULL;
    ERR_clear_error();
    while (good && (next = PEM_read_bio_X509(bio, NULL, no_password, &asked))) {
        good = trust_one(trust, next);
        X509_free(next);
        found += 1;
    }
    good = good && found && at_end();
    BIO_free(bio);
    if (!good) return sluice_tls_refuse(error, unreadable);
    ERR_clear_error();
    return 1;
}

int sluice_tls_trust_add_revocations(struct sluice_tls_trust *trust, const char *pem, size_t count, char *error) {
    BIO *bio = text_bio(pem, count);
    X509_CRL *next;
    int asked = 0, found = 0, good = bio != NULL;
    ERR_clear_error();
    while (good && (next = PEM_read_bio_X509_CRL(bio, NULL, no_password, &asked))) {
        good = X509_STORE_add_crl(trust->store, next);
        X509_CRL_free(next);
        found += 1;
    }
    good = good && found && at_end() && X509_STORE_set_flags(trust->store, X509_V_FLAG_CRL_CHECK);
    BIO_free(bio);
    if (!good) return sluice_tls_refuse(error, "a certificate revocation list cannot be read");
    ERR_clear_error();
    return 1;
}

int sluice_tls_trust_add_system(struct sluice_tls_trust *trust, char *error) {
    if (X509_STORE_set_default_paths(trust->store)) return 1;
    return sluice_tls_refuse(error, "the system's certificate authorities cannot be loaded");
}
