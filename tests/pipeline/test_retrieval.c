#include "golden_retrieval.h"
#include "pipeline/class_figures.h"
#include "pipeline/retrieval.h"

#include "base/memory.h"
#include "base/random.h"
#include "pipeline/embedder.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

enum { IMAGES = 60, CLASSES = 11, DIMENSION = 2 };

static float values[IMAGES * DIMENSION];
static uint32_t classes[IMAGES];

/// Classes of several sizes, on a coarse grid so that many distances are equal.
static siam_embeddings draw(uint64_t seed) {
  for (uint32_t i = 0; i < IMAGES; i++) {
    siam_draw word = siam_random(seed, SIAM_STREAM_EVALUATE, 9, i);
    classes[i] = siam_below(word.word[0], CLASSES);
    values[2 * i] = (float)(classes[i] % 4 + siam_below(word.word[1], 3));
    values[2 * i + 1] = (float)(classes[i] / 4 + siam_below(word.word[2], 3));
  }
  return (siam_embeddings){values, IMAGES, DIMENSION};
}

static double distance(uint32_t a, uint32_t b) {
  return siam_squared_distance(values + a * DIMENSION, values + b * DIMENSION, DIMENSION);
}

/// Whether `a` comes before `b` in the answer to `query`: nearer, or as near and wrong while b is right.
static bool comes_before(uint32_t query, uint32_t a, uint32_t b) {
  double to_a = distance(query, a), to_b = distance(query, b);
  return to_a < to_b || (to_a == to_b && classes[a] != classes[query] && classes[b] == classes[query]);
}

/// AP@R and the place of the nearest right picture, by counting who comes before whom.
static double reference(uint32_t query, uint32_t *place_of_first) {
  uint32_t size = 0;
  double sum = 0;
  *place_of_first = UINT32_MAX;
  for (uint32_t i = 0; i < IMAGES; i++) size += i != query && classes[i] == classes[query];
  for (uint32_t i = 0; i < IMAGES; i++) {
    if (i == query || classes[i] != classes[query]) continue;
    uint32_t place = 1, right = 1;
    for (uint32_t j = 0; j < IMAGES; j++) {
      // Right pictures at one distance stand in the order of their numbers.
      bool tie = classes[j] == classes[query] && distance(query, j) == distance(query, i) && j < i;
      bool before = j != query && j != i && (comes_before(query, j, i) || tie);
      place += before;
      right += before && classes[j] == classes[query];
    }
    if (place < *place_of_first) *place_of_first = place;
    if (place <= size) sum += (double)right / place;
  }
  return sum / size;
}

Test(retrieval, figures_equal_those_counted_one_by_one) {
  static const uint32_t ranks[] = {1, 2, 4, 8};
  for (uint64_t seed = 1; seed <= 5; seed++) {
    siam_embeddings embeddings = draw(seed);
    siam_retrieval_detail detail;
    siam_retrieval result;
    cr_assert_eq(siam_retrieval_measure(&embeddings, classes, CLASSES, NULL, &detail, &result), SIAM_OK);
    double precision = 0, found[4] = {0};
    for (uint32_t q = 0; q < detail.query_count; q++) {
      uint32_t first;
      precision += reference(detail.queries[q], &first);
      for (int k = 0; k < 4; k++) found[k] += first <= ranks[k];
      for (uint32_t i = 0; i < IMAGES; i++)
        if (i != detail.queries[q])
          cr_assert_not(i != detail.nearest[q] && comes_before(detail.queries[q], i, detail.nearest[q]));
    }
    // Sums of at most 60 numbers of size 1, in another order.
    cr_expect_float_eq(result.map_at_r.value, precision / detail.query_count, 128 * DBL_EPSILON);
    for (int k = 0; k < 4; k++) {
      cr_expect_eq(result.recalls[k].rank, ranks[k]);
      cr_expect_float_eq(result.recalls[k].recall.value, found[k] / detail.query_count, 128 * DBL_EPSILON);
    }
    cr_expect(result.map_at_r.low <= result.map_at_r.value && result.map_at_r.value <= result.map_at_r.high);
    siam_retrieval_detail_clear(&detail);
  }
}

