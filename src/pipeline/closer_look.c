#include "pipeline/closer_look.h"

#include "base/json.h"
#include "base/memory.h"
#include "data/blank.h"

#include <complex.h>
#include <math.h>
#include <string.h>

enum { STRUCTURE, COLOURS, CONTRASTS, GREYNESS };
_Static_assert(GREYNESS + 1 == SIAM_CLOSER_MARKS, "every mark has its place");

const char *siam_closer_mark_name(int mark) {
  static const char *const names[SIAM_CLOSER_MARKS] = {
      [STRUCTURE] = "structure", [COLOURS] = "colours", [CONTRASTS] = "contrasts", [GREYNESS] = "greyness"};
  return names[mark];
}

/// Correlations from −1 to 1 are counted in so many steps, weighted.
enum { STEPS = 4096 };
enum { WINDOW = 5 };
/// Variance that nobody sees, added so that flat places have no opinion.
static const double flat = 9;
static const double least_places = 0.05;

/// Rec. 601 in the weights of resample.c, not rounded.
static double grey_of(const uint8_t *pixel) {
  return (19595.0 * pixel[0] + 38470.0 * pixel[1] + 7471.0 * pixel[2]) / 65536;
}

/// Grey values of two pictures [H, W].
typedef struct greys {
  uint32_t height, width;
  double *a, *b;
} greys;

/// Sums over a window of the grey values of both pictures, their squares and their product.
typedef struct sums {
  double a, b, aa, bb, ab;
} sums;

static sums sum_window(const greys *of, uint32_t x, uint32_t y) {
  sums all = {0};
  for (uint32_t i = 0; i < WINDOW; i++)
    for (uint32_t j = 0; j < WINDOW; j++) {
      const size_t at = (size_t)(y + i) * of->width + x + j;
      all.a += of->a[at];
      all.b += of->b[at];
      all.aa += of->a[at] * of->a[at];
      all.bb += of->b[at] * of->b[at];
      all.ab += of->a[at] * of->b[at];
    }
  return all;
}

/// The correlation in a window, and what it weighs: the lesser deviation.
static double correlate(const sums *of, double *weight) {
  const double n = WINDOW * WINDOW;
  const double of_a = fmax(of->aa / n - (of->a / n) * (of->a / n), 0);
  const double of_b = fmax(of->bb / n - (of->b / n) * (of->b / n), 0);
  *weight = sqrt(fmin(of_a, of_b));
  return (of->ab / n - (of->a / n) * (of->b / n)) / sqrt((of_a + flat) * (of_b + flat));
}

/// Where correlations reach a twentieth of all weight, from the least on.
static double find_structure(const greys *of) {
  double counts[STEPS + 1] = {0}, total = 0, below = 0;
  for (uint32_t y = 0; y + WINDOW <= of->height; y++)
    for (uint32_t x = 0; x + WINDOW <= of->width; x++) {
      double weight;
      const sums window = sum_window(of, x, y);
      const double correlation = fmin(fmax(correlate(&window, &weight), -1), 1);
      counts[(int)lround((1 - correlation) / 2 * STEPS)] += weight;
      total += weight;
    }
  for (int step = STEPS; step > 0; step--) {
    below += counts[step];
    if (below >= least_places * total && below > 0) return (double)step / STEPS;
  }
  return 0;
}

enum { GRID = 16 };

