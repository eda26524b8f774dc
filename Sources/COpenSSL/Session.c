// One connection's TLS: every call sets the loop's current session and starts with an empty error queue, so that nothing of
// one session reaches another.
#include <stdlib.h>
#include <string.h>

#include "Internal.h"

static void enter(struct sluice_tls_session *session) {
    ERR_clear_error();
    session->buffers->current = session;
}

static void break_off(struct sluice_tls_session *session) {
    session->broken = 1;
    session->in_count = 0;
    session->error = ERR_peek_error();
    ERR_clear_error();
}

static int prepare(struct sluice_tls_session *session, struct sluice_tls_context *context) {
    SSL *ssl = session->ssl;
    BIO *bio = session->buffers->bio;
    if (!BIO_up_ref(bio)) return 0;
    SSL_set_bio(ssl, bio, bio);
    if (context->is_server) {
        SSL_set_accept_state(ssl);
        if (sluice_tls_keys_count(context->keys)) return 1;
        SSL_set_options(ssl, SSL_OP_NO_TICKET);
        return SSL_set_num_tickets(ssl, 0);
    }
    SSL_set_connect_state(ssl);
    if (context->server_name && !context->server_name_is_address && !SSL_set_tlsext_host_name(ssl, context->server_name))
        return 0;
    if (pthread_mutex_lock(&context->lock)) return 1;
    // A session that cannot be taken up only costs a full handshake.
    if (context->last) (void)SSL_set_session(ssl, context->last);
    pthread_mutex_unlock(&context->lock);
    ERR_clear_error();
    return 1;
}

struct sluice_tls_session *sluice_tls_session_new(struct sluice_tls_context *context, struct sluice_tls_buffers *buffers) {
    ERR_clear_error();
    struct sluice_tls_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    session->buffers = buffers;
    session->ssl = SSL_new(context->ctx);
    if (session->ssl && prepare(session, context)) return session;
    ERR_clear_error();
    sluice_tls_session_free(session);
    return NULL;
}

void sluice_tls_session_free(struct sluice_tls_session *session) {
    if (!session) return;
    if (session->buffers->current == session) session->buffers->current = NULL;
    // A connection that ended without close_notify does not spoil its session for the next one.
    if (session->ssl && !session->broken) SSL_set_shutdown(session->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(session->ssl);
    free(session);
}

void sluice_tls_session_feed(struct sluice_tls_session *session, const uint8_t *bytes, size_t count) {
    session->in = bytes;
    session->in_count = count;
}

// Once, when the handshake is done: what only the handshake needed is freed.
static void settle(struct sluice_tls_session *session) {
    if (session->settled || !SSL_is_init_finished(session->ssl)) return;
    session->settled = 1;
    SSL_set_tlsext_status_ocsp_resp(session->ssl, NULL, 0);
}

ptrdiff_t sluice_tls_session_read(struct sluice_tls_session *session, uint8_t *into, size_t count) {
    if (session->broken) return SLUICE_TLS_FAILED;
    if (count == 0) return SLUICE_TLS_WANTS_MORE;
    enter(session);
    size_t moved = 0;
    int result = SSL_read_ex(session->ssl, into, count, &moved);
    if (!session->settled) settle(session);
    if (result == 1) return (ptrdiff_t)moved;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ: return SLUICE_TLS_WANTS_MORE;
    case SSL_ERROR_ZERO_RETURN: return SLUICE_TLS_ENDED;
    default: break_off(session); return SLUICE_TLS_FAILED;
    }
}

int sluice_tls_session_write(struct sluice_tls_session *session, const uint8_t *bytes, size_t count) {
    if (session->broken || !sluice_tls_session_established(session)) return 0;
    if (count == 0) return 1;
    enter(session);
    size_t written = 0;
    if (SSL_write_ex(session->ssl, bytes, count, &written) == 1 && written == count) return 1;
    break_off(session);
    return 0;
}

int sluice_tls_session_start(struct sluice_tls_session *session) {
    if (session->broken) return 0;
    enter(session);
    int result = SSL_do_handshake(session->ssl);
    if (result == 1 || SSL_get_error(session->ssl, result) == SSL_ERROR_WANT_READ) return 1;
    break_off(session);
    return 0;
}

void sluice_tls_session_shutdown(struct sluice_tls_session *session) {
    if (session->broken || !sluice_tls_session_established(session)) return;
    enter(session);
    if (SSL_shutdown(session->ssl) < 0) break_off(session);
}

int sluice_tls_session_established(const struct sluice_tls_session *session) { return SSL_is_init_finished(session->ssl); }

int sluice_tls_session_resumed(const struct sluice_tls_session *session) { return SSL_session_reused(session->ssl); }

int sluice_tls_session_is_v13(const struct sluice_tls_session *session) {
    return SSL_version(session->ssl) == TLS1_3_VERSION;
}

size_t sluice_tls_session_alpn(const struct sluice_tls_session *session, const uint8_t **name) {
    unsigned count = 0;
    SSL_get0_alpn_selected(session->ssl, name, &count);
    return count;
}

const char *sluice_tls_session_cipher(const struct sluice_tls_session *session) { return SSL_get_cipher_name(session->ssl); }

const char *sluice_tls_session_verification_error(const struct sluice_tls_session *session) {
    long result = SSL_get_verify_result(session->ssl);
    return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}

const char *sluice_tls_session_failure(const struct sluice_tls_session *session) {
    return session->error ? ERR_reason_error_string(session->error) : NULL;
}

size_t sluice_tls_session_pending(const struct sluice_tls_session *session) { return (size_t)SSL_pending(session->ssl); }
