#include "pipeline/composition.h"

#include "pipeline/affine.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 40, PIXELS = SIDE * SIDE, EACH = 4, CLASSES = 6, ROWS = CLASSES * EACH };

static const siam_picture_shape shape = {.height = SIDE, .width = SIDE, .channels = 1};

static void fill_classes(uint32_t *classes) {
  for (uint32_t i = 0; i < ROWS; i++) classes[i] = 10 + i / EACH;
}

Test(composition, so_many_of_100_classes_are_put_together_with_another_one) {
  uint32_t classes[ROWS];
  siam_composition plan[ROWS];
  fill_classes(classes);
  const siam_composition_options options = {.percent = 30, .seed = 3};
  enum { STEPS = 2000 };
  int composed = 0, layouts[3] = {0}, turns[4] = {0};
  for (uint32_t step = 1; step <= STEPS; step++) {
    siam_composition_draw(&options, step, true, classes, ROWS, plan);
    for (uint32_t i = 0; i < ROWS; i++) {
      const siam_composition *row = &plan[i], *first = &plan[i - i % EACH];
      cr_assert_eq(row->number, first->number, "the pictures of a class stay together");
      if (row->number == 0) continue;
      cr_assert(row->number == 1 + i - i % EACH, "and no other class has their number");
      cr_assert(classes[row->other] != classes[i]);
      cr_assert(classes[row->other] == classes[first->other], "all with pictures of one other class");
      cr_assert(row->layout == first->layout && row->turns == first->turns);
      if (i % EACH > 0) continue;
      composed++;
      layouts[row->layout]++;
      turns[row->turns]++;
    }
  }
  // Five standard deviations of a binomial.
  const double classes_seen = (double)STEPS * CLASSES;
  cr_expect_float_eq(composed / classes_seen, 0.3, 5 * sqrt(0.3 * 0.7 / classes_seen));
  for (int i = 0; i < 3; i++)
    cr_expect_float_eq(layouts[i] / (double)composed, 1.0 / 3, 5 * sqrt(2.0 / 9 / composed), "layout %d", i);
  for (int i = 0; i < 4; i++)
    cr_expect_float_eq(turns[i] / (double)composed, 0.25, 5 * sqrt(3.0 / 16 / composed), "turns %d", i);
}

Test(composition, classes_stay_as_they_are_where_none_is_asked_for_or_there_is_no_other) {
  uint32_t classes[ROWS];
  siam_composition plan[ROWS];
  fill_classes(classes);
  siam_composition_draw(&(siam_composition_options){.percent = 0}, 1, true, classes, ROWS, plan);
  for (uint32_t i = 0; i < ROWS; i++) cr_assert_eq(plan[i].number, 0);
  for (uint32_t i = 0; i < ROWS; i++) classes[i] = 3;
  siam_composition_draw(&(siam_composition_options){.percent = 100}, 1, true, classes, ROWS, plan);
  for (uint32_t i = 0; i < ROWS; i++) cr_assert_eq(plan[i].number, 0);
}

Test(composition, every_class_is_put_together_where_all_are_asked_for_and_never_turned_unless_square) {
  uint32_t classes[ROWS];
  siam_composition plan[ROWS];
  fill_classes(classes);
  siam_composition_draw(&(siam_composition_options){.percent = 100}, 7, false, classes, ROWS, plan);
  for (uint32_t i = 0; i < ROWS; i++) {
    cr_assert_gt(plan[i].number, 0);
    cr_assert_eq(plan[i].turns, 0);
  }
}

/// A square of ink, 10 × 10, whose upper left corner is at (x, y).
static void draw_square(uint8_t *picture, int x, int y, bool light) {
  memset(picture, light ? 20 : 235, PIXELS);
  for (int row = y; row < y + 10; row++) memset(picture + row * SIDE + x, light ? 235 : 20, 10);
}

/// The middle of the ink in columns left … right and rows top … bottom, in pixels from the picture's middle.
static void find_ink(const uint8_t *picture, int left, int top, int right, int bottom, double *x, double *y) {
  double sum = 0, sum_x = 0, sum_y = 0;
  for (int row = top; row < bottom; row++)
    for (int column = left; column < right; column++) {
      const double ink = 235 - picture[row * SIDE + column];
      sum += ink;
      sum_x += ink * (column + 0.5 - SIDE / 2.0);
      sum_y += ink * (row + 0.5 - SIDE / 2.0);
    }
  cr_assert_gt(sum, 0, "no ink");
  *x = sum_x / sum;
  *y = sum_y / sum;
}

