// What the other side's certificate says.
#include <openssl/pem.h>
#include <stdlib.h>

#include "Internal.h"

struct sluice_tls_peer {
    X509 *leaf;
    STACK_OF(X509) *chain;
    int is_verified;
};

struct sluice_tls_peer *sluice_tls_peer_new(const struct sluice_tls_session *session) {
    X509 *leaf = SSL_get1_peer_certificate(session->ssl);
    if (!leaf) return NULL;
    struct sluice_tls_peer *peer = calloc(1, sizeof *peer);
    if (!peer) {
        X509_free(leaf);
        return NULL;
    }
    peer->leaf = leaf;
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
    if (chain) peer->chain = X509_chain_up_ref(chain);
    peer->is_verified = SSL_get_verify_result(session->ssl) == X509_V_OK;
    return peer;
}

void sluice_tls_peer_free(struct sluice_tls_peer *peer) {
    if (!peer) return;
    X509_free(peer->leaf);
    sk_X509_pop_free(peer->chain, X509_free);
    free(peer);
}

int sluice_tls_peer_is_verified(const struct sluice_tls_peer *peer) { return peer->is_verified; }

static int tell(BIO *bio, sluice_tls_each each, void *closure) {
    char *bytes = NULL;
    long count = BIO_get_mem_data(bio, &bytes);
    if (count < 0 || !bytes) return 0;
    each(closure, (const uint8_t *)bytes, (size_t)count);
    return 1;
}

int sluice_tls_peer_subject(const struct sluice_tls_peer *peer, sluice_tls_each each, void *closure) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return 0;
    int good = X509_NAME_print_ex(bio, X509_get_subject_name(peer->leaf), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0 &&
               tell(bio, each, closure);
    BIO_free(bio);
    ERR_clear_error();
    return good;
}

int sluice_tls_peer_names(const struct sluice_tls_peer *peer, int is_uri, sluice_tls_each each, void *closure) {
    int found = sluice_tls_each_name(peer->leaf, is_uri ? GEN_URI : GEN_DNS, each, closure);
    ERR_clear_error();
    return found;
}

int sluice_tls_peer_fingerprint(const struct sluice_tls_peer *peer, uint8_t digest[32]) {
    unsigned count = 0;
    return X509_digest(peer->leaf, EVP_sha256(), digest, &count) == 1 && count == 32;
}

int sluice_tls_peer_pem(const struct sluice_tls_peer *peer, int whole_chain, sluice_tls_each each, void *closure) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return 0;
    int good = PEM_write_bio_X509(bio, peer->leaf);
    for (int index = 0; good && whole_chain && index < sk_X509_num(peer->chain); index++) {
        X509 *next = sk_X509_value(peer->chain, index);
        // A server's list of what a client sent lacks the leaf, a client's has it.
        if (X509_cmp(next, peer->leaf) != 0) good = PEM_write_bio_X509(bio, next);
    }
    good = good && tell(bio, each, closure);
    BIO_free(bio);
    ERR_clear_error();
    return good;
}
