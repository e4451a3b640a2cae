#include "base/hash.h"
#include "base/memory.h"
#include "data/check.h"
#include "data/intake.h"
#include "data/parallel.h"

#include <string.h>

/// Both sides as one row of tasks: the training pictures, then those of validation.
typedef struct look_round {
  siam_check *check;
  siam_intake intake;
  uint32_t training_count;
} look_round;

static bool is_blank(const siam_picture *picture) {
  size_t count = (size_t)picture->width * picture->height * picture->channels;
  for (size_t i = picture->channels; i < count; i++)
    if (picture->pixels[i] != picture->pixels[i - picture->channels]) return false;
  return true;
}

static siam_status look_at(void *context, const siam_picture *picture) {
  siam_look *look = context;
  siam_hash hash;
  uint32_t shape[3] = {picture->height, picture->width, picture->channels};
  siam_hash_begin(&hash, 0);
  siam_hash_add(&hash, shape, sizeof shape);
  siam_hash_add(&hash, picture->pixels, (size_t)picture->width * picture->height * picture->channels);
  look->content = siam_hash_end(&hash);
  look->width = picture->width;
  look->height = picture->height;
  look->facts = siam_picture_facts(picture);
  look->blank = is_blank(picture);
  return SIAM_OK;
}

static siam_status look_at_file(look_round *round, const char *path, siam_look *look) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  SIAM_RETURN_IF_FAILED(siam_picture_read_file(path, &round->intake.options, &bytes, &count));
  look->file = siam_hash_bytes(bytes, count);
  siam_status status = siam_intake_decode(&round->intake, path, bytes, count, look_at, look);
  siam_free(bytes);
  return status;
}

static siam_status look_task(void *context, uint32_t number) {
  look_round *round = context;
  bool validation = number >= round->training_count;
  uint32_t image = validation ? number - round->training_count : number;
  const siam_dataset *dataset = validation ? round->check->validation : round->check->training;
  siam_look *look = &round->check->looks[validation][image];
  siam_status status = look_at_file(round, siam_dataset_get_image_path(dataset, image), look);
  if (!siam_is_fault_of_file(status)) return status;
  look->broken = true;
  look->message = siam_copy_text(siam_last_error());
  return look->message != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

siam_status siam_check_look(siam_check *check, const siam_check_options *options) {
  siam_status status = SIAM_OK;
  look_round round = {.check = check, .training_count = siam_dataset_count_images(check->training)};
  uint32_t others = check->validation != NULL ? siam_dataset_count_images(check->validation) : 0;
  siam_intake_begin(&round.intake, &(siam_picture_options){.decoders = options->decoders});
  SIAM_TRY_ALLOCATE(check->looks[0], round.training_count);
  SIAM_TRY_ALLOCATE(check->looks[1], others);
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = round.training_count + others,
                                              .threads = options->threads,
                                              .task = look_task,
                                              .context = &round,
                                              .progress = options->progress,
                                              .progress_context = options->progress_context}));
cleanup:
  siam_intake_end(&round.intake);
  return status;
}
