#include "cli.h"
#include "compare_keys.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "data/group0/class00/00.pgm"

static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_default, .init = begin, .fini = siam_cli_end, .timeout = 300);

static const char *text(const json_t *object, const char *key) {
  cr_assert(json_is_string(json_object_get(object, key)), "%s", key);
  return json_string_value(json_object_get(object, key));
}

static void draw(const char *name, const siam_test_landscape *landscape) {
  siam_test_write_landscape(siam_cli_path(name), landscape);
}

Test(cli_default, a_copy_that_a_view_shows_has_nothing_against_it) {
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("mirrored.ppm", &(siam_test_landscape){.mirrored = true});
  json_t *object = siam_cli_json(0, "siamese-compare --explain why.PNG hills.ppm mirrored.ppm",
                                 PAIR_KEYS " explanation most_for most_against");
  cr_expect_eq(siam_cli_number(object, "distance"), 0);
  for (size_t i = 0; i < 2; i++) {
    const json_t *against = json_array_get(json_object_get(object, "most_against"), i);
    cr_expect_geq(siam_cli_number(against, "change"), 0);
    cr_expect_gt(siam_cli_number(json_array_get(json_object_get(object, "most_for"), i), "change"), 0);
    cr_expect_lt(siam_cli_number(against, "x"), 200);
  }
  json_decref(object);
}

Test(cli_default, an_edited_picture_is_the_same_and_another_is_not) {
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("edited.ppm", &(siam_test_landscape){.side = 120, .percent = 70});
  draw("others.ppm", &(siam_test_landscape){.kind = 1});
  json_t *object = siam_cli_json(0, "siamese-compare hills.ppm edited.ppm", PAIR_KEYS);
  cr_expect_str_eq(text(object, "model"), "default");
  cr_expect_str_eq(text(object, "operating_point"), "far 0.0005");
  json_decref(object);
  json_decref(siam_cli_json(1, "siamese-compare hills.ppm others.ppm", PAIR_KEYS));
  char *nearest = siam_cli_out(0, "siamese-compare hills.ppm . --nearest 1");
  cr_expect_not_null(strstr(nearest, "edited.ppm"), "%s", nearest);
  free(nearest);
}

Test(cli_default, a_mirror_image_is_the_same_and_called_so) {
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("mirrored.ppm", &(siam_test_landscape){.mirrored = true});
  char *out = siam_cli_out(0, "siamese-compare hills.ppm mirrored.ppm");
  cr_expect_not_null(strstr(out, "mirrored.ppm to the mirror image of hills.ppm"), "%s", out);
  free(out);
  json_t *object = siam_cli_json(0, "siamese-compare mirrored.ppm hills.ppm", PAIR_KEYS);
  cr_expect_str_eq(text(object, "shown_of_a"), "the mirror image");
  cr_expect(json_is_null(json_object_get(object, "shown_of_b")));
  json_decref(object);
}

Test(cli_default, a_turned_picture_is_the_same_and_both_middles_are_named) {
#define TURNED "the middle 80 % turned by 10 degrees to the left"
#define MIDDLE "the middle 80 %"
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("turned.ppm", &(siam_test_landscape){.degrees = 10});
  json_t *object = siam_cli_json(0, "siamese-compare hills.ppm turned.ppm", PAIR_KEYS);
  cr_expect_str_eq(text(object, "shown_of_a"), TURNED);
  cr_expect_str_eq(text(object, "shown_of_b"), MIDDLE);
  json_decref(object);
  char *out = siam_cli_out(0, "siamese-compare hills.ppm turned.ppm");
  cr_expect_not_null(strstr(out, "nearest     " TURNED " of hills.ppm to " MIDDLE " of turned.ppm\n"), "%s",
                     out);
  free(out);
  draw("others.ppm", &(siam_test_landscape){.kind = 1});
  out = siam_cli_out(1, "siamese-compare hills.ppm turned.ppm others.ppm");
  cr_expect_not_null(strstr(out, TURNED " of a, " MIDDLE " of b"), "%s", out);
  free(out);
}

/// A white page with a mark near one end of its upper edge.
static void draw_edge(const char *name, uint32_t left, uint32_t width) {
  enum { SIDE = 200 };
  uint8_t pixels[SIDE * SIDE];
  memset(pixels, 255, sizeof pixels);
  for (uint32_t y = 2; y < 9; y++) memset(pixels + y * SIDE + left, 0, width);
  siam_test_write_pnm(siam_cli_path(name), SIDE, SIDE, 1, pixels);
}

