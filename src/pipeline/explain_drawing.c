#include "pipeline/explain_drawing.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/encode_png.h"
#include "data/resample.h"

#include <math.h>
#include <string.h>

/// Pixels of the drawing: at most so many along a picture's side, and between the two pictures; the shade of
/// what lies beside them, half the width of an outline and of its pale rim, the radius of its mark.
enum { SIDE = 512, GAP = 16, PAPER = 205 };
static const double line = 1.5, rim = 3, mark = 7;

/// A picture on the canvas.
typedef struct drawing {
  const siam_heated *of;
  uint32_t zoom, width, height; ///< Each pixel of `shown` is a square of so many; of all of them.
  double strongest;             ///< Of both pictures' heat.
  siam_point corners[4];        ///< On the drawing.
} drawing;

siam_status siam_heated_load(const char *path, const siam_picture_options *options,
                             const siam_picture_shape *shape, siam_heated *heated) {
  siam_status status = SIAM_OK;
  siam_picture picture = {0};
  *heated = (siam_heated){.shape = *shape};
  SIAM_TRY(siam_picture_load(path, options, &picture));
  heated->width = picture.width;
  heated->height = picture.height;
  siam_picture_shape_place(shape, picture.width, picture.height, &heated->from, &heated->to);
  SIAM_TRY(siam_picture_shrink(&picture, SIDE, 3, &heated->shown));
  SIAM_TRY_ALLOCATE(heated->heat, (size_t)shape->height * shape->width);
cleanup:
  siam_picture_clear(&picture);
  if (status != SIAM_OK) siam_heated_clear(heated);
  return status;
}

void siam_heated_clear(siam_heated *heated) {
  siam_picture_clear(&heated->shown);
  siam_free(heated->heat);
  *heated = (siam_heated){0};
}

void siam_heated_locate(const siam_heated *heated, uint32_t x, uint32_t y, uint32_t *column, uint32_t *row) {
  const siam_rectangle *from = &heated->from, *to = &heated->to;
  *column = from->x + (uint32_t)((2 * (uint64_t)(x - to->x) + 1) * from->width / (2 * to->width));
  *row = from->y + (uint32_t)((2 * (uint64_t)(y - to->y) + 1) * from->height / (2 * to->height));
}

/// Where a place of the drawing lies in the network's input; false where the network does not see it.
static bool find_input(const drawing *on, double x, double y, siam_point *input) {
  const siam_rectangle *from = &on->of->from, *to = &on->of->to;
  double across = (x / on->width * on->of->width - from->x) / from->width;
  double down = (y / on->height * on->of->height - from->y) / from->height;
  *input = (siam_point){to->x + across * to->width, to->y + down * to->height};
  return across >= 0 && across <= 1 && down >= 0 && down <= 1;
}

/// The way back.
static siam_point find_drawn(const drawing *on, siam_point input) {
  const siam_rectangle *from = &on->of->from, *to = &on->of->to;
  return (siam_point){(from->x + (input.x - to->x) / to->width * from->width) / on->of->width * on->width,
                      (from->y + (input.y - to->y) / to->height * from->height) / on->of->height *
                          on->height};
}

/// The pixel whose middle is at or before a place, and the share of the next, within the first and the last.
static uint32_t find_pixel(double place, uint32_t side, double *share) {
  double at = fmin(fmax(place - 0.5, 0), side - 1.0);
  uint32_t first = side > 1 && at >= side - 1.0 ? side - 2 : (uint32_t)at;
  *share = at - first;
  return first;
}

/// Bilinear, so that the drawing has no steps where the network's pixels are large.
static double find_heat(const siam_heated *of, siam_point input) {
  double right, below;
  size_t x = find_pixel(input.x, of->shape.width, &right), y = find_pixel(input.y, of->shape.height, &below);
  size_t next = of->shape.width > 1, down = of->shape.height > 1 ? of->shape.width : 0;
  const double *at = of->heat + y * of->shape.width + x;
  return (1 - below) * ((1 - right) * at[0] + right * at[next]) +
         below * ((1 - right) * at[down] + right * at[down + next]);
}

static double distance_to_line(siam_point p, siam_point a, siam_point b) {
  double x = b.x - a.x, y = b.y - a.y, length = x * x + y * y;
  double along = length > 0 ? fmin(1, fmax(0, ((p.x - a.x) * x + (p.y - a.y) * y) / length)) : 0;
  return hypot(p.x - a.x - along * x, p.y - a.y - along * y);
}

