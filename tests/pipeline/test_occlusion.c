#include "pipeline/occlusion.h"

#include "device_memory.h"
#include "picture_model.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Embeddings are the pictures themselves, values from 0 to 1 that are right but for the rounding of v / 255
/// and of one multiplication, two units of FLT_EPSILON; of 256 numbers that is 16 times as much in the
/// distance, of two pictures twice that. Parts count 1.25 times.
static const double tolerance = 1.25 * 64 * FLT_EPSILON;

enum { SIDE = 16, PIXELS = SIDE * SIDE, BLOCK = 4, PATCH = 3, MOST_LOOKS = 13 };

static const siam_picture_shape shape = {.height = SIDE, .width = SIDE, .channels = 1};

static void add_block(uint8_t *picture, int top, int left) {
  for (int y = top; y < top + BLOCK; y++) memset(picture + y * SIDE + left, 255, BLOCK);
}

/// Pixels of the block at (top, left) under the patch at (y, x).
static int overlap(int y, int x, int top, int left) {
  int rows = (y + PATCH < top + BLOCK ? y + PATCH : top + BLOCK) - (y > top ? y : top);
  int columns = (x + PATCH < left + BLOCK ? x + PATCH : left + BLOCK) - (x > left ? x : left);
  return rows > 0 && columns > 0 ? rows * columns : 0;
}

/// What covering the patch at (top, left) changes.
typedef double covered_change(const void *context, int top, int left);

/// Holds the heat at every pixel to the mean of what all patches on it change.
static void expect_means(const double *heat, covered_change *change, const void *context) {
  double sums[PIXELS] = {0};
  int counts[PIXELS] = {0};
  for (int top = 0; top <= SIDE - PATCH; top++)
    for (int left = 0; left <= SIDE - PATCH; left++) {
      double changed = change(context, top, left);
      for (int p = 0; p < PATCH * PATCH; p++) {
        sums[(top + p / PATCH) * SIDE + left + p % PATCH] += changed;
        counts[(top + p / PATCH) * SIDE + left + p % PATCH]++;
      }
    }
  for (int i = 0; i < PIXELS; i++)
    cr_expect_float_eq(heat[i], sums[i] / counts[i], tolerance, "at %d, %d: %.9g for %.9g", i / SIDE,
                       i % SIDE, heat[i], sums[i] / counts[i]);
}

/// A patch over n pixels of the shared block leaves √(16 + n), over n of the other one √(16 − n).
static double change_of_blocks(const void *context, int top, int left) {
  (void)context;
  return sqrt(16 + overlap(top, left, 2, 2) - overlap(top, left, 10, 9)) - 4;
}

Test(occlusion, what_both_have_speaks_for_and_what_one_has_speaks_against) {
  // Both pictures have the block at (2, 2); the first has another at (10, 9), by which they are 4 apart.
  uint8_t first[PIXELS] = {0}, second[PIXELS] = {0};
  float embeddings[PIXELS];
  double heat[PIXELS];
  add_block(first, 2, 2);
  add_block(second, 2, 2);
  add_block(first, 10, 9);
  siam_model *model = siam_test_picture_model(SIDE, 0);
  siam_embedder *embedder = NULL;
  cr_assert_eq(siam_embedder_create(model, 1, &embedder), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_embedder_run(embedder, second, 1, embeddings), SIAM_OK);
  cr_assert_eq(siam_occlusion_patch(SIDE), PATCH);
  cr_assert_eq(
      siam_occlusion_map(
          model, &(siam_compared){.bytes = first, .other = embeddings, .factor = 1, .distance = 4}, heat),
      SIAM_OK, "%s", siam_last_error());
  expect_means(heat, change_of_blocks, NULL);
  size_t most_for = 0, most_against = 0;
  for (size_t i = 0; i < PIXELS; i++) {
    if (heat[i] > heat[most_for]) most_for = i;
    if (heat[i] < heat[most_against]) most_against = i;
  }
  cr_expect(overlap((int)most_for / SIDE, (int)most_for % SIDE, 2, 2) > 0);
  cr_expect(overlap((int)most_against / SIDE, (int)most_against % SIDE, 10, 9) > 0);
  siam_embedder_destroy(embedder);
  siam_model_destroy(model);
  siam_test_device_close();
}

/// A picture, the looks that were taken at it, and the numbers that they were held against.
typedef struct looked_at {
  const siam_views *views;
  uint32_t view; ///< Alone, where they are not averaged.
  const uint8_t *bytes;
  double other[PIXELS];
} looked_at;

