#include "compare/compare.h"

/// Distance, similarity and verdict, into an object that says of what.
static void set_comparison(json_t *object, const siam_comparison *comparison) {
  bool blank = comparison->blank[0] || comparison->blank[1];
  json_object_set_new(object, "distance", blank ? json_null() : app_json_number(comparison->distance));
  json_object_set_new(object, "similarity", app_json_number(comparison->similarity));
  json_object_set_new(object, "same", json_boolean(comparison->same));
  json_object_set_new(object, "blank", json_boolean(blank));
  for (int i = 0; i < 2; i++) {
    const char *reason = siam_blank_describe(comparison->blank[i]);
    json_object_set_new(object, i == 0 ? "blank_a" : "blank_b",
                        reason != NULL ? json_string(reason) : json_null());
    json_object_set_new(object, i == 0 ? "shown_of_a" : "shown_of_b",
                        comparison->shown[i] != NULL ? json_string(comparison->shown[i]) : json_null());
  }
}

static void set_origin(json_t *object, const compare_subject *subject) {
  json_object_set_new(object, "model", app_model_json(subject->model));
  json_object_set_new(object, "device", app_json_text(subject->device));
}

static void set_threshold(json_t *object, const siam_comparison *comparison) {
  json_object_set_new(object, "threshold", app_json_number(comparison->threshold));
  json_object_set_new(object, "operating_point", json_string(comparison->point));
  json_object_set_new(object, "best_accuracy", app_json_number(comparison->best_accuracy));
  json_object_set_new(object, "calibrated_on_training", json_boolean(comparison->on_training));
}

static json_t *places_json(const siam_telling_place *places) {
  json_t *list = json_array();
  for (int i = 0; i < 2; i++) {
    json_t *place = json_object();
    json_object_set_new(place, "x", json_integer(places[i].x));
    json_object_set_new(place, "y", json_integer(places[i].y));
    json_object_set_new(place, "change", app_json_number(places[i].change));
    json_array_append_new(list, place);
  }
  return list;
}

int compare_print_json(const compare_subject *subject, const siam_comparison *comparison,
                       const siam_explanation *explanation, const char *drawing) {
  json_t *object = json_object();
  json_object_set_new(object, "a", app_json_text(subject->names[0]));
  json_object_set_new(object, "b", app_json_text(subject->names[1]));
  set_comparison(object, comparison);
  set_threshold(object, comparison);
  set_origin(object, subject);
  if (explanation != NULL) {
    json_object_set_new(object, "explanation", app_json_text(drawing));
    json_object_set_new(object, "most_for", places_json(explanation->most_for));
    json_object_set_new(object, "most_against", places_json(explanation->most_against));
  }
  return app_print_json(object);
}

int compare_print_table_json(const compare_subject *subject, const siam_comparison *table) {
  json_t *object = json_object(), *files = json_array(), *pairs = json_array();
  const siam_comparison *next = table;
  for (unsigned i = 0; i < subject->count; i++) {
    json_array_append_new(files, app_json_text(subject->names[i]));
    for (unsigned j = i + 1; j < subject->count; j++) {
      json_t *pair = json_object();
      json_object_set_new(pair, "a", app_json_text(subject->names[i]));
      json_object_set_new(pair, "b", app_json_text(subject->names[j]));
      set_comparison(pair, next++);
      json_array_append_new(pairs, pair);
    }
  }
  json_object_set_new(object, "files", files);
  json_object_set_new(object, "pairs", pairs);
  set_threshold(object, table);
  set_origin(object, subject);
  return app_print_json(object);
}

int compare_print_nearest_json(const compare_subject *subject, const siam_nearest *nearest) {
  json_t *object = json_object(), *list = json_array();
  for (uint32_t i = 0; i < nearest->count; i++) {
    json_t *file = json_object();
    json_object_set_new(file, "file", app_json_text(nearest->near[i].path));
    set_comparison(file, &nearest->near[i].comparison);
    json_array_append_new(list, file);
  }
  json_object_set_new(object, "a", app_json_text(subject->names[0]));
  json_object_set_new(object, "folder", app_json_text(subject->names[1]));
  json_object_set_new(object, "files", json_integer(nearest->files));
  json_object_set_new(object, "broken", json_integer(nearest->broken));
  json_object_set_new(object, "blank_files", json_integer(nearest->blank));
  json_object_set_new(object, "same_files", json_integer(nearest->same));
  json_object_set_new(object, "nearest", list);
  if (nearest->count > 0) set_threshold(object, &nearest->near[0].comparison);
  set_origin(object, subject);
  return app_print_json(object);
}
