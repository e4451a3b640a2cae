#include "pipeline/occlusion.h"

#include "base/memory.h"

#include <string.h>

/// Covered pictures that go over the device at once, and steps of the patch within its own side.
enum { BATCH = 64, STEPS_OF_PATCH = 4 };

uint32_t siam_occlusion_patch(uint32_t side) {
  uint32_t patch = side / 5 > 3 ? side / 5 : 3;
  return patch < side ? patch : side;
}

/// A picture, what it is covered with, and the sums so far.
typedef struct occluder {
  siam_picture_shape shape;
  uint32_t height, width, step_y, step_x; ///< Of the patch.
  const uint8_t *bytes;
  uint8_t shade[3];
  siam_embedder *embedder;
  uint8_t *covered;      ///< [BATCH, H, W, C]
  uint32_t (*places)[2]; ///< [BATCH], upper left corners.
  float *embeddings;     ///< [BATCH, D]
  const float *other;    ///< [D]
  size_t dimensions;
  double distance; ///< Of the picture as it is.
  double *heat;    ///< [H, W], sums of changes.
  uint32_t *count; ///< [H, W], of how many.
} occluder;

/// The median of a channel: the background where there is one, and for photographs a shade that stands out
/// little.
static uint8_t find_shade(const uint8_t *bytes, size_t pixels, uint32_t channels, uint32_t channel) {
  size_t counts[256] = {0}, below = 0;
  for (size_t i = 0; i < pixels; i++) counts[bytes[i * channels + channel]]++;
  for (int shade = 0; shade < 255; shade++) {
    below += counts[shade];
    if (2 * below > pixels) return (uint8_t)shade;
  }
  return 255;
}

static void cover(const occluder *of, uint32_t slot) {
  size_t size = siam_picture_shape_bytes(&of->shape);
  uint8_t *picture = of->covered + slot * size;
  memcpy(picture, of->bytes, size);
  for (uint32_t y = of->places[slot][0]; y < of->places[slot][0] + of->height; y++)
    for (uint32_t x = of->places[slot][1]; x < of->places[slot][1] + of->width; x++)
      memcpy(picture + ((size_t)y * of->shape.width + x) * of->shape.channels, of->shade, of->shape.channels);
}

/// Embeds `count` covered pictures and adds what each changes to the pixels it covers.
static siam_status measure(const occluder *of, uint32_t count) {
  SIAM_RETURN_IF_FAILED(siam_embedder_run(of->embedder, of->covered, count, of->embeddings));
  for (uint32_t slot = 0; slot < count; slot++) {
    double change =
        siam_distance(of->embeddings + slot * of->dimensions, of->other, of->dimensions) - of->distance;
    for (uint32_t y = of->places[slot][0]; y < of->places[slot][0] + of->height; y++)
      for (uint32_t x = of->places[slot][1]; x < of->places[slot][1] + of->width; x++) {
        of->heat[(size_t)y * of->shape.width + x] += change;
        of->count[(size_t)y * of->shape.width + x]++;
      }
  }
  return SIAM_OK;
}

/// The next place along a side; the last patch ends where the picture does.
static uint32_t next_place(uint32_t place, uint32_t step, uint32_t patch, uint32_t side) {
  uint32_t last = side - patch;
  if (place >= last) return side;
  return place + step < last ? place + step : last;
}

static siam_status cover_all(const occluder *of) {
  uint32_t filled = 0;
  for (uint32_t y = 0; y < of->shape.height; y = next_place(y, of->step_y, of->height, of->shape.height))
    for (uint32_t x = 0; x < of->shape.width; x = next_place(x, of->step_x, of->width, of->shape.width)) {
      of->places[filled][0] = y;
      of->places[filled][1] = x;
      cover(of, filled++);
      if (filled < BATCH) continue;
      SIAM_RETURN_IF_FAILED(measure(of, filled));
      filled = 0;
    }
  return filled > 0 ? measure(of, filled) : SIAM_OK;
}

static uint32_t step_of(uint32_t patch) {
  return patch / STEPS_OF_PATCH > 0 ? patch / STEPS_OF_PATCH : 1;
}

static siam_status prepare(siam_model *model, occluder *of) {
  siam_status status = SIAM_OK;
  size_t pixels = (size_t)of->shape.height * of->shape.width;
  of->height = siam_occlusion_patch(of->shape.height);
  of->width = siam_occlusion_patch(of->shape.width);
  of->step_y = step_of(of->height);
  of->step_x = step_of(of->width);
  for (uint32_t c = 0; c < of->shape.channels; c++)
    of->shade[c] = find_shade(of->bytes, pixels, of->shape.channels, c);
  SIAM_TRY_ALLOCATE(of->covered, BATCH * siam_picture_shape_bytes(&of->shape));
  SIAM_TRY_ALLOCATE(of->places, BATCH);
  SIAM_TRY_ALLOCATE(of->embeddings, BATCH * of->dimensions);
  SIAM_TRY_ALLOCATE(of->count, pixels);
  SIAM_TRY(siam_embedder_create(model, BATCH, &of->embedder));
cleanup:
  return status;
}

siam_status siam_occlusion_map(siam_model *model, const uint8_t *bytes, const float *other, double *heat) {
  siam_status status = SIAM_OK;
  occluder of = {.shape = siam_model_picture_shape(model),
                 .bytes = bytes,
                 .other = other,
                 .dimensions = (size_t)siam_model_get_info(model).embedding,
                 .heat = heat};
  size_t pixels = (size_t)of.shape.height * of.shape.width;
  memset(heat, 0, pixels * sizeof *heat);
  SIAM_TRY(prepare(model, &of));
  SIAM_TRY(siam_embedder_run(of.embedder, bytes, 1, of.embeddings));
  of.distance = siam_distance(of.embeddings, other, of.dimensions);
  SIAM_TRY(cover_all(&of));
  for (size_t i = 0; i < pixels; i++) heat[i] /= of.count[i];
cleanup:
  siam_embedder_destroy(of.embedder);
  siam_free(of.covered);
  siam_free(of.places);
  siam_free(of.embeddings);
  siam_free(of.count);
  return status;
}
