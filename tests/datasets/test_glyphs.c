#include "command.h"
#include "data/picture.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(glyphs, .init = begin, .fini = end);

static void draw(const char *output, const char *seed, const char *images) {
  siam_command_result result =
      SIAM_RUN(NULL, "siamese-glyphs", "-o", output, "--seed", seed, "--images", images);
  cr_assert_eq(result.code, 0, "%s", result.err);
  cr_assert_str_eq(result.err, "");
  siam_command_release(&result);
}

/// Black on white: ink in the picture, paper at its border.
static bool is_sound(const siam_picture *picture) {
  if (picture->width != 64 || picture->height != 64 || !picture->was_grey || picture->had_alpha) return false;
  int black = 0;
  for (int y = 0; y < 64; y++) {
    for (int x = 0; x < 64; x++) {
      uint8_t shade = picture->pixels[(uint32_t)(y * 64 + x) * picture->channels];
      if ((x == 0 || y == 0 || x == 63 || y == 63) && shade != 255) return false;
      if (shade < 128) black++;
    }
  }
  return black > 30 && black < 64 * 64 / 2;
}

/// What a walk over the drawn pictures finds.
static struct { int classes, pictures_in_class, fewest, most, unsound; } found;

static int visit(const char *path, const struct stat *information, int kind, struct FTW *place) {
  (void)information;
  if (kind == FTW_F) {
    siam_picture picture = {0};
    bool sound = siam_picture_load(path, NULL, &picture) == SIAM_OK && is_sound(&picture);
    if (!sound && found.unsound++ == 0) fprintf(stderr, "%s is not sound\n", path);
    siam_picture_clear(&picture);
    found.pictures_in_class++;
  } else if (kind == FTW_DP && place->level == 3) {
    if (found.classes == 0 || found.pictures_in_class < found.fewest) found.fewest = found.pictures_in_class;
    if (found.pictures_in_class > found.most) found.most = found.pictures_in_class;
    found.classes++;
    found.pictures_in_class = 0;
  }
  return 0;
}

static bool exists(const char *name) {
  return access(siam_scratch_path(folder, name), F_OK) == 0;
}

Test(glyphs, are_300_characters_of_whole_scripts_with_20_sound_pictures_each) {
  draw(siam_scratch_path(folder, "glyphs"), "1", "20");
  cr_assert_eq(nftw(siam_scratch_path(folder, "glyphs"), visit, 16, FTW_DEPTH | FTW_PHYS), 0);
  cr_expect_geq(found.classes, 300);
  cr_expect_eq(found.fewest, 20);
  cr_expect_eq(found.most, 20);
  cr_expect_eq(found.unsound, 0);
  static const char *const scripts[] = {"train/Latin",      "train/Greek", "train/Cyrillic",
                                        "train/Georgian",   "train/Thai",  "validation/Armenian",
                                        "validation/Hebrew"};
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    char name[64];
    snprintf(name, sizeof name, "glyphs/%s", scripts[i]);
    cr_expect(exists(name), "%s", name);
  }
  // Greek Alpha and Cyrillic A look like Latin A, which comes first.
  cr_expect(exists("glyphs/train/Latin/U+0041"));
  cr_expect_not(exists("glyphs/train/Greek/U+0391"));
  cr_expect_not(exists("glyphs/train/Cyrillic/U+0410"));
}

static int compare(const char *a, const char *b) {
  siam_command_result result = SIAM_RUN(NULL, "/usr/bin/diff", "-qr", a, b);
  int code = result.code;
  siam_command_release(&result);
  return code;
}

Test(glyphs, repeat_with_the_seed_and_change_with_another) {
  const char *first = siam_scratch_path(folder, "first");
  const char *again = siam_scratch_path(folder, "again");
  const char *other = siam_scratch_path(folder, "other");
  draw(first, "7", "3");
  draw(again, "7", "3");
  draw(other, "8", "3");
  cr_expect_eq(compare(first, again), 0);
  cr_expect_eq(compare(first, other), 1);
}

Test(glyphs, refuses_what_cannot_be_with_the_reason) {
  const char *empty = siam_scratch_path(folder, "");
  siam_command_result result = SIAM_RUN(NULL, "siamese-glyphs");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "--output"));
  siam_command_release(&result);

  result = SIAM_RUN(NULL, "siamese-glyphs", "-o", "/");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "not empty"));
  siam_command_release(&result);

  result = SIAM_RUN(NULL, "siamese-glyphs", "-o", siam_scratch_path(folder, "out"), "--fonts", empty);
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, ".ttf"));
  siam_command_release(&result);

  result = SIAM_RUN(NULL, "siamese-glyphs", "-o", siam_scratch_path(folder, "out"), "--images", "1000");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "--images"));
  siam_command_release(&result);
}

Test(glyphs, pass_over_a_file_that_is_no_font_by_name) {
  const char *path = siam_scratch_path(folder, "broken.ttf");
  FILE *file = fopen(path, "wb");
  fputs("this has the name of a font and nothing else of one", file);
  fclose(file);
  const char *output = siam_scratch_path(folder, "out");
  siam_command_result result = SIAM_RUN(NULL, "siamese-glyphs", "-o", output, "--fonts", folder);
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "broken.ttf"));
  siam_command_release(&result);
}
