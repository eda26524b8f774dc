#include "CPCRE2.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    // Units of work of one search or replacement: a byte that is passed is one, an item of the pattern that is tried is
    // ITEM_COST. Both take about a nanosecond a unit, so that a search ends within about a millisecond.
    WORK_LIMIT = 1000 * 1000,
    ITEM_COST = 10,
    // Second nets, should the first have a hole.
    MATCH_LIMIT = 200 * 1000,
    HEAP_LIMIT_KIB = 4096,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MOST = 512 * 1024,
    MOST_PATTERN = 4096,
    MOST_COMPILED = 64 * 1024,
    MOST_NESTED = 50,
    MOST_GROUPS = 63,
};

struct cpcre2_pattern {
    pcre2_code *code;
    // What an item costs beyond ITEM_COST, at most the length of the subject: a fixed repeat or a reference to a group may
    // pass as many bytes before it fails, and nobody sees it.
    uint32_t unseen;
};

// What searches of one thread write to. Made by its first search, freed when the thread ends.
struct searcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    uint64_t work;
    size_t position;
    uint32_t item_cost;
};

static _Thread_local struct searcher *own;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_searcher(void *pointer) {
    struct searcher *searcher = pointer;
    pcre2_match_data_free(searcher->data);
    pcre2_match_context_free(searcher->context);
    pcre2_jit_stack_free(searcher->stack);
    free(searcher);
    own = NULL;
}

static void make_key(void) { pthread_key_create(&key, free_searcher); }

// Called before each item of the pattern: counts what was done since the last one. A clock would give other answers on a busy
// machine; PCRE2's own limit starts again at each byte and does not see how far a repeat of one character goes.
static int count(pcre2_callout_block *block, void *context) {
    struct searcher *searcher = context;
    size_t position = block->current_position, last = searcher->position;
    searcher->position = position;
    searcher->work += searcher->item_cost + (position > last ? position - last : last - position);
    return searcher->work > WORK_LIMIT ? PCRE2_ERROR_CALLOUT : 0;
}

static struct searcher *make_searcher(void) {
    pthread_once(&once, make_key);
    struct searcher *searcher = calloc(1, sizeof *searcher);
    if (!searcher) return NULL;
    searcher->data = pcre2_match_data_create(MOST_GROUPS + 1, NULL);
    searcher->context = pcre2_match_context_create(NULL);
    if (!searcher->data || !searcher->context || pthread_setspecific(key, searcher) != 0) {
        free_searcher(searcher);
        return NULL;
    }
    // Without one the machine code has 32 KiB of the thread's stack, which is enough for most.
    searcher->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (searcher->stack) pcre2_jit_stack_assign(searcher->context, NULL, searcher->stack);
    pcre2_set_match_limit(searcher->context, MATCH_LIMIT);
    pcre2_set_heap_limit(searcher->context, HEAP_LIMIT_KIB);
    pcre2_set_callout(searcher->context, count, searcher);
    own = searcher;
    return searcher;
}

static struct searcher *take_searcher(const cpcre2_pattern *pattern, size_t length) {
    struct searcher *searcher = own ? own : make_searcher();
    if (!searcher) return NULL;
    searcher->work = 0;
    searcher->position = 0;
    searcher->item_cost = ITEM_COST + (pattern->unseen < length ? pattern->unseen : (uint32_t)length);
    return searcher;
}

static int search(
    const cpcre2_pattern *pattern, struct searcher *searcher, const void *subject, size_t length, size_t from,
    uint32_t options) {
    int code = pcre2_match(pattern->code, subject, length, from, options, searcher->data, searcher->context);
    if (code >= 0) return CPCRE2_YES;
    return code == PCRE2_ERROR_NOMATCH ? CPCRE2_NO : CPCRE2_LIMIT;
}

static const uint8_t nothing[1];

int cpcre2_find(const cpcre2_pattern *pattern, const void *subject, size_t length) {
    struct searcher *searcher = take_searcher(pattern, length);
    if (!searcher) return CPCRE2_LIMIT;
    return search(pattern, searcher, subject ? subject : nothing, length, 0, 0);
}

struct output {
    uint8_t *bytes;
    size_t count, capacity;
};

static int put(struct output *output, const uint8_t *bytes, size_t count) {
    if (count > output->capacity - output->count) return 0;
    if (count > 0) memcpy(output->bytes + output->count, bytes, count);
    output->count += count;
    return 1;
}

static int put_parts(
    struct output *output, const struct searcher *searcher, const uint8_t *subject, const struct cpcre2_part *parts,
    size_t count, const uint8_t *literals) {
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(searcher->data);
    for (size_t index = 0; index < count; index++) {
        const uint8_t *bytes = literals + parts[index].offset;
        size_t length = parts[index].length;
        if (parts[index].group >= 0) {
            PCRE2_SIZE start = offsets[2 * parts[index].group], end = offsets[2 * parts[index].group + 1];
            if (start == PCRE2_UNSET || end == PCRE2_UNSET || end < start) continue;
            bytes = subject + start;
            length = end - start;
        }
        if (!put(output, bytes, length)) return 0;
    }
    return 1;
}

