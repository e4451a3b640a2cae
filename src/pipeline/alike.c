#include "pipeline/alike.h"

#include "data/parallel.h"
#include "pipeline/embedder.h"

typedef struct alike_search {
  siam_model *model; ///< The default one, where it looks; else NULL.
  siam_looks own[2]; ///< What it sees.
  const siam_looks *looks[2];
  double threshold;
  const bool *skip;
  siam_alike *found;
} alike_search;

static siam_status take_threshold(const siam_model *model, bool *calibrated, double *threshold) {
  siam_decision decision = {0};
  siam_status status = siam_decision_load(model, &decision);
  *calibrated = status == SIAM_OK && decision.calibrated;
  if (*calibrated)
    status = siam_decision_threshold(&decision, &(siam_compare_options){0}, threshold, NULL, 0);
  siam_decision_clear(&decision);
  return status;
}

/// Reads the pictures of a set again, at the size that the default model wants, and embeds them.
static siam_status look_again(siam_model *model, const siam_judgement *set, siam_looks *looks) {
  const siam_evaluate_options *options = set->options;
  const siam_views *views = NULL;
  siam_images *images = NULL;
  siam_telling telling = {options->preparing, options->context, "looking for edited copies"};
  SIAM_RETURN_IF_FAILED(siam_views_of_model(model, &views));
  SIAM_RETURN_IF_FAILED(siam_judgement_read(set, model, &telling, &images));
  siam_status status = SIAM_OK;
  if (siam_images_count(images) == siam_images_count(set->images))
    status = siam_looks_take(model, views, images, 0, &telling, looks);
  else
    status = siam_fail(SIAM_ERROR_DATA, "%s: changed while it was read: %u pictures, then %u",
                       siam_dataset_get_path(set->dataset), siam_images_count(set->images),
                       siam_images_count(images));
  siam_images_destroy(images);
  return status;
}

static siam_status look(alike_search *search, const siam_judgement *first, const siam_judgement *second) {
  const siam_judgement *sets[] = {first, second};
  bool calibrated = false;
  if (siam_views_rows(first->looks.views) > 1)
    SIAM_RETURN_IF_FAILED(take_threshold(first->model, &calibrated, &search->threshold));
  for (int i = 0; i < 2; i++) search->looks[i] = calibrated ? &sets[i]->looks : &search->own[i];
  if (calibrated) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_model_load_default(first->model->device, &search->model));
  SIAM_RETURN_IF_FAILED(take_threshold(search->model, &calibrated, &search->threshold));
  for (int i = 0; i < 2; i++) SIAM_RETURN_IF_FAILED(look_again(search->model, sets[i], &search->own[i]));
  return SIAM_OK;
}

/// Keeps the nearest within the threshold; of equal ones the first. What shows nothing is like all such, and
/// like the part of a picture that shows nothing, whatever an edit did.
static siam_status find(void *context, uint32_t image) {
  const alike_search *search = context;
  const siam_views *views = search->looks[0]->views;
  const size_t dimensions = search->looks[0]->dimensions;
  const float *a = siam_looks_of(search->looks[0], image);
  siam_alike *found = &search->found[image];
  *found = (siam_alike){.other = UINT32_MAX};
  if (search->skip[image] || search->looks[0]->blank[image]) return SIAM_OK;
  double nearest = search->threshold;
  for (uint32_t i = 0; i < search->looks[1]->count; i++) {
    if (search->looks[1]->blank[i]) continue;
    const float *b = siam_looks_of(search->looks[1], i);
    // A little more than the square, which may have been rounded down.
    if (!siam_views_may_be_near(views, a, b, dimensions, nearest * nearest * (1 + 1e-12))) continue;
    siam_views_match match;
    SIAM_RETURN_IF_FAILED(siam_looks_compare(search->looks[0], image, search->looks[1], i, nearest, &match));
    if (!(match.distance <= nearest) || (found->other != UINT32_MAX && match.distance == nearest)) continue;
    nearest = match.distance;
    *found =
        (siam_alike){i, nearest, {siam_views_describe(views, match.a), siam_views_describe(views, match.b)}};
  }
  return SIAM_OK;
}

siam_status siam_alike_find(const siam_judgement *first, const siam_judgement *second, const bool *skip,
                            siam_alike *found, bool *by_default) {
  siam_status status = SIAM_OK;
  alike_search search = {.skip = skip, .found = found};
  siam_telling telling = {first->options->preparing, first->options->context, "looking for edited copies"};
  SIAM_TRY(look(&search, first, second));
  *by_default = search.model != NULL;
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = search.looks[0]->count,
                                              .task = find,
                                              .context = &search,
                                              .progress = siam_tell,
                                              .progress_context = &telling}));
cleanup:
  for (int i = 0; i < 2; i++) siam_looks_clear(&search.own[i]);
  siam_model_destroy(search.model);
  return status;
}
