#include <siamese/compare.h>

#include "data/picture.h"
#include "device_memory.h"
#include "picture_model.h"
#include "pictures.h"
#include "pipeline/views.h"
#include "scratch.h"

#include "pipeline/affine.h"

#include <criterion/criterion.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

/// Pixels of the network; cells of a picture; the mark that makes two copies different.
enum { SIDE = 40, PIXELS = SIDE * SIDE, CELL = 8, MARK = 8, MARK_X = 26, MARK_Y = 22, MOST_LOOKS = 22 };

static const siam_picture_shape shape = {.height = SIDE, .width = SIDE, .channels = 1};

static struct {
  char *folder;
  siam_model *model;
  siam_comparer *comparer;
} test;

static void begin(void) {
  test.folder = siam_scratch_create();
}
static void end(void) {
  siam_comparer_destroy(test.comparer);
  siam_model_destroy(test.model);
  siam_test_device_close();
  siam_scratch_remove(test.folder);
}
TestSuite(explain, .init = begin, .fini = end, .timeout = 300);

static const char *path(const char *name) {
  return siam_scratch_path(test.folder, name);
}

/// A model whose embedding is the picture, compared by these views (NULL: none).
static const siam_views *compare_by(const char *name, siam_resize_mode mode) {
  const siam_views *views = NULL;
  test.model = siam_test_picture_model(SIDE, 0);
  test.model->preprocessing.resize = mode;
  cr_assert_eq(siam_views_find(name, &views), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_views_keep(views, test.model), SIAM_OK);
  const siam_compare_options options = {.threshold = &(double){0.5}};
  cr_assert_eq(siam_comparer_create(test.model, &options, &test.comparer), SIAM_OK, "%s", siam_last_error());
  return views;
}

static siam_explanation explain(void) {
  siam_explanation explanation;
  cr_assert_eq(siam_explain(test.comparer, path("a.pgm"), path("b.pgm"), path("why.png"), &explanation),
               SIAM_OK, "%s", siam_last_error());
  return explanation;
}

/// White cells on black, in no order that a view would keep, but for the mark's place, which is free.
static void draw_cells(uint8_t *picture) {
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      uint32_t cell = (uint32_t)(y / CELL * 10 + x / CELL) * 2654435761U;
      bool free = x >= MARK_X && x < MARK_X + MARK && y >= MARK_Y && y < MARK_Y + MARK;
      picture[y * SIDE + x] = cell >> 24 < 100 && !free ? 255 : 0;
    }
}

static void mark(uint8_t *picture) {
  for (int y = MARK_Y; y < MARK_Y + MARK; y++) memset(picture + y * SIDE + MARK_X, 255, MARK);
}

static bool is_marked(const siam_telling_place *place) {
  return place->x >= MARK_X && place->x < MARK_X + MARK && place->y >= MARK_Y && place->y < MARK_Y + MARK;
}

static void write(const char *name, const uint8_t *picture) {
  siam_test_write_pnm(path(name), SIDE, SIDE, 1, picture);
}

/// No distance is below 0, so nothing can take away more than there is; a mean of doubles may be off by as
/// many roundings as it has terms, 16.
static void expect_bounds(const siam_explanation *explanation, const char *what) {
  double distance = explanation->comparison.distance;
  for (int i = 0; i < 2; i++) {
    cr_expect_geq(explanation->most_against[i].change, -distance * (1 + 16 * DBL_EPSILON), "%s", what);
    cr_expect_leq(explanation->most_against[i].change, explanation->most_for[i].change, "%s", what);
    cr_expect_gt(explanation->most_for[i].change, 0, "%s", what);
  }
}

/// Explains a.pgm beside what a view shows of another picture, whose looks are given.
static siam_explanation explain_view(const siam_views *views, uint32_t view, const uint8_t *looks) {
  const char *shows = siam_views_describe(views, view);
  write("b.pgm", looks + view * PIXELS);
  siam_explanation explanation = explain();
  expect_bounds(&explanation, shows);
  return explanation;
}

