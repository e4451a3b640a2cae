#include "pipeline/comparer.h"

#include "base/memory.h"
#include "data/blank.h"

#include <math.h>
#include <string.h>

siam_status siam_comparer_create(siam_model *model, const siam_compare_options *options,
                                 siam_comparer **comparer) {
  static const siam_compare_options standard;
  siam_status status = SIAM_OK;
  siam_comparer *made = NULL;
  if (options == NULL) options = &standard;
  SIAM_TRY_ALLOCATE(made, 1);
  made->model = model;
  made->picture.decoders = options->decoders;
  SIAM_TRY(siam_decision_load(model, &made->decision));
  SIAM_TRY(
      siam_decision_threshold(&made->decision, options, &made->threshold, made->point, sizeof made->point));
  siam_picture_shape shape = siam_model_picture_shape(model);
  SIAM_TRY_ALLOCATE(made->bytes, siam_picture_shape_bytes(&shape));
  SIAM_TRY(siam_views_of_model(model, &made->views));
  if (siam_views_look_closer(made->views)) SIAM_TRY(siam_closer_look_of_model(model, &made->closer));
  SIAM_TRY(siam_looks_shape(model, &made->shape));
  SIAM_TRY_ALLOCATE(made->pictures, 2 * siam_picture_shape_bytes(&made->shape));
  uint32_t views = siam_views_count(made->views);
  const size_t dimensions = (size_t)siam_model_get_info(model).embedding;
  made->row = siam_views_rows(made->views) * dimensions;
  SIAM_TRY_ALLOCATE(made->cut, views * siam_picture_shape_bytes(&shape));
  SIAM_TRY_ALLOCATE(made->looks, 2 * made->row);
  SIAM_TRY_ALLOCATE(made->each, views * dimensions);
  SIAM_TRY(siam_embedder_create(model, views, &made->embedder));
  *comparer = made;
  made = NULL;
cleanup:
  siam_comparer_destroy(made);
  return status;
}

void siam_comparer_destroy(siam_comparer *comparer) {
  if (comparer == NULL) return;
  siam_embedder_destroy(comparer->embedder);
  siam_decision_clear(&comparer->decision);
  siam_free(comparer->bytes);
  siam_free(comparer->cut);
  siam_free(comparer->pictures);
  siam_free(comparer->looks);
  siam_free(comparer->each);
  siam_free(comparer);
}

const char *siam_blank_describe(siam_blank blank) {
  static const char *const texts[] = {
      [SIAM_BLANK_ONE_COLOUR] = "is one colour all over",
      [SIAM_BLANK_NEARLY] = "shows next to nothing beside one colour",
      [SIAM_BLANK_COLOURS] = "shows next to nothing without its colours, which its network does not see"};
  return blank < sizeof texts / sizeof *texts ? texts[blank] : NULL;
}

/// Why a picture shows nothing to the network: looks at all of it, in colour.
static siam_status find_reason(const siam_comparer *comparer, const char *path, siam_blank *blank) {
  siam_status status = SIAM_OK;
  siam_picture whole = {0};
  uint8_t *coloured = NULL;
  siam_picture_shape shape = siam_model_picture_shape(comparer->model);
  const bool in_colour = shape.channels == 3;
  shape.channels = 3;
  SIAM_TRY(siam_picture_load(path, &comparer->picture, &whole));
  SIAM_TRY_ALLOCATE(coloured, siam_picture_shape_bytes(&shape));
  SIAM_TRY(siam_picture_resize(&whole, &shape, coloured));
  *blank = siam_picture_is_one_colour(&whole)                     ? SIAM_BLANK_ONE_COLOUR
           : in_colour || siam_pixels_are_blank(coloured, &shape) ? SIAM_BLANK_NEARLY
                                                                  : SIAM_BLANK_COLOURS;
cleanup:
  siam_free(coloured);
  siam_picture_clear(&whole);
  return status;
}

