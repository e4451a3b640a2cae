#include "pipeline/views.h"

#include "base/memory.h"
#include "pipeline/embedder.h"

#include <math.h>
#include <string.h>

/// What a view shows of a picture: a cut, in thousandths of a side, or it mirrored, or it turned.
typedef struct part {
  const char *shows;
  uint32_t left, top, right, bottom; ///< Cut off.
  bool mirrored, upside_down;
  int turned; ///< 1 or −1: by 11 degrees.
} part;

enum { MOST_VIEWS = 15 };

struct siam_views {
  const char *name;
  uint32_t count; ///< Without the whole.
  part list[MOST_VIEWS];
};

static const siam_views sets[] = {
    // What happens to pictures on their way: cut, framed (a frame's middle is the picture), shown in a window
    // (which
    // has its bars on top), mirrored, turned. Between two views the network's own tolerance has to do.
    {"copies",
     12,
     {{.shows = "the middle 80 %", .left = 100, .top = 100, .right = 100, .bottom = 100},
      {.shows = "the middle 71 %", .left = 143, .top = 143, .right = 143, .bottom = 143},
      {.shows = "the middle 60 %", .left = 200, .top = 200, .right = 200, .bottom = 200},
      {.shows = "the upper left 70 %", .right = 300, .bottom = 300},
      {.shows = "the upper right 70 %", .left = 300, .bottom = 300},
      {.shows = "the lower left 70 %", .top = 300, .right = 300},
      {.shows = "the lower right 70 %", .left = 300, .top = 300},
      {.shows = "the inside of a window", .left = 40, .top = 160, .right = 40, .bottom = 40},
      {.shows = "the mirror image", .mirrored = true},
      {.shows = "the upside-down image", .upside_down = true},
      {.shows = "the turn to the left", .turned = 1},
      {.shows = "the turn to the right", .turned = -1}}},
};
enum { SET_COUNT = sizeof sets / sizeof *sets };

static const char key[] = "views";

siam_status siam_views_find(const char *name, const siam_views **views) {
  *views = NULL;
  if (name == NULL) return SIAM_OK;
  siam_text known = {0};
  for (size_t i = 0; i < SET_COUNT; i++) {
    if (strcmp(name, sets[i].name) == 0) {
      *views = &sets[i];
      siam_text_clear(&known);
      return SIAM_OK;
    }
    siam_text_add(&known, "%s%s", i > 0 ? ", " : "", sets[i].name);
  }
  siam_status status =
      siam_fail(SIAM_ERROR_UNSUPPORTED, "there are no views \"%.32s\"; this version knows %s", name,
                known.bytes != NULL ? known.bytes : "others");
  siam_text_clear(&known);
  return status;
}

siam_status siam_views_of_model(const siam_model *model, const siam_views **views) {
  siam_status status = siam_views_find(siam_model_get_fact(model, key), views);
  return status == SIAM_OK || model->path == NULL ? status : siam_fail_within(status, "%s", model->path);
}

siam_status siam_views_keep(const siam_views *views, siam_model *model) {
  return views != NULL ? siam_model_set_fact(model, key, views->name) : SIAM_OK;
}

uint32_t siam_views_count(const siam_views *views) {
  return views != NULL ? 1 + views->count : 1;
}

const char *siam_views_describe(const siam_views *views, uint32_t view) {
  return view > 0 ? views->list[view - 1].shows : NULL;
}

/// What is left of a side after cutting, at least one pixel.
static uint32_t cut(uint32_t side, uint32_t before, uint32_t after, uint32_t *first) {
  *first = (side * before + 500) / 1000;
  uint32_t end = side - (side * after + 500) / 1000;
  if (*first >= side) *first = side - 1;
  return end > *first ? end - *first : 1;
}

/// The part that is left, at the size of the whole.
static siam_status enlarge(const part *of, const siam_picture_shape *shape, const uint8_t *bytes,
                           uint8_t *output) {
  siam_status status = SIAM_OK;
  uint32_t x = 0, y = 0, width = cut(shape->width, of->left, of->right, &x),
           height = cut(shape->height, of->top, of->bottom, &y);
  siam_picture left = {.width = width, .height = height, .channels = shape->channels};
  siam_picture_shape stretched = *shape;
  stretched.mode = SIAM_RESIZE_STRETCH;
  size_t row = (size_t)width * shape->channels;
  SIAM_TRY_ALLOCATE(left.pixels, height * row);
  for (uint32_t i = 0; i < height; i++)
    memcpy(left.pixels + i * row, bytes + ((size_t)(y + i) * shape->width + x) * shape->channels, row);
  SIAM_TRY(siam_picture_resize(&left, &stretched, output));
cleanup:
  siam_picture_clear(&left);
  return status;
}

