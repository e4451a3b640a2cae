#include "pipeline/views.h"

#include "base/memory.h"
#include "data/blank.h"
#include "pipeline/affine.h"
#include "pipeline/embedder.h"
#include "siamese/embed.h"

#include <math.h>
#include <string.h>

/// What a view shows of a picture: a cut, in thousandths of a side, or it mirrored, moved, turned or made
/// small.
typedef struct part {
  const char *shows;
  uint32_t left, top, right, bottom; ///< Cut off.
  bool mirrored, upside_down;
  siam_affine moved; ///< Zero: not moved.
  uint32_t shrunk;   ///< To such a part of its sides, and back to its size; 0: not.
  uint32_t against;  ///< The view of the other picture that it is compared with; 0: the whole.
} part;

struct siam_views {
  const char *name; ///< What `--views` calls it; NULL: only files that are there already have it.
  const char *kept; ///< What the model file calls it, which never changes its meaning.
  const part *list;
  uint32_t count;     ///< Of the list: without the whole.
  bool averaged;      ///< The views' embeddings become one, their mean.
  bool closer;        ///< Pictures are then looked at closer.
  double part_factor; ///< λ of views.h; none where views are averaged.
};

/// So many times a twentieth of a side.
#define SHIFT(x, y)                                                                                          \
  { SIAM_AFFINE_ONE, 0, 0, SIAM_AFFINE_ONE, (x) * (SIAM_AFFINE_ONE / 20), (y) * (SIAM_AFFINE_ONE / 20) }

/// By an angle whose cosine and sine, times 65,536 and the part of a side that is left, are these: to the
/// left, and with a negative sine to the right.
#define TURN(cosine, sine)                                                                                   \
  { (cosine), -(sine), (sine), (cosine), 0, 0 }

// What happens to pictures on their way: cut, framed (a frame's middle is the picture), shown in a window
// (which has its bars on top), mirrored, turned. Between two views the network's own tolerance has to do.
enum { MIDDLE_80 = 1, SMALL_COPY = 21 };
#define CUTS_AND_MIRRORS                                                                                     \
  {.shows = "the middle 80 %", .left = 100, .top = 100, .right = 100, .bottom = 100},                        \
      {.shows = "the middle 71 %", .left = 143, .top = 143, .right = 143, .bottom = 143},                    \
      {.shows = "the middle 60 %", .left = 200, .top = 200, .right = 200, .bottom = 200},                    \
      {.shows = "the upper left 70 %", .right = 300, .bottom = 300},                                         \
      {.shows = "the upper right 70 %", .left = 300, .bottom = 300},                                         \
      {.shows = "the lower left 70 %", .top = 300, .right = 300},                                            \
      {.shows = "the lower right 70 %", .left = 300, .top = 300},                                            \
      {.shows = "the inside of a window", .left = 40, .top = 160, .right = 40, .bottom = 40},                \
      {.shows = "the mirror image", .mirrored = true}, {                                                     \
    .shows = "the upside-down image", .upside_down = true                                                    \
  }

// A turned copy has its corners filled, with whatever colour, or cut away. Its middle is what its original's
// middle is once that is turned as far, so these two are compared; one direction is enough, since the copy's
// middle, turned, is that of its original, too. Without corners it is all that is left of its original then.
// All of it holds to the letter for square pictures: others are turned after they were brought to the
// network's shape, and the network's tolerance has to do.
//
// A thumbnail, or a copy full of noise, has lost its details: small copies of both have lost theirs alike.
static const part copies[] = {
    CUTS_AND_MIRRORS,
    {.shows = "the middle 90 %", .left = 50, .top = 50, .right = 50, .bottom = 50},
    {.shows = "the middle 80 % turned by 5 degrees to the left",
     .moved = TURN(52229, 4569),
     .against = MIDDLE_80},
    {.shows = "the middle 80 % turned by 10 degrees to the left",
     .moved = TURN(51632, 9104),
     .against = MIDDLE_80},
    {.shows = "the middle 80 % turned by 15 degrees to the left",
     .moved = TURN(50642, 13570),
     .against = MIDDLE_80},
    {.shows = "the turn by 5 degrees to the left without corners", .moved = TURN(60264, 5272)},
    {.shows = "the turn by 5 degrees to the right without corners", .moved = TURN(60264, -5272)},
    {.shows = "the turn by 10 degrees to the left without corners", .moved = TURN(55712, 9824)},
    {.shows = "the turn by 10 degrees to the right without corners", .moved = TURN(55712, -9824)},
    {.shows = "the turn by 15 degrees to the left without corners", .moved = TURN(51687, 13849)},
    {.shows = "the turn by 15 degrees to the right without corners", .moved = TURN(51687, -13849)},
    {.shows = "the small copy", .shrunk = 4, .against = SMALL_COPY},
};
enum { COPIES = sizeof copies / sizeof *copies };
_Static_assert((int)COPIES < (int)SIAM_MOST_VIEWS, "siam_embed_report has room for every view");

