#ifndef CNGHTTP2_H
#define CNGHTTP2_H

#include <nghttp2/nghttp2.h>

/// Memory for sessions of one thread. A session holds a frame buffer of 16 KiB from its first to its last day and fills, at
/// most times, the head of it: those lie on small pages of their own, of which only what was touched counts.
/// Benchmark: `scripts/bench idle`.
nghttp2_mem *cnghttp2_memory(void);

#endif
