// What the study trains, and on what.
//
// The autoencoder is the one of Vincent et al. 2010: a layer of sigmoids, and a linear way back. The language
// model is that of Bengio et al. 2003: it looks several words up, mixes them and guesses the next, here by a
// projection that has the shape of the table (Press and Wolf 2017; Inan, Khosravi and Socher 2017).
#include "common/message.h"
#include "sharing/examples.h"
#include "sharing/study.h"

#include <stdio.h>
#include <string.h>

enum { LEAST_EXAMPLES = 64, MOST_UNSEEN = 400, MOST_TRAINED = 640, CONTEXT = 4 };
enum { PURPOSE_PARTS = 101, PURPOSE_PLACE };

/// Examples that are never trained on: half of them, where there are few.
static size_t count_unseen(const sharing_set *whole) {
  return whole->count / 2 < MOST_UNSEEN ? whole->count / 2 : MOST_UNSEEN;
}

/// All examples in a new order; the last ones are the unseen ones.
static void arrange_examples(sharing_lesson *lesson, study_system *system, uint64_t seed) {
  const sharing_set *whole = &system->whole;
  uint32_t *order = sharing_memory(lesson, whole->count, sizeof *order);
  float *x = sharing_floats(lesson, whole->count * whole->inputs);
  sharing_shuffle(seed, PURPOSE_PARTS, order, whole->count);
  for (size_t i = 0; i < whole->count; i++)
    memcpy(x + i * whole->inputs, whole->x + order[i] * whole->inputs, whole->inputs * sizeof *x);
  system->pool = system->unseen = *whole;
  system->pool.x = system->pool.target = x;
  system->unseen.count = count_unseen(whole);
  system->pool.count = whole->count - system->unseen.count;
  system->unseen.x = system->unseen.target = x + system->pool.count * whole->inputs;
}

/// A stretch of the text from somewhere in its training part on, and always the same unseen part.
static void arrange_text(sharing_lesson *lesson, study_system *system, uint64_t seed) {
  const sharing_text *text = &system->text;
  const size_t offset = sharing_random(seed, PURPOSE_PLACE, 0) % text->training.count;
  system->pool = sharing_text_examples(lesson, text->training, CONTEXT, offset);
  system->unseen = sharing_text_examples(lesson, text->unseen, CONTEXT, 0);
}

/// Doubles from size to size, up to `most`.
static void choose_sizes(study_system *system, size_t most) {
  for (int s = 0; s < STUDY_SIZES; s++) system->sizes[s] = most >> (STUDY_SIZES - 1 - s);
}

/// A line with a number in it.
static const char *text_line(sharing_lesson *lesson, const char *format, size_t number) {
  enum { SIZE = 96 };
  char *line = sharing_memory(lesson, SIZE, 1);
  snprintf(line, SIZE, format, number);
  return line;
}

static siam_status prepare_autoencoder(sharing_lesson *lesson, study_system *system) {
  const bool pictures = lesson->choices->data != NULL;
  if (pictures)
    SHARING_TRY(sharing_pictures(lesson, MOST_TRAINED + MOST_UNSEEN, &system->whole));
  else
    SHARING_TRY(sharing_spelled_words(lesson, &system->whole));
  const size_t count = system->whole.count;
  if (count < LEAST_EXAMPLES)
    return sharing_fail(lesson, "%s: has %zu different %s; the study needs at least %d",
                        pictures ? app_show(lesson->choices->data) : "the text", count,
                        pictures ? "pictures" : "words", LEAST_EXAMPLES);
  system->data = pictures ? lesson->choices->data : "letters of words";
  system->examples = pictures ? "pictures" : "words";
  system->lines[2] = text_line(lesson, "linear %zu name=decode weight=encode.weight^T", system->whole.inputs);
  const size_t most = count - count_unseen(&system->whole);
  choose_sizes(system, most < MOST_TRAINED ? most : MOST_TRAINED);
  return SIAM_OK;
}

static siam_status prepare_embeddings(sharing_lesson *lesson, study_system *system) {
  SHARING_TRY(sharing_text_read(lesson, &system->text));
  system->data = system->text.name;
  system->lines[0] = text_line(lesson, "embedding %zu 48 name=embedding", system->text.vocabulary);
  system->lines[4] =
      text_line(lesson, "linear %zu name=project weight=embedding.weight^T", system->text.vocabulary);
  choose_sizes(system, system->text.training.count - CONTEXT);
  return SIAM_OK;
}

siam_status study_prepare(sharing_lesson *lesson, study_system systems[STUDY_SYSTEMS]) {
  systems[STUDY_AUTOENCODER] = (study_system){
      .name = "autoencoder",
      .title = "Autoencoder",
      .error = "mean squared error",
      .loss = "mean_squared_error",
      .lines = {"linear 64 name=encode", "sigmoid"},
      .slot = "decode.weight",
      .steps = 3000,
      .rate = 0.003,
      .arrange = arrange_examples,
  };
  systems[STUDY_EMBEDDINGS] = (study_system){
      .name = "embeddings",
      .title = "Language model",
      .examples = "words",
      .error = "cross entropy",
      .loss = "cross_entropy",
      .lines = {NULL, "linear 96 name=mix", "tanh", "linear 48 name=features"},
      .slot = "project.weight",
      .steps = 1000,
      .rate = 0.002,
      .arrange = arrange_text,
  };
  SHARING_TRY(prepare_autoencoder(lesson, &systems[STUDY_AUTOENCODER]));
  return prepare_embeddings(lesson, &systems[STUDY_EMBEDDINGS]);
}