/// The distance as comparing has it, from every look at a picture.
static double find_distance(const looked_at *at, const uint8_t *bytes) {
  static uint8_t looks[MOST_LOOKS * PIXELS];
  const bool averaged = siam_views_rows(at->views) == 1;
  const uint32_t count = siam_views_count(at->views);
  double squares = 0;
  cr_assert_eq(siam_views_make(at->views, &shape, bytes, looks), SIAM_OK);
  for (int p = 0; p < PIXELS; p++) {
    double seen = 0;
    for (uint32_t i = 0; averaged && i < count; i++) seen += looks[i * PIXELS + p] / 255.0 / count;
    if (!averaged) seen = looks[at->view * PIXELS + p] / 255.0;
    squares += (seen - at->other[p]) * (seen - at->other[p]);
  }
  return sqrt(squares) * (at->view > 0 ? siam_views_part_factor(at->views) : 1);
}

/// The picture is black for the most part, so that it is covered with black.
static double change_of_looks(const void *context, int top, int left) {
  const looked_at *at = context;
  uint8_t covered[PIXELS];
  memcpy(covered, at->bytes, PIXELS);
  for (int y = top; y < top + PATCH; y++) memset(covered + y * SIDE + left, 0, PATCH);
  return find_distance(at, covered) - find_distance(at, at->bytes);
}

/// Holds the map of one look, or of all that are averaged, to the distances of pictures covered by hand.
static void expect_map(siam_model *model, looked_at *at, const char *what) {
  float other[PIXELS];
  double heat[PIXELS], lowest = 0;
  for (int p = 0; p < PIXELS; p++) at->other[p] = other[p] = (float)((p * 37 % 101) / 101.0);
  siam_compared compared = {.views = at->views,
                            .view = at->view,
                            .bytes = at->bytes,
                            .other = other,
                            .factor = at->view > 0 ? siam_views_part_factor(at->views) : 1,
                            .distance = find_distance(at, at->bytes)};
  cr_assert_eq(siam_occlusion_map(model, &compared, heat), SIAM_OK, "%s: %s", what, siam_last_error());
  expect_means(heat, change_of_looks, at);
  for (int p = 0; p < PIXELS; p++) lowest = fmin(lowest, heat[p]);
  cr_expect_geq(lowest, -compared.distance, "%s", what);
}

Test(occlusion, the_view_that_was_nearest_is_what_is_explained) {
  uint8_t picture[PIXELS] = {0};
  siam_model *model = siam_test_picture_model(SIDE, 0);
  looked_at at = {.bytes = picture};
  add_block(picture, 2, 2);
  add_block(picture, 10, 9);
  cr_assert_eq(siam_views_find("copies", &at.views), SIAM_OK);
  for (at.view = 0; at.view < siam_views_count(at.views); at.view++)
    expect_map(model, &at, at.view > 0 ? siam_views_describe(at.views, at.view) : "the whole");
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(occlusion, of_looks_that_are_averaged_the_mean_is_explained) {
  uint8_t picture[PIXELS] = {0};
  siam_model *model = siam_test_picture_model(SIDE, 0);
  looked_at at = {.bytes = picture};
  add_block(picture, 2, 2);
  add_block(picture, 10, 9);
  cr_assert_eq(siam_views_find("average", &at.views), SIAM_OK);
  expect_map(model, &at, "average");
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(occlusion, what_a_view_leaves_out_says_nothing) {
  uint8_t picture[PIXELS] = {0};
  float other[PIXELS] = {0};
  double heat[PIXELS];
  siam_model *model = siam_test_picture_model(SIDE, 0);
  const siam_views *views = NULL;
  add_block(picture, 0, 0);
  add_block(picture, 6, 6);
  cr_assert_eq(siam_views_find("copies", &views), SIAM_OK);
  cr_assert_str_eq(siam_views_describe(views, 7), "the lower right 70 %");
  siam_compared compared = {
      .views = views, .view = 7, .bytes = picture, .other = other, .factor = 1.25, .distance = 1};
  cr_assert_eq(siam_occlusion_map(model, &compared, heat), SIAM_OK, "%s", siam_last_error());
  // Thirty per cent of 16 pixels are 5, and patches of 3 that begin before the third see nothing of the rest.
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      if (x < 3 || y < 3) cr_expect_eq(heat[y * SIDE + x], 0, "at %d, %d", y, x);
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(occlusion, a_patch_fits_any_picture) {
  for (uint32_t side = 1; side < 300; side++) {
    uint32_t patch = siam_occlusion_patch(side);
    cr_expect(patch >= 1 && patch <= side && patch >= side / 5);
  }
}
