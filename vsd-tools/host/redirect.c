/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "redirect.h"

#include <errno.h>
#include <jansson.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "scope.h"

static int compare(const void *a, const void *b)
{
	return redirect_compare(a, b);
}

int redirect_compare(const struct redirect *x, const struct redirect *y)
{
	int c = memcmp(&x->addr, &y->addr, sizeof(x->addr));

	return c ? c : (x->from > y->from) - (x->from < y->from);
}

/* ---- what should be ---- */

struct wanted {
	const struct vsd_conf *conf;
	struct redirect *r;
	size_t n, room;
	void (*bad)(const char *name, int error, void *arg);
	void *arg;
};

static int want(const struct vsd_server *s, void *arg)
{
	struct wanted *w = arg;
	unsigned npair;
	const struct vsd_redirect *pair = vsd_server_redirects(s, w->conf, &npair);
	size_t most = w->n + (size_t)s->naddr * npair;

	if (s->state != VSD_SERVER_ENABLED)
		return 0;
	if (most > w->room) {
		size_t room = most * 2;
		struct redirect *more = reallocarray(w->r, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->r = more;
		w->room = room;
	}
	for (unsigned i = 0; i < s->naddr; i++)
		for (unsigned k = 0; k < npair; k++)
			w->r[w->n++] = (struct redirect){ s->addr[i], pair[k].from, pair[k].to };
	return 0;
}

static void pass_over(const char *name, int error, void *arg)
{
	const struct wanted *w = arg;

	w->bad(name, error, w->arg);
}

int redirect_wanted(const struct vsd_conf *c, void (*bad)(const char *name, int error, void *arg),
		    void *arg, struct redirect **out, size_t *out_n)
{
	struct wanted w = { .conf = c, .bad = bad, .arg = arg };
	int r = vsd_registry_each(want, pass_over, &w);

	if (r < 0) {
		free(w.r);
		return r;
	}
	if (w.n)
		qsort(w.r, w.n, sizeof(*w.r), compare);
	*out = w.r;
	*out_n = w.n;
	return 0;
}

/* ---- nftables ---- */

/* Both hooks: prerouting never sees a client on the host itself.  DNAT to the same
 * address, for `redirect` in the output hook would go to 127.0.0.1. */
static const char head[] =
	"table inet vsd {}\n"
	"delete table inet vsd\n"
	"table inet vsd {\n"
	"  map to4 { type ipv4_addr . inet_service : ipv4_addr . inet_service;";
static const char middle[] =
	" }\n"
	"  map to6 { type ipv6_addr . inet_service : ipv6_addr . inet_service;";
static const char tail[] =
	" }\n"
	"  chain prerouting {\n"
	"    type nat hook prerouting priority dstnat; policy accept;\n"
	"    dnat ip to ip daddr . tcp dport map @to4\n"
	"    dnat ip6 to ip6 daddr . tcp dport map @to6\n"
	"  }\n"
	"  chain output {\n"
	"    type nat hook output priority -100; policy accept;\n"
	"    dnat ip to ip daddr . tcp dport map @to4\n"
	"    dnat ip6 to ip6 daddr . tcp dport map @to6\n"
	"  }\n"
	"}\n";

/* nft's own first line of complaint. */
static int complain(struct nft_ctx *nft, const char *what, char why[VSD_WHY_MAX])
{
	const char *said = nft_ctx_get_error_buffer(nft);

	(void)snprintf(why, VSD_WHY_MAX, "%s: %.*s", what, said ? (int)strcspn(said, "\n") : 0,
		       said ? said : "");
	return -EIO;
}

static struct nft_ctx *start(char why[VSD_WHY_MAX])
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!nft || nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft)) {
		if (nft)
			nft_ctx_free(nft);
		(void)snprintf(why, VSD_WHY_MAX, "nftables does not start");
		return NULL;
	}
	return nft;
}

static int run(const char *commands, const char *what, char why[VSD_WHY_MAX])
{
	struct nft_ctx *nft = start(why);
	int r;

	if (!nft)
		return -ENOMEM;
	r = nft_run_cmd_from_buffer(nft, commands) ? complain(nft, what, why) : 0;
	nft_ctx_free(nft);
	return r;
}

static void put_elements(FILE *f, const struct redirect *r, size_t n, bool four)
{
	char text[VSD_ADDR_TEXT_MAX];
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (vsd_addr_is_v4(&r[i].addr) != four)
			continue;
		vsd_addr_format(&r[i].addr, text);
		(void)fprintf(f, "%s %s . %u : %s . %u", any ? "," : " elements = {", text,
			      (unsigned)r[i].from, text, (unsigned)r[i].to);
		any = true;
	}
	if (any)
		(void)fputs(" };", f);
}

