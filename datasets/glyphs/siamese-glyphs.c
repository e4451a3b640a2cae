/// siamese-glyphs: draws the letters of many fonts into class folders, as demonstration data that need no
/// download.
///
/// A class is a character, its pictures are fonts:
///   OUT/train/Latin/U+0041/DejaVuSans-Bold.png … and OUT/validation/Armenian/…
/// Whole scripts are held back for validation. Everything depends on the fonts and the seed alone.
///
/// Source: fonts in Debian's packages, which are free software: culmus (GPL-2, part with font exception),
/// fonts-bpg-georgian (GPL-2, one Bitstream Vera licence), fonts-comfortaa (OFL-1.1), fonts-dejavu-core and
/// -extra (Bitstream Vera licence), fonts-freefont-ttf (GPL-3+ with font exception), fonts-gfs-artemisia,
/// -didot and -neohellenic (OFL-1.1), fonts-hack (MIT and Bitstream Vera licence), fonts-jura (OFL-1.1),
/// fonts-liberation2 (OFL-1.1), fonts-linuxlibertine (GPL-2+ with font exception, or OFL-1.1),
/// fonts-oldstandard (OFL-1.0), fonts-open-sans (Apache-2.0), fonts-thai-tlwg-ttf (GPL-2+ with font
/// exception, GPL-2+). Pictures of letters are no copies of the fonts, and they are made on the user's
/// machine: nothing of the fonts is kept in this project.
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "classes.h"
#include "common/command.h"
#include "common/message.h"
#include "fonts.h"
#include "picture_folder.h"
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *output, *font_folder;
static int64_t images = 20, side = 64, seed = 1;
static bool verbose;

static const app_option options[] = {
    {.name = "output", .letter = 'o', .value = "FOLDER", .text = &output, .help = "Where to; new or empty."},
    {.name = "images",
     .value = "N",
     .integer = &images,
     .least = 2,
     .most = 1000,
     .help = "Pictures of each class; a character that fewer fonts have is left out. Default: 20."},
    {.name = "size",
     .value = "N",
     .integer = &side,
     .least = 8,
     .most = 512,
     .help = "Side of the pictures in pixels. Default: 64."},
    {.name = "seed",
     .value = "N",
     .integer = &seed,
     .least = 0,
     .most = 1e15,
     .help = "Another seed takes other fonts and poses. Default: 1."},
    {.name = "fonts",
     .value = "FOLDER",
     .text = &font_folder,
     .help = "Take every .ttf and .otf file in there. Default: the fonts of the listed Debian packages."},
    {.name = "verbose",
     .flag = &verbose,
     .help = "Name the characters that are left out because they look like another."},
    {0},
};

static const app_note examples[] = {
    {"siamese-glyphs -o build/glyphs", "Draw the classes that script/demo trains on."},
    {"siamese-glyphs -o build/glyphs --images 8 --size 32", "Draw fewer and smaller pictures."},
    {NULL, NULL},
};

static const app_command command = {
    .name = "siamese-glyphs",
    .summary = "draw the letters of installed fonts as a data set",
    .arguments = "",
    .description =
        "Draws letters into FOLDER/train and FOLDER/validation: a class is a character, its pictures are "
        "fonts, turned, slanted and stretched a little. Scripts in one are not in the other. Characters of "
        "the same shape, such as the A of Latin, Greek and Cyrillic, are one class.\n",
    .options = options,
    .examples = examples,
};

/// From −1 to 1.
static float symmetric(uint32_t word) {
  return 2.0f * siam_uniform(word) - 1.0f;
}

static siam_glyph_pose draw_pose(uint32_t character, uint32_t image) {
  siam_draw first = siam_random((uint64_t)seed, SIAM_STREAM_AUGMENT, character, 2 * (uint64_t)image);
  siam_draw second = siam_random((uint64_t)seed, SIAM_STREAM_AUGMENT, character, 2 * (uint64_t)image + 1);
  return (siam_glyph_pose){
      .rotation = 0.14f * symmetric(first.word[0]), // 8 degrees
      .shear = 0.12f * symmetric(first.word[1]),
      .stretch = 1.0f + 0.12f * symmetric(first.word[2]),
      .extent = 0.72f + 0.10f * symmetric(first.word[3]),
      .right = 0.5f * symmetric(second.word[0]),
      .up = 0.5f * symmetric(second.word[1]),
  };
}

