#include "eval/eval.h"

json_t *eval_figure_json(const siam_figure *figure) {
  json_t *object = json_object();
  json_object_set_new(object, "value", app_json_number(figure->value));
  json_object_set_new(object, "low", app_json_number(figure->low));
  json_object_set_new(object, "high", app_json_number(figure->high));
  return object;
}

static json_t *verification_json(const siam_verification *verification) {
  json_t *object = json_object(), *rates = json_array();
  json_object_set_new(object, "same_pairs", json_integer((json_int_t)verification->same_pairs));
  json_object_set_new(object, "different_pairs", json_integer((json_int_t)verification->different_pairs));
  json_object_set_new(object, "threshold", app_json_number(verification->threshold));
  json_object_set_new(object, "accuracy", eval_figure_json(&verification->accuracy));
  json_object_set_new(object, "roc_auc", eval_figure_json(&verification->auc));
  json_object_set_new(object, "equal_error_rate", eval_figure_json(&verification->eer));
  for (uint32_t i = 0; i < verification->rate_count; i++) {
    const siam_tar_at_far *rate = &verification->rates[i];
    json_t *row = json_object();
    json_object_set_new(row, "far", app_json_number(rate->rate));
    json_object_set_new(row, "tar", rate->supported ? eval_figure_json(&rate->tar) : json_null());
    json_array_append_new(rates, row);
  }
  json_object_set_new(object, "tar_at_far", rates);
  return object;
}

static json_t *one_shot_json(const siam_one_shot *one_shot) {
  json_t *object = json_object();
  json_object_set_new(object, "ways", json_integer(one_shot->ways));
  json_object_set_new(object, "trials", json_integer(one_shot->trials));
  json_object_set_new(object, "runs", json_integer(one_shot->runs));
  json_object_set_new(object, "accuracy", eval_figure_json(&one_shot->accuracy));
  return object;
}

static json_t *retrieval_json(const siam_retrieval *retrieval) {
  json_t *object = json_object(), *recalls = json_array();
  json_object_set_new(object, "queries", json_integer(retrieval->queries));
  json_object_set_new(object, "classes", json_integer(retrieval->classes));
  for (uint32_t i = 0; i < SIAM_RECALL_RANKS; i++) {
    json_t *row = json_object();
    json_object_set_new(row, "k", json_integer(retrieval->recalls[i].rank));
    json_object_set_new(row, "recall", eval_figure_json(&retrieval->recalls[i].recall));
    json_array_append_new(recalls, row);
  }
  json_object_set_new(object, "recall_at_k", recalls);
  json_object_set_new(object, "map_at_r", eval_figure_json(&retrieval->map_at_r));
  return object;
}

static json_t *classes_json(const siam_evaluation *evaluation) {
  json_t *list = json_array();
  for (uint32_t c = 0; c < evaluation->classes; c++) {
    const siam_class_figures *figures = &evaluation->class_figures[c];
    json_t *row = json_object();
    json_object_set_new(row, "class", app_json_text(figures->name));
    json_object_set_new(row, "pictures", json_integer(figures->pictures));
    json_object_set_new(row, "queries", json_integer(figures->queries));
    json_object_set_new(row, "recall_at_1", app_json_number(figures->recall_at_1));
    json_object_set_new(row, "map_at_r", app_json_number(figures->map_at_r));
    json_object_set_new(row, "mistaken", json_integer(figures->mistaken));
    json_object_set_new(row, "confused_with",
                        figures->confused_with != NULL ? app_json_text(figures->confused_with) : json_null());
    json_object_set_new(row, "confused", json_integer(figures->confused));
    json_array_append_new(list, row);
  }
  return list;
}

static json_t *leakage_json(const siam_leakage *leakage) {
  json_t *object = json_object(), *list = json_array();
  json_object_set_new(object, "training_images", json_integer(leakage->training_images));
  json_object_set_new(object, "exact", json_integer(leakage->exact));
  json_object_set_new(object, "near", json_integer(leakage->near));
  json_object_set_new(object, "alike", json_integer(leakage->alike));
  json_object_set_new(object, "alike_by", json_string(leakage->by_default_model ? "default" : "model"));
  for (uint32_t i = 0; i < leakage->leak_count; i++) {
    const siam_leak *leak = &leakage->leaks[i];
    json_t *row = json_object();
    json_object_set_new(row, "path", app_json_text(leak->path));
    json_object_set_new(row, "training_path", app_json_text(leak->training_path));
    json_object_set_new(row, "kind", json_string(siam_leak_kind_name(leak->kind)));
    json_object_set_new(row, "distance", app_json_number(leak->distance));
    json_object_set_new(row, "correlation", app_json_number(leak->correlation));
    for (int shown = 0; shown < 2; shown++)
      json_object_set_new(row, shown == 0 ? "shown_of_test" : "shown_of_training",
                          leak->shown[shown] != NULL ? json_string(leak->shown[shown]) : json_null());
    json_array_append_new(list, row);
  }
  json_object_set_new(object, "leaks", list);
  return object;
}

int eval_print_json(const siam_evaluation *evaluation, const eval_subject *subject) {
  json_t *object = json_object();
  json_object_set_new(object, "model", app_model_json(subject->model));
  json_object_set_new(object, "data", app_json_text(subject->data));
  json_object_set_new(object, "device", app_json_text(subject->device));
  json_object_set_new(object, "images", json_integer(evaluation->images));
  json_object_set_new(object, "broken", json_integer(evaluation->broken));
  json_object_set_new(object, "classes", json_integer(evaluation->classes));
  json_object_set_new(object, "rate_different_pairs",
                      json_integer((json_int_t)evaluation->rate_different_pairs));
  json_object_set_new(object, "verification",
                      evaluation->has_verification ? verification_json(&evaluation->verification)
                                                   : json_null());
  json_object_set_new(object, "one_shot",
                      evaluation->has_one_shot ? one_shot_json(&evaluation->one_shot) : json_null());
  json_object_set_new(object, "retrieval",
                      evaluation->has_retrieval ? retrieval_json(&evaluation->retrieval) : json_null());
  json_object_set_new(object, "per_class",
                      subject->per_class && evaluation->has_retrieval ? classes_json(evaluation)
                                                                      : json_null());
  json_object_set_new(object, "leakage",
                      evaluation->has_leakage ? leakage_json(&evaluation->leakage) : json_null());
  json_object_set_new(object, "calibration_error", app_json_number(evaluation->calibration_error));
  json_object_set_new(object, "seconds", app_json_number(evaluation->seconds));
  return app_print_json(object);
}