Test(explain, nothing_speaks_against_a_copy_that_a_view_shows_whole) {
  uint8_t picture[PIXELS], looks[MOST_LOOKS * PIXELS];
  const siam_views *views = compare_by("copies", SIAM_RESIZE_LETTERBOX);
  draw_cells(picture);
  mark(picture);
  write("a.pgm", picture);
  cr_assert_eq(siam_views_make(views, &shape, picture, looks), SIAM_OK);
  for (uint32_t view = 1; view < siam_views_count(views); view++) {
    if (siam_views_against(views, view) != 0) continue; // The copy is no whole.
    const char *shows = siam_views_describe(views, view);
    siam_explanation explanation = explain_view(views, view, looks);
    cr_expect_str_eq(explanation.comparison.shown[0], shows);
    cr_expect_eq(explanation.comparison.distance, 0, "%s", shows);
    for (int i = 0; i < 2; i++) cr_expect_geq(explanation.most_against[i].change, 0, "%s", shows);
  }
}

Test(explain, a_mark_on_a_copy_is_pointed_at_wherever_the_view_shows_it) {
  uint8_t plain[PIXELS], marked[PIXELS], looks[MOST_LOOKS * PIXELS];
  const siam_views *views = compare_by("copies", SIAM_RESIZE_LETTERBOX);
  uint32_t seen = 0;
  draw_cells(plain);
  draw_cells(marked);
  mark(marked);
  write("a.pgm", marked);
  cr_assert_eq(siam_views_make(views, &shape, plain, looks), SIAM_OK);
  for (uint32_t view = 1; view < siam_views_count(views); view++) {
    if (siam_views_against(views, view) != 0) continue; // The copy is no whole.
    const char *shows = siam_views_describe(views, view);
    siam_explanation explanation = explain_view(views, view, looks);
    // What lies outside of the view is no difference.
    if (explanation.comparison.distance < 5) continue;
    // Of a view that shows nearly the whole, small copies may be nearer, and are explained.
    seen++;
    cr_expect(is_marked(&explanation.most_against[0]), "%s: %u, %u", shows, explanation.most_against[0].x,
              explanation.most_against[0].y);
    cr_expect_lt(explanation.most_against[0].change, -1, "%s", shows);
  }
  cr_expect_geq(seen, 14);
}

Test(explain, of_a_turned_copy_the_middles_are_held_against_each_other) {
  // The cosine and the sine of ten degrees.
  static const siam_affine turn = {64540, -11380, 11380, 64540, 0, 0};
  uint8_t marked[PIXELS], plain[PIXELS], turned[PIXELS];
  compare_by("copies", SIAM_RESIZE_LETTERBOX);
  draw_cells(plain);
  draw_cells(marked);
  mark(marked);
  siam_affine_apply(&turn, &shape, plain, turned);
  write("a.pgm", marked);
  write("b.pgm", turned);
  siam_explanation explanation = explain();
  cr_assert_str_eq(explanation.comparison.shown[0], "the middle 80 % turned by 10 degrees to the left");
  cr_assert_str_eq(explanation.comparison.shown[1], "the middle 80 %");
  expect_bounds(&explanation, "turned");
  cr_expect(is_marked(&explanation.most_against[0]), "%u, %u", explanation.most_against[0].x,
            explanation.most_against[0].y);
}

Test(explain, the_copy_may_be_the_one_with_the_mark) {
  uint8_t marked[PIXELS], plain[PIXELS], looks[MOST_LOOKS * PIXELS];
  const siam_views *views = compare_by("copies", SIAM_RESIZE_LETTERBOX);
  draw_cells(plain);
  cr_assert_eq(siam_views_make(views, &shape, plain, looks), SIAM_OK);
  memcpy(marked, looks + 9 * PIXELS, PIXELS); // Where the original's free place is not.
  mark(marked);
  write("a.pgm", plain);
  write("b.pgm", marked);
  siam_explanation explanation = explain();
  cr_assert_str_eq(explanation.comparison.shown[0], "the mirror image");
  cr_expect_null(explanation.comparison.shown[1]);
  expect_bounds(&explanation, "mirrored");
  cr_expect(is_marked(&explanation.most_against[1]), "%u, %u", explanation.most_against[1].x,
            explanation.most_against[1].y);
}

