// Preloaded into a process, counts its allocations and its reference counting. The counts of process PID stand in the file
// $COUNT_FOLDER/PID, mapped shared, as 64-bit numbers: malloc family, swift_allocObject, swift_retain, swift_release.
//
// The Swift runtime offers its reference counting as replaceable functions, for instruments; they are swapped here, so
// that calls from within the runtime count too. It works with the runtime as a shared library.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { mallocs, objects, retains, releases, counters };

static uint64_t none[counters];
__attribute__((visibility("hidden"))) uint64_t *counts = none;

#define COUNT(which) __atomic_fetch_add(&counts[which], 1, __ATOMIC_RELAXED)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { return COUNT(mallocs), __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return COUNT(mallocs), __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return COUNT(mallocs), __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { return COUNT(mallocs), __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return COUNT(mallocs), __libc_memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    COUNT(mallocs);
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : 12;
}

// The runtime's replaceable functions and what they were before. They are called with a convention that keeps nearly all
// registers, so a replacement in C would not do: each is a counter and a jump, and touches r11 alone.
#if defined(__x86_64__)
__attribute__((visibility("hidden"))) void *real_alloc, *real_retain, *real_release, *real_retain_n, *real_release_n;
void count_alloc(void), count_retain(void), count_release(void), count_retain_n(void), count_release_n(void);

#define REPLACEMENT(name, offset) \
    __asm__(".text\n.hidden count_" name "\n.type count_" name ", @function\ncount_" name ":\n" \
            "movq counts(%rip), %r11\nlock incq " offset "(%r11)\njmpq *real_" name "(%rip)\n")
REPLACEMENT("alloc", "8");
REPLACEMENT("retain", "16");
REPLACEMENT("release", "24");
REPLACEMENT("retain_n", "16");
REPLACEMENT("release_n", "24");

static void replace(const char *name, void **real, void (*count)(void)) {
    void **function = dlsym(RTLD_DEFAULT, name);
    if (!function) return;
    *real = *function;
    *function = (void *)count;
}

static void replace_runtime(void) {
    char *enabled = dlsym(RTLD_DEFAULT, "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly");
    if (!enabled) return;
    replace("_swift_allocObject", &real_alloc, count_alloc);
    replace("_swift_retain", &real_retain, count_retain);
    replace("_swift_release", &real_release, count_release);
    replace("_swift_retain_n", &real_retain_n, count_retain_n);
    replace("_swift_release_n", &real_release_n, count_release_n);
    *enabled = 1;
}
#else
static void replace_runtime(void) {}
#endif

__attribute__((constructor)) static void start(void) {
    const char *folder = getenv("COUNT_FOLDER");
    if (!folder) return;
    char path[4096];
    snprintf(path, sizeof path, "%s/%d", folder, getpid());
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof none)) return;
    void *shared = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED) return;
    counts = shared;
    replace_runtime();
}