// By 11 degrees.
static const part first_copies[] = {
    CUTS_AND_MIRRORS,
    {.shows = "the turn to the left", .moved = TURN(64332, 12505)},
    {.shows = "the turn to the right", .moved = TURN(64332, -12505)},
};
enum { FIRST_COPIES = sizeof first_copies / sizeof *first_copies };

// The same place looked at a little off, and the mean of what is seen there: most of what a network says of a
// drawing depends on where its strokes lie on the grid of its pooling.
static const part average[] = {
    {.shows = "moved to the left", .moved = SHIFT(1, 0)},
    {.shows = "moved to the right", .moved = SHIFT(-1, 0)},
    {.shows = "moved up", .moved = SHIFT(0, 1)},
    {.shows = "moved down", .moved = SHIFT(0, -1)},
    {.shows = "moved up and to the left", .moved = SHIFT(1, 1)},
    {.shows = "moved up and to the right", .moved = SHIFT(-1, 1)},
    {.shows = "moved down and to the left", .moved = SHIFT(1, -1)},
    {.shows = "moved down and to the right", .moved = SHIFT(-1, -1)},
};
enum { AVERAGE = sizeof average / sizeof *average };

static const siam_views sets[] = {
    {"copies", "copies 22", copies, COPIES, .part_factor = 1.4},
    {"closely", "copies 22, closely", copies, COPIES, .part_factor = 1.4, .closer = true},
    {NULL, "copies 1.4", first_copies, FIRST_COPIES, .part_factor = 1.4},
    {NULL, "copies", first_copies, FIRST_COPIES, .part_factor = 1},
    {"average", "average", average, AVERAGE, .averaged = true},
};
enum { SET_COUNT = sizeof sets / sizeof *sets };

static const char key[] = "views";

/// Numbers of an embedding that siam_views_may_be_near() looks at: few enough to be fast, and enough to tell
/// most different pictures apart.
enum { FIRST_NUMBERS = 16 };

siam_status siam_views_find(const char *name, const siam_views **views) {
  *views = NULL;
  if (name == NULL) return SIAM_OK;
  siam_text known = {0};
  for (size_t i = 0; i < SET_COUNT; i++) {
    if (sets[i].name == NULL) continue;
    if (strcmp(name, sets[i].name) == 0) *views = &sets[i];
    siam_text_add(&known, "%s%s", i > 0 ? ", " : "", sets[i].name);
  }
  siam_status status = SIAM_OK;
  if (*views == NULL)
    status = siam_fail(SIAM_ERROR_UNSUPPORTED, "there are no views \"%.32s\"; this version knows %s", name,
                       known.bytes != NULL ? known.bytes : "others");
  siam_text_clear(&known);
  return status;
}

siam_status siam_views_of_model(const siam_model *model, const siam_views **views) {
  *views = NULL;
  const char *kept = siam_model_get_fact(model, key);
  if (kept == NULL) return SIAM_OK;
  for (size_t i = 0; i < SET_COUNT; i++)
    if (strcmp(kept, sets[i].kept) == 0) *views = &sets[i];
  if (*views != NULL) return SIAM_OK;
  siam_status status = siam_fail(SIAM_ERROR_UNSUPPORTED,
                                 "the views \"%.32s\" are of a newer version; update this program", kept);
  return model->path == NULL ? status : siam_fail_within(status, "%s", model->path);
}

siam_status siam_views_keep(const siam_views *views, siam_model *model) {
  return views != NULL ? siam_model_set_fact(model, key, views->kept) : SIAM_OK;
}

uint32_t siam_views_count(const siam_views *views) {
  return views != NULL ? 1 + views->count : 1;
}

uint32_t siam_views_rows(const siam_views *views) {
  return views != NULL && !views->averaged ? 1 + views->count : 1;
}

uint32_t siam_views_against(const siam_views *views, uint32_t view) {
  return view > 0 && siam_views_rows(views) > 1 ? views->list[view - 1].against : 0;
}

double siam_views_part_factor(const siam_views *views) {
  return siam_views_rows(views) > 1 ? views->part_factor : 1;
}

bool siam_views_look_closer(const siam_views *views) {
  return views != NULL && views->closer;
}

void siam_views_average(const siam_views *views, bool unit_length, const float *embeddings, size_t dimensions,
                        float *mean) {
  const uint32_t count = siam_views_count(views);
  double squares = 0;
  for (size_t d = 0; d < dimensions; d++) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += embeddings[i * dimensions + d];
    mean[d] = (float)(sum / count);
    squares += (double)mean[d] * mean[d];
  }
  if (!unit_length || !(squares > 0)) return;
  for (size_t d = 0; d < dimensions; d++) mean[d] = (float)(mean[d] / sqrt(squares));
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

