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
/// distance, of two pictures twice that. Parts count less than 1.5 times.
static const double tolerance = 1.5 * 64 * FLT_EPSILON;

enum { SIDE = 16, PIXELS = SIDE * SIDE, BLOCK = 4, PATCH = 3, MOST_LOOKS = 22 };

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
static double change_of_hidden_blocks(const void *context, int top, int left) {
  (void)context;
  return sqrt(16 + overlap(top, left, 2, 2) - overlap(top, left, 10, 9)) - 4;
}

/// The other picture shows the same, but for the other block.
static double change_of_exchanged_blocks(const void *context, int top, int left) {
  (void)context;
  return sqrt(16 - overlap(top, left, 10, 9)) - 4;
}

Test(occlusion, what_both_have_speaks_for_and_what_one_has_speaks_against) {
  // Both pictures have the block at (2, 2); the first has another at (10, 9), by which they are 4 apart.
  uint8_t first[PIXELS] = {0}, second[PIXELS] = {0};
  float embeddings[PIXELS];
  double hidden[PIXELS], exchanged[PIXELS];
  add_block(first, 2, 2);
  add_block(second, 2, 2);
  add_block(first, 10, 9);
  siam_model *model = siam_test_picture_model(SIDE, 0);
  siam_embedder *embedder = NULL;
  cr_assert_eq(siam_embedder_create(model, 1, &embedder), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_embedder_run(embedder, second, 1, embeddings), SIAM_OK);
  cr_assert_eq(siam_occlusion_patch(SIDE), PATCH);
  const siam_compared compared = {
      .bytes = first, .other_seen = second, .other = embeddings, .factor = 1, .distance = 4};
  cr_assert_eq(siam_occlusion_map(model, &compared, hidden, exchanged), SIAM_OK, "%s", siam_last_error());
  expect_means(hidden, change_of_hidden_blocks, NULL);
  expect_means(exchanged, change_of_exchanged_blocks, NULL);
  cr_assert_eq(siam_occlusion_map(model, &compared, hidden, NULL), SIAM_OK, "%s", siam_last_error());
  expect_means(hidden, change_of_hidden_blocks, NULL);
  size_t most_for = 0, most_against = 0;
  for (size_t i = 0; i < PIXELS; i++) {
    if (hidden[i] > hidden[most_for]) most_for = i;
    if (exchanged[i] < exchanged[most_against]) most_against = i;
  }
  cr_expect(overlap((int)most_for / SIDE, (int)most_for % SIDE, 2, 2) > 0);
  cr_expect(overlap((int)most_against / SIDE, (int)most_against % SIDE, 10, 9) > 0);
  siam_embedder_destroy(embedder);
  siam_model_destroy(model);
  siam_test_device_close();
}

/// A picture, and the looks that were taken at it and at another.
typedef struct looked_at {
  const siam_views *views;
  uint32_t view; ///< Alone, where they are not averaged.
  const uint8_t *bytes;
  uint8_t other[MOST_LOOKS * PIXELS]; ///< From the first on, as many as there are looks.
} looked_at;

static uint32_t count_looks(const looked_at *at) {
  return siam_views_rows(at->views) == 1 ? siam_views_count(at->views) : 1;
}

static void look(const looked_at *at, const uint8_t *bytes, uint8_t *looks) {
  static uint8_t all[MOST_LOOKS * PIXELS];
  cr_assert_eq(siam_views_make(at->views, &shape, bytes, all), SIAM_OK);
  memcpy(looks, all + at->view * PIXELS, count_looks(at) * PIXELS);
}

/// The mean of what looks show, from 0 to 1.
static double mean_of(const looked_at *at, const uint8_t *looks, int pixel) {
  double sum = 0;
  for (uint32_t i = 0; i < count_looks(at); i++) sum += looks[i * PIXELS + pixel] / 255.0;
  return sum / count_looks(at);
}

/// The distance as comparing has it.
static double find_distance(const looked_at *at, const uint8_t *looks) {
  double squares = 0;
  for (int p = 0; p < PIXELS; p++) squares += pow(mean_of(at, looks, p) - mean_of(at, at->other, p), 2);
  return sqrt(squares) * (at->view > 0 ? siam_views_part_factor(at->views) : 1);
}

static double find_change(const looked_at *at, const uint8_t *looks) {
  uint8_t plain[MOST_LOOKS * PIXELS];
  look(at, at->bytes, plain);
  return find_distance(at, looks) - find_distance(at, plain);
}

static void fill(uint8_t *picture, int top, int left, uint8_t shade) {
  for (int y = top; y < top + PATCH; y++) memset(picture + y * SIDE + left, shade, PATCH);
}

