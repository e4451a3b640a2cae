#include "pipeline/bench.h"

#include <criterion/criterion.h>
#include <string.h>

static siam_bench_spread spread_of(const double *numbers, size_t count) {
  double copy[64];
  for (size_t i = 0; i < count; i++) copy[i] = numbers[i];
  return siam_bench_spread_of(copy, count);
}

Test(bench_statistics, the_median_is_the_middle_or_the_mean_of_the_middle_two) {
  const siam_bench_spread odd = spread_of((double[]){9, 1, 4}, 3);
  cr_expect_eq(odd.least, 1);
  cr_expect_eq(odd.median, 4);
  cr_expect_eq(odd.most, 9);
  cr_expect_eq(spread_of((double[]){9, 1, 4, 2}, 4).median, 3);
  cr_expect_eq(spread_of((double[]){7}, 1).median, 7);
  cr_expect_eq(spread_of(NULL, 0).median, 0);
}

typedef struct judgement {
  double before[32], after[32];
  size_t before_count, after_count;
} judgement;

static siam_bench_difference judge(const judgement *of, double level, double least) {
  siam_bench_difference difference = {0};
  cr_assert_eq(
      siam_bench_judge(of->before, of->before_count, of->after, of->after_count, level, least, &difference),
      SIAM_OK);
  return difference;
}

Test(bench_statistics, small_samples_have_the_exact_probability_of_their_ranks) {
  // Every after above every before: 2 of the 252 ways to choose five ranks of ten.
  const judgement apart = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}, 5, 5};
  cr_expect_float_eq(judge(&apart, 0.05, 0).probability, 2.0 / 252, 1e-12);
  // SciPy 1.17: mannwhitneyu([1.1, …], [2.9, …], method="exact"), and the example of its documentation.
  const judgement uneven = {{1.1, 2.3, 3.7, 4.9, 6.2, 7.4}, {2.9, 5.1, 6.8, 8.8, 9.9, 10.4, 11.2}, 6, 7};
  cr_expect_float_eq(judge(&uneven, 0.05, 0).probability, 0.05128205128205128, 1e-12);
  const judgement documented = {{19, 22, 16, 29, 24}, {20, 11, 17, 12}, 5, 4};
  cr_expect_float_eq(judge(&documented, 0.05, 0).probability, 1.0 / 9, 1e-12);
}

Test(bench_statistics, ties_and_large_samples_take_the_normal_approximation) {
  // SciPy 1.17: mannwhitneyu(…, method="asymptotic").
  const judgement tied = {{1, 2, 2, 3, 5, 8, 8}, {2, 4, 5, 6, 8, 9, 10, 10}, 7, 8};
  cr_expect_float_eq(judge(&tied, 0.05, 0).probability, 0.1020809611324846, 1e-12);
  judgement large = {.before_count = 25, .after_count = 21};
  for (int i = 0; i < 25; i++) large.before[i] = i;
  for (int i = 0; i < 21; i++) large.after[i] = i + 7.5;
  cr_expect_float_eq(judge(&large, 0.05, 0).probability, 0.016228052783046197, 1e-12);
  const judgement equal = {{3, 3, 3, 3}, {3, 3, 3, 3}, 4, 4};
  cr_expect_eq(judge(&equal, 0.05, 0).probability, 1);
}

Test(bench_statistics, the_verdict_needs_both_ranks_and_medians_apart) {
  const judgement slower = {{1.00, 1.01, 1.02, 1.03, 1.04, 1.05}, {1.20, 1.21, 1.22, 1.23, 1.24, 1.25}, 6, 6};
  judgement faster = {.before_count = 6, .after_count = 6};
  memcpy(faster.before, slower.after, sizeof faster.before);
  memcpy(faster.after, slower.before, sizeof faster.after);
  cr_expect_eq(judge(&slower, 0.01, 0.05).verdict, SIAM_BENCH_SLOWER);
  cr_expect_float_eq(judge(&slower, 0.01, 0.05).ratio, 1.225 / 1.025, 1e-12);
  cr_expect_eq(judge(&faster, 0.01, 0.05).verdict, SIAM_BENCH_FASTER);
  // Ranks apart, but by less than what counts.
  cr_expect_eq(judge(&slower, 0.01, 0.25).verdict, SIAM_BENCH_SAME);
  cr_expect_eq(judge(&faster, 0.01, 0.25).verdict, SIAM_BENCH_SAME);
  // Medians apart, but within the spread.
  const judgement spread = {{1, 2, 1, 2, 1, 2}, {2, 1, 2, 1.9, 2, 1.1}, 6, 6};
  cr_expect_gt(judge(&spread, 0.01, 0.05).ratio, 1.2);
  cr_expect_eq(judge(&spread, 0.01, 0.05).verdict, SIAM_BENCH_SAME);
}

Test(bench_statistics, too_few_samples_tell_nothing_however_far_apart) {
  const judgement few = {{1, 1.1, 1.2}, {100, 101, 102}, 3, 3};
  cr_expect_eq(judge(&few, 0.01, 0.05).verdict, SIAM_BENCH_TOO_FEW);
  cr_expect_eq(judge(&few, 0.2, 0.05).verdict, SIAM_BENCH_SLOWER);
  siam_bench_difference difference;
  cr_expect_eq(siam_bench_judge(NULL, 0, few.after, 3, 0.01, 0.05, &difference), SIAM_ERROR_ARGUMENT);
}

/// A row of a device with 100 FLOP/s, 10 bytes/s and a second to start a kernel.
static siam_bench_limit limit_of(double flops, double bytes, double commands, double seconds) {
  const siam_bench_row row = {
      .flops = flops, .bytes = bytes, .commands = commands, .seconds = {.median = seconds}};
  return siam_bench_find_limit(&row, 100, 10, 1);
}

Test(bench_statistics, the_limit_is_the_longest_of_three_times_unless_none_explains_the_row) {
  cr_expect_eq(limit_of(10000, 100, 1, 110), SIAM_BENCH_ARITHMETIC); // 100 s, 10 s, 1 s
  cr_expect_eq(limit_of(1000, 1000, 1, 110), SIAM_BENCH_MEMORY);     // 10 s, 100 s, 1 s
  cr_expect_eq(limit_of(1000, 100, 100, 110), SIAM_BENCH_OVERHEAD);  // 10 s, 10 s, 100 s
  cr_expect_eq(limit_of(10000, 100, 1, 499), SIAM_BENCH_ARITHMETIC);
  cr_expect_eq(limit_of(10000, 100, 1, 501), SIAM_BENCH_OVERHEAD);
  cr_expect_eq(limit_of(0, 0, 5, 10), SIAM_BENCH_UNKNOWN);
  cr_expect_str_eq(siam_bench_limit_name(SIAM_BENCH_MEMORY), "memory");
  cr_expect_str_eq(siam_bench_limit_name(SIAM_BENCH_UNKNOWN), "");
}
