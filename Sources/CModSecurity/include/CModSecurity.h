#ifndef CMODSECURITY_H
#define CMODSECURITY_H

#include <stddef.h>
#include <stdint.h>

/// libmodsecurity 3, loaded when it is first asked for: a process without firewalls does not have it.

/// Loads the library, once. Returns NULL, or why it could not be.
const char *cmodsecurity_load(void);

/// A symbol that the library exports; NULL: it is not loaded, or has none of that name.
void *cmodsecurity_symbol(const char *name);

/// Compiles rules. Returns NULL for rules that are wrong, with what is wrong with them in `error`.
void *cmodsecurity_make_rules(const char *text, char *error, size_t capacity);

void cmodsecurity_free_rules(void *rules);

/// Told a rule that matched: a line of text that ends with NUL.
typedef void (*cmodsecurity_log)(void *context, const void *line);

/// A request that rules are asked about. Where two functions of it follow each other, they are called in this order.
void *cmodsecurity_begin(void *rules, void *context);
int cmodsecurity_head(void *transaction, const char *client, int port, const char *method, const char *target,
                      const char *version);
int cmodsecurity_field(void *transaction, const uint8_t *name, size_t name_count, const uint8_t *value,
                       size_t value_count);
/// The fields are complete: asks the rules of phase 1.
int cmodsecurity_ask_head(void *transaction);
/// Asks the rules of phase 2; `body` may be empty.
int cmodsecurity_ask_body(void *transaction, const uint8_t *body, size_t count);
/// The status of the answer that a rule wants in place of the backend's; 0: none does. The rule, of which the engine itself
/// tells nobody, is told like others.
int cmodsecurity_intervention(void *transaction, void *context);
void cmodsecurity_end(void *transaction);

/// Who is told of matches, of all rules.
void cmodsecurity_set_log(cmodsecurity_log log);

#endif
