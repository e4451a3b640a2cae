#include "sharing/examples.h"

#include "common/decoders.h"
#include "common/message.h"
#include "common/progress.h"
#include "sharing/text.h"

#include <siamese/dataset.h>
#include <string.h>

enum { LEAST_LETTERS = 3, PIXELS = PICTURE_SIDE * PICTURE_SIDE, PURPOSE_CHOICE = 100 };

/// A set whose examples are their own targets.
static sharing_set to_itself(const float *x, size_t count, size_t numbers) {
  return (sharing_set){.count = count, .inputs = numbers, .targets = numbers, .x = x, .target = x};
}

static siam_status read_pictures(sharing_lesson *lesson, const siam_dataset *dataset, size_t most,
                                 sharing_set *set) {
  const siam_read_options options = {
      .height = PICTURE_SIDE, .width = PICTURE_SIDE, .decoders = app_decoders()};
  const size_t all = siam_dataset_count_images(dataset), count = all < most ? all : most;
  uint32_t *order = sharing_memory(lesson, all, sizeof *order);
  float *x = sharing_floats(lesson, count * PIXELS);
  sharing_shuffle(lesson->seed, PURPOSE_CHOICE, order, all);
  for (size_t i = 0; i < count; i++) {
    app_progress_update(i, count, "pictures");
    SHARING_TRY(siam_dataset_read(dataset, order[i], &options, x + i * PIXELS));
  }
  for (size_t i = 0; i < count * PIXELS; i++) x[i] = 1 - x[i];
  *set = to_itself(x, count, PIXELS);
  return SIAM_OK;
}

siam_status sharing_pictures(sharing_lesson *lesson, size_t most, sharing_set *set) {
  siam_dataset *dataset = NULL;
  const siam_dataset_options options = {.logger = app_logger(lesson->json)};
  SHARING_TRY(siam_dataset_collect(&lesson->choices->data, 1, &options, &dataset));
  const siam_status status = read_pictures(lesson, dataset, most, set);
  siam_dataset_destroy(dataset);
  return status;
}

siam_status sharing_spelled_words(sharing_lesson *lesson, sharing_set *set) {
  enum { NUMBERS = WORD_LETTERS * ALPHABET };
  sharing_text text;
  SHARING_TRY(sharing_text_read(lesson, &text));
  float *x = sharing_floats(lesson, (size_t)text.vocabulary * NUMBERS);
  size_t count = 0;
  for (uint32_t w = 1; w < text.vocabulary; w++) {
    const char *word = text.spelling[w];
    if (strlen(word) < LEAST_LETTERS) continue;
    for (size_t i = 0; i < WORD_LETTERS; i++) {
      const char letter = i < strlen(word) ? word[i] : ' ';
      const size_t number = letter >= 'a' && letter <= 'z' ? (size_t)(letter - 'a') : ALPHABET - 1;
      x[(count * WORD_LETTERS + i) * ALPHABET + number] = 1;
    }
    count++;
  }
  *set = to_itself(x, count, NUMBERS);
  return SIAM_OK;
}
