#include "classes.h"

#include "base/memory.h"
#include "render.h"

#include <string.h>

// Two characters look alike where the ink they share is more than this part of the ink of both, on average
// over the fonts that have both. Below it stand pairs that people tell apart at sight, such as O and Q.
static const double SAME_INK = 0.755;
enum { SIDE = 24, AREA = SIDE * SIDE, FONTS_COMPARED = 24 };

/// One plain drawing of each class in each font; a blank one where the font lacks it.
typedef struct specimens {
  uint8_t (*ink)[AREA];
  bool *present;
  size_t font_count;
} specimens;

static siam_status draw_specimens(const siam_glyph_fonts *fonts, const siam_glyph_class *classes,
                                  size_t count, specimens *drawn) {
  siam_status status = SIAM_OK;
  drawn->font_count = fonts->count;
  SIAM_TRY_ALLOCATE(drawn->ink, count * fonts->count);
  SIAM_TRY_ALLOCATE(drawn->present, count * fonts->count);
  const siam_glyph_pose plain = {.stretch = 1.0f, .extent = 1.0f};
  for (size_t i = 0; i < count * fonts->count; i++) {
    const siam_glyph_font *font = &fonts->fonts[i % fonts->count];
    const siam_glyph_class *class = &classes[i / fonts->count];
    int glyph = siam_glyph_find(font, class->script->name, class->character);
    if (glyph == 0) continue;
    drawn->present[i] = true;
    siam_glyph_draw(&font->information, glyph, &plain, SIDE, drawn->ink[i]);
  }
cleanup:
  return status;
}

/// Ink in both over ink in either, where ink is darkness from 0 to 255.
static double shared_ink(const uint8_t *a, const uint8_t *b) {
  uint32_t both = 0, either = 0;
  for (int i = 0; i < AREA; i++) {
    uint32_t ink_a = 255u - a[i], ink_b = 255u - b[i];
    both += ink_a < ink_b ? ink_a : ink_b;
    either += ink_a < ink_b ? ink_b : ink_a;
  }
  return either == 0 ? 1.0 : (double)both / either;
}

static bool look_alike(const specimens *drawn, size_t a, size_t b) {
  double sum = 0.0;
  int compared = 0;
  for (size_t font = 0; font < drawn->font_count && compared < FONTS_COMPARED; font++) {
    size_t at_a = a * drawn->font_count + font, at_b = b * drawn->font_count + font;
    if (!drawn->present[at_a] || !drawn->present[at_b]) continue;
    sum += shared_ink(drawn->ink[at_a], drawn->ink[at_b]);
    compared++;
  }
  return compared > 0 && sum > SAME_INK * compared;
}

static siam_status list_characters(const siam_glyph_fonts *fonts, uint32_t fonts_wanted,
                                   siam_glyph_class *classes, size_t *count) {
  uint32_t *characters = NULL;
  siam_status status = SIAM_OK;
  *count = 0;
  for (size_t s = 0; s < siam_glyph_script_count; s++) {
    const siam_glyph_script *script = &siam_glyph_scripts[s];
    size_t listed = siam_glyph_script_list(script, NULL);
    siam_free(characters);
    SIAM_TRY_ALLOCATE(characters, listed);
    siam_glyph_script_list(script, characters);
    for (size_t i = 0; i < listed; i++) {
      uint32_t have = 0;
      for (size_t font = 0; font < fonts->count; font++)
        have += siam_glyph_find(&fonts->fonts[font], script->name, characters[i]) != 0;
      if (have < fonts_wanted) continue;
      classes[(*count)++] =
          (siam_glyph_class){.script = script, .character = characters[i], .font_count = have};
    }
  }
cleanup:
  siam_free(characters);
  return status;
}

siam_status siam_glyph_classes_list(const siam_glyph_fonts *fonts, uint32_t fonts_wanted,
                                    siam_glyph_class **classes, size_t *count) {
  siam_status status = SIAM_OK;
  siam_glyph_class *made = NULL;
  specimens drawn = {0};
  size_t most = 0, found = 0;
  for (size_t s = 0; s < siam_glyph_script_count; s++)
    most += siam_glyph_script_list(&siam_glyph_scripts[s], NULL);
  SIAM_TRY_ALLOCATE(made, most);
  SIAM_TRY(list_characters(fonts, fonts_wanted, made, &found));
  SIAM_TRY(draw_specimens(fonts, made, found, &drawn));
  for (size_t late = 1; late < found; late++) {
    for (size_t early = 0; early < late && made[late].look_alike == 0; early++) {
      bool same_split = strcmp(made[early].script->split, made[late].script->split) == 0;
      if (same_split && made[early].look_alike == 0 && look_alike(&drawn, early, late))
        made[late].look_alike = made[early].character;
    }
  }
  *classes = made;
  *count = found;
  made = NULL;
cleanup:
  siam_free(drawn.ink);
  siam_free(drawn.present);
  siam_free(made);
  return status;
}
