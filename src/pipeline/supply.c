#include "pipeline/supply.h"

#include "base/memory.h"
#include "base/random.h"
#include "compute/pixels.h"

#include <math.h>
#include <string.h>

/// One batch, copied out of the sampler so that several can be ordered ahead.
typedef struct supply_batch {
  uint32_t number; ///< Step it is for; 0: none.
  uint32_t *images, *turns;
  int32_t *labels;
  siam_composition *composed;
} supply_batch;

enum { AHEAD = 4 };

struct siam_supply {
  siam_device *device;
  siam_images *images;
  siam_sampler *sampler;
  siam_supply_options options;
  cl_mem resident;
  uint32_t rows, classes;
  supply_batch batches[AHEAD]; ///< Step n lies in batches[n % AHEAD].
  uint32_t ordered, taken;     ///< Last steps whose pictures are ordered, and taken.
  uint8_t *spare; ///< Room for a step's pictures and two more: those that nobody takes, or not as they are.
};

static siam_status move_to_device(siam_supply *supply) {
  siam_device *device = supply->device;
  const uint8_t *bytes = siam_images_get_bytes(supply->images);
  size_t count = siam_images_count(supply->images);
  size_t each = siam_picture_shape_bytes(siam_images_get_shape(supply->images));
  if (bytes == NULL || !siam_pixels_fit(device, count, each)) return SIAM_OK;
  return siam_pixels_hold(device, bytes, count, each, &supply->resident);
}

/// Turned pictures keep their shape only where they are square, and their numbers only below the turn's bits.
static siam_status check_turns(const siam_images *images, const siam_supply_options *options) {
  if (!options->turned_classes) return SIAM_OK;
  const siam_picture_shape *shape = siam_images_get_shape(images);
  if (shape->height != shape->width)
    return siam_fail(SIAM_ERROR_ARGUMENT, "turned classes need square pictures, and the network's are %u×%u",
                     shape->height, shape->width);
  if (siam_images_count(images) > SIAM_INDEX_MASK)
    return siam_fail(SIAM_ERROR_ARGUMENT, "turned classes need fewer than %u pictures", SIAM_INDEX_MASK);
  return SIAM_OK;
}

siam_status siam_supply_create(siam_device *device, const siam_dataset *dataset, siam_images *images,
                               const siam_supply_options *options, siam_supply **supply) {
  siam_status status = SIAM_OK;
  siam_supply *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->device = device;
  made->images = images;
  made->options = *options;
  made->rows = siam_sampler_rows(&options->sampler);
  made->classes = siam_dataset_count_classes(dataset);
  SIAM_TRY(check_turns(images, options));
  SIAM_TRY(siam_sampler_create(dataset, &options->sampler, &made->sampler));
  SIAM_TRY_ALLOCATE(made->spare, (made->rows + 2) * siam_picture_shape_bytes(siam_images_get_shape(images)));
  for (int i = 0; i < AHEAD; i++) {
    SIAM_TRY_ALLOCATE(made->batches[i].images, made->rows);
    SIAM_TRY_ALLOCATE(made->batches[i].turns, made->rows);
    SIAM_TRY_ALLOCATE(made->batches[i].labels, made->rows);
    SIAM_TRY_ALLOCATE(made->batches[i].composed, made->rows);
  }
  if (options->composition.percent == 0) SIAM_TRY(move_to_device(made));
  *supply = made;
  made = NULL;
cleanup:
  siam_supply_destroy(made);
  return status;
}

void siam_supply_destroy(siam_supply *supply) {
  if (supply == NULL) return;
  // Others may use the pictures afterwards, so no order stays behind.
  for (; supply->taken < supply->ordered; supply->taken++) siam_images_take(supply->images, supply->spare);
  siam_free(supply->spare);
  for (int i = 0; i < AHEAD; i++) {
    siam_free(supply->batches[i].images);
    siam_free(supply->batches[i].turns);
    siam_free(supply->batches[i].labels);
    siam_free(supply->batches[i].composed);
  }
  siam_buffer_release(supply->device, supply->resident);
  siam_sampler_destroy(supply->sampler);
  siam_free(supply);
}

cl_mem siam_supply_resident(const siam_supply *supply) {
  return supply->resident;
}

uint32_t siam_supply_rows(const siam_supply *supply) {
  return supply->rows;
}

uint64_t siam_supply_epoch_steps(const siam_supply *supply) {
  return siam_sampler_epoch_steps(supply->sampler);
}

uint32_t siam_supply_turns(const siam_supply_options *options) {
  return options->turned_classes ? 4 : 1;
}

/// The quarter turns of class or pair `which` in a step.
static uint32_t turn_of(const siam_supply *supply, uint32_t step, uint32_t which) {
  siam_draw draw = siam_random(supply->options.sampler.seed, SIAM_STREAM_TURN, step, which);
  return siam_below(draw.word[0], siam_supply_turns(&supply->options));
}

