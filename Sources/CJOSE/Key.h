#ifndef CJOSE_KEY_H
#define CJOSE_KEY_H
#include "CJOSE.h"

#include <openssl/evp.h>
#include <stdatomic.h>

enum { LONGEST_COORDINATE = 66 };

enum kind { OF_RSA, OF_EC, OF_ED25519, OF_SECRET };

// What was prepared for one algorithm; making it takes a tenth of a verification. Whoever finds it taken makes another.
struct prepared {
    atomic_flag taken;
    void *context;
};

struct sluice_jose_key {
    enum kind kind;
    EVP_PKEY *key;
    // EC: the algorithm of the curve, the size of a coordinate, and the order in as many bytes.
    int algorithm;
    size_t coordinate;
    uint8_t order[LONGEST_COORDINATE];
    uint8_t *secret;
    size_t secret_count;
    struct prepared prepared[SLUICE_JOSE_ALGORITHMS];
};

void *sluice_jose_make_context(const struct sluice_jose_key *key, int algorithm);
void sluice_jose_free_context(const struct sluice_jose_key *key, void *context);
#endif
