#ifndef COPENSSL_H
#define COPENSSL_H
#include <stddef.h>
#include <stdint.h>

// TLS as a codec: bytes in, bytes out. The types are opaque; a context and the keys are counted, so a session outlives the
// context that made it. Functions returning int: 1 is success, 0 is failure, unless said otherwise.

#define SLUICE_TLS_ERROR_SIZE 256

// ---- buffers of one loop
struct sluice_tls_buffers {
    uint8_t *out;
    size_t out_count;
    size_t out_capacity;
    struct sluice_tls_session *current;
    void *bio;
};
struct sluice_tls_buffers *sluice_tls_buffers_new(void);
void sluice_tls_buffers_free(struct sluice_tls_buffers *buffers);
// Forgets what is in `out`; memory beyond `kept` bytes is given back.
void sluice_tls_buffers_clear(struct sluice_tls_buffers *buffers, size_t kept);

// ---- ticket keys, shared by threads
struct sluice_tls_keys;
enum { SLUICE_TLS_KEY_SIZE = 80, SLUICE_TLS_KEYS_MAX = 16 };
struct sluice_tls_keys *sluice_tls_keys_new(void);
void sluice_tls_keys_release(struct sluice_tls_keys *keys);
// `bytes`: `count` keys of 80 bytes, the encrypting one first. More than SLUICE_TLS_KEYS_MAX: the first ones are taken.
void sluice_tls_keys_install(struct sluice_tls_keys *keys, const uint8_t *bytes, size_t count);

// ---- certificates with their key, parsed once and shared by contexts
struct sluice_tls_identity;
struct sluice_tls_identity *sluice_tls_identity_new(const char *chain, size_t chain_count, const char *key,
                                                    size_t key_count, const uint8_t *ocsp, size_t ocsp_count, char *error);
void sluice_tls_identity_free(struct sluice_tls_identity *identity);
// 0 RSA, 1 EC, 2 others: a context has room for one of each.
int sluice_tls_identity_kind(const struct sluice_tls_identity *identity);
typedef void (*sluice_tls_each)(void *closure, const uint8_t *bytes, size_t count);
// The dNSNames of the leaf, or its common name when it has no subject alternative names.
int sluice_tls_identity_names(const struct sluice_tls_identity *identity, sluice_tls_each each, void *closure);

// ---- certificates that are trusted, and revocation lists
struct sluice_tls_trust;
struct sluice_tls_trust *sluice_tls_trust_new(char *error);
int sluice_tls_trust_add_authorities(struct sluice_tls_trust *trust, const char *pem, size_t count, char *error);
int sluice_tls_trust_add_revocations(struct sluice_tls_trust *trust, const char *pem, size_t count, char *error);
int sluice_tls_trust_add_system(struct sluice_tls_trust *trust, char *error);
void sluice_tls_trust_free(struct sluice_tls_trust *trust);

// ---- contexts
struct sluice_tls_context;
enum sluice_tls_verify {
    SLUICE_TLS_VERIFY_NONE,
    SLUICE_TLS_VERIFY_REQUEST,
    SLUICE_TLS_VERIFY_OPTIONAL,
    SLUICE_TLS_VERIFY_REQUIRE
};
// `alpn`: the protocols as in the ALPN extension, each behind its length; none: nothing is negotiated.
struct sluice_tls_context *sluice_tls_context_new(int is_server, int only_v13, const uint8_t *alpn, size_t alpn_count,
                                                  char *error);
void sluice_tls_context_free(struct sluice_tls_context *context);
int sluice_tls_context_add_identity(struct sluice_tls_context *context, const struct sluice_tls_identity *identity,
                                    char *error);
int sluice_tls_context_set_trust(struct sluice_tls_context *context, const struct sluice_tls_trust *trust,
                                 enum sluice_tls_verify verify, char *error);
int sluice_tls_context_set_session_id(struct sluice_tls_context *context, const uint8_t *bytes, size_t count, char *error);
int sluice_tls_context_set_keys(struct sluice_tls_context *context, struct sluice_tls_keys *keys, char *error);
// Clients: the server's name (for SNI and, while no other name is added, to be checked), and names any of which is enough.
int sluice_tls_context_set_server_name(struct sluice_tls_context *context, const char *name, char *error);
int sluice_tls_context_add_name(struct sluice_tls_context *context, int is_uri, const char *name, char *error);

// ---- sessions
struct sluice_tls_session;
struct sluice_tls_session *sluice_tls_session_new(struct sluice_tls_context *context, struct sluice_tls_buffers *buffers);
void sluice_tls_session_free(struct sluice_tls_session *session);
void sluice_tls_session_feed(struct sluice_tls_session *session, const uint8_t *bytes, size_t count);
enum { SLUICE_TLS_WANTS_MORE = 0, SLUICE_TLS_ENDED = -1, SLUICE_TLS_FAILED = -2 };
// Above 0: bytes in `into`.
ptrdiff_t sluice_tls_session_read(struct sluice_tls_session *session, uint8_t *into, size_t count);
int sluice_tls_session_write(struct sluice_tls_session *session, const uint8_t *bytes, size_t count);
int sluice_tls_session_start(struct sluice_tls_session *session);
void sluice_tls_session_shutdown(struct sluice_tls_session *session);
int sluice_tls_session_established(const struct sluice_tls_session *session);
int sluice_tls_session_resumed(const struct sluice_tls_session *session);
int sluice_tls_session_is_v13(const struct sluice_tls_session *session);
size_t sluice_tls_session_alpn(const struct sluice_tls_session *session, const uint8_t **name);
// Static text, never null.
const char *sluice_tls_session_cipher(const struct sluice_tls_session *session);
// Static text, or null.
const char *sluice_tls_session_verification_error(const struct sluice_tls_session *session);
const char *sluice_tls_session_failure(const struct sluice_tls_session *session);
// Records that a session keeps the handshake in use are freed by OpenSSL; bytes decrypted but not read yet.
size_t sluice_tls_session_pending(const struct sluice_tls_session *session);

// ---- the peer's certificate
struct sluice_tls_peer;
struct sluice_tls_peer *sluice_tls_peer_new(const struct sluice_tls_session *session);
void sluice_tls_peer_free(struct sluice_tls_peer *peer);
int sluice_tls_peer_is_verified(const struct sluice_tls_peer *peer);
int sluice_tls_peer_subject(const struct sluice_tls_peer *peer, sluice_tls_each each, void *closure);
int sluice_tls_peer_names(const struct sluice_tls_peer *peer, int is_uri, sluice_tls_each each, void *closure);
int sluice_tls_peer_fingerprint(const struct sluice_tls_peer *peer, uint8_t digest[32]);
// Leaf only, or the leaf and all that came with it.
int sluice_tls_peer_pem(const struct sluice_tls_peer *peer, int whole_chain, sluice_tls_each each, void *closure);

#endif