Test(cli_default, two_pages_whose_middles_show_nothing_are_not_the_same_for_that) {
  draw_edge("left.pgm", 5, 30);
  draw_edge("right.pgm", 100, 90);
  json_decref(siam_cli_json(1, "siamese-compare left.pgm right.pgm", PAIR_KEYS));
}

Test(cli_default, blank_pictures_are_called_so) {
  draw("hills.ppm", &(siam_test_landscape){0});
  siam_test_write_flat(siam_cli_path("white.pgm"), 50, 255);
  siam_test_write_flat(siam_cli_path("grey.pgm"), 70, 90);
  char *said = siam_cli_out(2, "siamese-compare white.pgm hills.ppm");
  cr_expect_str_eq(said,
                   "verdict     none: white.pgm is one colour all over, so there is nothing to compare\n");
  free(said);
  said = siam_cli_out(2, "siamese-compare white.pgm grey.pgm");
  cr_expect_not_null(
      strstr(said, "white.pgm is one colour all over, and grey.pgm is one colour all over, so "), "%s", said);
  free(said);
  json_t *object = siam_cli_json(2, "siamese-compare white.pgm white.pgm", PAIR_KEYS);
  cr_expect(json_is_true(json_object_get(object, "blank")));
  cr_expect(json_is_false(json_object_get(object, "same")));
  cr_expect(json_is_null(json_object_get(object, "distance")));
  cr_expect_str_eq(text(object, "blank_a"), "is one colour all over");
  json_decref(object);
  siam_cli_expect_refusals((siam_cli_refusal[]){{"siamese-compare --explain e.png hills.ppm grey.pgm",
                                                 {"grey.pgm", "one colour", "nothing to explain"}},
                                                {NULL, {0}}});
  // A model of one's own compares whatever it is given.
  free(siam_cli_out(0, "siamese-compare -m m.siamese white.pgm white.pgm"));
}

/// Two colours side by side, or a square of the second in a corner where `mark` is not 0.
static void draw_two_colours(const char *name, uint32_t side, uint32_t mark, const uint8_t *first,
                             const uint8_t *second) {
  uint8_t *pixels = malloc((size_t)side * side * 3);
  for (uint32_t y = 0; y < side; y++)
    for (uint32_t x = 0; x < side; x++) {
      bool other = mark > 0 ? x < mark && y < mark : x < side / 2;
      memcpy(pixels + ((size_t)y * side + x) * 3, other ? second : first, 3);
    }
  siam_test_write_pnm(siam_cli_path(name), side, side, 3, pixels);
  free(pixels);
}

Test(cli_default, what_is_said_of_nearly_blank_pictures_is_true) {
  // Red and green of one brightness: 0.299 · 255 = 76.2 and 0.587 · 130 = 76.3.
  draw_two_colours("half.ppm", 100, 0, (const uint8_t[]){255, 0, 0}, (const uint8_t[]){0, 130, 0});
  // Nine black pixels of 160,000: even unblurred they deviate by 255 · √(9 / 160,000) = 1.9.
  draw_two_colours("dot.ppm", 400, 3, (const uint8_t[]){255, 255, 255}, (const uint8_t[]){0, 0, 0});
  draw("hills.ppm", &(siam_test_landscape){0});
  char *said = siam_cli_out(2, "siamese-compare half.ppm hills.ppm");
  cr_expect_str_eq(said, "verdict     none: half.ppm shows next to nothing without its colours, which its "
                         "network does not see, so there is nothing to compare\n");
  free(said);
  json_t *object = siam_cli_json(2, "siamese-compare hills.ppm dot.ppm", PAIR_KEYS);
  cr_expect(json_is_null(json_object_get(object, "blank_a")));
  cr_expect_str_eq(text(object, "blank_b"), "shows next to nothing beside one colour");
  json_decref(object);
}

Test(cli_default, a_table_with_a_blank_picture_is_no_verdict) {
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("edited.ppm", &(siam_test_landscape){.side = 120, .percent = 70});
  draw("others.ppm", &(siam_test_landscape){.kind = 1});
  siam_test_write_flat(siam_cli_path("white.pgm"), 50, 255);
  free(siam_cli_out(1, "siamese-compare hills.ppm edited.ppm others.ppm"));
  // Whatever the other pairs are.
  free(siam_cli_out(2, "siamese-compare hills.ppm white.pgm others.ppm"));
  char *said = siam_cli_out(2, "siamese-compare white.pgm hills.ppm edited.ppm");
  cr_expect_not_null(strstr(said, "\nwhite.pgm is one colour all over, so there is nothing to compare\n"),
                     "%s", said);
  cr_expect_null(strstr(said, "hills.ppm is one"), "%s", said);
  free(said);
}

