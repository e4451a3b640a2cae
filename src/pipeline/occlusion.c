#include "pipeline/occlusion.h"

#include "base/memory.h"

#include <string.h>

/// Looks that go over the device at once, and steps of the patch within its own side.
enum { BATCH = 64, STEPS_OF_PATCH = 4 };

uint32_t siam_occlusion_patch(uint32_t side) {
  uint32_t patch = side / 5 > 3 ? side / 5 : 3;
  return patch < side ? patch : side;
}

/// A picture, what it is covered with, and the sums so far.
typedef struct occluder {
  const siam_compared *of;
  siam_picture_shape shape;
  size_t size, dimensions;                ///< Bytes of a picture, D.
  uint32_t height, width, step_y, step_x; ///< Of the patch.
  uint32_t looks, room;                   ///< At each covered picture; covered pictures at a time.
  bool unit_length;                       ///< Of embeddings.
  siam_region in;                         ///< What shows the picture, and is covered.
  uint8_t shade[3];
  siam_embedder *embedder;
  uint8_t *covered;      ///< [H, W, C]
  uint8_t *plain;        ///< [looks, H, W, C], of the picture as it is.
  uint8_t *seen;         ///< [room, looks, H, W, C]
  uint32_t (*places)[2]; ///< [room], upper left corners.
  float *embeddings;     ///< [room, looks, D]
  float *mean;           ///< [D]
  double *heat;          ///< [H, W], sums of changes.
  uint32_t *count;       ///< [H, W], of how many.
} occluder;

/// The median of a channel: the background where there is one, and for photographs a shade that stands out
/// little.
static uint8_t find_shade(const occluder *by, uint32_t channel) {
  const siam_region in = by->in;
  size_t counts[256] = {0}, below = 0;
  for (uint32_t y = in.y; y < in.y + in.height; y++)
    for (uint32_t x = in.x; x < in.x + in.width; x++)
      counts[by->of->bytes[((size_t)y * by->shape.width + x) * by->shape.channels + channel]]++;
  for (int shade = 0; shade < 255; shade++) {
    below += counts[shade];
    if (2 * below > (size_t)in.width * in.height) return (uint8_t)shade;
  }
  return 255;
}

static void cover(const occluder *by, uint32_t top, uint32_t left) {
  const siam_region in = by->in;
  memcpy(by->covered, by->of->bytes, by->size);
  for (uint32_t y = top; y < top + by->height; y++)
    for (uint32_t x = left; x < left + by->width; x++)
      if (y >= in.y && y < in.y + in.height && x >= in.x && x < in.x + in.width)
        memcpy(by->covered + ((size_t)y * by->shape.width + x) * by->shape.channels, by->shade,
               by->shape.channels);
}

/// Looks at a picture as was looked when it was compared: [looks, H, W, C]
static siam_status look(const occluder *by, const uint8_t *bytes, uint8_t *output) {
  return by->looks > 1 ? siam_views_make(by->of->views, &by->shape, bytes, output)
                       : siam_views_make_one(by->of->views, by->of->view, &by->shape, bytes, output);
}

static void add(const occluder *by, const uint32_t *place, double change) {
  for (uint32_t y = place[0]; y < place[0] + by->height; y++)
    for (uint32_t x = place[1]; x < place[1] + by->width; x++) {
      by->heat[(size_t)y * by->shape.width + x] += change;
      by->count[(size_t)y * by->shape.width + x]++;
    }
}

/// Embeds the looks at `count` covered pictures and adds what each changes to the pixels it covers.
static siam_status measure(const occluder *by, uint32_t count) {
  SIAM_RETURN_IF_FAILED(siam_embedder_run(by->embedder, by->seen, count * by->looks, by->embeddings));
  for (uint32_t slot = 0; slot < count; slot++) {
    const float *embedding = by->embeddings + (size_t)slot * by->looks * by->dimensions;
    if (by->looks > 1) {
      siam_views_average(by->of->views, by->unit_length, embedding, by->dimensions, by->mean);
      embedding = by->mean;
    }
    double distance = by->of->factor * siam_distance(embedding, by->of->other, by->dimensions);
    add(by, by->places[slot], distance - by->of->distance);
  }
  return SIAM_OK;
}

