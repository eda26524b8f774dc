// Full TLS 1.3 handshakes as fast as the server makes them: connects, shakes hands, asks for one page, and begins anew.
//
//   handshakes --port 8443 --seconds 4 [--connections 32]
//
// Prints a line of JSON. Anything but 200 on any connection ends it with status 1.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tls13.h"

enum { max_connections = 1024, max_events = 64, input_size = 32768 };
enum stage { connecting, hello_sent, keys_known, finished };

struct connection {
    int fd;
    enum stage stage;
    int is_answered;
    size_t size;
    size_t pending;  // bytes of decrypted handshake messages, of which the last is not whole
    struct handshake handshake;
    uint8_t input[input_size], messages[input_size];
};

static struct connection connections[max_connections];
static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static uint8_t hello[hello_limit];
static size_t hello_size;
static unsigned long done, tickets;
static int epoll, port;

static void fail(const char *what) {
    fprintf(stderr, "handshakes: %s (errno %d), after %lu\n", what, errno, done);
    exit(1);
}

static void begin(struct connection *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect");
    connection->fd = fd;
    connection->stage = connecting;
    connection->is_answered = 0;
    connection->size = connection->pending = 0;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void say_hello(struct connection *connection) {
    if (send(connection->fd, hello, hello_size, MSG_NOSIGNAL) != (ssize_t)hello_size) fail("cannot send the hello");
    connection->stage = hello_sent;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

// Whole handshake messages among what was decrypted; Finished is answered.
static void take_messages(struct connection *connection) {
    uint8_t *messages = connection->messages, flight[flight_limit];
    size_t at = 0;
    while (connection->pending - at >= 4) {
        size_t size = 4 + ((size_t)messages[at + 1] << 16 | (size_t)messages[at + 2] << 8 | messages[at + 3]);
        if (connection->pending - at < size) break;
        if (tls_take_message(&connection->handshake, messages + at, size)) {
            size_t flight_size = tls_finish(&connection->handshake, request, flight);
            if (send(connection->fd, flight, flight_size, MSG_NOSIGNAL) != (ssize_t)flight_size) fail("cannot finish");
            connection->stage = finished;
        }
        at += size;
    }
    memmove(messages, messages + at, connection->pending - at);
    connection->pending -= at;
}

// One record; 0 at the server's close_notify.
static int take_record(struct connection *connection, uint8_t *record, size_t size) {
    uint8_t type = record[0];
    if (connection->stage == hello_sent) {
        if (type != 22 || !tls_take_server_hello(&connection->handshake, record + 5, size - 5)) fail("no usable ServerHello");
        connection->stage = keys_known;
        return 1;
    }
    if (type == 20) return 1;
    int content = tls_open(&connection->handshake.read, record, size, &type);
    if (content < 0) fail("cannot decrypt");
    if (type == 21) return 0;
    if (connection->stage == keys_known) {
        if (connection->pending + (size_t)content > input_size) fail("too long a flight");
        memcpy(connection->messages + connection->pending, record + 5, (size_t)content);
        connection->pending += (size_t)content;
        take_messages(connection);
    } else if (type == 22) {
        tickets++;
    } else if (!connection->is_answered) {
        if (content < 12 || memcmp(record + 5, "HTTP/1.1 200", 12)) fail("not a 200");
        connection->is_answered = 1;
    }
    return 1;
}

// Whole records among the input; 0 when the connection is over.
static int take_input(struct connection *connection) {
    ssize_t got = recv(connection->fd, connection->input + connection->size, input_size - connection->size, 0);
    if (got < 0 && errno == EAGAIN) return 1;
    if (got <= 0) return 0;
    connection->size += (size_t)got;
    size_t at = 0;
    int goes_on = 1;
    while (goes_on && connection->size - at >= 5) {
        uint8_t *record = connection->input + at;
        size_t size = 5 + (size_t)(record[3] << 8 | record[4]);
        if (connection->size - at < size) break;
        goes_on = take_record(connection, record, size);
        at += size;
    }
    memmove(connection->input, connection->input + at, connection->size - at);
    connection->size -= at;
    return goes_on;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    int seconds = 4, count = 32;
    for (int at = 1; at + 1 < argc; at += 2) {
        if (!strcmp(argv[at], "--port")) port = atoi(argv[at + 1]);
        if (!strcmp(argv[at], "--seconds")) seconds = atoi(argv[at + 1]);
        if (!strcmp(argv[at], "--connections")) count = atoi(argv[at + 1]);
    }
    if (count < 1 || count > max_connections) fail("--connections");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    hello_size = tls_prepare(hello);
    double started = now(), ends = started + seconds;
    int open = count;
    for (int at = 0; at < count; at++) begin(&connections[at]);
    while (open > 0) {
        struct epoll_event events[max_events];
        int ready = epoll_wait(epoll, events, max_events, 10000);
        if (ready == 0) fail("nothing for 10 s");
        for (int at = 0; at < ready; at++) {
            struct connection *connection = events[at].data.ptr;
            if (connection->stage == connecting) {
                say_hello(connection);
            } else if (!take_input(connection)) {
                if (!connection->is_answered) fail("closed without an answer");
                done++;
                close(connection->fd);
                if (now() < ends) begin(connection);
                else open--;
            }
        }
    }
    printf("JSON {\"handshakes\": %lu, \"seconds\": %.6f, \"tickets\": %lu}\n", done, now() - started, tickets);
}
