// A canned HTTP/1.1 origin: any GET gets the same 200. One thread, edge-triggered epoll, pipelining-safe.
// It exists to be faster than every proxy in front of it, so it looks for the end of a head and at nothing else.
//
//   origin --port 9000 [--bytes 1024] [--tag a]

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { max_descriptors = 65536, max_events = 256, batch = 32, read_size = 65536 };

// What one connection is in the middle of: how far into CR LF CR LF the input is, and what could not be written yet.
struct connection {
    int matched;
    size_t owed;  // bytes of answers that are not written yet
    size_t sent;  // offset into the first answer that is owed
};

static struct connection connections[max_descriptors];
static char input[read_size];
static char *answers;  // `batch` copies of the answer, so that pipelined requests cost one write
static size_t answer_size;

static void make_answers(size_t body, const char *tag) {
    char head[256];
    int head_size = snprintf(head, sizeof head,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nX-Origin: %s\r\n\r\n", body, tag);
    answer_size = (size_t)head_size + body;
    answers = malloc(answer_size * batch);
    if (!answers) exit(1);
    for (int copy = 0; copy < batch; copy++) {
        char *answer = answers + (size_t)copy * answer_size;
        memcpy(answer, head, (size_t)head_size);
        memset(answer + head_size, 'x', body);
    }
}

// Counts the heads that end in these bytes; the state carries over reads.
static size_t count_heads(struct connection *connection, const char *bytes, size_t size) {
    size_t heads = 0;
    int matched = connection->matched;
    for (size_t at = 0; at < size; at++) {
        if (matched == 0) {
            const char *next = memchr(bytes + at, '\r', size - at);
            if (!next) break;
            at = (size_t)(next - bytes);
            matched = 1;
        } else if (bytes[at] == ((matched & 1) ? '\n' : '\r')) {
            if (++matched == 4) {
                heads++;
                matched = 0;
            }
        } else {
            matched = bytes[at] == '\r';
        }
    }
    connection->matched = matched;
    return heads;
}

// Writes what is owed; false when the connection is gone.
static int flush(int fd, struct connection *connection) {
    while (connection->owed > 0) {
        size_t ready = answer_size * batch - connection->sent;
        size_t size = connection->owed < ready ? connection->owed : ready;
        ssize_t written = send(fd, answers + connection->sent, size, MSG_NOSIGNAL);
        if (written < 0) return errno == EAGAIN;
        connection->owed -= (size_t)written;
        connection->sent = (connection->sent + (size_t)written) % answer_size;
    }
    return 1;
}

static int serve(int fd) {
    struct connection *connection = &connections[fd];
    for (;;) {
        ssize_t got = recv(fd, input, sizeof input, 0);
        if (got == 0) return 0;
        if (got < 0) return errno == EAGAIN;
        connection->owed += count_heads(connection, input, (size_t)got) * answer_size;
        if (!flush(fd, connection)) return 0;
        if ((size_t)got < sizeof input) return 1;
    }
}

static void accept_all(int epoll, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        if (fd >= max_descriptors) {
            close(fd);
            continue;
        }
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections[fd] = (struct connection){0};
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

// On the loopback address that is so many above 127.0.0.1.
static int listen_on(int port, uint32_t above) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + above);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("origin: listen");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv) {
    int port = 9000, addresses = 1;
    size_t bytes = 1024;
    const char *tag = "origin";
    for (int at = 1; at + 1 < argc; at += 2) {
        if (!strcmp(argv[at], "--port")) port = atoi(argv[at + 1]);
        if (!strcmp(argv[at], "--bytes")) bytes = strtoul(argv[at + 1], NULL, 10);
        if (!strcmp(argv[at], "--tag")) tag = argv[at + 1];
        if (!strcmp(argv[at], "--addresses")) addresses = atoi(argv[at + 1]);
    }
    signal(SIGPIPE, SIG_IGN);
    make_answers(bytes, tag);
    int epoll = epoll_create1(EPOLL_CLOEXEC), last = -1;
    struct epoll_event events[max_events];
    // Listeners come first, so that their descriptors are the lowest.
    for (int at = 0; at < addresses; at++) {
        last = listen_on(port, (uint32_t)at);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = last};
        epoll_ctl(epoll, EPOLL_CTL_ADD, last, &event);
    }
    for (;;) {
        int count = epoll_wait(epoll, events, max_events, -1);
        for (int at = 0; at < count; at++) {
            int fd = events[at].data.fd;
            if (fd <= last) {
                accept_all(epoll, fd);
            } else if (!flush(fd, &connections[fd]) || ((events[at].events & ~EPOLLOUT) && !serve(fd))) {
                close(fd);
            }
        }
    }
}
