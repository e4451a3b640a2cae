/// The characters that become classes: those that enough fonts have and that do not look like another.
#ifndef SIAM_GLYPHS_CLASSES_H
#define SIAM_GLYPHS_CLASSES_H

#include "fonts.h"
#include "scripts.h"

typedef struct siam_glyph_class {
  const siam_glyph_script *script;
  uint32_t character;
  uint32_t font_count; ///< How many fonts have this character.
  uint32_t look_alike; ///< An earlier character of the same split that looks the same; 0: none.
} siam_glyph_class;

/// Lists, in the order of the scripts, every character that at least `fonts_wanted` fonts have, and marks
/// those that most fonts draw like an earlier one of the same split: Latin A, Greek Alpha and Cyrillic A, or
/// o and O, since size carries no meaning in the pictures. The caller frees the array with siam_free().
siam_status siam_glyph_classes_list(const siam_glyph_fonts *fonts, uint32_t fonts_wanted,
                                    siam_glyph_class **classes, size_t *count);

#endif
