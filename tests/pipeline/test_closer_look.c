#include "pipeline/closer_look.h"

#include "base/random.h"
#include "device_memory.h"
#include "picture_model.h"
#include "pictures.h"
#include "pipeline/comparer.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, PIXELS = SIDE * SIDE, BYTES = 3 * PIXELS };
enum { STRUCTURE, COLOURS, CONTRASTS, GREYNESS };

static const siam_picture_shape square = {.height = SIDE, .width = SIDE, .channels = 3};

static double uniform(uint64_t seed, uint64_t index) {
  return siam_uniform(siam_random(seed, SIAM_STREAM_EVALUATE, 0, index).word[0]);
}

/// A wave with some noise in each channel.
static void paint(const siam_picture_shape *shape, uint64_t seed, uint8_t *picture) {
  for (uint32_t i = 0; i < siam_picture_shape_bytes(shape); i++) {
    const uint32_t channel = i % 3, x = i / 3 % shape->width, y = i / 3 / shape->width;
    const double across = uniform(seed, channel) - 0.5, down = uniform(seed, 3 + channel) - 0.5;
    const double wave = sin(across * x + down * y + 6 * uniform(seed, 6 + channel));
    picture[i] = (uint8_t)(128 + 80 * wave + 60 * (uniform(seed, 9 + i) - 0.5));
  }
}

/// So much of the second picture, the rest of the first.
static void mix(const siam_picture_shape *shape, const uint8_t *first, const uint8_t *second, double share,
                uint8_t *mixed) {
  for (size_t i = 0; i < siam_picture_shape_bytes(shape); i++)
    mixed[i] = (uint8_t)lround((1 - share) * first[i] + share * second[i]);
}

static void add_noise(const uint8_t *picture, double amplitude, uint8_t *noisy) {
  for (int i = 0; i < BYTES; i++)
    noisy[i] = (uint8_t)lround(fmin(fmax(picture[i] + amplitude * (2 * uniform(99, i) - 1), 0), 255));
}

static siam_closer_marks find(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b) {
  siam_closer_marks marks;
  cr_assert_eq(siam_closer_marks_find(shape, a, b, &marks), SIAM_OK, "%s", siam_last_error());
  return marks;
}

/// Rec. 601, in weights of 16 bits.
static double grey_of(const uint8_t *pixel) {
  return (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2]) / 65536.0;
}

/// How far apart a window is, (1 − q) / 2, and what it weighs.
typedef struct window {
  double apart, weight;
} window;

/// From the means, not from sums of squares.
static window look_through(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b, uint32_t x,
                           uint32_t y) {
  double of_a[25], of_b[25], mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
  for (uint32_t i = 0; i < 25; i++) {
    const size_t at = 3 * ((y + i / 5) * (size_t)shape->width + x + i % 5);
    mean_a += (of_a[i] = grey_of(a + at)) / 25;
    mean_b += (of_b[i] = grey_of(b + at)) / 25;
  }
  for (int i = 0; i < 25; i++) {
    aa += (of_a[i] - mean_a) * (of_a[i] - mean_a) / 25;
    bb += (of_b[i] - mean_b) * (of_b[i] - mean_b) / 25;
    ab += (of_a[i] - mean_a) * (of_b[i] - mean_b) / 25;
  }
  return (window){(1 - ab / sqrt((aa + 9) * (bb + 9))) / 2, fmin(sqrt(aa), sqrt(bb))};
}

static int farther_first(const void *left, const void *right) {
  const window *a = left, *b = right;
  return (a->apart < b->apart) - (a->apart > b->apart);
}

static double structure_of(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b) {
  static window windows[PIXELS];
  size_t count = 0, i = 0;
  double total = 0, passed = 0;
  for (uint32_t y = 0; y + 5 <= shape->height; y++)
    for (uint32_t x = 0; x + 5 <= shape->width; x++) {
      windows[count] = look_through(shape, a, b, x, y);
      total += windows[count++].weight;
    }
  if (count == 0) return 0;
  qsort(windows, count, sizeof *windows, farther_first);
  while ((passed += windows[i].weight) < total / 20) i++;
  return windows[i].apart;
}

/// The colour differences of every cell of the grid.
typedef struct cells {
  double u[256], v[256];
  int count;
} cells;