/// What becomes of a picture with a square in its middle and one of the same kind.
static void compose(uint32_t layout, uint32_t turns, uint32_t step, bool light, uint8_t *output) {
  static uint8_t bytes[2 * PIXELS], scratch[2 * PIXELS], both[2 * PIXELS];
  draw_square(bytes, 15, 15, light);
  draw_square(bytes + PIXELS, 15, 15, light);
  const siam_composition plan[2] = {{.number = 1, .other = 1, .layout = layout, .turns = turns}, {0}};
  const siam_composition_options options = {.percent = 50, .light_ink = light, .seed = 9};
  siam_composition_make(&options, step, &shape, plan, 2, bytes, scratch, both);
  cr_assert_arr_eq(both + PIXELS, bytes + PIXELS, PIXELS, "a row that is left alone stays as it is");
  memcpy(output, both, PIXELS);
}

Test(composition, both_lie_where_the_layout_puts_them) {
  uint8_t picture[PIXELS];
  // Moved by a fifth of the side, and drawn by up to a twenty-fifth beside that; half a pixel for rounding.
  const double off = SIDE / 5.0, most = SIDE / 25.0 + 0.5;
  double x = 0, y = 0;
  for (uint32_t step = 0; step < 50; step++) {
    compose(1, 0, step, false, picture);
    find_ink(picture, 0, 0, SIDE / 2, SIDE, &x, &y);
    cr_assert(fabs(x + off) < most && fabs(y) < most, "on the left: %g, %g", x, y);
    find_ink(picture, SIDE / 2, 0, SIDE, SIDE, &x, &y);
    cr_assert(fabs(x - off) < most && fabs(y) < most, "on the right: %g, %g", x, y);
    compose(2, 0, step, false, picture);
    find_ink(picture, 0, 0, SIDE, SIDE / 2, &x, &y);
    cr_assert(fabs(x) < most && fabs(y + off) < most, "above: %g, %g", x, y);
    find_ink(picture, 0, SIDE / 2, SIDE, SIDE, &x, &y);
    cr_assert(fabs(x) < most && fabs(y - off) < most, "below: %g, %g", x, y);
    compose(0, 0, step, false, picture);
    find_ink(picture, 0, 0, SIDE, SIDE, &x, &y);
    cr_assert(fabs(x) < most && fabs(y) < most, "over each other: %g, %g", x, y);
  }
}

Test(composition, light_strokes_on_a_dark_ground_are_put_together_as_well) {
  uint8_t dark[PIXELS], light[PIXELS];
  compose(1, 0, 5, false, dark);
  compose(1, 0, 5, true, light);
  for (int i = 0; i < PIXELS; i++) cr_assert_leq(abs(255 - light[i] - dark[i]), 1, "pixel %d", i);
}

Test(composition, the_other_one_is_turned_by_quarters) {
  static uint8_t bytes[2 * PIXELS], scratch[2 * PIXELS], both[2 * PIXELS];
  memset(bytes, 235, PIXELS);                 // Nothing on the first,
  draw_square(bytes + PIXELS, 25, 15, false); // a square on the right of the other.
  static const double at[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  for (uint32_t turns = 0; turns < 4; turns++) {
    const siam_composition plan[2] = {{.number = 1, .other = 1, .layout = 0, .turns = turns}, {0}};
    siam_composition_make(&(siam_composition_options){.seed = 2}, 3, &shape, plan, 2, bytes, scratch, both);
    double x = 0, y = 0;
    find_ink(both, 0, 0, SIDE, SIDE, &x, &y);
    // 10 pixels off the middle, at 9/10 of the size, within the draws.
    cr_assert(fabs(x - 9 * at[turns][0]) < 4 && fabs(y - 9 * at[turns][1]) < 4, "%u: %g, %g", turns, x, y);
  }
}

Test(affine, moving_by_whole_pixels_copies_and_repeats_the_edge) {
  uint8_t picture[PIXELS], moved[PIXELS];
  for (int i = 0; i < PIXELS; i++) picture[i] = (uint8_t)(i * 37);
  siam_affine map = {.xx = SIAM_AFFINE_ONE, .yy = SIAM_AFFINE_ONE};
  siam_affine_apply(&map, &shape, picture, moved);
  cr_expect_arr_eq(moved, picture, PIXELS);
  map.shift_x = SIAM_AFFINE_ONE / 8; // 5 pixels of 40.
  siam_affine_apply(&map, &shape, picture, moved);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      cr_assert_eq(moved[y * SIDE + x], picture[y * SIDE + (x + 5 < SIDE ? x + 5 : SIDE - 1)]);
}
