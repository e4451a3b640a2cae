/// The fonts on this machine that the glyphs are drawn with.
///
/// By default these are the fonts of a fixed list of Debian's packages and no others, so that the same
/// packages give the same pictures on every machine.
#ifndef SIAM_GLYPHS_FONTS_H
#define SIAM_GLYPHS_FONTS_H

#include "base/error.h"

#include <stb/stb_truetype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct siam_glyph_font {
  char *name;     ///< The file's name without its ending; unique within a list.
  uint8_t *bytes; ///< The whole file, which `information` points into.
  stbtt_fontinfo information;
  const char *script; ///< The only script this font is used for; NULL: all it has letters for.
} siam_glyph_font;

typedef struct siam_glyph_fonts {
  siam_glyph_font *fonts; ///< Sorted by name.
  size_t count, capacity;
} siam_glyph_fonts;

/// Reads every .ttf and .otf file under `folder`, at any depth; a file that is no font is passed over with a
/// message to `logger`. NULL: the fonts of the listed packages, each of which has to be there.
/// The list is released with siam_glyph_fonts_release(), also after a failure.
siam_status siam_glyph_fonts_load(siam_glyph_fonts *list, const char *folder, const siam_logger *logger);
void siam_glyph_fonts_release(siam_glyph_fonts *list);

/// The font's glyph for a character of `script`, or 0 where it has none or an empty one.
int siam_glyph_find(const siam_glyph_font *font, const char *script, uint32_t character);

#endif
