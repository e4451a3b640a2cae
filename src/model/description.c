#include "model/description.h"

#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIES_MAX = SIAM_SLOTS_MAX, LAYERS_MAX = 1024, SIDE_MAX = 16384 };

static siam_status parse_input(const siam_words *parts, const siam_description_changes *changes,
                               siam_network **network) {
  if (*network != NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "a second 'input'; only the first line may be one");
  if (parts->count != 4)
    return siam_fail(SIAM_ERROR_FORMAT, "'input' takes height, width and channels, as in 'input 28 28 1'");
  double sides[3];
  for (int i = 0; i < 3; i++) {
    static const siam_option side = {.name = "side"};
    SIAM_RETURN_IF_FAILED(siam_option_read(&side, parts->words[i + 1], &sides[i]));
    if (!(sides[i] >= 1 && sides[i] <= SIDE_MAX) || sides[i] != floor(sides[i]))
      return siam_fail(SIAM_ERROR_FORMAT, "'%s' must be a whole number from 1 to %d", parts->words[i + 1],
                       SIDE_MAX);
  }
  siam_shape shape = {(int)sides[0], (int)sides[1], (int)sides[2]};
  if (changes->size > 0) shape.height = shape.width = changes->size;
  if (changes->channels > 0) shape.channels = changes->channels;
  return siam_network_create(shape.height, shape.width, shape.channels, network);
}

/// A layer's line before its slots exist.
typedef struct layer_line {
  const siam_layer_type *type;
  const char *name, *from, *other; ///< NULL: by its number; the layer before; no second input.
  double options[SIAM_OPTIONS_MAX];
  const char *roles[TIES_MAX];  ///< Slots that refer to others' parameters …
  const char *owners[TIES_MAX]; ///< … and to which.
  int tie_count;
} layer_line;

static siam_status fail_option(const siam_layer_type *type, const char *word) {
  siam_text names = {0};
  siam_options_list(type->options, &names);
  siam_fail(SIAM_ERROR_FORMAT, "'%s' does not know '%s'; it takes: %sname, from, and a slot's role",
            type->name, word, names.bytes != NULL ? names.bytes : "");
  siam_text_clear(&names);
  return SIAM_ERROR_FORMAT;
}

static bool is_number(const char *text) {
  const char *end = NULL;
  double number = 0;
  return siam_number_read(text, &end, &number) && *end == '\0';
}

/// `word` is "key=value", split at `value`.
static siam_status take_key(layer_line *line, char *word, char *value) {
  *value++ = '\0';
  if (strcmp(word, "name") == 0) {
    line->name = value;
    return SIAM_OK;
  }
  if (strcmp(word, "from") == 0) {
    line->from = value;
    return SIAM_OK;
  }
  // What refers to a slot has a point in it and is no number: `bias=0` is an option, `bias=conv1.bias` a
  // slot. Its role is checked once the layer's slots are known.
  bool refers = strchr(value, '.') != NULL && !is_number(value);
  int known = siam_option_find(line->type->options, word);
  if (known >= 0 && !refers)
    return siam_option_read(&line->type->options[known], value, &line->options[known]);
  if (!refers || line->tie_count == TIES_MAX) return fail_option(line->type, word);
  line->roles[line->tie_count] = word;
  line->owners[line->tie_count++] = value;
  return SIAM_OK;
}

static siam_status parse_words(siam_words *parts, layer_line *line) {
  int bare = 0;
  for (int i = 0; i < SIAM_OPTIONS_MAX; i++) line->options[i] = NAN;
  for (int w = 1; w < parts->count; w++) {
    char *equals = strchr(parts->words[w], '=');
    if (equals != NULL) {
      SIAM_RETURN_IF_FAILED(take_key(line, parts->words[w], equals));
    } else if (line->type->joins && line->other == NULL) {
      line->other = parts->words[w];
    } else if (bare < line->type->positional) {
      const siam_option *option = &line->type->options[bare];
      SIAM_RETURN_IF_FAILED(siam_option_read(option, parts->words[w], &line->options[bare++]));
    } else {
      return fail_option(line->type, parts->words[w]);
    }
  }
  if (line->type->joins && line->other == NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "'%s' takes the name of an earlier layer, as in '%s relu1'",
                     line->type->name, line->type->name);
  return SIAM_OK;
}

/// A slot that refers to another's parameter; tied once all layers are known.
typedef struct pending_tie {
  char slot[2 * SIAM_LINE_SIZE], owner[SIAM_LINE_SIZE];
  bool transposed, done;
  int line;
} pending_tie;

/// What parsing builds up.
typedef struct parsing {
  const siam_description_changes *changes;
  siam_network *network;
  pending_tie *ties;
  size_t tie_count, tie_capacity;
  int line, embedding_line; ///< The latter: whose features `changes` sets; 0: none.
} parsing;