Test(retrieval, recall_and_map_are_those_of_scikit_learn) {
  siam_embeddings embeddings = {golden_values, GOLDEN_IMAGES, GOLDEN_DIMENSION};
  siam_retrieval_detail detail;
  siam_retrieval result;
  cr_assert_eq(siam_retrieval_measure(&embeddings, golden_classes, GOLDEN_CLASSES, NULL, &detail, &result),
               SIAM_OK);
  for (int k = 0; k < 4; k++)
    cr_expect_float_eq(result.recalls[k].recall.value, golden_recall[k], 1024 * DBL_EPSILON);
  cr_expect_float_eq(result.map_at_r.value, golden_map_at_r, 1024 * DBL_EPSILON);
  siam_mix_up *mix_ups = NULL;
  uint32_t count = 0;
  cr_assert_eq(siam_mix_ups_count(&detail, golden_classes, &mix_ups, &count), SIAM_OK);
  uint32_t matrix[GOLDEN_CLASSES][GOLDEN_CLASSES] = {{0}};
  for (uint32_t i = 0; i < count; i++) matrix[mix_ups[i].truth][mix_ups[i].taken_for] = mix_ups[i].count;
  for (int a = 0; a < GOLDEN_CLASSES; a++)
    for (int b = 0; b < GOLDEN_CLASSES; b++)
      if (a != b) cr_expect_eq(matrix[a][b], golden_confusion[a * GOLDEN_CLASSES + b], "%d %d", a, b);
  siam_free(mix_ups);
  siam_retrieval_detail_clear(&detail);
}

Test(retrieval, a_constant_network_finds_nothing) {
  siam_embeddings embeddings = draw(1);
  for (size_t i = 0; i < IMAGES * DIMENSION; i++) values[i] = 0.5f;
  siam_retrieval_detail detail;
  siam_retrieval result;
  // Eight pictures of other classes stand before the first of the query's own.
  cr_assert_eq(siam_retrieval_measure(&embeddings, classes, CLASSES, NULL, &detail, &result), SIAM_OK);
  cr_expect_eq(result.recalls[3].recall.value, 0);
  cr_expect_eq(result.map_at_r.value, 0);
  siam_retrieval_detail_clear(&detail);
}

Test(retrieval, queries_are_drawn_where_there_are_too_many_and_the_seed_decides_which) {
  siam_embeddings embeddings = draw(2);
  siam_retrieval_detail detail[3];
  siam_retrieval result[3];
  for (uint64_t i = 0; i < 3; i++) {
    siam_retrieval_options options = {.distances = 20 * IMAGES, .seed = i / 2};
    cr_assert_eq(siam_retrieval_measure(&embeddings, classes, CLASSES, &options, &detail[i], &result[i]),
                 SIAM_OK);
    cr_assert_eq(result[i].queries, 20);
  }
  cr_expect_arr_eq(detail[0].queries, detail[1].queries, 20 * sizeof(uint32_t));
  cr_expect_arr_neq(detail[0].queries, detail[2].queries, 20 * sizeof(uint32_t));
  for (int i = 0; i < 3; i++) siam_retrieval_detail_clear(&detail[i]);
}

Test(retrieval, what_cannot_be_measured_is_an_error_that_says_why) {
  const uint32_t single[] = {0, 1, 2}, beyond[] = {0, 0, 3};
  float three[] = {0, 1, 2};
  siam_embeddings embeddings = {three, 3, 1};
  siam_retrieval_detail detail;
  siam_retrieval result;
  cr_expect_eq(siam_retrieval_measure(&embeddings, single, 3, NULL, &detail, &result), SIAM_ERROR_DATA);
  cr_expect_eq(siam_retrieval_measure(&embeddings, beyond, 3, NULL, &detail, &result), SIAM_ERROR_ARGUMENT);
  three[1] = NAN;
  cr_expect_eq(siam_retrieval_measure(&embeddings, single, 3, NULL, &detail, &result), SIAM_ERROR_NUMERIC);
}
