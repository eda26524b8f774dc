// The BIO all sessions of a loop share: it reads what was fed to the current session and appends to the loop's output.
#include <stdlib.h>
#include <string.h>

#include "Internal.h"

static int grow(struct sluice_tls_buffers *buffers, size_t needed) {
    size_t capacity = buffers->out_capacity ? buffers->out_capacity : 32 * 1024;
    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2) return 0;
        capacity *= 2;
    }
    uint8_t *out = realloc(buffers->out, capacity);
    if (!out) return 0;
    buffers->out = out;
    buffers->out_capacity = capacity;
    return 1;
}

static int bio_write(BIO *bio, const char *bytes, size_t count, size_t *written) {
    struct sluice_tls_buffers *buffers = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!buffers || count > SIZE_MAX - buffers->out_count) return 0;
    size_t needed = buffers->out_count + count;
    if (needed > buffers->out_capacity && !grow(buffers, needed)) return 0;
    memcpy(buffers->out + buffers->out_count, bytes, count);
    buffers->out_count = needed;
    *written = count;
    return 1;
}

static int bio_read(BIO *bio, char *into, size_t count, size_t *moved) {
    struct sluice_tls_buffers *buffers = BIO_get_data(bio);
    struct sluice_tls_session *session = buffers ? buffers->current : NULL;
    BIO_clear_retry_flags(bio);
    if (!session || session->in_count == 0) {
        BIO_set_retry_read(bio);
        *moved = 0;
        return -1;
    }
    if (count > session->in_count) count = session->in_count;
    memcpy(into, session->in, count);
    session->in += count;
    session->in_count -= count;
    *moved = count;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

static void make_method(void) {
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice");
    if (!made) return;
    if (!BIO_meth_set_write_ex(made, bio_write) || !BIO_meth_set_read_ex(made, bio_read) ||
        !BIO_meth_set_ctrl(made, bio_ctrl)) {
        BIO_meth_free(made);
        return;
    }
    method = made;
}

BIO *sluice_tls_bio_new(struct sluice_tls_buffers *buffers) {
    if (pthread_once(&method_once, make_method) || !method) return NULL;
    BIO *bio = BIO_new(method);
    if (!bio) return NULL;
    BIO_set_data(bio, buffers);
    BIO_set_init(bio, 1);
    return bio;
}

struct sluice_tls_buffers *sluice_tls_buffers_new(void) {
    struct sluice_tls_buffers *buffers = calloc(1, sizeof *buffers);
    if (!buffers) return NULL;
    buffers->bio = sluice_tls_bio_new(buffers);
    if (buffers->bio) return buffers;
    free(buffers);
    return NULL;
}

void sluice_tls_buffers_free(struct sluice_tls_buffers *buffers) {
    if (!buffers) return;
    BIO_set_data(buffers->bio, NULL);
    BIO_free(buffers->bio);
    free(buffers->out);
    free(buffers);
}

void sluice_tls_buffers_clear(struct sluice_tls_buffers *buffers, size_t kept) {
    buffers->out_count = 0;
    if (buffers->out_capacity <= kept) return;
    free(buffers->out);
    buffers->out = NULL;
    buffers->out_capacity = 0;
}
