#include "data/images.h"

#include "base/memory.h"
#include "data/intake.h"
#include "data/parallel.h"
#include "data/stream.h"

#include <string.h>

struct siam_images {
  const siam_dataset *dataset;
  siam_picture_shape shape;
  siam_images_facts facts;
  uint32_t count;
  uint8_t *bytes; ///< NULL when streaming.
  siam_intake intake;
  siam_stream_reader *stream;
  /// Orders of resident images: the numbers alone, in a ring.
  uint32_t *ordered[SIAM_IMAGES_AHEAD], ordered_count[SIAM_IMAGES_AHEAD], first, waiting;
};

/// The pass over all pictures at opening.
typedef struct first_pass {
  siam_images *images;
  const siam_dataset *dataset;
  uint8_t *facts; ///< By picture.
  bool *broken;
  char **messages; ///< Of broken pictures.
} first_pass;

typedef struct first_picture {
  first_pass *pass;
  uint32_t number;
} first_picture;

static siam_status take_in(void *context, const siam_picture *picture) {
  siam_status status = SIAM_OK;
  const first_picture *which = context;
  siam_images *images = which->pass->images;
  size_t size = siam_picture_shape_bytes(&images->shape);
  which->pass->facts[which->number] = (uint8_t)siam_picture_facts(picture);
  uint8_t *aside = NULL, *place = NULL;
  if (images->bytes != NULL) {
    place = images->bytes + which->number * size;
  } else {
    // A stream decodes again later; resizing shows now that it will be possible.
    SIAM_TRY_ALLOCATE(aside, size);
    place = aside;
  }
  SIAM_TRY(siam_picture_resize(picture, &images->shape, place));
cleanup:
  siam_free(aside);
  return status;
}

/// Only what is wrong with the file makes a broken picture; the rest stops the pass.
static siam_status load_one(void *context, uint32_t number) {
  first_pass *pass = context;
  first_picture which = {pass, number};
  const char *path = siam_dataset_get_image_path(pass->dataset, number);
  siam_status status = siam_intake_load(&pass->images->intake, path, take_in, &which);
  if (!siam_is_fault_of_file(status)) return status;
  pass->broken[number] = true;
  pass->messages[number] = siam_copy_text(siam_last_error());
  return pass->messages[number] != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

static void count_facts(const first_pass *pass, siam_images *images) {
  siam_images_facts *facts = &images->facts;
  for (uint32_t i = 0; i < images->count; i++) {
    facts->broken += pass->broken[i];
    facts->rotated += (pass->facts[i] & SIAM_FACT_ROTATED) != 0;
    facts->alpha += (pass->facts[i] & SIAM_FACT_ALPHA) != 0;
    facts->grey += (pass->facts[i] & SIAM_FACT_GREY) != 0;
    facts->sixteen_bit += (pass->facts[i] & SIAM_FACT_SIXTEEN_BIT) != 0;
  }
  facts->readable = images->count - facts->broken;
}

/// Names the broken pictures, takes them out of the data set, and closes the gaps in the bytes.
static siam_status drop_broken(first_pass *pass, const siam_logger *logger, siam_dataset *dataset) {
  siam_images *images = pass->images;
  size_t size = siam_picture_shape_bytes(&images->shape);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < images->count; i++)
    if (pass->broken[i]) siam_log(logger, SIAM_LOG_WARNING, "skipped: %s", pass->messages[i]);
  if (images->facts.broken > 0)
    siam_log(logger, SIAM_LOG_WARNING, "%s: %u of %u pictures cannot be read and are left out",
             siam_dataset_get_path(dataset), images->facts.broken, images->count);
  if (images->facts.readable == 0)
    return siam_fail(SIAM_ERROR_DATA, "%s: none of its %u pictures can be read; the first: %s",
                     siam_dataset_get_path(dataset), images->count, pass->messages[0]);
  SIAM_RETURN_IF_FAILED(siam_dataset_remove(dataset, pass->broken));
  for (uint32_t i = 0; i < images->count && images->bytes != NULL; i++)
    if (!pass->broken[i]) {
      if (kept != i) memmove(images->bytes + kept * size, images->bytes + i * size, size);
      kept++;
    }
  images->count = images->facts.readable;
  return SIAM_OK;
}

static siam_status run_first_pass(siam_images *images, siam_dataset *dataset,
                                  const siam_images_options *options) {
  siam_status status = SIAM_OK;
  uint32_t count = images->count;
  first_pass pass = {.images = images, .dataset = dataset};
  SIAM_TRY_ALLOCATE(pass.facts, count);
  SIAM_TRY_ALLOCATE(pass.broken, count);
  SIAM_TRY_ALLOCATE(pass.messages, count);
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = count,
                                              .threads = options->threads,
                                              .task = load_one,
                                              .context = &pass,
                                              .progress = options->progress,
                                              .progress_context = options->progress_context}));
  count_facts(&pass, images);
  SIAM_TRY(drop_broken(&pass, &options->logger, dataset));
