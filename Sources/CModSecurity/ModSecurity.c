#include "CModSecurity.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/// As the library's intervention.h lays it out.
typedef struct {
    int status, pause;
    char *url, *log;
    int disruptive;
} intervention;

static struct {
    void *(*init)(void);
    void (*set_connector_info)(void *engine, const char *text);
    void (*set_log_cb)(void *engine, cmodsecurity_log log);
    void *(*create_rules_set)(void);
    int (*rules_add)(void *rules, const char *text, const char **error);
    int (*rules_cleanup)(void *rules);
    void *(*new_transaction)(void *engine, void *rules, void *context);
    int (*process_connection)(void *transaction, const char *client, int client_port, const char *server, int port);
    int (*process_uri)(void *transaction, const char *target, const char *method, const char *version);
    int (*add_n_request_header)(void *transaction, const uint8_t *name, size_t name_count, const uint8_t *value,
                                size_t value_count);
    int (*process_request_headers)(void *transaction);
    int (*append_request_body)(void *transaction, const uint8_t *bytes, size_t count);
    int (*process_request_body)(void *transaction);
    int (*intervention)(void *transaction, intervention *result);
    void (*transaction_cleanup)(void *transaction);
} api;

static void *library;
static void *engine;
static const char *failure;
static _Atomic(cmodsecurity_log) told;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
/// The library reads rules with a reader that all share.
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;

static void load(void) {
    static const struct {
        const char *name;
        void **place;
    } functions[] = {
        {"msc_init", (void **)&api.init},
        {"msc_set_connector_info", (void **)&api.set_connector_info},
        {"msc_set_log_cb", (void **)&api.set_log_cb},
        {"msc_create_rules_set", (void **)&api.create_rules_set},
        {"msc_rules_add", (void **)&api.rules_add},
        {"msc_rules_cleanup", (void **)&api.rules_cleanup},
        {"msc_new_transaction", (void **)&api.new_transaction},
        {"msc_process_connection", (void **)&api.process_connection},
        {"msc_process_uri", (void **)&api.process_uri},
        {"msc_add_n_request_header", (void **)&api.add_n_request_header},
        {"msc_process_request_headers", (void **)&api.process_request_headers},
        {"msc_append_request_body", (void **)&api.append_request_body},
        {"msc_process_request_body", (void **)&api.process_request_body},
        {"msc_intervention", (void **)&api.intervention},
        {"msc_transaction_cleanup", (void **)&api.transaction_cleanup},
    };
    library = dlopen("libmodsecurity.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = "libmodsecurity.so.3 cannot be loaded";
        return;
    }
    for (size_t index = 0; index < sizeof functions / sizeof *functions; index += 1) {
        *functions[index].place = dlsym(library, functions[index].name);
        if (!*functions[index].place) {
            failure = "libmodsecurity.so.3 lacks a function";
            return;
        }
    }
    engine = api.init();
    if (!engine) {
        failure = "libmodsecurity.so.3 cannot be started";
        return;
    }
    api.set_connector_info(engine, "sluice");
}

const char *cmodsecurity_load(void) {
    pthread_once(&once, load);
    return failure;
}

void *cmodsecurity_symbol(const char *name) { return library ? dlsym(library, name) : NULL; }

void *cmodsecurity_make_rules(const char *text, char *error, size_t capacity) {
    const char *message = NULL;
    void *rules = api.create_rules_set();
    if (!rules) return NULL;
    pthread_mutex_lock(&reading);
    int added = api.rules_add(rules, text, &message);
    pthread_mutex_unlock(&reading);
    if (added >= 0) return rules;
    if (capacity > 0) {
        strncpy(error, message ? message : "unknown", capacity - 1);
        error[capacity - 1] = 0;
    }
    free((void *)message);
    api.rules_cleanup(rules);
    return NULL;
}

void cmodsecurity_free_rules(void *rules) { api.rules_cleanup(rules); }

void *cmodsecurity_begin(void *rules, void *context) { return api.new_transaction(engine, rules, context); }

int cmodsecurity_head(void *transaction, const char *client, int port, const char *method, const char *target,
                      const char *version) {
    return api.process_connection(transaction, client, port, "127.0.0.1", 80)
        && api.process_uri(transaction, target, method, version);
}

int cmodsecurity_field(void *transaction, const uint8_t *name, size_t name_count, const uint8_t *value,
                       size_t value_count) {
    return api.add_n_request_header(transaction, name, name_count, value, value_count);
}

int cmodsecurity_ask_head(void *transaction) { return api.process_request_headers(transaction); }

int cmodsecurity_ask_body(void *transaction, const uint8_t *body, size_t count) {
    if (count > 0 && !api.append_request_body(transaction, body, count)) return 0;
    return api.process_request_body(transaction);
}

int cmodsecurity_intervention(void *transaction, void *context) {
    intervention result = {.status = 200};
    int found = api.intervention(transaction, &result);
    if (found && result.log && told) told(context, result.log);
    free(result.url);
    free(result.log);
    return found && result.disruptive ? result.status : 0;
}

void cmodsecurity_end(void *transaction) { api.transaction_cleanup(transaction); }

void cmodsecurity_set_log(cmodsecurity_log log) {
    pthread_mutex_lock(&lock);
    if (!told) api.set_log_cb(engine, log);
    told = log;
    pthread_mutex_unlock(&lock);
}
