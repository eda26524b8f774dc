#include "CCells.h"

#include <string.h>

typedef unsigned __int128 word;

// On x86-64 it is one instruction, which every machine of the last fifteen years has and the compiler does not assume.
#if defined(__x86_64__)
__attribute__((target("cx16")))
#endif
bool ccells_exchange(ccells_pair *place, ccells_pair old, ccells_pair new) {
    word expected, wanted;
    memcpy(&expected, &old, sizeof expected);
    memcpy(&wanted, &new, sizeof wanted);
    return __sync_bool_compare_and_swap((word *)place, expected, wanted);
}
