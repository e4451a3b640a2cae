#include "pipeline/views.h"

#include "device_memory.h"
#include "picture_model.h"
#include "pictures.h"
#include "pipeline/comparer.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 40, PIXELS = SIDE * SIDE, VIEWS = 22 };

static const siam_picture_shape shape = {.height = SIDE, .width = SIDE, .channels = 1};

static const siam_views *copies(void) {
  const siam_views *views = NULL;
  cr_assert_eq(siam_views_find("copies", &views), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_views_count(views), VIEWS);
  return views;
}

/// The number of the view with these words.
static uint32_t view_of(const char *shows) {
  for (uint32_t i = 1; i < VIEWS; i++)
    if (strcmp(siam_views_describe(copies(), i), shows) == 0) return i;
  cr_assert_fail("no view shows %s", shows);
  return 0;
}

/// What files of earlier versions are compared by.
static const siam_views *first_copies(void) {
  siam_model *model = siam_test_picture_model(SIDE, 0);
  const siam_views *views = NULL;
  cr_assert_eq(siam_model_set_fact(model, "views", "copies 1.4"), SIAM_OK);
  cr_assert_eq(siam_views_of_model(model, &views), SIAM_OK, "%s", siam_last_error());
  siam_model_destroy(model);
  siam_test_device_close();
  return views;
}

static void make(const uint8_t *picture, uint8_t views[VIEWS][PIXELS]) {
  cr_assert_eq(siam_views_make(copies(), &shape, picture, views[0]), SIAM_OK, "%s", siam_last_error());
}

/// A slope that rises by 5 a pixel to the right and 1 downwards.
static void draw_slope(uint8_t *picture) {
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) picture[y * SIDE + x] = (uint8_t)(5 * x + y);
}

Test(views, a_name_that_nobody_knows_is_refused_with_those_that_are_known) {
  const siam_views *views = NULL;
  cr_expect_eq(siam_views_find("everything", &views), SIAM_ERROR_UNSUPPORTED);
  cr_expect(strstr(siam_last_error(), "copies") != NULL);
  cr_expect_eq(siam_views_find(NULL, &views), SIAM_OK);
  cr_expect_eq(siam_views_count(views), 1);
}

Test(views, the_whole_comes_first_and_one_shade_stays_one_shade) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  draw_slope(picture);
  make(picture, views);
  cr_expect_arr_eq(views[0], picture, PIXELS);
  memset(picture, 77, PIXELS);
  make(picture, views);
  for (int i = 0; i < VIEWS; i++)
    for (int p = 0; p < PIXELS; p++) cr_assert_eq(views[i][p], 77, "view %d, pixel %d", i, p);
}

Test(views, a_cut_shows_its_part_at_the_size_of_the_whole) {
  static const struct {
    const char *shows;
    double left, top, width, height; // Of a side.
  } cuts[] = {{"the middle 80 %", 0.1, 0.1, 0.8, 0.8},         {"the middle 60 %", 0.2, 0.2, 0.6, 0.6},
              {"the middle 71 %", 0.15, 0.15, 0.7, 0.7},       {"the middle 90 %", 0.05, 0.05, 0.9, 0.9},
              {"the upper left 70 %", 0, 0, 0.7, 0.7},         {"the upper right 70 %", 0.3, 0, 0.7, 0.7},
              {"the lower left 70 %", 0, 0.3, 0.7, 0.7},       {"the lower right 70 %", 0.3, 0.3, 0.7, 0.7},
              {"the inside of a window", 0.05, 0.15, 0.9, 0.8}};
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  draw_slope(picture);
  make(picture, views);
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
    const uint8_t *of = views[view_of(cuts[i].shows)];
    // Away from the edge, which repeats, a slope is interpolated exactly but for rounding to whole numbers.
    for (int y = 2; y < SIDE - 2; y++)
      for (int x = 2; x < SIDE - 2; x++) {
        double from_x = (cuts[i].left + cuts[i].width * (x + 0.5) / SIDE) * SIDE - 0.5;
        double from_y = (cuts[i].top + cuts[i].height * (y + 0.5) / SIDE) * SIDE - 0.5;
        cr_assert_float_eq(of[y * SIDE + x], 5 * from_x + from_y, 1, "%s at %d, %d", cuts[i].shows, y, x);
      }
  }
}

