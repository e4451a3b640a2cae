#include "common/message.h"
#include "common/table.h"
#include "eval/eval.h"

#include <math.h>
#include <stdio.h>

/// What the interval of a difference comes to, in a word.
static const char *verdict_of(const siam_model_difference *row) {
  double low = row->lower_is_better ? -row->difference.high : row->difference.low;
  double high = row->lower_is_better ? -row->difference.low : row->difference.high;
  if (!isfinite(low)) return "too little data";
  return low > 0 ? "B is better" : high < 0 ? "A is better" : "not told apart";
}

void eval_print_comparison(const siam_model_comparison *comparison) {
  static const app_column columns[] = {{"figure", false},       {"A", true}, {"B", true}, {"B - A", true},
                                       {"95 % interval", true}, {"", false}};
  printf("%u %s", comparison->images, app_plural(comparison->images, "picture", "pictures"));
  if (comparison->classes > 0)
    printf(" of %u %s", comparison->classes, app_plural(comparison->classes, "class", "classes"));
  printf("; %llu same and %llu different pairs, the same for both models\n\n",
         (unsigned long long)comparison->same_pairs, (unsigned long long)comparison->different_pairs);
  app_table *table = app_table_create(columns, 6);
  for (uint32_t i = 0; i < comparison->count; i++) {
    const siam_model_difference *row = &comparison->differences[i];
    const siam_figure *difference = &row->difference;
    double scale = row->rate ? 100 : 1;
    int digits = row->rate ? 1 : 4;
    const char *unit = row->rate ? " %" : "";
    app_table_add(table, "%s", row->name);
    app_table_add(table, "%.*f%s", digits, scale * row->first, unit);
    app_table_add(table, "%.*f%s", digits, scale * row->second, unit);
    app_table_add(table, "%+.*f", digits, scale * difference->value);
    if (isfinite(difference->low))
      app_table_add(table, "%+.*f to %+.*f", digits, scale * difference->low, digits,
                    scale * difference->high);
    else
      app_table_add(table, "-");
    app_table_add(table, "%s", verdict_of(row));
  }
  app_table_print(table, stdout);
  app_table_destroy(table);
}

int eval_print_comparison_json(char *const *names, const siam_model_comparison *comparison,
                               const char *device) {
  json_t *object = json_object(), *rows = json_array();
  json_object_set_new(object, "a", app_model_json(names[0]));
  json_object_set_new(object, "b", app_model_json(names[1]));
  json_object_set_new(object, "data", app_json_text(names[2]));
  json_object_set_new(object, "device", app_json_text(device));
  json_object_set_new(object, "images", json_integer(comparison->images));
  json_object_set_new(object, "broken", json_integer(comparison->broken));
  json_object_set_new(object, "classes", json_integer(comparison->classes));
  json_object_set_new(object, "same_pairs", json_integer((json_int_t)comparison->same_pairs));
  json_object_set_new(object, "different_pairs", json_integer((json_int_t)comparison->different_pairs));
  for (uint32_t i = 0; i < comparison->count; i++) {
    const siam_model_difference *difference = &comparison->differences[i];
    json_t *row = json_object();
    json_object_set_new(row, "figure", json_string(difference->name));
    json_object_set_new(row, "a", app_json_number(difference->first));
    json_object_set_new(row, "b", app_json_number(difference->second));
    json_object_set_new(row, "difference", eval_figure_json(&difference->difference));
    json_object_set_new(row, "lower_is_better", json_boolean(difference->lower_is_better));
    json_object_set_new(row, "b_better", app_json_number(difference->second_better));
    json_array_append_new(rows, row);
  }
  json_object_set_new(object, "figures", rows);
  return app_print_json(object);
}
