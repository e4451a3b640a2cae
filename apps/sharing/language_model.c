// A language model of words (Bengio et al. 2003, "A neural probabilistic language model"), tied (Press and
// Wolf 2017) and untied:
//
//   e = the rows of E that the last five words name       E [vocabulary, features]
//   h = tanh(e·M + b)      f = h·F + d                     f: a row of features, as those of E are
//   y = f·Eᵀ + c                                           tied; or f·P + c with a matrix P of its own
//
// Both are trained with dropout (Srivastava et al. 2014) until a part of the text that they are not trained
// on has become no more likely for a while, keep the weights of the best moment, and are judged on another
// part.
#include "common/message.h"
#include "common/progress.h"
#include "sharing/systems.h"
#include "sharing/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CONTEXT = 5, FEATURES = 128, MOST_ROUNDS = 20, PATIENCE = 3 };
enum { SAMPLED_WORDS = 45, SAMPLE_SIZE = 2048, PURPOSE_SAMPLE = 200 };
static const double temperature = 0.7;
static const char loss[] = "cross_entropy";

/// A passage as examples.
typedef struct model_data {
  sharing_text text;
  sharing_set training, choosing, unseen;
} model_data;

/// What became of one of the two models.
typedef struct model_outcome {
  const char *name;
  size_t weights;
  uint64_t updates; ///< Until the best moment.
  double training, choosing, unseen;
  char sample[SAMPLE_SIZE];
} model_outcome;

/// The weights of the best moment so far, parameter by parameter.
typedef struct best_moment {
  double choosing;
  uint64_t updates;
  float **values;
} best_moment;

static siam_status build(sharing_lesson *lesson, const model_data *data, bool tied, siam_network **network) {
  char embedding[64], project[96];
  snprintf(embedding, sizeof embedding, "embedding %u %d name=embedding", data->text.vocabulary, FEATURES);
  snprintf(project, sizeof project, "linear %u name=project weight=embedding.weight^T",
           data->text.vocabulary);
  const char *const lines[] = {embedding, "dropout 0.3", "linear 128 name=mix",
                               "tanh",    "dropout 0.5", "linear 128 name=features",
                               project,   NULL};
  SHARING_TRY(sharing_describe(lesson, CONTEXT, lines, network));
  if (!tied) SHARING_TRY(siam_network_untie(*network, "project.weight"));
  return siam_network_place(*network, lesson->device, lesson->seed);
}

/// Copies all parameters to the best moment, or with `back` from there.
static siam_status copy_weights(siam_network *network, const best_moment *best, bool back) {
  const size_t count = siam_network_get_info(network).parameters;
  for (size_t i = 0; i < count; i++) {
    siam_parameter_info info;
    SHARING_TRY(siam_network_get_parameter(network, i, &info));
    SHARING_TRY(back ? siam_network_write(network, info.name, best->values[i])
                     : siam_network_read(network, info.name, best->values[i]));
  }
  return SIAM_OK;
}

static siam_status make_room(sharing_lesson *lesson, siam_network *network, best_moment *best) {
  const size_t count = siam_network_get_info(network).parameters;
  *best = (best_moment){.choosing = INFINITY, .values = sharing_memory(lesson, count, sizeof(float *))};
  for (size_t i = 0; i < count; i++) {
    siam_parameter_info info;
    SHARING_TRY(siam_network_get_parameter(network, i, &info));
    best->values[i] = sharing_floats(lesson, info.count);
  }
  return SIAM_OK;
}

/// Trains until the choosing part has not become more likely for PATIENCE rounds; leaves the best weights.
static siam_status train(sharing_lesson *lesson, siam_network *network, const model_data *data,
                         model_outcome *outcome, uint64_t begun) {
  best_moment best;
  SHARING_TRY(make_room(lesson, network, &best));
  const siam_update_options update = {.optimizer = "adam", .rate = 0.002};
  sharing_fit fit = sharing_fit_begin(lesson, network, loss, &data->training, update, lesson->seed);
  const uint64_t round = sharing_fit_round(&fit);
  const uint64_t most = lesson->choices->steps > 0 ? (uint64_t)lesson->choices->steps : MOST_ROUNDS * round;
  for (int unchanged = 0; fit.step < most && unchanged < PATIENCE; unchanged++) {
    double choosing = 0;
    SHARING_TRY(sharing_fit_run(&fit, most - fit.step < round ? most - fit.step : round));
    SHARING_TRY(sharing_measure(network, loss, &data->choosing, &choosing));
    app_progress_update(begun * most + fit.step, 2 * most, "%s, perplexity %.1f", outcome->name,
                        exp(choosing));
    if (!(choosing < best.choosing)) continue;
    best.choosing = choosing;
    best.updates = fit.step;
    SHARING_TRY(copy_weights(network, &best, false));
    unchanged = -1;
  }
  if (best.updates == 0) return sharing_fail(lesson, "the language model's loss is no number any more");
  outcome->updates = best.updates;
  return copy_weights(network, &best, true);
}