Test(views, a_mirror_image_has_its_pixels_at_the_other_end) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  draw_slope(picture);
  make(picture, views);
  const uint8_t *mirrored = views[view_of("the mirror image")],
                *over = views[view_of("the upside-down image")];
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      cr_assert_eq(mirrored[y * SIDE + x], picture[y * SIDE + SIDE - 1 - x]);
      cr_assert_eq(over[y * SIDE + x], picture[(SIDE - 1 - y) * SIDE + x]);
    }
}

/// Holds a view to the slope turned by so many degrees to the left, of which a part of each side is left.
static void expect_turned(const uint8_t *of, double degrees, double left, const char *shows) {
  const double angle = degrees * acos(-1) / 180;
  for (int y = 10; y < SIDE - 10; y++)
    for (int x = 10; x < SIDE - 10; x++) {
      double u = left * (x - (SIDE - 1) / 2.0), v = left * (y - (SIDE - 1) / 2.0);
      double from_x = u * cos(angle) - v * sin(angle) + (SIDE - 1) / 2.0;
      double from_y = u * sin(angle) + v * cos(angle) + (SIDE - 1) / 2.0;
      // Shares are in 1/256: 6 levels of slope a pixel, and half a level of rounding.
      cr_assert_float_eq(of[y * SIDE + x], 5 * from_x + from_y, 0.5 + 6.0 / 256 + 0.01, "%s at %d, %d", shows,
                         y, x);
    }
}

Test(views, a_turned_picture_shows_each_place_turned_about_the_middle) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  draw_slope(picture);
  make(picture, views);
  for (int degrees = 5; degrees <= 15; degrees += 5) {
    const double angle = degrees * acos(-1) / 180, inside = 1 / (cos(angle) + sin(angle));
    char shows[80];
    snprintf(shows, sizeof shows, "the middle 80 %% turned by %d degrees to the left", degrees);
    expect_turned(views[view_of(shows)], degrees, 0.8, shows);
    snprintf(shows, sizeof shows, "the turn by %d degrees to the left without corners", degrees);
    expect_turned(views[view_of(shows)], degrees, inside, shows);
    snprintf(shows, sizeof shows, "the turn by %d degrees to the right without corners", degrees);
    expect_turned(views[view_of(shows)], -degrees, inside, shows);
  }
}

Test(views, an_outline_lies_where_its_view_was_taken_from) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  draw_slope(picture);
  make(picture, views);
  for (uint32_t i = 0; i < VIEWS; i++) {
    siam_point at[4];
    siam_views_outline(copies(), i, &shape, at);
    for (int y = 6; y < SIDE - 6; y++)
      for (int x = 6; x < SIDE - 6; x++) {
        const double across = (x + 0.5) / SIDE, down = (y + 0.5) / SIDE;
        double from_x = at[0].x + across * (at[1].x - at[0].x) + down * (at[3].x - at[0].x) - 0.5;
        double from_y = at[0].y + across * (at[1].y - at[0].y) + down * (at[3].y - at[0].y) - 0.5;
        if (from_x < 1 || from_y < 1 || from_x > SIDE - 2 || from_y > SIDE - 2) continue;
        cr_assert_float_eq(views[i][y * SIDE + x], 5 * from_x + from_y, 1, "view %u at %d, %d", i, y, x);
      }
  }
}

Test(views, the_first_copies_are_turned_by_11_degrees_with_their_corners) {
  enum { FIRST_VIEWS = 13 };
  uint8_t picture[PIXELS], views[FIRST_VIEWS][PIXELS];
  const siam_views *first = first_copies();
  draw_slope(picture);
  cr_assert_eq(siam_views_count(first), FIRST_VIEWS);
  cr_assert_eq(siam_views_make(first, &shape, picture, views[0]), SIAM_OK, "%s", siam_last_error());
  for (uint32_t i = 1; i < FIRST_VIEWS; i++) {
    const char *shows = siam_views_describe(first, i);
    cr_expect_eq(siam_views_against(first, i), 0);
    if (strncmp(shows, "the turn to the ", 16) == 0)
      expect_turned(views[i], strcmp(shows + 16, "left") == 0 ? 11 : -11, 1, shows);
    else
      cr_expect_str_eq(shows, siam_views_describe(copies(), i));
  }
}