static siam_status shrink_and_enlarge(const part *of, const siam_picture_shape *shape, const uint8_t *bytes,
                                      uint8_t *output) {
  siam_status status = SIAM_OK;
  siam_picture whole = {.width = shape->width, .height = shape->height, .channels = shape->channels},
               small = {0};
  const uint32_t longest = shape->width > shape->height ? shape->width : shape->height;
  siam_picture_shape stretched = *shape;
  stretched.mode = SIAM_RESIZE_STRETCH;
  SIAM_TRY_ALLOCATE(whole.pixels, siam_picture_shape_bytes(shape));
  memcpy(whole.pixels, bytes, siam_picture_shape_bytes(shape));
  SIAM_TRY(
      siam_picture_shrink(&whole, longest > of->shrunk ? longest / of->shrunk : 1, shape->channels, &small));
  SIAM_TRY(siam_picture_resize(&small, &stretched, output));
cleanup:
  siam_picture_clear(&whole);
  siam_picture_clear(&small);
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

siam_status siam_views_make_one(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                                const uint8_t *bytes, uint8_t *output) {
  const part *of = view > 0 ? &views->list[view - 1] : NULL;
  if (of == NULL)
    memcpy(output, bytes, siam_picture_shape_bytes(shape));
  else if (of->moved.xx != 0)
    siam_affine_apply(&of->moved, shape, bytes, output);
  else if (of->shrunk > 0)
    return shrink_and_enlarge(of, shape, bytes, output);
  else if (of->mirrored || of->upside_down)
    mirror(of, shape, bytes, output);
  else
    return enlarge(of, shape, bytes, output);
  return SIAM_OK;
}

siam_status siam_views_make(const siam_views *views, const siam_picture_shape *shape, const uint8_t *bytes,
                            uint8_t *output) {
  const size_t size = siam_picture_shape_bytes(shape);
  for (uint32_t i = 0; i < siam_views_count(views); i++) {
    uint8_t *view = output + i * size;
    SIAM_RETURN_IF_FAILED(siam_views_make_one(views, i, shape, bytes, view));
    if (siam_views_against(views, i) > 0 && siam_pixels_are_blank(view, shape)) memcpy(view, bytes, size);
  }
  return SIAM_OK;
}

/// Where a corner of what is moved or turned comes from: as siam_affine_apply() has it, in pixels.
static siam_point move_corner(const siam_affine *map, const siam_picture_shape *shape, siam_point corner) {
  double x = corner.x - shape->width / 2.0, y = corner.y - shape->height / 2.0;
  return (siam_point){
      (map->xx * x + map->xy * y + (0.5 * SIAM_AFFINE_ONE + map->shift_x) * shape->width) / SIAM_AFFINE_ONE,
      (map->yx * x + map->yy * y + (0.5 * SIAM_AFFINE_ONE + map->shift_y) * shape->height) / SIAM_AFFINE_ONE};
}

void siam_views_outline(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                        siam_point corners[4]) {
  static const part whole;
  const part *of = view > 0 ? &views->list[view - 1] : &whole;
  uint32_t x = 0, y = 0, width = cut(shape->width, of->left, of->right, &x),
           height = cut(shape->height, of->top, of->bottom, &y);
  for (int i = 0; i < 4; i++) {
    bool right = (i == 1 || i == 2) != of->mirrored, below = (i >= 2) != of->upside_down;
    corners[i] = (siam_point){x + (right ? width : 0), y + (below ? height : 0)};
    if (of->moved.xx != 0) corners[i] = move_corner(&of->moved, shape, corners[i]);
  }
}

siam_views_match siam_views_compare(const siam_views *views, const float *a, const float *b,
                                    size_t dimensions) {
  siam_views_match best = {siam_squared_distance(a, b, dimensions), 0, 0, false};
  const double factor = siam_views_part_factor(views), weight = factor * factor;
  for (uint32_t i = 1; i < siam_views_rows(views); i++) {
    const uint32_t against = siam_views_against(views, i);
    double of_a = weight * siam_squared_distance(a + i * dimensions, b + against * dimensions, dimensions);
    double of_b = weight * siam_squared_distance(a + against * dimensions, b + i * dimensions, dimensions);
    if (of_a < best.distance) best = (siam_views_match){of_a, i, against, of_a == of_b};
    if (of_b < best.distance) best = (siam_views_match){of_b, against, i, false};
  }
  best.distance = sqrt(best.distance);
  return best;
}

bool siam_views_may_be_near(const siam_views *views, const float *a, const float *b, size_t dimensions,
                            double limit) {
  const size_t first = dimensions < FIRST_NUMBERS ? dimensions : FIRST_NUMBERS;
  const double factor = siam_views_part_factor(views), weight = factor * factor;
  if (siam_squared_distance(a, b, first) <= limit) return true;
  for (uint32_t v = 1; v < siam_views_rows(views); v++) {
    const size_t row = v * dimensions, partner = siam_views_against(views, v) * dimensions;
    if (weight * siam_squared_distance(a + row, b + partner, first) <= limit ||
        weight * siam_squared_distance(a + partner, b + row, first) <= limit)
      return true;
  }
  return false;
}
