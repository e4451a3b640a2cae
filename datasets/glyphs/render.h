/// Draws one glyph, turned, slanted and stretched a little, black on white.
#ifndef SIAM_GLYPHS_RENDER_H
#define SIAM_GLYPHS_RENDER_H

#include <stb/stb_truetype.h>
#include <stdint.h>

/// What is done to a glyph's outline before it is drawn. Every glyph is scaled to the same extent, so that
/// the size of a letter carries no meaning.
typedef struct siam_glyph_pose {
  float rotation;  ///< Radians, counter-clockwise.
  float shear;     ///< Shift to the right per unit of height.
  float stretch;   ///< Width over height, relative to the font's.
  float extent;    ///< The longer side of the drawn glyph, as a share of the picture's side; below 1.
  float right, up; ///< Where in the space left over: -1 … 1, 0 is the middle.
} siam_glyph_pose;

/// Draws the glyph into `side` × `side` grey values, 255 where there is paper.
/// A glyph without an outline leaves the picture white.
void siam_glyph_draw(const stbtt_fontinfo *font, int glyph, const siam_glyph_pose *pose, int side,
                     uint8_t *pixels);

#endif
