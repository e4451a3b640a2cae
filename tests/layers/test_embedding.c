#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(embedding, .fini = siam_test_device_close);

/// Tokens are the whole numbers 0 … 4 in an irregular order, so most come several times.
static siam_check_options tokens(int images, uint32_t seed) {
  return (siam_check_options){.images = images, .seed = seed, .values = SIAM_VALUES_COARSE, .offset = 2};
}

static void check(const char *text, int images, uint32_t seed) {
  const siam_check_options options = tokens(images, seed);
  siam_check_description(text, &options);
}

Test(embedding, rows_and_their_gradients_equal_the_reference_also_for_tokens_that_come_again) {
  static const struct {
    int images, tokens, vocabulary, features;
  } sizes[] = {{1, 1, 5, 1}, {7, 1, 5, 3}, {1, 9, 5, 17}, {4, 3, 9, 64}, {33, 2, 50, 20}, {2, 2, 5, 130}};
  for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char text[96];
    snprintf(text, sizeof text, "input 1 1 %d\nembedding %d %d\n", sizes[i].tokens, sizes[i].vocabulary,
             sizes[i].features);
    check(text, sizes[i].images, i);
  }
}

Test(embedding, a_token_that_names_no_row_gives_nan_and_adds_nothing) {
  static const struct {
    const char *text;
    float offset; ///< Of whole numbers −2 … 2.
    size_t nan_at;
  } rows[] = {{"input 1 1 6\nembedding 3 4\n", 2, 0},
              {"input 1 1 6\nembedding 3 4\n", 0, 0},
              {"input 1 1 6\nembedding 5 4\n", 2.5F, 0},
              {"input 1 1 6\nembedding 5 4\n", 2, 3}};
  for (int i = 0; i < 4; i++) {
    siam_check_options options = tokens(5, 1);
    options.offset = rows[i].offset;
    options.nan_at = rows[i].nan_at;
    options.no_differences = true;
    siam_check_description(rows[i].text, &options);
  }
}

Test(embedding, an_output_projection_by_the_same_matrix_adds_to_the_same_gradient) {
  check("input 1 1 1\nembedding 5 6 name=e\nlinear 6\ntanh\nlinear 5 weight=e.weight^T\n", 8, 1);
  check("input 1 1 3\nembedding 40 6 name=e\nlinear 6\ntanh\nlinear 40 weight=e.weight^T bias=0\n", 20, 2);
}

Test(embedding, a_transposed_table_reads_and_adds_to_the_columns_of_its_owner) {
  check("input 1 1 1\nembedding 5 6 weight=project.weight^T\nlinear 6\ntanh\nlinear 5 name=project\n", 8, 3);
  check("input 1 1 4\nembedding 7 9 weight=project.weight^T\nlinear 9\ntanh\nlinear 7 name=project\n", 6, 4);
}

/// The same additions in the same order on the host: the result must be equal to the bit.
static void add_in_order(const float *x, const float *dy, int tokens, int vocabulary, int features,
                         float *gradient) {
  for (int i = 0; i < tokens; i++) {
    if (!(x[i] >= 0 && x[i] < (float)vocabulary)) continue;
    for (int c = 0; c < features; c++)
      gradient[(int)x[i] * features + c] += dy[(size_t)i * (size_t)features + (size_t)c];
  }
}

Test(embedding, tokens_are_sorted_in_any_number_and_summed_in_their_order) {
  enum { FEATURES = 3, VOCABULARY = 90, MOST = 1100 };
  // Around one sorted run, whole numbers of runs, and merges of unequal ones.
  static const int counts[] = {1,  2,  15, 16, 17,  31,  32,  33,  47,   48,
                               49, 63, 64, 65, 129, 255, 256, 257, 1000, MOST};
  static float x[MOST], dy[MOST * FEATURES], expected[VOCABULARY * FEATURES], found[VOCABULARY * FEATURES];
  siam_network *network = NULL;
  siam_check_fill(dy, MOST * FEATURES, SIAM_VALUES_SPREAD, 1);
  siam_test_ok(siam_network_create(1, 1, 1, &network));
  siam_test_ok(siam_network_add(network, "embedding 90 3 name=e"));
  siam_test_ok(siam_network_place(network, siam_test_device(), 1));
  for (size_t size = 0; size < sizeof counts / sizeof *counts; size++) {
    const int count = counts[size];
    // Rows in an irregular order, both ends of the table among them, and now and then what names no row.
    for (int i = 0; i < count; i++) x[i] = i % 23 == 7 ? NAN : (float)(i * i % 31 * 3 % (VOCABULARY + 2) - 1);
    memset(expected, 0, sizeof expected);
    add_in_order(x, dy, count, VOCABULARY, FEATURES, expected);
    siam_test_ok(siam_network_clear_gradients(network));
    siam_test_ok(siam_network_forward(network, true, x, count, NULL));
    siam_test_ok(siam_network_backward(network, dy, NULL));
    siam_test_ok(siam_network_read_gradient(network, "e.weight", found));
    for (int i = 0; i < VOCABULARY * FEATURES; i++)
      cr_assert_eq(found[i], expected[i], "%d tokens, row %d: %g, not %g", count, i / FEATURES, found[i],
                   expected[i]);
  }
  siam_network_destroy(network);
}

Test(embedding, sums_repeat_bit_for_bit) {
  enum { TOKENS = 300, FEATURES = 5, VOCABULARY = 3 };
  siam_network *network = NULL;
  float x[TOKENS], dy[TOKENS * FEATURES], first[VOCABULARY * FEATURES], again[VOCABULARY * FEATURES];
  for (int i = 0; i < TOKENS; i++) x[i] = (float)(i * 7 % VOCABULARY);
  siam_check_fill(dy, TOKENS * FEATURES, SIAM_VALUES_SPREAD, 1);
  siam_test_ok(siam_network_create(1, 1, 1, &network));
  siam_test_ok(siam_network_add(network, "embedding 3 5 name=e"));
  siam_test_ok(siam_network_place(network, siam_test_device(), 1));
  for (int round = 0; round < 20; round++) {
    siam_test_ok(siam_network_clear_gradients(network));
    siam_test_ok(siam_network_forward(network, true, x, TOKENS, NULL));
    siam_test_ok(siam_network_backward(network, dy, NULL));
    siam_test_ok(siam_network_read_gradient(network, "e.weight", round == 0 ? first : again));
    if (round > 0) cr_assert(siam_check_same_bits(first, again, VOCABULARY * FEATURES));
  }
  siam_network_destroy(network);
}

Test(embedding, what_does_not_fit_is_refused_with_the_way_out) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", "input 4 6 1\nembedding 3 3\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "put 'flatten' before it"), "%s", siam_last_error());
  cr_expect_neq(siam_description_parse("the test", "input 1 1 1\nembedding 3\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "'features' must be given"), "%s", siam_last_error());
  cr_expect_neq(
      siam_description_parse("the test", "input 1 16384 8\nflatten\nembedding 3 60000\n", NULL, &network),
      SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "too many numbers"), "%s", siam_last_error());
}
