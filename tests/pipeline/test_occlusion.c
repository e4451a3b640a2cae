#include "pipeline/occlusion.h"

#include "device_memory.h"
#include "picture_model.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 16, PIXELS = SIDE * SIDE, BLOCK = 4, PATCH = 3 };

static void add_block(uint8_t *picture, int top, int left) {
  for (int y = top; y < top + BLOCK; y++) memset(picture + y * SIDE + left, 255, BLOCK);
}

/// Pixels of the block at (top, left) under the patch at (y, x).
static int overlap(int y, int x, int top, int left) {
  int rows = (y + PATCH < top + BLOCK ? y + PATCH : top + BLOCK) - (y > top ? y : top);
  int columns = (x + PATCH < left + BLOCK ? x + PATCH : left + BLOCK) - (x > left ? x : left);
  return rows > 0 && columns > 0 ? rows * columns : 0;
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
  cr_assert_eq(siam_occlusion_map(model, first, embeddings, heat), SIAM_OK, "%s", siam_last_error());
  size_t most_for = 0, most_against = 0;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      double sum = 0;
      int count = 0;
      // A patch over n pixels of the shared block leaves √(16 + n), over n of the other one √(16 − n).
      for (int top = y - PATCH + 1; top <= y; top++)
        for (int left = x - PATCH + 1; left <= x; left++) {
          if (top < 0 || left < 0 || top > SIDE - PATCH || left > SIDE - PATCH) continue;
          sum += sqrt(16 + overlap(top, left, 2, 2) - overlap(top, left, 10, 9)) - 4;
          count++;
        }
      size_t i = (size_t)(y * SIDE + x);
      // Embeddings are 0 and 1 but for the rounding of v / 255 and of one multiplication.
      cr_expect_float_eq(heat[i], sum / count, 64 * FLT_EPSILON, "at %d, %d", y, x);
      if (heat[i] > heat[most_for]) most_for = i;
      if (heat[i] < heat[most_against]) most_against = i;
    }
  cr_expect(overlap((int)most_for / SIDE, (int)most_for % SIDE, 2, 2) > 0);
  cr_expect(overlap((int)most_against / SIDE, (int)most_against % SIDE, 10, 9) > 0);
  siam_embedder_destroy(embedder);
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(occlusion, a_patch_fits_any_picture) {
  for (uint32_t side = 1; side < 300; side++) {
    uint32_t patch = siam_occlusion_patch(side);
    cr_expect(patch >= 1 && patch <= side && patch >= side / 5);
  }
}