/// The fonts that have the character, in the order drawn for it.
static uint32_t order_fonts(const siam_glyph_fonts *fonts, const siam_glyph_class *class, uint32_t *order) {
  uint32_t count = 0;
  for (uint32_t font = 0; font < fonts->count; font++)
    if (siam_glyph_find(&fonts->fonts[font], class->script->name, class->character) != 0)
      order[count++] = font;
  siam_shuffle(order, count, (uint64_t)seed, SIAM_STREAM_SAMPLE, class->character);
  return count;
}

static siam_status write_class(const siam_glyph_fonts *fonts, const siam_glyph_class *class, uint32_t *order,
                               uint8_t *pixels) {
  siam_text path = {0};
  siam_text_add(&path, "%s/%s/%s/U+%04" PRIX32, output, class->script->split, class->script->name,
                class->character);
  siam_status status = SIAM_OK;
  SIAM_TRY(siam_text_status(&path));
  SIAM_TRY(siam_folder_make(path.bytes));
  size_t folder_length = path.length;
  order_fonts(fonts, class, order);
  for (uint32_t image = 0; image < images; image++) {
    const siam_glyph_font *font = &fonts->fonts[order[image]];
    siam_glyph_pose pose = draw_pose(class->character, image);
    int glyph = siam_glyph_find(font, class->script->name, class->character);
    siam_glyph_draw(&font->information, glyph, &pose, (int)side, pixels);
    path.length = folder_length;
    siam_text_add(&path, "/%s.png", font->name);
    SIAM_TRY(siam_text_status(&path));
    SIAM_TRY(siam_picture_write(path.bytes, pixels, (int)side, (int)side));
  }
cleanup:
  siam_text_clear(&path);
  return status;
}

static void report(const siam_glyph_class *classes, size_t count) {
  for (size_t s = 0; s < siam_glyph_script_count; s++) {
    const siam_glyph_script *script = &siam_glyph_scripts[s];
    size_t kept = 0, left_out = 0;
    for (size_t i = 0; i < count; i++) {
      if (classes[i].script != script) continue;
      if (classes[i].look_alike == 0)
        kept++;
      else
        left_out++;
    }
    printf("%-10s  %-11s  %3zu classes of %" PRId64 " images  (%zu look like another)\n", script->split,
           script->name, kept, images, left_out);
  }
  for (size_t i = 0; verbose && i < count; i++)
    if (classes[i].look_alike != 0)
      printf("left out: U+%04" PRIX32 ", looks like U+%04" PRIX32 "\n", classes[i].character,
             classes[i].look_alike);
}

static siam_status run(void) {
  siam_status status = SIAM_OK;
  const siam_logger logger = app_logger(false);
  siam_glyph_fonts fonts = {0};
  siam_glyph_class *classes = NULL;
  uint32_t *order = NULL;
  uint8_t *pixels = NULL;
  size_t count = 0;
  SIAM_TRY(siam_folder_require_empty(output));
  SIAM_TRY(siam_glyph_fonts_load(&fonts, font_folder, &logger));
  SIAM_TRY(siam_glyph_classes_list(&fonts, (uint32_t)images, &classes, &count));
  SIAM_TRY_ALLOCATE(order, fonts.count);
  SIAM_TRY_ALLOCATE(pixels, (size_t)(side * side));
  size_t written = 0;
  for (size_t i = 0; i < count; i++) {
    if (classes[i].look_alike != 0) continue;
    SIAM_TRY(write_class(&fonts, &classes[i], order, pixels));
    written++;
  }
  if (written == 0) {
    status =
        siam_fail(SIAM_ERROR_DATA, "no character is in %" PRId64 " of the %zu fonts; ask for fewer --images",
                  images, fonts.count);
    goto cleanup;
  }
  report(classes, count);
cleanup:
  siam_glyph_fonts_release(&fonts);
  siam_free(classes);
  siam_free(order);
  siam_free(pixels);
  return status;
}

int main(int argument_count, char **arguments) {
  unsigned rest;
  app_begin(&command, argument_count, arguments, &rest);
  if (output == NULL) return app_fail("say where to: --output FOLDER");
  return run() == SIAM_OK ? APP_SUCCESS : app_fail_library();
}
