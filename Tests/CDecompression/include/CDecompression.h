#ifndef CDECOMPRESSION_H
#define CDECOMPRESSION_H

#include <stddef.h>
#include <stdint.h>

// For tests: what a client reads of `input`, which may break off at any place. coding: 0 brotli, 1 zstd, 2 gzip.
// Returns the bytes written, or -1 when the input is no such stream or the room is too small; *is_complete says whether
// the stream ended, and at the end of the input.
ptrdiff_t cdecompression_read(int coding, const uint8_t *input, size_t input_size, uint8_t *output, size_t output_size,
                              int *is_complete);

#endif
