/// composition.h: more classes than there are: two classes of a batch put together are another one.
///
/// A network that has seen few characters knows those and their strokes; one that has seen any two of them in
/// one picture has to look at how strokes lie, whatever they make up. Each picture of such a class is a
/// picture of the one with a picture of the other, both moved, turned and scaled a little by themselves: one
/// over the other, side by side, or one above the other. Of two values the one that is farther from the
/// ground stays, so this is for drawings on a plain ground.
///
/// It is done with bytes and whole numbers, so every device gets the same bits, and a draw depends on (seed,
/// step, place in the batch) alone.
#ifndef SIAM_PIPELINE_COMPOSITION_H
#define SIAM_PIPELINE_COMPOSITION_H

#include "data/images.h"

typedef struct siam_composition_options {
  uint32_t percent; ///< Of 100 classes of a batch, so many are put together with another of it; 0: none.
  bool light_ink;   ///< Strokes are lighter than the ground.
  uint64_t seed;
} siam_composition_options;

/// What becomes of a row of a batch.
typedef struct siam_composition {
  uint32_t number; ///< Of the class that it is put together to, from 1, the same for its other pictures; 0:
                   ///< it stays as it is.
  uint32_t other;  ///< Row of the picture that it is put together with.
  uint32_t layout, turns; ///< How the two lie, and quarter turns of the other one.
} siam_composition;

/// Draws for step `step` what becomes of its rows, whose classes lie side by side. Quarter turns are drawn
/// where `square`.
void siam_composition_draw(const siam_composition_options *options, uint32_t step, bool square,
                           const uint32_t *classes, uint32_t rows, siam_composition *plan);

/// From the pictures of a batch [rows,H,W,C] to what they become, in another array. `scratch` has room for
/// two pictures.
void siam_composition_make(const siam_composition_options *options, uint32_t step,
                           const siam_picture_shape *shape, const siam_composition *plan, uint32_t rows,
                           const uint8_t *bytes, uint8_t *scratch, uint8_t *output);

#endif
