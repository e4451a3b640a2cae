// What siamese-train prints about a training, as JSON.
#include "common/json.h"
#include "train/train.h"

static json_t *init_json(const siam_train_report *report) {
  if (arguments.init == NULL) return json_null();
  json_t *object = json_object();
  json_object_set_new(object, "file", app_json_text(arguments.init));
  json_object_set_new(object, "taken", json_integer(report->init_taken));
  json_object_set_new(object, "parameters", json_integer(report->init_parameters));
  return object;
}

/// Figures that this run did not measure are left out.
static void add_figures(json_t *object, const siam_train_report *report) {
  if (arguments.reconstruct != NULL) {
    json_object_set_new(object, "reconstruct", json_string(arguments.reconstruct));
    json_object_set_new(object, "measured_on_training", json_boolean(report->calibrated_on_training));
    json_object_set_new(object, "reconstruction_error", app_json_number(report->reconstruction_error));
    json_object_set_new(object, "mean_picture_error", app_json_number(report->mean_picture_error));
    return;
  }
  json_object_set_new(object, "calibrated_on_training", json_boolean(report->calibrated_on_training));
  json_object_set_new(object, "roc_auc", app_json_number(report->auc));
  json_object_set_new(object, "equal_error_rate", app_json_number(report->eer));
  json_object_set_new(object, "accuracy", app_json_number(report->accuracy));
  json_object_set_new(object, "threshold", app_json_number(report->threshold));
}

int train_print_json(const siam_train_report *report, const char *device) {
  json_t *object = json_object();
  json_object_set_new(object, "model", app_json_text(arguments.output));
  json_object_set_new(object, "device", app_json_text(device));
  json_object_set_new(object, "init", init_json(report));
  json_object_set_new(object, "steps", json_integer(report->steps));
  json_object_set_new(object, "best_step",
                      report->best_step > 0 ? json_integer(report->best_step) : json_null());
  json_object_set_new(object, "batch", json_integer(report->batch));
  json_object_set_new(object, "preparing_seconds", app_json_number(report->preparing_seconds));
  json_object_set_new(object, "seconds", app_json_number(report->seconds));
  json_object_set_new(object, "pairs_per_second", app_json_number(report->pairs_per_second));
  json_object_set_new(object, "images", json_integer(report->images));
  json_object_set_new(object, "classes", json_integer(report->classes));
  json_object_set_new(object, "broken", json_integer(report->broken));
  json_object_set_new(object, "validation_images", json_integer(report->validation_images));
  json_object_set_new(object, "validation_classes", json_integer(report->validation_classes));
  json_object_set_new(object, "validation_common", json_integer(report->validation_common));
  add_figures(object, report);
  json_object_set_new(object, "arena_bytes", json_integer((json_int_t)report->arena_bytes));
  json_object_set_new(object, "separate_bytes", json_integer((json_int_t)report->separate_bytes));
  json_object_set_new(object, "warning",
                      report->warning[0] != '\0' ? app_json_text(report->warning) : json_null());
  json_object_set_new(object, "log_lost_step",
                      report->log_lost_step > 0 ? json_integer(report->log_lost_step) : json_null());
  return app_print_json(object);
}
