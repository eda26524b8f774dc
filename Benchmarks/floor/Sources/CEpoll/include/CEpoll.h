#ifndef CEPOLL_H
#define CEPOLL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/// Registers `fd` once and for all: edge-triggered, both directions. `token` comes back with every event.
int cepoll_add(int epoll, int fd, uint64_t token);
uint64_t cepoll_token(const struct epoll_event *event);

/// A listening socket, or a connection that may still be on its way; both non-blocking, on the loopback address. -1 on failure.
int cepoll_listen(uint16_t port);
int cepoll_connect(uint16_t port);
/// A non-blocking accepted socket with the peer's address as text in `address` (at least 16 bytes). -1 when there is none.
int cepoll_accept(int listener, char *address);

#endif