/// The picture is black for the most part, so that it is covered with black.
static double change_of_hidden(const void *context, int top, int left) {
  const looked_at *at = context;
  uint8_t covered[PIXELS], looks[MOST_LOOKS * PIXELS];
  memcpy(covered, at->bytes, PIXELS);
  fill(covered, top, left, 0);
  look(at, covered, looks);
  return find_change(at, looks);
}

/// Where a look sees the patch it shows the other picture, in shares where it sees it in part.
static double change_of_exchanged(const void *context, int top, int left) {
  const looked_at *at = context;
  uint8_t mask[PIXELS] = {0}, shares[MOST_LOOKS * PIXELS], looks[MOST_LOOKS * PIXELS];
  fill(mask, top, left, 255);
  look(at, mask, shares);
  look(at, at->bytes, looks);
  for (uint32_t i = 0; i < count_looks(at) * PIXELS; i++)
    looks[i] = (uint8_t)lround(looks[i] + (at->other[i] - looks[i]) * (shares[i] / 255.0));
  return find_change(at, looks);
}

/// Holds the maps of one look, or of all that are averaged, to the distances of pictures covered by hand.
static void expect_maps(siam_model *model, looked_at *at, const char *what) {
  uint8_t plain[MOST_LOOKS * PIXELS];
  float other[PIXELS];
  double hidden[PIXELS], exchanged[PIXELS], lowest = 0;
  for (size_t i = 0; i < sizeof at->other; i++) at->other[i] = (uint8_t)(i * 37 % 101);
  for (int p = 0; p < PIXELS; p++) other[p] = (float)mean_of(at, at->other, p);
  look(at, at->bytes, plain);
  siam_compared compared = {.views = at->views,
                            .view = at->view,
                            .bytes = at->bytes,
                            .other_seen = at->other,
                            .other = other,
                            .factor = at->view > 0 ? siam_views_part_factor(at->views) : 1,
                            .distance = find_distance(at, plain)};
  cr_assert_eq(siam_occlusion_map(model, &compared, hidden, exchanged), SIAM_OK, "%s: %s", what,
               siam_last_error());
  expect_means(hidden, change_of_hidden, at);
  expect_means(exchanged, change_of_exchanged, at);
  for (int p = 0; p < PIXELS; p++) lowest = fmin(lowest, fmin(hidden[p], exchanged[p]));
  cr_expect(lowest < 0 && lowest >= -compared.distance, "%s: %g", what, lowest);
}

/// The maps of every view of a list that has an embedding of its own.
static void expect_maps_of(const char *name) {
  uint8_t picture[PIXELS] = {0};
  siam_model *model = siam_test_picture_model(SIDE, 0);
  static looked_at at;
  at.bytes = picture;
  add_block(picture, 2, 2);
  add_block(picture, 10, 9);
  cr_assert_eq(siam_views_find(name, &at.views), SIAM_OK);
  for (at.view = 0; at.view < siam_views_rows(at.views); at.view++)
    expect_maps(model, &at, at.view > 0 ? siam_views_describe(at.views, at.view) : "the whole");
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(occlusion, the_view_that_was_nearest_is_what_is_explained) {
  expect_maps_of("copies");
}

Test(occlusion, of_looks_that_are_averaged_the_mean_is_explained) {
  expect_maps_of("average");
}

Test(occlusion, what_a_view_leaves_out_says_nothing) {
  uint8_t picture[PIXELS] = {0}, white[PIXELS];
  float other[PIXELS] = {0};
  double maps[2][PIXELS];
  siam_model *model = siam_test_picture_model(SIDE, 0);
  const siam_views *views = NULL;
  add_block(picture, 0, 0);
  add_block(picture, 6, 6);
  memset(white, 255, sizeof white);
  cr_assert_eq(siam_views_find("copies", &views), SIAM_OK);
  cr_assert_str_eq(siam_views_describe(views, 7), "the lower right 70 %");
  const siam_compared compared = {.views = views,
                                  .view = 7,
                                  .bytes = picture,
                                  .other_seen = white,
                                  .other = other,
                                  .factor = 1.25,
                                  .distance = 1};
  cr_assert_eq(siam_occlusion_map(model, &compared, maps[0], maps[1]), SIAM_OK, "%s", siam_last_error());
  // Thirty per cent of 16 pixels are 5, and patches of 3 that begin before the third see nothing of the rest.
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      for (int way = 0; way < 2; way++)
        if (x < 3 || y < 3) cr_expect_eq(maps[way][y * SIDE + x], 0, "at %d, %d", y, x);
  cr_expect_gt(maps[1][8 * SIDE + 8], 0);
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(occlusion, a_patch_fits_any_picture) {
  for (uint32_t side = 1; side < 300; side++) {
    uint32_t patch = siam_occlusion_patch(side);
    cr_expect(patch >= 1 && patch <= side && patch >= side / 5);
  }
}
