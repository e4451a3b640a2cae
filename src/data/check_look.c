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

static void look_at(const siam_picture *picture, siam_look *look) {
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
}

/// The look at picture `number` of the round, and its path.
static siam_look *find_look(const look_round *round, uint32_t number, const char **path) {
  bool validation = number >= round->training_count;
  uint32_t image = validation ? number - round->training_count : number;
  const siam_dataset *dataset = validation ? round->check->validation : round->check->training;
  *path = siam_dataset_get_image_path(dataset, image);
  return &round->check->looks[validation][image];
}

static siam_status take_in(void *context, const siam_taken *taken) {
  siam_look *look = ((siam_look **)context)[taken->number];
  if (taken->bytes != NULL) look->file = siam_hash_bytes(taken->bytes, taken->count);
  if (taken->status == SIAM_OK) look_at(taken->picture, look);
  if (!siam_is_fault_of_file(taken->status)) return taken->status;
  look->broken = true;
  look->message = siam_copy_text(siam_last_error());
  return look->message != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

static siam_status look_at_some(void *context, uint32_t first, uint32_t count) {
  look_round *round = context;
  const char *paths[SIAM_INTAKE_MOST];
  siam_look *looks[SIAM_INTAKE_MOST];
  for (uint32_t i = 0; i < count; i++) looks[i] = find_look(round, first + i, &paths[i]);
  return siam_intake_load(&round->intake, paths, count, take_in, looks);
}

siam_status siam_check_look(siam_check *check, const siam_check_options *options) {
  siam_status status = SIAM_OK;
  look_round round = {.check = check, .training_count = siam_dataset_count_images(check->training)};
  uint32_t others = check->validation != NULL ? siam_dataset_count_images(check->validation) : 0;
  siam_intake_begin(&round.intake, &(siam_picture_options){.decoders = options->decoders});
  SIAM_TRY_ALLOCATE(check->looks[0], round.training_count);
  SIAM_TRY_ALLOCATE(check->looks[1], others);
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = round.training_count + others,
                                              .threads = siam_intake_threads(&round.intake, options->threads),
                                              .several = look_at_some,
                                              .together = SIAM_INTAKE_MOST,
                                              .context = &round,
                                              .progress = options->progress,
                                              .progress_context = options->progress_context}));
cleanup:
  siam_intake_end(&round.intake);
  return status;
}
