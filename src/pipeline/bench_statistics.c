#include "base/memory.h"
#include "pipeline/bench.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

siam_bench_spread siam_bench_spread_of(double *numbers, size_t count) {
  if (count == 0) return (siam_bench_spread){0};
  qsort(numbers, count, sizeof *numbers, ascending);
  const double middle = (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
  return (siam_bench_spread){.least = numbers[0], .median = middle, .most = numbers[count - 1]};
}

siam_bench_limit siam_bench_find_limit(const siam_bench_row *row, double fma, double copy, double launch) {
  if (row->flops == 0 && row->bytes == 0) return SIAM_BENCH_UNKNOWN;
  const double arithmetic = row->flops / fma, memory = row->bytes / copy, start = row->commands * launch;
  if (fmax(arithmetic, memory) < fmax(start, row->seconds.median / 5)) return SIAM_BENCH_OVERHEAD;
  return arithmetic >= memory ? SIAM_BENCH_ARITHMETIC : SIAM_BENCH_MEMORY;
}

const char *siam_bench_limit_name(siam_bench_limit limit) {
  switch (limit) {
  case SIAM_BENCH_ARITHMETIC:
    return "arithmetic";
  case SIAM_BENCH_MEMORY:
    return "memory";
  case SIAM_BENCH_OVERHEAD:
    return "overhead";
  case SIAM_BENCH_UNKNOWN:
    break;
  }
  return "";
}

/// Small samples are counted out, up to this many in each; beyond, the normal approximation is good to a
/// percent of the probability.
enum { EXACT_MOST = 20 };

/// How many of the ways to choose `m` ranks out of m + n have the rank sum m (m + 1) / 2 + u: the recursion
/// of Mann and Whitney 1947, column by column. `ways` has m·n + 1 places.
static void count_ways(size_t m, size_t n, double *ways) {
  // The Gaussian binomial coefficient: multiply by (1 − q^(n+i)) and divide by (1 − q^i) for i = 1 … m.
  const size_t most = m * n;
  for (size_t u = 0; u <= most; u++) ways[u] = u == 0;
  for (size_t i = 1; i <= m; i++) {
    for (size_t u = most + 1; u-- > n + i;) ways[u] -= ways[u - n - i];
    for (size_t u = i; u <= most; u++) ways[u] += ways[u - i];
  }
}

/// Of all orders of the samples, the share in which U is as far from its mean as `u`, or farther.
static double exact_probability(double u, size_t m, size_t n, double *ways) {
  count_ways(m, n, ways);
  const double mean = (double)m * (double)n / 2, distance = fabs(u - mean);
  double all = 0, far = 0;
  for (size_t k = 0; k <= m * n; k++) {
    all += ways[k];
    if (fabs((double)k - mean) >= distance - 1e-9) far += ways[k];
  }
  return far / all;
}

/// The same by the normal approximation, with the correction for continuity and for ties; `ties` is Σ t³ − t
/// over groups of t equal numbers.
static double normal_probability(double u, size_t m, size_t n, double ties) {
  const double product = (double)m * (double)n, all = (double)(m + n);
  const double variance = product / 12 * (all + 1 - ties / (all * (all - 1)));
  const double distance = fmax(fabs(u - product / 2) - 0.5, 0);
  return variance > 0 ? erfc(distance / sqrt(2 * variance)) : 1;
}

typedef struct ranked {
  double value;
  bool after;
} ranked;

static int by_value(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return ascending(&x->value, &y->value);
}

/// Ranks all samples together, ties sharing the mean of theirs. Returns U of `after`: of how many pairs
/// (before, after) the latter is the greater, ties counting half.
static double rank(ranked *all, size_t count, size_t after_count, double *ties) {
  double sum = 0;
  qsort(all, count, sizeof *all, by_value);
  *ties = 0;
  for (size_t first = 0, end = 0; first < count; first = end) {
    while (end < count && all[end].value == all[first].value) end++;
    const double tied = (double)(end - first), mean_rank = ((double)first + 1 + (double)end) / 2;
    for (size_t i = first; i < end; i++) sum += all[i].after ? mean_rank : 0;
    *ties += tied * tied * tied - tied;
  }
  return sum - (double)after_count * ((double)after_count + 1) / 2;
}

/// Two-sided Mann–Whitney test.
static siam_status test_ranks(const double *before, size_t m, const double *after, size_t n,
                              double *probability) {
  siam_status status = SIAM_OK;
  ranked *all = NULL;
  double *ways = NULL, ties = 0;
  SIAM_TRY_ALLOCATE(all, m + n);
  for (size_t i = 0; i < m; i++) all[i].value = before[i];
  for (size_t i = 0; i < n; i++) all[m + i] = (ranked){after[i], true};
  const double u = rank(all, m + n, n, &ties);
  if (ties == 0 && m <= EXACT_MOST && n <= EXACT_MOST) {
    SIAM_TRY_ALLOCATE(ways, m * n + 1);
    *probability = exact_probability(u, m, n, ways);
  } else {
    *probability = normal_probability(u, m, n, ties);
  }
cleanup:
  siam_free(all);
  siam_free(ways);
  return status;
}

/// The least probability that samples of these sizes can have: two of all the ways to choose.
static double least_probability(size_t m, size_t n) {
  return 2 * exp(lgamma((double)m + 1) + lgamma((double)n + 1) - lgamma((double)(m + n) + 1));
}

static siam_status median_of(const double *numbers, size_t count, double *median) {
  double *sorted = siam_allocate(count, sizeof *sorted);
  if (sorted == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) sorted[i] = numbers[i];
  *median = siam_bench_spread_of(sorted, count).median;
  siam_free(sorted);
  return SIAM_OK;
}

siam_status siam_bench_judge(const double *before, size_t before_count, const double *after,
                             size_t after_count, double level, double least,
                             siam_bench_difference *difference) {
  double old_median = 0, new_median = 0;
  if (before_count == 0 || after_count == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "nothing to compare: one side has no samples");
  SIAM_RETURN_IF_FAILED(median_of(before, before_count, &old_median));
  SIAM_RETURN_IF_FAILED(median_of(after, after_count, &new_median));
  SIAM_RETURN_IF_FAILED(test_ranks(before, before_count, after, after_count, &difference->probability));
  difference->ratio = new_median / old_median;
  difference->verdict = SIAM_BENCH_SAME;
  if (least_probability(before_count, after_count) >= level)
    difference->verdict = SIAM_BENCH_TOO_FEW;
  else if (difference->probability < level && difference->ratio > 1 + least)
    difference->verdict = SIAM_BENCH_SLOWER;
  else if (difference->probability < level && difference->ratio < 1 / (1 + least))
    difference->verdict = SIAM_BENCH_FASTER;
  return SIAM_OK;
}
