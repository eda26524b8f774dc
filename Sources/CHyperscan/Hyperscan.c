#include "CHyperscan.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

// As the library's headers number them.
enum {
    caseless = 1,
    dot_all = 2,
    multi_line = 4,
    single_match = 8,
    allow_empty = 16,
    prefilter = 128,
    block_mode = 1,
};

typedef struct {
    char *message;
    int expression;
} compile_error;

typedef int (*on_match)(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context);

static struct {
    int (*compile_multi)(const char *const *patterns, const unsigned *flags, const unsigned *ids, unsigned count,
                         unsigned mode, const void *platform, void **database, compile_error **error);
    int (*free_compile_error)(compile_error *error);
    int (*free_database)(void *database);
    int (*alloc_scratch)(const void *database, void **scratch);
    int (*free_scratch)(void *scratch);
    int (*scan)(const void *database, const char *bytes, unsigned count, unsigned flags, void *scratch, on_match match,
                void *context);
} api;

static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libhs.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&api.compile_multi = dlsym(library, "hs_compile_multi");
    *(void **)&api.free_compile_error = dlsym(library, "hs_free_compile_error");
    *(void **)&api.free_database = dlsym(library, "hs_free_database");
    *(void **)&api.alloc_scratch = dlsym(library, "hs_alloc_scratch");
    *(void **)&api.free_scratch = dlsym(library, "hs_free_scratch");
    *(void **)&api.scan = dlsym(library, "hs_scan");
    is_loaded = api.compile_multi && api.free_compile_error && api.free_database && api.alloc_scratch
        && api.free_scratch && api.scan;
}

bool chyperscan_load(void) {
    pthread_once(&once, load);
    return is_loaded;
}

void *chyperscan_compile(const char *const *patterns, const bool *ignore_case, const unsigned *numbers, unsigned count,
                         int *wrong) {
    void *database = NULL;
    compile_error *error = NULL;
    unsigned *flags = malloc(sizeof *flags * (count ? count : 1));
    *wrong = -1;
    if (!flags) return NULL;
    for (unsigned index = 0; index < count; index += 1) {
        flags[index] = dot_all | multi_line | single_match | allow_empty | prefilter
            | (ignore_case[index] ? caseless : 0);
    }
    if (api.compile_multi(patterns, flags, numbers, count, block_mode, NULL, &database, &error) != 0) {
        if (error) {
            *wrong = error->expression;
            api.free_compile_error(error);
        }
        database = NULL;
    }
    free(flags);
    return database;
}

void chyperscan_free(void *database) { api.free_database(database); }

bool chyperscan_make_room(void *database, void **room) { return api.alloc_scratch(database, room) == 0; }

void chyperscan_free_room(void *room) { api.free_scratch(room); }

typedef struct {
    uint64_t *found;
    size_t words;
} matches;

static int note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
    matches *matches = context;
    (void)from, (void)to, (void)flags;
    if (id / 64 < matches->words) matches->found[id / 64] |= 1ULL << (id % 64);
    return 0;
}

bool chyperscan_scan(void *database, const uint8_t *bytes, size_t count, void *room, uint64_t *found, size_t words) {
    matches context = {found, words};
    if (count > UINT32_MAX) return false;
    return api.scan(database, (const char *)bytes, (unsigned)count, 0, room, note, &context) == 0;
}
