// Certificates out of PEM text: what they say, and whether they fit together.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CCrypto.h"

enum { TEXT_MAX = 16 * 1024 * 1024, CERTIFICATES_MAX = 1000 };

struct sluice_chain {
    STACK_OF(X509) *certificates;
};

// Nobody could type the password of an encrypted block.
static int no_password(char *into, int size, int writes, void *unused) {
    (void)into, (void)size, (void)writes, (void)unused;
    return -1;
}

static BIO *text_bio(const char *text, size_t count) {
    return count == 0 || count > TEXT_MAX ? NULL : BIO_new_mem_buf(text, (int)count);
}

// True when reading stopped because there is no further block, not because one is broken.
static int at_end(void) {
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

struct sluice_chain *sluice_chain_read(const char *pem, size_t count) {
    struct sluice_chain *chain = calloc(1, sizeof *chain);
    BIO *bio = text_bio(pem, count);
    int good = chain && bio && (chain->certificates = sk_X509_new_null());
    X509 *next;
    ERR_clear_error();
    while (good && (next = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        good = sk_X509_num(chain->certificates) < CERTIFICATES_MAX && sk_X509_push(chain->certificates, next);
        if (!good) X509_free(next);
    }
    good = good && at_end() && sk_X509_num(chain->certificates) > 0;
    ERR_clear_error();
    BIO_free(bio);
    if (good) return chain;
    sluice_chain_free(chain);
    return NULL;
}

void sluice_chain_free(struct sluice_chain *chain) {
    if (!chain) return;
    sk_X509_pop_free(chain->certificates, X509_free);
    free(chain);
}

size_t sluice_chain_count(const struct sluice_chain *chain) { return (size_t)sk_X509_num(chain->certificates); }

// Null beyond the end.
static X509 *at(const struct sluice_chain *chain, size_t index) {
    return index < sluice_chain_count(chain) ? sk_X509_value(chain->certificates, (int)index) : NULL;
}

int sluice_chain_is_issued_by_next(const struct sluice_chain *chain, size_t index) {
    X509 *subject = at(chain, index), *issuer = at(chain, index + 1);
    if (!subject || !issuer) return 0;
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    int good = key && X509_check_issued(issuer, subject) == X509_V_OK && X509_verify(subject, key) == 1;
    ERR_clear_error();
    return good;
}

int sluice_chain_is_authority(const struct sluice_chain *chain, size_t index) {
    X509 *certificate = at(chain, index);
    return certificate && X509_check_ca(certificate) == 1;
}

static int seconds(const ASN1_TIME *moment, int64_t *into) {
    struct tm parts;
    if (!moment || !ASN1_TIME_to_tm(moment, &parts)) return 0;
    *into = (int64_t)timegm(&parts);
    return 1;
}

int sluice_chain_dates(const struct sluice_chain *chain, size_t index, int64_t *not_before, int64_t *not_after) {
    X509 *certificate = at(chain, index);
    int good = certificate && seconds(X509_get0_notBefore(certificate), not_before) &&
               seconds(X509_get0_notAfter(certificate), not_after);
    ERR_clear_error();
    return good;
}

static void tell_name(const X509_NAME *name, sluice_text each, void *closure) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        char *text = NULL;
        long count = BIO_get_mem_data(bio, &text);
        if (count > 0) each(closure, text, (size_t)count);
    }
    BIO_free(bio);
    ERR_clear_error();
}

void sluice_chain_subject(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure) {
    X509 *certificate = at(chain, index);
    if (certificate) tell_name(X509_get_subject_name(certificate), each, closure);
}

void sluice_chain_issuer(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure) {
    X509 *certificate = at(chain, index);
    if (certificate) tell_name(X509_get_issuer_name(certificate), each, closure);
}

// A name with a byte that no name has is not told: nobody must be fooled by it.
static void tell_plain(const uint8_t *bytes, int count, sluice_text each, void *closure) {
    for (int index = 0; index < count; index++)
        if (bytes[index] <= 0x20 || bytes[index] >= 0x7f) return;
    if (count > 0) each(closure, (const char *)bytes, (size_t)count);
}