/// u + iv of every cell of a grid, the mean of its pixels'; of a smaller picture as many cells as pixels.
static size_t take_colours(const siam_picture_shape *shape, const uint8_t *bytes, double complex *colours) {
  const uint32_t down = shape->height < GRID ? shape->height : GRID;
  const uint32_t across = shape->width < GRID ? shape->width : GRID;
  for (uint32_t i = 0; i < down; i++)
    for (uint32_t j = 0; j < across; j++) {
      const uint32_t top = i * shape->height / down, bottom = (i + 1) * shape->height / down;
      const uint32_t left = j * shape->width / across, right = (j + 1) * shape->width / across;
      double complex sum = 0;
      for (uint32_t y = top; y < bottom; y++)
        for (uint32_t x = left; x < right; x++) {
          const uint8_t *pixel = bytes + 3 * ((size_t)y * shape->width + x);
          const double grey = grey_of(pixel);
          sum += 0.713 * (pixel[0] - grey) + 0.564 * (pixel[2] - grey) * I;
        }
      colours[i * across + j] = sum / ((double)(bottom - top) * (right - left));
    }
  return (size_t)down * across;
}

static double square(double complex of) {
  return creal(of) * creal(of) + cimag(of) * cimag(of);
}

/// 1 − |γ| of two lists of colours, and the lesser mean square of either.
static double part_colours(const double complex *a, const double complex *b, size_t count, double *least) {
  double complex product = 0;
  double of_a = 0, of_b = 0;
  for (size_t i = 0; i < count; i++) {
    product += a[i] * conj(b[i]);
    of_a += square(a[i]);
    of_b += square(b[i]);
  }
  *least = fmin(of_a, of_b) / (double)count;
  return *least > 0 ? fmax(1 - cabs(product) / sqrt(of_a * of_b), 0) : 0;
}

/// Strong colours count by the root, so that a small bright sign is not all.
static void level(double complex *colours, size_t count) {
  for (size_t i = 0; i < count; i++) colours[i] /= sqrt(cabs(colours[i]) + 4);
}

static void centre(double complex *colours, size_t count) {
  double complex sum = 0;
  for (size_t i = 0; i < count; i++) sum += colours[i];
  for (size_t i = 0; i < count; i++) colours[i] -= sum / (double)count;
}

/// Mean squares of colour differences at which they count half.
static const double half_colour = 1, half_contrast = 200;

static void find_colours(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b,
                         double marks[SIAM_CLOSER_MARKS]) {
  double complex levelled[2][GRID * GRID], centred[2][GRID * GRID];
  double least;
  size_t count = 0;
  for (int i = 0; i < 2; i++) {
    count = take_colours(shape, i == 0 ? a : b, levelled[i]);
    memcpy(centred[i], levelled[i], count * sizeof *centred[i]);
    level(levelled[i], count);
    centre(centred[i], count);
  }
  double apart = part_colours(levelled[0], levelled[1], count, &least);
  marks[COLOURS] = apart * least / (least + half_colour);
  marks[GREYNESS] = half_colour / (least + half_colour);
  apart = part_colours(centred[0], centred[1], count, &least);
  marks[CONTRASTS] = apart * least / (least + half_contrast);
}

siam_status siam_closer_marks_find(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b,
                                   siam_closer_marks *marks) {
  siam_status status = SIAM_OK;
  const size_t count = (size_t)shape->height * shape->width;
  greys of = {.height = shape->height, .width = shape->width};
  SIAM_TRY_ALLOCATE(of.a, 2 * count);
  of.b = of.a + count;
  for (size_t i = 0; i < count; i++) {
    of.a[i] = grey_of(a + 3 * i);
    of.b[i] = grey_of(b + 3 * i);
  }
  marks->values[STRUCTURE] = find_structure(&of);
  find_colours(shape, a, b, marks->values);
cleanup:
  siam_free(of.a);
  return status;
}

/// Writes the view in colour; where the network saw nothing in it, the whole stands in, as it did there
/// (siam_views_make()). `grey` has room for [H, W].
static siam_status see(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                       const uint8_t *bytes, uint8_t *grey, uint8_t *seen) {
  siam_picture_shape of_grey = *shape;
  of_grey.channels = 1;
  SIAM_RETURN_IF_FAILED(siam_views_make_one(views, view, shape, bytes, seen));
  if (siam_views_against(views, view) == 0) return SIAM_OK;
  siam_pixels_to_grey(seen, siam_picture_shape_bytes(&of_grey), grey);
  if (siam_pixels_are_blank(grey, &of_grey)) memcpy(seen, bytes, siam_picture_shape_bytes(shape));
  return SIAM_OK;
}

