/// Which characters the glyphs come from, and on which side of the split each script stands.
#ifndef SIAM_GLYPHS_SCRIPTS_H
#define SIAM_GLYPHS_SCRIPTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct siam_glyph_script {
  const char *name;
  const char *split; ///< "train" or "validation": a whole script is on one side.
  /// Code points as ranges, first and last in turn, ended by 0.
  const uint32_t *ranges;
} siam_glyph_script;

extern const siam_glyph_script siam_glyph_scripts[];
extern const size_t siam_glyph_script_count;

/// Writes the script's code points in order to `characters` (NULL: only counts them); returns how many.
size_t siam_glyph_script_list(const siam_glyph_script *script, uint32_t *characters);

#endif
