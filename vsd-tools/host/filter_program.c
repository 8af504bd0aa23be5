/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program of classic BPF, and within it the shortest way from a number to what is said
 * of it. */
#include "filter_impl.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>

static void step(struct filter_program *p, uint16_t code, uint32_t k, unsigned yes, unsigned no)
{
	if (p->n < FILTER_MAX) {
		p->step[p->n].code = code;
		p->step[p->n].k = k;
		p->step[p->n].yes = yes;
		p->step[p->n].no = no;
	}
	p->n++;
}

void filter_load(struct filter_program *p, size_t offset)
{
	step(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

void filter_load_argument(struct filter_program *p, unsigned n)
{
	size_t low = __BYTE_ORDER == __BIG_ENDIAN ? sizeof(uint32_t) : 0;

	filter_load(p, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) + low);
}

void filter_if(struct filter_program *p, uint16_t test, uint32_t k, unsigned yes, unsigned no)
{
	step(p, (uint16_t)(BPF_JMP | test | BPF_K), k, yes, no);
}

void filter_answer(struct filter_program *p, uint32_t answer)
{
	step(p, BPF_RET | BPF_K, answer, 0, 0);
}

void filter_begin(struct filter_program *p, enum filter_label label)
{
	p->place[label] = p->n;
}

static bool jump(const struct filter_program *p, unsigned from, unsigned to, uint8_t *out)
{
	unsigned at = to < FILTER_LABELS ? p->place[to] : to == FILTER_NEXT ? from + 1 : to - FILTER_PLACE;

	if (at <= from || at - from - 1 > UINT8_MAX)
		return false;
	*out = (uint8_t)(at - from - 1);
	return true;
}

int filter_link(const struct filter_program *p, char **out, size_t *out_len)
{
	VSD_FREE struct sock_filter *f = calloc(FILTER_MAX, sizeof(*f));

	if (!f)
		return -ENOMEM;
	if (p->n > FILTER_MAX)
		return -EFBIG;
	for (unsigned i = 0; i < p->n; i++) {
		f[i].code = p->step[i].code;
		f[i].k = p->step[i].k;
		if (BPF_CLASS(f[i].code) == BPF_JMP && (!jump(p, i, p->step[i].yes, &f[i].jt) ||
							!jump(p, i, p->step[i].no, &f[i].jf)))
			return -EFBIG;
	}
	*out = (char *)f;
	*out_len = p->n * sizeof(*f);
	f = NULL;
	return 0;
}

int filter_calls_add(struct filter_calls *c, uint32_t nr, enum filter_label label)
{
	if (c->n == FILTER_CALLS_MAX)
		return -E2BIG;
	c->call[c->n].nr = nr;
	c->call[c->n].label = label;
	c->n++;
	return 0;
}

/* ---- the tree ---- */

/* Where it matters how long the way is: the kernel asks for each of its numbers.  A step
 * for one of them costs it a fortieth of what an instruction more costs. */
enum { NUMBERS = 512, STEP_PRICE = 40, SPANS_MAX = 2 * FILTER_CALLS_MAX + 3 };

/* All numbers in spans of one label each; `at` is of the best first question about the spans
 * from i to j: is it this one (at == i + 1, where j == i + 2), or is it from span `at` on? */
struct tree {
	struct {
		uint32_t first;
		enum filter_label label;
	} span[SPANS_MAX];
	unsigned n;
	unsigned cost[SPANS_MAX][SPANS_MAX], at[SPANS_MAX][SPANS_MAX];
};

static void add_span(struct tree *t, uint32_t first, enum filter_label label)
{
	if (t->n && t->span[t->n - 1].first == first)
		t->n--; /* which was empty */
	if (t->n && t->span[t->n - 1].label == label)
		return;
	t->span[t->n].first = first;
	t->span[t->n].label = label;
	t->n++;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void make_spans(struct tree *t, struct filter_calls *c)
{
	qsort(c->call, c->n, sizeof(*c->call), by_number); /* a call begins with its number */
	add_span(t, 0, FILTER_ALLOW);
	for (unsigned i = 0; i < c->n; i++) {
		add_span(t, c->call[i].nr, c->call[i].label);
		add_span(t, c->call[i].nr + 1, FILTER_ALLOW);
	}
#ifdef __x86_64__
	add_span(t, 0x40000000, FILTER_NOSYS); /* x32, another foreign ABI */
	add_span(t, UINT32_MAX, FILTER_ALLOW); /* no call: a tracer took it away */
#endif
}

static unsigned numbers(const struct tree *t, unsigned i, unsigned j)
{
	uint32_t end = j + 1 < t->n ? t->span[j + 1].first : UINT32_MAX;

	if (t->span[i].first >= NUMBERS)
		return 0;
	return (end < NUMBERS ? end : NUMBERS) - t->span[i].first;
}

/* One number among others that share a label: one comparison finds it. */
static bool is_lone(const struct tree *t, unsigned i, unsigned j)
{
	return j == i + 2 && t->span[i].label == t->span[j].label &&
	       t->span[i + 1].first + 1 == t->span[j].first;
}

static void find_best(struct tree *t, unsigned i, unsigned j)
{
	unsigned best = UINT32_MAX;

	for (unsigned k = i + 1; k <= j; k++) {
		unsigned cost = t->cost[i][k - 1] + t->cost[k][j];

		if (cost < best) {
			best = cost;
			t->at[i][j] = k;
		}
	}
	if (is_lone(t, i, j)) {
		best = 0;
		t->at[i][j] = i + 1;
	}
	t->cost[i][j] = best + numbers(t, i, j) + STEP_PRICE;
}

/* Where to jump to for the spans from i to j. */
static unsigned emit(struct filter_program *p, const struct tree *t, unsigned i, unsigned j)
{
	unsigned here = p->n, k = t->at[i][j], yes, no;

	if (i == j)
		return t->span[i].label;
	if (is_lone(t, i, j)) {
		filter_if(p, BPF_JEQ, t->span[k].first, t->span[k].label, t->span[i].label);
		return FILTER_PLACE + here;
	}
	filter_if(p, BPF_JGE, t->span[k].first, FILTER_NEXT, FILTER_NEXT);
	no = emit(p, t, i, k - 1);
	yes = emit(p, t, k, j);
	if (here < FILTER_MAX) {
		p->step[here].yes = yes;
		p->step[here].no = no;
	}
	return FILTER_PLACE + here;
}

int filter_choose_call(struct filter_program *p, struct filter_calls *c)
{
	VSD_FREE struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	make_spans(t, c);
	for (unsigned width = 1; width < t->n; width++)
		for (unsigned i = 0; i + width < t->n; i++)
			find_best(t, i, i + width);
	(void)emit(p, t, 0, t->n - 1); /* the first instruction of the tree comes next */
	return 0;
}