static cells divide(const siam_picture_shape *shape, const uint8_t *picture) {
  const uint32_t across = shape->width < 16 ? shape->width : 16;
  const uint32_t down = shape->height < 16 ? shape->height : 16;
  cells of = {.count = (int)(across * down)};
  int pixels[256] = {0};
  for (uint32_t i = 0; i < shape->height * shape->width; i++) {
    // The last cell that begins at or before a pixel, where cell k begins at ⌊k · side / cells⌋.
    const uint32_t row = ((i / shape->width + 1) * down - 1) / shape->height;
    const uint32_t cell = row * across + ((i % shape->width + 1) * across - 1) / shape->width;
    of.u[cell] += 0.713 * (picture[3 * i] - grey_of(picture + 3 * i));
    of.v[cell] += 0.564 * (picture[3 * i + 2] - grey_of(picture + 3 * i));
    pixels[cell]++;
  }
  for (int i = 0; i < of.count; i++) {
    of.u[i] /= pixels[i];
    of.v[i] /= pixels[i];
  }
  return of;
}

static cells level(cells of) {
  for (int i = 0; i < of.count; i++) {
    const double by = sqrt(hypot(of.u[i], of.v[i]) + 4);
    of.u[i] /= by;
    of.v[i] /= by;
  }
  return of;
}

static cells centre(cells of) {
  double u = 0, v = 0;
  for (int i = 0; i < of.count; i++) {
    u += of.u[i] / of.count;
    v += of.v[i] / of.count;
  }
  for (int i = 0; i < of.count; i++) {
    of.u[i] -= u;
    of.v[i] -= v;
  }
  return of;
}

/// (1 − |γ|) · m / (m + half), and m, in real numbers.
static double part(const cells *a, const cells *b, double half, double *least) {
  double along = 0, aside = 0, aa = 0, bb = 0;
  for (int i = 0; i < a->count; i++) {
    along += a->u[i] * b->u[i] + a->v[i] * b->v[i];
    aside += a->v[i] * b->u[i] - a->u[i] * b->v[i];
    aa += a->u[i] * a->u[i] + a->v[i] * a->v[i];
    bb += b->u[i] * b->u[i] + b->v[i] * b->v[i];
  }
  *least = fmin(aa, bb) / a->count;
  return *least > 0 ? (1 - sqrt((along * along + aside * aside) / aa / bb)) * *least / (*least + half) : 0;
}

static siam_closer_marks refer(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b) {
  const cells of_a = divide(shape, a), of_b = divide(shape, b);
  const cells level_a = level(of_a), level_b = level(of_b), centred_a = centre(of_a),
              centred_b = centre(of_b);
  siam_closer_marks marks = {{structure_of(shape, a, b)}};
  double least;
  marks.values[CONTRASTS] = part(&centred_a, &centred_b, 200, &least);
  marks.values[COLOURS] = part(&level_a, &level_b, 1, &least);
  marks.values[GREYNESS] = 1 / (least + 1);
  return marks;
}

/// A twentieth is counted in steps of 1/4096.
static void expect_close(const siam_closer_marks *found, const siam_closer_marks *expected, uint32_t side) {
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
    cr_expect_float_eq(found->values[k], expected->values[k], k == STRUCTURE ? 1.0 / 4096 : 1e-9,
                       "%s of a side of %u: %.12g, not %.12g", siam_closer_mark_name(k), side,
                       found->values[k], expected->values[k]);
}

Test(closer_look, marks_are_those_of_a_reference_at_every_size_and_likeness) {
  static const uint32_t sides[][2] = {{64, 64}, {40, 24}, {17, 33}, {7, 5}, {5, 20}, {3, 3}, {1, 1}};
  uint8_t a[BYTES], other[BYTES], b[BYTES];
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
    for (int share = 0; share <= 10; share += 2) {
      const siam_picture_shape shape = {.width = sides[i][0], .height = sides[i][1], .channels = 3};
      paint(&shape, 2 * i + 1, a);
      paint(&shape, 2 * i + 2, other);
      mix(&shape, a, other, share / 10.0, b);
      const siam_closer_marks found = find(&shape, a, b), expected = refer(&shape, a, b);
      expect_close(&found, &expected, shape.width);
    }
}

Test(closer_look, marks_are_the_same_to_the_bit_when_pictures_are_swapped) {
  uint8_t a[BYTES], b[BYTES];
  for (uint64_t seed = 1; seed < 20; seed += 2) {
    paint(&square, seed, a);
    paint(&square, seed + 1, b);
    const siam_closer_marks there = find(&square, a, b), back = find(&square, b, a);
    cr_expect_arr_eq(there.values, back.values, sizeof there.values);
  }
}

