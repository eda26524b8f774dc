#include "CDecompression.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

static ptrdiff_t read_brotli(const uint8_t *input, size_t in_left, uint8_t *output, size_t out_left, int *is_complete) {
    size_t room = out_left;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (!state) return -1;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(state, &in_left, &input, &out_left, &output, NULL);
    BrotliDecoderDestroyInstance(state);
    *is_complete = result == BROTLI_DECODER_RESULT_SUCCESS && in_left == 0;
    int is_good = result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT || *is_complete;
    return is_good ? (ptrdiff_t)(room - out_left) : -1;
}

static ptrdiff_t read_zstd(const uint8_t *input, size_t in_size, uint8_t *output, size_t room, int *is_complete) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer from = {input, in_size, 0};
    ZSTD_outBuffer to = {output, room, 0};
    size_t left = ZSTD_decompressStream(context, &to, &from);
    while (!ZSTD_isError(left) && left > 0 && from.pos < from.size && to.pos < to.size)
        left = ZSTD_decompressStream(context, &to, &from);
    ZSTD_freeDCtx(context);
    *is_complete = left == 0 && from.pos == from.size;
    return ZSTD_isError(left) || from.pos < from.size ? -1 : (ptrdiff_t)to.pos;
}

static ptrdiff_t read_gzip(const uint8_t *input, size_t in_size, uint8_t *output, size_t room, int *is_complete) {
    z_stream stream = {.next_in = (Bytef *)input, .avail_in = (uInt)in_size, .next_out = output, .avail_out = (uInt)room};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return -1;
    int code = inflate(&stream, Z_SYNC_FLUSH);
    *is_complete = code == Z_STREAM_END && stream.avail_in == 0;
    int is_good = *is_complete || ((code == Z_OK || code == Z_BUF_ERROR) && stream.avail_in == 0);
    ptrdiff_t written = (ptrdiff_t)(room - stream.avail_out);
    inflateEnd(&stream);
    return is_good ? written : -1;
}

ptrdiff_t cdecompression_read(int coding, const uint8_t *input, size_t input_size, uint8_t *output, size_t output_size,
                              int *is_complete) {
    switch (coding) {
    case 0: return read_brotli(input, input_size, output, output_size, is_complete);
    case 1: return read_zstd(input, input_size, output, output_size, is_complete);
    default: return read_gzip(input, input_size, output, output_size, is_complete);
    }
}
