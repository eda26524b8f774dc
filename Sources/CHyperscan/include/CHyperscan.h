#ifndef CHYPERSCAN_H
#define CHYPERSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Hyperscan 5, loaded when it is first asked for. Everything here is made to find too much rather than too little: patterns are
/// compiled as prefilters, which match wherever the pattern itself does.

/// `false`: the library is not there.
bool chyperscan_load(void);

/// Compiles patterns, each with the number that matches are told by. Returns NULL when one of them is refused; `wrong` is its place
/// then, or -1.
void *chyperscan_compile(const char *const *patterns, const bool *ignore_case, const unsigned *numbers, unsigned count,
                         int *wrong);
void chyperscan_free(void *database);

/// Room for scans with some databases, one at a time. `room` is NULL at first.
bool chyperscan_make_room(void *database, void **room);
void chyperscan_free_room(void *room);

/// Sets the bit of each pattern's number that may match. `false`: the scan failed, and anything may match.
bool chyperscan_scan(void *database, const uint8_t *bytes, size_t count, void *room, uint64_t *found, size_t words);

#endif
