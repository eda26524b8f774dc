#ifndef CPROBETLS_H
#define CPROBETLS_H
#include <stddef.h>

// Names of which a server's certificate must have one; libcurl knows one name alone.
struct cprobe_names {
    const char *const *dns;
    size_t dns_count;
    const char *const *uris;
    size_t uri_count;
};

// For CURLOPT_SSL_CTX_FUNCTION. The names must live for as long as the context. 1 is success, 0 is failure.
int cprobe_expect_names(void *ssl_context, const struct cprobe_names *names);
#endif
