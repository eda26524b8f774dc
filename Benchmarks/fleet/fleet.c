// Replicas that serve nothing: each polls the control plane as a supervisor does, acknowledges what it gets, and reports
// about itself every 10 s on a second connection. All of them in one thread, so that they cost little beside what is measured.
//
//   fleet --port 9700 --token TOKEN --replicas 500
//
// Prints a line once all replicas have a version: `VERSION FIRST LAST`, the moments (CLOCK_MONOTONIC, ns) when the first and
// the last of them had it whole. Any answer but 200, 204 and 304 ends it with status 1. It ends with its standard input.

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

enum { max_replicas = 1000, max_events = 256, head_limit = 16384, chunk_size = 1 << 18, report_interval = 10 };

// One connection; of a body only the beginning is kept, which names version, digest and identity.
struct link {
    int fd, is_report;
    struct replica *replica;
    size_t size, head_end, body_size, seen;
    char head[head_limit];
};

struct replica {
    int number;
    long version;
    char digest[96], identity[96];
    struct link poll, report;
    long report_due;
};

static struct replica replicas[max_replicas];
static int count, epoll, port;
static const char *token;
static long newest, first_moment;
static int have_newest;
static unsigned long answers, unchanged, reports;

static void fail(const char *what, const char *detail) {
    fprintf(stderr, "fleet: %s: %.600s (errno %d)\n", what, detail ? detail : "", errno);
    exit(1);
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void open_link(struct link *link, struct replica *replica, int is_report) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect", NULL);
    link->fd = fd;
    link->is_report = is_report;
    link->replica = replica;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void send_all(struct link *link, const char *text, int size) {
    link->size = link->head_end = link->body_size = link->seen = 0;
    if (send(link->fd, text, (size_t)size, MSG_NOSIGNAL) != size) fail("send", NULL);
}

// The digest's colon is the only byte of what is sent back that a query must escape.
static void ask(struct replica *replica) {
    char text[1024], served[512] = "";
    if (replica->version) {
        snprintf(served, sizeof served, "&since=%ld&version=%ld&digest=sha256%%3A%s&identity=%s", replica->version,
                 replica->version, replica->digest + strlen("sha256:"), replica->identity);
    }
    send_all(&replica->poll, text,
             snprintf(text, sizeof text,
                      "GET /v1/data-plane/snapshot?wait=25s&replica=replica-%d%s HTTP/1.1\r\nHost: localhost\r\n"
                      "Accept: */*\r\nAuthorization: Bearer %s\r\n\r\n",
                      replica->number, served, token));
}

static void report(struct replica *replica) {
    char body[768], text[1536];
    int size = snprintf(body, sizeof body,
                        "{\"replica\":\"replica-%d\",\"host\":\"bench\",\"version\":%ld,\"digest\":\"%s\",\"identity\":\"%s\","
                        "\"state\":\"applied\",\"error\":[],\"uptimeSeconds\":60,\"traffic\":{\"requests\":1000,"
                        "\"activeRequests\":3,\"responses5xx\":0}}",
                        replica->number, replica->version, replica->digest, replica->identity);
    send_all(&replica->report, text,
             snprintf(text, sizeof text,
                      "POST /v1/data-plane/replicas/replica-%d/status HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n"
                      "Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                      replica->number, token, size, body));
    replica->report_due = now() + report_interval * 1000000000L;
}

static void copy_text(const char *body, const char *name, char *to, size_t limit) {
    const char *start = strstr(body, name);
    size_t size = start ? strcspn(start + strlen(name), "\"") : 0;
    if (!start || size >= limit) fail("a snapshot has no", name);
    memcpy(to, start + strlen(name), size);
    to[size] = 0;
}

// A whole snapshot is here.
static void install(struct replica *replica, const char *body) {
    const char *version = strstr(body, "\"version\":");
    if (!version) fail("a snapshot has no version", body);
    replica->version = atol(version + strlen("\"version\":"));
    copy_text(body, "\"digest\":\"", replica->digest, sizeof replica->digest);
    copy_text(body, "\"identity\":\"", replica->identity, sizeof replica->identity);
    long moment = now();
    if (replica->version > newest) {
        newest = replica->version;
        first_moment = moment;
        have_newest = 0;
    }
    if (replica->version == newest && ++have_newest == count) {
        printf("%ld %ld %ld\n", newest, first_moment, moment);
        fflush(stdout);
    }
}

static void answered(struct link *link) {
    int status = atoi(link->head + strlen("HTTP/1.1 "));
    if (link->is_report) {
        if (status != 204) fail("a report was answered", link->head);
        reports++;
        link->size = 0;
        return;
    }
    if (status == 200) {
        install(link->replica, link->head + link->head_end);
        answers++;
    } else if (status == 304) {
        unchanged++;
    } else {
        fail("a poll was answered", link->head);
    }
    ask(link->replica);
}

static void find_head(struct link *link) {
    char *end = strstr(link->head, "\r\n\r\n");
    if (!end) {
        if (link->size == head_limit - 1) fail("a head is too long", NULL);
        return;
    }
    link->head_end = (size_t)(end - link->head) + 4;
    char *length = strcasestr(link->head, "\r\ncontent-length:");
    int status = atoi(link->head + strlen("HTTP/1.1 "));
    int has_body = status != 204 && status != 304 && length && length < end;
    link->body_size = has_body ? strtoul(length + strlen("\r\ncontent-length:"), NULL, 10) : 0;
    link->seen = link->size - link->head_end;
}

static void readable(struct link *link) {
    static char chunk[chunk_size];
    ssize_t got = recv(link->fd, chunk, sizeof chunk, 0);
    if (got <= 0) fail("a connection was closed", NULL);
    size_t room = head_limit - 1 - link->size, kept = (size_t)got < room ? (size_t)got : room;
    memcpy(link->head + link->size, chunk, kept);
    link->size += kept;
    link->head[link->size] = 0;
    if (link->head_end) {
        link->seen += (size_t)got;
    } else {
        find_head(link);
        if (link->head_end) link->seen += (size_t)got - kept;
    }
    if (link->head_end && link->seen >= link->body_size) answered(link);
}

static void start(void) {
    for (int number = 0; number < count; number++) {
        struct replica *replica = &replicas[number];
        replica->number = number;
        replica->report_due = now() + report_interval * 1000000000L / count * number;
        open_link(&replica->poll, replica, 0);
        open_link(&replica->report, replica, 1);
        ask(replica);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
}

int main(int argc, char **argv) {
    for (int index = 1; index + 1 < argc; index += 2) {
        if (!strcmp(argv[index], "--port")) port = atoi(argv[index + 1]);
        if (!strcmp(argv[index], "--token")) token = argv[index + 1];
        if (!strcmp(argv[index], "--replicas")) count = atoi(argv[index + 1]);
    }
    if (!port || !token || count < 1 || count > max_replicas) fail("usage", "--port N --token TEXT --replicas 1…1000");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    start();
    struct epoll_event events[max_events];
    for (;;) {
        int ready = epoll_wait(epoll, events, max_events, 100);
        for (int index = 0; index < ready; index++) {
            struct link *link = events[index].data.ptr;
            if (!link) {
                printf("answers %lu unchanged %lu reports %lu\n", answers, unchanged, reports);
                return 0;
            }
            readable(link);
        }
        long moment = now();
        for (int number = 0; number < count; number++) {
            if (replicas[number].report_due <= moment) report(&replicas[number]);
        }
    }
}