siam_status siam_comparer_look(siam_comparer *comparer, siam_compared_picture *look) {
  siam_picture_shape shape = siam_model_picture_shape(comparer->model);
  look->blank = SIAM_BLANK_NOT;
  SIAM_RETURN_IF_FAILED(
      siam_picture_load_resized(look->path, &comparer->picture, &comparer->shape, look->picture));
  siam_looks_reduce(&comparer->shape, &shape, look->picture, 1, comparer->bytes);
  if (comparer->model->refuses_blank && siam_pixels_are_blank(comparer->bytes, &shape)) {
    memset(look->values, 0, comparer->row * sizeof *look->values);
    return find_reason(comparer, look->path, &look->blank);
  }
  SIAM_RETURN_IF_FAILED(siam_views_make(comparer->views, &shape, comparer->bytes, comparer->cut));
  const uint32_t views = siam_views_count(comparer->views);
  if (siam_views_rows(comparer->views) == views)
    return siam_embedder_run(comparer->embedder, comparer->cut, views, look->values);
  SIAM_RETURN_IF_FAILED(siam_embedder_run(comparer->embedder, comparer->cut, views, comparer->each));
  siam_views_average(comparer->views, siam_network_has_unit_length(comparer->model->network), comparer->each,
                     comparer->row, look->values);
  return SIAM_OK;
}

siam_compared_picture siam_comparer_place(const siam_comparer *comparer, int place, const char *path) {
  const size_t size = siam_picture_shape_bytes(&comparer->shape);
  return (siam_compared_picture){.path = path,
                                 .values = comparer->looks + (size_t)place * comparer->row,
                                 .picture = comparer->pictures + (size_t)place * size};
}

siam_status siam_comparer_embed(siam_comparer *comparer, const char *path, float *embedding) {
  siam_compared_picture look = siam_comparer_place(comparer, 0, path);
  SIAM_RETURN_IF_FAILED(siam_comparer_look(comparer, &look));
  memcpy(embedding, look.values, (size_t)siam_model_get_info(comparer->model).embedding * sizeof *embedding);
  return SIAM_OK;
}

siam_status siam_comparer_judge(const siam_comparer *comparer, const siam_compared_picture *a,
                                const siam_compared_picture *b, siam_comparison *comparison) {
  size_t dimensions = (size_t)siam_model_get_info(comparer->model).embedding;
  const siam_decision *decision = &comparer->decision;
  siam_views_match match = siam_views_compare(comparer->views, a->values, b->values, dimensions);
  SIAM_RETURN_IF_FAILED(siam_closer_look_take(&comparer->closer, comparer->views, &comparer->shape,
                                              a->picture, b->picture, &match));
  *comparison = (siam_comparison){
      .distance = match.distance,
      .shown = {siam_views_describe(comparer->views, match.a), siam_views_describe(comparer->views, match.b)},
      .similarity = NAN,
      .threshold = comparer->threshold,
      .best_accuracy = decision->calibrated ? decision->points.points[0].threshold : NAN,
      .on_training = decision->on_training,
      .blank = {a->blank, b->blank}};
  if (!isfinite(comparison->distance))
    return siam_fail(SIAM_ERROR_NUMERIC, "%s, %s: the distance is not finite; the model is damaged", a->path,
                     b->path);
  for (size_t i = 0; i < sizeof comparison->point; i++) comparison->point[i] = comparer->point[i];
  if (comparison->blank[0] || comparison->blank[1]) return SIAM_OK;
  comparison->same = comparison->distance <= comparison->threshold;
  if (decision->calibrated)
    comparison->similarity = siam_calibration_evaluate(&decision->calibration, comparison->distance);
  return SIAM_OK;
}

siam_status siam_compare(siam_comparer *comparer, const char *a, const char *b, siam_comparison *comparison) {
  siam_compared_picture first = siam_comparer_place(comparer, 0, a);
  siam_compared_picture second = siam_comparer_place(comparer, 1, b);
  SIAM_RETURN_IF_FAILED(siam_comparer_look(comparer, &first));
  SIAM_RETURN_IF_FAILED(siam_comparer_look(comparer, &second));
  return siam_comparer_judge(comparer, &first, &second, comparison);
}