Test(views, a_small_copy_has_the_means_of_four_by_four_pixels_and_no_details) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  draw_slope(picture);
  make(picture, views);
  const uint8_t *of = views[view_of("the small copy")];
  // A slope is left as it is away from the edges, up to rounding twice.
  for (int y = 8; y < SIDE - 8; y++)
    for (int x = 8; x < SIDE - 8; x++)
      cr_assert_float_eq(of[y * SIDE + x], picture[y * SIDE + x], 1.01, "at %d, %d", y, x);
  for (int i = 0; i < PIXELS; i++)
    picture[i] = i % SIDE < SIDE / 2 && (i % SIDE + i / SIDE) % 2 == 0 ? 0 : 200;
  make(picture, views);
  for (int y = 8; y < SIDE - 8; y++) {
    cr_assert_float_eq(of[y * SIDE + 8], 100, 15, "a chequerboard at %d", y);
    cr_assert_float_eq(of[y * SIDE + SIDE - 8], 200, 1, "beside it at %d", y);
  }
}

Test(views, turned_middles_and_small_copies_are_compared_with_their_like_and_all_else_with_the_whole) {
  const uint32_t middle = view_of("the middle 80 %"), small = view_of("the small copy");
  for (uint32_t i = 0; i < VIEWS; i++) {
    const char *shows = siam_views_describe(copies(), i);
    const bool turned_middle = shows != NULL && strncmp(shows, "the middle 80 % turned", 22) == 0;
    cr_expect_eq(siam_views_against(copies(), i), turned_middle ? middle : i == small ? small : 0);
  }
  cr_expect_eq(siam_views_against(NULL, 0), 0);
}

Test(views, the_nearest_view_is_found_in_both_directions) {
  float a[VIEWS * 3] = {0}, b[VIEWS * 3] = {0};
  for (int i = 0; i < VIEWS; i++) {
    a[3 * i] = (float)(10 + i);
    b[3 * i] = (float)(-10 - i);
  }
  a[3 * 4 + 1] = 2, a[3 * 4] = -10; // The fourth part of a is 2 away from b as a whole.
  const double factor = siam_views_part_factor(copies());
  siam_views_match match = siam_views_compare(copies(), a, b, 3);
  cr_expect(fabs(match.distance - 2 * factor) < 1e-12 && match.a == 4 && match.b == 0);
  match = siam_views_compare(copies(), b, a, 3);
  cr_expect(fabs(match.distance - 2 * factor) < 1e-12 && match.a == 0 && match.b == 4);
  match = siam_views_compare(copies(), a, a, 3);
  cr_expect(match.distance == 0 && match.a == 0 && match.b == 0);
  // Without views only the wholes count.
  match = siam_views_compare(NULL, a, b, 3);
  cr_expect(match.distance == 20 && match.a == 0 && match.b == 0);
  cr_expect_eq(siam_views_part_factor(NULL), 1);
}

Test(views, of_two_matches_that_are_equal_both_are_told_of) {
  float a[VIEWS], b[VIEWS];
  for (int i = 0; i < VIEWS; i++) a[i] = b[i] = (float)(100 + 50 * i);
  a[0] = 1, b[0] = 10, a[view_of("the small copy")] = 1e6F;
  a[4] = 10.5F, b[4] = 0.5F; // The fourth part of either is as near to the other's whole.
  const siam_views_match there = siam_views_compare(copies(), a, b, 1);
  cr_expect(there.a == 4 && there.b == 0 && there.either);
  b[4] = 0.25F;
  cr_expect_not(siam_views_compare(copies(), a, b, 1).either);
}

Test(views, of_a_frame_without_content_the_whole_stands_in_for_the_middle) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  memset(picture, 255, PIXELS);
  for (int i = 14; i < 26; i++) picture[i] = picture[i * SIDE] = (uint8_t)(6 * i);
  make(picture, views);
  for (uint32_t i = 0; i < VIEWS; i++) {
    const char *shows = siam_views_describe(copies(), i);
    const bool turned = shows != NULL && strncmp(shows, "the middle 80 % turned", 22) == 0;
    cr_expect_eq(i == 0 || turned, memcmp(views[i], picture, PIXELS) == 0, "view %u", i);
  }
}

