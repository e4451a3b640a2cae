#include "base/file.h"
#include "base/memory.h"
#include "pipeline/comparer.h"
#include "pipeline/explain_drawing.h"
#include "pipeline/occlusion.h"

/// Both pictures of a comparison that is explained.
typedef struct explainer {
  siam_comparer *comparer;
  siam_picture_shape shape;
  siam_views_match match; ///< What was compared with what.
  uint8_t *bytes;         ///< The network's input of one of them, [H, W, C].
  siam_heated pictures[2];
} explainer;

/// The place that speaks most for (`sign` 1) or against (−1), of those that show the picture.
static siam_telling_place find_place(const siam_heated *in, double sign) {
  siam_telling_place most = {0};
  const siam_region *to = &in->to;
  uint32_t best_x = to->x, best_y = to->y;
  for (uint32_t y = to->y; y < to->y + to->height; y++)
    for (uint32_t x = to->x; x < to->x + to->width; x++)
      if (sign * in->heat[(size_t)y * in->shape.width + x] >
          sign * in->heat[(size_t)best_y * in->shape.width + best_x])
        best_x = x, best_y = y;
  siam_heated_locate(in, best_x, best_y, &most.x, &most.y);
  most.change = in->heat[(size_t)best_y * in->shape.width + best_x];
  return most;
}

/// Covers one picture before the other, which stays as it was compared.
static siam_status explain_one(explainer *of, int which, const char *path) {
  const siam_comparer *comparer = of->comparer;
  siam_heated *picture = &of->pictures[which];
  const size_t dimensions = (size_t)siam_model_get_info(comparer->model).embedding;
  const uint32_t views[2] = {of->match.a, of->match.b};
  const bool wholes = views[0] == 0 && views[1] == 0;
  // Comparing left the looks at both pictures behind, those at the first in front.
  const float *other = comparer->looks + (which == 0 ? comparer->row : 0) + views[1 - which] * dimensions;
  SIAM_RETURN_IF_FAILED(siam_picture_load_resized(path, &comparer->picture, &of->shape, of->bytes));
  SIAM_RETURN_IF_FAILED(siam_heated_load(path, &comparer->picture, &of->shape, picture));
  picture->outlined = views[which] > 0;
  siam_views_outline(comparer->views, views[which], &of->shape, picture->corners);
  return siam_occlusion_map(comparer->model,
                            &(siam_compared){.views = comparer->views,
                                             .view = views[which],
                                             .bytes = of->bytes,
                                             .picture = picture->to,
                                             .other = other,
                                             .factor = wholes ? 1 : siam_views_part_factor(comparer->views),
                                             .distance = of->match.distance},
                            picture->heat);
}

siam_status siam_explain(siam_comparer *comparer, const char *a, const char *b, const char *output,
                         siam_explanation *explanation) {
  siam_status status = SIAM_OK;
  explainer of = {.comparer = comparer, .shape = siam_model_picture_shape(comparer->model)};
  SIAM_TRY(siam_file_check_place(output));
  SIAM_TRY(siam_file_check_kind(output, 1, "PNG", "PNG picture"));
  SIAM_TRY(siam_compare(comparer, a, b, &explanation->comparison));
  for (int i = 0; i < 2; i++)
    if (explanation->comparison.blank[i])
      SIAM_TRY(siam_fail(SIAM_ERROR_DATA,
                         "%s: is one colour all over, so there is nothing to explain; name another picture",
                         i == 0 ? a : b));
  of.match = siam_views_compare(comparer->views, comparer->looks, comparer->looks + comparer->row,
                                (size_t)siam_model_get_info(comparer->model).embedding);
  SIAM_TRY_ALLOCATE(of.bytes, siam_picture_shape_bytes(&of.shape));
  for (int i = 0; i < 2; i++) {
    SIAM_TRY(explain_one(&of, i, i == 0 ? a : b));
    explanation->most_for[i] = find_place(&of.pictures[i], 1);
    explanation->most_against[i] = find_place(&of.pictures[i], -1);
  }
  SIAM_TRY(siam_heated_draw(of.pictures, output));
cleanup:
  siam_free(of.bytes);
  for (int i = 0; i < 2; i++) siam_heated_clear(&of.pictures[i]);
  return status;
}
