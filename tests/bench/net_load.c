/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* net_load ADDRESS PORT PATH CONNECTIONS keep|close START_NS WINDOW_MS WINDOWS
 *
 * Asks an httpd for one file over and over; for each window of time, the first at START_NS
 * of the monotonic clock, the answers in it and their p99 in microseconds; then how many
 * answers there were in all.  Two of these have the same windows, to the microsecond,
 * which no stock load has. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256, WINDOWS_MAX = 1024, SAMPLES_MAX = 4 << 20,
       BUFFER_BYTES = 256 << 10 };

struct connection {
	int fd;
	bool sent, headed;
	uint64_t since; /* ns */
	size_t left;    /* of the answer's body */
};

static struct sockaddr_in peer = { .sin_family = AF_INET };
static char request[512], buffer[BUFFER_BYTES + 1];
static size_t request_bytes;
static bool keep;
static int poller;
static uint32_t sample[SAMPLES_MAX];
static size_t nsample, nanswer;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void ask(struct connection *c)
{
	ssize_t n = send(c->fd, request, request_bytes, MSG_NOSIGNAL);

	if (n < 0 && errno == EAGAIN)
		return; /* not connected yet */
	if (n != (ssize_t)request_bytes)
		err(1, "send");
	c->sent = true;
}

/* `since`: when its question was first asked. */
static void open_connection(struct connection *c, uint64_t since)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
	const int one = 1;

	*c = (struct connection){ .since = since };
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		err(1, "socket");
	if (connect(c->fd, (struct sockaddr *)&peer, sizeof(peer)) < 0 && errno != EINPROGRESS)
		err(1, "connect");
	if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) < 0)
		err(1, "epoll_ctl");
	ask(c);
}

/* Part of an answer; these httpds send a head in one piece. */
static void take(struct connection *c, size_t n)
{
	static const char length[] = "\r\nContent-Length: ";
	size_t body = n;

	if (!c->headed) {
		const char *end, *at;

		buffer[n] = '\0';
		end = strstr(buffer, "\r\n\r\n");
		at = strstr(buffer, length);
		if (!end || !at || strncmp(buffer, "HTTP/1.1 200", 12) != 0)
			errx(1, "no answer: %.200s", buffer);
		c->left = strtoul(at + sizeof(length) - 1, NULL, 10);
		c->headed = true;
		body = n - (size_t)(end + 4 - buffer);
	}
	if (body > c->left)
		errx(1, "an answer longer than its head says");
	c->left -= body;
}

static void answered(struct connection *c)
{
	uint64_t now = now_ns();

	nanswer++;
	if (nsample < SAMPLES_MAX)
		sample[nsample++] = (uint32_t)((now - c->since) / 1000);
	if (!keep)
		return; /* until the httpd closes it */
	c->since = now;
	c->headed = false;
	ask(c);
}

static void serve(struct connection *c)
{
	if (!c->sent)
		ask(c);
	for (;;) {
		ssize_t n = recv(c->fd, buffer, BUFFER_BYTES, 0);

		if (n < 0 && errno == EAGAIN)
			return;
		bool unheard = keep && !c->headed; /* closed as idle, just then */

		if (n == 0 && (unheard || (c->headed && c->left == 0))) {
			close(c->fd);
			open_connection(c, unheard ? c->since : now_ns());
			return;
		}
		if (n <= 0)
			err(1, "recv, %zd", n);
		take(c, (size_t)n);
		if (c->left == 0)
			answered(c);
	}
}

static void serve_until(uint64_t end)
{
	struct epoll_event e[CONNECTIONS_MAX];

	while (now_ns() < end) {
		int n = epoll_wait(poller, e, CONNECTIONS_MAX, 1);

		if (n < 0 && errno != EINTR)
			err(1, "epoll_wait");
		for (int i = 0; i < n; i++)
			serve(e[i].data.ptr);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Their number and their p99. */
static void report(uint32_t *first, size_t count)
{
	qsort(first, count, sizeof(*first), compare);
	printf("%zu %u\n", count, count ? first[count - 1 - count / 100] : 0);
}

static void measure(int connections, uint64_t start, uint64_t window, int windows)
{
	static struct connection connection[CONNECTIONS_MAX];
	static size_t from[WINDOWS_MAX + 1];

	memset(sample, 0, sizeof(sample)); /* no page fault later */
	for (int i = 0; i < connections; i++)
		open_connection(&connection[i], now_ns());
	for (int w = 0; w <= windows; w++) {
		serve_until(start + (uint64_t)w * window);
		from[w] = nsample;
	}
	if (nsample == SAMPLES_MAX)
		errx(1, "more answers than there is room for");
	for (int w = 0; w < windows; w++)
		report(sample + from[w], from[w + 1] - from[w]);
	printf("%zu\n", nanswer);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n < 1 || n > max)
		errx(2, "'%s': not a number of 1..%lu", text, max);
	return n;
}

int main(int argc, char **argv)
{
	int n;

	if (argc != 9 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
		errx(2, "see the head of net_load.c");
	peer.sin_port = htons((uint16_t)number(argv[2], UINT16_MAX));
	keep = strcmp(argv[5], "keep") == 0;
	n = snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\nHost: a\r\n%s\r\n", argv[3],
		     keep ? "" : "Connection: close\r\n");
	request_bytes = (size_t)n;
	if (n < 0 || request_bytes >= sizeof(request))
		errx(2, "'%s': too long", argv[3]);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0)
		err(1, "epoll_create1");
	measure((int)number(argv[4], CONNECTIONS_MAX), number(argv[6], UINT64_MAX),
		number(argv[7], 60000) * 1000000, (int)number(argv[8], WINDOWS_MAX));
	return 0;
}
