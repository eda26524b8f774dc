// What an SSL_CTX is made of, and the callbacks that read it.
#include <stdlib.h>
#include <string.h>

#include "Identity.h"
#include "Internal.h"

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int context_index = -1;

static void destroy(struct sluice_tls_context *context) {
    sluice_tls_keys_release(context->keys);
    free(context->alpn);
    free(context->server_name);
    while (context->staples) {
        struct sluice_tls_staple *staple = context->staples;
        context->staples = staple->next;
        X509_free(staple->leaf);
        free(staple);
    }
    while (context->names) {
        struct sluice_tls_name *name = context->names;
        context->names = name->next;
        free(name->text);
        free(name);
    }
    SSL_SESSION_free(context->last);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

static void free_data(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long number, void *argument) {
    (void)parent, (void)data, (void)index, (void)number, (void)argument;
    if (pointer) destroy(pointer);
}

static void make_index(void) { context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_data); }

int sluice_tls_context_index(void) {
    if (pthread_once(&index_once, make_index)) return -1;
    return context_index;
}

static struct sluice_tls_context *context_of(const SSL *ssl) {
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), sluice_tls_context_index());
}

// ---- callbacks

// RFC 7301 section 3.2: by the server's preference; no protocol in common ends the handshake.
static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_count, const unsigned char *offered,
                       unsigned int count, void *argument) {
    (void)ssl;
    const struct sluice_tls_context *context = argument;
    for (size_t mine = 0; mine < context->alpn_count; mine += 1u + context->alpn[mine])
        for (unsigned int theirs = 0; theirs < count; theirs += 1u + offered[theirs]) {
            unsigned char length = context->alpn[mine];
            if (offered[theirs] != length || count - theirs <= length) continue;
            if (memcmp(context->alpn + mine + 1, offered + theirs + 1, length) != 0) continue;
            *out = offered + theirs + 1;
            *out_count = length;
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// RFC 6066 section 8: the staple of the certificate that was chosen.
static int staple(SSL *ssl, void *argument) {
    (void)argument;
    const struct sluice_tls_context *context = context_of(ssl);
    const X509 *leaf = SSL_get_certificate(ssl);
    const struct sluice_tls_staple *found = context ? context->staples : NULL;
    while (found && found->leaf != leaf) found = found->next;
    if (!found) return SSL_TLSEXT_ERR_NOACK;
    unsigned char *copy = OPENSSL_memdup(found->bytes, found->count);
    if (!copy) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)found->count);
    return SSL_TLSEXT_ERR_OK;
}

// RFC 9525: only subject alternative names count, never the common name.
static int has_name(const struct sluice_tls_context *context, X509 *leaf);

struct wanted {
    const char *text;
    size_t count;
    int found;
};

static void compare(void *closure, const uint8_t *bytes, size_t count) {
    struct wanted *wanted = closure;
    if (count == wanted->count && memcmp(bytes, wanted->text, count) == 0) wanted->found = 1;
}

static int has_uri(X509 *leaf, const char *uri) {
    struct wanted wanted = {uri, strlen(uri), 0};
    sluice_tls_each_name(leaf, GEN_URI, compare, &wanted);
    return wanted.found;
}

static int has_dns(X509 *leaf, const char *name) {
    unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    return X509_check_host(leaf, name, 0, flags, NULL) == 1;
}

static int has_name(const struct sluice_tls_context *context, X509 *leaf) {
    if (!leaf) return 0;
    for (const struct sluice_tls_name *name = context->names; name; name = name->next)
        if (name->is_uri ? has_uri(leaf, name->text) : has_dns(leaf, name->text)) return 1;
    if (context->names) return 0;
    if (!context->server_name) return 1;
    if (context->server_name_is_address) return X509_check_ip_asc(leaf, context->server_name, 0) == 1;
    return has_dns(leaf, context->server_name);
}

// Leaves the reason in the store context, from where OpenSSL takes it as the session's verify result, whatever is returned.
static int verify(X509_STORE_CTX *store, void *argument) {
    const struct sluice_tls_context *context = argument;
    if (context->verify == SLUICE_TLS_VERIFY_NONE) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        return 1;
    }
    int good = X509_verify_cert(store) == 1;
    if (!good && X509_STORE_CTX_get_error(store) == X509_V_OK) X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    if (good && !context->is_server && !has_name(context, X509_STORE_CTX_get0_cert(store))) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
        good = 0;
    }
    ERR_clear_error();
    return good || context->verify == SLUICE_TLS_VERIFY_REQUEST;
}

// Clients: the newest session a server gave, for the next connection. Returning 1 keeps the reference.
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    struct sluice_tls_context *context = context_of(ssl);
    if (!context || pthread_mutex_lock(&context->lock)) return 0;
    SSL_SESSION *old = context->last;
    context->last = session;
    pthread_mutex_unlock(&context->lock);
    SSL_SESSION_free(old);
    return 1;
}

// ---- building

// AES-128 first: the suite every TLS 1.3 peer has (RFC 8446 section 9.1); its SHA-256 is cheaper than AES-256's SHA-384, for
// the key schedule and for the two transcript digests that OpenSSL keeps with each session.
static const char suites_v13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char suites_v12[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

static int set_up(SSL_CTX *ctx, int only_v13) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_timeout(ctx, 2 * 60 * 60);
    return SSL_CTX_set_min_proto_version(ctx, only_v13 ? TLS1_3_VERSION : TLS1_2_VERSION) &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, suites_v12) && SSL_CTX_set_ciphersuites(ctx, suites_v13) &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") && SSL_CTX_set_num_tickets(ctx, 1);
}