Test(views, a_turned_middle_is_found_in_both_directions) {
  const uint32_t middle = view_of("the middle 80 %"),
                 turned = view_of("the middle 80 % turned by 10 degrees to the left");
  float a[VIEWS], b[VIEWS];
  for (int i = 0; i < VIEWS; i++) {
    a[i] = (float)(100 + 50 * i);
    b[i] = (float)(-100 - 50 * i);
  }
  a[turned] = b[middle] + 3;
  const double distance = 3 * siam_views_part_factor(copies());
  siam_views_match match = siam_views_compare(copies(), a, b, 1);
  cr_expect(fabs(match.distance - distance) < 1e-12 && match.a == turned && match.b == middle);
  match = siam_views_compare(copies(), b, a, 1);
  cr_expect(fabs(match.distance - distance) < 1e-12 && match.a == middle && match.b == turned);
}

Test(views, the_bound_of_short_embeddings_looks_at_no_numbers_of_the_next_row) {
  float a[VIEWS * 3] = {0}, b[VIEWS * 3] = {0};
  for (int i = 1; i < VIEWS; i++) {
    a[3 * i] = (float)(1000 * i);
    b[3 * i] = (float)(-1000 * i);
  }
  cr_expect(siam_views_may_be_near(copies(), a, b, 3, 1e-9));
  cr_expect(siam_views_may_be_near(NULL, a, b, 3, 0));
  cr_expect_not(siam_views_may_be_near(NULL, a, b + 3, 3, 1000));
}

enum { LONG = 20 }; // More numbers than the bound looks at.

static bool may_be_near(const float *a, const float *b, double distance) {
  return siam_views_may_be_near(copies(), a, b, LONG, distance * distance);
}

Test(views, the_bound_keeps_every_pair_that_is_near_in_whichever_view_and_leaves_out_far_ones) {
  const double factor = siam_views_part_factor(copies());
  for (uint32_t view = 0; view < VIEWS; view++) {
    const uint32_t against = siam_views_against(copies(), view);
    float a[VIEWS * LONG] = {0}, b[VIEWS * LONG] = {0};
    for (int i = 0; i < VIEWS; i++) {
      a[LONG * i] = (float)(100 + 50 * i);
      b[LONG * i] = (float)(-100 - 50 * i);
    }
    a[LONG * view] = b[LONG * against] + 3;
    const double distance = view == 0 ? 3 : 3 * factor;
    cr_expect(may_be_near(a, b, distance + 1e-6) && may_be_near(b, a, distance + 1e-6), "view %u", view);
    cr_expect(!may_be_near(a, b, distance - 1e-6) && !may_be_near(b, a, distance - 1e-6), "view %u", view);
    // Sixteen numbers are looked at: a difference in the last of them counts, one behind it does not.
    a[LONG * view + 15] = 1000;
    cr_expect(!may_be_near(a, b, distance + 1e-6), "view %u", view);
    a[LONG * view + 15] = 0, a[LONG * view + 16] = 1000;
    cr_expect(may_be_near(a, b, distance + 1e-6), "view %u", view);
  }
}

/// Two pictures in one dimension: the wholes so far apart, and the second part of the first 2 from the
/// other's whole.
static siam_views_match compare_whole_and_part(float apart) {
  float a[VIEWS], b[VIEWS];
  for (int i = 0; i < VIEWS; i++) a[i] = b[i] = (float)(100 + 200 * i);
  a[0] = 0, b[0] = apart, a[2] = apart + 2, a[view_of("the small copy")] = 1e6F;
  return siam_views_compare(copies(), a, b, 1);
}

Test(views, a_part_has_to_be_nearer_than_the_whole_by_its_factor) {
  cr_assert_gt(siam_views_part_factor(copies()), 1.1);
  siam_views_match match = compare_whole_and_part(2.2F);
  cr_expect(match.distance == 2.2F && match.a == 0 && match.b == 0, "%g", match.distance);
  match = compare_whole_and_part(3);
  cr_expect(fabs(match.distance - 2 * siam_views_part_factor(copies())) < 1e-12 && match.a == 2 &&
            match.b == 0);
}

