#include "pipeline/occlusion.h"

#include "base/memory.h"

#include <string.h>

/// Looks that go over the device at once, steps of the patch within its own side, and most ways of covering.
enum { BATCH = 64, STEPS_OF_PATCH = 4, MOST_WAYS = 2 };

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
  uint32_t ways, looks, room;             ///< Of covering; at each covered picture; places at a time.
  bool unit_length;                       ///< Of embeddings.
  siam_rectangle in;                      ///< What shows the picture, and is covered.
  uint8_t shade[3];
  siam_embedder *embedder;
  uint8_t *covered;      ///< [H, W, C]
  uint8_t *masks;        ///< [looks, H, W, C], where a patch is seen: 255, and 0 elsewhere.
  uint8_t *plain;        ///< [looks, H, W, C], of the picture as it is.
  uint8_t *seen;         ///< [room, ways, looks, H, W, C]
  uint32_t (*places)[2]; ///< [room], upper left corners.
  float *embeddings;     ///< [room, ways, looks, D]
  float *mean;           ///< [D]
  double *const *maps;   ///< [ways], each [H, W], sums of changes.
  uint32_t *count;       ///< [H, W], of how many.
} occluder;

/// The median of a channel: the background where there is one, and for photographs a shade that stands out
/// little.
static uint8_t find_shade(const occluder *by, uint32_t channel) {
  const siam_rectangle in = by->in;
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

/// Fills the patch, as far as it lies on the picture, with a shade for each channel.
static void cover(const occluder *by, const uint32_t *place, const uint8_t *shade, uint8_t *picture) {
  const siam_rectangle in = by->in;
  for (uint32_t y = place[0]; y < place[0] + by->height; y++)
    for (uint32_t x = place[1]; x < place[1] + by->width; x++)
      if (y >= in.y && y < in.y + in.height && x >= in.x && x < in.x + in.width)
        memcpy(picture + ((size_t)y * by->shape.width + x) * by->shape.channels, shade, by->shape.channels);
}

static siam_status look(const occluder *by, const uint8_t *bytes, uint8_t *seen) {
  return siam_occlusion_look(by->of->views, by->of->view, &by->shape, bytes, seen);
}

/// The picture covered with the middle shade.
static siam_status hide(const occluder *by, const uint32_t *place, uint8_t *seen) {
  memcpy(by->covered, by->of->bytes, by->size);
  cover(by, place, by->shade, by->covered);
  return look(by, by->covered, seen);
}

/// The picture with the other one's content under the patch, wherever the looks see it.
static siam_status exchange(const occluder *by, const uint32_t *place, uint8_t *seen) {
  static const uint8_t all[3] = {255, 255, 255};
  memset(by->covered, 0, by->size);
  cover(by, place, all, by->covered);
  SIAM_RETURN_IF_FAILED(look(by, by->covered, by->masks));
  for (size_t i = 0; i < by->looks * by->size; i++) {
    uint32_t share = by->masks[i];
    seen[i] = (uint8_t)((by->plain[i] * (255 - share) + by->of->other_seen[i] * share + 127) / 255);
  }
  return SIAM_OK;
}

static void add(const occluder *by, const uint32_t *place, const double *changes) {
  for (uint32_t y = place[0]; y < place[0] + by->height; y++)
    for (uint32_t x = place[1]; x < place[1] + by->width; x++) {
      size_t i = (size_t)y * by->shape.width + x;
      for (uint32_t way = 0; way < by->ways; way++) by->maps[way][i] += changes[way];
      by->count[i]++;
    }
}

/// By how much what looks show, embedded, changes the distance: what shows no change, not at all, to the bit.
static double find_change(const occluder *by, uint32_t slot) {
  const size_t looks = (size_t)slot * by->looks;
  if (memcmp(by->seen + looks * by->size, by->plain, by->looks * by->size) == 0) return 0;
  const float *embedding = by->embeddings + looks * by->dimensions;
  if (by->looks > 1) {
    siam_views_average(by->of->views, by->unit_length, embedding, by->dimensions, by->mean);
    embedding = by->mean;
  }
  return by->of->factor * siam_distance(embedding, by->of->other, by->dimensions) - by->of->distance;
}

/// Embeds the looks at `count` places, covered in every way, and adds what they say to the pixels there.
static siam_status measure(const occluder *by, uint32_t count) {
  SIAM_RETURN_IF_FAILED(
      siam_embedder_run(by->embedder, by->seen, count * by->ways * by->looks, by->embeddings));
  for (uint32_t i = 0; i < count; i++) {
    double changes[MOST_WAYS] = {0};
    for (uint32_t way = 0; way < by->ways; way++) changes[way] = find_change(by, by->ways * i + way);
    add(by, by->places[i], changes);
  }
  return SIAM_OK;
}

/// Covers one place, and measures when there is no more room. What nobody sees changes nothing.
static siam_status cover_one(const occluder *by, uint32_t y, uint32_t x, uint32_t *filled) {
  const size_t size = by->looks * by->size;
  uint8_t *hidden = by->seen + (size_t)*filled * by->ways * size, *exchanged = hidden + size;
  uint32_t *place = by->places[*filled];
  place[0] = y;
  place[1] = x;
  SIAM_RETURN_IF_FAILED(hide(by, place, hidden));
  if (by->ways > 1) SIAM_RETURN_IF_FAILED(exchange(by, place, exchanged));
  if (memcmp(hidden, by->plain, size) == 0 && (by->ways == 1 || memcmp(exchanged, by->plain, size) == 0)) {
    add(by, place, (const double[MOST_WAYS]){0});
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
  by->looks = siam_occlusion_looks(by->of->views);
  by->room = BATCH / (by->ways * by->looks);
  by->in = by->of->picture;
  if (by->in.width == 0) by->in = (siam_rectangle){0, 0, by->shape.width, by->shape.height};
  for (uint32_t c = 0; c < by->shape.channels; c++) by->shade[c] = find_shade(by, c);
  SIAM_TRY_ALLOCATE(by->covered, by->size);
  SIAM_TRY_ALLOCATE(by->masks, by->looks * by->size);
  SIAM_TRY_ALLOCATE(by->plain, by->looks * by->size);
  SIAM_TRY_ALLOCATE(by->seen, (size_t)by->room * by->ways * by->looks * by->size);
  SIAM_TRY_ALLOCATE(by->places, by->room);
  SIAM_TRY_ALLOCATE(by->embeddings, (size_t)by->room * by->ways * by->looks * by->dimensions);
  SIAM_TRY_ALLOCATE(by->mean, by->dimensions);
  SIAM_TRY_ALLOCATE(by->count, pixels);
  SIAM_TRY(siam_embedder_create(model, by->room * by->ways * by->looks, &by->embedder));
  SIAM_TRY(look(by, by->of->bytes, by->plain));
cleanup:
  return status;
}

uint32_t siam_occlusion_looks(const siam_views *views) {
  return siam_views_rows(views) == 1 ? siam_views_count(views) : 1;
}

siam_status siam_occlusion_look(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                                const uint8_t *bytes, uint8_t *seen) {
  return siam_occlusion_looks(views) > 1 ? siam_views_make(views, shape, bytes, seen)
                                         : siam_views_make_one(views, view, shape, bytes, seen);
}

siam_status siam_occlusion_map(siam_model *model, const siam_compared *of, double *hidden,
                               double *exchanged) {
  siam_status status = SIAM_OK;
  double *const maps[MOST_WAYS] = {hidden, exchanged};
  occluder by = {.of = of,
                 .shape = siam_model_picture_shape(model),
                 .dimensions = (size_t)siam_model_get_info(model).embedding,
                 .unit_length = siam_network_has_unit_length(model->network),
                 .ways = exchanged != NULL ? 2 : 1,
                 .maps = maps};
  size_t pixels = (size_t)by.shape.height * by.shape.width;
  by.size = siam_picture_shape_bytes(&by.shape);
  for (uint32_t way = 0; way < by.ways; way++) memset(maps[way], 0, pixels * sizeof *maps[way]);
  SIAM_TRY(prepare(model, &by));
  SIAM_TRY(cover_all(&by));
  for (size_t i = 0; i < by.ways * pixels; i++) maps[i / pixels][i % pixels] /= by.count[i % pixels];
cleanup:
  siam_embedder_destroy(by.embedder);
  siam_free(by.covered);
  siam_free(by.masks);
  siam_free(by.plain);
  siam_free(by.seen);
  siam_free(by.places);
  siam_free(by.embeddings);
  siam_free(by.mean);
  siam_free(by.count);
  return status;
}