Test(closer_look, marks_lie_from_0_to_1_whatever_is_shown) {
  enum { PICTURES = 6 };
  static uint8_t pictures[PICTURES][BYTES];
  memset(pictures[1], 255, BYTES);
  for (int i = 0; i < BYTES; i++) {
    pictures[2][i] = (uint8_t)(256 * uniform(1, i));
    pictures[3][i] = (uint8_t)(255 - pictures[2][i]);
    pictures[4][i] = (uint8_t)(256 * uniform(2, i));
    pictures[5][i] = (uint8_t)(i % 3 * 100);
  }
  for (int a = 0; a < PICTURES; a++)
    for (int b = 0; b < PICTURES; b++) {
      const siam_closer_marks marks = find(&square, pictures[a], pictures[b]);
      for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
        cr_expect(marks.values[k] >= 0 && marks.values[k] <= 1, "%s of %d and %d: %g",
                  siam_closer_mark_name(k), a, b, marks.values[k]);
    }
}

Test(closer_look, of_a_grey_copy_colours_say_nothing_and_greyness_says_so) {
  uint8_t coloured[BYTES], grey[PIXELS], copy[BYTES];
  paint(&square, 1, coloured);
  siam_pixels_to_grey(coloured, PIXELS, grey);
  for (int i = 0; i < PIXELS; i++) memset(copy + 3 * i, grey[i], 3);
  const siam_closer_marks marks = find(&square, coloured, copy);
  cr_expect_eq(marks.values[GREYNESS], 1);
  cr_expect_eq(marks.values[COLOURS], 0);
  cr_expect_eq(marks.values[CONTRASTS], 0);
}

/// Four coloured squares on grey grain, of which the first lies at so many pixels from the left.
static void draw_scene(uint32_t left, const uint8_t colour[3], uint8_t *picture) {
  const struct {
    uint32_t x, y;
    uint8_t colour[3];
  } objects[] = {{left, 8, {colour[0], colour[1], colour[2]}},
                 {40, 36, {40, 60, 220}},
                 {10, 40, {220, 200, 40}},
                 {44, 8, {60, 200, 60}}};
  for (uint32_t i = 0; i < PIXELS; i++) memset(picture + 3 * i, (int)(60 + 120 * uniform(5, i)), 3);
  for (int k = 0; k < 4; k++)
    for (uint32_t i = 0; i < 16 * 16; i++) {
      uint8_t *pixel = picture + 3 * ((objects[k].y + i / 16) * SIDE + objects[k].x + i % 16);
      for (int c = 0; c < 3; c++)
        pixel[c] = (uint8_t)((0.5 + 0.5 * uniform(6 + k, i)) * objects[k].colour[c]);
    }
}

static const uint8_t red[3] = {220, 40, 40}, violet[3] = {140, 40, 220}, olive[3] = {110, 130, 40};

Test(closer_look, a_picture_and_itself_differ_in_nothing) {
  uint8_t scene[BYTES];
  draw_scene(8, red, scene);
  const siam_closer_marks marks = find(&square, scene, scene);
  // What is added to each variance keeps correlations below 1: 9 / (v + 9) / 2 is missing.
  cr_expect_lt(marks.values[STRUCTURE], 0.02);
  cr_expect_lt(marks.values[COLOURS], 1e-12);
  cr_expect_lt(marks.values[CONTRASTS], 1e-12);
}

Test(closer_look, one_object_of_several_in_another_colour_counts_more_than_another_hue_of_all) {
  uint8_t scene[BYTES], other[BYTES], turned[BYTES];
  draw_scene(8, red, scene);
  draw_scene(8, violet, other);
  // By 120 degrees: red becomes green, green blue, and blue red.
  for (int i = 0; i < BYTES; i++) turned[i] = scene[i % 3 == 0 ? i + 2 : i - 1];
  const siam_closer_marks of_one = find(&square, scene, other), of_all = find(&square, scene, turned);
  cr_expect_gt(of_one.values[COLOURS], 3 * of_all.values[COLOURS], "%g and %g", of_one.values[COLOURS],
               of_all.values[COLOURS]);
}

