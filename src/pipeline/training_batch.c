// How many pairs a step has: as many as are asked for, or as many as the device has room for.
#include "pipeline/embedder.h"
#include "pipeline/measure.h"
#include "pipeline/room.h"
#include "pipeline/training.h"

#include <limits.h>

enum { STANDARD_PAIRS = 64, MOST_PAIRS = 1 << 20 };

static bool is_automatic(const siam_training *run) {
  return run->options->batch == SIAM_BATCH_AUTO;
}

uint32_t siam_training_pairs(const siam_training *run) {
  return run->options->batch > 0 && !is_automatic(run) ? run->options->batch : STANDARD_PAIRS;
}

void siam_training_size_sampler(const siam_training *run, uint32_t pairs, siam_sampler_options *sampler) {
  switch (sampler->mode) {
  case SIAM_SAMPLE_PAIRS:
    sampler->pairs = pairs;
    break;
  case SIAM_SAMPLE_CLASSES:
    sampler->classes = 2 * pairs / sampler->images_per_class;
    siam_sampler_fit(run->training, sampler);
    break;
  case SIAM_SAMPLE_PICTURES:
    sampler->pictures = 2 * pairs;
    break;
  }
}

/// The smallest batch there can be: a pair, or two classes.
static uint32_t least_pairs(const siam_training *run) {
  const siam_sampler_options *sampler = &run->supply_options.sampler;
  return sampler->mode == SIAM_SAMPLE_CLASSES ? sampler->images_per_class : 1;
}

/// The largest that makes sense: all pictures at once, as far as kernels can count their numbers.
static uint32_t most_pairs(const siam_training *run) {
  const uint32_t least = least_pairs(run);
  uint32_t most = (siam_images_count(run->images) + 1) / 2;
  const size_t countable = siam_network_most_images(run->model->network) / 2;
  if (most > countable) most = (uint32_t)countable;
  if (most > MOST_PAIRS) most = MOST_PAIRS;
  return most > least ? most : least;
}

/// Takes the supply that there is as the step's.
static void use_supply(siam_training *run) {
  run->step_options.rows = (int)siam_supply_rows(run->supply);
  run->step_options.turned = run->supply_options.turned_classes;
  run->step_options.resident = siam_supply_resident(run->supply);
}

static siam_status make_supply(siam_training *run) {
  SIAM_RETURN_IF_FAILED(
      siam_supply_create(run->device, run->training, run->images, &run->supply_options, &run->supply));
  use_supply(run);
  return SIAM_OK;
}

static siam_status resize(siam_training *run, uint32_t pairs) {
  siam_training_size_sampler(run, pairs, &run->supply_options.sampler);
  siam_supply_destroy(run->supply);
  run->supply = NULL;
  return make_supply(run);
}

/// What a step takes, and beside it the embedding of what is held out, which can do with one picture at a
/// time and is the quicker for more.
static siam_status need_of_pairs(void *context, uint32_t pairs, siam_need *need) {
  const siam_training *run = context;
  siam_sampler_options sampler = run->supply_options.sampler;
  siam_step_options step = run->step_options;
  siam_training_size_sampler(run, pairs, &sampler);
  step.rows = (int)siam_sampler_rows(&sampler);
  const uint32_t wanted = is_automatic(run) ? SIAM_EMBEDDING_BATCH : 1, rows = (uint32_t)step.rows;
  SIAM_RETURN_IF_FAILED(siam_embedder_need(run->model, rows < wanted ? rows : wanted, need));
  return siam_step_need(run->model, &step, need);
}

static siam_status refuse(siam_training *run, uint32_t pairs, siam_status failure) {
  return siam_room_refuse(run->device, "pair", least_pairs(run), pairs, need_of_pairs, run, failure);
}

/// The largest batch by the plans. The step proves it: a device that others use, too, has less room than it
/// says.
static siam_status make_largest_step(siam_training *run) {
  uint32_t pairs = 0;
  const uint32_t least = least_pairs(run);
  SIAM_RETURN_IF_FAILED(siam_room_search(run->device, least, most_pairs(run), need_of_pairs, run, &pairs));
  if (pairs == 0) return refuse(run, least, siam_fail(SIAM_ERROR_DEVICE, "no batch fits the device"));
  for (;; pairs = pairs / 2 > least ? pairs / 2 : least) {
    SIAM_RETURN_IF_FAILED(resize(run, pairs));
    const siam_status status = siam_step_create(run->model, &run->step_options, &run->step);
    if (status != SIAM_ERROR_DEVICE || pairs == least) return status;
  }
}

/// The step of the batch that was asked for. What comes after the last step must not lack the room then.
static siam_status make_step(siam_training *run) {
  siam_need after = {0};
  siam_status status = siam_step_create(run->model, &run->step_options, &run->step);
  if (status == SIAM_OK) status = siam_embedder_need(run->model, 1, &after);
  if (status == SIAM_OK && !siam_need_fits(run->device, &after)) {
    siam_step_destroy(run->step);
    run->step = NULL;
    status = siam_fail(SIAM_ERROR_DEVICE, "no room is left for the embedding of validation pictures");
  }
  return status == SIAM_ERROR_DEVICE ? refuse(run, siam_training_pairs(run), status) : status;
}

siam_status siam_training_make_batch(siam_training *run) {
  SIAM_RETURN_IF_FAILED(make_supply(run));
  const siam_status status = is_automatic(run) ? make_largest_step(run) : make_step(run);
  run->report->batch = (siam_supply_rows(run->supply) + 1) / 2;
  return status;
}