ptrdiff_t cpcre2_replace(
    const cpcre2_pattern *pattern, const void *text, size_t length, const struct cpcre2_part *parts, size_t count,
    const void *literals, void *bytes, size_t capacity) {
    struct searcher *searcher = take_searcher(pattern, length);
    if (!searcher) return -1;
    const uint8_t *subject = text ? text : nothing;
    struct output output = {bytes, 0, capacity};
    size_t from = 0, copied = 0;
    uint32_t options = 0;
    while (from <= length) {
        int found = search(pattern, searcher, subject, length, from, options);
        if (found == CPCRE2_LIMIT) return -1;
        if (found == CPCRE2_NO) {
            // After an empty match a longer one was asked for at the same place: then the search goes on one byte further.
            if (options == 0) break;
            options = 0;
            from++;
            while (from < length && (subject[from] & 0xC0) == 0x80) from++;
            continue;
        }
        const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(searcher->data);
        size_t start = offsets[0], end = offsets[1];
        // \K in a look-around may put the start anywhere: such a match cannot be replaced.
        if (start < copied || end < start || end < from) return -1;
        if (!put(&output, subject + copied, start - copied)) return -1;
        if (!put_parts(&output, searcher, subject, parts, count, literals)) return -1;
        copied = from = end;
        options = start == end ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
    }
    return put(&output, subject + copied, length - copied) ? (ptrdiff_t)output.count : -1;
}

static int refuse(struct cpcre2_fault *fault, const char *message, size_t offset) {
    strncpy(fault->message, message, sizeof fault->message - 1);
    fault->message[sizeof fault->message - 1] = 0;
    fault->offset = offset;
    return 0;
}

static uint32_t info(const cpcre2_pattern *pattern, uint32_t what) {
    uint32_t value = 0;
    pcre2_pattern_info(pattern->code, what, &value);
    return value;
}

static size_t size_info(const cpcre2_pattern *pattern, uint32_t what) {
    size_t value = 0;
    pcre2_pattern_info(pattern->code, what, &value);
    return value;
}

// Bytes that the longest fixed repeat of one item passes, as in a{1000}; rather too much (braces that are literal count, and
// each character may have four bytes) than too little.
static uint32_t longest_repeat(const char *text, size_t length) {
    uint32_t longest = 0;
    for (size_t index = 0; index < length; index++) {
        if (text[index] == '\\') {
            index++;
            // The number of a character.
            int is_number = index + 1 < length && (text[index] == 'x' || text[index] == 'o') && text[index + 1] == '{';
            if (is_number) index++;
            continue;
        }
        if (text[index] != '{') continue;
        size_t next = index + 1;
        while (next < length && (text[next] == ' ' || text[next] == '\t')) next++;
        uint32_t value = 0;
        for (; next < length && text[next] >= '0' && text[next] <= '9'; next++) {
            if (value <= UINT16_MAX) value = 10 * value + (uint32_t)(text[next] - '0');
        }
        if (value > longest) longest = value;
    }
    return 4 * longest;
}

static int compile(cpcre2_pattern *pattern, const char *text, size_t length, int is_large,
                   struct cpcre2_fault *fault) {
    size_t scale = is_large ? 16 : 1;
    // Bytes, unless the pattern itself has characters of more than one: then bytes that are not UTF-8 match nothing.
    uint32_t options = PCRE2_NEVER_UTF;
    for (size_t index = 0; index < length; index++) {
        if ((uint8_t)text[index] >= 0x80) options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    }
    // A line end in a value must not slip past `.*` or `$`.
    options |= PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP | PCRE2_AUTO_CALLOUT;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) return refuse(fault, "there is no memory for it", 0);
    pcre2_set_max_pattern_length(context, scale * MOST_PATTERN);
    pcre2_set_parens_nest_limit(context, (uint32_t)(scale * MOST_NESTED));
    int error = 0;
    PCRE2_SIZE offset = 0;
    pattern->code = pcre2_compile((PCRE2_SPTR)text, length, options, &error, &offset, context);
    pcre2_compile_context_free(context);
    if (!pattern->code) {
        PCRE2_UCHAR message[sizeof fault->message];
        pcre2_get_error_message(error, message, sizeof message);
        return refuse(fault, (const char *)message, offset <= length ? offset : length);
    }
    if (size_info(pattern, PCRE2_INFO_SIZE) > scale * MOST_COMPILED) return refuse(fault, "it is too large", length);
    if (info(pattern, PCRE2_INFO_CAPTURECOUNT) > scale * MOST_GROUPS) return refuse(fault, "it has more than 63 groups", length);
    // The compiled pattern has been found right, so that a reference is one; each may compare as much as its group holds.
    pattern->unseen = info(pattern, PCRE2_INFO_BACKREFMAX) > 0 ? UINT32_MAX : longest_repeat(text, length);
    return 1;
}

cpcre2_pattern *cpcre2_compile(const char *text, size_t length, int wants_jit, int is_large,
                               struct cpcre2_fault *fault) {
    cpcre2_pattern *pattern = calloc(1, sizeof *pattern);
    if (!pattern) {
        refuse(fault, "there is no memory for it", 0);
        return NULL;
    }
    if (!compile(pattern, text, length, is_large, fault)) {
        cpcre2_free(pattern);
        return NULL;
    }
    // Where machine code may not be made it is interpreted.
    if (wants_jit) pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    return pattern;
}

void cpcre2_free(cpcre2_pattern *pattern) {
    if (!pattern) return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

int cpcre2_has_jit(const cpcre2_pattern *pattern) { return size_info(pattern, PCRE2_INFO_JITSIZE) > 0; }

size_t cpcre2_size(const cpcre2_pattern *pattern) {
    return sizeof *pattern + size_info(pattern, PCRE2_INFO_SIZE) + size_info(pattern, PCRE2_INFO_JITSIZE);
}

uint32_t cpcre2_group_count(const cpcre2_pattern *pattern) { return info(pattern, PCRE2_INFO_CAPTURECOUNT); }

int cpcre2_group_number(const cpcre2_pattern *pattern, const char *name) {
    return pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)name);
}
