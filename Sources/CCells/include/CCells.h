#ifndef CCELLS_H
#define CCELLS_H

#include <stdbool.h>
#include <stdint.h>

/// Two words that change together: a key and what is kept under it. It stands at a multiple of 16 bytes.
typedef struct {
    uint64_t key, value;
} __attribute__((aligned(16))) ccells_pair;

/// Reads both words, each for itself: an exchange that expects them finds out whether they belong together.
static inline ccells_pair ccells_load_pair(const ccells_pair *place) {
    ccells_pair pair;
    pair.key = __atomic_load_n(&place->key, __ATOMIC_ACQUIRE);
    pair.value = __atomic_load_n(&place->value, __ATOMIC_ACQUIRE);
    return pair;
}

/// Puts `new` in place of `old` if both words are those of `old`.
bool ccells_exchange(ccells_pair *place, ccells_pair old, ccells_pair new);

static inline uint64_t ccells_load(const uint64_t *place) { return __atomic_load_n(place, __ATOMIC_RELAXED); }

static inline void ccells_store(uint64_t *place, uint64_t value) { __atomic_store_n(place, value, __ATOMIC_RELAXED); }

static inline void ccells_add(uint64_t *place, uint64_t count) { __atomic_fetch_add(place, count, __ATOMIC_RELAXED); }

#endif