/// A model that looks at copies, and whose embedding is the picture itself.
static siam_model *make_model(void) {
  siam_model *model = siam_test_picture_model(SIDE, 0);
  cr_assert_eq(siam_views_keep(copies(), model), SIAM_OK);
  return model;
}

Test(views, a_model_that_looks_at_copies_knows_a_mirror_image_and_says_so) {
  uint8_t picture[PIXELS], views[VIEWS][PIXELS];
  char *folder = siam_scratch_create();
  const char *a = siam_scratch_path(folder, "a.pgm"), *b = siam_scratch_path(folder, "b.pgm"),
             *file = siam_scratch_path(folder, "model.siamese");
  draw_slope(picture);
  make(picture, views);
  siam_test_write_pnm(a, SIDE, SIDE, 1, picture);
  siam_test_write_pnm(b, SIDE, SIDE, 1, views[view_of("the mirror image")]);
  siam_model *made = make_model(), *model = NULL;
  cr_assert_eq(siam_model_save(made, file), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_load(siam_test_device(), file, &model), SIAM_OK, "%s", siam_last_error());
  siam_comparer *comparer = NULL;
  siam_comparison there, back;
  const siam_compare_options options = {.threshold = &(double){0.5}};
  cr_assert_eq(siam_comparer_create(model, &options, &comparer), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare(comparer, a, b, &there), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare(comparer, b, a, &back), SIAM_OK, "%s", siam_last_error());
  // The mirror image of a mirror image is the picture: no difference at all, either way.
  cr_expect_eq(there.distance, 0);
  cr_expect_eq(back.distance, 0);
  cr_expect(there.same && back.same);
  cr_expect(there.shown[0] != NULL && there.shown[1] == NULL, "one of the two is taken as it is");
  cr_expect_str_eq(there.shown[0], "the mirror image");
  // The embedding of a picture stays that of the whole.
  float embedding[PIXELS];
  cr_assert_eq(siam_comparer_embed(comparer, a, embedding), SIAM_OK);
  for (int i = 0; i < PIXELS; i++) cr_assert_float_eq(embedding[i], picture[i] / 255.0, 4 * FLT_EPSILON);
  siam_comparer_destroy(comparer);
  siam_model_destroy(model);
  siam_model_destroy(made);
  siam_test_device_close();
  siam_scratch_remove(folder);
}

static const siam_views *average(void) {
  const siam_views *views = NULL;
  cr_assert_eq(siam_views_find("average", &views), SIAM_OK, "%s", siam_last_error());
  return views;
}

Test(views, averaged_views_leave_one_row_their_mean_brought_to_length_one_where_embeddings_have_it) {
  enum { LOOKS = 9, DIMENSIONS = 3 };
  float embeddings[LOOKS * DIMENSIONS] = {0}, mean[DIMENSIONS];
  cr_assert_eq(siam_views_count(average()), LOOKS);
  cr_assert_eq(siam_views_rows(average()), 1);
  for (int i = 0; i < LOOKS; i++) embeddings[i * DIMENSIONS + i % 2] = 1; // Five along x and four along y.
  siam_views_average(average(), false, embeddings, DIMENSIONS, mean);
  cr_expect(mean[0] == 5.0F / 9 && mean[1] == 4.0F / 9 && mean[2] == 0);
  siam_views_average(average(), true, embeddings, DIMENSIONS, mean);
  cr_expect_float_eq(mean[0], 5 / sqrt(41), FLT_EPSILON);
  cr_expect_float_eq(mean[1], 4 / sqrt(41), FLT_EPSILON);
  // Only one row is read, whatever lies behind it.
  siam_views_match match = siam_views_compare(average(), mean, mean, DIMENSIONS);
  cr_expect(match.distance == 0 && match.a == 0 && match.b == 0);
  cr_expect_eq(siam_views_part_factor(average()), 1);
}

