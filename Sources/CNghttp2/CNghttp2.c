#define _GNU_SOURCE
#include "CNghttp2.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Frame buffers are a little over 16 KiB; anything in this range goes to the slots.
enum { SLOT = 20 * 1024, SMALLEST = 16 * 1024 };
// Address space alone; memory is what is touched.
#define REGION ((size_t)8 << 30)

struct free_slot {
    struct free_slot *next;
};

static uint8_t *region;
static size_t used;
static struct free_slot *free_slots;

static int is_slot(const void *pointer) {
    const uint8_t *byte = pointer;
    return region && byte >= region && byte < region + REGION;
}

static void *take_slot(void) {
    if (free_slots) {
        struct free_slot *slot = free_slots;
        free_slots = slot->next;
        return slot;
    }
    if (!region) {
        void *mapped = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) return NULL;
        madvise(mapped, REGION, MADV_NOHUGEPAGE);
        region = mapped;
    }
    if (REGION - used < SLOT) return NULL;
    used += SLOT;
    return region + used - SLOT;
}

static void *allocate(size_t size, void *user) {
    (void)user;
    void *slot = size >= SMALLEST && size <= SLOT ? take_slot() : NULL;
    return slot ? slot : malloc(size);
}

static void release(void *pointer, void *user) {
    (void)user;
    if (!is_slot(pointer)) {
        free(pointer);
        return;
    }
    // All but the first page, which holds the link, goes back.
    madvise((uint8_t *)pointer + 4096, SLOT - 4096, MADV_DONTNEED);
    struct free_slot *slot = pointer;
    slot->next = free_slots;
    free_slots = slot;
}

static void *allocate_cleared(size_t count, size_t size, void *user) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    void *pointer = allocate(total, user);
    if (pointer) memset(pointer, 0, total);
    return pointer;
}

static void *reallocate(void *pointer, size_t size, void *user) {
    if (!pointer) return allocate(size, user);
    if (!is_slot(pointer)) return realloc(pointer, size);
    if (size <= SLOT) return pointer;
    void *larger = malloc(size);
    if (!larger) return NULL;
    memcpy(larger, pointer, SLOT);
    release(pointer, user);
    return larger;
}

nghttp2_mem *cnghttp2_memory(void) {
    static nghttp2_mem memory = {NULL, allocate, release, allocate_cleared, reallocate};
    return &memory;
}