static void mirror(const part *of, const siam_picture_shape *shape, const uint8_t *bytes, uint8_t *output) {
  for (uint32_t y = 0; y < shape->height; y++)
    for (uint32_t x = 0; x < shape->width; x++) {
      uint32_t from_y = of->upside_down ? shape->height - 1 - y : y;
      uint32_t from_x = of->mirrored ? shape->width - 1 - x : x;
      memcpy(output + ((size_t)y * shape->width + x) * shape->channels,
             bytes + ((size_t)from_y * shape->width + from_x) * shape->channels, shape->channels);
    }
}

/// A place along a side as the pixel before it and the share of the next, in 1/256; beyond the edge, the
/// edge.
typedef struct place {
  uint32_t first, next, share;
} place;

static place find_place(int64_t twice, uint32_t side) {
  // `twice` is in 1/65536 of half a pixel from the first pixel's middle.
  int64_t last = (int64_t)(side - 1) * 2 * 65536;
  int64_t at = twice < 0 ? 0 : twice > last ? last : twice;
  uint32_t first = (uint32_t)(at / (2 * 65536));
  return (place){first, first + 1 < side ? first + 1 : first, (uint32_t)(at % (2 * 65536) / 512)};
}

/// Turned by 11 degrees about its middle, bilinear, in integers; what comes from beyond an edge repeats it.
static void turn(const part *of, const siam_picture_shape *shape, const uint8_t *bytes, uint8_t *output) {
  enum { COSINE = 64332, SINE = 12505 }; // Of 11 degrees, times 65,536.
  const int64_t sine = of->turned * SINE, width = shape->width, height = shape->height;
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++) {
      int64_t u = 2 * x + 1 - width, v = 2 * y + 1 - height;
      place column = find_place(COSINE * u - sine * v + (width - 1) * 65536, shape->width);
      place row = find_place(sine * u + COSINE * v + (height - 1) * 65536, shape->height);
      for (uint32_t c = 0; c < shape->channels; c++) {
        const uint8_t *plane = bytes + c;
        const size_t step = shape->channels, line = shape->width * step;
        uint32_t above = plane[row.first * line + column.first * step] * (256 - column.share) +
                         plane[row.first * line + column.next * step] * column.share;
        uint32_t below = plane[row.next * line + column.first * step] * (256 - column.share) +
                         plane[row.next * line + column.next * step] * column.share;
        output[((size_t)(y * width + x)) * step + c] =
            (uint8_t)((above * (256 - row.share) + below * row.share + 32768) >> 16);
      }
    }
}

siam_status siam_views_make(const siam_views *views, const siam_picture_shape *shape, const uint8_t *bytes,
                            uint8_t *output) {
  size_t size = siam_picture_shape_bytes(shape);
  memcpy(output, bytes, size);
  for (uint32_t i = 1; i < siam_views_count(views); i++) {
    const part *of = &views->list[i - 1];
    if (of->turned != 0)
      turn(of, shape, bytes, output + i * size);
    else if (of->mirrored || of->upside_down)
      mirror(of, shape, bytes, output + i * size);
    else
      SIAM_RETURN_IF_FAILED(enlarge(of, shape, bytes, output + i * size));
  }
  return SIAM_OK;
}

siam_views_match siam_views_compare(const siam_views *views, const float *a, const float *b,
                                    size_t dimensions) {
  siam_views_match best = {siam_squared_distance(a, b, dimensions), 0, 0};
  for (uint32_t i = 1; i < siam_views_count(views); i++) {
    double of_a = siam_squared_distance(a + i * dimensions, b, dimensions);
    double of_b = siam_squared_distance(a, b + i * dimensions, dimensions);
    if (of_a < best.distance) best = (siam_views_match){of_a, i, 0};
    if (of_b < best.distance) best = (siam_views_match){of_b, 0, i};
  }
  best.distance = sqrt(best.distance);
  return best;
}