/// Draws a word from softmax(y / temperature), never the entry that stands for the rest.
static uint32_t draw_word(const float *y, uint32_t vocabulary, double chance) {
  double largest = y[1], sum = 0, passed = 0;
  for (uint32_t w = 1; w < vocabulary; w++) largest = fmax(largest, y[w]);
  for (uint32_t w = 1; w < vocabulary; w++) sum += exp((y[w] - largest) / temperature);
  for (uint32_t w = 1; w < vocabulary; w++) {
    passed += exp((y[w] - largest) / temperature);
    if (passed >= chance * sum) return w;
  }
  return vocabulary - 1;
}

/// Adds a word as it is printed: marks stand by the word before them, or behind them.
static void write_word(char *text, const char *word) {
  const size_t length = strlen(text);
  const bool first = length == 0 || strchr("([-/", text[length - 1]) != NULL;
  const bool mark = strlen(word) == 1 && strchr(".,;:!?)]-/", word[0]) != NULL;
  snprintf(text + length, SAMPLE_SIZE - length, "%s%s", first || mark ? "" : " ", word);
}

/// The first words of the unseen part that are all in the vocabulary, for samples to go on from.
static const float *find_prompt(const model_data *data) {
  for (size_t i = 0; i < data->unseen.count; i++) {
    const float *words = data->unseen.x + i * CONTEXT;
    int known = 0;
    while (known < CONTEXT && words[known] != 0) known++;
    if (known == CONTEXT) return words;
  }
  return data->unseen.x;
}

/// Lets the network go on from the prompt.
static siam_status sample(sharing_lesson *lesson, siam_network *network, const model_data *data, char *text) {
  const uint32_t vocabulary = data->text.vocabulary;
  float *y = sharing_floats(lesson, vocabulary), context[CONTEXT];
  memcpy(context, find_prompt(data), sizeof context);
  for (int i = 0; i < SAMPLED_WORDS; i++) {
    SHARING_TRY(siam_network_forward(network, false, context, 1, y));
    const uint64_t bits = sharing_random(lesson->seed, PURPOSE_SAMPLE, (uint64_t)i);
    const uint32_t word = draw_word(y, vocabulary, (double)(bits >> 11) * 0x1p-53);
    write_word(text, data->text.spelling[word]);
    memmove(context, context + 1, (CONTEXT - 1) * sizeof *context);
    context[CONTEXT - 1] = (float)word;
  }
  return SIAM_OK;
}

static siam_status try_model(sharing_lesson *lesson, const model_data *data, bool tied,
                             model_outcome *outcome) {
  siam_network *network = NULL;
  const char *text = NULL;
  *outcome = (model_outcome){.name = tied ? "tied" : "untied"};
  SHARING_TRY(build(lesson, data, tied, &network));
  outcome->weights = siam_network_get_info(network).weights;
  if (tied) {
    SHARING_TRY(siam_network_describe(network, &text));
    json_object_set_new(lesson->object, "network", json_string(text));
  }
  SHARING_TRY(train(lesson, network, data, outcome, tied ? 0 : 1));
  SHARING_TRY(sharing_measure(network, loss, &data->training, &outcome->training));
  SHARING_TRY(sharing_measure(network, loss, &data->choosing, &outcome->choosing));
  SHARING_TRY(sharing_measure(network, loss, &data->unseen, &outcome->unseen));
  return sample(lesson, network, data, outcome->sample);
}