cleanup:
  for (uint32_t i = 0; pass.messages != NULL && i < count; i++) siam_free(pass.messages[i]);
  siam_free(pass.messages);
  siam_free(pass.facts);
  siam_free(pass.broken);
  return status;
}

siam_status siam_images_open(siam_dataset *dataset, const siam_images_options *options,
                             siam_images **images) {
  siam_status status = SIAM_OK;
  siam_images *made = NULL;
  uint64_t limit = options->resident_bytes > 0 ? options->resident_bytes : UINT64_C(2) << 30;
  SIAM_RETURN_IF_FAILED(siam_picture_shape_check(&options->shape));
  SIAM_TRY_ALLOCATE(made, 1);
  made->dataset = dataset;
  made->shape = options->shape;
  made->count = siam_dataset_count_images(dataset);
  siam_intake_begin(&made->intake, &options->picture);
  size_t size = siam_picture_shape_bytes(&options->shape);
  if ((uint64_t)made->count * size <= limit) {
    made->bytes = siam_allocate(made->count, size);
    if (made->bytes == NULL) {
      status = SIAM_ERROR_MEMORY;
      goto cleanup;
    }
  }
  SIAM_TRY(run_first_pass(made, dataset, options));
  if (made->bytes == NULL)
    SIAM_TRY(siam_stream_create(dataset, &made->intake, &made->shape, options->threads, SIAM_IMAGES_AHEAD,
                                &made->stream));
  *images = made;
  made = NULL;
cleanup:
  siam_images_destroy(made);
  return status;
}

void siam_images_destroy(siam_images *images) {
  if (images == NULL) return;
  siam_stream_destroy(images->stream);
  siam_intake_end(&images->intake);
  for (int i = 0; i < SIAM_IMAGES_AHEAD; i++) siam_free(images->ordered[i]);
  siam_free(images->bytes);
  siam_free(images);
}

uint32_t siam_images_count(const siam_images *images) {
  return images->count;
}

const siam_picture_shape *siam_images_get_shape(const siam_images *images) {
  return &images->shape;
}

const siam_images_facts *siam_images_get_facts(const siam_images *images) {
  return &images->facts;
}

const uint8_t *siam_images_get_bytes(const siam_images *images) {
  return images->bytes;
}

static siam_status order_resident(siam_images *images, const uint32_t *numbers, uint32_t count) {
  if (images->waiting == SIAM_IMAGES_AHEAD)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%d batches are ordered already; take one first",
                     SIAM_IMAGES_AHEAD);
  uint32_t place = (images->first + images->waiting) % SIAM_IMAGES_AHEAD;
  uint32_t *copy = siam_reallocate(images->ordered[place], count, sizeof *copy);
  if (copy == NULL) return SIAM_ERROR_MEMORY;
  memcpy(copy, numbers, count * sizeof *copy);
  images->ordered[place] = copy;
  images->ordered_count[place] = count;
  images->waiting++;
  return SIAM_OK;
}

static siam_status take_resident(siam_images *images, uint8_t *output) {
  size_t size = siam_picture_shape_bytes(&images->shape);
  if (images->waiting == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "no batch is ordered");
  const uint32_t *numbers = images->ordered[images->first];
  for (uint32_t i = 0; i < images->ordered_count[images->first]; i++)
    memcpy(output + i * size, images->bytes + numbers[i] * size, size);
  images->first = (images->first + 1) % SIAM_IMAGES_AHEAD;
  images->waiting--;
  return SIAM_OK;
}

siam_status siam_images_order(siam_images *images, const uint32_t *numbers, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (numbers[i] >= images->count)
      return siam_fail(SIAM_ERROR_ARGUMENT, "no picture %u; there are %u", numbers[i], images->count);
  return images->stream != NULL ? siam_stream_order(images->stream, numbers, count)
                                : order_resident(images, numbers, count);
}

siam_status siam_images_take(siam_images *images, uint8_t *output) {
  return images->stream != NULL ? siam_stream_take(images->stream, output) : take_resident(images, output);
}

siam_status siam_images_read(siam_images *images, const uint32_t *numbers, uint32_t count, uint8_t *output) {
  SIAM_RETURN_IF_FAILED(siam_images_order(images, numbers, count));
  return siam_images_take(images, output);
}
