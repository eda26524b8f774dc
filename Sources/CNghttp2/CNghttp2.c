#define _GNU_SOURCE
#include "CNghttp2.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, SLOTS = 256 * 1024 };

// Slots of one size in address space that is reserved once; memory is what is touched. A slot that is free holds zeros.
struct pool {
    size_t size;
    uint8_t *region;
    uint32_t used, free_count, last;
    uint32_t free[SLOTS];
    // How often a slot was taken: an old name of one is told from a new one.
    uint32_t births[SLOTS];
};

// Frame buffers are a little over 16 KiB; a new table of streams is a page.
static struct pool frames = {.size = 5 * PAGE};
static struct pool tables = {.size = PAGE};

static struct pool *pool_for(size_t size) {
    if (size > 4 * PAGE && size <= frames.size) return &frames;
    return size == tables.size ? &tables : NULL;
}

static struct pool *pool_of(const void *pointer) {
    const uint8_t *byte = pointer;
    if (frames.region && byte >= frames.region && byte < frames.region + frames.size * SLOTS) return &frames;
    if (tables.region && byte >= tables.region && byte < tables.region + tables.size * SLOTS) return &tables;
    return NULL;
}

static void *take(struct pool *pool) {
    if (!pool->region) {
        void *mapped =
            mmap(NULL, pool->size * SLOTS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) return NULL;
        madvise(mapped, pool->size * SLOTS, MADV_NOHUGEPAGE);
        pool->region = mapped;
    }
    if (pool->free_count == 0 && pool->used == SLOTS) return NULL;
    pool->last = pool->free_count > 0 ? pool->free[--pool->free_count] : pool->used++;
    pool->births[pool->last]++;
    return pool->region + pool->size * pool->last;
}

static void *allocate(size_t size, void *user) {
    (void)user;
    struct pool *pool = pool_for(size);
    void *slot = pool ? take(pool) : NULL;
    return slot ? slot : malloc(size);
}

static void release(void *pointer, void *user) {
    (void)user;
    struct pool *pool = pool_of(pointer);
    if (!pool) {
        free(pointer);
        return;
    }
    madvise(pointer, pool->size, MADV_DONTNEED);
    pool->free[pool->free_count++] = (uint32_t)(((uint8_t *)pointer - pool->region) / pool->size);
}

static void *allocate_cleared(size_t count, size_t size, void *user) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    void *pointer = allocate(total, user);
    if (pointer && !pool_of(pointer)) memset(pointer, 0, total);
    return pointer;
}

static void *reallocate(void *pointer, size_t size, void *user) {
    if (!pointer) return allocate(size, user);
    struct pool *pool = pool_of(pointer);
    if (!pool) return realloc(pointer, size);
    if (size <= pool->size) return pointer;
    void *larger = malloc(size);
    if (!larger) return NULL;
    memcpy(larger, pointer, pool->size);
    release(pointer, user);
    return larger;
}

nghttp2_mem *cnghttp2_memory(void) {
    static nghttp2_mem memory = {NULL, allocate, release, allocate_cleared, reallocate};
    return &memory;
}

struct cnghttp2_pages cnghttp2_taken(void) {
    return (struct cnghttp2_pages){
        frames.last, frames.births[frames.last], tables.last, tables.births[tables.last]};
}

static uint8_t *living(struct pool *pool, uint32_t slot, uint32_t birth) {
    if (!pool->region || slot >= pool->used || pool->births[slot] != birth) return NULL;
    return pool->region + pool->size * slot;
}

static int is_zero(const uint8_t *bytes, size_t count) { return bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0; }

void cnghttp2_rest(struct cnghttp2_pages pages) {
    uint8_t *frame = living(&frames, pages.frame, pages.frame_birth);
    if (frame) madvise(frame, frames.size, MADV_DONTNEED);
    // Zeros before are zeros after: nothing changes but whose memory they are.
    uint8_t *table = living(&tables, pages.streams, pages.streams_birth);
    if (table && is_zero(table, tables.size)) madvise(table, tables.size, MADV_DONTNEED);
}