static int set_alpn(struct sluice_tls_context *context, const uint8_t *wire, size_t count) {
    if (count == 0) return 1;
    if (!context->is_server) return SSL_CTX_set_alpn_protos(context->ctx, wire, (unsigned)count) == 0;
    context->alpn = malloc(count);
    if (!context->alpn) return 0;
    memcpy(context->alpn, wire, count);
    context->alpn_count = count;
    SSL_CTX_set_alpn_select_cb(context->ctx, select_alpn, context);
    return 1;
}

struct sluice_tls_context *sluice_tls_context_new(int is_server, int only_v13, const uint8_t *alpn, size_t alpn_count,
                                                  char *error) {
    ERR_clear_error();
    int index = sluice_tls_context_index();
    struct sluice_tls_context *context = calloc(1, sizeof *context);
    if (!context || pthread_mutex_init(&context->lock, NULL)) {
        free(context);
        sluice_tls_refuse(error, "out of memory");
        return NULL;
    }
    context->is_server = is_server;
    SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (!ctx || index < 0 || !SSL_CTX_set_ex_data(ctx, index, context)) {
        SSL_CTX_free(ctx);
        destroy(context);
        sluice_tls_refuse(error, "OpenSSL gives no context");
        return NULL;
    }
    context->ctx = ctx;
    SSL_CTX_set_cert_verify_callback(ctx, verify, context);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (!is_server) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
    }
    if (set_up(ctx, only_v13) && set_alpn(context, alpn, alpn_count)) return context;
    sluice_tls_refuse(error, "OpenSSL refuses the versions, ciphers, groups or ALPN protocols");
    SSL_CTX_free(ctx);
    return NULL;
}

void sluice_tls_context_free(struct sluice_tls_context *context) {
    if (context) SSL_CTX_free(context->ctx);
}

static int add_staple(struct sluice_tls_context *context, const struct sluice_tls_identity *identity) {
    struct sluice_tls_staple *made = malloc(sizeof *made + identity->ocsp_count);
    if (!made) return 0;
    if (!X509_up_ref(identity->leaf)) {
        free(made);
        return 0;
    }
    made->leaf = identity->leaf;
    made->count = identity->ocsp_count;
    memcpy(made->bytes, identity->ocsp, identity->ocsp_count);
    made->next = context->staples;
    context->staples = made;
    return SSL_CTX_set_tlsext_status_cb(context->ctx, staple) == 1;
}

int sluice_tls_context_add_identity(struct sluice_tls_context *context, const struct sluice_tls_identity *identity,
                                    char *error) {
    ERR_clear_error();
    if (SSL_CTX_use_cert_and_key(context->ctx, identity->leaf, identity->key, identity->chain, 1) != 1)
        return sluice_tls_refuse(error, "OpenSSL refuses the certificate or its key");
    if (identity->ocsp_count && !add_staple(context, identity)) return sluice_tls_refuse(error, "out of memory");
    return 1;
}

int sluice_tls_context_set_trust(struct sluice_tls_context *context, const struct sluice_tls_trust *trust,
                                 enum sluice_tls_verify verifies, char *error) {
    int mode = verifies == SLUICE_TLS_VERIFY_NONE ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    if (verifies == SLUICE_TLS_VERIFY_REQUIRE) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    context->verify = verifies;
    SSL_CTX_set_verify(context->ctx, mode, NULL);
    if (!trust) return 1;
    SSL_CTX_set1_cert_store(context->ctx, trust->store);
    if (!context->is_server) return 1;
    STACK_OF(X509_NAME) *names = SSL_dup_CA_list(trust->subjects);
    if (!names) return sluice_tls_refuse(error, "out of memory");
    SSL_CTX_set_client_CA_list(context->ctx, names);
    return 1;
}

int sluice_tls_context_set_session_id(struct sluice_tls_context *context, const uint8_t *bytes, size_t count, char *error) {
    if (count <= SSL_MAX_SID_CTX_LENGTH && SSL_CTX_set_session_id_context(context->ctx, bytes, (unsigned)count)) return 1;
    return sluice_tls_refuse(error, "a session context has at most 32 bytes");
}

int sluice_tls_context_set_keys(struct sluice_tls_context *context, struct sluice_tls_keys *keys, char *error) {
    sluice_tls_keys_retain(keys);
    sluice_tls_keys_release(context->keys);
    context->keys = keys;
    if (SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ctx, sluice_tls_ticket_key)) return 1;
    return sluice_tls_refuse(error, "OpenSSL refuses session tickets");
}

int sluice_tls_context_set_server_name(struct sluice_tls_context *context, const char *name, char *error) {
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ERR_clear_error();
    char *copy = strdup(name);
    if (!copy) sluice_tls_refuse(error, "out of memory");
    if (copy) {
        free(context->server_name);
        context->server_name = copy;
        context->server_name_is_address = address != NULL;
    }
    ASN1_OCTET_STRING_free(address);
    return copy != NULL;
}

int sluice_tls_context_add_name(struct sluice_tls_context *context, int is_uri, const char *text, char *error) {
    struct sluice_tls_name *name = malloc(sizeof *name);
    char *copy = strdup(text);
    if (!name || !copy) {
        free(name);
        free(copy);
        return sluice_tls_refuse(error, "out of memory");
    }
    *name = (struct sluice_tls_name){context->names, is_uri, copy};
    context->names = name;
    return 1;
}