Test(closer_look, an_object_elsewhere_counts_more_than_noise) {
  uint8_t scene[BYTES], moved[BYTES], noisy[BYTES];
  draw_scene(8, red, scene);
  draw_scene(24, red, moved);
  add_noise(scene, 5, noisy);
  const siam_closer_marks of_moved = find(&square, scene, moved), of_noise = find(&square, scene, noisy);
  cr_expect_gt(of_moved.values[STRUCTURE], 5 * of_noise.values[STRUCTURE], "%g and %g",
               of_moved.values[STRUCTURE], of_noise.values[STRUCTURE]);
}

static const siam_closer_look look = {.fitted = true, .weights = {1, 2, 0.5, 0.25}};

Test(closer_look, a_distance_counts_as_many_times_as_the_weighted_marks_say) {
  const siam_closer_marks some = {{0.5, 0.25, 1, 0}}, none = {{0}};
  cr_expect_float_eq(siam_closer_look_factor(&look, &some), exp(1.5), 1e-12);
  cr_expect_eq(siam_closer_look_factor(&look, &none), 1);
}

Test(closer_look, without_a_fitted_look_pictures_are_not_looked_at) {
  const siam_closer_look unfitted = {.weights = {1, 1, 1, 1}};
  siam_views_match match = {.distance = 0.3};
  cr_assert_eq(siam_closer_look_take(&unfitted, NULL, &square, NULL, NULL, &match), SIAM_OK);
  cr_expect_eq(match.distance, 0.3);
}

static const siam_views *closely(void) {
  const siam_views *views = NULL;
  cr_assert_eq(siam_views_find("closely", &views), SIAM_OK, "%s", siam_last_error());
  return views;
}

static uint32_t mirror_view(void) {
  uint32_t view = 1;
  while (strcmp(siam_views_describe(closely(), view), "the mirror image") != 0) view++;
  return view;
}

static void mirror(const uint8_t *picture, uint8_t *mirrored) {
  for (int i = 0; i < PIXELS; i++)
    memcpy(mirrored + 3 * i, picture + 3 * (i / SIDE * SIDE + SIDE - 1 - i % SIDE), 3);
}

/// Looks at two pictures in the views of a match, and expects the marks.
static void expect_taken(uint32_t view_a, uint32_t view_b, const uint8_t *a, const uint8_t *b,
                         const siam_closer_marks *expected) {
  siam_views_match match = {0.5, view_a, view_b, false};
  siam_closer_marks marks;
  cr_assert_eq(siam_closer_marks_of_match(closely(), &square, a, b, &match, &marks), SIAM_OK);
  cr_expect_arr_eq(marks.values, expected->values, sizeof marks.values);
  cr_assert_eq(siam_closer_look_take(&look, closely(), &square, a, b, &match), SIAM_OK);
  cr_expect_eq(match.distance, 0.5 * siam_closer_look_factor(&look, expected));
  cr_expect(match.a == view_a && match.b == view_b);
}

Test(closer_look, pictures_are_laid_beside_each_other_in_the_views_that_matched) {
  uint8_t a[BYTES], b[BYTES], mirrored[BYTES];
  draw_scene(8, red, a);
  draw_scene(24, violet, b);
  const siam_closer_marks of_wholes = find(&square, a, b);
  expect_taken(0, 0, a, b, &of_wholes);
  mirror(a, mirrored);
  const siam_closer_marks of_first = find(&square, mirrored, b);
  expect_taken(mirror_view(), 0, a, b, &of_first);
  mirror(b, mirrored);
  const siam_closer_marks of_second = find(&square, a, mirrored);
  expect_taken(0, mirror_view(), a, b, &of_second);
  cr_expect_neq(of_first.values[STRUCTURE], of_wholes.values[STRUCTURE]);
}

Test(closer_look, of_a_picture_and_its_mirror_image_the_order_makes_no_difference) {
  enum { ODD = 40 }; // Cells of the grid that are not the same mirrored.
  const siam_picture_shape small = {.height = ODD, .width = ODD, .channels = 3};
  uint8_t a[3 * ODD * ODD], b[sizeof a];
  paint(&small, 7, a);
  for (int i = 0; i < ODD * ODD; i++) memcpy(b + 3 * i, a + 3 * (i / ODD * ODD + ODD - 1 - i % ODD), 3);
  b[100] = (uint8_t)(b[100] + 50);
  siam_views_match there = {.distance = 1, .a = mirror_view(), .either = true}, back = there;
  cr_assert_eq(siam_closer_look_take(&look, closely(), &small, a, b, &there), SIAM_OK);
  cr_assert_eq(siam_closer_look_take(&look, closely(), &small, b, a, &back), SIAM_OK);
  cr_expect_eq(there.distance, back.distance);
}

