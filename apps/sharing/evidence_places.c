// Where weights lie, who refers to them, and what sharing saves.
#include "sharing/evidence.h"

#include <stdio.h>
#include <string.h>

int sharing_slots(const sharing_system *system, char slots[][48]) {
  int count = 0;
  for (int l = 0; l < system->layer_count; l++) {
    const exact_layer *layer = &system->layers[l];
    if (layer->kind == EXACT_TANH) continue;
    snprintf(slots[count++], 48, "%s.weight", layer->name);
    if (layer->kind == EXACT_LINEAR) snprintf(slots[count++], 48, "%s.bias", layer->name);
  }
  return count;
}

/// The slots that refer to the parameter at `offset`, for people ("a, b^T") and as a JSON array.
static siam_status list_slots(siam_network *network, const sharing_system *system, size_t offset, char *text,
                              size_t size, json_t *list) {
  char slots[2 * EXACT_LAYERS][48];
  const int count = sharing_slots(system, slots);
  size_t length = 0;
  text[0] = '\0';
  for (int s = 0; s < count; s++) {
    siam_parameter_info info;
    bool transposed = false;
    SHARING_TRY(siam_network_get_slot(network, slots[s], &info, &transposed));
    if (info.offset != offset) continue;
    char name[64];
    snprintf(name, sizeof name, "%.47s%s", slots[s], transposed ? "^T" : "");
    length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", name);
    json_array_append_new(list, json_string(name));
  }
  return SIAM_OK;
}

/// Adds a parameter to both outputs.
static siam_status add_parameter(siam_network *network, const sharing_system *system,
                                 const siam_parameter_info *info, app_table *table, json_t *rows) {
  char text[256];
  json_t *slots = json_array();
  json_array_append_new(rows,
                        json_pack("{ss sI sI sI sI so}", "name", info->name, "offset",
                                  (json_int_t)info->offset, "bytes", (json_int_t)info->bytes, "count",
                                  (json_int_t)info->count, "users", (json_int_t)info->users, "slots", slots));
  SHARING_TRY(list_slots(network, system, info->offset, text, sizeof text, slots));
  app_table_add(table, "  %s", info->name);
  app_table_add(table, "%zu", info->offset);
  app_table_add(table, "%zu", info->bytes);
  app_table_add(table, "%u", info->users);
  app_table_add(table, "%s", text);
  return SIAM_OK;
}

static void claim_places(sharing_lesson *lesson, const siam_parameter_info *place, bool right) {
  if (place->name == NULL)
    sharing_claim(lesson, right, "places", "each slot has a parameter of its own");
  else
    sharing_claim(lesson, right, "one place", "%u slots refer to %s, %zu bytes at offset %zu", place->users,
                  place->name, place->bytes, place->offset);
}

/// The network as text, and the loss.
static siam_status show_network(sharing_lesson *lesson, siam_network *network, const sharing_system *system) {
  const char *text = NULL;
  SHARING_TRY(siam_network_describe(network, &text));
  json_object_set_new(lesson->object, "network", json_string(text));
  json_object_set_new(lesson->object, "loss", json_string(system->loss->formula));
  for (; *text != '\0'; text += strcspn(text, "\n") + 1)
    sharing_say(lesson, "%.*s", (int)strcspn(text, "\n"), text);
  sharing_say(lesson, "loss %s", system->loss->formula);
  return SIAM_OK;
}

siam_status sharing_show_places(sharing_lesson *lesson, siam_network *network, const sharing_system *system,
                                const char *shared, unsigned users, size_t weights) {
  SHARING_TRY(show_network(lesson, network, system));
  static const app_column columns[] = {
      {"  parameter", false}, {"offset", true}, {"bytes", true}, {"users", true}, {"slots", false}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof columns[0]);
  json_t *rows = json_array();
  json_object_set_new(lesson->object, "parameters", rows);
  const siam_network_info info = siam_network_get_info(network);
  siam_parameter_info place = {0};
  bool right = true;
  for (size_t i = 0; i < info.parameters; i++) {
    siam_parameter_info parameter;
    SHARING_TRY(siam_network_get_parameter(network, i, &parameter));
    SHARING_TRY(add_parameter(network, system, &parameter, table, rows));
    const bool is_shared = shared != NULL && strcmp(parameter.name, shared) == 0;
    if (is_shared) place = parameter;
    right = right && parameter.users == (is_shared ? users : 1);
  }
  sharing_show(lesson, table);
  claim_places(lesson, &place, right && (shared == NULL) == (place.name == NULL));
  json_object_set_new(lesson->object, "weights", json_integer((json_int_t)info.weights));
  sharing_claim(lesson, info.weights == weights, "weights", "%zu, by arithmetic %zu", info.weights, weights);
  return SIAM_OK;
}

siam_status sharing_show_saving(sharing_lesson *lesson, int inputs, const char *const *lines,
                                const char *slot, size_t rows, size_t columns) {
  siam_network *network = NULL;
  SHARING_TRY(sharing_describe(lesson, inputs, lines, &network));
  const size_t together = siam_network_get_info(network).weights;
  SHARING_TRY(siam_network_untie(network, slot));
  const size_t apart = siam_network_get_info(network).weights, saved = apart - together;
  const double megabytes = (double)saved * sizeof(float) / 1e6;
  json_t *list = json_object_get(lesson->object, "saving");
  if (list == NULL) json_object_set_new(lesson->object, "saving", list = json_array());
  json_array_append_new(list, json_pack("{sI sI sI sI sI so}", "rows", (json_int_t)rows, "columns",
                                        (json_int_t)columns, "weights", (json_int_t)together, "unshared",
                                        (json_int_t)apart, "saved", (json_int_t)saved, "megabytes",
                                        app_json_number(megabytes)));
  char claim[64], size[64];
  snprintf(claim, sizeof claim, "saving %zu × %zu", rows, columns);
  if (megabytes < 1)
    snprintf(size, sizeof size, "%zu bytes", saved * sizeof(float));
  else
    snprintf(size, sizeof size, "%.1f MB", megabytes);
  sharing_claim(lesson, saved == rows * columns, claim, "%zu weights instead of %zu: %zu fewer, %s", together,
                apart, saved, size);
  return SIAM_OK;
}
