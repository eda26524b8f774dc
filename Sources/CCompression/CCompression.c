#define ZSTD_STATIC_LINKING_ONLY
#include "CCompression.h"

#include <brotli/encode.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

// brotli cannot be reset, and its encoders want half a megabyte twice. Left to the heap these come fresh from the system,
// page by page, for every body: that more than doubled the time for 20 KB. So a stream keeps what its last encoder gave
// back of large blocks.
enum { KEPT_BLOCKS = 4, LEAST_KEPT_BYTES = 64 << 10, MOST_KEPT_BYTES = 1280 << 10 };

typedef struct {
    char *block;
    size_t size;
} kept_block;

struct ccompression_stream {
    int coding, level, window;
    BrotliEncoderState *brotli;
    ZSTD_CCtx *zstd;
    z_stream gzip;
    kept_block kept[KEPT_BLOCKS];
    size_t kept_bytes;
    // Bytes of all brotli's blocks, kept ones too; the others know it themselves.
    size_t counted;
};

// In front of a block stands its size; keeps the alignment of malloc for what follows.
enum { SIZE_BYTES = 16 };

static void discard(ccompression_stream *stream, char *block) {
    stream->counted -= *(size_t *)(void *)block;
    free(block);
}

static char *take_kept(ccompression_stream *stream, int index) {
    char *block = stream->kept[index].block;
    stream->kept_bytes -= stream->kept[index].size;
    stream->kept[index] = (kept_block){NULL, 0};
    return block;
}

static void *allocate(void *opaque, size_t size) {
    ccompression_stream *stream = opaque;
    for (int i = 0; i < KEPT_BLOCKS; i++) {
        // Not one that is much too large: somebody else will want it.
        size_t kept = stream->kept[i].size;
        if (kept >= size && kept / 2 < size) return take_kept(stream, i) + SIZE_BYTES;
    }
    if (size > SIZE_MAX - SIZE_BYTES) return NULL;
    char *block = malloc(size + SIZE_BYTES);
    if (!block) return NULL;
    *(size_t *)(void *)block = size;
    stream->counted += size;
    return block + SIZE_BYTES;
}

// The smallest kept block, which is an empty place if there is one.
static int smallest_kept(const ccompression_stream *stream) {
    int smallest = 0;
    for (int i = 1; i < KEPT_BLOCKS; i++)
        if (stream->kept[i].size < stream->kept[smallest].size) smallest = i;
    return smallest;
}

static int smallest_full(const ccompression_stream *stream) {
    int smallest = -1;
    for (int i = 0; i < KEPT_BLOCKS; i++)
        if (stream->kept[i].block && (smallest < 0 || stream->kept[i].size < stream->kept[smallest].size)) smallest = i;
    return smallest;
}

// Larger blocks push smaller ones out.
static void give_back(void *opaque, void *address) {
    ccompression_stream *stream = opaque;
    if (!address) return;
    char *block = (char *)address - SIZE_BYTES;
    size_t size = *(size_t *)(void *)block;
    int is_kept = size >= LEAST_KEPT_BYTES && size <= MOST_KEPT_BYTES;
    while (is_kept && stream->kept_bytes + size > MOST_KEPT_BYTES) {
        int victim = smallest_full(stream);
        is_kept = victim >= 0 && stream->kept[victim].size < size;
        if (is_kept) discard(stream, take_kept(stream, victim));
    }
    int place = smallest_kept(stream);
    if (!is_kept || stream->kept[place].size >= size) {
        discard(stream, block);
        return;
    }
    if (stream->kept[place].block) discard(stream, take_kept(stream, place));
    stream->kept[place] = (kept_block){block, size};
    stream->kept_bytes += size;
}

static int start_brotli(ccompression_stream *stream, uint64_t size_hint) {
    stream->brotli = BrotliEncoderCreateInstance(allocate, give_back, stream);
    if (!stream->brotli) return 0;
    // From a megabyte on brotli takes a hasher of 4 MB; for the ratio it is worth 3 %.
    uint32_t hint = size_hint >= 1u << 20 ? (1u << 20) - 1 : (uint32_t)size_hint;
    return BrotliEncoderSetParameter(stream->brotli, BROTLI_PARAM_QUALITY, (uint32_t)stream->level) &&
           BrotliEncoderSetParameter(stream->brotli, BROTLI_PARAM_LGWIN, (uint32_t)stream->window) &&
           BrotliEncoderSetParameter(stream->brotli, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT) &&
           BrotliEncoderSetParameter(stream->brotli, BROTLI_PARAM_SIZE_HINT, hint);
}

static void end_brotli(ccompression_stream *stream) {
    if (stream->brotli) BrotliEncoderDestroyInstance(stream->brotli);
    stream->brotli = NULL;
}

static int is_zstd_ok(size_t code) { return !ZSTD_isError(code); }

static int create_zstd(ccompression_stream *stream) {
    stream->zstd = ZSTD_createCCtx();
    return stream->zstd && is_zstd_ok(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_compressionLevel, stream->level)) &&
           is_zstd_ok(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_windowLog, stream->window)) &&
           is_zstd_ok(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_checksumFlag, 0));
}

