#include "base/file.h"
#include "base/memory.h"
#include "base/outputs.h"
#include "pipeline/comparer.h"
#include "pipeline/explain_drawing.h"
#include "pipeline/occlusion.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/// Both pictures of a comparison that is explained.
typedef struct explainer {
  siam_comparer *comparer;
  siam_picture_shape shape;
  siam_views_match match; ///< What was compared with what.
  uint32_t views[2];      ///< Of each picture, the view.
  uint8_t *bytes[2];      ///< The network's input, [H, W, C].
  uint8_t *seen[2];       ///< What was looked at, [looks, H, W, C].
  double *maps[2];        ///< Of the picture that is covered, [H, W]: hidden, exchanged.
  siam_heated pictures[2];
} explainer;

/// The place where a map is highest (`sign` 1) or lowest (−1), of those that show the picture.
static siam_telling_place find_place(const siam_heated *in, const double *map, double sign) {
  siam_telling_place most = {0};
  const siam_rectangle *to = &in->to;
  size_t best = (size_t)to->y * in->shape.width + to->x;
  for (uint32_t y = to->y; y < to->y + to->height; y++)
    for (uint32_t x = to->x; x < to->x + to->width; x++)
      if (sign * map[(size_t)y * in->shape.width + x] > sign * map[best])
        best = (size_t)y * in->shape.width + x;
  siam_heated_locate(in, (uint32_t)(best % in->shape.width), (uint32_t)(best / in->shape.width), &most.x,
                     &most.y);
  most.change = map[best];
  return most;
}

/// Finds out what was compared with what.
static siam_status prepare(explainer *of, const char *const *paths) {
  siam_status status = SIAM_OK;
  const siam_comparer *comparer = of->comparer;
  const size_t size = siam_picture_shape_bytes(&of->shape);
  // Comparing left both pictures and the looks at them behind, the first in front.
  of->match = siam_views_compare(comparer->views, comparer->looks, comparer->looks + comparer->row,
                                 (size_t)siam_model_get_info(comparer->model).embedding);
  of->views[0] = of->match.a;
  of->views[1] = of->match.b;
  for (int i = 0; i < 2; i++) {
    siam_heated *picture = &of->pictures[i];
    SIAM_TRY_ALLOCATE(of->maps[i], (size_t)of->shape.height * of->shape.width);
    SIAM_TRY_ALLOCATE(of->bytes[i], size);
    SIAM_TRY_ALLOCATE(of->seen[i], siam_occlusion_looks(comparer->views) * size);
    siam_looks_reduce(&comparer->shape, &of->shape, siam_comparer_place(comparer, i, paths[i]).picture, 1,
                      of->bytes[i]);
    SIAM_TRY(siam_occlusion_look(comparer->views, of->views[i], &of->shape, of->bytes[i], of->seen[i]));
    SIAM_TRY(siam_heated_load(paths[i], &comparer->picture, &of->shape, picture));
    picture->outlined = of->views[i] > 0;
    siam_views_outline(comparer->views, of->views[i], &of->shape, picture->corners);
  }
cleanup:
  return status;
}

/// Covers one picture before the other, which stays as it was compared.
static siam_status explain_one(explainer *of, int which, siam_explanation *explanation) {
  const siam_comparer *comparer = of->comparer;
  siam_heated *picture = &of->pictures[which];
  const size_t dimensions = (size_t)siam_model_get_info(comparer->model).embedding;
  const bool wholes = of->views[0] == 0 && of->views[1] == 0;
  const siam_compared compared = {.views = comparer->views,
                                  .view = of->views[which],
                                  .bytes = of->bytes[which],
                                  .picture = picture->to,
                                  .other_seen = of->seen[1 - which],
                                  .other = comparer->looks + (which == 0 ? comparer->row : 0) +
                                           of->views[1 - which] * dimensions,
                                  .factor = wholes ? 1 : siam_views_part_factor(comparer->views),
                                  .distance = of->match.distance};
  // Only views of copies say what lies where: otherwise what speaks against is asked by hiding, too.
  const bool copies = siam_views_rows(comparer->views) > 1;
  const double *hidden = of->maps[0], *against = of->maps[copies ? 1 : 0];
  SIAM_RETURN_IF_FAILED(
      siam_occlusion_map(comparer->model, &compared, of->maps[0], copies ? of->maps[1] : NULL));
  explanation->most_for[which] = find_place(picture, hidden, 1);
  explanation->most_against[which] = find_place(picture, against, -1);
  for (size_t i = 0; i < (size_t)of->shape.height * of->shape.width; i++)
    picture->heat[i] = fmax(0, hidden[i]) + fmin(0, against[i]);
  return SIAM_OK;
}

/// Refuses a name that would mislead about what is in the file, and one whose content would be missed.
static siam_status check_output(const char *output, const char *a, const char *b) {
  const char *const pictures[] = {a, b};
  const char *dot = strrchr(output, '.');
  if (dot == NULL || strcasecmp(dot, ".png") != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: explanations are PNG pictures; end the name in .png", output);
  SIAM_RETURN_IF_FAILED(siam_file_check_place(output));
  for (int i = 0; i < 2; i++)
    SIAM_RETURN_IF_FAILED(
        siam_outputs_check((siam_output[]){{pictures[i], "a picture"}, {output, "what explains it"}}, 2));
  return siam_file_check_kind(output, 1, "PNG", "PNG picture");
}

siam_status siam_explain(siam_comparer *comparer, const char *a, const char *b, const char *output,
                         siam_explanation *explanation) {
  siam_status status = SIAM_OK;
  explainer of = {.comparer = comparer, .shape = siam_model_picture_shape(comparer->model)};
  SIAM_TRY(check_output(output, a, b));
  SIAM_TRY(siam_compare(comparer, a, b, &explanation->comparison));
  for (int i = 0; i < 2; i++)
    if (explanation->comparison.blank[i])
      SIAM_TRY(siam_fail(SIAM_ERROR_DATA, "%s: %s, so there is nothing to explain; name another picture",
                         i == 0 ? a : b, siam_blank_describe(explanation->comparison.blank[i])));
  SIAM_TRY(prepare(&of, (const char *const[]){a, b}));
  for (int i = 0; i < 2; i++) SIAM_TRY(explain_one(&of, i, explanation));
  SIAM_TRY(siam_heated_draw(of.pictures, output));
cleanup:
  for (int i = 0; i < 2; i++) {
    siam_free(of.maps[i]);
    siam_free(of.bytes[i]);
    siam_free(of.seen[i]);
    siam_heated_clear(&of.pictures[i]);
  }
  return status;
}