Test(views, averaged_looks_show_the_picture_moved_by_a_twentieth_each_way) {
  uint8_t picture[PIXELS], views[9][PIXELS];
  draw_slope(picture);
  cr_assert_eq(siam_views_make(average(), &shape, picture, views[0]), SIAM_OK);
  cr_expect_arr_eq(views[0], picture, PIXELS);
  int seen[3][3] = {{0}};
  for (uint32_t i = 0; i < 9; i++) {
    // A twentieth of 40 is 2 pixels: 10 levels of the slope to the right, 2 downwards.
    const int step = views[i][20 * SIDE + 20] - picture[20 * SIDE + 20];
    const int x = step < -5 ? -1 : step > 5 ? 1 : 0, y = (step - 10 * x) / 2;
    cr_assert(step == 10 * x + 2 * y && abs(y) <= 1, "look %u: %d", i, step);
    seen[y + 1][x + 1]++;
  }
  for (int y = 0; y < 3; y++)
    for (int x = 0; x < 3; x++) cr_expect_eq(seen[y][x], 1);
}

Test(views, a_model_that_averages_compares_and_embeds_by_the_mean) {
  uint8_t picture[PIXELS], views[9][PIXELS];
  char *folder = siam_scratch_create();
  const char *a = siam_scratch_path(folder, "a.pgm"), *b = siam_scratch_path(folder, "b.pgm");
  draw_slope(picture);
  cr_assert_eq(siam_views_make(average(), &shape, picture, views[0]), SIAM_OK);
  siam_test_write_pnm(a, SIDE, SIDE, 1, picture);
  siam_test_write_pnm(b, SIDE, SIDE, 1, views[1]);
  siam_model *model = siam_test_picture_model(SIDE, 0);
  cr_assert_eq(siam_views_keep(average(), model), SIAM_OK);
  siam_comparer *comparer = NULL;
  siam_comparison there, back, itself;
  const siam_compare_options options = {.threshold = &(double){0.5}};
  cr_assert_eq(siam_comparer_create(model, &options, &comparer), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare(comparer, a, b, &there), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare(comparer, b, a, &back), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare(comparer, a, a, &itself), SIAM_OK, "%s", siam_last_error());
  cr_expect(there.distance > 0 && there.distance == back.distance && itself.distance == 0);
  cr_expect(there.shown[0] == NULL && there.shown[1] == NULL, "a mean shows no part");
  float embedding[PIXELS];
  cr_assert_eq(siam_comparer_embed(comparer, a, embedding), SIAM_OK);
  for (int p = 0; p < PIXELS; p++) {
    double mean = 0;
    for (int i = 0; i < 9; i++) mean += views[i][p] / 255.0 / 9;
    cr_assert_float_eq(embedding[p], mean, 4 * FLT_EPSILON, "pixel %d", p);
  }
  siam_comparer_destroy(comparer);
  siam_model_destroy(model);
  siam_test_device_close();
  siam_scratch_remove(folder);
}

Test(views, files_keep_what_their_views_meant) {
  siam_model *model = make_model();
  const siam_views *views = NULL;
  cr_expect_str_eq(siam_model_get_fact(model, "views"), "copies 22");
  cr_assert_eq(siam_views_of_model(model, &views), SIAM_OK);
  cr_expect_eq(views, copies());
  // Thresholds of these files were fitted when there were fewer views, and before that parts counted as
  // wholes do.
  cr_assert_eq(siam_model_set_fact(model, "views", "copies 1.4"), SIAM_OK);
  cr_assert_eq(siam_views_of_model(model, &views), SIAM_OK);
  cr_expect_eq(siam_views_part_factor(views), 1.4);
  cr_expect_eq(siam_views_count(views), 13);
  cr_assert_eq(siam_model_set_fact(model, "views", "copies"), SIAM_OK);
  cr_assert_eq(siam_views_of_model(model, &views), SIAM_OK);
  cr_expect_eq(siam_views_part_factor(views), 1);
  cr_expect_eq(siam_views_count(views), 13);
  siam_model_destroy(model);
  siam_test_device_close();
}

Test(views, a_model_with_views_of_a_newer_version_is_refused_by_name) {
  siam_model *model = make_model();
  siam_comparer *comparer = NULL;
  const siam_compare_options options = {.threshold = &(double){0.5}};
  cr_assert_eq(siam_model_set_fact(model, "views", "films"), SIAM_OK);
  cr_expect_eq(siam_comparer_create(model, &options, &comparer), SIAM_ERROR_UNSUPPORTED);
  cr_expect(strstr(siam_last_error(), "films") != NULL, "%s", siam_last_error());
  siam_model_destroy(model);
  siam_test_device_close();
}