// 16 more asks zlib for gzip's wrapping.
static int create_gzip(ccompression_stream *stream) {
    return deflateInit2(&stream->gzip, stream->level, Z_DEFLATED, stream->window + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
}

ccompression_stream *ccompression_create(int coding, int level, int window) {
    ccompression_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->coding = coding;
    stream->level = level;
    stream->window = window;
    int is_made = 0;
    if (coding == CCOMPRESSION_BROTLI) is_made = start_brotli(stream, 0);
    if (coding == CCOMPRESSION_ZSTD) is_made = create_zstd(stream);
    if (coding == CCOMPRESSION_GZIP) is_made = create_gzip(stream);
    if (is_made) return stream;
    ccompression_free(stream);
    return NULL;
}

void ccompression_free(ccompression_stream *stream) {
    if (!stream) return;
    end_brotli(stream);
    for (int i = 0; i < KEPT_BLOCKS; i++) free(stream->kept[i].block);
    ZSTD_freeCCtx(stream->zstd);
    if (stream->coding == CCOMPRESSION_GZIP) deflateEnd(&stream->gzip);
    free(stream);
}

int ccompression_restart(ccompression_stream *stream, uint64_t size_hint) {
    switch (stream->coding) {
    case CCOMPRESSION_BROTLI:
        end_brotli(stream);
        return start_brotli(stream, size_hint);
    case CCOMPRESSION_ZSTD:
        return is_zstd_ok(ZSTD_CCtx_reset(stream->zstd, ZSTD_reset_session_only)) &&
               is_zstd_ok(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_srcSizeHint,
                                                 size_hint > INT_MAX ? INT_MAX : (int)size_hint));
    default:
        return deflateReset(&stream->gzip) == Z_OK;
    }
}

void ccompression_rest(ccompression_stream *stream) { end_brotli(stream); }

static int step_brotli(ccompression_stream *stream, int operation, const uint8_t *input, size_t *input_size,
                       uint8_t *output, size_t *output_size) {
    static const BrotliEncoderOperation operations[] = {BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH,
                                                        BROTLI_OPERATION_FINISH};
    if (!stream->brotli) {
        *input_size = 0;
        *output_size = 0;
        return CCOMPRESSION_FAILED;
    }
    size_t in_left = *input_size, out_left = *output_size;
    int is_ok = BrotliEncoderCompressStream(stream->brotli, operations[operation], &in_left, &input, &out_left, &output,
                                            NULL);
    *input_size -= in_left;
    *output_size -= out_left;
    if (!is_ok) return CCOMPRESSION_FAILED;
    if (in_left > 0 || BrotliEncoderHasMoreOutput(stream->brotli)) return CCOMPRESSION_MORE;
    return operation != CCOMPRESSION_FINISH || BrotliEncoderIsFinished(stream->brotli) ? CCOMPRESSION_DONE
                                                                                       : CCOMPRESSION_MORE;
}

static int step_zstd(ccompression_stream *stream, int operation, const uint8_t *input, size_t *input_size,
                     uint8_t *output, size_t *output_size) {
    static const ZSTD_EndDirective operations[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer from = {input, *input_size, 0};
    ZSTD_outBuffer to = {output, *output_size, 0};
    size_t left = ZSTD_compressStream2(stream->zstd, &to, &from, operations[operation]);
    *input_size = from.pos;
    *output_size = to.pos;
    if (ZSTD_isError(left)) return CCOMPRESSION_FAILED;
    if (from.pos < from.size) return CCOMPRESSION_MORE;
    // Without a flush it is zstd's business what it still holds.
    return operation == CCOMPRESSION_RUN || left == 0 ? CCOMPRESSION_DONE : CCOMPRESSION_MORE;
}

static int step_gzip(ccompression_stream *stream, int operation, const uint8_t *input, size_t *input_size,
                     uint8_t *output, size_t *output_size) {
    static const int operations[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    z_stream *gzip = &stream->gzip;
    uInt in_given = *input_size > UINT_MAX ? UINT_MAX : (uInt)*input_size;
    uInt out_given = *output_size > UINT_MAX ? UINT_MAX : (uInt)*output_size;
    int is_all = in_given == *input_size;
    gzip->next_in = (Bytef *)input;
    gzip->avail_in = in_given;
    gzip->next_out = output;
    gzip->avail_out = out_given;
    int code = deflate(gzip, is_all ? operations[operation] : Z_NO_FLUSH);
    *input_size = in_given - gzip->avail_in;
    *output_size = out_given - gzip->avail_out;
    if (code == Z_STREAM_END) return CCOMPRESSION_DONE;
    // Nothing was left to do: the last piece of a flush filled the room to its last byte.
    if (code == Z_BUF_ERROR && operation != CCOMPRESSION_FINISH) return CCOMPRESSION_DONE;
    if (code != Z_OK && code != Z_BUF_ERROR) return CCOMPRESSION_FAILED;
    if (!is_all || gzip->avail_in > 0 || gzip->avail_out == 0) return CCOMPRESSION_MORE;
    return operation == CCOMPRESSION_FINISH ? CCOMPRESSION_MORE : CCOMPRESSION_DONE;
}

int ccompression_step(ccompression_stream *stream, int operation, const uint8_t *input, size_t *input_size,
                      uint8_t *output, size_t *output_size) {
    if (operation < CCOMPRESSION_RUN || operation > CCOMPRESSION_FINISH || *output_size < 16) {
        *input_size = 0;
        *output_size = 0;
        return CCOMPRESSION_FAILED;
    }
    switch (stream->coding) {
    case CCOMPRESSION_BROTLI: return step_brotli(stream, operation, input, input_size, output, output_size);
    case CCOMPRESSION_ZSTD: return step_zstd(stream, operation, input, input_size, output, output_size);
    default: return step_gzip(stream, operation, input, input_size, output, output_size);
    }
}

size_t ccompression_memory(const ccompression_stream *stream) {
    size_t own = sizeof *stream + stream->counted;
    if (stream->coding == CCOMPRESSION_ZSTD) return own + ZSTD_sizeof_CCtx(stream->zstd);
    // deflate's memory by its own documentation: two windows' worth and the hash tables of memLevel 8.
    if (stream->coding == CCOMPRESSION_GZIP) return own + ((size_t)1 << (stream->window + 2)) + (1 << 17);
    return own;
}
