// siamese-train --find-lr: what a search for a learning rate found.
#include "common/json.h"
#include "train/train.h"

#include <stdio.h>

static int print_json(const siam_rate_search *search) {
  json_t *object = json_object(), *steps = json_array();
  for (uint32_t i = 0; i < search->count; i++) {
    json_t *step = json_object();
    json_object_set_new(step, "rate", app_json_number(search->rates[i]));
    json_object_set_new(step, "loss", app_json_number(search->losses[i]));
    json_array_append_new(steps, step);
  }
  json_object_set_new(object, "suggested",
                      search->suggested > 0 ? app_json_number(search->suggested) : json_null());
  json_object_set_new(object, "lowest", app_json_number(search->lowest));
  json_object_set_new(object, "steps", steps);
  return app_print_json(object);
}

int train_print_rates(const siam_rate_search *search) {
  enum { EVERY = 10 };
  if (arguments.json) return print_json(search);
  printf("learning rate      loss\n");
  for (uint32_t first = 0; first < search->count; first += EVERY) {
    double sum = 0;
    uint32_t count = 0;
    for (; count < EVERY && first + count < search->count; count++) sum += search->losses[first + count];
    printf("%13.2g  %8.4f\n", search->rates[first + count / 2], sum / count);
  }
  if (search->suggested > 0)
    printf("\nThe loss is lowest at %.2g, and a tenth of that is a good rate: --lr %.2g\n", search->lowest,
           search->suggested);
  else
    printf("\nThe loss falls at no rate: look at the data with --check, or try another loss.\n");
  return APP_SUCCESS;
}