static void tell_address(const ASN1_OCTET_STRING *address, sluice_text each, void *closure) {
    const uint8_t *bytes = ASN1_STRING_get0_data(address);
    char text[64];
    int count = 0;
    if (ASN1_STRING_length(address) == 4) {
        count = snprintf(text, sizeof text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    } else if (ASN1_STRING_length(address) == 16) {
        for (int group = 0; group < 8; group++)
            count += snprintf(text + count, sizeof text - (size_t)count, group ? ":%x" : "%x",
                              (unsigned)(bytes[2 * group] << 8 | bytes[2 * group + 1]));
    }
    if (count > 0) each(closure, text, (size_t)count);
}

void sluice_chain_names(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure) {
    X509 *certificate = at(chain, index);
    if (!certificate) return;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    ERR_clear_error();
    if (!names) {
        char name[256];
        int count = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
        if (count > 0) tell_plain((const uint8_t *)name, count, each, closure);
        return;
    }
    for (int place = 0; place < sk_GENERAL_NAME_num(names); place++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, place);
        if (name->type == GEN_IPADD) tell_address(name->d.iPAddress, each, closure);
        if (name->type != GEN_DNS && name->type != GEN_URI) continue;
        const ASN1_IA5STRING *text = name->type == GEN_DNS ? name->d.dNSName : name->d.uniformResourceIdentifier;
        tell_plain(ASN1_STRING_get0_data(text), ASN1_STRING_length(text), each, closure);
    }
    GENERAL_NAMES_free(names);
}

int sluice_chain_fingerprint(const struct sluice_chain *chain, size_t index, uint8_t digest[32]) {
    X509 *certificate = at(chain, index);
    unsigned count = 32;
    return certificate && X509_digest(certificate, EVP_sha256(), digest, &count) && count == 32;
}

void sluice_chain_key_type(const struct sluice_chain *chain, size_t index, sluice_text each, void *closure) {
    X509 *certificate = at(chain, index);
    EVP_PKEY *key = certificate ? X509_get0_pubkey(certificate) : NULL;
    char group[64], text[80];
    size_t length = 0;
    int count = 0;
    if (!key) {
        ERR_clear_error();
        return;
    }
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: count = snprintf(text, sizeof text, "rsa-%d", EVP_PKEY_get_bits(key)); break;
    case EVP_PKEY_EC:
        if (!EVP_PKEY_get_group_name(key, group, sizeof group, &length)) snprintf(group, sizeof group, "unknown");
        count = snprintf(text, sizeof text, "ecdsa-%s", group);
        break;
    case EVP_PKEY_ED25519: count = snprintf(text, sizeof text, "ed25519"); break;
    case EVP_PKEY_ED448: count = snprintf(text, sizeof text, "ed448"); break;
    default: count = snprintf(text, sizeof text, "unknown"); break;
    }
    ERR_clear_error();
    if (count > 0) each(closure, text, (size_t)count);
}

int sluice_chain_has_key(const struct sluice_chain *chain, const char *pem, size_t count) {
    X509 *leaf = at(chain, 0);
    BIO *bio = text_bio(pem, count);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    int result = -1;
    if (leaf && key) result = X509_check_private_key(leaf, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return result;
}

static int is_about(OCSP_BASICRESP *answer, X509 *leaf) {
    for (int index = 0; index < OCSP_resp_count(answer); index++) {
        const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(OCSP_resp_get0(answer, index));
        ASN1_INTEGER *serial = NULL;
        if (!OCSP_id_get0_info(NULL, NULL, NULL, &serial, (OCSP_CERTID *)id)) continue;
        if (serial && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) == 0) return 1;
    }
    return 0;
}

int sluice_chain_has_ocsp(const struct sluice_chain *chain, const uint8_t *bytes, size_t count) {
    X509 *leaf = at(chain, 0);
    const uint8_t *end = bytes;
    OCSP_RESPONSE *response = count <= TEXT_MAX ? d2i_OCSP_RESPONSE(NULL, &end, (long)count) : NULL;
    OCSP_BASICRESP *answer = NULL;
    int result = -1;
    if (leaf && response && end == bytes + count &&
        OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL &&
        (answer = OCSP_response_get1_basic(response)))
        result = is_about(answer, leaf);
    OCSP_BASICRESP_free(answer);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return result;
}

int sluice_revocations_parse(const char *pem, size_t count) {
    BIO *bio = text_bio(pem, count);
    X509_CRL *next;
    int found = 0;
    ERR_clear_error();
    while (bio && found < CERTIFICATES_MAX && (next = PEM_read_bio_X509_CRL(bio, NULL, no_password, NULL))) {
        X509_CRL_free(next);
        found += 1;
    }
    int good = bio && found && at_end();
    BIO_free(bio);
    ERR_clear_error();
    return good;
}