/// Classes that are put together get labels of their own.
static void compose(const siam_supply *supply, const siam_batch *drawn, supply_batch *batch) {
  const siam_picture_shape *shape = siam_images_get_shape(supply->images);
  const uint32_t labels = supply->classes * siam_supply_turns(&supply->options);
  siam_composition_draw(&supply->options.composition, batch->number, shape->width == shape->height,
                        drawn->classes, supply->rows, batch->composed);
  for (uint32_t i = 0; i < supply->rows; i++)
    if (batch->composed[i].number > 0) batch->labels[i] = (int32_t)(labels + batch->composed[i].number);
}

static siam_status draw(siam_supply *supply, uint32_t number, supply_batch *batch) {
  siam_batch drawn;
  SIAM_RETURN_IF_FAILED(siam_sampler_get(supply->sampler, number - 1, &drawn));
  batch->number = number;
  memcpy(batch->images, drawn.images, supply->rows * sizeof *batch->images);
  bool drawn_pairs = supply->options.sampler.mode == SIAM_SAMPLE_PAIRS;
  uint32_t pairs = supply->rows / 2, turns = siam_supply_turns(&supply->options);
  for (uint32_t i = 0; i < supply->rows; i++) {
    uint32_t turn = turn_of(supply, number, drawn_pairs ? i % pairs : drawn.classes[i]);
    if (!drawn_pairs) batch->labels[i] = (int32_t)(drawn.classes[i] * turns + turn);
    if (drawn_pairs && i < pairs) batch->labels[i] = drawn.same[i];
    batch->turns[i] = turn << SIAM_INDEX_TURN_SHIFT;
  }
  if (supply->options.composition.percent > 0) compose(supply, &drawn, batch);
  return SIAM_OK;
}

/// Draws and orders the pictures of the next steps, so that decoding runs ahead of the device.
static siam_status order_ahead(siam_supply *supply, uint32_t number) {
  if (supply->ordered < number - 1) supply->ordered = supply->taken = number - 1;
  while (supply->ordered < number + AHEAD - 1) {
    supply_batch *batch = &supply->batches[++supply->ordered % AHEAD];
    SIAM_RETURN_IF_FAILED(draw(supply, supply->ordered, batch));
    SIAM_RETURN_IF_FAILED(siam_images_order(supply->images, batch->images, supply->rows));
  }
  return SIAM_OK;
}

siam_status siam_supply_give(siam_supply *supply, uint32_t number, siam_step *step, siam_step_input *input) {
  supply_batch *batch = &supply->batches[number % AHEAD];
  input->number = number;
  input->labels = batch->labels;
  input->turns = batch->turns;
  if (supply->resident != NULL) {
    input->images = batch->images;
    return draw(supply, number, batch);
  }
  input->images = NULL;
  uint8_t *bytes = NULL;
  SIAM_RETURN_IF_FAILED(order_ahead(supply, number));
  SIAM_RETURN_IF_FAILED(siam_step_pictures(step, &bytes));
  supply->taken = number;
  if (supply->options.composition.percent == 0) return siam_images_take(supply->images, bytes);
  const siam_picture_shape *shape = siam_images_get_shape(supply->images);
  SIAM_RETURN_IF_FAILED(siam_images_take(supply->images, supply->spare));
  siam_composition_make(&supply->options.composition, number, shape, batch->composed, supply->rows,
                        supply->spare, supply->spare + supply->rows * siam_picture_shape_bytes(shape), bytes);
  return SIAM_OK;
}

enum { STATISTICS_PICTURES = 2000, STATISTICS_BATCH = 100 };

siam_status siam_images_statistics(siam_images *images, float *mean, float *deviation) {
  siam_status status = SIAM_OK;
  const siam_picture_shape *shape = siam_images_get_shape(images);
  uint32_t all = siam_images_count(images), channels = shape->channels;
  uint32_t count = all < STATISTICS_PICTURES ? all : STATISTICS_PICTURES;
  size_t each = siam_picture_shape_bytes(shape);
  uint64_t sums[3] = {0}, squares[3] = {0};
  uint32_t numbers[STATISTICS_BATCH];
  uint8_t *bytes = NULL;
  SIAM_TRY_ALLOCATE(bytes, STATISTICS_BATCH * each);
  for (uint32_t done = 0; done < count;) {
    uint32_t batch = count - done < STATISTICS_BATCH ? count - done : STATISTICS_BATCH;
    // Spread evenly over the data, whose order is by class.
    for (uint32_t i = 0; i < batch; i++) numbers[i] = (uint32_t)((uint64_t)(done + i) * all / count);
    SIAM_TRY(siam_images_read(images, numbers, batch, bytes));
    for (size_t i = 0; i < batch * each; i++) {
      sums[i % channels] += bytes[i];
      squares[i % channels] += (uint64_t)bytes[i] * bytes[i];
    }
    done += batch;
  }
  double pixels = (double)count * (double)each / channels;
  for (uint32_t c = 0; c < channels; c++) {
    double average = (double)sums[c] / pixels;
    double variance = (double)squares[c] / pixels - average * average;
    mean[c] = (float)(average / 255);
    // A channel without contrast must not be blown up to noise.
    deviation[c] = (float)fmax(sqrt(fmax(variance, 0)) / 255, 1.0 / 255);
  }
cleanup:
  siam_free(bytes);
  return status;
}
