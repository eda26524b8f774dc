#ifndef CLINUX_H
#define CLINUX_H

// Linux interfaces that Swift's Glibc module does not carry, and the variadic or macro ones behind plain functions.

// No feature macro here: it would change types (fd_set) that other modules import without it. CLinux.c sets its own.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// One epoll registration: `token` comes back with every event.
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
uint64_t clinux_event_token(const struct epoll_event *event);

/// A monotonic clock in nanoseconds; never goes back.
uint64_t clinux_monotonic_nanoseconds(void);

/// accept4, non-blocking and close-on-exec.
int clinux_accept(int listener, struct sockaddr_storage *peer, socklen_t *length);

/// One malloc arena for all threads; and freed memory back to the system.
void clinux_use_one_heap(void);
// Blocks of a mebibyte or more go back to the system when they are freed, always: left alone, freeing one moves the limit
// beyond all that come later, and those leave holes in the heap.
void clinux_map_large_blocks(void);
void clinux_trim_heap(void);

/// No core file of this process is ever written, and no other process of its user may look into its memory: both hold
/// secrets. A program that is executed begins anew.
void clinux_forbid_dumps(void);

/// An anonymous file that can be sealed, close-on-exec; and its sealing against every later change.
int clinux_memfd(const char *name);
int clinux_seal(int memfd);

/// One packet with up to `fd_count` descriptors. Returns what sendmsg returns.
ssize_t clinux_send_with_fds(int socket, const void *bytes, size_t count, const int *fds, size_t fd_count);
/// One packet; descriptors arrive close-on-exec. `*fd_count` is the capacity of `fds` before, the number received after;
/// `*truncated` is non-zero when bytes or descriptors were lost. Returns what recvmsg returns.
ssize_t clinux_receive_with_fds(int socket, void *bytes, size_t capacity, int *fds, size_t *fd_count, int *truncated);

/// A word that several processes share. Sequentially consistent: all of them see all changes in one order.
static inline uint64_t clinux_shared_load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void clinux_shared_store(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}
/// Sets a word that is 0. Returns what it holds then: `value`, or what another has set.
static inline uint64_t clinux_shared_claim(uint64_t *word, uint64_t value) {
    uint64_t found = 0;
    if (__atomic_compare_exchange_n(word, &found, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return value;
    return found;
}

#endif
