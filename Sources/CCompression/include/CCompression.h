#ifndef CCOMPRESSION_H
#define CCOMPRESSION_H

#include <stddef.h>
#include <stdint.h>

// One streaming compressor over zlib, libbrotlienc or libzstd. None of these can decompress through this header.

typedef struct ccompression_stream ccompression_stream;

enum { CCOMPRESSION_BROTLI = 0, CCOMPRESSION_ZSTD = 1, CCOMPRESSION_GZIP = 2 };
enum { CCOMPRESSION_RUN = 0, CCOMPRESSION_FLUSH = 1, CCOMPRESSION_FINISH = 2 };
enum { CCOMPRESSION_FAILED = -1, CCOMPRESSION_DONE = 0, CCOMPRESSION_MORE = 1 };

// window: log2 of the bytes looked back over. NULL when memory is short or a setting is out of range.
ccompression_stream *ccompression_create(int coding, int level, int window);
void ccompression_free(ccompression_stream *stream);

// Begins another body; 0 when that failed and the stream must be freed. size_hint: bytes to come, 0 when unknown.
int ccompression_restart(ccompression_stream *stream, uint64_t size_hint);

// Gives back what a body needed and the next one can have anew for little; restart before the next step.
void ccompression_rest(ccompression_stream *stream);

// Takes *input_size bytes of input and writes up to *output_size (at least 16); on return both say how much was taken and written.
// CCOMPRESSION_MORE: call again with the rest of the input and room for output.
int ccompression_step(ccompression_stream *stream, int operation, const uint8_t *input, size_t *input_size,
                      uint8_t *output, size_t *output_size);

// Bytes of memory that the stream holds now.
size_t ccompression_memory(const ccompression_stream *stream);

#endif