static siam_status remember_ties(parsing *state, const layer_line *line) {
  const char *name = state->network->layers[state->network->count - 1].name;
  for (int t = 0; t < line->tie_count; t++) {
    SIAM_RETURN_IF_FAILED(SIAM_GROW(state->ties, state->tie_count, state->tie_capacity));
    pending_tie *tie = &state->ties[state->tie_count++];
    *tie = (pending_tie){.line = state->line};
    snprintf(tie->slot, sizeof tie->slot, "%s.%s", name, line->roles[t]);
    snprintf(tie->owner, sizeof tie->owner, "%s", line->owners[t]);
    size_t length = strlen(tie->owner);
    tie->transposed = length > 2 && strcmp(tie->owner + length - 2, "^T") == 0;
    if (tie->transposed) tie->owner[length - 2] = '\0';
  }
  return SIAM_OK;
}

static siam_status add_layer(siam_network *network, const layer_line *line) {
  siam_source from = (siam_source)network->count - 1, other = SIAM_SOURCE_NONE;
  if (line->from != NULL) SIAM_RETURN_IF_FAILED(siam_network_find_source(network, line->from, &from));
  if (line->other != NULL) SIAM_RETURN_IF_FAILED(siam_network_find_source(network, line->other, &other));
  return siam_network_add_layer_from(network, line->type, line->name, line->options, from, other);
}

static siam_status parse_layer(parsing *state, siam_words *parts) {
  layer_line line = {.type = siam_layer_type_find(parts->words[0])};
  if (line.type == NULL) {
    siam_text names = {0};
    for (size_t i = 0; siam_layer_types[i] != NULL; i++)
      siam_text_add(&names, "%s%s", i > 0 ? ", " : "", siam_layer_types[i]->name);
    siam_fail(SIAM_ERROR_FORMAT, "there is no layer '%s'; there are: %s", parts->words[0],
              names.bytes != NULL ? names.bytes : "");
    siam_text_clear(&names);
    return SIAM_ERROR_FORMAT;
  }
  if (state->network->count == LAYERS_MAX)
    return siam_fail(SIAM_ERROR_FORMAT, "more than %d layers", LAYERS_MAX);
  SIAM_RETURN_IF_FAILED(parse_words(parts, &line));
  // The features are the first option of a linear layer.
  if (state->changes->embedding > 0 && state->line == state->embedding_line)
    line.options[0] = state->changes->embedding;
  SIAM_RETURN_IF_FAILED(add_layer(state->network, &line));
  return remember_ties(state, &line);
}

/// Number of the line with the last linear layer, whose features are the embedding; 0 without one.
static int last_linear_line(const char *text) {
  int last = 0, number = 1;
  for (const char *line = text; line != NULL && *line != '\0'; number++) {
    const char *word = line + strspn(line, " \t\r");
    if (strncmp(word, "linear", 6) == 0 && strchr(" \t\r\n", word[6]) != NULL) last = number;
    const char *end = strchr(line, '\n');
    line = end != NULL ? end + 1 : NULL;
  }
  return last;
}

static siam_status parse_line(parsing *state, siam_words *parts) {
  if (parts->count == 0) return SIAM_OK;
  if (strcmp(parts->words[0], "input") == 0) return parse_input(parts, state->changes, &state->network);
  if (state->network == NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "the first line must be the input, as in 'input 28 28 1'");
  return parse_layer(state, parts);
}

/// Whether the slot that `tie` refers to is going to refer to another itself.
static bool must_wait(const parsing *state, const pending_tie *tie) {
  for (size_t t = 0; t < state->tie_count; t++)
    if (!state->ties[t].done && strcmp(state->ties[t].slot, tie->owner) == 0) return true;
  return false;
}

/// Ties the slots, whatever the order of their lines: first those that refer to slots with a parameter of
/// their own, then those that refer to these, and so on.
static siam_status tie_all(parsing *state) {
  for (size_t done = 0; done < state->tie_count;) {
    size_t before = done;
    for (size_t t = 0; t < state->tie_count; t++) {
      pending_tie *tie = &state->ties[t];
      if (tie->done) continue;
      state->line = tie->line;
      if (must_wait(state, tie)) continue;
      SIAM_RETURN_IF_FAILED(siam_network_tie(state->network, tie->slot, tie->owner, tie->transposed));
      tie->done = true;
      done++;
    }
    if (done == before)
      return siam_fail(SIAM_ERROR_FORMAT, "slots refer to one another in a circle; let one of them have a "
                                          "parameter of its own");
  }
  return SIAM_OK;
}