siam_status siam_closer_marks_of_match(const siam_views *views, const siam_picture_shape *shape,
                                       const uint8_t *a, const uint8_t *b, const siam_views_match *match,
                                       siam_closer_marks *marks) {
  siam_status status = SIAM_OK;
  uint8_t *seen = NULL;
  const size_t size = siam_picture_shape_bytes(shape);
  // Of two matches that are as near, the same in whichever order the pictures come.
  const bool exchanged = match->either && memcmp(a, b, size) > 0;
  SIAM_TRY_ALLOCATE(seen, 3 * size);
  SIAM_TRY(see(views, exchanged ? match->b : match->a, shape, a, seen + 2 * size, seen));
  SIAM_TRY(see(views, exchanged ? match->a : match->b, shape, b, seen + 2 * size, seen + size));
  SIAM_TRY(siam_closer_marks_find(shape, seen, seen + size, marks));
cleanup:
  siam_free(seen);
  return status;
}

double siam_closer_look_factor(const siam_closer_look *look, const siam_closer_marks *marks) {
  double sum = 0;
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++) sum += look->weights[k] * marks->values[k];
  return exp(sum);
}

siam_status siam_closer_look_take(const siam_closer_look *look, const siam_views *views,
                                  const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b,
                                  siam_views_match *match) {
  siam_closer_marks marks;
  if (!look->fitted) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_closer_marks_of_match(views, shape, a, b, match, &marks));
  match->distance *= siam_closer_look_factor(look, &marks);
  return SIAM_OK;
}

static const char key[] = "closer_look";

siam_status siam_closer_look_keep(const siam_closer_look *look, siam_model *model) {
  siam_text text = {0};
  json_t *root = json_object();
  bool whole = root != NULL;
  for (int k = 0; k < SIAM_CLOSER_MARKS && whole; k++)
    whole = json_object_set_new(root, siam_closer_mark_name(k), json_real(look->weights[k])) == 0;
  if (!whole) {
    json_decref(root);
    root = NULL;
  }
  siam_status status = siam_json_add(&text, root);
  if (status == SIAM_OK) status = siam_model_set_fact(model, key, text.bytes);
  siam_text_clear(&text);
  return status;
}

/// A weight that would make pictures nearer, or one beyond all sense, is damage.
static bool is_sound(const siam_closer_look *look) {
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
    if (!(look->weights[k] >= 0 && look->weights[k] <= SIAM_MOST_CLOSER_WEIGHT)) return false;
  return true;
}

siam_status siam_closer_look_of_model(const siam_model *model, siam_closer_look *look) {
  const char *text = siam_model_get_fact(model, key);
  const char *name = model->path != NULL ? model->path : "the model";
  json_t *root = NULL;
  siam_closer_look read = {.fitted = true};
  *look = (siam_closer_look){0};
  // One that is being trained is not fitted yet.
  if (text == NULL && model->path != NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: says nothing of its closer look; the file is damaged", name);
  if (text == NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_json_parse(name, "closer look", text, &root));
  double *const weights = read.weights;
  siam_status status = siam_json_unpack(root, "{s:F, s:F, s:F, s:F !}", siam_closer_mark_name(0), &weights[0],
                                        siam_closer_mark_name(1), &weights[1], siam_closer_mark_name(2),
                                        &weights[2], siam_closer_mark_name(3), &weights[3]);
  json_decref(root);
  if (status == SIAM_OK && !is_sound(&read)) status = SIAM_ERROR_FORMAT;
  if (status == SIAM_ERROR_FORMAT)
    return siam_fail(status, "%s: its closer look is unsound; the file is damaged", name);
  if (status == SIAM_OK) *look = read;
  return status;
}
