#include "reference/augment_check.h"

#include "base/memory.h"
#include "base/random.h"
#include "compute/pixels.h"
#include "reference/augment_reference.h"
#include "reference/give_up.h"
#include "reference/guarded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STORED = 7, STEP = 17 };
static const int32_t indices[] = {3, 0, 6, 6, 1, 2, 5, 4};
static const uint64_t seed = 0x123456789abcdefULL;

/// What the kernel reads, and its result between guards.
typedef struct ranges {
  siam_device *device;
  siam_tape *tape;
  cl_mem stored, order, clock;
  siam_view result;
} ranges;

static void release(ranges *r) {
  const cl_mem buffers[4] = {r->stored, r->order, r->clock, r->result.buffer};
  siam_tape_destroy(r->tape);
  for (int i = 0; i < 4; i++) siam_buffer_release(r->device, buffers[i]);
}

static siam_status put(siam_device *device, const void *bytes, size_t count, cl_mem *buffer) {
  SIAM_RETURN_IF_FAILED(siam_pixels_create(device, count, 1, buffer));
  return siam_pixels_write(device, *buffer, 0, count, 1, bytes);
}

static siam_status run(ranges *r, const siam_augment_options *options, const siam_augment_shape *shape,
                       const uint8_t *pictures, size_t values, float *result) {
  const uint32_t words[3] = {STEP, (uint32_t)seed, (uint32_t)(seed >> 32)};
  const size_t all = (size_t)shape->images * values;
  SIAM_RETURN_IF_FAILED(put(r->device, pictures, STORED * values, &r->stored));
  SIAM_RETURN_IF_FAILED(put(r->device, indices, sizeof indices, &r->order));
  SIAM_RETURN_IF_FAILED(put(r->device, words, sizeof words, &r->clock));
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, result, all, &r->result));
  SIAM_RETURN_IF_FAILED(siam_tape_create(r->device, &r->tape));
  SIAM_RETURN_IF_FAILED(siam_augment_add(r->tape, options, shape, r->stored, r->order, r->clock, r->result));
  SIAM_RETURN_IF_FAILED(siam_tape_seal(r->tape));
  SIAM_RETURN_IF_FAILED(siam_tape_run(r->tape));
  return siam_guarded_read(r->device, r->result, result);
}

static void compare(const siam_augment_options *options, const siam_augment_shape *shape,
                    const uint8_t *pictures, size_t values, const float *result, siam_product_result *found) {
  double *expected = siam_reference_array(values, sizeof *expected);
  for (int n = 0; n < shape->images; n++) {
    const int position = shape->first + n;
    const double bound = siam_augment_reference(options, shape, seed, STEP, (uint32_t)position,
                                                pictures + (size_t)indices[position] * values, expected);
    for (size_t i = 0; i < values; i++) {
      const double value = result[(size_t)n * values + i], error = fabs(value - expected[i]);
      const double share = isnan(error) ? INFINITY : error / bound;
      if (share > found->share) {
        found->share = share;
        found->error = error;
        found->bound = bound;
      }
      if (!(error <= bound) && found->failure[0] == '\0')
        snprintf(found->failure, sizeof found->failure,
                 "picture %d, value %zu is %.9g and must be %.9g ± %.2g", n, i, value, expected[i], bound);
    }
  }
  free(expected);
}

siam_status siam_augment_check_device(siam_device *device, const siam_augment_options *options,
                                      const siam_augment_shape *shape, siam_product_result *result) {
  const size_t values = (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
  uint8_t *pictures = siam_reference_array(STORED * values, 1);
  float *made = siam_reference_array((size_t)shape->images * values, sizeof *made);
  ranges r = {.device = device};
  for (size_t i = 0; i < STORED * values; i++)
    pictures[i] = (uint8_t)siam_random(99, SIAM_STREAM_SAMPLE, 0, i).word[0];
  const siam_status status = run(&r, options, shape, pictures, values, made);
  if (status == SIAM_OK) {
    result->cases++;
    compare(options, shape, pictures, values, made, result);
  }
  release(&r);
  free(pictures);
  free(made);
  return status;
}