/// Every output but the last is somebody's input.
static siam_status check_readers(const siam_network *network) {
  for (size_t i = 0; network != NULL && i + 1 < network->count; i++)
    if (siam_network_count_users(network, (siam_source)i) == 0)
      return siam_fail(SIAM_ERROR_FORMAT,
                       "nothing reads the output of '%s'; take the layer out, or add it with "
                       "'add %s'",
                       network->layers[i].name, network->layers[i].name);
  return SIAM_OK;
}

static siam_status parse_lines(parsing *state, const char *text) {
  for (const char *line = text; line != NULL && *line != '\0';) {
    const char *end = strchr(line, '\n');
    siam_words parts;
    state->line++;
    SIAM_RETURN_IF_FAILED(siam_words_split(line, end != NULL ? (size_t)(end - line) : strlen(line), &parts));
    SIAM_RETURN_IF_FAILED(parse_line(state, &parts));
    line = end != NULL ? end + 1 : NULL;
  }
  SIAM_RETURN_IF_FAILED(check_readers(state->network));
  return tie_all(state);
}

siam_status siam_description_parse(const char *origin, const char *text,
                                   const siam_description_changes *changes, siam_network **network) {
  static const siam_description_changes none;
  siam_status status = SIAM_OK;
  parsing state = {.changes = changes != NULL ? changes : &none};
  if (state.changes->embedding > 0) {
    state.embedding_line = last_linear_line(text);
    if (state.embedding_line == 0)
      return siam_fail(SIAM_ERROR_ARGUMENT, "%s: has no linear layer whose features could be set to %d",
                       origin, state.changes->embedding);
  }
  status = parse_lines(&state, text);
  if (status != SIAM_OK) {
    siam_fail_within(status, "%s:%d", origin, state.line);
    goto cleanup;
  }
  if (state.network == NULL || state.network->count == 0) {
    status = siam_fail(SIAM_ERROR_FORMAT, "%s: describes no layers; write 'input 28 28 1' and a layer a line",
                       origin);
    goto cleanup;
  }
  *network = state.network;
  state.network = NULL;
cleanup:
  siam_network_destroy(state.network);
  siam_free(state.ties);
  return status;
}

siam_status siam_network_add(siam_network *network, const char *text) {
  static const siam_description_changes none;
  parsing state = {.changes = &none, .network = network};
  const size_t before = network->count;
  const bool placed = network->placed;
  siam_status status = SIAM_OK;
  siam_words parts;
  if (strchr(text, '\n') != NULL) {
    status = siam_fail(SIAM_ERROR_FORMAT, "more than one line; add one layer at a time");
    goto cleanup;
  }
  SIAM_TRY(siam_words_split(text, strlen(text), &parts));
  if (parts.count == 0) {
    status = siam_fail(SIAM_ERROR_FORMAT, "a line without a layer; write one as in 'linear 10'");
    goto cleanup;
  }
  SIAM_TRY(parse_layer(&state, &parts));
  SIAM_TRY(tie_all(&state));
cleanup:
  if (status != SIAM_OK && network->count > before) {
    siam_network_drop_layer(network);
    network->placed = placed;
  }
  siam_free(state.ties);
  return status == SIAM_OK ? SIAM_OK : siam_fail_within(status, "'%s'", text);
}

static bool has_standard_name(const siam_network *network, size_t index) {
  unsigned number = 1;
  for (size_t i = 0; i < index; i++) number += network->layers[i].type == network->layers[index].type;
  char name[SIAM_NAME_SIZE * 2];
  snprintf(name, sizeof name, "%s%u", network->layers[index].type->name, number);
  return strcmp(name, network->layers[index].name) == 0;
}

static void write_layer(const siam_network *network, size_t index, siam_text *text) {
  const siam_layer *layer = &network->layers[index];
  siam_text_add(text, "%s", layer->type->name);
  if (layer->type->joins) siam_text_add(text, " %s", siam_network_source_name(network, layer->other));
  siam_options_write(layer->type->options, layer->type->positional, false, layer->options, text);
  if (layer->from != (siam_source)index - 1)
    siam_text_add(text, " from=%s", siam_network_source_name(network, layer->from));
  if (!has_standard_name(network, index)) siam_text_add(text, " name=%s", layer->name);
  for (int s = 0; s < layer->slot_count; s++) {
    const siam_slot *slot = &layer->slots[s];
    const char *parameter = network->store.parameters[slot->parameter].name;
    char own[SIAM_PARAMETER_NAME_SIZE];
    snprintf(own, sizeof own, "%s.%s", layer->name, slot->role);
    if (strcmp(own, parameter) != 0)
      siam_text_add(text, " %s=%s%s", slot->role, parameter, slot->transposed ? "^T" : "");
  }
  siam_text_add(text, "\n");
}

void siam_description_write(const siam_network *network, siam_text *text) {
  siam_text_add(text, "input %d %d %d\n", network->input.height, network->input.width,
                network->input.channels);
  for (size_t i = 0; i < network->count; i++) write_layer(network, i, text);
}