Test(explain, a_mean_of_looks_is_held_against_a_mean_of_looks) {
  uint8_t picture[PIXELS];
  compare_by("average", SIAM_RESIZE_LETTERBOX);
  draw_cells(picture);
  write("b.pgm", picture);
  write("a.pgm", picture);
  siam_explanation itself = explain();
  cr_expect_eq(itself.comparison.distance, 0);
  expect_bounds(&itself, "itself");
  mark(picture);
  write("a.pgm", picture);
  siam_explanation explanation = explain();
  cr_expect_gt(explanation.comparison.distance, 5);
  expect_bounds(&explanation, "marked");
  cr_expect(is_marked(&explanation.most_against[0]), "%u, %u", explanation.most_against[0].x,
            explanation.most_against[0].y);
  // Nearly all of the distance is the mark, and one patch covers it.
  cr_expect_lt(explanation.most_against[0].change, -0.4 * explanation.comparison.distance);
}

/// A drawing: its pixel there.
static const uint8_t *pixel_at(const siam_picture *drawing, uint32_t x, uint32_t y) {
  cr_assert(x < drawing->width && y < drawing->height);
  return drawing->pixels + ((size_t)y * drawing->width + x) * 3;
}

static siam_picture load_drawing(uint32_t width, uint32_t height) {
  siam_picture drawing;
  cr_assert_eq(siam_picture_load(path("why.png"), NULL, &drawing), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(drawing.channels, 3);
  cr_assert(drawing.width == width && drawing.height == height, "%u × %u", drawing.width, drawing.height);
  return drawing;
}

/// Black, twice as wide as high, with a white block, and with another where there is a place for it.
static void write_wide(const char *name, const uint32_t *place) {
  enum { WIDE = 2 * SIDE };
  uint8_t picture[WIDE * SIDE] = {0};
  for (uint32_t y = 0; y < MARK; y++) {
    memset(picture + (size_t)(4 + y) * WIDE + 24, 255, MARK);
    if (place != NULL) memset(picture + (place[1] + y) * WIDE + place[0], 255, MARK);
  }
  siam_test_write_pnm(path(name), WIDE, SIDE, 1, picture);
}

static void expect_heat_on_the_block(siam_resize_mode mode) {
  enum { ZOOM = 6, LEFT = 44, TOP = 16 }; // 80 pixels fit six times into 512.
  compare_by(NULL, mode);
  write_wide("a.pgm", (const uint32_t[2]){LEFT, TOP});
  write_wide("b.pgm", NULL);
  siam_explanation explanation = explain();
  const siam_telling_place *most = &explanation.most_against[0];
  cr_expect(most->x >= LEFT && most->x < LEFT + MARK && most->y >= TOP && most->y < TOP + MARK,
            "mode %d: %u, %u", mode, most->x, most->y);
  siam_picture drawing = load_drawing(2 * 80 * ZOOM + 16, 40 * ZOOM);
  const uint8_t *hot = pixel_at(&drawing, (LEFT + MARK / 2) * ZOOM, (TOP + MARK / 2) * ZOOM),
                *cold = pixel_at(&drawing, 22 * ZOOM, 36 * ZOOM), *edge = pixel_at(&drawing, ZOOM, 36 * ZOOM);
  cr_expect_gt(hot[0] - hot[2], 150, "mode %d: %d %d %d", mode, hot[0], hot[1], hot[2]); // Orange.
  cr_expect(cold[0] == 0 && cold[1] == 0 && cold[2] == 0, "mode %d: %d %d %d", mode, cold[0], cold[1],
            cold[2]);
  // What the network does not see fades.
  const int faded = mode == SIAM_RESIZE_CROP ? (3 * 205 + 2) / 4 : 0;
  cr_expect(edge[0] == faded && edge[2] == faded, "mode %d: %d", mode, edge[0]);
  siam_picture_clear(&drawing);
}

Test(explain, heat_lies_on_a_letterboxed_picture_where_it_belongs) {
  expect_heat_on_the_block(SIAM_RESIZE_LETTERBOX);
}
Test(explain, heat_lies_on_a_cropped_picture_where_it_belongs) {
  expect_heat_on_the_block(SIAM_RESIZE_CROP);
}
Test(explain, heat_lies_on_a_stretched_picture_where_it_belongs) {
  expect_heat_on_the_block(SIAM_RESIZE_STRETCH);
}

/// Colours as they are drawn, beside heat: 40 % of their saturation.
static void expect_colour(const uint8_t *drawn, const uint8_t *own) {
  double light = 0.299 * own[0] + 0.587 * own[1] + 0.114 * own[2];
  for (int c = 0; c < 3; c++)
    cr_expect_float_eq(drawn[c], light + 0.4 * (own[c] - light), 0.5 + 1e-9, "channel %d: %d", c, drawn[c]);
}

Test(explain, pictures_keep_their_aspect_and_colours) {
  enum { TALL = 900, NARROW = 300 };
  uint8_t *tall = malloc((size_t)TALL * NARROW * 3);
  uint8_t small[20 * 30 * 3];
  for (size_t i = 0; i < (size_t)TALL * NARROW; i++) memcpy(tall + 3 * i, (uint8_t[3]){200, 40, 90}, 3);
  for (size_t i = 0; i < 20 * 30; i++) memcpy(small + 3 * i, (uint8_t[3]){200, 40, 90}, 3);
  compare_by(NULL, SIAM_RESIZE_STRETCH);
  siam_test_write_pnm(path("a.pgm"), NARROW, TALL, 3, tall);
  siam_test_write_pnm(path("b.pgm"), 30, 20, 3, small);
  explain();
  // 300 × 900 shrinks to 171 × 512, 30 × 20 grows seventeen times. One colour covered with itself is no
  // change.
  siam_picture drawing = load_drawing(171 + 16 + 510, 512);
  expect_colour(pixel_at(&drawing, 80, 500), (uint8_t[3]){200, 40, 90});
  expect_colour(pixel_at(&drawing, 171 + 16 + 5, 256), (uint8_t[3]){200, 40, 90});
  cr_expect_arr_eq(pixel_at(&drawing, 171 + 16 + 5, 500), ((uint8_t[3]){205, 205, 205}), 3);
  siam_picture_clear(&drawing);
  free(tall);
}

Test(explain, where_a_view_lies_is_drawn) {
  uint8_t picture[PIXELS], looks[MOST_LOOKS * PIXELS];
  const siam_views *views = compare_by("copies", SIAM_RESIZE_LETTERBOX);
  enum { ZOOM = 12, AT = 4 * ZOOM, MIDDLE = 20 * ZOOM, INK = 30 }; // 40 pixels fit twelve times.
  draw_cells(picture);
  write("a.pgm", picture);
  cr_assert_eq(siam_views_make(views, &shape, picture, looks), SIAM_OK);
  write("b.pgm", looks + PIXELS);
  cr_assert_str_eq(explain().comparison.shown[0], "the middle 80 %");
  siam_picture drawing = load_drawing(2 * SIDE * ZOOM + 16, SIDE * ZOOM);
  static const uint32_t along[4][2] = {
      {AT, MIDDLE}, {SIDE * ZOOM - AT, MIDDLE}, {MIDDLE, AT}, {MIDDLE, SIDE * ZOOM - AT}};
  for (int i = 0; i < 4; i++) {
    const uint8_t *ink = pixel_at(&drawing, along[i][0], along[i][1]);
    cr_expect(ink[0] == INK && ink[1] == INK && ink[2] == INK, "side %d: %d", i, ink[0]);
    // The whole of the second picture was compared: no outline.
    const uint8_t *none = pixel_at(&drawing, SIDE * ZOOM + 16 + along[i][0], along[i][1]);
    cr_expect(none[0] != INK || none[1] != INK, "side %d", i);
  }
  siam_picture_clear(&drawing);
}
