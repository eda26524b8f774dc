#ifndef CNGHTTP2_H
#define CNGHTTP2_H

#include <nghttp2/nghttp2.h>
#include <stdint.h>

/// Memory for sessions of one thread.
///
/// A session holds a frame buffer of 16 KiB and a table of streams from its first to its last day, and most of the time both
/// are empty: they lie on pages of their own, which are given back while the session rests. Benchmark: `scripts/bench idle`.
nghttp2_mem *cnghttp2_memory(void);

/// The pages of one session, named so that what was freed meanwhile is known.
struct cnghttp2_pages {
    uint32_t frame, frame_birth, streams, streams_birth;
};

/// Those that were taken last: to be asked right after a session was made.
struct cnghttp2_pages cnghttp2_taken(void);

/// Gives back what holds nothing. Only for a session that has no frame to send: its buffer is filled anew with the next one.
void cnghttp2_rest(struct cnghttp2_pages pages);

#endif