static void show_text(sharing_lesson *lesson, const model_data *data) {
  const sharing_text *text = &data->text;
  sharing_say(lesson, "%s: %zu words for training, %zu to choose the best moment, %zu unseen",
              app_show(text->name), text->training.count, text->choosing.count, text->unseen.count);
  sharing_say(lesson, "vocabulary %" PRIu32 ": what training has at least twice, and one entry for the rest",
              text->vocabulary);
  json_object_set_new(lesson->object, "text", app_json_text(text->name));
  json_object_set_new(lesson->object, "vocabulary", json_integer(text->vocabulary));
  json_object_set_new(lesson->object, "words",
                      json_pack("{sI sI sI}", "training", (json_int_t)text->training.count, "choosing",
                                (json_int_t)text->choosing.count, "unseen", (json_int_t)text->unseen.count));
}

static void show_network(sharing_lesson *lesson) {
  const char *text = json_string_value(json_object_get(lesson->object, "network"));
  for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
    sharing_say(lesson, "%.*s", (int)(end - line), line);
}

static void show_outcomes(sharing_lesson *lesson, const model_outcome *outcomes, double baseline) {
  static const app_column columns[] = {{"", false},        {"weights", true},
                                       {"updates", true},  {"perplexity: training", true},
                                       {"choosing", true}, {"unseen", true}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof *columns);
  json_t *models = json_object();
  for (int m = 0; m < 2; m++) {
    const model_outcome *outcome = &outcomes[m];
    const double training = exp(outcome->training), choosing = exp(outcome->choosing);
    const double unseen = exp(outcome->unseen);
    app_table_add(table, "%s", outcome->name);
    app_table_add(table, "%zu", outcome->weights);
    app_table_add(table, "%" PRIu64, outcome->updates);
    app_table_add(table, "%.1f", training);
    app_table_add(table, "%.1f", choosing);
    app_table_add(table, "%.1f", unseen);
    json_object_set_new(models, outcome->name,
                        json_pack("{sI sI so so so so}", "weights", (json_int_t)outcome->weights, "updates",
                                  (json_int_t)outcome->updates, "training", app_json_number(training),
                                  "choosing", app_json_number(choosing), "unseen", app_json_number(unseen),
                                  "sample", app_json_text(outcome->sample)));
  }
  json_object_set_new(lesson->object, "models", models);
  json_object_set_new(lesson->object, "word_frequencies", app_json_number(baseline));
  sharing_show(lesson, table);
}

/// The words that both samples go on from.
static void show_samples(sharing_lesson *lesson, const model_data *data, const model_outcome *outcomes) {
  char prompt[SAMPLE_SIZE] = "";
  for (int k = 0; k < CONTEXT; k++) write_word(prompt, data->text.spelling[(uint32_t)find_prompt(data)[k]]);
  sharing_say(lesson, "After \"%s\" each writes:", app_show(prompt));
  for (int m = 0; m < 2; m++)
    sharing_say(lesson, "%-6s  … %s", outcomes[m].name, app_show(outcomes[m].sample));
  sharing_gap(lesson);
  json_object_set_new(lesson->object, "prompt", app_json_text(prompt));
}

siam_status sharing_language_model(sharing_lesson *lesson) {
  model_data data;
  SHARING_TRY(sharing_text_read(lesson, &data.text));
  data.training = sharing_text_examples(lesson, data.text.training, CONTEXT, 0);
  data.choosing = sharing_text_examples(lesson, data.text.choosing, CONTEXT, 0);
  data.unseen = sharing_text_examples(lesson, data.text.unseen, CONTEXT, 0);
  show_text(lesson, &data);
  model_outcome outcomes[2];
  app_progress_begin("training", lesson->json);
  for (int m = 0; m < 2; m++) SHARING_TRY(try_model(lesson, &data, m == 0, &outcomes[m]));
  app_progress_end();
  const double baseline = sharing_text_baseline(&data.text, data.text.unseen);
  show_network(lesson);
  show_outcomes(lesson, outcomes, baseline);
  show_samples(lesson, &data, outcomes);
  const size_t saved = (size_t)data.text.vocabulary * FEATURES;
  sharing_claim(lesson, outcomes[1].weights - outcomes[0].weights == saved, "weights",
                "%zu instead of %zu: %" PRIu32 " · %d = %zu fewer", outcomes[0].weights, outcomes[1].weights,
                data.text.vocabulary, FEATURES, saved);
  sharing_claim(lesson, exp(fmax(outcomes[0].unseen, outcomes[1].unseen)) < baseline, "learned",
                "on unseen text both are below %.1f, the perplexity of word frequencies alone", baseline);
  return SIAM_OK;
}
