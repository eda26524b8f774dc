#include "CProbeTLS.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

static int names_index(void) {
    static int index = -1;
    if (index < 0) index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static int has_uri(X509 *leaf, const char *wanted) {
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    int found = 0;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_URI) continue;
        const ASN1_IA5STRING *text = name->d.uniformResourceIdentifier;
        size_t count = (size_t)ASN1_STRING_length(text);
        if (count == strlen(wanted) && memcmp(ASN1_STRING_get0_data(text), wanted, count) == 0) found = 1;
    }
    GENERAL_NAMES_free(names);
    return found;
}

// Asked for each certificate of the chain; the leaf must have one of the names.
static int verify(int good, X509_STORE_CTX *store) {
    if (!good || X509_STORE_CTX_get_error_depth(store) != 0) return good;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct cprobe_names *names = ssl ? SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), names_index()) : NULL;
    X509 *leaf = X509_STORE_CTX_get_current_cert(store);
    for (size_t i = 0; names && leaf && i < names->dns_count; i++) {
        const char *name = names->dns[i];
        unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
        if (X509_check_host(leaf, name, 0, flags, NULL) == 1) return 1;
    }
    for (size_t i = 0; names && leaf && i < names->uri_count; i++) {
        if (has_uri(leaf, names->uris[i])) return 1;
    }
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

int cprobe_expect_names(void *ssl_context, const struct cprobe_names *names) {
    SSL_CTX *context = ssl_context;
    if (names_index() < 0 || !SSL_CTX_set_ex_data(context, names_index(), (void *)names)) return 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify);
    return 1;
}
