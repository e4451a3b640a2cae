#include "pipeline/judge.h"

#include "base/clock.h"
#include "base/memory.h"
#include "pipeline/embedder.h"

siam_status siam_judgement_look(siam_judgement *judgement, siam_telling *telling) {
  const siam_views *views = NULL;
  SIAM_RETURN_IF_FAILED(siam_views_of_model(judgement->model, &views));
  SIAM_RETURN_IF_FAILED(
      siam_looks_take(judgement->model, views, judgement->images, 0, telling, &judgement->looks));
  const bool several = siam_views_rows(views) > 1;
  if (several) SIAM_RETURN_IF_FAILED(siam_looks_copy_whole(&judgement->looks, &judgement->whole));
  judgement->embeddings = several ? judgement->whole : judgement->looks.values;
  return SIAM_OK;
}

siam_status siam_judgement_read(const siam_judgement *judgement, const siam_model *model,
                                siam_telling *telling, siam_images **images) {
  siam_images_options options = {.picture = {.decoders = judgement->options->decoders},
                                 .logger = judgement->options->logger,
                                 .progress = siam_tell,
                                 .progress_context = telling};
  SIAM_RETURN_IF_FAILED(siam_looks_shape(model, &options.shape));
  return siam_images_open(judgement->dataset, &options, images);
}

siam_status siam_judgement_embed(siam_judgement *judgement) {
  const siam_evaluate_options *options = judgement->options;
  siam_telling telling = {options->preparing, options->context, "reading pictures"};
  double start = siam_seconds();
  SIAM_RETURN_IF_FAILED(siam_judgement_read(judgement, judgement->model, &telling, &judgement->images));
  telling.what = "embedding";
  SIAM_RETURN_IF_FAILED(siam_judgement_look(judgement, &telling));
  judgement->seconds = siam_seconds() - start;
  return SIAM_OK;
}

siam_status siam_judgement_open(siam_judgement *judgement, const char *data) {
  siam_dataset_options open = {.allow_outside = judgement->options->allow_outside,
                               .logger = judgement->options->logger};
  SIAM_RETURN_IF_FAILED(siam_dataset_open(data, &open, &judgement->dataset));
  return siam_judgement_embed(judgement);
}

siam_status siam_judgement_measure(const siam_judgement *judgement, uint32_t count, siam_pair_set *pairs) {
  const siam_evaluate_options *options = judgement->options;
  siam_pairs_options draw = {.count = count, .seed = options->seed, .within_parent = options->within_parent};
  siam_telling telling = {options->preparing, options->context, "measuring pairs"};
  return siam_pair_set_measure(judgement->dataset, &draw, &judgement->looks, &telling, pairs);
}

siam_status siam_judgement_pair(siam_judgement *judgement) {
  SIAM_RETURN_IF_FAILED(siam_decision_load(judgement->model, &judgement->decision));
  SIAM_RETURN_IF_FAILED(siam_judgement_measure(judgement, judgement->options->pairs, &judgement->pairs));
  judgement->has_threshold = !judgement->options->fit_threshold && judgement->decision.calibrated;
  if (!judgement->has_threshold) return SIAM_OK;
  return siam_decision_threshold(&judgement->decision, &(siam_compare_options){0}, &judgement->threshold,
                                 NULL, 0);
}

siam_verification_options siam_judgement_verification(const siam_judgement *judgement) {
  return (siam_verification_options){.threshold = judgement->has_threshold ? &judgement->threshold : NULL,
                                     .repetitions = judgement->options->repetitions,
                                     .seed = judgement->options->seed};
}

siam_status siam_judgement_label(siam_judgement *judgement) {
  siam_status status = SIAM_OK;
  const siam_dataset *dataset = judgement->dataset;
  uint32_t images = siam_dataset_count_images(dataset), count = siam_dataset_count_classes(dataset);
  SIAM_TRY_ALLOCATE(judgement->classes, images);
  SIAM_TRY_ALLOCATE(judgement->parents, count);
  for (uint32_t i = 0; i < images; i++) judgement->classes[i] = siam_dataset_get_image_class(dataset, i);
  for (uint32_t c = 0; c < count; c++) judgement->parents[c] = siam_dataset_get_class_parent(dataset, c);
cleanup:
  return status;
}

siam_embeddings siam_judgement_embeddings(const siam_judgement *judgement) {
  return (siam_embeddings){.values = judgement->embeddings,
                           .count = siam_images_count(judgement->images),
                           .dimension = (uint32_t)siam_model_get_info(judgement->model).embedding};
}

siam_status siam_judgement_draw_trials(const siam_judgement *judgement, siam_ratio *by_class,
                                       siam_one_shot *one_shot) {
  const siam_evaluate_options *options = judgement->options;
  uint32_t count = siam_dataset_count_classes(judgement->dataset);
  siam_embeddings embeddings = siam_judgement_embeddings(judgement);
  siam_one_shot_labels labels = {
      .classes = judgement->classes, .class_count = count, .parents = judgement->parents};
  siam_one_shot_options drawing = {.ways = options->ways > 0 ? options->ways
                                           : count < 20      ? count
                                                             : 20,
                                   .trials = options->trials,
                                   .within_parent = options->within_parent,
                                   .repetitions = options->repetitions,
                                   .seed = options->seed};
  siam_status status = siam_one_shot_draw(&embeddings, &labels, &drawing, by_class, one_shot);
  if (status == SIAM_OK) return SIAM_OK;
  return siam_fail_within(status, "%s", siam_dataset_get_path(judgement->dataset));
}

bool siam_judgement_needs_trials(const siam_judgement *judgement) {
  return judgement->options->ways > 0 || judgement->options->trials > 0;
}

void siam_judgement_clear(siam_judgement *judgement) {
  siam_retrieval_detail_clear(&judgement->retrieval);
  siam_pair_set_clear(&judgement->pairs);
  siam_decision_clear(&judgement->decision);
  siam_images_destroy(judgement->images);
  siam_dataset_destroy(judgement->dataset);
  siam_looks_clear(&judgement->looks);
  siam_free(judgement->whole);
  siam_free(judgement->classes);
  siam_free(judgement->parents);
  *judgement = (siam_judgement){.model = judgement->model, .options = judgement->options};
}
