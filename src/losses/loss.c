#include "losses/loss.h"

#include <math.h>
#include <string.h>

extern const siam_loss_type siam_loss_contrastive, siam_loss_triplet, siam_loss_nt_xent,
    siam_loss_supervised_contrastive, siam_loss_multi_similarity, siam_loss_circle, siam_loss_margin,
    siam_loss_proxy_anchor, siam_loss_arcface, siam_loss_cosface;

const siam_loss_type *const siam_loss_types[] = {&siam_loss_contrastive,
                                                 &siam_loss_triplet,
                                                 &siam_loss_nt_xent,
                                                 &siam_loss_supervised_contrastive,
                                                 &siam_loss_multi_similarity,
                                                 &siam_loss_circle,
                                                 &siam_loss_margin,
                                                 &siam_loss_proxy_anchor,
                                                 &siam_loss_arcface,
                                                 &siam_loss_cosface,
                                                 NULL};

static siam_status find_type(const char *name, const siam_loss_type **type) {
  siam_text names = {0};
  for (size_t i = 0; siam_loss_types[i] != NULL; i++) {
    siam_text_add(&names, "%s%s", i > 0 ? ", " : "", siam_loss_types[i]->name);
    if (strcmp(siam_loss_types[i]->name, name) != 0) continue;
    *type = siam_loss_types[i];
    siam_text_clear(&names);
    return SIAM_OK;
  }
  siam_fail(SIAM_ERROR_ARGUMENT, "there is no loss '%s'; there are: %s", name,
            names.bytes != NULL ? names.bytes : "");
  siam_text_clear(&names);
  return SIAM_ERROR_ARGUMENT;
}

static siam_status fail_option(const siam_loss_type *type, siam_status status, const char *word) {
  siam_text names = {0};
  siam_options_list(type->options, &names);
  // The list ends in ", ".
  siam_fail(status, "the loss '%s' does not know '%s'; it takes: %.*s", type->name, word,
            names.length > 2 ? (int)names.length - 2 : 0, names.bytes != NULL ? names.bytes : "");
  siam_text_clear(&names);
  return status;
}

static siam_status read_words(const siam_words *words, const siam_loss_type *type, double *given) {
  int bare = 0;
  for (int w = 1; w < words->count; w++) {
    char *value = strchr(words->words[w], '=');
    if (value != NULL) *value++ = '\0';
    int option = value != NULL ? siam_option_find(type->options, words->words[w]) : bare++;
    if (option < 0 || (value == NULL && option >= type->positional))
      return fail_option(type, SIAM_ERROR_FORMAT, words->words[w]);
    SIAM_RETURN_IF_FAILED(
        siam_option_read(&type->options[option], value != NULL ? value : words->words[w], &given[option]));
  }
  return SIAM_OK;
}

static siam_status parse(const char *text, siam_loss *loss) {
  siam_words words;
  double given[SIAM_OPTIONS_MAX];
  SIAM_RETURN_IF_FAILED(siam_words_split(text, strlen(text), &words));
  *loss = (siam_loss){.pairing = SIAM_PAIRING_ALL};
  SIAM_RETURN_IF_FAILED(find_type(words.count > 0 ? words.words[0] : "", &loss->type));
  for (int i = 0; i < SIAM_OPTIONS_MAX; i++) given[i] = NAN;
  SIAM_RETURN_IF_FAILED(read_words(&words, loss->type, given));
  return siam_options_take(loss->type->options, loss->type->name, given, loss->options);
}

siam_status siam_loss_parse(const char *text, siam_loss *loss) {
  siam_status status = parse(text, loss);
  return status == SIAM_OK || status == SIAM_ERROR_ARGUMENT ? status : siam_fail_within(status, "'%s'", text);
}

siam_status siam_loss_set(siam_loss *loss, const char *option, double value) {
  int number = siam_option_find(loss->type->options, option);
  if (number < 0) return fail_option(loss->type, SIAM_ERROR_ARGUMENT, option);
  double given[SIAM_OPTIONS_MAX];
  memcpy(given, loss->options, sizeof given);
  given[number] = value;
  return siam_options_take(loss->type->options, loss->type->name, given, loss->options);
}

void siam_loss_describe(const siam_loss *loss, siam_text *text) {
  siam_text_add(text, "%s", loss->type->name);
  siam_options_write(loss->type->options, 0, true, loss->options, text);
}

int siam_loss_slots(const siam_loss *loss, int classes, int dimensions, siam_slot *slots) {
  return loss->type->slots != NULL ? loss->type->slots(loss->options, classes, dimensions, slots) : 0;
}

double siam_loss_rate(const siam_loss *loss) {
  int number = siam_option_find(loss->type->options, SIAM_LOSS_RATE);
  return number >= 0 ? loss->options[number] : 1;
}

size_t siam_loss_add_options(const siam_loss *loss, siam_argument *arguments, size_t count) {
  const siam_option *options = loss->type->options;
  for (int i = 0; i < SIAM_OPTIONS_MAX && options[i].name != NULL; i++) {
    if (strcmp(options[i].name, SIAM_LOSS_RATE) == 0) continue;
    arguments[count++] = options[i].whole || options[i].words != NULL
                             ? siam_arg_int((int)loss->options[i])
                             : siam_arg_float((float)loss->options[i]);
  }
  return count;
}

double siam_loss_reach(const siam_loss *loss) {
  return loss->type->reach != NULL ? loss->type->reach(loss->options) : 0;
}

siam_status siam_loss_check(const siam_loss *loss, double reach, bool unit_length) {
  const siam_loss_type *type = loss->type;
  if (type->unit_length && !unit_length)
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "the loss '%s' compares directions and needs embeddings of length 1; let the encoder end "
        "in l2_normalize, or use contrastive or triplet",
        type->name);
  double needed = siam_loss_reach(loss);
  if (needed <= reach) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "a margin of %g cannot be reached: distances of this encoder lie in 0..%g; choose a "
                   "margin inside",
                   needed, reach);
}

/// How far the embeddings lie apart, whatever the loss: the sign of collapse.
static siam_status add_spread(const siam_loss_batch *batch) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(batch->tape), "loss", "", &program));
  siam_view variances = siam_tape_tensor(batch->tape, (size_t)batch->dimensions);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(batch->tape, program, "embedding_variances",
                                    ((siam_grid){{(size_t)batch->dimensions}}), siam_arg(batch->embeddings),
                                    siam_arg(variances), siam_arg_int(batch->rows),
                                    siam_arg_int(batch->dimensions)));
  return SIAM_LAUNCH(batch->tape, program, "embedding_spread", ((siam_grid){{1}}), siam_arg(variances),
                     siam_arg(batch->result), siam_arg_int(batch->dimensions));
}

siam_status siam_loss_add(const siam_loss *loss, const siam_loss_batch *batch) {
  SIAM_RETURN_IF_FAILED(loss->type->add(loss, batch));
  return add_spread(batch);
}