/// The outline of what was looked at, dark with a pale rim, and a mark at its upper left corner, which tells
/// what is mirrored or upside down; −1 where there is none.
static int find_ink(const drawing *on, siam_point p) {
  if (!on->of->outlined) return -1;
  siam_point first = {fmin(fmax(on->corners[0].x, mark), on->width - mark),
                      fmin(fmax(on->corners[0].y, mark), on->height - mark)};
  double nearest = hypot(p.x - first.x, p.y - first.y) - mark + line;
  for (int i = 0; i < 4; i++)
    nearest = fmin(nearest, distance_to_line(p, on->corners[i], on->corners[(i + 1) % 4]));
  return nearest < line ? 30 : nearest < rim ? 240 : -1;
}

/// One pixel: the picture, whose colours are muted, since heat has to be told from grass, and where it has
/// heat, that in place of its colours, but for light and shade. What the network does not see fades.
static void paint(const drawing *on, uint32_t x, uint32_t y, uint8_t *colour) {
  static const double speaks_for[3] = {0, 190, 120}, speaks_against[3] = {255, 100, 0};
  const siam_picture *shown = &on->of->shown;
  const uint8_t *own = shown->pixels + ((size_t)(y / on->zoom) * shown->width + x / on->zoom) * 3;
  const siam_point place = {x + 0.5, y + 0.5};
  const double light = 0.299 * own[0] + 0.587 * own[1] + 0.114 * own[2];
  siam_point input;
  bool seen = find_input(on, place.x, place.y, &input);
  double heat = seen && on->strongest > 0 ? find_heat(on->of, input) / on->strongest : 0;
  double share = 0.85 * fmin(1, fabs(heat));
  const double *tint = heat > 0 ? speaks_for : speaks_against;
  int ink = find_ink(on, place);
  for (int c = 0; c < 3; c++) {
    double muted = light + 0.4 * (own[c] - light);
    if (!seen) muted = 0.25 * muted + 0.75 * PAPER;
    double heated = muted * (1 - share) + tint[c] * (0.4 + 0.6 * light / 255) * share;
    colour[c] = ink >= 0 ? (uint8_t)ink : (uint8_t)lround(heated);
  }
}

static drawing prepare(const siam_heated *of, double strongest) {
  uint32_t side = of->shown.width > of->shown.height ? of->shown.width : of->shown.height;
  drawing on = {.of = of, .zoom = SIDE / side, .strongest = strongest};
  on.width = on.zoom * of->shown.width;
  on.height = on.zoom * of->shown.height;
  for (int i = 0; i < 4; i++) on.corners[i] = find_drawn(&on, of->corners[i]);
  // A line along an edge lies inside of it.
  for (int i = 0; i < 4; i++) {
    if (fabs(on.corners[i].x) < line || fabs(on.corners[i].x - on.width) < line)
      on.corners[i].x = fmin(fmax(on.corners[i].x, line), on.width - line);
    if (fabs(on.corners[i].y) < line || fabs(on.corners[i].y - on.height) < line)
      on.corners[i].y = fmin(fmax(on.corners[i].y, line), on.height - line);
  }
  return on;
}

static double find_strongest(const siam_heated *of) {
  double strongest = 0;
  for (uint32_t y = of->to.y; y < of->to.y + of->to.height; y++)
    for (uint32_t x = of->to.x; x < of->to.x + of->to.width; x++)
      strongest = fmax(strongest, fabs(of->heat[(size_t)y * of->shape.width + x]));
  return strongest;
}

siam_status siam_heated_draw(const siam_heated pictures[2], const char *output) {
  siam_status status = SIAM_OK;
  siam_text png = {0};
  uint8_t *canvas = NULL;
  double strongest = fmax(find_strongest(&pictures[0]), find_strongest(&pictures[1]));
  const drawing both[2] = {prepare(&pictures[0], strongest), prepare(&pictures[1], strongest)};
  uint32_t width = both[0].width + GAP + both[1].width;
  uint32_t height = both[0].height > both[1].height ? both[0].height : both[1].height;
  SIAM_TRY_ALLOCATE(canvas, (size_t)width * height * 3);
  memset(canvas, PAPER, (size_t)width * height * 3);
  for (int i = 0; i < 2; i++) {
    size_t left = i == 0 ? 0 : both[0].width + GAP, top = (height - both[i].height) / 2;
    for (uint32_t y = 0; y < both[i].height; y++)
      for (uint32_t x = 0; x < both[i].width; x++)
        paint(&both[i], x, y, canvas + ((top + y) * width + left + x) * 3);
  }
  SIAM_TRY(siam_png_encode(canvas, width, height, 3, &png));
  SIAM_TRY(siam_file_replace(output, png.bytes, png.length));
cleanup:
  siam_text_clear(&png);
  siam_free(canvas);
  return status;
}
