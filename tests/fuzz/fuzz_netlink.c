/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rtnetlink's answers to the three questions of alias_dump.c: the linker wraps libmnl's
 * socket, and each question is answered with the input. */
#include "fuzz.h"

#include <libmnl/libmnl.h>
#include <string.h>

#include "alias_nl.h"

ssize_t fuzz_sendto(const struct mnl_socket *nl, const void *data,
		    size_t len) __asm__("__wrap_mnl_socket_sendto");
ssize_t fuzz_recvfrom(const struct mnl_socket *nl, void *buffer,
		      size_t size) __asm__("__wrap_mnl_socket_recvfrom");
unsigned fuzz_portid(const struct mnl_socket *nl) __asm__("__wrap_mnl_socket_get_portid");

static const uint8_t *answer;
static size_t answer_len;
static bool answered;

ssize_t fuzz_sendto(const struct mnl_socket *nl, const void *data, size_t len)
{
	(void)nl;
	(void)data;
	answered = false;
	return (ssize_t)len;
}

ssize_t fuzz_recvfrom(const struct mnl_socket *nl, void *buffer, size_t size)
{
	(void)nl;
	if (!answered && answer_len <= size) {
		answered = true;
		memcpy(buffer, answer, answer_len);
		return (ssize_t)answer_len;
	}
	mnl_nlmsg_put_header(buffer)->nlmsg_type = NLMSG_DONE;
	return NLMSG_HDRLEN;
}

unsigned fuzz_portid(const struct mnl_socket *nl)
{
	(void)nl;
	return 1;
}

/* The messages up to one of a length that libmnl takes for a negative one: the kernel
 * sends none. */
static size_t whole(const uint8_t *data, size_t size)
{
	size_t at = 0;
	uint32_t len;

	while (at + NLMSG_HDRLEN <= size) {
		memcpy(&len, data + at, sizeof(len));
		if (len > INT32_MAX)
			return at;
		if (len < NLMSG_HDRLEN || len > size - at)
			break;
		at += NLMSG_ALIGN(len);
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct alias_entry *list = NULL;
	unsigned ifindex = 0;
	size_t n = 0;

	answer = data;
	answer_len = whole(data, size);
	if (alias_nl_dump(NULL, &list, &n) == 0) /* none without a message of its own */
		MUST(n <= 3 * (size / NLMSG_HDRLEN));
	else
		MUST(!list && n == 0);
	free(list);
	if (alias_nl_default(NULL, &ifindex) < 0)
		MUST(ifindex == 0);
	return 0;
}
