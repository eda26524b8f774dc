#ifndef CPCRE2_H
#define CPCRE2_H
#include <stddef.h>
#include <stdint.h>

// A compiled regular expression. It is never written to after cpcre2_compile, so any number of threads may search with it at
// once: what a search writes belongs to its thread.
typedef struct cpcre2_pattern cpcre2_pattern;

struct cpcre2_fault {
    char message[120];
    // Bytes of the pattern before the fault.
    size_t offset;
};

enum { CPCRE2_NO = 0, CPCRE2_YES = 1, CPCRE2_LIMIT = -1 };

// NULL: it does not compile, and fault says why. One that is meant to be large may be sixteen times as large as others.
cpcre2_pattern *cpcre2_compile(const char *text, size_t length, int wants_jit, int is_large, struct cpcre2_fault *fault);
void cpcre2_free(cpcre2_pattern *pattern);

// Machine code is there.
int cpcre2_has_jit(const cpcre2_pattern *pattern);
// Bytes of the pattern and its machine code.
size_t cpcre2_size(const cpcre2_pattern *pattern);
// Capturing groups; the whole match is not counted.
uint32_t cpcre2_group_count(const cpcre2_pattern *pattern);
// The number of a named group; negative: there is none, or several.
int cpcre2_group_number(const cpcre2_pattern *pattern, const char *name);

int cpcre2_find(const cpcre2_pattern *pattern, const void *subject, size_t length);

// A piece of a substitution: a group's text, or (group < 0) bytes of the literal text.
struct cpcre2_part {
    int32_t group;
    uint32_t offset, length;
};

// Writes the subject with every match replaced. Returns the number of bytes; negative: a limit was met or there is no room.
ptrdiff_t cpcre2_replace(
    const cpcre2_pattern *pattern, const void *subject, size_t length, const struct cpcre2_part *parts, size_t count,
    const void *literals, void *output, size_t capacity);
#endif