static void expect_zero(const siam_closer_look *read) {
  cr_expect_not(read->fitted);
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++) cr_expect_eq(read->weights[k], 0);
}

Test(closer_look, a_model_keeps_its_look_to_the_bit_and_without_one_has_none) {
  siam_model *model = siam_test_picture_model(SIDE, 0);
  const siam_closer_look kept = {.fitted = true, .weights = {0.1, 0, 7.0 / 9, 1e-9}};
  siam_closer_look read = look;
  cr_assert_eq(siam_closer_look_of_model(model, &read), SIAM_OK, "%s", siam_last_error());
  expect_zero(&read);
  cr_assert_eq(siam_closer_look_keep(&kept, model), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_closer_look_of_model(model, &read), SIAM_OK, "%s", siam_last_error());
  cr_expect(read.fitted);
  cr_expect_arr_eq(read.weights, kept.weights, sizeof kept.weights);
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(closer_look, a_look_that_is_damaged_is_refused_with_a_sentence) {
  static const char *const damaged[] = {
      "",
      "closely",
      "[]",
      "{\"structure\":1,\"colours\":1,\"contrasts\":1}",
      "{\"structure\":1,\"colours\":1,\"contrasts\":1,\"greyness\":1,\"more\":1}",
      "{\"structure\":1,\"colours\":1,\"contrasts\":1,\"greyness\":\"1\"}",
      "{\"structure\":1,\"colours\":-1,\"contrasts\":1,\"greyness\":1}",
      "{\"structure\":1,\"colours\":1e999,\"contrasts\":1,\"greyness\":1}",
      "{\"structure\":250,\"colours\":250,\"contrasts\":250,\"greyness\":250}"};
  siam_model *model = siam_test_picture_model(SIDE, 0);
  for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
    siam_closer_look read = look;
    cr_assert_eq(siam_model_set_fact(model, "closer_look", damaged[i]), SIAM_OK);
    cr_expect_eq(siam_closer_look_of_model(model, &read), SIAM_ERROR_FORMAT, "\"%s\"", damaged[i]);
    cr_expect_not_null(strstr(siam_last_error(), "closer look"), "%s", siam_last_error());
    expect_zero(&read);
  }
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(closer_look, grey_values_of_pixels_are_rec_601) {
  static const uint8_t coloured[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 77, 77, 77, 255, 255, 255};
  static const uint8_t expected[] = {76, 150, 29, 0, 77, 255};
  uint8_t grey[6];
  siam_pixels_to_grey(coloured, 6, grey);
  cr_expect_arr_eq(grey, expected, sizeof expected);
}

/// A grey model that looks closer once its views do.
static siam_model *make_model(void) {
  siam_model *model = siam_test_picture_model(SIDE, 0);
  cr_assert_eq(siam_closer_look_keep(&look, model), SIAM_OK, "%s", siam_last_error());
  return model;
}

Test(closer_look, pictures_are_read_in_colour_where_they_are_looked_at_closer_and_in_grey_else) {
  siam_model *model = make_model();
  siam_picture_shape shape;
  cr_assert_eq(siam_looks_shape(model, &shape), SIAM_OK);
  cr_expect(shape.channels == 1 && shape.width == SIDE && shape.height == SIDE);
  cr_assert_eq(siam_views_keep(closely(), model), SIAM_OK);
  cr_assert_eq(siam_looks_shape(model, &shape), SIAM_OK);
  cr_expect(shape.channels == 3 && shape.width == SIDE && shape.height == SIDE);
  siam_model_destroy(model);
  siam_test_device_close();
}

enum { FILES = 3, FILE_PAIRS = 3 };

/// Files of the network's own size, so that they are looked at as they are. An object in another colour is no
/// reason for a part to be nearer than the whole.
static void write_scenes(const char *folder, uint8_t scenes[FILES][BYTES], const char *paths[FILES]) {
  static const char *const names[FILES] = {"0.ppm", "1.ppm", "2.ppm"};
  draw_scene(8, red, scenes[0]);
  draw_scene(8, violet, scenes[1]);
  draw_scene(8, olive, scenes[2]);
  for (int i = 0; i < FILES; i++) {
    paths[i] = siam_scratch_path(folder, names[i]);
    siam_test_write_pnm(paths[i], SIDE, SIDE, 3, scenes[i]);
  }
}

static siam_comparer *open_comparer(siam_model *model, const char *views) {
  siam_comparer *comparer = NULL;
  const siam_compare_options options = {.threshold = &(double){0.5}};
  cr_assert_eq(siam_model_set_fact(model, "views", views), SIAM_OK);
  cr_assert_eq(siam_comparer_create(model, &options, &comparer), SIAM_OK, "%s", siam_last_error());
  return comparer;
}

/// Every two of three, both ways round, give what the table says.
static void expect_same_alone(siam_comparer *comparer, const char *const *paths,
                              const siam_comparison *table) {
  for (int i = 0; i < FILES; i++)
    for (int j = i + 1; j < FILES; j++) {
      siam_comparison there, back;
      cr_assert_eq(siam_compare(comparer, paths[i], paths[j], &there), SIAM_OK, "%s", siam_last_error());
      cr_assert_eq(siam_compare(comparer, paths[j], paths[i], &back), SIAM_OK, "%s", siam_last_error());
      cr_expect_eq(there.distance, table->distance);
      cr_expect_eq(back.distance, table->distance);
      table++;
    }
}

Test(closer_look, compared_files_are_as_far_apart_as_copies_times_what_the_look_finds) {
  static uint8_t scenes[FILES][BYTES];
  static const int pairs[FILE_PAIRS][2] = {{0, 1}, {0, 2}, {1, 2}};
  const char *paths[FILES];
  siam_comparison before[FILE_PAIRS], after[FILE_PAIRS], itself;
  char *folder = siam_scratch_create();
  write_scenes(folder, scenes, paths);
  siam_model *model = make_model();
  siam_comparer *copies = open_comparer(model, "copies 22"),
                *closer = open_comparer(model, "copies 22, closely");
  cr_assert_eq(siam_compare_all(copies, paths, FILES, before), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare_all(closer, paths, FILES, after), SIAM_OK, "%s", siam_last_error());
  for (int i = 0; i < FILE_PAIRS; i++) {
    const siam_closer_marks marks = find(&square, scenes[pairs[i][0]], scenes[pairs[i][1]]);
    const double expected = before[i].distance * siam_closer_look_factor(&look, &marks);
    cr_expect(after[i].shown[0] == NULL && after[i].shown[1] == NULL, "wholes are nearest");
    cr_expect_gt(after[i].distance, before[i].distance);
    cr_expect_float_eq(after[i].distance, expected, 1e-12 * expected);
  }
  expect_same_alone(closer, paths, after);
  cr_assert_eq(siam_compare(closer, paths[0], paths[0], &itself), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(itself.distance, 0);
  siam_comparer_destroy(copies);
  siam_comparer_destroy(closer);
  siam_model_destroy(model);
  siam_test_device_close();
  siam_scratch_remove(folder);
}

static void take_looks(siam_model *model, const char *const *paths, siam_looks *looks) {
  siam_dataset *dataset = NULL;
  siam_images *images = NULL;
  siam_telling telling = {0};
  siam_images_options options = {0};
  cr_assert_eq(siam_looks_shape(model, &options.shape), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_dataset_collect(paths, FILES, NULL, &dataset), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_images_open(dataset, &options, &images), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_looks_take(model, closely(), images, 0, &telling, looks), SIAM_OK, "%s",
               siam_last_error());
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
}

Test(closer_look, a_set_is_compared_as_its_files_are) {
  static uint8_t scenes[FILES][BYTES];
  const char *paths[FILES];
  siam_comparison table[FILE_PAIRS], *expected = table;
  siam_looks looks;
  char *folder = siam_scratch_create();
  write_scenes(folder, scenes, paths);
  siam_model *model = make_model();
  siam_comparer *comparer = open_comparer(model, "copies 22, closely");
  cr_assert_eq(siam_compare_all(comparer, paths, FILES, table), SIAM_OK, "%s", siam_last_error());
  take_looks(model, paths, &looks);
  for (uint32_t i = 0; i < FILES; i++)
    for (uint32_t j = i + 1; j < FILES; j++) {
      siam_views_match match;
      cr_assert_eq(siam_looks_compare(&looks, i, &looks, j, INFINITY, &match), SIAM_OK, "%s",
                   siam_last_error());
      cr_expect_eq(match.distance, (expected++)->distance, "%u and %u", i, j);
    }
  siam_looks_clear(&looks);
  siam_comparer_destroy(comparer);
  siam_model_destroy(model);
  siam_test_device_close();
  siam_scratch_remove(folder);
}