Test(cli_default, blank_files_take_no_place_among_the_nearest) {
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("in/others.ppm", &(siam_test_landscape){.kind = 1});
  draw("in/mirrored.ppm", &(siam_test_landscape){.mirrored = true});
  siam_test_write_flat(siam_cli_path("in/a.pgm"), 50, 255);
  siam_test_write_flat(siam_cli_path("in/b.pgm"), 50, 0);
  json_t *found = siam_cli_json(0, "siamese-compare hills.ppm in --nearest 2", NEAREST_KEYS);
  const json_t *list = json_object_get(found, "nearest");
  cr_expect_eq(siam_cli_integer(found, "files"), 2);
  cr_expect_eq(siam_cli_integer(found, "blank_files"), 2);
  cr_assert_eq(json_array_size(list), 2);
  cr_expect_str_eq(text(json_array_get(list, 0), "file"), "in/mirrored.ppm");
  cr_expect_str_eq(text(json_array_get(list, 1), "file"), "in/others.ppm");
  json_decref(found);
  char *said = siam_cli_out(0, "siamese-compare hills.ppm in");
  cr_expect_not_null(strstr(said, "\n1 of 2 files is the same; 2 that show too little left out\n"), "%s",
                     said);
  free(said);
  // Of a blank picture nothing is near, and with blank files alone nothing was compared.
  siam_test_write_flat(siam_cli_path("blank/a.pgm"), 50, 255);
  siam_cli_expect_refusals(
      (siam_cli_refusal[]){{"siamese-compare in/a.pgm in",
                            {"in/a.pgm: is one colour all over", "nothing to look for", "another picture"}},
                           {NULL, {0}}});
  siam_command_result result = siam_cli_run(NULL, "siamese-compare hills.ppm blank");
  cr_expect_eq(result.code, 2);
  cr_expect_str_eq(result.out, "0 of 0 files are the same; 1 that shows too little left out\n");
  cr_expect_not_null(strstr(result.err, "blank: holds no picture to compare hills.ppm with"), "%s",
                     result.err);
  siam_command_release(&result);
}

Test(cli_default, tables_say_which_part_was_nearest_where_one_was) {
  draw("hills.ppm", &(siam_test_landscape){0});
  draw("in/mirrored.ppm", &(siam_test_landscape){.mirrored = true});
  draw("in/others.ppm", &(siam_test_landscape){.kind = 1});
  char *said = siam_cli_out(0, "siamese-compare hills.ppm in");
  cr_expect_not_null(strstr(said, "verdict    nearest part\n"), "%s", said);
  cr_expect_not_null(strstr(said, " same       the mirror image of A\n"), "%s", said);
  free(said);
  said = siam_cli_out(1, "siamese-compare hills.ppm in/mirrored.ppm in/others.ppm");
  cr_expect_not_null(strstr(said, " same       the mirror image of a\n"), "%s", said);
  free(said);
  // Nothing to say, no column.
  said = siam_cli_out(1, "siamese-compare in/others.ppm . --nearest 1");
  cr_expect_null(strstr(said, "nearest part"), "%s", said);
  free(said);
}

Test(cli_default, one_file_is_spoken_of_as_one) {
  draw("one/hills.ppm", &(siam_test_landscape){0});
  siam_test_write(siam_cli_path("one/broken.pgm"), "P5 9 9 255\n", 11);
  draw("hills.ppm", &(siam_test_landscape){.side = 120});
  char *said = siam_cli_out(0, "siamese-compare hills.ppm one");
  cr_expect_not_null(strstr(said, "\n1 of 1 file is the same; 1 broken one left out\n"), "%s", said);
  free(said);
}

Test(cli_default, the_default_model_has_a_name_that_a_file_may_take) {
  json_t *object = siam_cli_json(0, "siamese-compare -m default " A " " A, PAIR_KEYS);
  cr_expect_str_eq(text(object, "model"), "default");
  cr_expect_str_eq(text(object, "operating_point"), "far 0.0005");
  json_decref(object);
  cr_assert_eq(rename(siam_cli_path("m.siamese"), siam_cli_path("default")), 0);
  object = siam_cli_json(0, "siamese-compare -m default " A " " A, PAIR_KEYS);
  cr_expect_str_eq(text(object, "operating_point"), "best accuracy");
  json_decref(object);
}