int redirect_apply(const struct redirect *r, size_t n, char why[VSD_WHY_MAX])
{
	VSD_FREE char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f) {
		(void)snprintf(why, VSD_WHY_MAX, "no memory");
		return -ENOMEM;
	}
	(void)fputs(head, f); /* an error of any shows at fclose */
	put_elements(f, r, n, true);
	(void)fputs(middle, f);
	put_elements(f, r, n, false);
	(void)fputs(tail, f);
	if (fclose(f) != 0) {
		(void)snprintf(why, VSD_WHY_MAX, "no memory");
		return -ENOMEM;
	}
	return run(text, "put the table in force", why);
}

int redirect_flush(char why[VSD_WHY_MAX])
{
	return run("table inet vsd {}\ndelete table inet vsd\n", "remove the table", why);
}

/* ---- reading back, as nft's JSON ---- */

struct found {
	struct redirect *r;
	size_t n, room;
};

static int take_port(const json_t *j, uint16_t *out)
{
	json_int_t n = json_integer_value(j);

	if (!json_is_integer(j) || n < 1 || n > UINT16_MAX)
		return -EBADMSG;
	*out = (uint16_t)n;
	return 0;
}

/* [ {"concat": [address, port]}, {"concat": [address, port]} ] */
static int take_element(struct found *f, const json_t *pair)
{
	const json_t *key = json_object_get(json_array_get(pair, 0), "concat");
	const json_t *value = json_object_get(json_array_get(pair, 1), "concat");
	const char *text = json_string_value(json_array_get(key, 0));
	struct redirect r, *more;

	if (!text || vsd_addr_parse(text, strlen(text), &r.addr) < 0 ||
	    take_port(json_array_get(key, 1), &r.from) < 0 ||
	    take_port(json_array_get(value, 1), &r.to) < 0)
		return -EBADMSG;
	if (f->n == f->room) {
		f->room = f->room ? f->room * 2 : 64;
		more = reallocarray(f->r, f->room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		f->r = more;
	}
	f->r[f->n++] = r;
	return 0;
}

/* The two hooks and, in each, a rule for either family. */
static bool is_whole(const json_t *all)
{
	const json_t *item, *expression;
	bool in = false, out = false;
	unsigned rules = 0;
	size_t i, k;

	json_array_foreach(json_object_get(all, "nftables"), i, item) {
		const json_t *chain = json_object_get(item, "chain");
		const char *hook = json_string_value(json_object_get(chain, "hook"));
		const char *type = json_string_value(json_object_get(chain, "type"));

		if (hook && type && strcmp(type, "nat") == 0) {
			in |= strcmp(hook, "prerouting") == 0;
			out |= strcmp(hook, "output") == 0;
		}
		json_array_foreach(json_object_get(json_object_get(item, "rule"), "expr"), k, expression)
			rules += json_object_get(expression, "dnat") != NULL;
	}
	return in && out && rules == 4;
}

static int take_maps(struct found *f, const json_t *all)
{
	const json_t *item, *element;
	size_t i, k;
	int r;

	json_array_foreach(json_object_get(all, "nftables"), i, item) {
		const json_t *elements = json_object_get(json_object_get(item, "map"), "elem");

		json_array_foreach(elements, k, element) {
			r = take_element(f, element);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* No table, or a kernel that has no tables at all. */
static bool is_none(const char *said)
{
	static const int none[] = { ENOENT, EPROTONOSUPPORT, EOPNOTSUPP };

	for (size_t i = 0; said && i < sizeof(none) / sizeof(*none); i++)
		if (strstr(said, strerror(none[i])))
			return true;
	return false;
}

int redirect_list(struct redirect **out, size_t *out_n, bool *out_whole, char why[VSD_WHY_MAX])
{
	struct found f = { .n = 0 };
	bool whole = false;
	struct nft_ctx *nft = start(why);
	json_t *all;
	int r = 0;

	if (!nft)
		return -ENOMEM;
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
	if (nft_run_cmd_from_buffer(nft, "list table inet vsd")) {
		r = is_none(nft_ctx_get_error_buffer(nft)) ? -ENOENT :
							     complain(nft, "read the table", why);
	} else {
		all = json_loads(nft_ctx_get_output_buffer(nft), 0, NULL);
		r = all ? take_maps(&f, all) : -EBADMSG;
		whole = all && is_whole(all);
		json_decref(all);
		if (r < 0)
			(void)snprintf(why, VSD_WHY_MAX, "nftables' answer is not understood");
	}
	nft_ctx_free(nft);
	if (r < 0) {
		free(f.r);
		return r;
	}
	if (f.n)
		qsort(f.r, f.n, sizeof(*f.r), compare);
	*out = f.r;
	*out_n = f.n;
	if (out_whole)
		*out_whole = whole;
	return 0;
}