/// Covers one place, and measures when there is no more room. What nobody sees changes nothing.
static siam_status cover_one(const occluder *by, uint32_t y, uint32_t x, uint32_t *filled) {
  uint8_t *seen = by->seen + (size_t)*filled * by->looks * by->size;
  uint32_t *place = by->places[*filled];
  place[0] = y;
  place[1] = x;
  cover(by, y, x);
  SIAM_RETURN_IF_FAILED(look(by, by->covered, seen));
  if (memcmp(seen, by->plain, by->looks * by->size) == 0) {
    add(by, place, 0);
    return SIAM_OK;
  }
  if (++*filled < by->room) return SIAM_OK;
  *filled = 0;
  return measure(by, by->room);
}

/// The next place along a side; the last patch ends where the picture does.
static uint32_t next_place(uint32_t place, uint32_t step, uint32_t patch, uint32_t side) {
  uint32_t last = side - patch;
  if (place >= last) return side;
  return place + step < last ? place + step : last;
}

static siam_status cover_all(const occluder *by) {
  uint32_t filled = 0;
  for (uint32_t y = 0; y < by->shape.height; y = next_place(y, by->step_y, by->height, by->shape.height))
    for (uint32_t x = 0; x < by->shape.width; x = next_place(x, by->step_x, by->width, by->shape.width))
      SIAM_RETURN_IF_FAILED(cover_one(by, y, x, &filled));
  return filled > 0 ? measure(by, filled) : SIAM_OK;
}

static uint32_t step_of(uint32_t patch) {
  return patch / STEPS_OF_PATCH > 0 ? patch / STEPS_OF_PATCH : 1;
}

static siam_status prepare(siam_model *model, occluder *by) {
  siam_status status = SIAM_OK;
  size_t pixels = (size_t)by->shape.height * by->shape.width;
  by->height = siam_occlusion_patch(by->shape.height);
  by->width = siam_occlusion_patch(by->shape.width);
  by->step_y = step_of(by->height);
  by->step_x = step_of(by->width);
  by->looks = siam_views_rows(by->of->views) == 1 ? siam_views_count(by->of->views) : 1;
  by->room = BATCH / by->looks;
  by->in = by->of->picture;
  if (by->in.width == 0) by->in = (siam_region){0, 0, by->shape.width, by->shape.height};
  for (uint32_t c = 0; c < by->shape.channels; c++) by->shade[c] = find_shade(by, c);
  SIAM_TRY_ALLOCATE(by->covered, by->size);
  SIAM_TRY_ALLOCATE(by->plain, by->looks * by->size);
  SIAM_TRY_ALLOCATE(by->seen, (size_t)by->room * by->looks * by->size);
  SIAM_TRY_ALLOCATE(by->places, by->room);
  SIAM_TRY_ALLOCATE(by->embeddings, (size_t)by->room * by->looks * by->dimensions);
  SIAM_TRY_ALLOCATE(by->mean, by->dimensions);
  SIAM_TRY_ALLOCATE(by->count, pixels);
  SIAM_TRY(siam_embedder_create(model, by->room * by->looks, &by->embedder));
  SIAM_TRY(look(by, by->of->bytes, by->plain));
cleanup:
  return status;
}

siam_status siam_occlusion_map(siam_model *model, const siam_compared *of, double *heat) {
  siam_status status = SIAM_OK;
  occluder by = {.of = of,
                 .shape = siam_model_picture_shape(model),
                 .dimensions = (size_t)siam_model_get_info(model).embedding,
                 .unit_length = siam_network_has_unit_length(model->network),
                 .heat = heat};
  size_t pixels = (size_t)by.shape.height * by.shape.width;
  by.size = siam_picture_shape_bytes(&by.shape);
  memset(heat, 0, pixels * sizeof *heat);
  SIAM_TRY(prepare(model, &by));
  SIAM_TRY(cover_all(&by));
  for (size_t i = 0; i < pixels; i++) heat[i] /= by.count[i];
cleanup:
  siam_embedder_destroy(by.embedder);
  siam_free(by.covered);
  siam_free(by.plain);
  siam_free(by.seen);
  siam_free(by.places);
  siam_free(by.embeddings);
  siam_free(by.mean);
  siam_free(by.count);
  return status;
}
