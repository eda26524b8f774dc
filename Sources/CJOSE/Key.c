// Keys out of the numbers of a JWK (RFC 7518 section 6, RFC 8037 section 2).
#include "Key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

static struct sluice_jose_key *make(enum kind kind) {
    struct sluice_jose_key *key = OPENSSL_zalloc(sizeof *key);
    if (!key) return NULL;
    key->kind = kind;
    for (int index = 0; index < SLUICE_JOSE_ALGORITHMS; index++) atomic_flag_clear(&key->prepared[index].taken);
    return key;
}

static struct sluice_jose_key *wrap(enum kind kind, EVP_PKEY *pkey) {
    ERR_clear_error();
    if (!pkey) return NULL;
    struct sluice_jose_key *key = make(kind);
    if (key) key->key = pkey;
    else EVP_PKEY_free(pkey);
    return key;
}

static EVP_PKEY *from_data(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    int good = context && parameters && EVP_PKEY_fromdata_init(context) > 0 &&
               EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) > 0;
    EVP_PKEY_CTX_free(context);
    if (good) return key;
    EVP_PKEY_free(key);
    return NULL;
}

struct sluice_jose_key *sluice_jose_rsa(const uint8_t *modulus, size_t modulus_count, const uint8_t *exponent,
                                        size_t exponent_count) {
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_count, NULL), *e = BN_bin2bn(exponent, (int)exponent_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
        parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY *key = from_data("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return wrap(OF_RSA, key);
}

static const char *curve(int algorithm) {
    switch (algorithm) {
    case SLUICE_JOSE_ES256: return "P-256";
    case SLUICE_JOSE_ES384: return "P-384";
    case SLUICE_JOSE_ES512: return "P-521";
    default: return NULL;
    }
}

static int read_order(struct sluice_jose_key *key) {
    BIGNUM *order = NULL;
    int good = EVP_PKEY_get_bn_param(key->key, OSSL_PKEY_PARAM_EC_ORDER, &order) &&
               BN_bn2binpad(order, key->order, (int)key->coordinate) > 0;
    BN_free(order);
    return good;
}

static int is_on_curve(EVP_PKEY *key) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int good = context && EVP_PKEY_public_check(context) > 0;
    EVP_PKEY_CTX_free(context);
    return good;
}

struct sluice_jose_key *sluice_jose_ec(int algorithm, const uint8_t *x, const uint8_t *y, size_t count) {
    const char *name = curve(algorithm);
    if (!name || count == 0 || count > LONGEST_COORDINATE) return NULL;
    uint8_t point[1 + 2 * LONGEST_COORDINATE];
    point[0] = 4;  // uncompressed (SEC 1 section 2.3.3)
    memcpy(point + 1, x, count);
    memcpy(point + 1 + count, y, count);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * count),
        OSSL_PARAM_construct_end(),
    };
    struct sluice_jose_key *key = wrap(OF_EC, from_data("EC", parameters));
    if (!key) return NULL;
    key->algorithm = algorithm;
    key->coordinate = count;
    if (is_on_curve(key->key) && read_order(key)) return key;
    ERR_clear_error();
    sluice_jose_free(key);
    return NULL;
}

struct sluice_jose_key *sluice_jose_ed25519(const uint8_t point[32]) {
    return wrap(OF_ED25519, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, 32));
}

struct sluice_jose_key *sluice_jose_secret(const uint8_t *bytes, size_t count) {
    struct sluice_jose_key *key = make(OF_SECRET);
    if (!key) return NULL;
    key->secret = OPENSSL_memdup(bytes, count);
    key->secret_count = count;
    if (key->secret) return key;
    sluice_jose_free(key);
    return NULL;
}

void sluice_jose_free(struct sluice_jose_key *key) {
    if (!key) return;
    for (int index = 0; index < SLUICE_JOSE_ALGORITHMS; index++)
        if (key->prepared[index].context) sluice_jose_free_context(key, key->prepared[index].context);
    EVP_PKEY_free(key->key);
    OPENSSL_clear_free(key->secret, key->secret_count);
    OPENSSL_free(key);
}
