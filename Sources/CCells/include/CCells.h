#ifndef CCELLS_H
#define CCELLS_H

#include <stdint.h>

/// Two words that change together: a key and what is kept under it. Aligned to 16 bytes.
typedef struct {
    uint64_t key, value;
} ccells_pair;

#endif
